"""The daemon: one loop over a schedule that the source's clock, webhooks and saved files fill.

A pull runs in this process, a build in one of its own: a build is short and takes much memory, which then goes back.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
import logging
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Any

from sitegen import files, settings
from sitegen.errors import EngineError, SitegenError, SourceError, Unexpected
from sitegen.serve.app import listening
from sitegen.settings import Project
from sitegen.watch.health import Health, Run, Standing
from sitegen.watch.metrics import Metrics
from sitegen.watch.schedule import Job, Schedule

if TYPE_CHECKING:
    from sitegen.enrich.engines.base import Engine
    from sitegen.enrich.report import Report, Result
    from sitegen.sources.base import Source

PARK_SECONDS = 10.0
"""That a job in hand gets to put down what it has when the daemon is to end."""
SETTLE_SECONDS = 2.0
"""After a file was saved, the build waits so long for more."""


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """What the command line says beyond the settings."""

    host: str | None = None
    port: int | None = None
    build: bool | None = None
    publish: bool | None = None


class Daemon:
    """One site that is watched."""

    def __init__(self, project: Project, options: WatchOptions, log: logging.Logger) -> None:
        self.project, self.options, self._log = project, options, log
        self.metrics = Metrics()
        self.standing = Standing(project.root, project.settings.site.title, project.settings.watch.every)
        self.schedule = Schedule(project.settings.watch.every)
        self.health = Health(self.standing, self.metrics, partial(self._hint, "pull"), self._secret())
        self._source: Source | None = None
        self._engine: Engine | None = None
        self._outdated = False
        """Source and engine are those of settings that have changed; a pull in hand goes on with them."""
        self._stop, self._rewatch = asyncio.Event(), asyncio.Event()

    async def run(self, sock: socket.socket) -> None:
        """Watches until it is stopped by ``stop``, SIGTERM or SIGINT; SIGHUP reads the settings again."""
        loop = asyncio.get_running_loop()
        for number, act in ((signal.SIGTERM, self.stop), (signal.SIGINT, self.stop), (signal.SIGHUP, self._reload)):
            loop.add_signal_handler(number, act)
        address, port = sock.getsockname()[:2]
        self._log.info("watching", extra={"site": str(self.project.root), "listens": f"{address}:{port}"})
        self.schedule.want("pull", "start")
        if self._builds:
            self.schedule.want("build", "start")
        ways = [asyncio.create_task(way) for way in (self._serve(sock), self._work(), self._watch_files())]
        stopping = asyncio.create_task(self._stop.wait())
        try:
            done, _ = await asyncio.wait([stopping, *ways], return_when=asyncio.FIRST_COMPLETED)
            self._stop.set()
            # The pages go on while what is in hand is parked: a supervisor may ask.
            await asyncio.wait([ways[1]], timeout=PARK_SECONDS)
            for way in (*ways, stopping):
                way.cancel()
            await asyncio.gather(*ways, stopping, return_exceptions=True)
            for way in done - {stopping}:
                if (error := way.exception()) is not None:
                    raise error
        finally:
            await self._close()
            self._log.info("stopped")

    def stop(self) -> None:
        """Ends ``run`` soon, and lets the job in hand put down what it has."""
        self._stop.set()
        self._rewatch.set()

    # ---------------------------------------------------------------------------------------------------------- jobs

    async def _work(self) -> None:
        """One job after another, until the daemon is to end."""
        stopping = asyncio.create_task(self._stop.wait())
        jobs: Mapping[Job, Callable[[], Awaitable[tuple[str, int]]]] = {
            "pull": self._pull,
            "build": self._build,
            "publish": self._publish,
        }
        try:
            while not self._stop.is_set():
                waiting = asyncio.create_task(self.schedule.next())
                await asyncio.wait([waiting, stopping], return_when=asyncio.FIRST_COMPLETED)
                if not waiting.done():
                    waiting.cancel()
                    return
                job, reasons = waiting.result()
                doing = asyncio.create_task(self._one(job, jobs[job], reasons))
                await asyncio.wait([doing, stopping], return_when=asyncio.FIRST_COMPLETED)
                if not doing.done():
                    doing.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await doing
        finally:
            stopping.cancel()

    async def _one(self, job: Job, work: Callable[[], Awaitable[tuple[str, int]]], reasons: list[str]) -> None:
        began, at = time.monotonic(), dt.datetime.now(dt.UTC)
        self.standing.doing = job
        well, said, documents = False, "put down", 0
        try:
            said, documents = await work()
            well = True
            self._clear(job)
        except SitegenError as error:
            said = "; ".join(str(problem) for problem in error.problems[:3])
            self._trouble(job, error)
        except Exception as error:  # a fault of ours must not end the daemon
            said = str(Unexpected(f"{type(error).__name__}: {error}"))
            self.standing.troubles[job] = said
        finally:
            self.standing.doing = ""
            seconds = time.monotonic() - began
            self.standing.runs.append(Run(job, at, seconds, well, said, documents, tuple(reasons)))
            self.metrics.jobs.labels(job, "well" if well else "failed").inc()
            self.schedule.ended(job, well=well)
            self._told(job, seconds, said, reasons, well=well)
        if well:
            self.standing.successes[job] = dt.datetime.now(dt.UTC)
            self.metrics.last_success.labels(job).set_to_current_time()

    def _told(self, job: Job, seconds: float, said: str, reasons: list[str], *, well: bool) -> None:
        if well and said == "nothing new":  # a quiet day fills no log
            return
        level = logging.INFO if well or said == "put down" else logging.ERROR
        self._log.log(level, job, extra={"said": said, "seconds": round(seconds, 3), "why": ", ".join(reasons)})

    def _clear(self, job: Job) -> None:
        for name in ("source", "engine", "pull") if job == "pull" else (job,):
            self.standing.troubles.pop(name, None)

    def _trouble(self, job: Job, error: SitegenError) -> None:
        name = "source" if isinstance(error, SourceError) else "engine" if isinstance(error, EngineError) else job
        if name == "source":
            self.metrics.source_errors.labels(error.problems[0].code).inc()
        self.standing.troubles[name] = str(error.problems[0])

    async def _pull(self) -> tuple[str, int]:
        from sitegen.enrich.engines import open_engine
        from sitegen.enrich.pipeline import pull
        from sitegen.enrich.report import Progress, Request
        from sitegen.sources import open_source

        if self._outdated:
            await self._close()
            self._outdated = False
        if self._source is None:
            self._source = open_source(self.project)
        if self._engine is None:
            self._engine = open_engine(self.project)
        try:
            progress = Progress(result=self._result)
            report = await pull(self.project, self._source, self._engine, Request(due=True), progress)
        finally:
            await asyncio.to_thread(self._count)
        if report.count("created", "updated", "merged") and self._builds:
            self.schedule.want("build", "pull")
        return _said(report), report.total

    def _result(self, result: Result) -> None:
        self.metrics.processed.labels(result.done).inc()
        if result.done in ("created", "updated", "merged", "proposed"):
            self.metrics.cache.labels("miss" if result.from_engine else "hit").inc()
        level = logging.WARNING if result.bad else logging.INFO
        more = {"code": result.code, "reason": result.reason[:200]} if result.bad else {}
        if result.done != "unchanged":
            self._log.log(level, "document", extra={"document": result.ref, "result": result.done, **more})

    def _count(self) -> None:
        """What the pull left behind, as gauges."""
        from sitegen.enrich.journal import FILE_NAME, Journal

        path = self.project.state / FILE_NAME
        if path.exists():
            journal = Journal(path)
            try:
                waits = journal.count("pending") + journal.count("running") + journal.count("failed")
                self.standing.pending, self.standing.dead = waits, journal.count("dead")
            finally:
                journal.close()
        self.metrics.pending.set(self.standing.pending)
        self.metrics.dead.set(self.standing.dead)
        if self._engine is not None:
            model = getattr(getattr(self.project.settings.engine, self.project.settings.engine.kind, None), "model", "")
            self.metrics.endpoints(self._engine.stats, model)
        cache = self.project.state / "cache"
        if cache.is_dir():
            self.metrics.cache_bytes.set(sum(entry.size for entry in files.scan(cache, hidden=True)))

    async def _build(self) -> tuple[str, int]:
        words = [sys.executable, "-m", "sitegen", "--site", str(self.project.root), "--json", "build"]
        process = await asyncio.create_subprocess_exec(
            *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        try:
            told, complaint = await process.communicate()
        except asyncio.CancelledError:
            process.terminate()
            await process.wait()
            raise
        if process.returncode:
            raise _complaint(told, complaint)
        report = json.loads(told)
        self.metrics.built(report)
        await asyncio.to_thread(self._pages)
        if not report["written"] and not report["removed"]:
            return "nothing new", 0
        if self._publishes:
            self.schedule.want("publish", "build")
        return f"{report['written']} written, {report['removed']} removed", 0

    def _pages(self) -> None:
        """Counts the briefs by status."""
        from collections import Counter

        from sitegen.briefs.store import Store

        found = Counter(brief.matter.status for brief in Store.open(self.project.briefs).briefs.values())
        for status in ("draft", "review", "published", "withdrawn"):
            self.metrics.pages.labels(status).set(found[status])

    async def _publish(self) -> tuple[str, int]:
        from sitegen.publish.publication import PublishOptions, publish
        from sitegen.watch.quiet import Allowance

        wanted = self.project.settings.watch
        allowance = Allowance(self.project.state / "published.json", wanted.quiet, wanted.publishes_a_day)
        wait = allowance.wait(dt.datetime.now().astimezone())
        if wait:
            self.schedule.want("publish", "later", after=wait)
            return "nothing new", 0
        done = await asyncio.to_thread(publish, self.project, PublishOptions(), lambda text: None)
        if done is None:
            return "nothing new", 0
        allowance.took(dt.datetime.now().astimezone())
        return f"{done.message.partition(chr(10))[0]} ({done.commit[:10]})", 0

    # ----------------------------------------------------------------------------------------------------- occasions

    async def _watch_files(self) -> None:
        """Saved files want a build, new documents of a folder a pull."""
        from sitegen.serve.watching import changes, trees

        while not self._stop.is_set():
            self._rewatch.clear()
            source = self.project.settings.source
            documents = [self.project.path(source.folder.path)] if source.kind == "folder" else []
            watched = [*trees(self.project), *documents]
            async with contextlib.aclosing(changes(self.project.root, watched, self._rewatch)) as notices:
                await anext(notices)  # that the watch has begun
                async for _ in notices:
                    if documents:
                        self.schedule.want("pull", "files", after=SETTLE_SECONDS)
                    if self._builds:
                        self.schedule.want("build", "files", after=SETTLE_SECONDS)

    def _hint(self, job: Job, reason: str) -> None:
        self.schedule.want(job, reason)

    def _reload(self) -> None:
        """Reads the settings again; broken ones change nothing."""
        try:
            project = settings.load(self.project.root)
        except SitegenError as error:
            self.standing.troubles["settings"] = str(error.problems[0])
            self._log.error("settings", extra={"said": "; ".join(map(str, error.problems[:3]))})
            return
        self.standing.troubles.pop("settings", None)
        self.project = project
        self.standing.every = self.schedule.every = project.settings.watch.every
        self.health.secret = self._secret()
        self._outdated = True
        self._rewatch.set()
        self._log.info("settings", extra={"said": "read again"})
        self.schedule.want("pull", "settings")
        if self._builds:
            self.schedule.want("build", "settings")

    async def _serve(self, sock: socket.socket) -> None:
        import uvicorn

        class Uvicorn(uvicorn.Server):
            @contextlib.contextmanager
            def capture_signals(self) -> Iterator[None]:
                yield  # the daemon's own handlers park the job in hand first

            def handle_exit(self, number: int, frame: FrameType | None) -> None:
                pass

        config = uvicorn.Config(
            self.health.app, log_config=None, access_log=False, lifespan="off", ws="none", server_header=False
        )
        server = Uvicorn(config)
        try:
            await server.serve(sockets=[sock])
        except asyncio.CancelledError:
            server.should_exit = True
            raise

    # -------------------------------------------------------------------------------------------------------- settings

    @property
    def _builds(self) -> bool:
        chosen = self.options.build
        return self.project.settings.watch.build if chosen is None else chosen

    @property
    def _publishes(self) -> bool:
        chosen = self.options.publish
        return self.project.settings.watch.publish if chosen is None else chosen

    def _secret(self) -> str | None:
        wanted = self.project.settings.watch
        return settings.secret(wanted.token, wanted.token_file, "watch.token", self.project.root)

    async def _close(self) -> None:
        """Closes source and engine; the next pull opens them anew."""
        source, engine, self._source, self._engine = self._source, self._engine, None, None
        for one in (source, engine):
            if one is not None:
                with contextlib.suppress(Exception):  # what is thrown away may be broken
                    await one.aclose()


def watch(project: Project, options: WatchOptions, log: logging.Logger) -> None:
    """Watches a site until it is told to end. Raises ``Locked`` when that is done already, naming the process."""
    wanted = project.settings.watch
    with files.lock(project.state / "watch.lock", "watch"):
        host, port = options.host or wanted.host, wanted.port if options.port is None else options.port
        with listening(host, port, fixed=True) as sock:
            asyncio.run(_run(project, options, log, sock))


async def _run(project: Project, options: WatchOptions, log: logging.Logger, sock: socket.socket) -> None:
    await Daemon(project, options, log).run(sock)


def _said(report: Report) -> str:
    counts = [f"{count} {done}" for done, count in sorted(report.counts.items()) if done != "unchanged"]
    return ", ".join(counts) or "nothing new"


def _complaint(told: bytes, complaint: bytes) -> SitegenError:
    """What a build that failed said."""
    from sitegen import errors

    for text in (complaint, told):
        with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
            found: Any = json.loads(text)
            problems = found["errors"] if isinstance(found, dict) and "errors" in found else [found]
            first = problems[0]
            return errors.named(first["code"])(str(first["message"]), place=first.get("place"))
    line = complaint.decode("utf-8", "replace").strip().partition("\n")[0]
    return Unexpected(f"the build failed: {line[:300]}")
