"""The pipeline: list → fetch → enrich → write. Bounded, concurrent, and resumable after ``kill -9`` at any instant.

Listing runs ahead of the engine by a bounded number of documents, and writing behind it, so that no slot of the engine
waits for either; queues between them are short, so that memory does not grow with the number of documents. Files and
databases are the desk's.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable

from sitegen import files
from sitegen.enrich.cache import FOLDER, SummaryCache
from sitegen.enrich.desk import Desk
from sitegen.enrich.engines.base import Engine
from sitegen.enrich.journal import FILE_NAME, LEASE, Journal
from sitegen.enrich.renewal import Renewal, Work
from sitegen.enrich.report import Done, Progress, Report, Request, Result
from sitegen.enrich.worklist import Worklist, fingerprint
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
        journal = Journal(project.state / FILE_NAME, clock=clock)
        stack.callback(journal.close)
        cache = SummaryCache(project.state / FOLDER)
        stack.callback(cache.close)
        if request.dry_run:
            journal = journal.copy()
            stack.callback(journal.close)
        else:
            journal.recover(project.settings.engine.attempts)
            files.sweep(project.briefs)
        run = _Run(project, source, engine, journal, cache, request, progress or Progress())
        return await run.go(max(1, engine.slots))


class _Run:
    """One pull: a lister, as many workers as the engine can have documents in hand, and a writer."""

    def __init__(
        self,
        project: Project,
        source: Source,
        engine: Engine,
        journal: Journal,
        cache: SummaryCache,
        request: Request,
        progress: Progress,
    ) -> None:
        self._desk, self._journal = Desk(), journal
        self._renewal = Renewal(project, engine, journal, cache, request, self._desk)
        self._worklist = Worklist(source, journal, self._renewal, request, self._desk)
        self._allowed, self._request, self._progress = project.settings.engine.attempts, request, progress
        self._report = Report(dry_run=request.dry_run)
        self._source_error: SourceError | None = None
        self._in_hand: dict[str, bool] = {}
        """Documents that are worked on, and whether that counts as an attempt. Changed at the desk."""
        self._faults: list[tuple[str, bool]] = []
        """The documents of the last answers, when all of them were faults of the engine; and which of them count."""

    async def go(self, slots: int) -> Report:
        """Lists, enriches and writes at the same time."""
        started = time.monotonic()
        todo: asyncio.Queue[Document | None] = asyncio.Queue(slots)
        made: asyncio.Queue[Work | None] = asyncio.Queue(slots)
        try:
            async with asyncio.TaskGroup() as group:
                beating = group.create_task(self._beat())
                listing = group.create_task(self._list(todo, slots))
                workers = [group.create_task(self._work(todo, made)) for _ in range(slots)]
                writing = group.create_task(self._write(made))
                await asyncio.wait([listing, *workers])
                await made.put(None)
                await asyncio.wait([writing])
                beating.cancel()
        except* Exception as errors:
            raise _first(errors) from None
        finally:
            self._desk.close()
            self._put_down(made)
            self._report.skipped, self._report.gone = self._worklist.skipped, self._worklist.gone
            self._report.dead = self._journal.count("dead")
            self._report.seconds = time.monotonic() - started
        if self._source_error is not None:
            raise self._source_error
        return self._report

    def _put_down(self, made: asyncio.Queue[Work | None]) -> None:
        """What a run that is ended early has in hand: what was paid for is written, the rest is given back untried."""
        while not made.empty():
            if (work := made.get_nowait()) is not None:
                with contextlib.suppress(SitegenError):
                    self._report.add(self._finish(work))
        for ref, counted in self._in_hand.items():
            with contextlib.suppress(StorageError):
                self._journal.release(ref, counted=counted)

    async def _beat(self) -> None:
        """Keeps the documents in hand this run's own."""
        while True:
            await asyncio.sleep(LEASE / 4)
            await self._desk(self._journal.beat)

    # ---------------------------------------------------------------------------------------------------------- stages

    async def _list(self, todo: asyncio.Queue[Document | None], slots: int) -> None:
        try:
            await self._list_documents(todo)
        except SourceError as error:
            self._source_error = error  # what was listed before is finished first: its engine time is paid for
        for _ in range(slots):
            await todo.put(None)

    async def _list_documents(self, todo: asyncio.Queue[Document | None]) -> None:
        left = self._request.limit
        async with contextlib.aclosing(self._worklist.documents()) as documents:
            async for found in documents:
                if left == 0:
                    return
                left = None if left is None else left - 1
                self._progress.total(self._expected())
                if isinstance(found, Unreadable):
                    self._result(await self._desk(self._unreadable, found))
                elif self._request.dry_run:
                    self._result(await self._desk(self._would, found))
                else:
                    await todo.put(found)

    async def _work(self, todo: asyncio.Queue[Document | None], made: asyncio.Queue[Work | None]) -> None:
        while (document := await todo.get()) is not None:
            try:
                work = await self._desk(self._begin, document)
                if isinstance(work, Result):
                    self._result(work)
                elif work is not None:
                    await self._renewal.make(work)
                    if work.asked:
                        self._faults.clear()
                    await made.put(work)
            except Exception as error:  # one document's failure is its own, whatever it is
                self._result(await self._desk(self._blame, document, error))

    async def _write(self, made: asyncio.Queue[Work | None]) -> None:
        while (work := await made.get()) is not None:
            try:
                self._result(await self._desk(self._finish, work))
            except Exception as error:
                self._result(await self._desk(self._blame, work.document, error))

    # ----------------------------------------------------------------------------------- one document, at the desk

    def _begin(self, document: Document) -> Work | Result | None:
        """None when another run has the document."""
        counted = self._journal.start(document.ref)
        if counted is None:
            return None
        self._in_hand[document.ref] = counted
        work = self._renewal.begin(document, fingerprint(document))
        if isinstance(work, Result):
            del self._in_hand[document.ref]
        return work

    def _finish(self, work: Work) -> Result:
        result = self._renewal.finish(work)
        del self._in_hand[work.document.ref]
        return result

    def _would(self, document: Document) -> Result:
        known = self._renewal.store.path_of(document.ref) is not None
        return Result(document.ref, document.title, "updated" if known else "created")

    def _blame(self, document: Document, error: Exception) -> Result:
        """What an error means for its document. Raises it when the whole run cannot go on."""
        ref = document.ref
        if isinstance(error, StorageError) or error is self._renewal.engine_error:
            raise error
        counted = self._in_hand.pop(ref, False)
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

    def _unreadable(self, found: Unreadable) -> Result:
        done: Done = "failed"
        if not self._request.dry_run and found.code != DocumentMissing.code:
            self._journal.start(found.ref)
            done = self._failed(found.ref, found.code, found.reason)
        return Result(found.ref, found.title, done, code=found.code, reason=found.reason)

    def _failed(self, ref: str, code: str, reason: str) -> Done:
        return "dead" if self._journal.fail(ref, code, reason, attempts_allowed=self._allowed) == "dead" else "failed"

    # ----------------------------------------------------------------------------------------------------- telling

    def _expected(self) -> int | None:
        """How many documents will be worked on, as far as that is known: those skipped do not count."""
        total, limit = self._worklist.total, self._request.limit
        if total is None:
            return limit
        total = max(total - self._worklist.skipped, self._report.total + 1)
        return total if limit is None else min(total, limit)

    def _result(self, result: Result) -> None:
        self._report.add(result)
        self._progress.result(result)


def _first(errors: BaseExceptionGroup[Exception]) -> BaseException:
    """The error to report for the run; several workers often meet the same one."""
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
