"""Dispatch: jobs that wait, who has them, and what became of them. Whatever Redis loses is sent again.

The journal is the truth: a job is only a wish that it be worked on. Each worker asks before it begins, and the attempt
is counted in the journal before the answer goes out. What is lost on the way, with a worker, a message or all of Redis,
is noticed here, and sent again. A result lies in Redis by the key of its summary, so that it may come twice, or after a
restart, and is still one.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import time
import uuid
from collections import OrderedDict, deque
from collections.abc import Collection, Coroutine
from dataclasses import dataclass, field
from typing import Any

import redis.asyncio
from dramatiq import Message as Envelope

from sitegen import errors
from sitegen.enrich.desk import Desk
from sitegen.enrich.engines.base import Attempts
from sitegen.enrich.summary import Summary
from sitegen.errors import DocumentDeadly, EngineError, MessageRefused, SitegenError, Unexpected
from sitegen.fleet.broker import ACTOR, TROUBLES, Link
from sitegen.fleet.messages import QUEUES, Claim, Grant, Job, Made, Outcome, Queue, Wanted
from sitegen.fleet.roster import Roster
from sitegen.fleet.seal import Seal
from sitegen.fleet.told import pass_on

SWEEP_SECONDS = 2.0
STUCK_SECONDS = 20.0
"""That a job waits though its queue is empty: its message is lost, or lies with somebody who does not begin."""
BEGIN_SECONDS = 10.0
"""After its answer a worker has so long to say that it works on the job."""
COLLECTED_SECONDS = 60.0
"""A result stays in Redis so long after it was collected, until it is in the cache for certain."""
MOST_HAND_BACKS = 3
MOST_NONCES = 100_000
GRANT_SECONDS = 120
MOST_SHOWN, SHOWN_SECONDS = 1000, 60
_SHOW = """
local there, wanted = redis.call('llen', KEYS[1]), tonumber(ARGV[1])
if there > wanted then redis.call('del', KEYS[1]); there = 0 end
for _ = there + 1, wanted do redis.call('rpush', KEYS[1], '') end
redis.call('expire', KEYS[1], ARGV[2])
"""
"""A list that is as long as there is work, jobs in hand included: what KEDA looks at (it can count lists)."""


class Uncounted:
    """Where there is no journal, as in an evaluation, every attempt may be made. An ``Attempts``."""

    async def begin(self, ref: str, *, again: bool) -> bool:
        return True

    async def take_back(self, ref: str) -> None: ...

    async def urgent(self, ref: str) -> bool:
        return False


@dataclass(slots=True, eq=False)
class Waiting:
    """A job, and the one who waits for it."""

    job: Job
    ref: str
    queue: Queue
    parcel: bytes
    done: asyncio.Future[Summary]
    since: float
    """When it was sent, or given to its worker."""
    holder: str = ""
    """The worker that has it."""
    attempts: int = 0
    """That were begun and not taken back."""
    handed_back: int = 0
    context: contextvars.Context = field(default_factory=contextvars.copy_context)
    """Where it is waited for: who listens to its spans."""


@dataclass
class Counts:
    """What a coordinator has done, for metrics and benchmarks."""

    sent: int = 0
    sent_again: int = 0
    granted: int = 0
    denied: int = 0
    made: int = 0
    failed: int = 0
    refused: int = 0
    """Messages that were not signed with our key, or came twice."""


class Dispatch:
    """The jobs of one coordinator. Used on one event loop."""

    def __init__(self, link: Link, seal: Seal, roster: Roster, keep_seconds: int) -> None:
        self._link, self._seal, self.roster, self._keep = link, seal, roster, keep_seconds
        self.run = new_id()
        self.redis: redis.asyncio.Redis = link.async_client()
        self._broker = link.broker()
        self._desk = Desk()
        self.attempts: Attempts = Uncounted()
        self.wanted: Wanted | None = None
        self.counts = Counts()
        self._waiting: dict[str, Waiting] = {}
        self._by_key: dict[str, Waiting] = {}
        self._nonces: OrderedDict[str, None] = OrderedDict()
        self._over_with: deque[tuple[float, Job, bool]] = deque()
        """Since when, and whether its result was collected."""
        self._spent: list[str] = []
        """Parcels that nobody needs any more; they make room before the next one comes."""
        self._answering: set[asyncio.Task[None]] = set()
        self.calls = False
        """Whether a worker is waited for, before there can be jobs."""
        self.trouble = ""
        """Why Redis could not be used when it was last asked."""

    # ------------------------------------------------------------------------------------------------- for the engine

    async def make(self, job: Job, ref: str, parcel: bytes, queue: Queue) -> Summary:
        """The summary: one that is there, one that a worker has in hand already, or one that is made now."""
        done: asyncio.Future[Summary] = asyncio.get_running_loop().create_future()
        waiting = Waiting(job, ref, queue, parcel, done, time.monotonic())
        self._waiting[job.id] = self._by_key[job.key] = waiting
        try:
            with contextlib.suppress(*TROUBLES):
                await self._collect(waiting)
            waiting.holder = self.roster.holder(job.key)
            if not done.done() and not waiting.holder:
                await self._persist(waiting)
            return await done
        finally:
            self._waiting.pop(job.id, None)
            if self._by_key.get(job.key) is waiting:
                del self._by_key[job.key]
            collected = done.done() and not done.cancelled() and done.exception() is None
            self._over_with.append((time.monotonic(), job, collected))
            self._spent.append(self._link.key("parcel", job.id))

    async def _persist(self, waiting: Waiting) -> None:
        """Sends it, however long Redis is away."""
        while not waiting.done.done():
            try:
                await self._send(waiting)
            except TROUBLES:
                await asyncio.sleep(0.5)
            else:
                return

    async def _send(self, waiting: Waiting) -> None:
        job = waiting.job
        await self._unpack()
        await self.redis.set(self._link.key("parcel", job.id), waiting.parcel, ex=self._keep)
        envelope: Envelope[None] = Envelope(
            queue_name=waiting.queue,
            actor_name=ACTOR,
            args=(self._seal.close(job).decode(),),
            kwargs={},
            options={},
        )
        await self._desk(self._broker.enqueue, envelope)
        waiting.holder, waiting.since = "", time.monotonic()
        self.counts.sent += 1

    def fail_all(self, error: SitegenError, unserved: Collection[Queue] = QUEUES) -> None:
        """Nobody need wait any longer; only those in some queues, when others are served."""
        for waiting in self._waiting.values():
            served = waiting.queue not in unserved or (waiting.holder and len(unserved) < len(QUEUES))
            if not waiting.done.done() and not served:
                waiting.done.set_exception(type(error)(error.message, place=error.place, remedy=error.remedy))

    # ------------------------------------------------------------------------------------------------------- messages

    async def listen(self) -> None:
        """Answers claims and takes outcomes, for ever."""
        names = [self._link.key("outcomes", self.run), self._link.key("claims", self.run)]
        while True:
            try:
                found = await self.redis.blpop(names, timeout=1)
            except TROUBLES:
                await asyncio.sleep(0.5)
                continue
            if found is not None:
                self._spawn(self._heard(found[0] == names[1].encode(), found[1]))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _heard(self, is_claim: bool, sealed: bytes | str) -> None:
        try:
            if is_claim:
                await self._claimed(self._seal.open(Claim, sealed))
            else:
                await self._over(self._seal.open(Outcome, sealed))
        except MessageRefused:
            self.counts.refused += 1
        except TROUBLES:
            pass  # who asked will ask again, and what was made lies there
        except SitegenError as error:  # the journal cannot be written
            self.fail_all(error)

    async def _claimed(self, claim: Claim) -> None:
        if claim.nonce in self._nonces:
            self.counts.refused += 1
            return
        self._nonces[claim.nonce] = None
        if len(self._nonces) > MOST_NONCES:
            self._nonces.popitem(last=False)
        why = await self._why_not(claim)
        self.counts.granted += not why
        self.counts.denied += bool(why)
        answer, name = Grant(nonce=claim.nonce, granted=not why, why=why), self._link.key("grant", claim.nonce)
        async with self.redis.pipeline(transaction=False) as pipe:
            pipe.rpush(name, self._seal.close(answer))
            pipe.expire(name, GRANT_SECONDS)
            await pipe.execute()

    async def _why_not(self, claim: Claim) -> str:
        """Why the worker may not begin; empty when it may, and the attempt is counted then."""
        waiting = self._waiting.get(claim.job)
        if waiting is None or waiting.done.done():
            return "nobody waits for it"
        if waiting.holder == claim.worker:
            return ""  # its answer was lost
        if waiting.holder and self.roster.lives(waiting.holder):
            return "another worker has it"
        if self.wanted is not None and not self.roster.fits(claim.worker, self.wanted):
            await self.look()
            if not self.roster.fits(claim.worker, self.wanted):
                waiting.since = 0.0  # the next sweep sends it again
                return "the worker does not fit"
        waiting.holder, waiting.since = claim.worker, time.monotonic()
        again = waiting.attempts > 0
        if await self.attempts.begin(waiting.ref, again=again):
            waiting.attempts += 1
            return ""
        if not waiting.done.done():
            waiting.done.set_exception(_refusal(waiting, again=again))
        return "there were too many attempts"

    async def _over(self, outcome: Outcome) -> None:
        waiting = self._waiting.get(outcome.job) or self._by_key.get(outcome.key)
        if waiting is None or waiting.done.done():
            return
        if outcome.result != "made" and outcome.seconds:
            waiting.context.run(pass_on, outcome.name, outcome.result, outcome.seconds, outcome.told)
        if outcome.result == "made":
            if not await self._collect(waiting) and waiting.holder in ("", outcome.worker):
                await self._send(waiting)
        elif outcome.result == "handed back":
            await self._handed_back(waiting, outcome)
        elif waiting.job.id == outcome.job and waiting.holder in ("", outcome.worker):
            self.counts.failed += 1
            waiting.done.set_exception(_error(outcome))

    async def _handed_back(self, waiting: Waiting, outcome: Outcome) -> None:
        if waiting.holder not in ("", outcome.worker):
            return
        if waiting.holder and waiting.attempts:  # it was begun
            waiting.attempts = 0
            waiting.handed_back += 1
            await self.attempts.take_back(waiting.ref)
        if waiting.handed_back < MOST_HAND_BACKS:
            await self._send(waiting)
        elif not waiting.done.done():
            waiting.done.set_exception(_error(outcome))

    async def _collect(self, waiting: Waiting) -> bool:
        """Takes the result from the store. One that may be better next time must have been made for this very job."""
        sealed = await self.redis.get(self._link.key("result", waiting.job.key))
        if sealed is None:
            return False
        try:
            made = self._seal.open(Made, sealed)
        except MessageRefused:
            self.counts.refused += 1
            return False
        if made.key != waiting.job.key:
            self.counts.refused += 1
            return False
        if not made.summary.lasting and made.job != waiting.job.id:
            return False
        if not waiting.done.done():
            self.counts.made += 1
            if made.job == waiting.job.id:
                waiting.context.run(pass_on, made.worker, "made", made.seconds, made.told)
            waiting.done.set_result(made.summary)
        return True

    # --------------------------------------------------------------------------------------------------------- sweeps

    async def sweep(self) -> None:
        """Looks for what was lost, for ever."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                await self.look()
                if self.trouble:
                    self.trouble = ""
                    self.roster.pardon()
                    for waiting in self._waiting.values():
                        waiting.since = max(waiting.since, time.monotonic())
                await self._find_lost()
                await self._tidy()
                await self.show_demand()
            except TROUBLES as error:
                self.trouble = f"{type(error).__name__}: {error}"[:200]

    async def show_demand(self) -> None:
        """How many documents are to be done, for who starts workers."""
        shown = min(max(len(self._waiting), int(self.calls)), MOST_SHOWN)
        await self.redis.eval(_SHOW, 1, self._link.key("demand"), str(shown), str(SHOWN_SECONDS))

    async def look(self) -> None:
        """Reads the signs of life."""
        self.roster.read((await self.redis.hgetall(self._link.key("workers"))).values())

    async def _find_lost(self) -> None:
        waits = {queue: await self.redis.llen(self._link.key("jobs", queue)) for queue in QUEUES}
        now = time.monotonic()
        for waiting in list(self._waiting.values()):
            if waiting.done.done() or self._goes_on(waiting) or await self._collect(waiting):
                continue
            if self._lost(waiting, now, waits[waiting.queue]):
                self.counts.sent_again += 1
                await self._send(waiting)

    def _goes_on(self, waiting: Waiting) -> bool:
        """Whether it waits in its queue, or somebody who lives says that it is worked on."""
        if not waiting.holder:
            return bool(waiting.since) and time.monotonic() - waiting.since <= STUCK_SECONDS
        return self.roster.lives(waiting.holder) and self.roster.works_on(waiting.holder, waiting.job.key)

    def _lost(self, waiting: Waiting, now: float, queued: int) -> bool:
        if not waiting.holder:
            return queued == 0 or not waiting.since
        return not self.roster.lives(waiting.holder) or now - waiting.since > BEGIN_SECONDS

    async def _tidy(self, older: float = COLLECTED_SECONDS) -> None:
        """Removes what was collected, and the traces of workers that are long gone."""
        await self._unpack()
        names: list[str] = []
        while self._over_with and time.monotonic() - self._over_with[0][0] >= older:
            _, job, collected = self._over_with.popleft()
            if collected and job.key not in self._by_key:
                names.append(self._link.key("result", job.key))
        if names:
            await self.redis.unlink(*names)
        if forgotten := self.roster.forgotten():
            await self.redis.hdel(self._link.key("workers"), *forgotten)

    async def _unpack(self) -> None:
        if spent := self._spent:
            self._spent = []
            try:
                await self.redis.unlink(*spent)
            except TROUBLES:
                self._spent += spent
                raise

    async def begin(self) -> None:
        """Empties the queues: what lies there is from a coordinator that has ended, and the journal knows it. So are
        the parcels: no text stays longer than it is needed, however often a coordinator dies."""
        for queue in QUEUES:
            await self._desk(self._broker.flush, queue)
        parcels = [key async for key in self.redis.scan_iter(self._link.key("parcel", "*"), count=1000)]
        for first in range(0, len(parcels), 1000):
            await self.redis.unlink(*parcels[first : first + 1000])

    async def end(self) -> None:
        """Takes back what nobody waits for any more."""
        with contextlib.suppress(*TROUBLES):
            await self.begin()
            await self._tidy(0)
            await self.redis.unlink(self._link.key("claims", self.run), self._link.key("outcomes", self.run))

    async def aclose(self) -> None:
        answering = [*self._answering]
        for task in answering:
            task.cancel()
        await asyncio.gather(*answering, return_exceptions=True)
        await self.redis.aclose()
        await self._desk(self._broker.client.close)
        self._desk.close()

    # -------------------------------------------------------------------------------------------------------- telling

    @property
    def open_jobs(self) -> int:
        return len(self._waiting)

    @property
    def queues(self) -> set[Queue]:
        """Those in which jobs wait."""
        return {waiting.queue for waiting in self._waiting.values() if not waiting.holder}

    @property
    def held_jobs(self) -> int:
        return sum(bool(waiting.holder) for waiting in self._waiting.values())

    @property
    def oldest_seconds(self) -> float:
        """How long the job that has waited longest for a worker has."""
        since = [waiting.since for waiting in self._waiting.values() if not waiting.holder]
        return time.monotonic() - min(since) if since else 0.0


def new_id() -> str:
    return uuid.uuid4().hex


def _refusal(waiting: Waiting, *, again: bool) -> SitegenError:
    if not again:
        return Unexpected("the document is in the hands of another run")
    times = f"{waiting.attempts} times" if waiting.attempts > 1 else "once"
    return DocumentDeadly(f"the worker ended {times} while it worked on this document")


def _error(outcome: Outcome) -> SitegenError:
    """What a worker met, as if it had been met here."""
    kind: type[SitegenError] = Unexpected
    with contextlib.suppress(StopIteration):
        kind = errors.named(outcome.code)
    if not issubclass(kind, EngineError | errors.SourceError):
        return Unexpected(outcome.message)
    return kind(outcome.message, place=outcome.place)
