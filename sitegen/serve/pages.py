"""Pages: the built site over HTTP as a host would serve it: pretty addresses, its own rules and its 404 page."""

from __future__ import annotations

import asyncio
import hashlib
import html
import ipaddress
import mimetypes
import re
import socket
import threading
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, unquote

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from sitegen import files
from sitegen.errors import SitegenError, StorageError
from sitegen.serve.live import PREFIX, Live
from sitegen.serve.rules import Redirect, Rules, opened
from sitegen.site.ahead import Ahead
from sitegen.site.machines.headers import POLICY, policy

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
}
"""The system's own table differs from machine to machine; it is asked for the rest."""

_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cache-Control": "no-cache",
}
"""What a site without a ``_headers`` file gets."""
_RULES = ("_headers", "_redirects")
APART = "localhost"
"""The name under which applications beside the site answer, and the site does not."""
_COMPRESSED_FROM = 1024
"""Bytes."""
_PATIENCE = 3.0
"""Seconds to wait for a page that is being made anew, before the last good one is shown."""
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class Pages:
    """Answers requests from a folder. ``gate`` is held by a build while it changes the folder."""

    def __init__(
        self,
        folder: Path,
        hosts: frozenset[str],
        *,
        search: bool = False,
        live: bool = True,
        mounts: Mapping[str, ASGIApp] | None = None,
    ) -> None:
        """``hosts`` are the names under which the site may be asked for, beside bare numbers such as 127.0.0.1.

        Without ``live``, nothing is added to the pages. ``mounts`` are applications below paths such as ``/_review``,
        which say themselves whom they answer. They have the name ``localhost`` for themselves, as an origin of their
        own: what a page of the site does in a browser must not reach them. The site has the number.
        """
        self._apart = bool(mounts)
        self.folder = folder.resolve()
        self._policy = policy(search=search)
        self.gate = threading.Lock()
        self.live = Live(self.output_of)
        self.ahead = Ahead(self.live.renewed)
        self._adds = live
        self.failure: SitegenError | None = None
        """Why there is no site at all."""
        self._hosts = hosts
        self._rules: tuple[object, Rules] = (None, Rules())
        methods = ["GET", "HEAD"]
        compress = Middleware(GZipMiddleware, minimum_size=_COMPRESSED_FROM, compresslevel=1)
        routes = [*_mounted(mounts or {}), Route("/{path:path}", self._answer, methods=methods)]
        self.app = Starlette(routes=routes, middleware=[compress])

    async def _answer(self, request: Request) -> Response:
        if not is_ours(request.headers.get("host", ""), self._hosts):
            # A page elsewhere could point its own name at this machine and read drafts through the visitor's browser.
            return _plain(421, "This server answers only under its own address.")
        if self._apart and host_name(request.headers["host"]) == APART:
            return Response(status_code=307, headers={**_HEADERS, "Location": _by_number(request)})
        path = str(request.scope["path"]).removeprefix("/")
        if self._adds and path.startswith(PREFIX):
            return self.live.answer(request, path.removeprefix(PREFIX))
        if self.ahead.busy:
            output = self.output_of(f"/{path}")
            if self.ahead.is_stale(output):
                await asyncio.to_thread(self.ahead.wait, output, _PATIENCE)
            if self.ahead.get(output) is not None:  # it need not be waited for until all is written
                return self._find(path, request)
        if not self.gate.acquire(blocking=False):
            await asyncio.to_thread(self.gate.acquire)
        try:
            return self._find(path, request)
        finally:
            self.gate.release()

    def output_of(self, address: str) -> str:
        """The path of the output that answers an address: ``/about/`` → ``about/index.html``; the 404 page for none."""
        path = unquote(address).removeprefix("/")
        try:
            found = self._file_at(path)
        except (StorageError, OSError, ValueError):
            found = None
        return "404.html" if found is None else found.relative_to(self.folder).as_posix()

    def _find(self, path: str, request: Request) -> Response:
        if self.failure is not None:
            return _page(500, self.live.injected(_failure_page(self.failure)), {**_HEADERS, **_opened(POLICY)})
        try:
            return self._at(path, request)
        except (StorageError, OSError, ValueError):  # no name that a file could have
            return self._missing(request)

    def _at(self, path: str, request: Request) -> Response:
        target = self._file_at(path)
        query, languages = request.url.query, _languages(request.headers.get("accept-language", ""))
        rule = self.rules.redirect(f"/{path}", query, languages, there=target is not None)
        if rule is not None:
            return self._redirected(*rule, request)
        if target is not None:
            return self._file(target, request)
        if path and not path.endswith("/") and (self.folder / path).is_dir() and self._file_at(f"{path}/"):
            # Kept on this host: a path that begins with two slashes would name another one.
            place = f"/{quote(path.lstrip('/'))}/" + (f"?{query}" if query else "")
            return Response(status_code=307, headers={**_HEADERS, "Location": place})
        return self._missing(request)

    def _file_at(self, path: str) -> Path | None:
        """The file that answers a path, as hosts find it."""
        if path in _RULES or any(part.startswith(".") and part != ".well-known" for part in path.split("/")):
            return None
        names = (f"{path}index.html",) if not path or path.endswith("/") else (path, f"{path}.html")
        if (ahead := next((name for name in names if self.ahead.knows(name)), None)) is not None:
            return self.folder / ahead
        target = files.confined(self.folder, path)
        if target.is_dir():
            whole = not path or path.endswith("/")
            target = target / "index.html" if whole else target.with_name(f"{target.name}.html")
        elif path.endswith("/"):
            return None
        elif not target.is_file():
            target = target.with_name(f"{target.name}.html")
        return target if target.is_file() else None

    def _redirected(self, rule: Redirect, place: str, request: Request) -> Response:
        if 300 <= rule.status < 400:
            return Response(status_code=rule.status, headers={**_HEADERS, "Location": place})
        if not place.startswith("/"):
            return _plain(502, "This rule asks another server, which only a host does.")
        target = self._file_at(unquote(place.partition("?")[0]).removeprefix("/"))
        return self._missing(request) if target is None else self._file(target, request, rule.status)

    def _missing(self, request: Request) -> Response:
        page = self.folder / "404.html"
        return self._file(page, request, 404) if page.is_file() else _plain(404, "There is no such page.")

    def _file(self, path: Path, request: Request, status: int = 200) -> Response:
        output = path.relative_to(self.folder).as_posix()
        data = self.ahead.get(output) or path.read_bytes()
        headers = {name.lower(): value for name, value in _HEADERS.items()}
        headers["content-security-policy"] = self._policy
        headers["content-type"] = media_type(path.name)
        address = f"/{output}".removesuffix("index.html")
        headers |= self.rules.headers_for(address if status == 404 else request.scope["path"])
        if self._adds and headers["content-type"].startswith("text/html"):
            self.ahead.look(output)
            data = self.live.injected(data)
            headers |= _opened(headers["content-security-policy"])
        headers["etag"] = tag = f'"{hashlib.sha256(data).hexdigest()[:20]}"'
        if status == 200 and _is_known(tag, request.headers.get("if-none-match", "")):
            del headers["content-type"]
            return Response(status_code=304, headers=headers)
        if status == 200:
            headers["accept-ranges"] = "bytes"
            if (part := _part(request, tag, len(data))) is not None:
                return _partial(data, part, headers)
        return Response(data, status, headers)

    @property
    def rules(self) -> Rules:
        """Those that the last build wrote."""
        stamps = tuple(_stamp(self.folder / name) for name in _RULES)
        if self._rules[0] != stamps:
            self._rules = stamps, Rules.read(*(_text(self.folder / name) for name in _RULES))
        return self._rules[1]


def _by_number(request: Request) -> str:
    """The same address, with the number of this machine for its name, and the port that was asked for."""
    number, (_, colon, port) = request.scope["server"][0], request.headers["host"].partition(":")
    return str(request.url.replace(netloc=f"{f'[{number}]' if ':' in number else number}{colon}{port}"))


def _mounted(mounts: Mapping[str, ASGIApp]) -> Iterator[Route | Mount]:
    for path, app in mounts.items():
        yield Route(path, RedirectResponse(f"{path}/", 307))
        yield Mount(path, app)


def _opened(policy: str) -> dict[str, str]:
    """The content security policy with room for live reload."""
    return {"content-security-policy": opened(policy)}


def _is_known(tag: str, if_none_match: str) -> bool:
    known = {value.strip().removeprefix("W/") for value in if_none_match.split(",")}
    return tag in known or "*" in known


def _part(request: Request, tag: str, size: int) -> tuple[int, int] | None:
    """The first byte and the one after the last that are asked for; None for all. Several parts get all."""
    found = _RANGE.fullmatch(request.headers.get("range", ""))
    if found is None or not any(found.groups()) or request.headers.get("if-range", tag) != tag:
        return None
    first, last = found.groups()
    if not first:
        return max(size - int(last), 0), size
    return int(first), min(int(last) + 1, size) if last else size


def _partial(data: bytes, part: tuple[int, int], headers: dict[str, str]) -> Response:
    start, end = part
    if start >= end:
        return Response(status_code=416, headers={**headers, "content-range": f"bytes */{len(data)}"})
    # Named, so that nothing is compressed, which would count other bytes.
    more = {"content-range": f"bytes {start}-{end - 1}/{len(data)}", "content-encoding": "identity"}
    return Response(data[start:end], 206, {**headers, **more})


def _languages(header: str) -> list[str]:
    return [word.partition(";")[0].strip() for word in header.split(",") if word.strip()]


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


@contextmanager
def hosted(folder: Path) -> Iterator[str]:
    """The address of a folder, which is answered as a host would, while the block runs."""
    import uvicorn

    app = Pages(folder, frozenset({"localhost"}), live=False).app
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none", server_header=False)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as sock:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{sock.getsockname()[1]}/"
        finally:
            server.should_exit = True
            thread.join()


def is_ours(header: str, names: Container[str]) -> bool:
    """Whether a Host header is a bare number or one of ``names``; any other name anybody could let lead here."""
    name = host_name(header)
    try:
        return bool(ipaddress.ip_address(name))
    except ValueError:
        return name in names


def host_name(header: str) -> str:
    """The name in a Host header, without the port: ``localhost:8000`` → ``localhost``, ``[::1]:8000`` → ``::1``."""
    if header.startswith("["):
        return header[1:].partition("]")[0].lower()
    return header.rpartition(":")[0].lower() if header.count(":") == 1 else header.lower()


def media_type(name: str) -> str:
    """The content type for a file name."""
    suffix = Path(name).suffix.lower()
    return _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"


def _plain(status: int, text: str) -> Response:
    return Response(f"{text}\n", status, {**_HEADERS}, "text/plain; charset=utf-8")


def _page(status: int, data: bytes, headers: dict[str, str]) -> Response:
    return Response(data, status, headers, "text/html; charset=utf-8")


def _failure_page(error: SitegenError) -> bytes:
    """What is shown as long as no build has succeeded; what is wrong, in words, for those without scripts."""
    items = "".join(
        f"<li><p><strong>{html.escape(problem.code)}</strong> {html.escape(str(problem))}</p>"
        f"<p>{html.escape(problem.remedy)}</p></li>"
        for problem in error.problems
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>The site cannot be built</title></head>'
        f"<body><h1>The site cannot be built</h1><ul>{items}</ul><p>This page goes away when it is mended.</p>"
        "</body></html>\n"
    ).encode()
