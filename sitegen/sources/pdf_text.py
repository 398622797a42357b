"""The text layer of one PDF, by pypdf. Runs as a process of its own, see ``pdf``: a hostile PDF can hang or eat memory.

As a program it reads PDFs from standard input (eight bytes of length, big endian, then the file) and answers each with
one line of JSON, until the input ends. It imports nothing of sitegen, so that it starts fast and from any folder.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import re
import signal
import statistics
import struct
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

MAX_PAGES = 5_000
MAX_CHARS = 20_000_000
PAGE_SECONDS = 20.0
ALL_SECONDS = 90.0
"""For one page, and for all; pages that take longer are left out, where the system can stop them."""
MAX_MEMORY = 3 * 2**30
"""Bytes of address space that the process may use, where the system can limit it."""

PAGE_BREAK = "\f"
_LIGATURES = {ord(old): new for old, new in zip("ﬀﬁﬂﬃﬄﬅﬆ", ("ff", "fi", "fl", "ffi", "ffl", "st", "st"), strict=True)}
_DROPPED = {0: None, 0x0C: "\n", 0x0B: "\n", 0xFFFE: None, 0xFFFF: None}


class Unusable(Exception):
    """The PDF gives no text, for a reason that its owner can understand."""


def read(raw: bytes) -> dict[str, Any]:
    """``text`` (pages separated by form feeds), ``pages``, ``title`` and ``created`` (ISO date) of a PDF, and
    ``unread``: the numbers of the pages that could not be read, which are empty in the text.

    A PDF of pictures has an empty text. Raises ``Unusable`` for one that is encrypted, beyond the limits, or so damaged
    that none of its pages gives a text.
    """
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(io.BytesIO(raw))
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unusable("it is encrypted and wants a password")
        count = len(reader.pages)
    except Unusable:
        raise
    except (PyPdfError, MemoryError, RecursionError) as error:
        raise Unusable(_reason("it is damaged or no PDF", error)) from error
    except Exception as error:  # pypdf lets KeyError, TypeError and others out of malformed files
        raise Unusable(_reason("it is damaged", error)) from error
    if count == 0:
        raise Unusable("it has no pages")
    if count > MAX_PAGES:
        raise Unusable(f"it has {count} pages; the most that are read is {MAX_PAGES}")
    text, unread = _pages(reader, count)
    return {"text": text, "pages": count, "unread": unread, **_info(reader)}


def _pages(reader: Any, count: int) -> tuple[str, list[int]]:
    texts: list[str] = []
    unread: list[int] = []
    first: Exception | None = None
    size, ends = 0, time.monotonic() + ALL_SECONDS
    for number in range(count):
        text = ""
        try:
            with _within(min(PAGE_SECONDS, ends - time.monotonic())):
                text = tidy(_page(reader.pages[number]))
        except Exception as error:  # as above
            first = first or error
            unread.append(number + 1)
        size += len(text)
        if size > MAX_CHARS:
            raise Unusable(f"it has more than {MAX_CHARS:,} characters of text")
        texts.append(text)
    if first is not None and not any(texts):
        raise Unusable(_reason(f"page {unread[0]} of {count} is damaged, and no other has text", first)) from first
    return PAGE_BREAK.join(texts) if any(texts) else "", unread


@contextlib.contextmanager
def _within(seconds: float) -> Iterator[None]:
    """Raises ``TimeoutError`` inside the block after so many seconds, where the system has an alarm."""
    if seconds <= 0:
        raise TimeoutError
    if not hasattr(signal, "setitimer") or not _is_a_program:
        yield
        return

    def stop(number: int, frame: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


_is_a_program = False
"""Alarms are for a process of its own: elsewhere they may belong to somebody else."""


# ------------------------------------------------------------------------------------------------------------ columns


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of text, and where it begins on the page, in points from its left and lower edge."""

    x: float
    y: float
    text: str
    width: float
    """About: half the height of the type for each character."""


LEAST_ROWS = 8
"""So many rows must be split at the same place before it counts as the space between two columns."""
LEAST_LETTERS = 18
"""So long is the half of such a row at the least, in the middle; less is a table."""
_NEAR = 4.0
"""Points within which two pieces begin at the same place, or stand on the same line."""


def _page(page: Any) -> str:
    """The text of a page in the order in which it is read."""
    fragments: list[Fragment] = []

    def note(text: str, cm: Sequence[float], tm: Sequence[float], font: object, size: float) -> None:
        if text.strip():
            x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
            y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
            height = abs(size * (tm[3] or tm[1]) * (cm[3] or cm[1]))
            fragments.append(Fragment(x, y, text.strip(), 0.5 * height * len(text.strip())))

    text: str = page.extract_text(visitor_text=note)
    rows = _rows(fragments)
    ordered = _columns(rows)
    return text if ordered is rows else "\n".join(" ".join(one.text for one in row) for row in ordered)


def _rows(fragments: Sequence[Fragment]) -> list[list[Fragment]]:
    """Pieces that stand on one line and follow each other in the file. Text that was written column by column has one
    column's pieces in a row, and is in order."""
    rows: list[list[Fragment]] = []
    for fragment in fragments:
        if rows and abs(rows[-1][-1].y - fragment.y) < _NEAR and fragment.x > rows[-1][-1].x:
            rows[-1].append(fragment)
        else:
            rows.append([fragment])
    return rows


def _columns(rows: list[list[Fragment]]) -> list[list[Fragment]]:
    """The rows with each column's after the other's, where they were written across columns; else the same object."""
    gutter = _gutter(rows)
    if gutter is None:
        return rows
    split = [number for number, row in enumerate(rows) if _split_at(row, gutter)]
    first, last = split[0], _end(rows, split, gutter)
    found = rows[:first]
    left: list[list[Fragment]] = []
    right: list[list[Fragment]] = []
    for row in rows[first:last]:
        before = [one for one in row if one.x < gutter - _NEAR]
        after = row[len(before) :]
        if _is_across(row, gutter):
            found += [*_columns(left), *_columns(right), row]
            left, right = [], []
            continue
        left += [before] if before else []
        right += [after] if after else []
    return [*found, *_columns(left), *_columns(right), *rows[last:]]


def _end(rows: list[list[Fragment]], split: list[int], gutter: float) -> int:
    """The number of the row after the columns: one column may go on when the other has ended."""
    pitch = statistics.median(abs(rows[at][0].y - rows[at + 1][0].y) for at in split[:-1])
    end = split[-1] + 1
    while end < len(rows) and not _is_across(rows[end], gutter):
        if not 0 < rows[end - 1][0].y - rows[end][0].y < 1.5 * pitch:
            break
        end += 1
    return end


def _is_across(row: list[Fragment], gutter: float) -> bool:
    """Whether a line goes over both columns, as a heading does."""
    return row[-1].x < gutter - _NEAR and row[-1].x + row[-1].width > gutter + 40


def _gutter(rows: list[list[Fragment]]) -> float | None:
    """Where the second of two columns of prose begins; None when there are none that were written across."""
    begins = Counter(round(x / _NEAR) for row in rows for x in {one.x for one in row[1:]})
    for place, _ in sorted(begins.items(), key=lambda item: -(item[1] + begins[item[0] + 1] + begins[item[0] - 1]))[:8]:
        x = place * _NEAR
        split = [row for row in rows if _split_at(row, x)]
        if len(split) < LEAST_ROWS:
            return None
        first, last = rows.index(split[0]), rows.index(split[-1])
        halves = [
            [" ".join(one.text for one in row if (one.x < x - _NEAR) is is_left) for row in split]
            for is_left in (True, False)
        ]
        if len(split) >= 0.6 * (last - first + 1) and all(map(_is_prose, halves)):
            return x
    return None


def _split_at(row: list[Fragment], x: float) -> bool:
    return row[0].x < x - _NEAR and any(abs(one.x - x) <= _NEAR for one in row[1:])


def _is_prose(lines: list[str]) -> bool:
    """Whether lines run on from one to the next, as the cells of a table do not."""
    long = statistics.median(map(len, lines)) >= LEAST_LETTERS
    return long and sum(line[0].islower() for line in lines) >= 0.3 * len(lines)


def tidy(text: str) -> str:
    """A page as plain lines: ligatures spelled out, no NUL or form feed, no lone surrogates, no blanks at the ends."""
    text = text.translate(_DROPPED).translate(_LIGATURES)
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return "\n".join(line.strip() for line in text.split("\n")).strip("\n")


def _info(reader: Any) -> dict[str, str | None]:
    title = created = None
    try:
        info = reader.metadata
        if info is not None:
            title = str(info.title) if info.title else None
            created = _date(str(info.get("/CreationDate", "")))
    except Exception:  # a malformed information dictionary is no reason to lose the document
        return {"title": None, "created": None}
    return {"title": title, "created": created}


def _date(text: str) -> str | None:
    found = re.match(r"(?:D:)?(\d{4})(\d\d)(\d\d)", text)
    return "-".join(found.groups()) if found else None


def _reason(message: str, error: BaseException) -> str:
    # The kind of error only: its text can hold a piece of the document, which has no place in a log.
    return f"{message} ({type(error).__name__})"


def _limit_memory() -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    except (ImportError, ValueError, OSError):  # not every system can; the time limit remains
        return


def _answer(raw: bytes) -> dict[str, Any]:
    try:
        return read(raw)
    except Unusable as error:
        return {"error": str(error)}
    except MemoryError:
        return {"error": "it needs more memory than a PDF may have"}


def serve(source: IO[bytes], target: IO[bytes]) -> None:
    """Answers every PDF that ``source`` brings, until it ends."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    while len(head := source.read(8)) == 8:
        raw = source.read(struct.unpack(">Q", head)[0])
        target.write(json.dumps(_answer(raw)).encode("ascii") + b"\n")
        target.flush()


if __name__ == "__main__":
    _is_a_program = True
    _limit_memory()
    serve(sys.stdin.buffer, sys.stdout.buffer)
