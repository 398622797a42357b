"""The daemon: two loops over a schedule that the source's clock, webhooks and saved files fill.

Pulls have a loop of their own, since one may take days: what editors save meanwhile is built and published.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import signal
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from sitegen import files, settings, spans
from sitegen.errors import SitegenError, Unexpected
from sitegen.root import FILE_NAME
from sitegen.serve.app import listening
from sitegen.settings import Project
from sitegen.watch.health import Health
from sitegen.watch.jobs import NOTHING, Jobs
from sitegen.watch.logs import RUN
from sitegen.watch.metrics import Metrics
from sitegen.watch.schedule import Job, Schedule
from sitegen.watch.standing import Run, Standing, now

if TYPE_CHECKING:
    from sitegen.watch.traces import Traces

PARK_SECONDS = 7.0
"""That a job in hand gets to put down what it has when the daemon is to end; some of the 10 s that are promised."""
SETTLE_SECONDS = 2.0
"""After a file was saved, the build waits so long for more."""
SHARE, LONGEST_SETTLE = 0.2, 300.0
"""While a pull writes one brief after another, builds take this share of the time at most; seconds between two."""
LOOK_SECONDS = 5.0
"""How often it is looked whether sitegen.toml is another one, for drives that tell nothing."""


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """What the command line says beyond the settings."""

    host: str | None = None
    port: int | None = None
    build: bool | None = None
    publish: bool | None = None


class Daemon:
    """One site that is watched."""

    def __init__(
        self,
        project: Project,
        options: WatchOptions,
        log: logging.Logger,
    ) -> None:
        self.project, self.options, self._log = project, options, log
        self.metrics = Metrics()
        self.standing = Standing(project.root, project.settings.site.title, project.settings.watch.every)
        self.schedule = Schedule(project.settings.watch.every)
        self.jobs = Jobs(project, self.metrics, self.standing, self.schedule, log)
        self.health = Health(
            self.standing,
            self.metrics,
            poke=partial(self.schedule.want, "pull"),
            fresh=self.jobs.fresh,
            secret=self._secret(),
        )
        self._settings_text = _text(project.root)
        self._stop = asyncio.Event()
        self._watches: set[asyncio.Event] = set()
        """Each ends a watch for files, which then begins anew."""
        self._options_apply()

    async def run(self, sock: socket.socket) -> None:
        """Watches until it is stopped by ``stop``, SIGTERM or SIGINT; SIGHUP reads the settings again."""
        loop = asyncio.get_running_loop()
        for number, act in ((signal.SIGTERM, self.stop), (signal.SIGINT, self.stop), (signal.SIGHUP, self.reload)):
            loop.add_signal_handler(number, act)
        address, port = sock.getsockname()[:2]
        self._log.info("watching", extra={"site": str(self.project.root), "listens": f"{address}:{port}"})
        self._want_all("start")
        traces = self._traces()
        with spans.listening(self.metrics, *traces):
            work = [asyncio.create_task(self._work("pull")), asyncio.create_task(self._work("build", "publish"))]
            watches = (self._watch(self._trees, self._saved), self._watch(self._documents, self._came))
            around = [asyncio.create_task(way) for way in (self._serve(sock), self._look(), *watches)]
        stopping = asyncio.create_task(self._stop.wait())
        try:
            done, _ = await asyncio.wait([stopping, *work, *around], return_when=asyncio.FIRST_COMPLETED)
            self.stop()
            # The pages go on while what is in hand is parked: a supervisor may ask.
            await asyncio.wait(work, timeout=PARK_SECONDS)
            for way in (*work, *around, stopping):
                way.cancel()
            await asyncio.wait([*work, *around, stopping], timeout=1)
            for way in done - {stopping}:
                if (error := way.exception()) is not None:
                    raise error
        finally:
            await self.jobs.aclose()
            for one in traces:
                await asyncio.to_thread(one.close)
            self._log.info("stopped")

    def _traces(self) -> list[Traces]:
        if not (url := self.project.settings.watch.traces):
            return []
        from sitegen.watch.traces import traces_to

        return [traces_to(url, lambda: self.jobs.builds)]

    def stop(self) -> None:
        """Ends ``run`` soon, and lets the jobs in hand put down what they have."""
        self._stop.set()
        self._rewatch()

    # ---------------------------------------------------------------------------------------------------------- jobs

    async def _work(self, *jobs: Job) -> None:
        """One of these jobs after another, until the daemon is to end."""
        stopping = asyncio.create_task(self._stop.wait())
        try:
            while not self._stop.is_set():
                waiting = asyncio.create_task(self.schedule.next(*jobs))
                await asyncio.wait([waiting, stopping], return_when=asyncio.FIRST_COMPLETED)
                if not waiting.done():
                    waiting.cancel()
                    return
                job, reasons = waiting.result()
                doing = asyncio.create_task(self._one(job, reasons))
                await asyncio.wait([doing, stopping], return_when=asyncio.FIRST_COMPLETED)
                if not doing.done():
                    doing.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await doing
        finally:
            stopping.cancel()

    async def _one(self, job: Job, reasons: list[str]) -> None:
        run = secrets.token_hex(4)
        RUN.set(run)
        began, at = time.monotonic(), now()
        self.standing.doing[job] = at
        well, said, documents = False, "put down", 0
        try:
            with spans.span(job, run=run, why=", ".join(reasons)):
                said, documents = await self.jobs.do(job)
            well = True
            self.jobs.clear(*(("source", "pull") if job == "pull" else (job,)))
        except SitegenError as error:
            said = "; ".join(str(problem) for problem in error.problems[:3])
            self.jobs.trouble(job, error)
        except Exception as error:  # a fault of ours must not end the daemon
            said = str(Unexpected(f"{type(error).__name__}: {error}"))
            self.standing.troubles[job] = said
        finally:
            seconds = time.monotonic() - began
            del self.standing.doing[job]
            self.standing.ended(Run(job, at, seconds, well, said, documents, tuple(reasons), run))
            if well or said != "put down":
                self.metrics.jobs.labels(job, "well" if well else "failed").inc()
            self.schedule.ended(job, well=well)
            self._told(job, seconds, said, reasons, well=well)
        if well:
            self.metrics.last_success.labels(job).set_to_current_time()
        if job == "pull":
            self.jobs.retry()

    def _told(self, job: Job, seconds: float, said: str, reasons: list[str], *, well: bool) -> None:
        if well and said == NOTHING:  # a quiet day fills no log
            return
        level = logging.INFO if well or said == "put down" else logging.ERROR
        self._log.log(level, job, extra={"said": said, "seconds": round(seconds, 3), "why": ", ".join(reasons)})

    # ----------------------------------------------------------------------------------------------------- occasions

    def _want_all(self, reason: str) -> None:
        self.schedule.want("pull", reason)
        if self.jobs.builds:
            self.schedule.want("build", reason)

    def _trees(self) -> list[Path]:
        from sitegen.serve.watching import trees

        return trees(self.project)

    def _documents(self) -> list[Path]:
        source = self.project.settings.source
        return [self.project.path(source.folder.path)] if source.kind == "folder" else []

    async def _watch(self, places: Callable[[], list[Path]], act: Callable[[], None]) -> None:
        """Acts whenever something below these places has changed. Each has a watch of its own: what a pull writes must
        not look like a new document."""
        from sitegen.serve.watching import changes

        while not self._stop.is_set():
            ended = asyncio.Event()
            self._watches.add(ended)
            async with contextlib.aclosing(changes(self.project.root, places(), ended)) as notices:
                await anext(notices)  # that the watch has begun
                async for _ in notices:
                    if not self._settings_changed():
                        act()
            self._watches.discard(ended)

    def _rewatch(self) -> None:
        for ended in self._watches:
            ended.set()

    def _saved(self) -> None:
        if self.jobs.builds:
            self.schedule.want("build", "files", after=self._settle())

    def _came(self) -> None:
        self.schedule.want("pull", "files", after=SETTLE_SECONDS)

    def _settle(self) -> float:
        """Seconds to wait for more: longer while a pull writes one brief after another."""
        if "pull" not in self.standing.doing or not self.standing.hand:
            return SETTLE_SECONDS
        return min(max(self.jobs.build_seconds / SHARE, SETTLE_SECONDS), LONGEST_SETTLE)

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self._settings_changed()

    # -------------------------------------------------------------------------------------------------------- settings

    def _settings_changed(self) -> bool:
        """Reads sitegen.toml again if it is another one; whether other settings hold now."""
        return _text(self.project.root) != self._settings_text and self._read_again()

    def reload(self) -> None:
        """Reads the settings again."""
        self._read_again()

    def _read_again(self) -> bool:
        """Reads the settings again; broken ones change nothing."""
        self._settings_text = _text(self.project.root)
        try:
            project = settings.load(self.project.root)
        except SitegenError as error:
            self.standing.troubles["settings"] = str(error.problems[0])
            self._log.error("settings", extra={"said": "; ".join(map(str, error.problems[:3]))})
            return False
        self.jobs.clear("settings")
        self.project = project
        self.jobs.settings_changed(project)
        self.standing.title = project.settings.site.title
        self.standing.every = self.schedule.every = project.settings.watch.every
        self.health.secret = self._secret()
        self._options_apply()
        self._rewatch()
        self._log.info("settings", extra={"said": "read again"})
        self._want_all("settings")
        return True

    def _options_apply(self) -> None:
        wanted, options = self.project.settings.watch, self.options
        self.jobs.builds = wanted.build if options.build is None else options.build
        self.jobs.publishes = wanted.publish if options.publish is None else options.publish

    def _secret(self) -> str | None:
        wanted = self.project.settings.watch
        return settings.secret(wanted.token, wanted.token_file, "watch.token", self.project.root)

    # ----------------------------------------------------------------------------------------------------------- pages

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


def watch(project: Project, options: WatchOptions, log: logging.Logger) -> None:
    """Watches a site until it is told to end. Raises ``Locked`` when that is done already, naming the process."""
    wanted = project.settings.watch
    with files.lock(project.state / "watch.lock", "watch"):
        host, port = options.host or wanted.host, wanted.port if options.port is None else options.port
        with listening(host, port, fixed=True) as sock:
            asyncio.run(_run(project, options, log, sock))


async def _run(project: Project, options: WatchOptions, log: logging.Logger, sock: socket.socket) -> None:
    await Daemon(project, options, log).run(sock)


def _text(root: Path) -> bytes | None:
    """The settings file as it is; None when it cannot be read."""
    try:
        return (root / FILE_NAME).read_bytes()
    except OSError:
        return None
