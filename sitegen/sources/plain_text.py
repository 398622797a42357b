"""Text and Markdown files as documents: decoding without failure, front matter, and a title fit for people."""

from __future__ import annotations

import codecs
import datetime as dt
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sitegen import frontmatter
from sitegen.errors import ContentError

MAX_TITLE = 160
_BOMS = ((codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DROPPED = {0: None, 0x0B: "\n", 0xFEFF: None}
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+(.+?)\s*#*\s*$", re.MULTILINE)
_MARKUP = re.compile(r"[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}|!?\[([^\]]*)\]\([^)]*\)|</?[A-Za-z][^<>]*>")
_SOFTWARE = re.compile(
    r"^(Microsoft \w+|PowerPoint \w+|Print(ing)?|Slide \d+|untitled\b.*|unknown|document\d*)\b", re.I
)
_FILE_NAME = re.compile(r"\.(docx?|pdf|odt|indd|xlsx?|pptx?|tex|dvi|rtf|txt|wpd|pmd|qxd|html?)\b", re.I)


@dataclass(frozen=True, slots=True)
class PlainText:
    """A text file taken apart: what its front matter says, and its text."""

    text: str
    title: str | None = None
    created: dt.date | None = None
    tags: tuple[str, ...] = ()
    correspondent: str | None = None
    document_type: str | None = None
    language: str | None = None


def decode(raw: bytes) -> str:
    """``raw`` as text, whatever it holds: UTF-8, UTF-16 and UTF-32 with a byte-order mark, else Windows-1252.

    A file that is UTF-8 but for some broken bytes stays UTF-8, with U+FFFD for those. NUL characters are dropped.
    """
    for bom, encoding in _BOMS:
        if raw.startswith(bom):
            return _tidy(raw.decode(encoding, "replace"))
    text = raw.decode("utf-8-sig", "replace")
    broken = text.count("\N{REPLACEMENT CHARACTER}")
    if broken and broken > sum(character > "\x7f" for character in text) - broken:
        text = raw.decode("cp1252", "replace")
    return _tidy(text)


def lines(file: Path) -> Iterator[str]:
    """The lines of a file, without their ends, as ``decode`` makes them out; one in UTF-8 is not read whole, since it
    may be very long. Raises ``OSError``."""
    if not _is_utf8(file):
        yield from decode(file.read_bytes()).split("\n")
        return
    with file.open("rb") as raw:
        for line in raw:
            yield from _tidy(line.decode("utf-8", "replace")).removesuffix("\n").split("\n")


def _is_utf8(file: Path) -> bool:
    """Whether all of it is; not with the mark of UTF-16 or UTF-32, whatever follows that."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with file.open("rb") as raw:
        try:
            while part := raw.read(2**16):
                decoder.decode(part)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _tidy(text: str) -> str:
    # A lone surrogate can come out of broken UTF-16; it cannot be written to any file.
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_DROPPED)


def parse(text: str, *, markdown: bool) -> PlainText:
    """Takes the front matter off a Markdown file, if it has one that can be read; all else is text."""
    if not markdown or not text.startswith(frontmatter.FENCE):
        return PlainText(text)
    try:
        parsed = frontmatter.split(text, "")
    except ContentError:
        return PlainText(text)
    fields = parsed.fields
    return PlainText(
        text=parsed.body.lstrip("\n"),
        title=_text(fields.get("title")),
        created=_date(fields.get("date", fields.get("created"))),
        tags=_tags(fields.get("tags")),
        correspondent=_text(fields.get("correspondent")),
        document_type=_text(fields.get("document_type")),
        language=_language(fields.get("language")),
    )


def _text(value: Any) -> str | None:
    return (" ".join(str(value).split()) or None) if isinstance(value, str | int | float | dt.date) else None


def _date(value: Any) -> dt.date | None:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None


def _tags(value: Any) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [value]
    return tuple(sorted({text for item in items if (text := _text(item))}))


def _language(value: Any) -> str | None:
    found = re.match(r"[A-Za-z]{2}(?=$|[-_])", value) if isinstance(value, str) else None
    return found.group().lower() if found else None


def usable_title(title: str | None) -> str | None:
    """The title that a PDF gives itself, unless a program put it there: ``Microsoft Word - notes.doc``."""
    title = " ".join((title or "").split())
    letters = sum(character.isalpha() for character in title)
    if letters < 4 or len(title) > MAX_TITLE or _SOFTWARE.match(title) or _FILE_NAME.search(title):
        return None
    return title if " " in title else None


def first_heading(text: str) -> str | None:
    """The first Markdown heading near the top, or the first line when it reads like a title."""
    head = text[:4000].replace("\f", "\n")
    if found := _HEADING.search(head):
        return _clean(found[1])
    for line in head.split("\n")[:12]:
        title = _clean(line)
        if title and _is_title(title):
            return title
        if title and len(title) > MAX_TITLE:
            return None
    return None


def _is_title(line: str) -> bool:
    words = re.findall(r"[^\W\d_]{2,}", line)
    if sum(map(len, words)) < 0.6 * len(line.replace(" ", "")):
        return False
    return len(words) >= 2 and 8 <= len(line) <= 120 and not line.endswith((",", ";", ":", ".", "-"))


def _clean(line: str) -> str:
    line = _MARKUP.sub(lambda found: found[1] or "", line)
    line = "".join(" " if unicodedata.category(character)[0] == "C" else character for character in line)
    return " ".join(line.split())[:MAX_TITLE].strip()


def title_of_name(stem: str) -> str:
    """A file name as a title: ``2024-05-16-council_minutes`` becomes ``Council minutes``."""
    name = re.sub(r"^\d{4}-\d\d-\d\d[-_ ]*", "", stem) or stem
    name = _clean(re.sub(r"[-_]+", " ", name))
    return (name[:1].upper() + name[1:]) or "Untitled"
