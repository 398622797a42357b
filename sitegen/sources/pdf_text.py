"""The text layer of one PDF, by pypdf. Runs as a process of its own, see ``pdf``: a hostile PDF can hang or eat memory.

As a program it reads PDFs from standard input (eight bytes of length, big endian, then the file) and answers each with
one line of JSON, until the input ends. It imports nothing of sitegen, so that it starts fast and from any folder.
"""

from __future__ import annotations

import io
import json
import logging
import re
import struct
import sys
import warnings
from typing import IO, Any

MAX_PAGES = 5_000
MAX_CHARS = 20_000_000
MAX_MEMORY = 3 * 2**30
"""Bytes of address space that the process may use, where the system can limit it."""

PAGE_BREAK = "\f"
_LIGATURES = {ord(old): new for old, new in zip("ﬀﬁﬂﬃﬄﬅﬆ", ("ff", "fi", "fl", "ffi", "ffl", "st", "st"), strict=True)}
_DROPPED = {0: None, 0x0C: "\n", 0x0B: "\n", 0xFFFE: None, 0xFFFF: None}


class Unusable(Exception):
    """The PDF gives no text, for a reason that its owner can understand."""


def read(raw: bytes) -> dict[str, Any]:
    """``text`` (pages separated by form feeds), ``pages``, ``title`` and ``created`` (ISO date) of a PDF.

    A PDF of pictures has an empty text. Raises ``Unusable`` for one that is encrypted, damaged, or beyond the limits.
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
    return {"text": _pages(reader, count), "pages": count, **_info(reader)}


def _pages(reader: Any, count: int) -> str:
    texts: list[str] = []
    size = 0
    for number in range(count):
        try:
            text = tidy(reader.pages[number].extract_text())
        except Exception as error:  # as above; half a document must not pass for the whole
            raise Unusable(_reason(f"page {number + 1} of {count} is damaged", error)) from error
        size += len(text)
        if size > MAX_CHARS:
            raise Unusable(f"it has more than {MAX_CHARS:,} characters of text")
        texts.append(text)
    return PAGE_BREAK.join(texts) if any(texts) else ""


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
    _limit_memory()
    serve(sys.stdin.buffer, sys.stdout.buffer)
