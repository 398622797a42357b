"""Cleaning: the readable text of a document, every character of which knows its place in the original.

Cleaning only takes characters away or turns them into blanks and line ends; it never writes a letter that is not there.
What goes: control, zero-width and bidirectional characters, soft hyphens, hyphens at line ends, headers and footers
that recur on the pages, page and line numbers, emphasis and link marks of Markdown, and reference marks such as [1].
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sitegen.sources.base import PAGE_BREAK

Edit = tuple[int, int, str]
"""Replace the characters from, up to; only ever by less, and never by a letter."""

_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]+|\u00ad[ \t]*[\r\n\f]*"
)
_LINE_END = re.compile("\r\n?|[\x0b\x85\u2028\u2029]")
_PAGE_NUMBER = re.compile(
    r"(?:(?:page|seite|p\.|s\.|blatt)\s*)?[-–—|]?\s*(?:\d{1,4}|[ivxl]{1,6})\s*[-–—|]?"
    r"(?:\s*(?:/|of|von|sur|de)\s*\d{1,4})?",
    re.IGNORECASE,
)
_PAGE_LINE = re.compile(r"(?:Page|Seite) \d+\b(?!\s*[a-z]{3})")
_MARGIN = re.compile(r"[ \t]*(\d{1,2})(?:[ \t]+|(?=[\n\f])|$)")
_LOWER_END = re.compile(r"(?:^|\s)[a-zß-ÿ][\w’'-]*$")
_HYPHEN = re.compile(r"(?<=[^\W\d_])[-‐⸗][ \t]*[\n\f][\n\f \t]*(?=[^\W\d_])")
_HYPHENATED = re.compile(r"\b[^\W\d_]{1,40}-[^\W\d_]{1,40}\b")
_WORD_BEFORE = re.compile(r"[^\W\d_]{1,40}$")
_WORD_AFTER = re.compile(r"[^\W\d_]{1,40}")
_MARKS = re.compile(
    r"!\[[^\]\n]*\]\([^)\s]*\)"  # a picture
    r"|\[\^[\w-]{1,20}\]:?|(?<=[\w.,;:!?»”\"'’)])\[\d{1,3}\]"  # a reference to a note
    r"|</?[a-zA-Z][a-zA-Z0-9]{0,10}(?:\s[^<>\n]{0,200})?/?>"  # an HTML tag
    r"|\\(?=[\\`*_{}\[\]()#+.!|>-])"  # an escape
)
_LINK = re.compile(r"(\[)([^\[\]\n]{1,300})(\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)?(?:\s\"[^\"\n]*\")?\))")
_EMPHASIS = re.compile(
    r"(?<![\w*\\])(\*{1,3})(?=[^\s*])([^*\n]*(?:\n(?!\n)[^*\n]*){0,4})(?<=[^\s*])(\1)(?![\w*])"
    r"|(?<![\w_\\])(_{1,3})(?=[^\s_])([^_\n]{1,300})(?<=[^\s_])(\4)(?![\w_])"
    r"|(?<!`)(`{1,2})(?!`)([^`\n]{1,200})(\7)(?!`)"
)
_BOUND_TOGETHER = frozenset({"und", "oder", "bzw", "sowie", "and", "or", "et", "ou"})


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Readable text, and where its characters stood in the original."""

    text: str
    starts: tuple[int, ...]
    """Ascending offsets in ``text``, each of which begins a run that stands in one piece in the original."""
    origins: tuple[int, ...]
    """For each of ``starts``, the offset in the original."""

    def origin(self, offset: int) -> int:
        """The place in the original of the character at ``offset``."""
        run = bisect_right(self.starts, offset) - 1
        return self.origins[run] + offset - self.starts[run]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The smallest span of the original that holds the characters from ``start`` up to ``end``, at least one."""
        return self.origin(start), self.origin(end - 1) + 1

    def edited(self, edits: Iterable[Edit]) -> Cleaned:
        """The text after ``edits``, which are in order and do not overlap."""
        parts: list[str] = []
        starts: list[int] = []
        origins: list[int] = []
        length = cursor = 0

        def keep(start: int, end: int) -> None:
            nonlocal length
            while start < end:
                run = bisect_right(self.starts, start) - 1
                stop = min(end, self.starts[run + 1]) if run + 1 < len(self.starts) else end
                starts.append(length)
                origins.append(self.origins[run] + start - self.starts[run])
                parts.append(self.text[start:stop])
                length += stop - start
                start = stop

        for start, end, new in edits:
            keep(cursor, start)
            if new:
                starts.append(length)
                origins.append(self.origin(start))
                parts.append(new)
                length += len(new)
            cursor = end
        keep(cursor, len(self.text))
        if not starts:
            return Cleaned("", (0,), (0,))
        return Cleaned("".join(parts), tuple(starts), tuple(origins))

    def without(self, pattern: re.Pattern[str], new: str = "") -> Cleaned:
        """The text with ``new`` for every match of ``pattern``."""
        edits = [(found.start(), found.end(), new) for found in pattern.finditer(self.text)]
        return self.edited(edits) if edits else self


def clean(text: str, knows: Callable[[str], bool] = lambda word: False) -> Cleaned:
    """Cleans ``text``. ``knows`` says whether a word is one: it decides on hyphens at line ends."""
    cleaned = Cleaned(text, (0,), (0,)).without(_INVISIBLE).without(_LINE_END, "\n")
    for step in (_line_numbers, _furniture):
        cleaned = cleaned.edited(step(cleaned.text))
    cleaned = cleaned.edited(_hyphens(cleaned.text, knows))
    cleaned = cleaned.without(_MARKS)
    cleaned = cleaned.edited(_pairs(_LINK, cleaned.text))
    for _ in range(2):  # emphasis inside emphasis
        cleaned = cleaned.edited(_pairs(_EMPHASIS, cleaned.text))
    return cleaned


def fold(text: str) -> str:
    """``text`` with every run of white space as one blank."""
    return " ".join(text.split())


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every line, page breaks being line ends too."""
    start = 0
    for found in re.finditer(r"[\n\f]", text):
        yield start, found.start()
        start = found.end()
    yield start, len(text)


def _mask(line: str) -> str:
    return re.sub(r"\d+", "0", line).casefold()


def _furniture(text: str) -> list[Edit]:
    """Headers and footers: lines that recur on several pages when their digits are masked; and page numbers."""
    lines = [(start, end, line) for start, end in _lines(text) if (line := fold(text[start:end])) and len(line) < 200]
    masks = {start: _mask(line) for start, _, line in lines}
    repeated, edges = _repeated(text, lines, masks), _edges(text, masks)
    return [
        (start, end, PAGE_BREAK)  # over which a sentence may go on
        for start, end, line in lines
        if _is_page_number(line) or masks[start] in repeated or masks[start] in edges.get(start, ())
    ]


def _is_page_number(line: str) -> bool:
    return bool(_PAGE_NUMBER.fullmatch(line)) or (
        len(line) < 50 and bool(_PAGE_LINE.match(line)) and line[-1] not in ".!?"
    )


def _repeated(text: str, lines: list[tuple[int, int, str]], masks: dict[int, str]) -> set[str]:
    """Masked lines that stand on at least three pages, or three times in a text without pages."""
    seen: set[tuple[int, str]] = set()
    counts: Counter[str] = Counter()
    breaks = [found.start() for found in re.finditer(PAGE_BREAK, text)]
    for start, _, line in lines:
        masked = masks[start]
        # Where nothing shows the pages' ends, only what cannot be the middle of a sentence counts.
        if len(masked) < 6 or (not breaks and _LOWER_END.search(line)):
            continue
        place = (bisect_right(breaks, start) if breaks else start, masked)
        if place not in seen:
            seen.add(place)
            counts[masked] += 1
    # A line of prose that recurs is a phrase of the document, unless it carries a page number.
    return {line for line, count in counts.items() if count >= 3 and ("page 0" in line or line[-1] not in ".,;:!?")}


def _edges(text: str, masks: dict[int, str]) -> dict[int, frozenset[str]]:
    """For documents of two pages and more: masked lines at the head or foot of at least half of the pages."""
    breaks = [found.start() for found in re.finditer(PAGE_BREAK, text)]
    if not breaks:
        return {}
    pages: list[list[int]] = [[] for _ in range(len(breaks) + 1)]
    for start in masks:
        pages[bisect_right(breaks, start)].append(start)
    found: dict[int, frozenset[str]] = {}
    for part in (slice(0, 3), slice(-3, None)):
        counts = Counter(masked for page in pages for masked in {masks[start] for start in page[part]})
        common = frozenset(masked for masked, count in counts.items() if count >= max(2, len(pages) / 2))
        for page in pages:
            found |= {start: common | found.get(start, frozenset()) for start in page[part]}
    return found


def _line_numbers(text: str) -> list[Edit]:
    """The numbers 1 to 28 in the margin of American pleadings, which stand before the words of their lines."""
    lines = [(start, end) for start, end in _lines(text) if text[start:end].strip()]
    numbered = [found for start, end in lines if (found := _MARGIN.match(text, start, end))]
    if len(numbered) < max(20, 0.4 * len(lines)):
        return []
    steps = sum(int(after[1]) - int(before[1]) == 1 for before, after in itertools.pairwise(numbered))
    if steps < 0.6 * len(numbered):
        return []
    alone = {found.start() for found in numbered if not text[found.end() : found.end() + 1].strip()}
    return [
        (found.start(), found.end(), PAGE_BREAK if found.start() in alone else "")
        for found in numbered
        if int(found[1]) <= 28
    ]


def _hyphens(text: str, knows: Callable[[str], bool]) -> list[Edit]:
    """Joins the words that a line end broke: without the hyphen, unless it belongs to the word."""
    written = set(_HYPHENATED.findall(text))

    def belongs(before: str, after: str) -> bool:
        # By the dictionary first, then by what else the document writes.
        if knows(before + after):
            return False
        return f"{before}-{after}" in written or (len(before) > 2 < len(after) and knows(before) and knows(after))

    edits: list[Edit] = []
    for found in _HYPHEN.finditer(text):
        start, end = found.span()
        first = _WORD_BEFORE.search(text, max(0, start - 40), start)
        last = _WORD_AFTER.match(text, end)
        if first is None or last is None or last.group().casefold() in _BOUND_TOGETHER:
            continue
        keeps = last.group()[0].isupper() or belongs(first.group(), last.group())
        edits.append((start + 1 if keeps else start, end, ""))
    return edits


def _pairs(pattern: re.Pattern[str], text: str) -> list[Edit]:
    """Takes away the first and the last group of every match, and keeps what stands between them."""
    edits: list[Edit] = []
    for found in pattern.finditer(text):
        groups = [number for number in range(1, (pattern.groups or 0) + 1) if found[number] is not None]
        edits += [(*found.span(groups[0]), ""), (*found.span(groups[-1]), "")]
    return edits
