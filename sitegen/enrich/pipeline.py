"""The pipeline: list → fetch → enrich → write. Bounded, concurrent, and resumable after ``kill -9`` at any instant."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
import time
from collections.abc import AsyncIterator

from sitegen import files
from sitegen.briefs.model import Generated, generate, with_metadata
from sitegen.briefs.provenance import Made
from sitegen.briefs.store import Outcome, Store
from sitegen.enrich.cache import FOLDER, SummaryCache, cache_key
from sitegen.enrich.engines.base import Engine, Identity
from sitegen.enrich.journal import FILE_NAME, Entry, Journal
from sitegen.enrich.report import Done, Progress, Report, Request, Result
from sitegen.enrich.summary import Summary
from sitegen.errors import (
    CloudModelRefused,
    DocumentMissing,
    EngineUnreachable,
    ModelMissing,
    SitegenError,
    SourceError,
    StorageError,
)
from sitegen.settings import Project
from sitegen.sources.base import Document, Source, Unreadable

_ENGINE_DOWN = (EngineUnreachable, ModelMissing, CloudModelRefused)
"""Errors that the next document would meet as well: the run ends, and no document is blamed."""


async def pull(
    project: Project,
    source: Source,
    engine: Engine,
    request: Request,
    progress: Progress | None = None,
) -> Report:
    """Brings the briefs up to date with the source. Only one pull runs on a site at a time.

    Raises ``SourceError`` or ``EngineError`` when one of them cannot be used as a whole; everything done until then is
    kept. A document that fails by itself is in the report, and the others go on.
    """
    with files.lock(project.state / "pull.lock", "pull"):
        run = Run(project, source, engine, request, progress or Progress())
        try:
            return await run.go()
        finally:
            run.close()


class Run:
    """One pull: its state, and the steps it is made of."""

    def __init__(self, project: Project, source: Source, engine: Engine, request: Request, progress: Progress) -> None:
        self.project, self.source, self.engine = project, source, engine
        self.request, self.progress = request, progress
        self.report = Report(dry_run=request.dry_run)
        self.store = Store.open(project.briefs)
        self.journal = Journal(project.state / FILE_NAME)
        self.cache = SummaryCache(project.state / FOLDER)
        self._identity: Identity | None = None
        self._source_error: SourceError | None = None

    async def go(self) -> Report:
        started = time.monotonic()
        if not self.request.dry_run:
            self.journal.recover()
            files.sweep(self.project.briefs)
        try:
            await self._work()
        finally:
            self.report.results.sort(key=lambda result: result.ref)
            self.report.seconds = time.monotonic() - started
        return self.report

    async def identity(self) -> Identity:
        """Who summarises; asked for only when a document needs it, so that a quiet day needs no engine."""
        if self._identity is None:
            self._identity = await self.engine.identity()
        return self._identity

    def close(self) -> None:
        self.cache.close()
        self.journal.close()

    # ------------------------------------------------------------------------------------------------------- stages

    async def _work(self) -> None:
        """Lists and enriches at the same time; the queue between the two is short, so memory stays flat."""
        slots = max(1, self.engine.slots)
        queue: asyncio.Queue[Document | None] = asyncio.Queue(maxsize=slots)

        async def worker() -> None:
            while (document := await queue.get()) is not None:
                await self._enrich(document)

        async def lister() -> None:
            try:
                async for document in self._todo():
                    await queue.put(document)
            except SourceError as error:
                self._source_error = error  # what was listed before is finished first: its engine time is paid for
            for _ in range(slots):
                await queue.put(None)

        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(lister())
                for _ in range(slots):
                    group.create_task(worker())
        except* Exception as errors:
            raise _first(errors) from None
        if self._source_error is not None:
            raise self._source_error

    async def _todo(self) -> AsyncIterator[Document]:
        """The documents that need work, each noted in the journal before it is handed on."""
        listing = self._named(self.request.documents) if self.request.documents else self._listed()
        left = self.request.limit
        async for found in listing:
            if left == 0:
                break
            document = await self._needs_work(found)
            if document is None:
                continue
            left = None if left is None else left - 1
            if self.request.dry_run:
                self._result(Result(document.ref, document.title, self._expected(document)))
            else:
                yield document

    async def _named(self, refs: tuple[str, ...]) -> AsyncIterator[Document | Unreadable]:
        self.progress.total(len(refs))
        for ref in refs:
            wanted = self._ref(ref)
            try:
                yield await self.source.document(wanted)
            except SourceError as error:
                if error.code not in ("SG211", "SG212"):
                    raise
                yield Unreadable(wanted, wanted, error.code, error.message)

    def _ref(self, name: str) -> str:
        """A document by its ref, by its number or path in the source, or by its brief."""
        if name.startswith(f"{self.source.kind}:"):
            return name
        with contextlib.suppress(SitegenError):
            if found := self.store.find(name).matter.source:
                return found
        return f"{self.source.kind}:{name}"

    async def _listed(self) -> AsyncIterator[Document | Unreadable]:
        """What the source says has changed, then what an earlier run left unfinished."""
        name = self.source.kind
        cursor = None if self.request.refresh or self.request.since else self.journal.cursor(name)
        waiting = {entry.ref: entry for entry in self.journal.waiting()}
        changes = await self.source.changes(cursor, since=self.request.since)
        self.progress.total(None if changes.total is None else changes.total)
        seen: set[str] = set()
        async for found in changes.documents:
            seen.add(found.ref)
            yield found
        if not self.request.partial:
            await self._find_gone(seen if changes.complete else None)
            self.journal.save_cursor(name, changes.cursor)
        if self.request.since is None:
            left = [entry for ref, entry in waiting.items() if ref not in seen and ref.startswith(f"{name}:")]
            async for document in self._fetch_again(left):
                yield document

    async def _fetch_again(self, entries: list[Entry]) -> AsyncIterator[Document | Unreadable]:
        for entry in entries:
            try:
                yield await self.source.document(entry.ref)
            except DocumentMissing:
                continue  # deleted meanwhile: flagged as gone, nothing to do
            except SourceError as error:
                if error.code != "SG211":
                    raise
                yield Unreadable(entry.ref, entry.title, error.code, error.message)

    async def _find_gone(self, seen: set[str] | None) -> None:
        present = frozenset(seen) if seen is not None else await self.source.refs()
        self.report.gone = self.journal.mark_gone(present, f"{self.source.kind}:")

    async def _needs_work(self, found: Document | Unreadable) -> Document | None:
        """The document when there is something to do for it; the journal knows of it before this returns."""
        fingerprint = _fingerprint(found)
        entry = self.journal.entry(found.ref)
        known = entry is not None and entry.fingerprint == fingerprint
        if entry is not None and known and not self.request.refresh and not self.request.documents:
            finished = entry.state in ("done", "empty", "dead")
            if finished:
                self.report.skipped += 1
                return None
        elif not self.request.dry_run:
            self.journal.discover(found.ref, found.title, fingerprint)
        if isinstance(found, Unreadable):
            self._unreadable(found)
            return None
        return found

    def _unreadable(self, found: Unreadable) -> None:
        done: Done = "failed"
        if not self.request.dry_run:
            self.journal.start(found.ref)
            done = self._failed(found.ref, found.code, found.reason)
        self._result(Result(found.ref, found.title, done, code=found.code, reason=found.reason))

    # ------------------------------------------------------------------------------------------------- one document

    async def _enrich(self, document: Document) -> None:
        """Brings one document's brief up to date; its own failure is recorded, that of the whole run is raised."""
        self.journal.start(document.ref)
        try:
            result = await self._brief(document)
        except (StorageError, *_ENGINE_DOWN):
            self.journal.release(document.ref)
            raise
        except SitegenError as error:
            done = self._failed(document.ref, error.code, error.message)
            result = Result(document.ref, document.title, done, code=error.code, reason=error.message)
        except BaseException:
            self.journal.release(document.ref)
            raise
        self._result(result)

    def _failed(self, ref: str, code: str, reason: str) -> Done:
        allowed = self.project.settings.engine.attempts
        return "dead" if self.journal.fail(ref, code, reason, attempts_allowed=allowed) == "dead" else "failed"

    async def _brief(self, document: Document) -> Result:
        from sitegen.enrich.engines.extractive import is_empty

        fingerprint = _fingerprint(document)
        if is_empty(document.text):
            self.journal.finish(document.ref, "empty", fingerprint)
            return Result(document.ref, document.title, "empty", reason="it has no text")
        self.store.check(document.ref)
        identity = await self.identity()
        key = cache_key(document.text_hash, document.language, identity)
        kept = self._kept(document, key)
        asked = False
        if kept is not None:
            generated, made = kept
        else:
            summary, asked = await self._summary(document, key, identity)
            made = _made(document, summary, key, identity)
            generated = self._generate(document, summary)
        outcome: Outcome = self.store.save(document.ref, generated, made)
        self.journal.finish(document.ref, "done", fingerprint, key)
        brief = self.store.by_source(document.ref)
        return Result(document.ref, document.title, outcome, brief.path if brief else None, asked)

    def _kept(self, document: Document, key: str) -> tuple[Generated, Made] | None:
        """The text there is, with new metadata, when the document's own text is the one it was made from.

        The record in git is enough for this: a fresh clone, without cache or journal, makes no engine call.
        """
        record = self.store.record(document.ref)
        if record is None or record.generated is None or record.made is None:
            return None
        text, made = record.generated, record.made
        if record.proposal is not None:
            text, made = record.proposal.text, record.proposal.made
        if made.text_hash != document.text_hash or (self.request.refresh and made.cache_key != key):
            return None
        return with_metadata(text.generated(), document), made

    async def _summary(self, document: Document, key: str, identity: Identity) -> tuple[Summary, bool]:
        """From the cache, else from the engine; whether the engine was asked."""
        cached = self.cache.get(key)
        if cached is not None:
            return cached, False
        summary = await self.engine.summarize(document)
        self.cache.put(key, summary, identity)
        return summary, True

    def _generate(self, document: Document, summary: Summary) -> Generated:
        record, brief = self.store.record(document.ref), self.store.by_source(document.ref)
        status: str = self.project.settings.briefs.initial_status
        title = summary.title if summary.method == "summary" else document.title
        slug = self.store.slug_for(document.ref, title, summary.language)
        # Once it exists, address and status of a brief are the editor's; a setting changed later must not publish it.
        if record is not None and record.generated is not None:
            slug, status = record.generated.fields["slug"], record.generated.fields["status"]
        elif brief is not None:
            status = brief.matter.status
        return generate(document, summary, slug=slug, status=status)

    def _expected(self, document: Document) -> Done:
        """What a dry run says would be done."""
        return "updated" if self.store.by_source(document.ref) else "created"

    def _result(self, result: Result) -> None:
        self.report.results.append(result)
        self.progress.result(result)


def _fingerprint(found: Document | Unreadable) -> str:
    """Of everything in a document that its brief depends on."""
    if isinstance(found, Unreadable):
        return files.sha256(f"{found.code} {found.reason}")
    created = found.created.isoformat() if found.created else None
    parts = [
        found.text_hash, found.title, created, found.tags, found.correspondent, found.document_type, found.language,
        found.page_count,
    ]  # fmt: skip
    return files.sha256(json.dumps(parts, ensure_ascii=True))


def _made(document: Document, summary: Summary, key: str, identity: Identity) -> Made:
    usage = summary.usage
    return Made(
        method=summary.method,
        engine=identity.engine,
        model=identity.model,
        digest=identity.digest,
        server=identity.server,
        prompt=identity.prompt,
        at=dt.datetime.now(dt.UTC).replace(microsecond=0),
        text_hash=document.text_hash,
        cache_key=key,
        pages_read=summary.pages_read,
        pages_total=summary.pages_total,
        dropped=summary.dropped,
        notes=summary.notes,
        calls=usage.calls,
        prompt_tokens=usage.prompt_tokens,
        answer_tokens=usage.answer_tokens,
        seconds=round(usage.seconds, 3),
    )


def _first(errors: BaseExceptionGroup[Exception]) -> BaseException:
    """The error to report for the run; several workers often meet the same one."""
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
