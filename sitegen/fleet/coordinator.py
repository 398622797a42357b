"""The coordinator: the fleet as an ``Engine``, so that a pull is the same pipeline with the same journal and cache."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import zlib
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from sitegen import files
from sitegen.enrich.cache import cache_key
from sitegen.enrich.engines.base import Attempts, EndpointStats, Identity, Line
from sitegen.enrich.summary import Summary
from sitegen.enrich.vocabulary import Vocabulary
from sitegen.errors import BrokerUnreachable, EngineError, EngineUnreachable, FleetTaken, SitegenError, Unexpected
from sitegen.fleet.broker import TROUBLES, link_of, reached
from sitegen.fleet.dispatch import Dispatch, new_id
from sitegen.fleet.lease import RENEW_SECONDS, Lease
from sitegen.fleet.messages import QUEUES, Job, Parcel, Queue, Standing, Wanted
from sitegen.fleet.roster import BEAT_SECONDS, Roster
from sitegen.fleet.seal import seal_of
from sitegen.settings import Project
from sitegen.sources.base import Document, Finding

WANTED_SECONDS = 60


class FleetEngine:
    """An ``Engine`` whose work is done by the workers of a fleet. ``Deferring`` and ``KeepsBack``."""

    defers = True

    def __init__(self, project: Project) -> None:
        self._project, self._settings = project, project.settings.fleet
        self._seal, self._link = seal_of(project), link_of(project)
        self.roster = Roster(self._seal)
        self._dispatch: Dispatch | None = None
        self._attempts: Attempts | None = None
        self._wanted: Wanted | None = None
        self._identity: Identity | None = None
        self._vocabulary: Vocabulary | None = None
        self._private: Callable[[str], bool] | None = None
        self._starting = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self._lease: Lease | None = None
        self._alone = 0.0
        """Seconds for which no worker has fitted."""

    # -------------------------------------------------------------------------------------------------------- Engine

    @property
    def slots(self) -> int:
        """As many documents as may wait at the broker: it never holds more."""
        return self._settings.jobs

    @property
    def stats(self) -> tuple[EndpointStats, ...]:
        return self.roster.endpoints

    @property
    def line(self) -> Line:
        """See ``Deferring``."""
        dispatch, wanted = self._dispatch, self._wanted
        alive = len(self.roster.alive)
        if dispatch is None or wanted is None:
            return Line(0, alive, 0, 0, 0.0, self.roster.refused)
        fits, held = len(self.roster.fitting(dispatch.wanted or wanted)), dispatch.held_jobs
        refused = self.roster.refused + dispatch.counts.refused
        return Line(fits, alive - fits, dispatch.open_jobs - held, held, dispatch.oldest_seconds, refused)

    def count_with(self, attempts: Attempts) -> None:
        """See ``Deferring``."""
        self._attempts = attempts
        if self._dispatch is not None:
            self._dispatch.attempts = attempts

    def keep_back(self, private: Callable[[str], bool]) -> None:
        """See ``KeepsBack``. Texts come here blacked out then, and leave with their jobs."""
        self._private = private

    async def identity(self) -> Identity:
        """What most workers that fit have, by their slots. Raises ``EngineUnreachable`` when there is none."""
        dispatch = await self._started()
        assert self._wanted is not None
        fitting = await self._first_workers(dispatch, self._wanted)
        self._identity = self._chosen(fitting, self._wanted)
        dispatch.wanted = _exactly(self._wanted, self._identity)
        await self._publish()
        return self._identity

    async def _first_workers(self, dispatch: Dispatch, wanted: Wanted) -> list[Standing]:
        """Those that fit, as soon as there is one; until then it can be seen that one is needed."""
        began = time.monotonic()
        try:
            while not (fitting := self.roster.fitting(wanted)):
                waited = time.monotonic() - began
                if waited > self._settings.wait:
                    raise self._nobody(wanted)
                with contextlib.suppress(*TROUBLES):
                    if not dispatch.calls:
                        dispatch.calls = True
                        await dispatch.show_demand()
                    await asyncio.sleep(0.1 if waited < 10 else 1)
                    await dispatch.look()
        finally:
            dispatch.calls = False
        return fitting

    def _chosen(self, fitting: list[Standing], wanted: Wanted) -> Identity:
        """What most slots have; as it was before when that is still there."""
        votes: Counter[str] = Counter()
        found: dict[str, Identity] = {}
        for standing in sorted(fitting, key=lambda one: one.name):
            assert standing.offer is not None
            identity = standing.offer.identity
            name = json.dumps([identity.model, identity.digest, identity.options], sort_keys=True)
            votes[name] += standing.slots
            found.setdefault(name, identity)
        chosen = found[max(votes, key=lambda name: (votes[name], name))]
        before = next((one for one in found.values() if self._identity and _same(one, self._identity)), None)
        chosen = before or chosen
        # Numbers are written as they are here, so that the keys of the cache are those of a pull without a fleet.
        return replace(chosen, options={**chosen.options, **wanted.options})

    async def summarize(self, document: Document, note: str = "") -> Summary:
        """See ``Engine``; in the order of urgency. Raises as the worker's engine did."""
        dispatch = await self._started()
        identity = self._identity or await self.identity()
        fetch = self._settings.text == "source" and self._private is None
        vocabulary = await self._tags()
        parcel = Parcel(
            document=replace(document, text="") if fetch else document,
            text_hash=document.text_hash,
            note=note,
            tags=vocabulary.tags,
            new_tags=vocabulary.new,
        )
        sealed = await asyncio.to_thread(lambda: zlib.compress(parcel.model_dump_json().encode(), 6))
        job = Job(
            id=new_id(),
            run=dispatch.run,
            key=cache_key(document.text_hash, document.language, identity, note),
            parcel=files.sha256(sealed),
            fetch=fetch,
            redacted=self._private is not None,
        )
        queue = "urgent" if await dispatch.attempts.urgent(document.ref) else "bulk"
        return await dispatch.make(job, document.ref, sealed, "urgent" if queue == "urgent" else "bulk")

    async def _tags(self) -> Vocabulary:
        if self._vocabulary is None:
            if self._project.settings.engine.kind == "extractive":
                self._vocabulary = Vocabulary()
            else:
                from sitegen.enrich.vocabulary import of_site

                found = await asyncio.to_thread(of_site, self._project)
                private = self._private or (lambda tag: False)
                self._vocabulary = replace(found, tags=tuple(tag for tag in found.tags if not private(tag)))
        return self._vocabulary

    async def check(self) -> list[Finding]:
        """What ``doctor`` says: Redis, how it keeps what it has, and the workers. Takes no lease."""
        from sitegen.fleet.findings import findings

        return await findings(self._link, self.roster, await self._wish())

    async def aclose(self) -> None:
        """Gives the fleet back. May be used again."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        if (dispatch := self._dispatch) is not None:
            self._dispatch = None
            if self._lease is not None:
                with contextlib.suppress(*TROUBLES):
                    if await self._lease.held():  # else what lies there is another's
                        await dispatch.end()
                        await dispatch.redis.unlink(self._link.key("wanted"), self._link.key("demand"))
                        await self._lease.leave()
            await dispatch.aclose()

    # --------------------------------------------------------------------------------------------------------- inside

    async def _started(self) -> Dispatch:
        """Takes the fleet. Raises ``FleetTaken``; ``EngineUnreachable`` when Redis is not there."""
        async with self._starting:
            if self._dispatch is not None:
                if not any(task.done() for task in self._tasks):
                    return self._dispatch
                await self.aclose()  # the fleet was taken over meanwhile, as by an editor's command
            self._wanted = await self._wish()
            dispatch = Dispatch(self._link, self._seal, self.roster, int(self._settings.keep_hours * 3600))
            lease = Lease(self._project, self._link, dispatch.redis, dispatch.run)
            try:
                with reached(self._link):
                    await lease.take()
                    await dispatch.begin()
                    await dispatch.look()
            except BrokerUnreachable as error:
                await dispatch.aclose()
                said = f"the broker of the fleet cannot be reached: {error.message}"
                raise EngineUnreachable(said, place=error.place, remedy=error.remedy) from error
            except FleetTaken:
                await dispatch.aclose()
                raise
            dispatch.attempts = self._attempts or dispatch.attempts
            self._wanted = self._wanted.model_copy(update={"run": dispatch.run})
            dispatch.wanted = _exactly(self._wanted, self._identity) if self._identity else self._wanted
            self._dispatch, self._lease = dispatch, lease
            work = (dispatch.listen(), dispatch.sweep(), self._keep_lease(), self._mind_workers())
            self._tasks = [asyncio.create_task(self._lasting(one)) for one in work]
            return dispatch

    async def _lasting(self, work: Coroutine[Any, Any, None]) -> None:
        """A task whose end is the end of all who wait."""
        try:
            await work
        except Exception as error:
            assert self._dispatch is not None
            self._dispatch.fail_all(error if isinstance(error, SitegenError) else Unexpected(type(error).__name__))
            raise

    async def _wish(self) -> Wanted:
        """What workers must have, as far as it is known without them. Raises ``PromptBroken``."""
        engine = self._project.settings.engine
        redacts = self._private is not None
        if engine.kind == "extractive":
            from sitegen.enrich.engines.extractive import Extractive

            here = Extractive(sentences=engine.extractive.sentences, points=engine.extractive.points)
            one = await here.identity()
            return Wanted(engine=one.engine, model=one.model, prompt=one.prompt, digest=one.digest, options=one.options)
        from sitegen.enrich.engines import servers_of
        from sitegen.enrich.engines.server import chosen_options
        from sitegen.enrich.prompts import Prompts
        from sitegen.enrich.summarize import prompt

        servers = servers_of(self._project)
        assert servers is not None
        prompts = Prompts(self._project.path(engine.prompts))
        await asyncio.to_thread(prompts.check)
        return Wanted(
            engine=engine.kind,
            model="" if servers.model == "default" else servers.model,
            prompt=prompt(servers.num_predict, prompts),
            digest=(servers.digest or "").removeprefix("sha256:"),
            options=chosen_options(servers),
            redacts=redacts,
        )

    async def _publish(self) -> None:
        """Tells the workers what they must have."""
        dispatch, lease = self._dispatch, self._lease
        if dispatch is not None and dispatch.wanted is not None and lease is not None:
            with contextlib.suppress(*TROUBLES):
                await lease.publish(self._link.key("wanted"), self._seal.close(dispatch.wanted), WANTED_SECONDS)

    async def _keep_lease(self) -> None:
        assert self._lease is not None
        while True:
            with contextlib.suppress(*TROUBLES):
                await self._lease.take(renew=True)
            await self._publish()
            await asyncio.sleep(RENEW_SECONDS)

    async def _mind_workers(self) -> None:
        """Lets nobody wait for ever when there is no worker, or no Redis."""
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            dispatch = self._dispatch
            if dispatch is None or dispatch.wanted is None:
                continue
            unserved = self._unserved(dispatch, dispatch.wanted)
            self._alone = self._alone + BEAT_SECONDS if unserved and dispatch.open_jobs else 0.0
            if self._alone >= self._settings.patience:
                self._alone = 0.0
                dispatch.fail_all(self._nobody(dispatch.wanted), unserved)

    def _unserved(self, dispatch: Dispatch, wanted: Wanted) -> set[Queue]:
        """The queues from which nobody takes: all of them when nobody fits, else those that jobs wait in."""
        fitting = self.roster.fitting(wanted)
        if dispatch.trouble or not fitting:
            return set(QUEUES)
        return dispatch.queues - {queue for standing in fitting for queue in standing.queues}

    def _nobody(self, wanted: Wanted) -> EngineError:
        dispatch = self._dispatch
        trouble = dispatch.trouble if dispatch else ""
        why = f"Redis cannot be used: {trouble}" if trouble else self.roster.why_not(wanted)
        if dispatch and not trouble and self.roster.fitting(wanted):
            why = f"none takes what is {' or '.join(sorted(self._unserved(dispatch, wanted)))}"
        return EngineUnreachable(
            f"no worker of the fleet can do the work: {why}",
            place=self._link.url,
            remedy="Start `sitegen worker` on a machine with the engine; `sitegen doctor` lists the workers.",
        )


def _exactly(wanted: Wanted, identity: Identity) -> Wanted:
    """What workers must have once it is chosen who answers."""
    return wanted.model_copy(update={"digest": identity.digest, "model": identity.model, "options": identity.options})


def _same(one: Identity, other: Identity) -> bool:
    return (one.model, one.digest, dict(one.options)) == (other.model, other.digest, dict(other.options))
