"""A worker: takes jobs from the broker, asks before it begins, and lays summaries into the store of results.

It does what its own settings say: an engine, an endpoint or a prompt never comes with a message. When what a
coordinator wants is something else, it takes no work and says why.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import threading
import time
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import dramatiq
import redis.asyncio

from sitegen import files, spans
from sitegen.enrich.engines import open_here, servers_of
from sitegen.enrich.engines.base import Engine
from sitegen.enrich.summarize import ModelSummarizer
from sitegen.enrich.summary import Summary
from sitegen.enrich.vocabulary import Vocabulary
from sitegen.errors import (
    DocumentMissing,
    DocumentUnreadable,
    EngineError,
    EngineUnreachable,
    MessageRefused,
    SitegenError,
    SourceAnswerInvalid,
    Unexpected,
)
from sitegen.fleet.broker import ACTOR, TROUBLES, Link, link_of
from sitegen.fleet.dispatch import new_id
from sitegen.fleet.messages import Claim, Grant, Job, Made, Offer, Outcome, Parcel, Queue, Standing, Wanted, differences
from sitegen.fleet.pages import WorkerMetrics, pages
from sitegen.fleet.roster import BEAT_SECONDS
from sitegen.fleet.seal import Seal, seal_of
from sitegen.fleet.told import Notes
from sitegen.privacy.network import is_local
from sitegen.settings import Project
from sitegen.sources.base import Document, Source

CLAIM_SECONDS, CLAIMS = 5.0, 6
"""A claim that nobody answers is made again so often; then the job is left to its coordinator, which notices."""
IDLE_MS = 200
"""A slot that has become free looks for its next job after so long at most."""
LOOK_SECONDS = 30.0
"""Between two looks at the engine."""
AGAIN_SECONDS = 3.0
"""After a look at an engine that is down; twice as long each time that a job finds it so."""
LONGEST_REST = 60.0
UNREAD_SECONDS = 3600
STOP_SECONDS = 3600.0
"""That jobs in hand get when the worker is to end; a supervisor's own limit is shorter."""
_OF_ONE_DOCUMENT = (DocumentUnreadable, DocumentMissing, SourceAnswerInvalid)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """What the command line says beyond the settings."""

    queues: tuple[Queue, ...] = ("urgent", "bulk")
    slots: int | None = None
    host: str | None = None
    port: int | None = None


class Worker:
    """One worker, on its own event loop; Dramatiq's threads hand jobs to it."""

    def __init__(
        self,
        project: Project,
        options: WorkerOptions,
        log: logging.Logger,
        engine: Engine | None = None,
    ) -> None:
        self._project, self._options, self._log = project, options, log
        self._seal: Seal = seal_of(project)
        self._link: Link = link_of(project)
        self._engine = engine or open_here(project)
        self.slots = options.slots or self._engine.slots
        servers = servers_of(project)
        local = project.settings.privacy.local_hosts
        self._beyond = tuple(one.url for one in servers.endpoints if not is_local(one.url, local)) if servers else ()
        self.id = new_id()
        self.name = f"{socket.gethostname()}, process {os.getpid()}"
        self.metrics = WorkerMetrics()
        self.metrics.slots.set(self.slots)
        self._redis: redis.asyncio.Redis = self._link.async_client(8 + 2 * len(options.queues) * self.slots)
        self._source: Source | None = None
        self._offer: Offer | None = None
        self._trouble = "it has not looked at its engine yet"
        self._why_not = "no coordinator is there"
        self._run = ""
        """The coordinator that is there."""
        self._busy: dict[str, int] = {}
        self._beats = 0
        self._done = self._failed = self._mishaps = 0
        self._workers: list[dramatiq.Worker] = []
        self._stop, self._look, self._changed = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._set_rates()

    def _set_rates(self) -> None:
        """The share of what all workers together may ask."""
        fleet = self._project.settings.fleet
        if (fleet.per_minute or fleet.at_once) and isinstance(self._engine, ModelSummarizer):
            from sitegen.enrich.engines.server import ServerEngine
            from sitegen.fleet.rates import Places, Rates, turns

            if isinstance(self._engine.chat, ServerEngine):
                places = Places(self._link, self._redis, fleet.at_once) if fleet.at_once else None
                rates = Rates(self._link, self._redis, fleet.per_minute) if fleet.per_minute else None
                self._engine.chat.turn = turns(places, rates)

    async def run(self) -> None:
        """Works until ``stop``; what is in hand then is finished first. Raises ``PortTaken``."""
        self._loop = asyncio.get_running_loop()
        fleet = self._project.settings.fleet
        host = self._options.host or fleet.host
        port = fleet.port if self._options.port is None else self._options.port
        with pages(host, port, self.metrics, lambda: self._why_not) as listens:
            queues = ",".join(self._options.queues)
            self._log.info("working", extra={"queues": queues, "slots": self.slots, "listens": f"{host}:{listens}"})
            tasks = [asyncio.create_task(self._mind_engine()), asyncio.create_task(self._beat())]
            stopping = asyncio.create_task(self._stop.wait())
            try:
                done, _ = await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
                await asyncio.to_thread(self._retire)
                for task in done - {stopping}:
                    task.result()
            finally:
                for task in (*tasks, stopping):
                    task.cancel()
                await asyncio.gather(*tasks, stopping, return_exceptions=True)
                await self._leave()
                self._log.info("stopped", extra={"done": self._done, "failed": self._failed})

    def stop(self) -> None:
        """Ends ``run`` when the jobs in hand are done."""
        self._stop.set()

    def _retire(self) -> None:
        for worker in self._workers:
            for consumer in self._consumers(worker):
                consumer.pause()
        stops = [threading.Thread(target=one.stop, args=(int(STOP_SECONDS * 1000),)) for one in self._workers]
        for stop in stops:
            stop.start()
        for stop in stops:
            stop.join()
        for worker in self._workers:
            worker.broker.client.close()  # type: ignore[attr-defined]  # Redis has one

    @staticmethod
    def _consumers(worker: dramatiq.Worker) -> list[Any]:
        """Those that fetch jobs. The one for delayed messages, of which there are none, is left to go on: it gives
        Dramatiq's own signs of life."""
        return [consumer for name, consumer in worker.consumers.items() if not name.endswith(".DQ")]

    async def _leave(self) -> None:
        with contextlib.suppress(*TROUBLES):
            await self._redis.hdel(self._link.key("workers"), self.id)
        await self._redis.aclose()
        await self._engine.aclose()
        if self._source is not None:
            await self._source.aclose()

    # ------------------------------------------------------------------------------------------------ whether it fits

    async def _mind_engine(self) -> None:
        """Looks at the engine now and then, and soon after it failed."""
        while True:
            self._look.clear()
            await asyncio.sleep(min(AGAIN_SECONDS * (2**self._mishaps - 1), LONGEST_REST))
            try:
                identity = await self._engine.identity()
                news = self._offer is None
                self._offer, self._trouble = Offer(identity=identity, beyond=self._beyond), ""
                if news:
                    self._changed.set()
            except EngineError as error:
                if self._offer is not None:
                    self._log.warning("engine", extra={"code": error.code, "said": error.message[:200]})
                self._offer, self._trouble = None, str(error)[:1000]
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(AGAIN_SECONDS if self._offer is None else LOOK_SECONDS):
                    await self._look.wait()

    async def _beat(self) -> None:
        """Gives signs of life, and takes work while it fits what is wanted."""
        there = True
        while True:
            try:
                sealed = await self._redis.get(self._link.key("wanted"))
                self._judge(sealed)
                await self._redis.hset(self._link.key("workers"), self.id, self._seal.close(self._standing()))
                if not there:
                    self._log.info("broker", extra={"said": "back"})
                there = True
            except TROUBLES as error:
                if there:
                    self._log.warning("broker", extra={"said": f"{type(error).__name__}: {error}"[:200]})
                there = False
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BEAT_SECONDS / 4 if self._why_not else BEAT_SECONDS):
                    await self._changed.wait()
            self._changed.clear()

    def _judge(self, sealed: bytes | str | None) -> None:
        self._rule(self._reason(sealed))
        engine = self._project.settings.engine
        model = getattr(getattr(engine, engine.kind, None), "model", "")
        self.metrics.asked.endpoints(self._engine.stats, model)

    def _rule(self, why_not: str) -> None:
        """Takes work from now on, or takes none."""
        if why_not != self._why_not:
            self._why_not = why_not
            level = logging.WARNING if why_not else logging.INFO
            self._log.log(level, "takes no work" if why_not else "takes work", extra={"why": why_not})
        self.metrics.fits.set(not why_not)
        if not self._why_not and not self._workers and not self._stop.is_set():
            self._workers = [self._consuming(queue) for queue in self._options.queues]
        for worker in self._workers:
            for consumer in self._consumers(worker):
                if consumer.paused != bool(self._why_not):
                    (consumer.pause if self._why_not else consumer.resume)()

    def _reason(self, sealed: bytes | str | None) -> str:
        if self._offer is None:
            return self._trouble
        if sealed is None:
            return "no coordinator is there"
        try:
            wanted = self._seal.open(Wanted, sealed)
        except MessageRefused as error:
            return error.message
        self._run = wanted.run
        return ", ".join(differences(wanted, self._offer))

    def _consuming(self, queue: Queue) -> dramatiq.Worker:
        """Dramatiq's worker for one queue, with threads of its own, so that what is urgent waits for nothing else. It
        fetches no more messages than it works on."""
        broker = self._link.broker()
        dramatiq.actor(broker=broker, queue_name=queue, actor_name=ACTOR)(self._take)
        worker = dramatiq.Worker(broker, queues={queue}, worker_threads=self.slots, worker_timeout=IDLE_MS)
        worker.queue_prefetch, worker.delay_prefetch = self.slots, 1
        worker.start()
        return worker

    def _standing(self) -> Standing:
        self._beats += 1
        return Standing(
            worker=self.id,
            name=self.name[:200],
            beat=self._beats,
            offer=self._offer,
            trouble=self._trouble,
            queues=self._options.queues,
            slots=self.slots,
            busy=tuple(self._busy),
            endpoints=self._engine.stats,
            done=self._done,
            failed=self._failed,
        )

    # ----------------------------------------------------------------------------------------------------- one job

    def _take(self, sealed: str) -> None:
        """Called by Dramatiq, in a thread. Never raises: what it raised would be written down with the message."""
        assert self._loop is not None
        with contextlib.suppress(Exception):
            asyncio.run_coroutine_threadsafe(self._job(sealed), self._loop).result()

    async def _job(self, sealed: str) -> None:
        try:
            job = self._seal.open(Job, sealed)
        except MessageRefused as error:
            self.metrics.refused.inc()
            self._log.warning("refused", extra={"code": error.code, "said": error.message})
            return None
        if self._why_not or (self._beyond and not job.redacted):
            return await self._tell(job, "handed back", Unexpected(self._why_not or "the text is not blacked out"))
        if not (await self._is_current(job) and await self._claim(job)):
            self.metrics.denied.inc()
            return None
        self._busy[job.key] = self._busy.get(job.key, 0) + 1
        self.metrics.busy.inc()
        began = time.monotonic()
        try:
            await self._work(job)
        finally:
            self.metrics.busy.dec()
            self.metrics.seconds.observe(time.monotonic() - began)
            self._busy[job.key] -= 1
            if not self._busy[job.key]:
                del self._busy[job.key]

    async def _work(self, job: Job) -> None:
        notes = Notes()
        try:
            with spans.listening(notes, self.metrics.asked):
                summary = await self._summary(job)
        except EngineUnreachable as error:
            self._offer, self._trouble = None, str(error)[:1000]
            self._mishaps = min(self._mishaps + 1, 6)
            self._rule(self._trouble)
            self._look.set()
            self._changed.set()
            await self._tell(job, "handed back", error, notes)
        except SitegenError as error:
            await self._tell(job, "failed", error.problems[0], notes)
        except Exception as error:  # one document's failure is its own, whatever it is
            await self._tell(job, "failed", Unexpected(type(error).__name__), notes)
        else:
            self._mishaps = 0
            made = self._seal.close(
                Made(
                    key=job.key,
                    job=job.id,
                    worker=self.name,
                    seconds=notes.seconds,
                    told=notes.told,
                    summary=summary,
                )
            )
            keep = int(self._project.settings.fleet.keep_hours * 3600)
            await self._persist(lambda: self._redis.set(self._link.key("result", job.key), made, ex=keep))
            await self._tell(job, "made")

    async def _is_current(self, job: Job) -> bool:
        """Whether it is of the coordinator that is there now, which may be another one than at the last beat."""
        self._judge(await self._persist(lambda: self._redis.get(self._link.key("wanted"))))
        return not self._why_not and job.run == self._run

    async def _claim(self, job: Job) -> bool:
        """Asks whether to begin. No answer is no."""
        for _ in range(CLAIMS):
            nonce = new_id()
            claim = self._seal.close(Claim(job=job.id, worker=self.id, nonce=nonce))
            try:
                await self._push("claims", job, claim)
                found = await self._redis.blpop([self._link.key("grant", nonce)], timeout=CLAIM_SECONDS)
            except TROUBLES:
                await asyncio.sleep(0.5)
                continue
            if found is None:
                continue
            try:
                grant = self._seal.open(Grant, found[1])
            except MessageRefused:
                self.metrics.refused.inc()
                return False
            return grant.nonce == nonce and grant.granted
        return False

    async def _summary(self, job: Job) -> Summary:
        """Raises ``EngineError``, ``SourceError``, ``MessageRefused``."""
        parcel = await self._parcel(job)
        document = await self._document(job, parcel)
        engine = self._engine
        if isinstance(engine, ModelSummarizer):
            engine = engine.choosing_from(Vocabulary(parcel.tags, parcel.new_tags))
        return await engine.summarize(document, parcel.note)

    async def _parcel(self, job: Job) -> Parcel:
        raw = await self._persist(lambda: self._redis.get(self._link.key("parcel", job.id)))
        if not isinstance(raw, bytes) or files.sha256(raw) != job.parcel:
            self.metrics.refused.inc()
            raise MessageRefused("the parcel of a job is not the one that belongs to it")
        return await asyncio.to_thread(lambda: Parcel.model_validate_json(zlib.decompress(raw)))

    async def _document(self, job: Job, parcel: Parcel) -> Document:
        document = parcel.document
        if job.fetch:
            document = replace(document, text=await self._fetched(document.ref))
        if document.text_hash != parcel.text_hash:
            raise DocumentUnreadable("its text in the source is another one than the coordinator saw")
        return document

    async def _fetched(self, ref: str) -> str:
        """The text that the source has. Raises ``DocumentUnreadable`` or ``DocumentMissing``; ``EngineUnreachable``
        when this worker cannot use the source at all, which is no document's fault: another worker may."""
        try:
            if self._source is None:
                from sitegen.sources import open_source

                self._source = open_source(self._project)
            return (await self._source.document(ref)).text
        except _OF_ONE_DOCUMENT:
            raise
        except SitegenError as error:
            problem = error.problems[0]
            said = f"this worker cannot read the source: {problem.code}: {problem.message}"
            raise EngineUnreachable(said, place=problem.place) from error

    async def _tell(self, job: Job, result: Any, error: SitegenError | None = None, notes: Notes | None = None) -> None:
        self._done += result == "made"
        self._failed += result == "failed"
        self.metrics.jobs.labels(result).inc()
        outcome = Outcome(
            job=job.id,
            key=job.key,
            worker=self.id,
            result=result,
            code=error.code if error else "",
            message=error.message[:2000] if error else "",
            place=str(error.place)[:500] if error and error.place else None,
            name=self.name[:200],
            seconds=notes.seconds if notes else 0,
            told=notes.told if notes else (),
        )
        level = logging.WARNING if error else logging.INFO
        self._log.log(level, "job", extra={"job": job.id, "result": result, "code": outcome.code})
        sealed = self._seal.close(outcome)
        await self._persist(lambda: self._push("outcomes", job, sealed))

    async def _push(self, kind: str, job: Job, sealed: bytes) -> None:
        """Tells the coordinator of a job; one that has ended never reads it."""
        name = self._link.key(kind, job.run)
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.rpush(name, sealed)
            pipe.expire(name, UNREAD_SECONDS)
            await pipe.execute()

    async def _persist(self, do: Callable[[], Awaitable[T]]) -> T:
        """Does it, however long Redis is away: what was made may have taken minutes."""
        while True:
            try:
                return await do()
            except TROUBLES:
                await asyncio.sleep(0.5)


def work(project: Project, options: WorkerOptions, log: logging.Logger, engine: Engine | None = None) -> None:
    """Runs a worker until SIGTERM or SIGINT."""

    async def run() -> None:
        worker = Worker(project, options, log, engine)
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, worker.stop)
        await worker.run()

    asyncio.run(run())
