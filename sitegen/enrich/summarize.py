"""The engine that summarises with a model: it reads, verifies, writes and verifies again; and never makes believe.

When under half of what the model noted stands in the document, the result is an extract, and says that it is one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from sitegen.enrich import prompts, reading, writing
from sitegen.enrich.answers import extraction_schema, writing_schema
from sitegen.enrich.asking import Asker
from sitegen.enrich.chunks import Tokens
from sitegen.enrich.engines.base import ChatEngine, EndpointStats, Identity
from sitegen.enrich.language import UNKNOWN, detect
from sitegen.enrich.named import distinct
from sitegen.enrich.reading import Notes, Verified
from sitegen.enrich.summary import AmountMention, DateMention, Evidence, Point, Summary
from sitegen.enrich.writing import Written
from sitegen.sources.base import PAGE_BREAK, Document, Finding

MOST_POINTS = 12
"""That a summary shows."""
MOST_MENTIONS = 12
"""Dates, amounts, people, organisations and places, each."""


def prompt(answer_tokens: int) -> str:
    """Version and hash of prompts and schemas; a model with room for longer answers is asked for more points."""
    schemas = {"extract": extraction_schema(reading.items(answer_tokens)), "write": writing_schema(1, 1, 1)}
    return prompts.fingerprint(schemas)


class ModelSummarizer:
    """An ``Engine`` over any ``ChatEngine``."""

    def __init__(self, chat: ChatEngine) -> None:
        self.chat = chat
        self._tokens = Tokens()

    @property
    def slots(self) -> int:
        """More than the model has: while one document is verified, another one has its slot."""
        return self.chat.slots + max(2, self.chat.slots // 2)

    @property
    def stats(self) -> tuple[EndpointStats, ...]:
        return self.chat.stats

    async def identity(self) -> Identity:
        """The chat engine's, with the version and the hash of prompts and schemas."""
        return replace(await self.chat.identity(), prompt=prompt(self.chat.answer_tokens))

    async def summarize(self, document: Document) -> Summary:
        """See ``Engine``. An extract in place of a summary is a result; a model that cannot be asked is an error."""
        language = document.language
        if not language:
            language = await asyncio.to_thread(detect, document.text)
        asker = Asker(self.chat, self._tokens)
        notes = await reading.read(document.text, language, asker)
        made = len(notes.points) + notes.dropped
        if not notes.points or len(notes.points) * 2 < made:
            return await self._extract(document, notes, asker)
        points = writing.chosen(notes.points)
        written = await writing.write(points, language, asker)
        return _summary(document, language, notes, points, written, asker)

    async def check(self) -> list[Finding]:
        return await self.chat.check()

    async def aclose(self) -> None:
        await self.chat.aclose()

    async def _extract(self, document: Document, notes: Notes, asker: Asker) -> Summary:
        from sitegen.enrich.engines.extractive import extract

        summary = await asyncio.to_thread(extract, document)
        made = len(notes.points) + notes.dropped
        if made:
            why = f"Only {len(notes.points)} of the {made} points that the model made stand in the document"
        else:
            why = "The model noted nothing" if asker.usage.calls else "No sentences were there for the model to read"
        why = f"{why}, so this is an extract."
        return summary.model_copy(
            update={"notes": (why, *summary.notes), "made": made, "dropped": notes.dropped, "usage": asker.usage}
        )


def _summary(
    document: Document, language: str, notes: Notes, points: Sequence[Verified], written: Written, asker: Asker
) -> Summary:
    pages_read, pages_total = _pages(document, notes)
    return Summary(
        method="summary",
        title=written.title,
        dek=written.dek,
        paragraphs=(" ".join(written.sentences),) if written.sentences else (),
        points=tuple(_point(document, point) for point in _shown(points, written.cited)),
        dates=_dates(notes.dates),
        amounts=_amounts(notes.amounts),
        people=distinct(notes.people, MOST_MENTIONS),
        organisations=distinct(notes.organisations, MOST_MENTIONS),
        places=distinct(notes.places, MOST_MENTIONS),
        tags=written.tags,
        language=language or UNKNOWN,
        pages_read=pages_read,
        pages_total=pages_total,
        made=len(notes.points) + notes.dropped,
        dropped=notes.dropped,
        notes=tuple(_notes(document, notes, written)),
        usage=asker.usage,
    )


def _shown(points: Sequence[Verified], cited: Sequence[Verified]) -> list[Verified]:
    """Those that the summary rests on, then others, in the order of the document."""
    first = list(dict.fromkeys(cited))[:MOST_POINTS]
    others = [point for point in points if point not in first]
    return writing.in_order([*first, *writing.spread(others, MOST_POINTS - len(first))])


def _point(document: Document, point: Verified) -> Point:
    start, end = point.span.start, point.span.end
    return Point(
        text=point.claim, evidence=Evidence(quote=point.passage, start=start, end=end, page=document.page_at(start))
    )


def _dates(found: Sequence[DateMention]) -> tuple[DateMention, ...]:
    """Each day once, the mention that says what happens then before one that does not; in the order of the calendar."""
    days = {(date.iso, date.about): date for date in found}
    told = {date.iso for date in days.values() if date.about}
    kept = [date for date in days.values() if date.about or date.iso not in told][:MOST_MENTIONS]
    return tuple(sorted(kept, key=lambda date: date.iso))


def _amounts(found: Sequence[AmountMention]) -> tuple[AmountMention, ...]:
    sums = {(amount.text, amount.about): amount for amount in found}
    told = {amount.text for amount in sums.values() if amount.about}
    return tuple([amount for amount in sums.values() if amount.about or amount.text not in told][:MOST_MENTIONS])


def _pages(document: Document, notes: Notes) -> tuple[int | None, int | None]:
    total = document.page_count or (document.text.count(PAGE_BREAK) + 1 if PAGE_BREAK in document.text else None)
    last = document.page_at(max(notes.read_to - 1, 0))
    if last is None or total is None:
        return None, total
    complete = not document.text[notes.read_to :].strip()
    return (total if complete else min(last, total)), total


def _notes(document: Document, notes: Notes, written: Written) -> list[str]:
    said = []
    unread = len(document.text[notes.read_to :].strip())
    if unread:
        said.append(f"The last {unread * 100 // max(len(document.text), 1)} % of the document were not read: too long.")
    if notes.skipped:
        said.append(f"{notes.skipped} parts without readable sentences, such as tables of figures, were left out.")
    if written.left_out:
        said.append(f"{written.left_out} sentences of the summary were removed: their points did not support them.")
    return said
