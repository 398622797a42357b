"""The HTTP side of the stand-in Paperless: connections, whole answers, and answers that go wrong."""

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
import time
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any, Literal, Protocol

SERVER_ERROR = "\n<!doctype html>\n<title>Server Error (500)</title>\n<h1>Server Error (500)</h1><p></p>\n"

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


HTML = {"Content-Type": "text/html; charset=utf-8"}


def json_reply(status: int, body: object, headers: Mapping[str, str] | None = None) -> Reply:
    raw = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    # JSON can spell half a surrogate pair, UTF-8 cannot.
    raw = re.sub(r"[\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", raw)
    return Reply(status, raw.encode(), {"Content-Type": "application/json", **(headers or {})})


def told(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Reply:
    return json_reply(status, {"detail": detail}, headers)


class Owner(Protocol):
    """Who answers."""

    requests: list[Request]
    errors: list[BaseException]
    tells_time: bool
    """Whether answers have a Date header."""

    def fault_for(self, request: Request) -> Fault | None: ...

    def answer(self, request: Request) -> Reply: ...


class Listener(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, owner: Owner, certificate: Callable[[ssl.SSLContext], None] | None) -> None:
        self.owner = owner
        self.tls: ssl.SSLContext | None = None
        if certificate is not None:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            certificate(self.tls)
        super().__init__(("127.0.0.1", 0), _Handler)
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
    server: Listener

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
                self._send(Reply(fault.status, SERVER_ERROR.encode(), {**HTML, **fault.headers}))
            case "html":
                self._send(Reply(200, b"<!doctype html><title>Welcome</title>", {**HTML, **fault.headers}))
            case "invalid_json":
                self._send(Reply(200, b'{"count": 1, "results": [', {"Content-Type": "application/json"}))
            case "json_list":
                self._send(json_reply(200, []))
            case "drop":
                self._hang_up()
            case "truncate":
                reply = self.server.owner.answer(request)
                self._send(reply, cut=True)
                self._hang_up()
            case "bad_gzip":
                self._send(json_reply(200, {}, {"Content-Encoding": "gzip"}))
            case "slow":
                time.sleep(fault.seconds)
                self._send(self.server.owner.answer(request))

    def _send(self, reply: Reply, *, cut: bool = False) -> None:
        body, headers = reply.body, dict(reply.headers)
        if len(body) > 200 and "gzip" in self.headers.get("Accept-Encoding", "") and "Content-Encoding" not in headers:
            body = gzip.compress(body, compresslevel=1)
            headers["Content-Encoding"] = "gzip"
        headers |= {"Content-Length": str(len(body)), "Content-Language": "en-us", "Server": "granian"}
        if self.server.owner.tells_time:
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
