"""The engine that summarises with a model: it reads, verifies, writes and verifies again; and never makes believe.

When under half of what the model noted stands in the document, the result is an extract, and says that it is one.
"""

from __future__ import annotations

import asyncio
import copy
import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sitegen.enrich import merging, pieces, reading, writing
from sitegen.enrich.answers import choice_schema, extraction_schema, points_schema, sentences_schema, writing_schema
from sitegen.enrich.asking import Asker
from sitegen.enrich.chunks import Tokens
from sitegen.enrich.engines.base import ChatEngine, EndpointStats, Identity
from sitegen.enrich.fallback import labelled, unchecked
from sitegen.enrich.language import UNKNOWN, detect
from sitegen.enrich.left_out import described
from sitegen.enrich.named import distinct
from sitegen.enrich.pieces import Verified
from sitegen.enrich.prompts import SHIPPED, Prompts
from sitegen.enrich.reading import Notes
from sitegen.enrich.recall import Recall
from sitegen.enrich.summary import AmountMention, DateMention, Evidence, Fallback, Point, Summary
from sitegen.enrich.vocabulary import Vocabulary
from sitegen.enrich.writing import Material, Written
from sitegen.errors import EngineError
from sitegen.sources.base import Document, Finding

MOST_POINTS = 12
"""That a summary shows."""
MOST_MENTIONS = 12
"""Dates, amounts, people, organisations and places, each."""
MOST_DROPPED = 20
"""Dropped points that are listed; all are counted."""
MOST_LEFT_OUT = 40


def prompt(answer_tokens: int, prompts: Prompts = SHIPPED) -> str:
    """Version and hash of prompts and schemas; a model with room for longer answers is asked for more points.

    Raises ``PromptBroken`` when a prompt of the site cannot be read.
    """
    schemas = {
        "extract": extraction_schema(pieces.items(answer_tokens)),
        "extract again": points_schema(1),
        "choose": choice_schema(1, 1),
        "write": writing_schema(1, 1, 1),
        "write again": sentences_schema(1, 1),
    }
    return prompts.fingerprint(schemas)


class ModelSummarizer:
    """An ``Engine`` over any ``ChatEngine``."""

    def __init__(
        self,
        chat: ChatEngine,
        *,
        recall: Recall | None = None,
        prompts: Prompts = SHIPPED,
        vocabulary: Callable[[], Vocabulary] = Vocabulary,
    ) -> None:
        self.chat = chat
        self._prompts = prompts
        self._recall = recall or Recall()
        self._find_vocabulary = vocabulary
        self._vocabulary: Vocabulary | None = None
        self._private: Callable[[str], bool] = lambda tag: False
        self._tokens: defaultdict[str, Tokens] = defaultdict(Tokens)
        """By language: a tokenizer made for English needs more of them for German."""

    @property
    def slots(self) -> int:
        """More than the model has: while one document is verified, another one has its slot."""
        return self.chat.slots + max(2, self.chat.slots // 2)

    @property
    def stats(self) -> tuple[EndpointStats, ...]:
        return self.chat.stats

    async def identity(self) -> Identity:
        """The chat engine's, with the version and the hash of prompts and schemas."""
        return replace(await self.chat.identity(), prompt=prompt(self.chat.answer_tokens, self._prompts))

    async def summarize(self, document: Document, note: str = "") -> Summary:
        """See ``Engine``. An extract in place of a summary is a result; a model that cannot be asked is an error."""
        language = (document.language or "").partition("-")[0].lower()
        language = language or await asyncio.to_thread(detect, document.text)
        if why := unchecked(language):
            readable = await asyncio.to_thread(reading.readable, document.text)
            return await self._extract(document, None, *((why, "language") if readable else _NO_SENTENCES))
        asker = Asker(self.chat, self._tokens[language], self._prompts, self._recall)
        try:
            return await self._summarized(document, note, language, asker)
        except EngineError as error:
            error.spent = asker.spent.prompt_tokens, asker.spent.answer_tokens, asker.spent.seconds
            raise

    async def _summarized(self, document: Document, note: str, language: str, asker: Asker) -> Summary:
        notes = await reading.read(document, language, asker)
        if reason := _hindrance(notes, asker):
            return await self._extract(document, (notes, asker), *reason)
        points = await merging.merged(notes.points, asker)
        material = Material(points, language, await self._tags(), writing.instruction(note))
        written = await writing.write(material, asker)
        if written is None:
            return await self._extract(document, (notes, asker), "The model wrote no usable summary", "unanswered")
        return _summary(document, language, notes, points, written, asker)

    async def check(self) -> list[Finding]:
        return await self.chat.check()

    async def aclose(self) -> None:
        await self._recall.aclose()
        await self.chat.aclose()

    def choosing_from(self, vocabulary: Vocabulary) -> ModelSummarizer:
        """The same with other tags; what it has learnt and opened is shared."""
        twin = copy.copy(self)
        twin._vocabulary = vocabulary
        return twin

    def keep_back(self, private: Callable[[str], bool]) -> None:
        """Does not show the model those tags of the site that are ``private``; for one that is not in the house."""
        self._private = private

    async def _tags(self) -> Vocabulary:
        if self._vocabulary is None:
            found = await asyncio.to_thread(self._find_vocabulary)
            self._vocabulary = replace(found, tags=tuple(tag for tag in found.tags if not self._private(tag)))
        return self._vocabulary

    async def _extract(
        self, document: Document, tried: tuple[Notes, Asker] | None, why: str, fallback: Fallback
    ) -> Summary:
        summary = await asyncio.to_thread(labelled, document, why, fallback)
        return summary.model_copy(update=_account(*tried)) if tried else summary


_NO_SENTENCES: tuple[str, Fallback] = ("No sentences were there for the model to read", "nothing")


def _hindrance(notes: Notes, asker: Asker) -> tuple[str, Fallback] | None:
    """Why there can be no summary."""
    if notes.given_up:
        return "The model gave no usable answers", "unanswered"
    if notes.made and len(notes.points) * 2 < notes.made:
        why = f"Only {len(notes.points)} of the {notes.made} points that the model made stand in the document"
        return why, "unverified"
    if not notes.points:
        asked = asker.usage.calls + asker.usage.kept
        return ("The model noted nothing", "nothing") if asked else _NO_SENTENCES
    return None


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
        notes=tuple(_notes(document, notes, written)),
        **_account(notes, asker),
    )


def _account(notes: Notes, asker: Asker) -> dict[str, Any]:
    """What became of the points, what was not read, and what it cost."""
    return {
        "made": notes.made,
        "dropped": len(notes.dropped),
        "dropped_points": tuple(notes.dropped[:MOST_DROPPED]),
        "left_out": tuple(notes.left_out[:MOST_LEFT_OUT]),
        "usage": asker.usage,
    }


def _shown(points: Sequence[Verified], cited: Sequence[Verified]) -> list[Verified]:
    """Those that the summary rests on, then others, in the order of the document."""
    first = list(dict.fromkeys(cited))[:MOST_POINTS]
    others = [point for point in points if point not in first]
    return merging.in_order([*first, *merging.spread(others, MOST_POINTS - len(first))])


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
    """How many pages were read, and how many there are. A page that got no usable answer was not read; where nothing
    shows the ends of pages, they are reckoned to be equally long."""
    total = document.pages
    if total is None:
        return None, None
    unanswered = [one for one in notes.left_out if one.kind == "unanswered"]
    beyond = document.text[notes.read_to :].strip()
    last = document.page_at(max(notes.read_to - 1, 0))
    if last is not None:
        return (min(last, total) if beyond else total) - len({one.page for one in unanswered}), total
    unread = len(beyond) + sum(one.characters for one in unanswered)
    return total - math.ceil(total * unread / max(len(document.text), 1)), total


def _notes(document: Document, notes: Notes, written: Written) -> list[str]:
    said = []
    unread = len(document.text[notes.read_to :].strip())
    if unread:
        said.append(f"The last {unread * 100 // max(len(document.text), 1)} % of the document were not read: too long.")
    said += described(notes.left_out)
    if written.left_out:
        said.append(f"{written.left_out} sentences of the summary were removed: their points did not support them.")
    return said
