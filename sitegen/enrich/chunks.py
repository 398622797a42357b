"""A long text cut into pieces that fit an engine's context: at pages, headings and paragraphs where it can be.

Where a piece ends is decided by what stands around its end, and not by how much text came before: after a change, the
borders soon are where they were, so that the pieces after it, and the answers to them, stay the same.

What a text costs in tokens only the model knows. Until its own counts have told, a cautious estimate by script stands
in, which is then calibrated by every answer.
"""

from __future__ import annotations

import math
import re
import unicodedata
import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

FULLEST, LEAST_FULL = 1.0, 0.5
"""A piece ends somewhere between these shares of the limit: where the best border is."""
_STEP = 1.05
_AROUND = 80
"""Characters after a border that choose between borders of one rank."""
_BORDER = re.compile(
    r"(?P<page>\f\s*)|(?P<paragraph>\n[ \t]*\n\s*)"
    # A heading: by its marks or number, or by standing short and alone.
    r"|(?P<heading>\n(?=#{1,6} |(?:\d{1,2}\.){1,4}\d{0,2} [^\W\d_a-z]|§ ?\d|Art(?:icle|ikel)?\.? \d))"
)
_HEADING = re.compile(r"#{1,6} |(?:\d{1,2}\.){0,4}\d{0,2} ?[^\W\d_][^\n.!?;]{2,80}(?:\n|$)")
_RANKS = {"page": 3, "heading": 2, "paragraph": 1}
_WEAKER = (
    re.compile(r"[.!?…:][\"'”’»)\]]*\s+|[。！？]"),  # the end of a sentence
    re.compile(r"\n\s*"),
    re.compile(r"\s+"),
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a text: ``text[start:end]``."""

    start: int
    end: int
    text: str


def weight(text: str) -> float:
    """About how many tokens the text has, rather too many than too few, before anything is known of the model."""
    return sum(count * _weight(char) for char, count in Counter(text).items()) / 100


@lru_cache(maxsize=20_000)
def _weight(char: str) -> int:
    """In hundredths."""
    if char.isascii():
        if char.isalpha():
            return 30
        return 15 if char.isspace() else 130 if char.isdigit() else 70
    if not char.isalpha():
        return 100
    script = unicodedata.name(char, "").partition(" ")[0]
    return {"LATIN": 80, "GREEK": 70, "CYRILLIC": 50, "ARABIC": 70, "HEBREW": 80}.get(script, 130)


class Tokens:
    """Estimates tokens, and learns from what the engine counted. One for each model and language."""

    _SPARE = 1.05
    _SEEN = 16

    def __init__(self) -> None:
        self._ratios: deque[float] = deque(maxlen=self._SEEN)

    @property
    def factor(self) -> float:
        """Tokens for each unit of ``weight``: the highest lately seen and a little more, in steps of 5 %, so that one
        more answer seldom changes how the next text is cut."""
        if not self._ratios:
            return 1.0
        return float(_STEP ** math.ceil(math.log(max(self._ratios) * self._SPARE, _STEP)))

    def count(self, text: str) -> int:
        """About how many tokens the text has."""
        return int(weight(text) * self.factor) + 1

    def learn(self, expected: float, counted: int) -> None:
        """Takes the engine's own count of a text of ``expected`` weight. Short texts tell nothing, since templates are
        added to them."""
        if counted > 0 and expected > 100:
            self._ratios.append(min(max(counted / expected, 0.3), 4.0))


def step(limit: float) -> float:
    """``limit`` or a little less, in steps: limits that differ little cut alike."""
    return float(_STEP ** math.floor(math.log(limit, _STEP))) if limit > 1 else limit


def split(text: str, limit: float, weightless: Sequence[tuple[int, int]] = ()) -> list[Chunk]:
    """The text in chunks of at most ``limit`` by ``weight``, in their order; together they hold all of it but blanks.

    The spans of ``weightless``, in order, cost nothing and are not cut.
    """
    if limit < 2:
        raise ValueError("a chunk needs room")
    found = [_chunk(text, start, end) for start, end in _Cutter(text, limit, weightless).spans()]
    return [chunk for chunk in found if chunk.text]


class _Cutter:
    def __init__(self, text: str, limit: float, weightless: Sequence[tuple[int, int]]) -> None:
        self._text, self._limit = text, round(limit * 100)
        costs = array("q", map(_weight, text))
        for start, end in weightless:
            costs[start:end] = array("q", bytes(8 * (end - start)))
        self._before = array("q", accumulate(costs, initial=0))  # what stands before an offset weighs
        self._weightless = [*weightless]
        self._borders = [
            (match.end() if match.lastgroup != "heading" else match.start() + 1, _rank(text, match))
            for match in _BORDER.finditer(text)
        ]
        self._places = [place for place, _ in self._borders]

    def spans(self) -> Iterator[tuple[int, int]]:
        start, last = 0, self._before[-1]
        while last - self._before[start] > self._limit:
            end = self._end(start)
            yield start, end
            start = end
        yield start, len(self._text)

    def _end(self, start: int) -> int:
        base = self._before[start]
        high = bisect_right(self._before, base + int(self._limit * FULLEST)) - 1
        low = min(bisect_left(self._before, base + int(self._limit * LEAST_FULL)), high)
        high, low = max(high, start + 1), max(low, start + 1)
        strong = self._borders[bisect_left(self._places, low) : bisect_right(self._places, high)]
        for found in (strong, *(self._weaker(kind, low, high) for kind in _WEAKER)):
            allowed = [(rank, self._mark(place), place) for place, rank in found if not self._inside(place)]
            if allowed:
                return max(allowed)[2]
        return high

    def _weaker(self, kind: re.Pattern[str], low: int, high: int) -> list[tuple[int, int]]:
        found = kind.finditer(self._text, max(low - 1, 0), high)
        return [(match.end(), 0) for match in found if low <= match.end()]

    def _mark(self, place: int) -> int:
        """Chooses between borders of one rank: by what follows, wherever that stands."""
        words = "".join(self._text[place : place + _AROUND].split())
        return zlib.crc32(words.encode("utf-8", "surrogatepass"))

    def _inside(self, place: int) -> bool:
        at = bisect_right(self._weightless, (place, -1)) - 1
        return at >= 0 and self._weightless[at][0] < place < self._weightless[at][1]


def _rank(text: str, match: re.Match[str]) -> int:
    heads = _HEADING.match(text, match.end()) is not None
    return 2 * _RANKS[str(match.lastgroup)] + heads


def _chunk(text: str, start: int, end: int) -> Chunk:
    """The chunk without blanks at its ends."""
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    return Chunk(start, start + len(piece.strip()), piece.strip())
