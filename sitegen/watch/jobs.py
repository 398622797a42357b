"""Jobs: what the daemon does: pull, build, publish. A pull runs in this process, the others in one of their own: they
are short and take much memory, which then goes back, and they can be ended at any time.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import time
from typing import TYPE_CHECKING

from sitegen import files
from sitegen.errors import EngineError, SitegenError, SourceError
from sitegen.settings import Project
from sitegen.watch.commands import command
from sitegen.watch.metrics import Metrics
from sitegen.watch.schedule import Job, Schedule
from sitegen.watch.standing import Failure, Standing, now
from sitegen.watch.statuses import STATUSES, Statuses

if TYPE_CHECKING:
    from sitegen.enrich.engines.base import Engine
    from sitegen.enrich.report import Report, Result
    from sitegen.sources.base import Source

NOTHING = "nothing new"
AFTER_PULL = 0.6
"""Seconds between a pull and the build that it wants: the notices of the files that it wrote come first, so that they
want no second one."""
AFTER_DUE = 1.0
"""Seconds after the time at which a document is to be tried again."""


class Jobs:
    """Does the jobs of one site, and keeps source and engine open between pulls."""

    def __init__(
        self, project: Project, metrics: Metrics, standing: Standing, schedule: Schedule, log: logging.Logger
    ) -> None:
        self.project, self.builds, self.publishes = project, True, False
        self._metrics, self._standing, self._schedule, self._log = metrics, standing, schedule, log
        self._statuses = Statuses(project.briefs)
        self._source: Source | None = None
        self._engine: Engine | None = None
        self._outdated = False
        """Source and engine are those of settings that have changed; a pull in hand goes on with them."""
        self.build_seconds = 0.0
        """That the last build took."""

    async def do(self, job: Job) -> tuple[str, int]:
        """Does a job: what is to be said of it, and how many documents were worked on. Raises ``SitegenError``."""
        if job == "pull":
            return await self._pull()
        return await (self._build() if job == "build" else self._publish())

    def settings_changed(self, project: Project) -> None:
        """The next job goes by these settings."""
        self.project, self._outdated = project, True

    # ------------------------------------------------------------------------------------------------------------ pull

    async def _pull(self) -> tuple[str, int]:
        from sitegen.enrich.pipeline import pull
        from sitegen.enrich.report import Progress, Request

        source, engine = await self._opened()
        self._standing.hand, self._standing.hand_total = 0, None
        report: Report | None = None
        try:
            progress = Progress(self._expected, self._result)
            report = await pull(self.project, source, engine, Request(due=True), progress)
        finally:
            self.fresh()
            await asyncio.to_thread(self._count, sizes=report is None or report.total > 0)
        if report.count("created", "updated", "merged") or report.withdrawn:
            self._build_after_pull()
        if report.engine_error is None:
            self.clear("engine")
        else:
            self.trouble("engine", report.engine_error)
        return _said(report), report.total

    async def _opened(self) -> tuple[Source, Engine]:
        from sitegen.enrich.engines import open_engine
        from sitegen.sources import open_source

        if self._outdated:
            await self.aclose()
            self._outdated = False
        if self._source is None:
            self._source = open_source(self.project)
        if self._engine is None:
            self._engine = open_engine(self.project)
            self._metrics.engine_opened(self._engine)
        return self._source, self._engine

    def _build_after_pull(self) -> None:
        if self.builds:
            self._schedule.want("build", "pull", after=AFTER_PULL)

    def _expected(self, total: int | None) -> None:
        self._standing.hand_total = total

    def _result(self, result: Result) -> None:
        self._metrics.processed.labels(result.done).inc()
        self._standing.throughput.add("failed" if result.bad else "done")
        self._standing.hand += 1
        if result.done in ("created", "updated", "merged", "proposed"):
            self._metrics.cache.labels("miss" if result.from_engine else "hit").inc()
        level = logging.WARNING if result.bad else logging.INFO
        more = {"code": result.code, "reason": result.reason[:200]} if result.bad else {}
        if result.bad:
            dead = result.done == "dead"
            self._standing.failed(Failure(result.ref, now(), result.code, result.reason[:200], dead))
        else:
            self._standing.mended(result.ref)
        if result.done != "unchanged":
            self._log.log(level, "document", extra={"document": result.ref, "result": result.done, **more})

    def _count(self, *, sizes: bool) -> None:
        """What the pull left behind, as gauges; and when a document that failed is to be tried again."""
        from sitegen.enrich.journal import FILE_NAME, Journal

        path = self.project.state / FILE_NAME
        if path.exists():
            with contextlib.closing(Journal(path)) as journal:
                waiting = journal.left()
                self._standing.pending, self._standing.dead = journal.left(due=True), journal.count("dead")
                self._standing.later = waiting - self._standing.pending
                self.due = journal.next_try()
        self._metrics.pending.set(self._standing.pending)
        self._metrics.dead.set(self._standing.dead)
        cache = self.project.state / "cache"
        if sizes and cache.is_dir():
            self._metrics.cache_bytes.set(sum(entry.size for entry in files.scan(cache, hidden=True)))

    due: float | None = None
    """When the next document that failed is to be tried again, in seconds since 1970."""

    def retry(self) -> None:
        """Wants a pull at the time at which a document is to be tried again."""
        if self.due is not None:
            self._schedule.want("pull", "retry", after=max(self.due - time.time(), 0) + AFTER_DUE)

    def fresh(self) -> None:
        """Brings the gauges up to date that nothing else tells of."""
        if self._engine is not None:
            engine = self.project.settings.engine
            model = getattr(getattr(engine, engine.kind, None), "model", "")
            self._standing.endpoints = self._engine.stats
            self._metrics.endpoints(self._standing.endpoints, model)
        self._metrics.source_lag.set(self._standing.since("pull"))
        self._metrics.disk_free.set(self._standing.free)
        self._metrics.troubles(self._standing.checks())

    # ------------------------------------------------------------------------------------------------- build, publish

    async def _build(self) -> tuple[str, int]:
        if "settings" in self._standing.troubles:
            return NOTHING, 0  # the last good site stays; when they are mended, all is wanted
        began = time.monotonic()
        report = await command(self.project.root, "build")
        self.build_seconds = time.monotonic() - began
        self._metrics.built(report)
        await asyncio.to_thread(self._pages)  # also when nothing was written: drafts are no outputs
        if not report["written"] and not report["removed"]:
            return NOTHING, 0
        if self.publishes:
            self._schedule.want("publish", "build", after=self._publish_later())
        return f"{report['written']} written, {report['removed']} removed", 0

    def _publish_later(self) -> float:
        """During a long pull, which wants a build now and then, the day's allowance is not used up at once."""
        return 86_400 / self.project.settings.watch.publishes_a_day if "pull" in self._standing.doing else 0

    def _pages(self) -> None:
        """Counts the briefs by status."""
        if self._statuses.root != self.project.briefs:
            self._statuses = Statuses(self.project.briefs)
        found = self._statuses.count()
        for status in STATUSES:
            self._metrics.pages.labels(status).set(found[status])

    async def _publish(self) -> tuple[str, int]:
        from sitegen.watch.quiet import Allowance

        wanted = self.project.settings.watch
        allowance = Allowance(self.project.state / "published.json", wanted.quiet, wanted.publishes_a_day)
        wait = allowance.wait(dt.datetime.now().astimezone())
        if wait:
            self._schedule.want("publish", "later", after=wait)
            return NOTHING, 0
        done = await command(self.project.root, "publish")
        if done is None:
            return NOTHING, 0
        allowance.took(dt.datetime.now().astimezone())
        what = done["message"].partition("\n")[0] or "what an earlier try could not push"
        return f"{what} ({done['commit'][:10]})", 0

    # -------------------------------------------------------------------------------------------------------- troubles

    def trouble(self, job: str, error: SitegenError) -> None:
        """Something is wrong: with the source, the engine, or the job itself."""
        name = "source" if isinstance(error, SourceError) else "engine" if isinstance(error, EngineError) else job
        self._standing.troubles[name] = str(error.problems[0])

    def clear(self, *names: str) -> None:
        """These are well again."""
        for name in names:
            self._standing.troubles.pop(name, None)

    async def aclose(self) -> None:
        """Closes source and engine; the next pull opens them anew."""
        source, engine, self._source, self._engine = self._source, self._engine, None, None
        for one in (source, engine):
            if one is not None:
                with contextlib.suppress(Exception):  # what is thrown away may be broken
                    await one.aclose()


def _said(report: Report) -> str:
    counts = [f"{count} {done}" for done, count in sorted(report.counts.items()) if done != "unchanged"]
    counts += [f"{len(report.withdrawn)} withdrawn"] if report.withdrawn else []
    return ", ".join(counts) or NOTHING
