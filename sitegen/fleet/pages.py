"""A worker's own pages: ``/healthz``, ``/readyz`` and ``/metrics``; and what it counts."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from sitegen.enrich.engines.metrics import AskedMetrics
from sitegen.errors import PortTaken

_SECONDS = (0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800)


class WorkerMetrics:
    """What one worker counts. What it asks its engine is counted as ``watch`` counts it."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        count: dict[str, Any] = {"registry": self.registry}
        self.jobs = Counter("sitegen_worker_jobs", "Jobs by how they ended", ["result"], **count)
        self.seconds = Histogram("sitegen_worker_job_seconds", "Seconds of a job", buckets=_SECONDS, **count)
        self.busy = Gauge("sitegen_worker_busy", "Jobs in hand", **count)
        self.slots = Gauge("sitegen_worker_slots", "Jobs at the same time", **count)
        self.fits = Gauge("sitegen_worker_fits", "Whether it may have work", **count)
        self.refused = Counter("sitegen_worker_messages_refused", "Messages without our signature", **count)
        self.denied = Counter("sitegen_worker_claims_denied", "Jobs that were not to be begun", **count)
        self.asked = AskedMetrics(self.registry)
        for result in ("made", "failed", "handed back"):
            self.jobs.labels(result)

    def text(self) -> bytes:
        return generate_latest(self.registry)


@contextlib.contextmanager
def pages(host: str, port: int, metrics: WorkerMetrics, why_not: Callable[[], str]) -> Iterator[int]:
    """Serves them, and gives their port; ``why_not`` says why the worker does no work. Raises ``PortTaken``."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            trouble = why_not() if self.path == "/readyz" else ""
            known = {"/healthz": b"ok\n", "/readyz": f"{trouble or 'ok'}\n".encode()}
            body = metrics.text() if self.path == "/metrics" else known.get(self.path)
            self.send_response(404 if body is None else 503 if trouble else 200)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Who looks is no news."""

    try:
        server = ThreadingHTTPServer((host, port), Handler)
    except OSError as error:
        raise PortTaken(
            f"{host}:{port}: {error.strerror}", remedy="Say another with --port, or [fleet] port."
        ) from error
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
