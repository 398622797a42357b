"""Serve: the site on this machine, built anew whenever a file is saved.

The site is built into ``.sitegen/serve/``. A request is answered from what the last good build left there, and waits
while a build exchanges files, so that nobody sees half of a change. A broken page, template or sitegen.toml is told and
changes nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import webbrowser
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from sitegen import errors
from sitegen.console import Console
from sitegen.errors import PortTaken, SitegenError
from sitegen.serve.engine import Engine
from sitegen.serve.events import Event, OnEvent, shown_on
from sitegen.settings import Project
from sitegen.site.ahead import SupersededError
from sitegen.site.build import BuildOptions

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    Mounts = Mapping[str, ASGIApp]

_TRIES = 50
"""Ports to try beyond the one that was wanted."""

_AGAIN = 0.2
"""Seconds until files are watched again when something has ended that."""
_CALM = 2.0
"""Seconds without a change after which it is looked whether a notice was lost."""


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """What the command line says beyond the settings."""

    host: str | None = None
    port: int | None = None
    """None for that of the settings, or the next free one."""
    drafts: bool = False
    future: bool = False
    search: bool = False
    lan: bool = False
    """For others on this network, too."""
    open: bool = False
    """Show the site in the browser."""
    poll: bool = False
    """Look for changes again and again, without waiting to be told."""


def serve(
    project: Project,
    options: ServeOptions | None = None,
    on_event: OnEvent | None = None,
    console: Console | None = None,
    mounts: Mounts | None = None,
) -> None:
    """Serves the site until it is interrupted; what happens is told to ``on_event``, else shown.

    ``mounts`` are applications for whoever sits at this machine, by their paths, such as ``/_review``; where others can
    reach the server, they are left out.

    Raises ``PortTaken`` when the port that is asked for is in use or the host is not of this machine, and
    ``NotPermitted`` when the port may not be used.
    """
    options = options or ServeOptions()
    tell = on_event or shown_on(console or Console())
    wanted = project.settings.serve
    host = options.host or ("0.0.0.0" if options.lan else wanted.host)  # noqa: S104  # asked for by name, and told
    port = wanted.port if options.port is None else options.port
    with listening(host, port, fixed=options.port is not None) as sock:
        server = Server(project, sock, options, tell=tell, host=host, mounts=mounts)
        with contextlib.suppress(KeyboardInterrupt):
            server.rebuild()
            asyncio.run(server.run())
        tell(Event("stopped", server.url))


class Server:
    """The site behind one socket."""

    def __init__(
        self,
        project: Project,
        sock: socket.socket,
        options: ServeOptions,
        *,
        tell: OnEvent,
        host: str = "",
        mounts: Mounts | None = None,
    ) -> None:
        from sitegen.serve.pages import Pages

        address, port = sock.getsockname()[:2]
        self.local = ipaddress.ip_address(address).is_loopback
        shown = _address() if ipaddress.ip_address(address).is_unspecified else address
        self.url = f"http://{f'[{shown}]' if ':' in shown else shown}:{port}/"
        self.project, self.options = project, options
        self._sock, self._tell = sock, tell
        self._mounts = mounts if mounts and self.local else {}
        names = frozenset({"localhost", host.lower()})
        self.pages = Pages(project.state / "serve", names, search=options.search, mounts=self._mounts)
        wanted = {name: getattr(options, name) for name in ("drafts", "future", "search")}
        asked = BuildOptions(output=self.pages.folder, base_url=self.url, guard=False, **wanted)
        self.engine = Engine(project, asked, self.pages.ahead, self.pages.gate)
        self._good = self._failed = False

    def rebuild(self, changed: Collection[Path] | None = None) -> bool:
        """Builds when these files have changed, or whatever may have; returns whether that went well.

        Raises ``SupersededError``, and nothing else.
        """
        try:
            built = self.engine.build(changed) if self._good or self._failed else self.engine.first()
        except SupersededError:
            raise
        except SitegenError as error:
            self._fail(error)
            return False
        except Exception as error:  # a fault of ours must not end the server either
            self._fail(errors.Unexpected(f"{type(error).__name__}: {error}"))
            return False
        news = not self._good or self._failed or built.changed
        # Whoever looked at the page that told the failure looks at another one now.
        came_up = self.pages.failure is not None
        self.project, self._good, self._failed, self.pages.failure = self.engine.project, True, False, None
        self.pages.live.built(built.changed, everything=came_up)
        if news:
            self._tell(Event("built", self.url, built=built))
        if built.settings is not None:
            self._fail(built.settings)
        return built.settings is None

    def _fail(self, error: SitegenError) -> None:
        self._failed = True
        if not self._good:
            self.pages.failure = error
        self.pages.live.failed(error, self.project.root)
        self._tell(Event("failed", self.url, error=error))

    async def run(self) -> None:
        """Serves and watches until the process is interrupted or ``stop`` is called."""
        import uvicorn

        from sitegen.serve.pages import APART

        config = uvicorn.Config(
            self.pages.app,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=2,
        )
        live = self.pages.live

        class Uvicorn(uvicorn.Server):
            def handle_exit(self, number: int, frame: FrameType | None) -> None:
                live.close()  # open pages would keep the server waiting
                super().handle_exit(number, frame)

        self._uvicorn = Uvicorn(config)
        stop = asyncio.Event()
        watcher = asyncio.create_task(self._watch(stop))
        self._tell(Event("listening", self.url))
        for path in self._mounts:
            self._tell(Event("mounted", f"http://{APART}:{self._sock.getsockname()[1]}{path}/"))
        if not self.local:
            self._tell(Event("open", self.url))
        if self.options.open:
            await asyncio.to_thread(webbrowser.open, self.url)
        try:
            await self._uvicorn.serve(sockets=[self._sock])
        finally:
            stop.set()
            await watcher

    def stop(self) -> None:
        """Ends ``run`` soon; may be called from another thread."""
        self.pages.live.close()
        self._uvicorn.should_exit = True

    async def _watch(self, stop: asyncio.Event) -> None:
        """Follows the files until ``stop`` is set."""
        from sitegen.serve.watching import Due, changes, trees

        self._due, self._moved = Due(), asyncio.Event()
        builder = asyncio.create_task(self._build_what_is_due(stop))
        try:
            while not stop.is_set():
                watched = trees(self.project)
                self._moved.clear()
                followed = changes(
                    self.project.root, watched, stop, self._moved, poll=True if self.options.poll else None
                )
                async with contextlib.aclosing(followed) as notices:
                    async for paths in notices:
                        self._due.add(paths)
                        self.pages.ahead.supersede()
                await asyncio.sleep(_AGAIN)
        finally:
            stop.set()
            self.pages.ahead.supersede()
            self._due.add(())
            await builder

    async def _build_what_is_due(self, stop: asyncio.Event) -> None:
        """Builds in a thread of its own, one build after the other."""
        from sitegen.serve.watching import trees

        loop, watched, looks = asyncio.get_running_loop(), trees(self.project), False
        with ThreadPoolExecutor(1, "build") as thread:
            while True:
                try:
                    async with asyncio.timeout(_CALM if looks else None):
                        changed = await self._due.take()
                except TimeoutError:
                    looks = False
                    if missed := await loop.run_in_executor(thread, self.engine.missed):
                        self._due.add(missed)
                    continue
                looks = True
                if stop.is_set():
                    break
                try:
                    await loop.run_in_executor(thread, self.rebuild, changed)
                except SupersededError:
                    self._due.add(changed)
                if (now := trees(self.project)) != watched:
                    watched = now
                    self._moved.set()
            await loop.run_in_executor(thread, self.engine.close)


def _address() -> str:
    """This machine's address on its network; nothing is sent to find it out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, contextlib.suppress(OSError):
        sock.connect(("192.0.2.1", 9))
        return str(sock.getsockname()[0])
    return "127.0.0.1"


@contextlib.contextmanager
def listening(host: str, port: int, *, fixed: bool) -> Iterator[socket.socket]:
    """A listening socket on ``port``, or on the next free one unless it is ``fixed``."""
    last = port if fixed or port == 0 else min(port + _TRIES, 65535)
    for number in range(port, last + 1):
        try:
            sock = _bound(host, number)
        except OSError as error:
            if number < last and _in_use(error):
                continue
            raise _refused(error, host, port) from error
        with contextlib.closing(sock):
            yield sock
        return


def _bound(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen(128)
    except BaseException:
        sock.close()
        raise
    return sock


def _in_use(error: OSError) -> bool:
    import errno

    return error.errno == errno.EADDRINUSE


def _refused(error: OSError, host: str, port: int) -> SitegenError:
    place = f"{host}:{port}"
    if _in_use(error):
        return PortTaken(f"port {port} is in use", place=place)
    if isinstance(error, PermissionError):
        return errors.NotPermitted("this port is for the administrator only", place=place, remedy="Use one above 1023.")
    return PortTaken(f"cannot listen there: {error.strerror or error}", place=place, remedy="Check `--host`.")
