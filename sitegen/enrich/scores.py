"""Scores: how far what a brief says stands in its document, counted by rule.

They are flags, not a mark for quality: what a number or a name is said to have done is not looked at. Coverage, density
and compression are those of Grusky, Naaman and Artzi, Newsroom (2018, arXiv 1804.11283); people's own summaries of
reports have a coverage of about 0.9, and 9 of 10 of their numbers and names stand in the source.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from sitegen.enrich.grounding import Grounding
    from sitegen.enrich.summary import Point, Summary

T = TypeVar("T")
_WORD = re.compile(r"\w+")


class Scores(BaseModel):
    """The scores of one summary. Shares are from 0 to 1, and None where there was nothing to count."""

    # A record of a newer sitegen may have more; they are kept out, not refused.
    model_config = ConfigDict(frozen=True, extra="ignore")

    quotation: float | None = None
    """Of the points that the engine made, those whose quotation stands in the document. The points shown are looked up
    again; those that were dropped count as missing."""
    numbers: float | None = None
    """Of the numbers in the summary's own words, those that stand in the document, in whatever form."""
    dates: float | None = None
    """Of the days and months, likewise."""
    names: float | None = None
    """Of the capitalised names, likewise."""
    coverage: float = 0
    """The share of the summary's words that stand in runs of words copied from the document."""
    density: float = 0
    """The mean length, in words, of the run that a word of the summary stands in."""
    compression: float = 0
    """Words of the document for one of the summary."""
    dropped: int = 0
    """Points that the engine made and that the text did not support."""
    seconds: float = 0
    tokens: int = 0
    """Of all questions and answers together."""

    @property
    def weakest(self) -> float:
        """The lowest of the four shares, 1 when there was nothing to count: worst first is by this."""
        return min((share for share in self.shares().values() if share is not None), default=1.0)

    def __str__(self) -> str:
        """For one line: ``quotation 92 %, numbers 100 %, names 87 %``."""
        told = [f"{name} {percent(share)}" for name, share in self.shares().items() if share is not None]
        return ", ".join(told) or "nothing to count"

    def shares(self) -> dict[str, float | None]:
        """The four shares that say whether something was made up."""
        return {"quotation": self.quotation, "numbers": self.numbers, "dates": self.dates, "names": self.names}


def percent(share: float) -> str:
    """A share for people, rounded down: never 100 % for what is less, and never over a limit that it misses."""
    return f"{int(share * 100 + 1e-9)} %"


Missing = Mapping[str, tuple[str, ...]]
"""What does not stand in the document, as the summary writes it: quotations, numbers, dates, names, by score."""


def score(text: str, summary: Summary) -> Scores:
    """The scores of ``summary``, which was made from the document's ``text``. Costs time linear in both."""
    return audit(text, summary)[0]


def audit(text: str, summary: Summary) -> tuple[Scores, Missing]:
    """The scores, and what lowers them."""
    scoring = _Scoring(text, summary)
    scores = scoring.scores()
    return scores, {name: tuple(dict.fromkeys(found)) for name, found in scoring.missing.items() if found}


def statements(summary: Summary) -> list[str]:
    """What the summary says in its own words, sentence by sentence or paragraph by paragraph, without its title."""
    said = [summary.dek, *summary.paragraphs, *(point.text for point in summary.points)]
    return [text for text in said if text.strip()]


class _Scoring:
    """Numbers and names are looked for in the passages that the summary rests on first, then in the whole text: a long
    text is taken apart only when something is missing from them."""

    def __init__(self, text: str, summary: Summary) -> None:
        self.text, self.summary = text, summary
        self.said = statements(summary)
        # The title of an extract is the document's, and says nothing that was made up.
        self.written = [*self.said, summary.title] if summary.method == "summary" else self.said
        self.missing: dict[str, list[str]] = {}
        self.passages = "\n".join(text[point.evidence.start : point.evidence.end] for point in summary.points)

    def scores(self) -> Scores:
        summary = self.summary
        own, words = _words(" ".join(self.said)), _words(self.text)
        runs = fragments(own, words)
        usage = summary.usage
        return Scores(
            quotation=self.quotation(),
            numbers=self.numbers(),
            dates=self.dates(),
            names=self.names(),
            coverage=round(sum(runs) / max(len(own), 1), 3),
            density=round(sum(run * run for run in runs) / max(len(own), 1), 2),
            compression=round(len(words) / max(len(own), 1), 1),
            dropped=summary.dropped,
            seconds=round(usage.seconds, 3),
            tokens=usage.prompt_tokens + usage.answer_tokens,
        )

    def quotation(self) -> float | None:
        points, dropped = self.summary.points, self.summary.dropped
        lost = self.missing["quotation"] = [point.evidence.quote for point in points if not self._stands(point)]
        found = 1 - len(lost) / len(points) if points else None
        made = max(self.summary.made, dropped)
        if not made:
            return _rounded(found)
        return _rounded((1.0 if found is None else found) * (made - dropped) / made)

    def _stands(self, point: Point) -> bool:
        from sitegen.enrich.grounding import fold

        evidence = point.evidence
        if fold(self.text[evidence.start : evidence.end]) == fold(evidence.quote):
            return True
        if self._grounding.find(evidence.quote) is not None:
            return True
        # An extract leaves page headers and line numbers out that stand in the middle of a sentence.
        return fold(evidence.quote) in self._cleaned

    def numbers(self) -> float | None:
        from sitegen.enrich.figures import figures, pool

        said = [figure for text in self.written for figure in figures(text)]
        return self._share("numbers", said, pool, lambda _, readings, known: bool(readings & known))

    def dates(self) -> float | None:
        from sitegen.enrich import dates, figures

        language = self.summary.language
        said = [
            (text[found.start : found.end], found.iso) for text in self.written for found in dates.find(text, language)
        ] + [(mention.text, mention.iso) for mention in self.summary.dates]
        near = figures.pool(self.passages) if said else frozenset()

        def stands(written: str, day: str, known: frozenset[str]) -> bool:
            # A passage may write the year once for two days, or a day whose order only its context tells.
            return day in known or not figures.missing(written, near)

        def known(text: str) -> frozenset[str]:
            days = {found.iso for found in dates.find(text, language)}
            return frozenset(days | {day[:7] for day in days} | {day[:4] for day in days})

        return self._share("dates", said, known, stands)

    def names(self) -> float | None:
        from sitegen.enrich.claims import bases, names

        summary = self.summary
        lists = (*summary.people, *summary.organisations, *summary.places)
        found = [name for text in self.said for name in names(text, summary.language)]
        said = [(name, base) for name in (*found, *lists) for base in sorted(bases(name))]
        return self._share("names", said, bases, lambda _, base, known: base in known)

    def _share(
        self,
        name: str,
        said: Sequence[tuple[str, T]],
        known: Callable[[str], frozenset[str]],
        stands: Callable[[str, T, frozenset[str]], bool],
    ) -> float | None:
        """The share of ``said`` that stands in what is ``known`` of the passages, or else of the whole text."""
        if not said:
            return None
        near = known(self.passages)
        left = [one for one in said if not stands(*one, near)]
        if left:
            whole = known(self.text)
            left = [one for one in left if not stands(*one, whole)]
        self.missing[name] = [written for written, _ in left]
        return _rounded(1 - len(left) / len(said))

    @cached_property
    def _cleaned(self) -> str:
        from sitegen.enrich.cleaning import clean
        from sitegen.enrich.grounding import fold
        from sitegen.enrich.language import Dictionary

        return fold(clean(self.text, Dictionary(self.summary.language).knows).text)

    @cached_property
    def _grounding(self) -> Grounding:
        from sitegen.enrich.grounding import Grounding

        return Grounding(self.text)


def fragments(own: Sequence[str], source: Sequence[str]) -> list[int]:
    """The lengths of the runs of ``own`` that stand in ``source``, found from the left, each as long as it can be.

    A suffix automaton of ``own`` reads ``source`` once, so that hostile texts, such as one word a million times, cost
    no more than others.
    """
    longest = _longest(own, source)
    found: list[int] = []
    at = 0
    while at < len(own):
        if longest[at]:
            found.append(longest[at])
        at += longest[at] or 1
    return found


def _longest(own: Sequence[str], source: Sequence[str]) -> list[int]:
    """For each place in ``own``, the length of the longest run from there that stands in ``source``."""
    steps, links, lengths, ends = _automaton(own[::-1])
    seen = [0] * len(steps)
    state = length = 0
    for word in reversed(source):
        while state and word not in steps[state]:
            state = links[state]
            length = lengths[state]
        if word in steps[state]:
            state = steps[state][word]
            length += 1
            seen[state] = max(seen[state], length)
    # What stands there also stands there without its beginning: the states that links lead to.
    for number in sorted(range(1, len(steps)), key=lengths.__getitem__, reverse=True):
        if seen[number]:
            seen[links[number]] = max(seen[links[number]], min(seen[number], lengths[links[number]]))
    # An end belongs to all states on the way of its links to the root; the first that was seen has the longest run.
    longest = [0] * len(own)
    for end, state in enumerate(ends):
        while state and not seen[state]:
            state = links[state]
        longest[len(own) - 1 - end] = seen[state] if state else 0
    return longest


def _automaton(words: Iterable[str]) -> tuple[list[dict[str, int]], list[int], list[int], list[int]]:
    """The suffix automaton (Blumer et al., 1985): steps, links, longest lengths, and the state of each prefix."""
    steps: list[dict[str, int]] = [{}]
    links, lengths = [-1], [0]
    ends: list[int] = []
    last = 0
    for word in words:
        new = len(steps)
        steps.append({})
        links.append(0)
        lengths.append(lengths[last] + 1)
        state = last
        while state >= 0 and word not in steps[state]:
            steps[state][word] = new
            state = links[state]
        if state >= 0:
            links[new] = _suffix(steps, links, lengths, state, word)
        last = new
        ends.append(new)
    return steps, links, lengths, ends


def _suffix(steps: list[dict[str, int]], links: list[int], lengths: list[int], state: int, word: str) -> int:
    """The state that a new one's link leads to: the target of the step, or a copy of it that is just one longer."""
    target = steps[state][word]
    if lengths[target] == lengths[state] + 1:
        return target
    copy = len(steps)
    steps.append(dict(steps[target]))
    links.append(links[target])
    lengths.append(lengths[state] + 1)
    while state >= 0 and steps[state].get(word) == target:
        steps[state][word] = copy
        state = links[state]
    links[target] = copy
    return copy


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", _joined(text)).casefold())


def _joined(text: str) -> str:
    """Without soft hyphens and the hyphens that only break a line."""
    return re.sub(r"\u00ad|(?<=[^\W\d_])[-\u2010][ \t]*\r?\n\s*(?=[a-zà-ÿ])", "", text)


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)
