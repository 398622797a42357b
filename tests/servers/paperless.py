"""A stand-in for Paperless-ngx over real HTTP, as ``sitegen`` meets it: token, versions, paging, redirects, faults.

    with PaperlessServer(documents=[{"title": "Minutes", "content": "…"}]) as server:
        source = PaperlessSource(server.settings(), server.token)
        server.add_document("Budget", "…", tags=["publish", "finance"], correspondent="Town Hall")
        server.rename_tag("finance", "money")
        server.fail_next(2, status=503)
        …
        assert server.requests[-1].path == "/api/documents/"

``server.archive`` is the state behind it. A document carries the tag ``publish`` unless told otherwise. What sitegen
never asks for (files, trash, custom fields, searches, passwords) is not here and redirects as unknown addresses do.
"""

from __future__ import annotations

import datetime as dt
import re
import ssl
import threading
import urllib.parse
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Self

from sitegen.settings import Paperless
from tests.servers.paperless_archive import Archive, BadValue, Json, User
from tests.servers.paperless_http import HTML, Fault, FaultKind, Listener, Reply, Request, json_reply, told

ADMIN_TOKEN = "0123456789abcdef0123456789abcdef01234567"
VERSION = "3.0.5"
GERMAN = {"Authentication credentials were not provided.": "Anmeldedaten fehlen."}


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
        self.tells_time = True
        """Whether answers have a Date header."""
        self.requests: list[Request] = []
        self.on_request: Callable[[Request], None] | None = None
        """Called before a request is answered; may change the archive."""
        self.errors: list[BaseException] = []
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self._http = Listener(self, certificate)
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
        if self.errors:
            raise self.errors[0] from error

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
            return Reply(200, b"<!doctype html><title>Paperless-ngx sign in</title>", HTML)
        if not path:
            return Reply(404, b"<h1>404 Not Found</h1>", HTML)
        if path == "/api/":
            return Reply(302, headers={**HTML, "Location": "schema/view/"})
        parts = re.fullmatch(r"/api/(documents|tags|correspondents|document_types)/(?:([^/]+)/)?", path)
        if parts is None:
            # Also a forgotten slash at the end, whatever the token.
            return Reply(302, headers={**HTML, "Location": f"/accounts/login/?next={request.path}"})
        return self._api(request, parts[1], parts[2])

    def _api(self, request: Request, kind: str, key: str | None) -> Reply:
        version = self._version(request)
        if isinstance(version, str):
            return told(406, version)
        user = self._user(request.headers.get("authorization", ""))
        if isinstance(user, str):
            text = GERMAN.get(user, user) if request.headers.get("accept-language", "").startswith("de") else user
            scheme = 'Basic realm="api"' if user == "Invalid username/password." else "Token"
            return told(401, text, {"WWW-Authenticate": scheme})
        newest = {"X-Api-Version": str(max(self.api_versions)), "X-Version": VERSION}
        try:
            if kind not in user.permissions:
                reply = told(403, "You do not have permission to perform this action.")
            elif version is None:
                reply = Reply(200, b"<!doctype html><title>Api Root</title>", dict(HTML))
            elif key is not None:
                reply = self._one(request, kind, key, user)
            else:
                reply = self._list(request, kind, user, version)
        except BadValue as bad:
            reply = json_reply(400, bad.body)
        reply.headers |= newest
        return reply

    def _version(self, request: Request) -> int | str | None:
        """The version asked for, None for the browsable HTML, or what is wrong with it."""
        wanted = [part.strip() for part in request.headers.get("accept", "*/*").split(",")]
        accept = next((part for part in wanted if part.startswith(("application/json", "*/*", "application/*"))), "")
        if not accept:
            html = any(part.startswith("text/html") for part in wanted)
            return None if html else "Could not satisfy the request Accept header."
        asked = re.search(r"version=([^;,\s]+)", accept)
        if asked is None:
            return max(self.api_versions)
        if not asked[1].isdigit() or int(asked[1]) not in self.api_versions:
            return 'Invalid version in "Accept" header.'
        return int(asked[1])

    def _user(self, authorization: str) -> User | str:
        keyword, *rest = authorization.split() or [""]
        if keyword.lower() == "basic" and rest:
            return "Invalid username/password."
        if keyword.lower() not in ("token", "basic"):
            return "Authentication credentials were not provided."
        if not rest:
            return f"Invalid {keyword.lower()} header. No credentials provided."
        if len(rest) > 1:
            return "Invalid token header. Token string should not contain spaces."
        user = self.archive.users.get(rest[0])
        if user is None:
            return "Invalid token."
        return user if user.active else "User inactive or deleted."

    def _one(self, request: Request, kind: str, key: str, user: User) -> Reply:
        if not key.isdigit():
            return told(404, "Not found.")
        if kind == "documents":
            found = [stored for stored in self.archive.visible(user) if stored.id == int(key)]
            bodies = [_trimmed(self.archive.detail_json(stored, user), request.params) for stored in found]
        else:
            bodies = [entry for entry in self.archive.lookup_list(kind, user) if entry["id"] == int(key)]
        name = {"documents": "Document", "tags": "Tag", "correspondents": "Correspondent"}.get(kind, "DocumentType")
        return json_reply(200, bodies[0]) if bodies else told(404, f"No {name} matches the given query.")

    def _list(self, request: Request, kind: str, user: User, version: int) -> Reply:
        known = {name: value for name, value in request.params.items() if name not in self.ignored_filters}
        if kind == "documents":
            everything = [self.archive.document_json(it, user) for it in self.archive.filtered(user, known)]
        else:
            everything = self.archive.lookup_list(kind, user)
        return _paged(request, kind, everything, version)


def _paged(request: Request, kind: str, everything: list[Json], version: int) -> Reply:
    size = request.params.get("page_size", "")
    per_page = min(int(size), 100_000) if size.isdigit() and int(size) else 25
    last = max(1, -(-len(everything) // per_page))
    asked = request.params.get("page") or "1"
    number = last if asked == "last" else int(asked) if asked.isdigit() else 0
    if not 1 <= number <= last:
        return told(404, "Invalid page.")
    body: Json = {
        "count": len(everything),
        "next": _link(request, number + 1) if number < last else None,
        "previous": _link(request, number - 1) if number > 1 else None,
    }
    if version == 9:
        body["all"] = [entry["id"] for entry in everything]
    some = everything[(number - 1) * per_page : number * per_page]
    body["results"] = [_trimmed(entry, request.params) for entry in some] if kind == "documents" else some
    if kind == "tags":
        body["display_count"] = len(everything)
    return json_reply(200, body)


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
