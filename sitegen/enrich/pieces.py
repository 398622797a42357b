"""One piece of a document: the model notes what it says, and each note is held against the text at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sitegen.enrich import named, prompts
from sitegen.enrich.answers import CLAIM, Extraction, Noted, Points, extraction_schema, points_schema
from sitegen.enrich.asking import Asked, Asker
from sitegen.enrich.chunks import Chunk, split, weight
from sitegen.enrich.claims import negated, objections
from sitegen.enrich.cleaning import Cleaned
from sitegen.enrich.engines.base import Message
from sitegen.enrich.engines.transport import BrokenOff, TooSlow
from sitegen.enrich.figures import missing, pool
from sitegen.enrich.grounding import Grounding, Span, shown, visible
from sitegen.enrich.oddities import Oddity
from sitegen.enrich.summary import AmountMention, DateMention, Dropped
from sitegen.errors import AnswerInvalid, AnswerUnfinished, ContextExceeded

SMALLEST = 60
"""A piece of this weight that still exceeds the context is not made smaller."""
TOKENS_A_POINT = 250
"""With its dates, amounts and names, so that an answer fits the tokens that it may have."""
TOLERATED = 0.3
"""When a larger share of a piece's points does not stand in it, the model is asked about those once more."""
CLAIM_SHOWN = 200
"""Characters of a claim that was dropped."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A point that its passage supports."""

    claim: str
    passage: str
    """The document's own words, white space folded."""
    span: Span
    """In the document's text."""
    chunk: int = 0
    """Which piece it is from, and at which place among the points of that piece: the first matters most."""
    rank: int = 0


@dataclass
class Found:
    """All that was found in a piece and stands in it; offsets are those of the raw text."""

    points: list[Verified] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    dates: list[DateMention] = field(default_factory=list)
    amounts: list[AmountMention] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    organisations: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    answered: float = 0.0
    """The weight of what the model gave a usable answer to."""
    unanswered: list[Chunk] = field(default_factory=list)
    """Parts to which it gave none."""

    def add(self, other: Found) -> None:
        for name in ("points", "dropped", "dates", "amounts", "people", "organisations", "places", "unanswered"):
            getattr(self, name).extend(getattr(other, name))
        self.answered += other.answered


@dataclass(frozen=True, slots=True)
class Text:
    """A document's text in the forms that are needed."""

    cleaned: Cleaned
    grounding: Grounding
    """Of the cleaned text."""
    language: str
    odd: Sequence[Oddity] = ()
    """Stretches of the cleaned text that the model is not shown."""
    part: bool = False
    """Whether it is read in more than one piece."""

    def sent(self, chunk: Chunk) -> str:
        """The piece as the model sees it; empty when nothing of it is to be read."""
        parts, at = [], chunk.start
        for odd in self.odd:
            if odd.end > at and odd.start < chunk.end:
                parts += [self.cleaned.text[at : odd.start].strip(), f"({odd.kind}, left out)"]
                at = odd.end
        parts.append(self.cleaned.text[at : chunk.end].strip())
        return visible("\n".join(filter(None, parts))) if any(parts[::2]) else ""

    def weight(self, chunk: Chunk) -> float:
        """Of what the model sees."""
        return weight(self.sent(chunk))

    def halves(self, chunk: Chunk) -> list[Chunk]:
        """Smaller pieces, those left out in which there is nothing to be read."""
        odd = [(max(one.start - chunk.start, 0), min(one.end, chunk.end) - chunk.start) for one in self.odd]
        inside = [(start, end) for start, end in odd if start < end]
        halves = split(chunk.text, max(self.weight(chunk) * 2 / 3, SMALLEST), inside)  # two, as even as borders allow
        pieces = [Chunk(chunk.start + half.start, chunk.start + half.end, half.text) for half in halves]
        return [piece for piece in pieces if self.sent(piece)]


def items(answer_tokens: int) -> int:
    """How many points one answer may have."""
    return min(max(answer_tokens // TOKENS_A_POINT, 3), 10)


async def note(chunk: Chunk, text: Text, asker: Asker, *, halved: bool = False) -> Found:
    """What a piece says. One that the context does not hold, or that gets no usable answer, is read in smaller ones.

    Raises ``EngineError`` when the engine fails, and ``ContextExceeded`` when its context holds next to nothing.
    """
    try:
        answer = await asker.ask(lambda short: _question(chunk, text, asker, short), Extraction)
    except ContextExceeded:
        if text.weight(chunk) <= SMALLEST:
            raise
        return await _in_halves(chunk, text, asker, halved=halved)
    except (TooSlow, BrokenOff):
        raise
    except (AnswerInvalid, AnswerUnfinished):
        if halved or text.weight(chunk) <= 2 * SMALLEST:
            return Found(unanswered=[chunk])
        return await _in_halves(chunk, text, asker, halved=True)
    found = await asyncio.to_thread(_held_against, text, chunk, answer)
    if len(found.dropped) > TOLERATED * (len(found.dropped) + len(found.points)):
        await _again(found, chunk, text, asker)
    return found


async def _in_halves(chunk: Chunk, text: Text, asker: Asker, *, halved: bool) -> Found:
    found = Found()
    part = replace(text, part=True)
    for half in text.halves(chunk):
        found.add(await note(half, part, asker, halved=halved))
    return found


def _question(chunk: Chunk, text: Text, asker: Asker, short: bool) -> Asked:
    most = items(asker.answer_tokens) // (2 if short else 1)
    return ask_for(text.sent(chunk), most, asker, part=text.part, short=short), extraction_schema(most)


def ask_for(text: str, most: int, asker: Asker, *, part: bool, short: bool) -> Sequence[Message]:
    """The question about a piece with this text."""
    fence = prompts.fence(text)
    return asker.prompts.messages("extract", fence=fence, text=text, items=most, part=part, short=short)


async def _again(found: Found, chunk: Chunk, text: Text, asker: Asker) -> None:
    """Asks for the dropped points once more, with what was wrong with them. What was good stays, whatever comes."""
    failed = [failing for failing in found.dropped if failing.claim]
    if not failed:
        return
    sent = text.sent(chunk)
    fence = prompts.fence(sent)
    marked = prompts.fence(fence, *(f"{one.claim} {' '.join(one.reasons)}" for one in failed))
    values = {"fence": fence, "text": sent, "items": len(failed), "marked": marked, "failed": failed}
    messages = asker.prompts.messages("extract", "again", **values)
    try:
        answer = await asker.ask_once((messages, points_schema(len(failed))), Points)
    except (TooSlow, BrokenOff):
        raise
    except (AnswerInvalid, AnswerUnfinished, ContextExceeded):
        return
    mended, _ = await asyncio.to_thread(_sorted_out, answer.points[: len(failed)], text, chunk)
    known = {(point.claim, point.passage) for point in found.points}
    for point in mended:
        if (point.claim, point.passage) not in known:
            found.points.append(replace(point, rank=len(found.points)))
            found.dropped.remove(_likest(point.claim, found.dropped))


def _likest(claim: str, dropped: Sequence[Dropped]) -> Dropped:
    from rapidfuzz import fuzz

    return max(dropped, key=lambda one: fuzz.token_set_ratio(one.claim, claim))


def _held_against(text: Text, chunk: Chunk, answer: Extraction) -> Found:
    grounding, language = text.grounding, text.language
    points, dropped = _sorted_out(answer.points, text, chunk)
    return Found(
        points=points,
        dropped=dropped,
        dates=named.dates(answer.dates, grounding, chunk, language),
        amounts=named.amounts(answer.amounts, grounding, chunk),
        people=named.names(answer.people, grounding, chunk),
        organisations=named.names(answer.organisations, grounding, chunk),
        places=named.names(answer.places, grounding, chunk),
        answered=text.weight(chunk),
    )


def _sorted_out(points: Sequence[Noted], text: Text, chunk: Chunk) -> tuple[list[Verified], list[Dropped]]:
    good: list[Verified] = []
    bad: list[Dropped] = []
    for rank, noted in enumerate(points):
        point = verify(noted, text.grounding, chunk, text.language)
        if isinstance(point, Dropped):
            bad.append(point)
        else:
            start, end = text.cleaned.span(point.span.start, point.span.end)
            good.append(replace(point, span=Span(start, end, point.span.score), rank=rank))
    return good, bad


def verify(noted: Noted, grounding: Grounding, chunk: Chunk, language: str) -> Verified | Dropped:
    """The point with the document's words for it; or why it is dropped: it does not stand there, or its passage says
    something else.

    Its span is one of the text that ``grounding`` and ``chunk`` are of.
    """
    claim, quote = shown(noted.claim), shown(noted.quote)
    span = grounding.find(quote, chunk.start, chunk.end)
    passage = shown(grounding.text[span.start : span.end]) if span else ""
    reasons = _reasons(noted, claim, quote, passage, chunk, language)
    if span is None or reasons:
        return Dropped(claim=claim[:CLAIM_SHOWN], reasons=tuple(reasons))
    return Verified(claim, passage, span)


def _reasons(noted: Noted, claim: str, quote: str, passage: str, chunk: Chunk, language: str) -> list[str]:
    if not any(map(str.isalpha, claim)):
        return ["it says nothing"]
    if len(noted.claim) >= CLAIM:
        return ["it is too long, so that its end was cut off"]
    if not passage:
        return ["its quotation is not in the document"]
    if missing(quote, pool(passage)) or negated(quote) != negated(passage):
        return ["its quotation changes a figure or a denial of the passage"]
    return objections(claim, passage, chunk.text, language=language)
