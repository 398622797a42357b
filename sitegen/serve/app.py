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
from collections.abc import Iterator
from pathlib import Path

from sitegen import errors, settings
from sitegen.console import Console
from sitegen.errors import PortTaken, SitegenError
from sitegen.serve.events import Event, OnEvent, shown_on
from sitegen.settings import Project
from sitegen.site import chain, folders
from sitegen.site.build import BuildOptions, build

_TRIES = 50
"""Ports to try beyond the one that was wanted."""


def serve(
    project: Project,
    host: str | None = None,
    port: int | None = None,
    drafts: bool = False,
    search: bool = False,
    on_event: OnEvent | None = None,
    console: Console | None = None,
) -> None:
    """Serves the site until it is interrupted; what happens is told to ``on_event``, else shown.

    Without ``port`` that of the settings is taken, or the next free one. Raises ``PortTaken`` when ``port`` is in use
    or ``host`` is not of this machine, and ``NotPermitted`` when the port may not be used.
    """
    tell = on_event or shown_on(console or Console())
    wanted = project.settings.serve
    with listening(host or wanted.host, wanted.port if port is None else port, fixed=port is not None) as sock:
        server = Server(project, sock, drafts=drafts, search=search, tell=tell)
        with contextlib.suppress(KeyboardInterrupt):
            server.rebuild()
            asyncio.run(server.run())
        tell(Event("stopped", server.url))


class Server:
    """The site behind one socket."""

    def __init__(
        self, project: Project, sock: socket.socket, *, drafts: bool, tell: OnEvent, search: bool = False
    ) -> None:
        from sitegen.serve.pages import Pages

        address, port = sock.getsockname()[:2]
        self.local = ipaddress.ip_address(address).is_loopback
        shown = "127.0.0.1" if ipaddress.ip_address(address).is_unspecified else address
        self.url = f"http://{f'[{shown}]' if ':' in shown else shown}:{port}/"
        self.project = project
        self._sock, self._drafts, self._search, self._tell = sock, drafts, search, tell
        hosts = frozenset({"localhost", "127.0.0.1", "::1", address}) if self.local else None
        self.pages = Pages(project.state / "serve", hosts, search=search)
        self._good = self._failed = False

    def rebuild(self) -> bool:
        """Reads the settings again and builds; returns whether that went well. Never raises."""
        try:
            project = settings.load(self.project.root)
            options = BuildOptions(
                output=self.pages.folder, drafts=self._drafts, base_url=self.url, search=self._search
            )
            report = build(project, options, gate=self.pages.gate)
        except SitegenError as error:
            self._fail(error)
            return False
        except Exception as error:  # a fault of ours must not end the server either
            self._fail(errors.Unexpected(f"{type(error).__name__}: {error}"))
            return False
        news = not self._good or self._failed or report.written or report.removed
        self.project, self._good, self._failed, self.pages.failure = project, True, False, None
        if news:
            self._tell(Event("built", self.url, report=report))
        return True

    def _fail(self, error: SitegenError) -> None:
        self._failed = True
        if not self._good:
            self.pages.failure = error
        self._tell(Event("failed", self.url, error=error))

    async def run(self) -> None:
        """Serves and watches until the process is interrupted or ``stop`` is called."""
        import uvicorn

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
        self._uvicorn = uvicorn.Server(config)
        stop = asyncio.Event()
        watcher = asyncio.create_task(self._watch(stop))
        self._tell(Event("listening", self.url))
        if not self.local:
            self._tell(Event("open", self.url))
        try:
            await self._uvicorn.serve(sockets=[self._sock])
        finally:
            stop.set()
            await watcher

    def stop(self) -> None:
        """Ends ``run`` soon; may be called from another thread."""
        self._uvicorn.should_exit = True

    async def _watch(self, stop: asyncio.Event) -> None:
        from sitegen.serve.watching import changes

        while not stop.is_set():
            trees = self._trees()
            async with contextlib.aclosing(changes(self.project.root, trees, stop)) as notices:
                async for _ in notices:
                    await asyncio.to_thread(self.rebuild)
                    if self._trees() != trees:
                        break

    def _trees(self) -> list[Path]:
        try:
            layers = chain.themes(self.project)
        except SitegenError:  # whatever is changed there may mend it
            layers = (chain.Layer("", self.project.root / "themes"),)
        return [path for name, path in folders.trees(self.project, layers).items() if name != "provenance"]


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
