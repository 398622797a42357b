"""What the stand-ins of chat servers share: HTTP in a thread, recorded requests, faults to come, chunked answers."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from tests.servers import model

Json = dict[str, Any]
Reply = Callable[[Sequence[Mapping[str, Any]], Mapping[str, Any] | None], str]


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one chat: its name, and a number or text where it needs one."""

    name: str
    value: Any = None


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: Any


@dataclass
class Load:
    """How many chats run, and ran at most, at the same time."""

    running: int = 0
    peak: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextlib.contextmanager
    def one_more(self) -> Iterator[None]:
        with self.lock:
            self.running += 1
            self.peak = max(self.peak, self.running)
        try:
            yield
        finally:
            with self.lock:
                self.running -= 1


class ChatServer:
    """A server with one model. ``chats`` counts the chats that were answered or refused by a fault."""

    faults: frozenset[str] = frozenset()

    def __init__(self, *, delay: float = 0, token: str = "", port: int = 0) -> None:
        self.delay = delay
        """Seconds that each answer takes before its first part."""
        self.token = token
        self.reply: Reply = model.answer
        """Makes the answers; a test may put its own in."""
        self.requests: list[Request] = []
        self.complaints: list[str] = []
        """What a careful client would have done otherwise."""
        self.chats = 0
        self.load = Load()
        self.dead = False
        self._faults: deque[Fault] = deque()
        self._http = _Listener(("127.0.0.1", port), self)
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def fail_next(self, name: str, value: Any = None, *, times: int = 1) -> None:
        """The next chats go wrong in this way; see ``faults`` for the names."""
        if name not in self.faults:
            raise ValueError(f"no fault {name!r}; there are {', '.join(sorted(self.faults))}")
        self._faults.extend([Fault(name, value)] * times)

    def next_fault(self) -> Fault | None:
        return self._faults.popleft() if self._faults else None

    def die(self) -> None:
        """Goes away as a machine does that lost its power: open connections are cut, and new ones refused."""
        self.dead = True
        self._http.shutdown()
        self._http.server_close()

    def answer(self, call: Call) -> None:
        """Answers a request. To be written by each server."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.dead:
            self.die()
        self._thread.join()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], owner: ChatServer) -> None:
        self.owner = owner
        super().__init__(address, Call)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""


class Call(BaseHTTPRequestHandler):
    """One request, and the ways to answer it."""

    server: _Listener
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    body: Any = None
    raw: bytes = b""

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Silence."""

    def _serve(self) -> None:
        self._live()
        self.raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            self.body = json.loads(self.raw) if self.raw else None
        except ValueError:
            self.body = None
        owner = self.server.owner
        owner.requests.append(Request(self.command, self.path, dict(self.headers.items()), self.body))
        if owner.token and self.headers.get("Authorization") != f"Bearer {owner.token}":
            self.send(401, {"error": "unauthorized"})
            return
        owner.answer(self)

    def send(self, status: int, body: Json | str | bytes, kind: str = "application/json; charset=utf-8") -> None:
        """A whole answer."""
        self._live()
        raw = json.dumps(body).encode() if isinstance(body, dict) else body.encode() if isinstance(body, str) else body
        self.send_response(status)
        if raw:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    @contextlib.contextmanager
    def streaming(self, kind: str) -> Iterator[Callable[[bytes], None]]:
        """An answer in parts; the block gets a function that sends one."""
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        yield self._chunk
        if not self.close_connection:
            self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, part: bytes) -> None:
        self._live()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        self.wfile.flush()

    def _live(self) -> None:
        if self.server.owner.dead:
            self.hang_up()
            raise ConnectionAbortedError

    def hang_up(self) -> None:
        """Cuts the connection, in the middle of whatever it was."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)


def pieces(text: str, size: int = 48) -> list[str]:
    """A text as a model would send it: a little at a time, and never all at once."""
    size = max(min(size, len(text) // 4), 1)
    return [text[start : start + size] for start in range(0, len(text), size)]


def tokens(messages: Sequence[Mapping[str, Any]]) -> int:
    """What the stand-ins count: a token for four characters, and four for each message."""
    return sum(len(str(message.get("content", ""))) // 4 + 4 for message in messages)
