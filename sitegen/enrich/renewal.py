"""Renewal: bringing one document's brief up to date, at no more cost than it takes.

In three steps: ``begin`` and ``finish`` read and write files and are for the desk, ``make`` asks the engine.
"""

from __future__ import annotations

import asyncio
import copy
import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

from sitegen.briefs import provenance
from sitegen.briefs.model import Generated, generate, with_metadata
from sitegen.briefs.provenance import Made, Record
from sitegen.briefs.store import Store
from sitegen.enrich.cache import SummaryCache, cache_key
from sitegen.enrich.conditions import selects
from sitegen.enrich.desk import Desk
from sitegen.enrich.engines.base import Engine, Identity
from sitegen.enrich.journal import Journal
from sitegen.enrich.report import Done, Request, Result
from sitegen.enrich.scores import score
from sitegen.enrich.summary import Summary
from sitegen.errors import EngineError, EngineUnreachable
from sitegen.settings import Project
from sitegen.sources.base import Document
from sitegen.text import plain

FOR_NOW = "The model could not be reached"
KEPT = 64
"""Briefs that a pull keeps in memory."""


@dataclass(slots=True)
class Work:
    """One document on its way through the pipeline, with what is known of it so far."""

    document: Document
    mark: str
    """Its fingerprint."""
    counted: bool
    """Whether this counts as an attempt."""
    ours: str = ""
    """The hash of a text that an earlier run, which was killed, may have written."""
    note: str = ""
    """An editor's instruction to the engine."""
    kept: tuple[Generated, Made] | None = None
    """The text there is, when the document's own text is the one that it was made from."""
    summary: Summary | None = None
    made: Made | None = None
    """How the summary was made; with scores, which take time to reckon."""
    asked: bool = False
    """Whether the engine was asked for it."""
    blamed: bool = False
    """The engine could not be reached any more when it came to this document, which may be why."""
    without: EngineUnreachable | None = None
    """Why it has to do without the engine."""
    spent: int = 0
    """Tokens that its questions had cost before the engine could not be reached any more."""

    @property
    def tokens(self) -> int:
        """What its summary has cost in this run."""
        if not self.asked or self.summary is None:
            return self.spent
        return self.summary.usage.prompt_tokens + self.summary.usage.answer_tokens


class Renewal:
    """Makes briefs out of documents, several at once."""

    def __init__(
        self, project: Project, engine: Engine, journal: Journal, cache: SummaryCache, request: Request, desk: Desk
    ) -> None:
        self._project = project
        self._engine, self._journal, self._cache, self._desk = engine, journal, cache, desk
        self._request = request
        self._identity: Identity | None = None
        self._under_way: dict[str, asyncio.Future[Summary]] = {}
        """Summaries that are being made, by cache key: equal texts are paid for once."""
        self.engine_error: EngineError | None = None
        """Why the engine cannot be used at all."""

    @cached_property
    def store(self) -> Store:
        """The briefs; found when a document first needs them, so that a quiet day reads none."""
        return Store.open(self._project.briefs, keep=KEPT)

    def unknown(self, ref: str) -> bool:
        """Whether there is neither a brief nor a record of a document."""
        recorded = provenance.record_path(self._project.briefs, ref).exists()
        return not recorded and self.store.path_of(ref) is None

    async def identity(self) -> Identity:
        """Who summarises; asked for only when a document needs it, so that a quiet day needs no engine."""
        if self._identity is None:
            try:
                self._identity = await self._engine.identity()
            except EngineError as error:
                self.engine_error = error
                raise
        return self._identity

    @property
    def known_identity(self) -> Identity | None:
        """Who summarises, when that has been found out."""
        return self._identity

    def fresh(self, document: Document) -> bool:
        """Whether the document's last generated text is what the engine would make today. After ``identity``."""
        record = provenance.read(self._project.briefs, document.ref)
        made = None if record is None else _last_made(record)
        identity = self._identity
        return made is not None and identity is not None and made.cache_key == _key(document, identity, made.note)

    def selected(self, ref: str) -> bool:
        """Whether a document's last generated text was made as the request wants it."""
        record = provenance.read(self._project.briefs, ref)
        made = None if record is None else _last_made(record)
        return selects(self._request.where, made, dt.datetime.now(dt.UTC))

    def departures(self, gone: Sequence[str], back: Collection[str]) -> list[str]:
        """Deals with documents that left the source or came back to it; returns the files that were withdrawn."""
        if not gone and not back:
            return []
        from sitegen.enrich import departures

        departures.back(self.store, back)
        return departures.gone(self._project, self.store, gone, dt.datetime.now(dt.UTC).replace(microsecond=0))

    # ------------------------------------------------------------------------------------------------------ the steps

    def begin(self, document: Document, mark: str, *, counted: bool) -> Work | Result:
        """What is known of a document, or its result when there is nothing to make. Raises ``SitegenError``."""
        from sitegen.enrich.engines.extractive import is_empty

        if is_empty(document.text):
            return self._finished(document, mark, "empty", reason="it has no text")
        self.store.check(document.ref)
        if self.store.deleted(document.ref):
            return self._finished(document, mark, "deleted")
        entry = self._journal.entry(document.ref)
        ours = entry.writing if entry else ""
        return Work(document, mark, counted, ours, self._note(document.ref), self._kept(document))

    def _kept(self, document: Document) -> tuple[Generated, Made] | None:
        """The record in git is enough for this: a fresh clone, without cache or journal, makes no engine call."""
        record = self.store.record(document.ref)
        if record is None or record.latest is None:
            return None
        text, made = record.latest
        if made.text_hash != document.text_hash or made.provisional:
            return None
        return with_metadata(text.generated(), document), made

    async def make(self, work: Work) -> None:
        """Has the summary made, unless there is a text already. Raises ``EngineError``."""
        if work.kept is not None:
            if not self._request.refresh or work.kept[1].cache_key == await self._key(work):
                return
            work.kept = None
        identity = await self.identity()
        key = await self._key(work)
        summary, work.asked = await self._summary(work, key, identity)
        work.summary = _with_unread(summary, work.document)
        made = await asyncio.to_thread(_made, work.document, work.summary, key, identity)  # scores take time
        work.made = made.model_copy(update={"note": work.note})

    async def _key(self, work: Work) -> str:
        return _key(work.document, await self.identity(), work.note)

    def _note(self, ref: str) -> str:
        """What the editor told the engine, now or when the text was made that there is."""
        if self._request.note is not None:
            return plain(self._request.note)
        record = self.store.record(ref)
        made = None if record is None else _last_made(record)
        return "" if made is None else made.note

    async def needs_engine(self, work: Work) -> bool:
        """Whether ``make`` would ask the engine, as far as that can be told when it cannot be reached."""
        if work.kept is not None and not self._request.refresh:
            return False
        try:
            key = await self._key(work)
        except EngineError:
            return True
        if work.kept is not None and work.kept[1].cache_key == key:
            return False
        return not await self._desk(self._cache.has, key)

    async def make_without(self, work: Work, why: EngineUnreachable) -> None:
        """What can be done while the engine cannot be reached: what there is already stays, or comes from the cache; a
        document without a brief gets an extract, which is never kept as the engine's."""
        if work.kept is not None and not self._request.refresh:
            return
        if work.kept is None and self._identity is not None:
            key = _key(work.document, self._identity, work.note)
            if (cached := await self._desk(self._cache.get, key)) is not None:
                work.summary = cached
                made = await asyncio.to_thread(_made, work.document, cached, key, self._identity)
                work.made = made.model_copy(update={"note": work.note})
                return
        work.kept, work.without = None, why
        if await self._desk(self.unknown, work.document.ref):
            await self._stand_in(work)

    async def _stand_in(self, work: Work) -> None:
        from sitegen.enrich.engines.extractive import Extractive
        from sitegen.enrich.fallback import labelled

        identity = await Extractive().identity()
        work.summary = await asyncio.to_thread(labelled, work.document, FOR_NOW)
        key = _key(work.document, identity, "")
        made = await asyncio.to_thread(_made, work.document, work.summary, key, identity)
        work.made = made.model_copy(update={"provisional": True, "note": work.note})

    async def _summary(self, work: Work, key: str, identity: Identity) -> tuple[Summary, bool]:
        """From the cache, else from the engine; whether the engine was asked."""
        if (under_way := self._under_way.get(key)) is not None:
            try:
                return await asyncio.shield(under_way), False
            except EngineError as error:
                raise unpaid(error) from error
        mine = self._under_way[key] = asyncio.get_running_loop().create_future()
        try:
            cached = await self._desk(self._cache.get, key)
            summary = cached or await self._engine.summarize(work.document, work.note)
            if cached is None:
                await self._desk(self._cache.put, key, summary, identity)
        except BaseException as error:
            mine.set_exception(error if isinstance(error, Exception) else asyncio.CancelledError())
            mine.exception()  # looked at, so that nobody waiting is no news
            raise
        else:
            mine.set_result(summary)
        finally:
            del self._under_way[key]
        only_kept = summary.usage.kept and not summary.usage.calls  # all its answers were there already
        return summary, cached is None and not only_kept

    def finish(self, work: Work) -> Result:
        """Writes the brief, or a proposal, or nothing. Raises ``SitegenError``."""
        document = work.document
        if work.without is not None and work.summary is None:
            return self._waiting(work, "waiting")
        if work.kept is not None:
            generated, made = work.kept
        else:
            assert work.summary is not None
            assert work.made is not None
            generated, made = self._generate(document, work.summary), work.made
        self._journal.intend(document.ref, generated.sha256)
        hold = self._project.settings.briefs.when_published
        outcome = self.store.save(document.ref, generated, made, ours=work.ours, hold=hold)
        if work.without is not None:
            return self._waiting(work, outcome)
        return self._finished(document, work.mark, outcome, work=work)

    def _waiting(self, work: Work, done: Done) -> Result:
        """The document stays on the worklist until the engine can be reached."""
        document, why = work.document, work.without
        assert why is not None
        if work.blamed:
            allowed = self._project.settings.engine.attempts
            self._journal.fail(document.ref, why.code, why.message, attempts_allowed=allowed)
        else:
            self._journal.stand_in(document.ref, why.code, why.message, counted=work.counted)
        path = self.store.path_of(document.ref)
        reason = "the engine could not be reached"
        provisional = work.summary is not None
        return Result(
            document.ref,
            document.title,
            done,
            path,
            code=why.code,
            reason=reason,
            tokens=work.spent,
            provisional=provisional,
        )

    def _finished(
        self, document: Document, mark: str, done: Done, *, work: Work | None = None, reason: str = ""
    ) -> Result:
        self._journal.finish(document.ref, "empty" if done == "empty" else "done", mark)
        asked, tokens = (work.asked, work.tokens) if work is not None else (False, 0)
        path = self.store.path_of(document.ref)
        return Result(document.ref, document.title, done, path, asked, reason=reason, tokens=tokens)

    def _generate(self, document: Document, summary: Summary) -> Generated:
        record, brief = self.store.record(document.ref), self.store.by_source(document.ref)
        title = summary.title if summary.method == "summary" and summary.title else document.title
        slug = self.store.slug_for(document.ref, title, summary.language)
        status: str = self._project.settings.briefs.initial_status
        # Once it exists, address and status of a brief are the editor's; a setting changed later must not publish it.
        if record is not None and record.generated is not None:
            slug, status = record.generated.fields["slug"], record.generated.fields["status"]
        elif brief is not None:
            status = brief.matter.status
        return generate(document, summary, slug=slug, status=status)


def unpaid(error: EngineError) -> EngineError:
    """The same error for a document that only waited for it: what was spent is another one's, and is counted once."""
    twin = copy.copy(error)
    twin.spent = (0, 0, 0.0)
    return twin


def _key(document: Document, identity: Identity, note: str) -> str:
    return cache_key(document.text_hash, document.language, identity, note)


def _last_made(record: Record) -> Made | None:
    return record.proposal.made if record.proposal else record.made


def _with_unread(summary: Summary, document: Document) -> Summary:
    """The summary of a document of which the source could not read some pages says so.

    Added after the cache, which knows texts alone, and not whether a page was empty or unreadable.
    """
    if not document.unread:
        return summary
    *most, last = map(str, document.unread[:10])
    pages = f"Pages {', '.join(most)} and {last}" if most else f"Page {last}"
    more = f", and {len(document.unread) - 10} more," if len(document.unread) > 10 else ""
    note = f"{pages}{more} of {document.page_count} could not be read: the file is damaged there."
    read = None if summary.pages_read is None else max(0, summary.pages_read - len(document.unread))
    return summary.model_copy(update={"notes": (note, *summary.notes), "pages_read": read})


def _made(document: Document, summary: Summary, key: str, identity: Identity) -> Made:
    usage = summary.usage
    return Made(
        method=summary.method,
        engine=identity.engine,
        model=identity.model,
        digest=identity.digest,
        weights=identity.weights,
        quantization=str(identity.options.get("quantization", "")),
        server=identity.server,
        prompt=identity.prompt,
        at=dt.datetime.now(dt.UTC).replace(microsecond=0),
        text_hash=document.text_hash,
        cache_key=key,
        pages_read=summary.pages_read,
        pages_total=summary.pages_total,
        dropped=summary.dropped,
        dropped_points=summary.dropped_points,
        fallback=summary.fallback,
        notes=summary.notes,
        calls=usage.calls,
        prompt_tokens=usage.prompt_tokens,
        answer_tokens=usage.answer_tokens,
        seconds=round(usage.seconds, 3),
        scores=score(document.text, summary),
    )
