"""A long text cut into pieces that fit an engine's context: at pages and paragraphs where it can be, with offsets.

What a text costs in tokens only the model knows. Until its own counts have told, a cautious estimate by script stands
in, which is then calibrated by every answer.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, deque
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from sitegen.sources.base import PAGE_BREAK

_KINDS_OF_BLANKS = 40
"""semchunk goes one level deeper for each length of blank run; a text made to abuse that is cut in a simpler way."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a text: ``text[start:end]``."""

    start: int
    end: int
    text: str


def weight(text: str) -> float:
    """About how many tokens the text has, rather too many than too few, before anything is known of the model."""
    return sum(count * _weight(char) for char, count in Counter(text).items())


@lru_cache(maxsize=20_000)
def _weight(char: str) -> float:
    if char.isascii():
        if char.isalpha():
            return 0.3
        return 0.15 if char.isspace() else 1.3 if char.isdigit() else 0.7
    if not char.isalpha():
        return 1.0
    script = unicodedata.name(char, "").partition(" ")[0]
    return {"LATIN": 0.8, "GREEK": 0.7, "CYRILLIC": 0.5, "ARABIC": 0.7, "HEBREW": 0.8}.get(script, 1.3)


class Tokens:
    """Estimates tokens, and learns from what the engine counted. One for each engine."""

    _SPARE = 1.1
    _SEEN = 16

    def __init__(self) -> None:
        self._ratios: deque[float] = deque(maxlen=self._SEEN)

    @property
    def factor(self) -> float:
        """Tokens for each unit of ``weight``: the highest lately seen, and a little more."""
        return max(self._ratios) * self._SPARE if self._ratios else 1.0

    def count(self, text: str) -> int:
        """About how many tokens the text has."""
        return int(weight(text) * self.factor) + 1

    def learn(self, text: str, counted: int) -> None:
        """Takes the engine's own count of a text. Short texts tell nothing, since templates are added to them."""
        expected = weight(text)
        if counted > 0 and expected > 100:
            self._ratios.append(min(max(counted / expected, 0.3), 4.0))


def split(text: str, limit: float) -> list[Chunk]:
    """The text in chunks of at most ``limit`` by ``weight``, in their order; together they hold all of it but blanks.

    Whole pages are kept together while they fit; a page that does not is cut at paragraphs, sentences, words.
    """
    if limit < 2:
        raise ValueError("a chunk needs room")
    found: list[Chunk] = []
    start = end = 0
    gathered = 0.0  # what the pages from ``start`` to ``end`` weigh
    for page_start, page_end in _pages(text):
        page = weight(text[page_start:page_end]) + weight(PAGE_BREAK)
        if gathered + page > limit:
            found.append(_chunk(text, start, end))
            start, gathered = page_start, 0.0
        gathered += page
        end = page_end
        if page > limit:
            found += [_chunk(text, start + a, start + b) for a, b in _cut(text[start:end], limit)]
            start, gathered = page_end, 0.0
    found.append(_chunk(text, start, end))
    return [chunk for chunk in found if chunk.text]


def _pages(text: str) -> list[tuple[int, int]]:
    found, start = [], 0
    for page in text.split(PAGE_BREAK):
        found.append((start, start + len(page)))
        start += len(page) + len(PAGE_BREAK)
    return found


def _cut(text: str, limit: float) -> list[tuple[int, int]]:
    from semchunk.semchunk import chunk

    if len({len(run) for run in re.findall(r"\s{2,}", text)}) > _KINDS_OF_BLANKS:
        return _cut_blindly(text, limit)

    def counter(piece: str) -> int:
        return math.ceil(weight(piece))

    # Not memoised: its memory keeps every text ever counted.
    found = cast(
        "tuple[list[str], list[tuple[int, int]]]", chunk(text, int(limit), counter, memoize=False, offsets=True)
    )
    return [(start, end) for start, end in found[1] if end > start]


def _cut_blindly(text: str, limit: float) -> list[tuple[int, int]]:
    """Halves, at a blank where there is one near the middle, until each fits."""
    todo, found = [(0, len(text))], []
    while todo:
        start, end = todo.pop()
        if end - start <= 1 or weight(text[start:end]) <= limit:
            found.append((start, end))
            continue
        middle = (start + end) // 2
        blank = max(text.rfind(" ", start + 1, middle), text.rfind("\n", start + 1, middle))
        middle = blank if blank > (start + middle) // 2 else middle
        todo += [(middle, end), (start, middle)]
    return found


def _chunk(text: str, start: int, end: int) -> Chunk:
    """The chunk without blanks at its ends."""
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    return Chunk(start, start + len(piece.strip()), piece.strip())
