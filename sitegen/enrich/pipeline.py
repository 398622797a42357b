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
from dataclasses import replace

from sitegen import files
from sitegen.enrich.blame import Blame
from sitegen.enrich.budget import Budget, Rate
from sitegen.enrich.cache import FOLDER, SummaryCache
from sitegen.enrich.desk import Desk, quick_turns
from sitegen.enrich.engines.base import Deferring, Engine
from sitegen.enrich.estimate import Estimate, Experience
from sitegen.enrich.journal import ASKED, FILE_NAME, LEASE, Journal
from sitegen.enrich.outage import Outage, StandIns
from sitegen.enrich.renewal import Renewal, Work
from sitegen.enrich.report import Progress, Report, Request, Result, Status
from sitegen.enrich.trails import Trails
from sitegen.enrich.worklist import Worklist, fingerprint
from sitegen.errors import EngineUnreachable, SitegenError, SourceError, StorageError
from sitegen.settings import Project
from sitegen.sources.base import Document, Source, Unreadable


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
    kept. A document that fails by itself is in the report, and the others go on. An engine that cannot be reached is in
    the report too, unless ``engine.when_down`` says to stop.
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
        stack.enter_context(quick_turns())
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
        self._desk, self._journal, self._cache = Desk(), journal, cache
        self._renewal = Renewal(project, engine, journal, cache, request, self._desk)
        self._worklist = Worklist(source, journal, self._renewal, request, self._desk)
        self._engine, self._settings = engine, project.settings
        self._request, self._progress = request, progress
        self._budget = Budget(request, project.settings.pull)
        self._done_rate, self._token_rate = Rate(), Rate()
        self._report = Report(dry_run=request.dry_run)
        self._experience = Experience(project.briefs)
        self._estimate = Estimate(slots=max(1, engine.slots))
        self._source_error: SourceError | None = None
        self._ending: Exception | None = None
        """Why the run cannot go on; what others have in hand is paid for, and is finished first."""
        self._in_hand: dict[str, bool] = {}
        """Documents that are worked on, and whether that counts as an attempt. Changed at the desk."""
        self._blame = Blame(journal, project.settings.engine.attempts)
        self._outage, self._stand_ins = Outage(), StandIns()
        self._trails = Trails()
        self._deferred = isinstance(engine, Deferring) and engine.defers
        if self._deferred:
            assert isinstance(engine, Deferring)
            engine.count_with(self)

    async def go(self, slots: int) -> Report:
        """Lists, enriches and writes at the same time."""
        todo: asyncio.Queue[Document | None] = asyncio.Queue(slots)
        made: asyncio.Queue[Work | None] = asyncio.Queue(slots)
        try:
            async with asyncio.TaskGroup() as group:
                living = [group.create_task(self._beat()), group.create_task(self._tell())]
                listing = group.create_task(self._list(todo, slots))
                workers = [group.create_task(self._work(todo, made)) for _ in range(slots)]
                writing = group.create_task(self._write(made))
                await asyncio.wait([listing, *workers])
                await made.put(None)
                await asyncio.wait([writing])
                for task in living:
                    task.cancel()
        except* Exception as errors:
            raise _first(errors) from None
        finally:
            self._desk.close(self._cache.leave)
            self._put_down(made)
            self._trails.close()
            self._sum_up()
        if (error := self._ending or self._source_error) is not None:
            raise error
        return self._report

    def _sum_up(self) -> None:
        report = self._report
        report.skipped, report.gone = self._worklist.skipped, self._worklist.gone
        report.withdrawn = self._worklist.withdrawn
        # One that has come back is no matter any more, unless somebody still waits for it.
        report.engine_error = self._outage.last if report.provisional or report.count("waiting") else self._outage.why
        report.dead = self._journal.count("dead")
        report.seconds = self._budget.seconds
        report.endpoints = self._engine.stats
        report.estimate = self._estimate if report.dry_run else None
        if report.ended_by:
            report.left = self._journal.count("pending") + self._worklist.unlisted

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
        except EngineUnreachable as error:
            if self._settings.engine.when_down == "stop":
                raise
            self._outage.met(error)
        for _ in range(slots):
            await todo.put(None)

    async def _list_documents(self, todo: asyncio.Queue[Document | None]) -> None:
        async with contextlib.aclosing(self._worklist.documents()) as documents:
            async for found in documents:
                self._report.ended_by = self._over() or ("" if self._budget.take() else "documents")
                if self._report.ended_by or self._ending:
                    return
                self._progress.total(self._expected())
                if isinstance(found, Unreadable):
                    self._result(await self._desk(self._blame.unreadable, found, dry_run=self._request.dry_run))
                elif self._request.dry_run:
                    self._result(await self._would(found))
                else:
                    self._trails.listed(found.ref)
                    await todo.put(found)

    async def _work(self, todo: asyncio.Queue[Document | None], made: asyncio.Queue[Work | None]) -> None:
        while (document := await todo.get()) is not None:
            if self._ending:
                continue  # the journal has it, and the next run
            if over := self._over():
                self._report.ended_by = over
                continue
            self._trails.begun(document.ref)
            try:
                work = await self._desk(self._begin, document)
                if isinstance(work, Result):
                    self._result(work)
                elif work is not None:
                    with self._trails.inside(document.ref):
                        await self._make(work)
                    await made.put(work)
            except Exception as error:  # one document's failure is its own, whatever it is
                try:
                    self._result(await self._desk(self._failed, document, error))
                except Exception as end:
                    self._ending = self._ending or end

    async def _make(self, work: Work) -> None:
        """With the engine; without it when it cannot be reached, which is not found out again for each document."""
        with self._outage.may_try() as may:
            if may:
                try:
                    await self._renewal.make(work)
                    if work.asked:
                        self._blame.engine_is_well()
                        await self._engine_is_back()
                    return
                except EngineUnreachable as error:
                    if self._settings.engine.when_down == "stop":
                        raise
                    # The engine may have gone down over this very document, but not over all that it had in hand.
                    work.blamed = self._outage.met(error) and error is not self._renewal.engine_error
                    work.spent = sum(error.spent[:2])
                    work.counted = self._in_hand.get(work.document.ref, work.counted)
        assert self._outage.last is not None
        await self._renewal.make_without(work, self._outage.last)

    async def _engine_is_back(self) -> None:
        """If it was away, those that had to do without it have their turn again before the run ends."""
        if self._outage.over():
            await self._desk(self._journal.hand_back)

    async def _write(self, made: asyncio.Queue[Work | None]) -> None:
        while (work := await made.get()) is not None:
            try:
                self._result(await self._desk(self._finish, work))
            except Exception as error:
                self._result(await self._desk(self._failed, work.document, error, work.tokens))

    # ----------------------------------------------------------------------------------- one document, at the desk

    def _begin(self, document: Document) -> Work | Result | None:
        """None when another run has the document."""
        self._trails.found(self._journal.entry(document.ref), self._journal.clock())
        counted = False if self._deferred else self._journal.start(document.ref)
        if counted is None:
            return None
        self._in_hand[document.ref] = counted
        work = self._renewal.begin(document, fingerprint(document), counted=counted)
        if isinstance(work, Result):
            del self._in_hand[document.ref]
        return work

    def _finish(self, work: Work) -> Result:
        result = self._renewal.finish(work)
        del self._in_hand[work.document.ref]
        if result.stands_in and self._outage.why is None:  # the engine came back while this was on its way
            self._journal.hand_back()
        return result

    # ------------------------------------------------------------------------- attempts, for an engine that begins them

    async def begin(self, ref: str, *, again: bool) -> bool:
        """See ``Attempts``."""
        return await self._desk(self._attempt, ref, again=again)

    def _attempt(self, ref: str, *, again: bool) -> bool:
        if ref not in self._in_hand:
            return False
        if again:
            counted: bool | None = self._journal.start_again(ref, self._settings.engine.attempts) or None
        else:
            counted = self._journal.start(ref)
        if counted is not None:
            self._in_hand[ref] = counted
        return counted is not None

    async def take_back(self, ref: str) -> None:
        """See ``Attempts``."""
        await self._desk(self._untried, ref)

    def _untried(self, ref: str) -> None:
        if ref in self._in_hand:
            self._journal.release(ref, counted=self._in_hand[ref])
            self._in_hand[ref] = False

    async def urgent(self, ref: str) -> bool:
        """See ``Attempts``."""
        entry = await self._desk(self._journal.entry, ref)
        return bool(self._request.documents) or (entry is not None and entry.priority == ASKED)

    async def _would(self, document: Document) -> Result:
        """What a dry run says of a document. The journal is a copy, so that nothing is done."""
        work = await self._desk(self._begin, document)
        if not isinstance(work, Work):
            return work or Result(document.ref, document.title, "waiting")
        asks = await self._renewal.needs_engine(work)
        if asks:
            self._estimate.add(await self._desk(self._experience.cost, document, self._renewal.known_identity))
        known = await self._desk(self._renewal.unknown, document.ref)
        return Result(document.ref, document.title, "created" if known else "updated", from_engine=asks)

    def _failed(self, document: Document, error: Exception, tokens: int = 0) -> Result:
        """What an error means for its document, whose summary has cost so much. Raises it when the whole run cannot go
        on."""
        if isinstance(error, StorageError) or error is self._renewal.engine_error:
            raise error
        result = self._blame.document(document, error, counted=self._in_hand.pop(document.ref, False))
        return replace(result, tokens=result.tokens + tokens) if tokens else result

    # ----------------------------------------------------------------------------------------------------- telling

    def _expected(self) -> int | None:
        """How many documents will be worked on, as far as that is known: those skipped do not count."""
        total, limit = self._worklist.total, self._budget.documents
        if total is None:
            return limit
        total = max(total - self._worklist.skipped, self._report.total + 1)
        return total if limit is None else min(total, limit)

    def _over(self) -> str:
        return self._budget.over(self._report.tokens)

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(1)
            self._progress.status(self._status())

    def _status(self) -> Status:
        seconds, report, endpoints = self._budget.seconds, self._report, self._engine.stats
        tokens = sum(one.prompt_tokens + one.answer_tokens for one in endpoints) or report.tokens
        return Status(
            report.total,
            self._expected(),
            report.count("failed", "dead"),
            60 * self._done_rate.per_second(seconds, report.total),
            self._token_rate.per_second(seconds, tokens),
            endpoints,
        )

    def _result(self, result: Result) -> None:
        self._trails.ended(result)
        result = self._stand_ins.add(self._report, result)
        self._progress.result(result)


def _first(errors: BaseExceptionGroup[Exception]) -> BaseException:
    """The error to report for the run; several workers often meet the same one."""
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
