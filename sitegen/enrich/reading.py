"""Reading a document with a model: cleaned, cut into pieces, the pieces at the same time, the notes in their order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from sitegen.enrich.asking import Asker
from sitegen.enrich.chunks import Chunk, split, step
from sitegen.enrich.cleaning import clean
from sitegen.enrich.grounding import Grounding
from sitegen.enrich.language import Dictionary
from sitegen.enrich.oddities import oddities
from sitegen.enrich.parallel import in_order
from sitegen.enrich.pieces import Found, Text, ask_for, note
from sitegen.enrich.summary import LeftOut, LeftOutKind
from sitegen.errors import ContextExceeded
from sitegen.sources.base import Document

CHUNK_WEIGHT = 2000
"""Of one piece of a text that does not fit as a whole; longer pieces are read less carefully."""
MOST_CHUNKS = 500
"""Of one document, about three megabytes; what is beyond stays unread, and the summary says so."""
LEAST_ROOM = 200
"""Tokens for text that a context must have beside prompt and answer."""
LEAST_ANSWERED = 0.75
"""When the model gives usable answers to a smaller share of the text, there is no summary of it."""
FAILURES = 3
"""When it fails on so many pieces, and on every one until then, the others are not tried."""


@dataclass
class Notes(Found):
    """All that was found in a document and stands in it."""

    left_out: list[LeftOut] = field(default_factory=list)
    """What was not read."""
    read_to: int = 0
    """The offset up to which the document was read."""
    given_up: bool = False
    """Whether too much of it got no usable answer."""

    @property
    def made(self) -> int:
        """How many points the model made."""
        return len(self.points) + len(self.dropped)


async def read(document: Document, language: str, asker: Asker) -> Notes:
    """The notes on a document. Raises ``EngineError``."""
    text, pieces, unreadable = await asyncio.to_thread(_prepared, document.text, language, asker)
    notes = Notes(read_to=len(document.text))
    if len(pieces) > MOST_CHUNKS:
        pieces = pieces[:MOST_CHUNKS]
        notes.read_to = text.cleaned.span(pieces[-1].start, pieces[-1].end)[1]
    todo = [(chunk, asker.part()) for chunk in pieces]
    hopeless = partial(_hopeless, text, sum(map(text.weight, pieces)))
    try:
        found = await in_order([partial(note, chunk, text, one) for chunk, one in todo], asker.slots, hopeless)
    finally:
        asker.join([one for _, one in todo])
    for number, piece in enumerate(found):
        piece.points = [replace(point, chunk=number) for point in piece.points]
        notes.add(piece)
    notes.given_up = hopeless(found)
    notes.left_out = _left_out(document, text, unreadable, notes)
    return notes


def _hopeless(text: Text, total: float, found: Sequence[Found]) -> bool:
    """Whether so much is unanswered that whatever the other pieces give, there will be no summary."""
    if len(found) >= FAILURES and not any(piece.answered for piece in found):
        return True
    return sum(text.weight(chunk) for piece in found for chunk in piece.unanswered) > (1 - LEAST_ANSWERED) * total


def _prepared(raw: str, language: str, asker: Asker) -> tuple[Text, list[Chunk], list[Chunk]]:
    """The text in all its forms, the pieces to be read, and those in which there is nothing to read."""
    cleaned = clean(raw, Dictionary(language).knows)
    text = Text(cleaned, Grounding(cleaned.text), language, oddities(cleaned.text))
    pieces: list[Chunk] = []
    others: list[Chunk] = []
    for chunk in _pieces(text, asker):
        (pieces if readable(text.sent(chunk)) else others).append(chunk)
    return replace(text, part=len(pieces) > 1), pieces, others


def readable(text: str) -> bool:
    """Whether a piece is mostly words, and not a table of figures, a drawing or encoded data."""
    words = sum(len(word) for word in text.split() if len(word) <= 40 and sum(map(str.isalpha, word)) * 2 > len(word))
    scripts_without_blanks = sum(not char.isascii() and char.isalpha() for char in text)
    return max(words, scripts_without_blanks) * 5 >= len("".join(text.split())) > 0


def _pieces(text: Text, asker: Asker) -> list[Chunk]:
    overhead = sum(asker.tokens.count(message.content) for message in ask_for("", 10, asker, part=True, short=True))
    room = asker.room - overhead
    if room < LEAST_ROOM:
        raise ContextExceeded(f"num_ctx leaves {max(room, 0)} tokens for text beside the prompt and the answer")
    words = text.cleaned.text
    start = len(words) - len(words.lstrip())
    whole = Chunk(start, start + len(words.strip()), words.strip())
    if asker.tokens.count(text.sent(whole)) <= room:
        return [whole]
    limit = min(CHUNK_WEIGHT, step(room / asker.tokens.factor))
    return split(words, limit, [(odd.start, odd.end) for odd in text.odd])


def _left_out(document: Document, text: Text, unreadable: Sequence[Chunk], notes: Notes) -> list[LeftOut]:
    """What was not read as prose, in its order, by kind and page."""
    stretches: list[tuple[int, int, LeftOutKind, int]] = [(odd.start, odd.end, odd.kind, odd.rows) for odd in text.odd]
    odd = {place for one in text.odd for place in (one.start, one.end)}
    stretches += [
        (chunk.start, chunk.end, "unreadable", 0) for chunk in unreadable if not {chunk.start, chunk.end} & odd
    ]
    stretches += [(chunk.start, chunk.end, "unanswered", 0) for chunk in notes.unanswered]
    found = []
    for start, end, kind, rows in sorted(stretches):
        first, last = text.cleaned.span(start, end)
        if first < notes.read_to:
            found.append(LeftOut(kind=kind, page=document.page_at(first), rows=rows, characters=last - first))
    return found
