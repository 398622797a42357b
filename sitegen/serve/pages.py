"""Pages: the built site over HTTP as a host would serve it: pretty addresses, the site's own 404 page, ETags."""

from __future__ import annotations

import asyncio
import hashlib
import html
import mimetypes
import threading
from pathlib import Path
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sitegen import files
from sitegen.errors import SitegenError, StorageError
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
_NOT_SERVED = {"_headers", "_redirects"}


class Pages:
    """Answers requests from a folder. ``gate`` is held by a build while it changes the folder."""

    def __init__(self, folder: Path, hosts: frozenset[str] | None, *, search: bool = False) -> None:
        """``hosts`` are the names under which the site may be asked for; None allows all."""
        self.folder = folder
        self._policy = policy(search=search)
        self.gate = threading.Lock()
        self.failure: SitegenError | None = None
        """Why there is no site at all."""
        self._hosts = hosts
        methods = ["GET", "HEAD"]
        self.app = Starlette(routes=[Route("/{path:path}", self._answer, methods=methods)])

    async def _answer(self, request: Request) -> Response:
        if self._hosts is not None and host_name(request.headers.get("host", "")) not in self._hosts:
            # A page elsewhere could point its own name at this machine and read drafts through the visitor's browser.
            return _plain(421, "This server answers only under its own address.")
        if not self.gate.acquire(blocking=False):
            await asyncio.to_thread(self.gate.acquire)
        try:
            found = self._find(request)
        finally:
            self.gate.release()
        found.headers["Content-Security-Policy"] = self._policy
        return found

    def _find(self, request: Request) -> Response:
        path = str(request.scope["path"]).removeprefix("/")
        if self.failure is not None:
            return _failure_page(self.failure)
        try:
            return self._at(path, request) or self._missing()
        except (StorageError, OSError, ValueError):  # no name that a file could have
            return self._missing()

    def _at(self, path: str, request: Request) -> Response | None:
        target = files.confined(self.folder, path)
        if path in _NOT_SERVED or any(part.startswith(".") and part != ".well-known" for part in path.split("/")):
            return None
        if target.is_dir():
            if path and not path.endswith("/"):
                return _redirect(path, request.url.query)
            target = target / "index.html"
        elif path.endswith("/"):
            return None
        return _file(target, request.headers.get("if-none-match", ""))

    def _missing(self) -> Response:
        page = _file(self.folder / "404.html", "")
        if page is None:
            return _plain(404, "There is no such page.")
        page.status_code = 404
        return page


def host_name(header: str) -> str:
    """The name in a Host header, without the port: ``localhost:8000`` → ``localhost``, ``[::1]:8000`` → ``::1``."""
    if header.startswith("["):
        return header[1:].partition("]")[0].lower()
    return header.rpartition(":")[0].lower() if header.count(":") == 1 else header.lower()


def media_type(name: str) -> str:
    """The content type for a file name."""
    suffix = Path(name).suffix.lower()
    return _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"


def _file(path: Path, if_none_match: str) -> Response | None:
    try:
        data = path.read_bytes()
    except OSError:
        return None
    tag = f'"{hashlib.sha256(data).hexdigest()[:20]}"'
    headers = {**_HEADERS, "ETag": tag}
    known = {value.strip().removeprefix("W/") for value in if_none_match.split(",")}
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(data, headers=headers, media_type=media_type(path.name))


def _redirect(path: str, query: str) -> Response:
    # Kept on this host: a path that begins with two slashes would name another one.
    place = f"/{quote(path.lstrip('/'))}/" + (f"?{query}" if query else "")
    return Response(status_code=307, headers={**_HEADERS, "Location": place})


def _plain(status: int, text: str) -> Response:
    return Response(f"{text}\n", status, {**_HEADERS}, "text/plain; charset=utf-8")


def _failure_page(error: SitegenError) -> Response:
    """What is shown as long as no build has succeeded."""
    items = "".join(
        f"<li><p><strong>{html.escape(problem.code)}</strong> {html.escape(str(problem))}</p>"
        f"<p>{html.escape(problem.remedy)}</p></li>"
        for problem in error.problems
    )
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>The site cannot be built</title></head>'
        f"<body><h1>The site cannot be built</h1><ul>{items}</ul><p>Mend it and reload this page.</p></body></html>\n"
    )
    return Response(text, 500, {**_HEADERS}, "text/html; charset=utf-8")
