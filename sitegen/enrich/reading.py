"""Reading a document with a model: cleaned, piece by piece, each note verified against the text at once."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sitegen.enrich import named, prompts
from sitegen.enrich.answers import CLAIM, Extraction, Noted, Schema, extraction_schema
from sitegen.enrich.asking import Asker
from sitegen.enrich.chunks import Chunk, split, weight
from sitegen.enrich.claims import negated, objections
from sitegen.enrich.cleaning import Cleaned, clean
from sitegen.enrich.engines.base import Message
from sitegen.enrich.figures import missing, pool
from sitegen.enrich.grounding import Grounding, Span, shown, visible
from sitegen.enrich.language import Dictionary
from sitegen.enrich.summary import AmountMention, DateMention
from sitegen.errors import ContextExceeded

CHUNK_WEIGHT = 2000
"""Of one piece of a text that does not fit as a whole; longer pieces are read less carefully."""
MOST_CHUNKS = 500
"""Of one document, about three megabytes; what is beyond stays unread, and the summary says so."""
LEAST_ROOM = 200
"""Tokens for text that a context must have beside prompt and answer."""
SMALLEST = 60
"""A piece of this weight that still exceeds the context is not made smaller."""
TOKENS_A_POINT = 250
"""With its dates, amounts and names, so that an answer fits the tokens that it may have."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A point that its passage supports."""

    claim: str
    passage: str
    """The document's own words, white space folded."""
    span: Span
    """In the document's text."""
    chunk: int
    """Which piece it is from, and at which place among the points of that piece: the first matters most."""
    rank: int


@dataclass
class Notes:
    """All that was found in a document and stands in it."""

    points: list[Verified] = field(default_factory=list)
    dates: list[DateMention] = field(default_factory=list)
    amounts: list[AmountMention] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    organisations: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    dropped: int = 0
    skipped: int = 0
    """Pieces without readable text."""
    read_to: int = 0
    """The offset up to which the document was read."""


def items(answer_tokens: int) -> int:
    """How many points one answer may have."""
    return min(max(answer_tokens // TOKENS_A_POINT, 3), 10)


async def read(text: str, language: str, asker: Asker) -> Notes:
    """The notes on a document's text. Raises ``EngineError``."""
    cleaned = await asyncio.to_thread(clean, text, Dictionary(language).knows)
    grounding = await asyncio.to_thread(Grounding, cleaned.text)
    notes = Notes(read_to=len(text))
    pieces = await asyncio.to_thread(_pieces, cleaned.text, asker)
    if len(pieces) > MOST_CHUNKS:
        pieces = pieces[:MOST_CHUNKS]
        notes.read_to = cleaned.span(pieces[-1].start, pieces[-1].end)[1]
    todo, parts = deque(pieces), len(pieces)
    number = 0
    while todo:
        chunk = todo.popleft()
        if not readable(chunk.text):
            notes.skipped += 1
        elif (found := await _extract(chunk, asker, parts > 1)) is not None:
            await asyncio.to_thread(_take, notes, found, cleaned, grounding, chunk, language, number)
            number += 1
        else:
            parts += 1
            todo.extendleft(reversed(_smaller(chunk)))
    return notes


def readable(text: str) -> bool:
    """Whether a piece is mostly words, and not a table of figures, a drawing or encoded data."""
    words = sum(len(word) for word in text.split() if len(word) <= 40 and sum(map(str.isalpha, word)) * 2 > len(word))
    scripts_without_blanks = sum(not char.isascii() and char.isalpha() for char in text)
    return max(words, scripts_without_blanks) * 5 >= len("".join(text.split())) > 0


def _pieces(text: str, asker: Asker) -> list[Chunk]:
    overhead = sum(asker.tokens.count(message.content) for message in _prompt("", asker, part=True, short=True))
    room = asker.room - overhead
    if room < LEAST_ROOM:
        raise ContextExceeded(f"num_ctx leaves {max(room, 0)} tokens for text beside the prompt and the answer")
    start = len(text) - len(text.lstrip())
    whole = Chunk(start, start + len(text.strip()), text.strip())
    if asker.tokens.count(whole.text) <= room:
        return [whole]
    return split(text, min(CHUNK_WEIGHT, room / asker.tokens.factor))


def _smaller(chunk: Chunk) -> list[Chunk]:
    halves = split(chunk.text, max(weight(chunk.text) / 2, SMALLEST))
    return [Chunk(chunk.start + half.start, chunk.start + half.end, half.text) for half in halves]


async def _extract(chunk: Chunk, asker: Asker, part: bool) -> Extraction | None:
    """What the model notes; None when the piece is too long for the context after all."""

    def question(short: bool) -> tuple[Sequence[Message], Schema]:
        most = items(asker.answer_tokens) // (2 if short else 1)
        return _prompt(visible(chunk.text), asker, part, short), extraction_schema(most)

    try:
        return await asker.ask(question, Extraction)
    except ContextExceeded:
        if weight(chunk.text) <= SMALLEST:
            raise
        return None


def _prompt(text: str, asker: Asker, part: bool, short: bool) -> Sequence[Message]:
    most = items(asker.answer_tokens) // (2 if short else 1)
    return prompts.messages("extract", fence=prompts.fence(text), text=text, items=most, part=part, short=short)


def _take(
    notes: Notes,
    found: Extraction,
    cleaned: Cleaned,
    grounding: Grounding,
    chunk: Chunk,
    language: str,
    number: int,
) -> None:
    for rank, noted in enumerate(found.points):
        point = verify(noted, grounding, chunk, language, number, rank)
        if point is None:
            notes.dropped += 1
        else:
            start, end = cleaned.span(point.span.start, point.span.end)
            notes.points.append(replace(point, span=Span(start, end, point.span.score)))
    notes.dates += named.dates(found.dates, grounding, chunk, language)
    notes.amounts += named.amounts(found.amounts, grounding, chunk)
    notes.people += named.names(found.people, grounding, chunk)
    notes.organisations += named.names(found.organisations, grounding, chunk)
    notes.places += named.names(found.places, grounding, chunk)


def verify(
    noted: Noted, grounding: Grounding, chunk: Chunk, language: str, number: int = 0, rank: int = 0
) -> Verified | None:
    """The point with the document's words for it; None when it does not stand there, or its passage says otherwise.

    Its span is one of the text that ``grounding`` and ``chunk`` are of.
    """
    claim, quote = shown(noted.claim), shown(noted.quote)
    if not any(map(str.isalpha, claim)) or len(noted.claim) >= CLAIM:  # a claim that long was cut off
        return None
    span = grounding.find(quote, chunk.start, chunk.end)
    if span is None:
        return None
    passage = shown(grounding.text[span.start : span.end])
    if missing(quote, pool(passage)) or negated(quote) != negated(passage):
        return None
    if objections(claim, passage, chunk.text, language=language):
        return None
    return Verified(claim, passage, span, number, rank)
