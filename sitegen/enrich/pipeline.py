"""The pipeline: list → fetch → enrich → write. Bounded, concurrent, and resumable after ``kill -9`` at any instant."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable

from sitegen import files
from sitegen.briefs.store import Store
from sitegen.enrich.cache import FOLDER, SummaryCache
from sitegen.enrich.engines.base import Engine
from sitegen.enrich.journal import FILE_NAME, Journal
from sitegen.enrich.renewal import Renewal
from sitegen.enrich.report import Done, Progress, Report, Request, Result
from sitegen.enrich.worklist import Worklist
from sitegen.errors import (
    CloudModelRefused,
    ContentError,
    DocumentMissing,
    EngineBusy,
    EngineFailing,
    EngineRejected,
    EngineUnreachable,
    ModelMissing,
    SitegenError,
    SourceError,
    StorageError,
    Unexpected,
)
from sitegen.settings import Project
from sitegen.sources.base import Document, Source, Unreadable

_ENGINE_DOWN = (EngineUnreachable, ModelMissing, CloudModelRefused)
"""Errors that the next document would meet as well."""
_ENGINE_FAULTS = (EngineBusy, EngineFailing, EngineRejected)
"""Errors of the engine that may be a document's fault; not when one document after another meets them."""
_MOST_FAULTS = 3


async def pull(
    project: Project,
    source: Source,
    engine: Engine,
    request: Request,
    progress: Progress | None = None,
    clock: Callable[[], float] = time.time,
) -> Report:
    """Brings the briefs up to date with the source. Only one pull runs on a site at a time.

    Raises ``SourceError`` or ``EngineError`` when one of them cannot be used as a whole; everything done until then is
    kept. A document that fails by itself is in the report, and the others go on.
    """
    with files.lock(project.state / "pull.lock", "pull"), contextlib.ExitStack() as stack:
        store = Store.open(project.briefs)
        journal = Journal(project.state / FILE_NAME, clock=clock)
        stack.callback(journal.close)
        cache = SummaryCache(project.state / FOLDER)
        stack.callback(cache.close)
        renewal = Renewal(project, engine, store, journal, cache, request)
        worklist = Worklist(source, journal, store, request, renewal.fresh)
        allowed = project.settings.engine.attempts
        if not request.dry_run:
            journal.recover(allowed)
            files.sweep(project.briefs)
        run = _Run(worklist, renewal, journal, allowed, request, progress or Progress())
        return await run.go(max(1, engine.slots))


class _Run:
    """One pull: a lister and as many workers as the engine has slots."""

    def __init__(
        self,
        worklist: Worklist,
        renewal: Renewal,
        journal: Journal,
        attempts_allowed: int,
        request: Request,
        progress: Progress,
    ) -> None:
        self._worklist, self._renewal, self._journal = worklist, renewal, journal
        self._allowed, self._request, self._progress = attempts_allowed, request, progress
        self._report = Report(dry_run=request.dry_run)
        self._source_error: SourceError | None = None
        self._faults: list[tuple[str, bool]] = []
        """The documents of the last answers, when all of them were faults of the engine; and which of them count."""

    async def go(self, slots: int) -> Report:
        """Lists and enriches at the same time; the queue between the two is short, so memory stays flat."""
        started = time.monotonic()
        queue: asyncio.Queue[Document | None] = asyncio.Queue(maxsize=slots)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._list(queue, slots))
                for _ in range(slots):
                    group.create_task(self._work(queue))
        except* Exception as errors:
            raise _first(errors) from None
        finally:
            self._report.results.sort(key=lambda result: result.ref)
            self._report.skipped, self._report.gone = self._worklist.skipped, self._worklist.gone
            self._report.dead = len(self._journal.entries("dead"))
            self._report.seconds = time.monotonic() - started
        if self._source_error is not None:
            raise self._source_error
        return self._report

    async def _list(self, queue: asyncio.Queue[Document | None], slots: int) -> None:
        try:
            await self._list_documents(queue)
        except SourceError as error:
            self._source_error = error  # what was listed before is finished first: its engine time is paid for
        for _ in range(slots):
            await queue.put(None)

    async def _list_documents(self, queue: asyncio.Queue[Document | None]) -> None:
        left = self._request.limit
        async with contextlib.aclosing(self._worklist.documents()) as documents:
            async for found in documents:
                if left == 0:
                    return
                left = None if left is None else left - 1
                self._progress.total(self._expected())
                if isinstance(found, Unreadable):
                    self._unreadable(found)
                elif self._request.dry_run:
                    known = not self._worklist.is_new(found.ref)
                    self._result(Result(found.ref, found.title, "updated" if known else "created"))
                else:
                    await queue.put(found)

    def _expected(self) -> int | None:
        """How many documents will be worked on, as far as that is known: those skipped do not count."""
        total, limit = self._worklist.total, self._request.limit
        if total is None:
            return limit
        total = max(total - self._worklist.skipped, len(self._report.results) + 1)
        return total if limit is None else min(total, limit)

    async def _work(self, queue: asyncio.Queue[Document | None]) -> None:
        while (document := await queue.get()) is not None:
            await self._enrich(document)

    # ------------------------------------------------------------------------------------------------- one document

    async def _enrich(self, document: Document) -> None:
        """Brings one document's brief up to date; its own failure is recorded, that of the whole run is raised."""
        counted = self._journal.start(document.ref)
        try:
            result = await self._renewal.renew(document)
            if result.from_engine:
                self._faults.clear()
        except Exception as error:
            result = self._blame(document, error, counted)
        except BaseException:
            self._journal.release(document.ref, counted=counted)
            raise
        self._result(result)

    def _blame(self, document: Document, error: Exception, counted: bool) -> Result:
        """What an error means for its document. Raises it when the whole run cannot go on."""
        ref = document.ref
        if isinstance(error, StorageError) or error is self._renewal.engine_error:
            self._journal.release(ref, counted=counted)
            raise error
        if not isinstance(error, SitegenError):
            error = Unexpected(f"{type(error).__name__}: {error}")
        problem = error.problems[0]
        done: Done = "failed"
        if isinstance(problem, ContentError):  # its brief is broken, which is an editor's to mend
            self._journal.excuse(ref, problem.code, str(problem), counted=counted)
        else:
            done = self._failed(ref, problem.code, problem.message)
        self._engine_fault(error, ref, counted)
        if isinstance(error, _ENGINE_DOWN):
            # The engine may have gone down over this very document: the attempt stays counted, and it waits its turn.
            raise error
        return Result(ref, document.title, done, code=problem.code, reason=str(problem))

    def _engine_fault(self, error: Exception, ref: str, counted: bool) -> None:
        """Ends the run when document after document meets a fault of the engine: it is the engine's, not theirs."""
        if not isinstance(error, _ENGINE_FAULTS):
            self._faults.clear()
            return
        self._faults.append((ref, counted))
        if len(self._faults) >= _MOST_FAULTS:
            for blamed, was_counted in self._faults:
                self._journal.excuse(blamed, error.code, error.message, counted=was_counted)
            raise error

    def _unreadable(self, found: Unreadable) -> None:
        done: Done = "failed"
        if not self._request.dry_run and found.code != DocumentMissing.code:
            self._journal.start(found.ref)
            done = self._failed(found.ref, found.code, found.reason)
        self._result(Result(found.ref, found.title, done, code=found.code, reason=found.reason))

    def _failed(self, ref: str, code: str, reason: str) -> Done:
        return "dead" if self._journal.fail(ref, code, reason, attempts_allowed=self._allowed) == "dead" else "failed"

    def _result(self, result: Result) -> None:
        self._report.results.append(result)
        self._progress.result(result)


def _first(errors: BaseExceptionGroup[Exception]) -> BaseException:
    """The error to report for the run; several workers often meet the same one."""
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
