"""Looking up quotations in a document: where they stand, and the document's own words there.

Both sides are folded first (Unicode NFKC, white space, dashes, quotation marks, case, hyphens at line ends, invisible
characters), with a map back to the raw text. A quotation that does not stand there exactly is aligned by rapidfuzz.
Measured on 216 true sentences with OCR noise and 200 foreign ones: at 88 of 100 points, 97-99 % of the true ones are
found and none of the foreign ones. The score says nothing about a changed digit or a dropped "not": for that the span
found here, and not the model's wording, is compared with the claim, see ``claims``.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass

THRESHOLD = 88.0
EXACT_BELOW = 24
"""Folded characters. Anything shorter resembles too much, so it must stand there exactly."""
SHORTEST = 3
_REACH = 32
"""How far, in characters, a span is widened to whole words."""

_DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u00ad\ufe58\ufe63\uff0d\u2e17"
_SCAN = re.compile(
    # What needs no folding but lower case, single blanks inside included, in one piece.
    r"(?P<plain>[!-,./-_a-~]+(?: [!-,./-_a-~]+)*(?![\u0300-\u036f]))"
    # A hyphen that only breaks a line.
    r"|(?P<broken>(?<=[^\W\d_])[-\u2010\u2e17\u00ad\u00ac][ \t]*\r?\n\s*(?=[^\W\d_]))"
    r"|(?P<space>\s+)"
    # Anything else, with the accents that stand on it.
    r"|(?P<other>[^\u0300-\u036f][\u0300-\u036f]*|[\u0300-\u036f])",
)
_FOLD = {
    **dict.fromkeys(map(ord, _DASHES), "-"),
    **dict.fromkeys(map(ord, "“”„‟«»‹›″\u3003"), '"'),
    **dict.fromkeys(map(ord, "‘’‚‛′`´"), "'"),
}
_INVISIBLE = frozenset({"Cf", "Cc", "Cs", "Co", "Cn"})


@dataclass(frozen=True, slots=True)
class Span:
    """Where a quotation stands: offsets in the raw text, and how well it fits, from 0 to 100."""

    start: int
    end: int
    score: float


class Grounding:
    """A text in which quotations can be looked up."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.folded, self._starts, self._ends = _fold(text)

    def find(self, quote: str, start: int = 0, end: int | None = None, *, threshold: float = THRESHOLD) -> Span | None:
        """The first best place of ``quote`` between the raw offsets ``start`` and ``end``, widened to whole words and
        figures; None when it does not stand there."""
        needle = fold(quote)
        low = bisect_left(self._starts, start)
        high = len(self.folded) if end is None else bisect_left(self._starts, end)
        if len(needle) < SHORTEST or len(needle) > high - low:
            return None
        at = self.folded.find(needle, low, high)
        if at >= 0:
            return self._span(at, at + len(needle), low, high, 100.0)
        if len(needle) < EXACT_BELOW:
            return None
        return self._align(needle, low, high, threshold)

    def contains(self, words: str, start: int = 0, end: int | None = None) -> Span | None:
        """The first place where ``words`` stand exactly, as whole words; for names, dates and amounts."""
        needle = fold(words)
        low = bisect_left(self._starts, start)
        high = len(self.folded) if end is None else bisect_left(self._starts, end)
        at = self.folded.find(needle, low, high) if needle else -1
        while at >= 0:
            if not _inside_word(self.folded, at) and not _inside_word(self.folded, at + len(needle)):
                return self._raw(at, at + len(needle), 100.0)
            at = self.folded.find(needle, at + 1, high)
        return None

    def _align(self, needle: str, low: int, high: int, threshold: float) -> Span | None:
        from rapidfuzz import fuzz
        from rapidfuzz.distance import Indel

        window = self.folded[low:high]
        found = fuzz.partial_ratio_alignment(needle, window, score_cutoff=threshold)
        if found is None:
            return None
        # The window found is as long as the quotation; a little more on both sides, and then cut to what agrees.
        spare = len(needle) // 10 + 8
        left, right = max(found.dest_start - spare, 0), min(found.dest_end + spare, len(window))
        same = [
            block
            for block in Indel.opcodes(needle, window[left:right])
            if block.tag == "equal" and block.src_end - block.src_start >= 3
        ]
        if not same:
            return None
        return self._span(low + left + same[0].dest_start, low + left + same[-1].dest_end, low, high, found.score)

    def _span(self, start: int, end: int, low: int, high: int, score: float) -> Span:
        stop = max(start - _REACH, low)
        while start > stop and _inside_word(self.folded, start):
            start -= 1
        stop = min(end + _REACH, high)
        while end < stop and _inside_word(self.folded, end):
            end += 1
        return self._raw(start, end, score)

    def _raw(self, start: int, end: int, score: float) -> Span:
        return Span(self._starts[start], self._ends[end - 1], score)


def fold(text: str) -> str:
    """The text as quotations are compared."""
    return _fold(text)[0].strip()


def shown(text: str) -> str:
    """A passage of a document as it is shown: white space folded, broken words joined, nothing invisible."""
    text = re.sub(r"(?<=[^\W\d_])[-\u2010\u2e17\u00ad\u00ac][ \t]*\r?\n\s*(?=[a-zà-ÿ])", "", text)
    return " ".join(_without_invisible(text, str.isspace).split())


def visible(text: str) -> str:
    """The text without characters that a reader cannot see: nothing can hide in what a model is given."""
    text = text.replace("\r\n", "\n").replace("\f", "\n")
    return _without_invisible(text, "\n\t".__contains__)


def _without_invisible(text: str, kept: Callable[[str], bool]) -> str:
    # Each character of a text is asked about once, however often it stands there.
    gone = [char for char in set(text) if unicodedata.category(char) in _INVISIBLE and not kept(char)]
    return text.translate(dict.fromkeys(map(ord, gone))) if gone else text


def _inside_word(text: str, at: int) -> bool:
    """Whether a cut at ``at`` would go through a word or a figure such as 1,250.50."""
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    if before.isalnum() and after.isalnum():
        return True
    if before in ".,'" and after.isdigit():
        return at > 1 and text[at - 2].isdigit()
    return before.isdigit() and after in ".,'" and at + 1 < len(text) and text[at + 1].isdigit()


def _fold(text: str) -> tuple[str, array[int], array[int]]:
    """The folded text, and for each of its characters where the raw one it came from starts and ends."""
    parts: list[str] = []
    starts, ends = array("I"), array("I")
    last = ""

    def put(folded: str, start: int, end: int) -> None:
        parts.append(folded)
        starts.extend([start] * len(folded))
        ends.extend([end] * len(folded))

    for match in _SCAN.finditer(text):
        start, end = match.span()
        kind = match.lastgroup
        if kind == "plain":
            parts.append(match[0].lower())
            starts.extend(range(start, end))
            ends.extend(range(start + 1, end + 1))
        elif kind == "space" and last != " ":
            put(" ", start, end)
        elif kind == "other":
            put(_other(match[0], last), start, end)
        if parts and parts[-1]:
            last = parts[-1][-1]
    return "".join(parts), starts, ends


def _other(cluster: str, last: str) -> str:
    if unicodedata.category(cluster[0]) in _INVISIBLE:
        return ""
    folded = unicodedata.normalize("NFKC", cluster.translate(_FOLD)).translate(_FOLD).lower()
    folded = " ".join(folded.split()) if not folded.isspace() else " "
    return "" if folded == " " and last == " " else folded
