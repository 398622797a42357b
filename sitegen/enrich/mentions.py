"""Mentions: the dates and sums that a document names, each with the clause it stands in; and whom and what it names."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from sitegen.enrich import amounts, dates, organisations, people, places
from sitegen.enrich.candidates import Candidate, stray_marks
from sitegen.enrich.cleaning import fold
from sitegen.enrich.language import Dictionary
from sitegen.enrich.sentences import Block, Sentence
from sitegen.enrich.summary import AmountMention, DateMention

MAX_SHOWN = 8
MIN_TELLING = 3
MAX_READ = 1_000_000
"""Characters of a document that are searched for names; the rest of a longer one repeats them."""
_CLAUSE = re.compile(r"(?<=[;:])\s|(?<=[a-zß-ÿ»”\"][.!?])\s|(?<=[A-Z]{3}\.)\s|(?<=\D),\s|,\s(?=\D)|\s[–—]\s")
_LINK = re.compile(r"^(?:and|or|but|und|oder|aber|et|ou|mais)\s")
_DUE = re.compile(
    r"\b(?:by|until|before|from|on|not later than|bis(?: zum)?|spätestens|ab|vom|am|vor dem|avant|jusqu'au|"
    r"à compter du|au plus t[aô]rd|le|dès le|du)\s*$",
    re.IGNORECASE,
)
_ENDS = frozenset('.!?…;:)»”“"')
_LABEL = re.compile(r"^([^\W\d_][^:.\n]{1,60}?\.?)\s?:\s")

Mention = TypeVar("Mention", DateMention, AmountMention)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a mention stands: what is said around it, and how much it matters."""

    about: str
    weight: float


class Mentions:
    """The mentions of one document. ``candidates`` are its readable sentences with their scores, in order."""

    def __init__(
        self,
        text: str,
        language: str,
        dictionary: Dictionary,
        blocks: Sequence[Block],
        sentences: Sequence[Sentence],
        candidates: Sequence[Candidate],
    ) -> None:
        self._text, self._language, self._dictionary = text, language, dictionary
        self._blocks, self._sentences, self._candidates = blocks, sentences, candidates
        self._block_starts = [block.start for block in blocks]
        self._starts = [candidate.sentence.start for candidate in candidates]

    def dates(self) -> tuple[DateMention, ...]:
        """The days and months that matter most, each once, the weightiest first."""
        best: dict[str, tuple[float, DateMention]] = {}
        for found in dates.find(self._text, self._language):
            place = self._place(found.start, found.end)
            if place is None:
                continue
            due = 0.15 * bool(_DUE.search(self._text[max(0, found.start - 20) : found.start]))
            day = 0.1 * (len(found.iso) > 7)
            mention = DateMention(text=fold(self._text[found.start : found.end]), iso=found.iso, about=place.about)
            _keep(best, found.iso, place.weight + due + day, mention)
        return _shown(best)

    def amounts(self) -> tuple[AmountMention, ...]:
        """The sums that matter most, each once, the weightiest first."""
        best: dict[str, tuple[float, AmountMention]] = {}
        for found in amounts.find(self._text, self._language):
            place = self._place(found.start, found.end)
            if place is None or not found.value:
                continue
            size = 0.08 * math.log10(1 + abs(float(found.value)))
            mention = AmountMention(text=fold(self._text[found.start : found.end]), about=place.about)
            _keep(best, f"{found.value.normalize()} {found.currency}", place.weight + size, mention)
        return _shown(best)

    def names(self) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """People, organisations and places; none for a language whose rules are not known."""
        if self._language not in ("en", "de", "fr"):
            return (), (), ()
        text = self._flowing()
        persons = people.find(text, self._language, self._dictionary, limit=1000)
        bodies = organisations.find(text, self._language, self._dictionary, limit=1000)
        spots = places.find(text, self._language, self._dictionary, (*persons, *bodies), limit=MAX_SHOWN)
        return persons[:MAX_SHOWN], bodies[:MAX_SHOWN], spots

    def _flowing(self) -> str:
        """What is searched for names, a line for each sentence, so that no name is broken and none runs on.

        Outside of sentences only labels, the head and the foot of the document count: tables make false names.
        """
        lines = [(sentence.start, sentence.text) for sentence in self._sentences if sentence.text[-1] in _ENDS]
        whole = {(sentence.start, sentence.end) for sentence in self._sentences}
        last = len(self._blocks) - 6
        for number, block in enumerate(self._blocks):
            if block.kind == "row" or (block.kind != "heading" and (block.start, block.end) not in whole):
                continue
            for line in self._text[block.start : block.end].split("\n"):
                if number < 10 or number >= last or _LABEL.match(line):
                    lines.append((block.start, fold(line)))
        return "\n".join(line for _, line in sorted(lines))[:MAX_READ]

    def _place(self, start: int, end: int) -> _Place | None:
        number = bisect_right(self._starts, start) - 1
        if number >= 0 and end <= self._candidates[number].sentence.end:
            candidate = self._candidates[number]
            first, last = candidate.sentence.start, candidate.sentence.end
            about = clause(self._text[first:last], start - first, end - first)
            if candidate.misread and (stray_marks(about) or self._dictionary.misread_in(about)):
                return _Place("", 0.2)  # the date or sum stands, but its words are not fit to be shown
            return _Place(about, 0.5 + candidate.score + 0.3 * candidate.cue)
        return self._labelled(start, end)

    def _labelled(self, start: int, end: int) -> _Place | None:
        """A mention behind a label, as in ``Commissioned: 18 January 2024``; nothing else outside sentences counts."""
        number = bisect_right(self._block_starts, start) - 1
        if number < 0 or self._blocks[number].kind == "row":
            return None
        line_start = max(self._blocks[number].start, self._text.rfind("\n", max(0, start - 150), start) + 1)
        line_end = self._text.find("\n", end, end + 150)
        line = self._text[line_start : line_end if line_end >= 0 else end + 150]
        label = _LABEL.match(line)
        if label is None or label.end() > start - line_start or len(line) > 130:
            return None
        if self._dictionary.misread_in(label[1]):
            return None
        return _Place(fold(label[1]), 0.3)


def clause(sentence: str, start: int, end: int, short: int = 120) -> str:
    """The part of a sentence that says what its characters from ``start`` to ``end`` are about; all of a short one."""
    whole = fold(sentence)
    if len(whole) <= short:
        return whole.rstrip(".")
    cuts = [0, *(found.end() for found in _CLAUSE.finditer(sentence)), len(sentence)]
    first = max(number for number, cut in enumerate(cuts) if cut <= start)
    last = min(number for number, cut in enumerate(cuts) if cut >= end)
    while last - first < len(cuts) - 1 and len(fold(sentence[cuts[first] : cuts[last]])) < short // 2:
        if first > 0:
            first -= 1
        else:
            last += 1
    part = _LINK.sub("", fold(sentence[cuts[first] : cuts[last]])).strip(" ,;:–—.")
    return part if len(part) <= 2 * short else _window(sentence, start, end, short)


def _window(sentence: str, start: int, end: int, size: int) -> str:
    low = sentence.rfind(" ", 0, max(0, start - size // 2)) + 1 if start > size // 2 else 0
    high = sentence.find(" ", min(len(sentence), end + size // 2))
    return fold(sentence[low : high if high >= 0 else len(sentence)]).strip(" ,;:–—.")


def _keep(best: dict[str, tuple[float, Mention]], key: str, weight: float, mention: Mention) -> None:
    known = best.get(key)
    if known is None:
        best[key] = (weight, mention)
    elif weight > known[0]:
        best[key] = (weight + 0.05, mention)
    else:
        best[key] = (known[0] + 0.05, known[1])


def _shown(best: dict[str, tuple[float, Mention]]) -> tuple[Mention, ...]:
    """The weightiest; those of which nothing can be said only where there are few others."""
    ordered = [mention for _, mention in sorted(best.values(), key=lambda entry: -entry[0])]
    telling = [mention for mention in ordered if mention.about]
    return tuple(telling[:MAX_SHOWN] if len(telling) >= MIN_TELLING else ordered[:MAX_SHOWN])
