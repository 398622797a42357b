"""Web: other people's servers as links meet them, over real HTTP: pages that are there, gone, moved, busy or broken."""

from __future__ import annotations

import contextlib
import http.server
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType

Answer = tuple[int, Mapping[str, str]]


@dataclass(frozen=True)
class Request:
    """One request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    began: float
    ended: float


@dataclass
class Web:
    """One server; ``pages`` maps ``METHOD /path`` or ``/path`` to what is answered, one answer after another."""

    pages: dict[str, list[Answer]] = field(default_factory=dict)
    slowness: float = 0
    """Seconds before each answer."""
    requests: list[Request] = field(default_factory=list)

    def __enter__(self) -> Web:
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                web._answer(self)

            do_HEAD = do_GET  # noqa: N815  # the name that the library wants

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def asked(self, path: str) -> list[str]:
        """The methods by which a path was asked for."""
        return [request.method for request in self.requests if request.path == path]

    def _answer(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        began = time.monotonic()
        time.sleep(self.slowness)
        answers = self.pages.get(f"{handler.command} {handler.path}") or self.pages.get(handler.path) or [(404, {})]
        status, headers = answers.pop(0) if len(answers) > 1 else answers[0]
        self.requests.append(Request(handler.command, handler.path, dict(handler.headers), began, time.monotonic()))
        if status == 0:  # the line goes dead
            handler.close_connection = True
            return
        body = b"" if handler.command == "HEAD" else b"page"
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        with contextlib.suppress(BrokenPipeError):  # whoever asked did not wait
            handler.wfile.write(body)
