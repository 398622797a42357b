"""A stand-in for Paperless-ngx over real HTTP, as ``sitegen`` meets it: token, versions, paging, redirects, faults.

    with PaperlessServer(documents=[{"title": "Minutes", "content": "…"}]) as server:
        source = PaperlessSource(server.settings(), server.token)
        server.add_document("Budget", "…", tags=["publish", "finance"], correspondent="Town Hall")
        server.rename_tag("finance", "money")
        server.fail_next(2, status=503)
        …
        assert server.requests[-1].path == "/api/documents/"

``server.archive`` is the state behind it. A document carries the tag ``publish`` unless told otherwise.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import gzip
import http.server
import json
import re
import socket
import ssl
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime
from http import HTTPStatus
from types import TracebackType
from typing import Any, Literal, Self

from sitegen.settings import Paperless
from tests.servers.paperless_archive import Archive, BadValue, Json, User

ADMIN_TOKEN = "0123456789abcdef0123456789abcdef01234567"
VERSION = "3.0.5"
SERVER_ERROR = "\n<!doctype html>\n<title>Server Error (500)</title>\n<h1>Server Error (500)</h1><p></p>\n"
GERMAN = {"Authentication credentials were not provided.": "Anmeldedaten fehlen."}

FaultKind = Literal["status", "html", "invalid_json", "json_list", "drop", "truncate", "bad_gzip", "slow"]


@dataclass(frozen=True)
class Request:
    """A request that arrived."""

    method: str
    path: str
    """Without query."""
    params: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""


@dataclass
class Reply:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Fault:
    """What goes wrong for the next ``count`` requests to ``path``, after ``after`` good ones."""

    kind: FaultKind
    count: int
    status: int
    headers: Mapping[str, str]
    path: str | None
    after: int
    seconds: float


class PaperlessServer:
    """The stand-in; a context manager that listens on a free port of the loopback address."""

    def __init__(
        self,
        documents: Iterable[Mapping[str, Any]] = (),
        *,
        tags: Iterable[str] = ("publish",),
        base_path: str = "",
        api_versions: Iterable[int] = (9, 10),
        zone: dt.tzinfo = dt.UTC,
        certificate: Callable[[ssl.SSLContext], None] | None = None,
    ) -> None:
        self.archive = Archive(zone=zone)
        self.archive.add_user(ADMIN_TOKEN)
        for name in tags:
            self.archive.add_lookup("tags", name)
        for document in documents:
            self.archive.add_document(**document)
        self.token = ADMIN_TOKEN
        self.base_path = base_path.rstrip("/")
        self.api_versions = frozenset(api_versions)
        self.ignored_filters: set[str] = set()
        """Filters that this server does not know."""
        self.requests: list[Request] = []
        self.on_request: Callable[[Request], None] | None = None
        """Called before a request is answered; may change the archive."""
        self.errors: list[BaseException] = []
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self._http = _Listener(self, certificate)
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    # ----------------------------------------------------------------------------------------------------- its state

    @property
    def url(self) -> str:
        scheme = "https" if self._http.tls else "http"
        return f"{scheme}://127.0.0.1:{self._http.server_address[1]}{self.base_path}"

    def settings(self, **options: Any) -> Paperless:
        """Settings of sitegen that fit this server."""
        return Paperless(**{"url": self.url, "timeout": 5, "retries": 2, "overlap": 0, **options})

    def add_document(self, title: str = "Untitled", content: str = "", **fields: Any) -> int:
        return self.archive.add_document(title, content, **fields)

    def update(self, id_: int, **fields: Any) -> None:
        self.archive.update(id_, **fields)

    def reprocess(self, id_: int, content: str) -> None:
        self.archive.reprocess(id_, content)

    def delete(self, id_: int) -> None:
        self.archive.delete(id_)

    def restore(self, id_: int) -> None:
        self.archive.restore(id_)

    def add_tag(self, name: str, **fields: Any) -> int:
        return self.archive.add_lookup("tags", name, **fields)

    def rename_tag(self, old: str, new: str) -> None:
        self.archive.rename("tags", old, new)

    def delete_tag(self, name: str) -> None:
        self.archive.delete_lookup("tags", name)

    def add_user(self, token: str, **fields: Any) -> User:
        """Fields are those of ``User``; ``admin=False`` makes a user who sees only what is theirs or nobody's."""
        return self.archive.add_user(token, **fields)

    def fail_next(
        self,
        count: int = 1,
        *,
        kind: FaultKind = "status",
        status: int = 500,
        headers: Mapping[str, str] | None = None,
        path: str | None = None,
        after: int = 0,
        seconds: float = 0.2,
    ) -> None:
        """Makes the next ``count`` requests fail: ``status`` with an HTML page; ``html``, ``invalid_json`` or
        ``json_list`` with status 200; the connection dropped, the answer truncated, its gzip broken, or ``slow`` by so
        many seconds. Only requests to ``path`` (below the base path) when it is given; ``after`` so many good ones."""
        self._faults.append(Fault(kind, count, status, headers or {}, path, after, seconds))

    def count(self, path: str) -> int:
        """How many requests asked for ``path``."""
        return sum(request.path == self.base_path + path for request in self.requests)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if self.errors and error is None:
            raise self.errors[0]

    def stop(self) -> None:
        """Goes away, with all its connections, as a server that is shut down does."""
        self._http.shutdown()
        self._http.server_close()
        self._http.close_connections()
        self._thread.join()

    # ------------------------------------------------------------------------------------------------------- answers

    def fault_for(self, request: Request) -> Fault | None:
        with self._lock:
            for fault in self._faults:
                if fault.count and (fault.path is None or self.base_path + fault.path == request.path):
                    if fault.after:
                        fault.after -= 1
                        continue
                    fault.count -= 1
                    return fault
        return None

    def answer(self, request: Request) -> Reply:
        """The answer of a healthy server."""
        if self.on_request is not None:
            self.on_request(request)
        with self._lock:
            self.requests.append(request)
            return self._route(request)

    def _route(self, request: Request) -> Reply:
        path = request.path.removeprefix(self.base_path) if request.path.startswith(self.base_path + "/") else ""
        if path == "/accounts/login/":
            return Reply(200, b"<!doctype html><title>Paperless-ngx sign in</title>", _HTML)
        if not path:
            return Reply(404, b"<h1>404 Not Found</h1>", _HTML)
        if path == "/api/":
            return Reply(302, headers={**_HTML, "Location": "schema/view/"})
        parts = re.fullmatch(r"/api/(documents|tags|correspondents|document_types|trash)/(?:([^/]+)/)?", path)
        if parts is None:
            # Also a forgotten slash at the end, whatever the token.
            return Reply(302, headers={**_HTML, "Location": f"/accounts/login/?next={request.path}"})
        return self._api(request, parts[1], parts[2])

    def _api(self, request: Request, kind: str, key: str | None) -> Reply:
        version = self._version(request)
        if isinstance(version, str):
            return _told(406, version)
        user = self._user(request.headers.get("authorization", ""))
        if isinstance(user, str):
            text = GERMAN.get(user, user) if request.headers.get("accept-language", "").startswith("de") else user
            scheme = 'Basic realm="api"' if user == "Invalid username/password." else "Token"
            return _told(401, text, {"WWW-Authenticate": scheme})
        newest = {"X-Api-Version": str(max(self.api_versions)), "X-Version": VERSION}
        try:
            if kind not in user.permissions and kind != "trash":
                reply = _told(403, "You do not have permission to perform this action.")
            elif version is None:
                reply = Reply(200, b"<!doctype html><title>Api Root</title>", dict(_HTML))
            elif key is not None:
                reply = self._one(kind, key, user)
            else:
                reply = self._list(request, kind, user, version)
        except BadValue as bad:
            reply = _json(400, bad.body)
        reply.headers |= newest
        return reply

    def _version(self, request: Request) -> int | str | None:
        """The version asked for, None for the browsable HTML, or what is wrong with it."""
        accept = request.headers.get("accept", "*/*")
        kind, _, options = accept.partition(";")
        if kind == "text/html":
            return None
        if kind not in ("application/json", "*/*", "application/*"):
            return "Could not satisfy the request Accept header."
        asked = re.search(r"version=([^;,\s]+)", options)
        if asked is None:
            return max(self.api_versions)
        if not asked[1].isdigit() or int(asked[1]) not in self.api_versions:
            return 'Invalid version in "Accept" header.'
        return int(asked[1])

    def _user(self, authorization: str) -> User | str:
        keyword, *rest = authorization.split() or [""]
        if keyword.lower() == "basic":
            return "Invalid username/password."
        return self._token_user(keyword, rest)

    def _token_user(self, keyword: str, rest: list[str]) -> User | str:
        if keyword.lower() != "token":
            return "Authentication credentials were not provided."
        if not rest:
            return "Invalid token header. No credentials provided."
        if len(rest) > 1:
            return "Invalid token header. Token string should not contain spaces."
        user = self.archive.users.get(rest[0])
        if user is None:
            return "Invalid token."
        return user if user.active else "User inactive or deleted."

    def _one(self, kind: str, key: str, user: User) -> Reply:
        if not key.isdigit():
            return _told(404, "Not found.")
        if kind == "documents":
            found = [stored for stored in self.archive.visible(user) if stored.id == int(key)]
            bodies = [self.archive.document_json(stored, user) for stored in found]
        else:
            bodies = [entry for entry in self.archive.lookup_list(kind, user) if entry["id"] == int(key)]
        name = {"documents": "Document", "tags": "Tag", "correspondents": "Correspondent"}.get(kind, "DocumentType")
        return _json(200, bodies[0]) if bodies else _told(404, f"No {name} matches the given query.")

    def _list(self, request: Request, kind: str, user: User, version: int) -> Reply:
        known = {name: value for name, value in request.params.items() if name not in self.ignored_filters}
        if kind == "documents":
            everything = [self.archive.document_json(it, user) for it in self.archive.filtered(user, known)]
        elif kind == "trash":
            deleted = (stored for stored in self.archive.documents.values() if stored.deleted)
            everything = [self.archive.document_json(stored, user) for stored in deleted]
        else:
            everything = self.archive.lookup_list(kind, user)
        return _paged(request, kind, everything, version)


def _paged(request: Request, kind: str, everything: list[Json], version: int) -> Reply:
    size = request.params.get("page_size", "")
    per_page = min(int(size), 100_000) if size.isdigit() and int(size) else 25
    last = max(1, -(-len(everything) // per_page))
    asked = request.params.get("page", "1")
    number = last if asked == "last" else int(asked) if asked.isdigit() else 0
    if not 1 <= number <= last:
        return _told(404, "Invalid page.")
    body: Json = {
        "count": len(everything),
        "next": _link(request, number + 1) if number < last else None,
        "previous": _link(request, number - 1) if number > 1 else None,
    }
    if version == 9 and kind != "trash":
        body["all"] = [entry["id"] for entry in everything]
    some = everything[(number - 1) * per_page : number * per_page]
    body["results"] = [_trimmed(entry, request.params) for entry in some] if kind == "documents" else some
    if kind == "tags":
        body["display_count"] = len(everything)
    return _json(200, body)


def _trimmed(entry: Json, params: Mapping[str, str]) -> Json:
    if params.get("truncate_content") == "true":
        entry = {**entry, "content": entry["content"][:550]}
    if wanted := params.get("fields"):
        return {name: value for name, value in entry.items() if name in wanted.split(",")}
    return entry


def _link(request: Request, number: int) -> str:
    """Made from the Host header and always http, as behind a proxy that Paperless was not told of."""
    params = {name: value for name, value in request.params.items() if name != "page"}
    if number > 1:
        params["page"] = str(number)
    query = urllib.parse.urlencode(sorted(params.items()))
    address = f"http://{request.headers.get('host', '')}{request.path}"
    return f"{address}?{query}" if query else address


_HTML = {"Content-Type": "text/html; charset=utf-8"}


def _json(status: int, body: object, headers: Mapping[str, str] | None = None) -> Reply:
    raw = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    # JSON can spell half a surrogate pair, UTF-8 cannot.
    raw = re.sub(r"[\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", raw)
    return Reply(status, raw.encode(), {"Content-Type": "application/json", **(headers or {})})


def _told(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Reply:
    return _json(status, {"detail": detail}, headers)


class _Listener(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, owner: PaperlessServer, certificate: Callable[[ssl.SSLContext], None] | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.owner = owner
        self.tls: ssl.SSLContext | None = None
        if certificate is not None:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            certificate(self.tls)
        self._connections: set[socket.socket] = set()

    def finish_request(self, request: Any, client_address: Any) -> None:
        # In the connection's own thread, so that a client that gives up its handshake holds up nobody.
        if self.tls is not None:
            request = self.tls.wrap_socket(request, server_side=True)
        self._connections.add(request)
        try:
            super().finish_request(request, client_address)
        finally:
            self._connections.discard(request)
            request.close()

    def close_connections(self) -> None:
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exception()
        # Clients hang up; that is theirs to do.
        if error is not None and not isinstance(error, OSError):
            self.owner.errors.append(error)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Listener

    def do_GET(self) -> None:  # the name that http.server calls
        url = urllib.parse.urlsplit(self.path)
        params = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, urllib.parse.unquote(url.path), params, headers)
        fault = self.server.owner.fault_for(request)
        if fault is None:
            self._send(self.server.owner.answer(request))
            return
        self.server.owner.requests.append(request)
        self._fail(fault, request)

    def _fail(self, fault: Fault, request: Request) -> None:
        match fault.kind:
            case "status":
                self._send(Reply(fault.status, SERVER_ERROR.encode(), {**_HTML, **fault.headers}))
            case "html":
                self._send(Reply(200, b"<!doctype html><title>Welcome</title>", {**_HTML, **fault.headers}))
            case "invalid_json":
                self._send(Reply(200, b'{"count": 1, "results": [', {"Content-Type": "application/json"}))
            case "json_list":
                self._send(_json(200, []))
            case "drop":
                self._hang_up()
            case "truncate":
                reply = self.server.owner.answer(request)
                self._send(reply, cut=True)
                self._hang_up()
            case "bad_gzip":
                self._send(_json(200, {}, {"Content-Encoding": "gzip"}))
            case "slow":
                time.sleep(fault.seconds)
                self._send(self.server.owner.answer(request))

    def _send(self, reply: Reply, *, cut: bool = False) -> None:
        body, headers = reply.body, dict(reply.headers)
        if len(body) > 200 and "gzip" in self.headers.get("Accept-Encoding", "") and "Content-Encoding" not in headers:
            body = gzip.compress(body, compresslevel=1)
            headers["Content-Encoding"] = "gzip"
        headers |= {"Content-Length": str(len(body)), "Content-Language": "en-us", "Server": "granian"}
        headers["Date"] = format_datetime(dt.datetime.now(dt.UTC), usegmt=True)
        lines = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = "\r\n".join(lines) + "\r\n\r\n"
        self.wfile.write(head.encode("latin-1") + (body[: len(body) // 2] if cut else body))

    def _hang_up(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name that http.server calls
        """Says nothing."""
