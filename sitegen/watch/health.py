"""Health: how the daemon is, for supervisors, for Prometheus, and for people."""

from __future__ import annotations

import datetime as dt
import hmac
import shutil
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from sitegen.serve.pages import is_ours

if TYPE_CHECKING:
    from sitegen.watch.metrics import Metrics

LEAST_FREE = 100 * 1024 * 1024
"""Bytes of disk below which the daemon is not ready."""
MOST_RUNS = 200
LARGEST_HOOK = 64 * 1024
"""Bytes of a webhook's body; nothing in it is used."""
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


@dataclass(frozen=True, slots=True)
class Run:
    """One job that ended."""

    job: str
    at: dt.datetime
    seconds: float
    well: bool
    said: str
    documents: int = 0
    reasons: tuple[str, ...] = ()


@dataclass
class Standing:
    """How things stand; the daemon keeps it, the pages show it."""

    root: Path
    title: str
    every: float
    started: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    runs: deque[Run] = field(default_factory=lambda: deque(maxlen=MOST_RUNS))
    troubles: dict[str, str] = field(default_factory=dict)
    """What is wrong now, by ``source``, ``engine``, ``build``, ``settings``, ``publish``."""
    pending: int = 0
    dead: int = 0
    doing: str = ""
    successes: dict[str, dt.datetime] = field(default_factory=dict)

    def checks(self) -> dict[str, str]:
        """What stands in the way of being ready; empty when nothing does."""
        found = dict(self.troubles)
        if shutil.disk_usage(self.root).free < LEAST_FREE:
            found["disk"] = "less than 100 MB are free"
        last = self.successes.get("pull")
        patience = max(3 * self.every, 600)
        if self.doing != "pull" and (last or self.started) < dt.datetime.now(dt.UTC) - dt.timedelta(seconds=patience):
            found["pull"] = f"none went well for {patience:.0f} seconds"
        return found


class Health:
    """The pages. ``poke`` asks for a pull; ``secret`` is what a webhook must know."""

    def __init__(self, standing: Standing, metrics: Metrics, poke: Callable[[str], None], secret: str | None) -> None:
        self._standing, self._metrics, self._poke, self.secret = standing, metrics, poke, secret
        self.app = Starlette(
            routes=[
                Route("/healthz", self._alive),
                Route("/readyz", self._ready),
                Route("/metrics", self._numbers),
                Route("/status", self._status),
                Route("/", self._status),
                Route("/hooks/source", self._hook, methods=["POST"]),
            ]
        )

    async def _alive(self, _: Request) -> Response:
        return JSONResponse({"status": "alive", "since": self._standing.started.isoformat()}, headers=_HEADERS)

    async def _ready(self, _: Request) -> Response:
        found = self._standing.checks()
        body = {"status": "not ready" if found else "ready", "problems": found}
        return JSONResponse(body, 503 if found else 200, headers=_HEADERS)

    async def _numbers(self, _: Request) -> Response:
        last = self._standing.successes.get("pull", self._standing.started)
        self._metrics.source_lag.set((dt.datetime.now(dt.UTC) - last).total_seconds())
        kind = "text/plain; version=0.0.4; charset=utf-8"
        return Response(self._metrics.text(), headers={**_HEADERS, "Content-Type": kind})

    async def _status(self, request: Request) -> Response:
        from sitegen.watch.status import page

        if not is_ours(request.headers.get("host", ""), frozenset({"localhost"})):
            return Response("This page answers only under its own address.\n", 421, headers=_HEADERS)
        headers = {**_HEADERS, "Content-Security-Policy": _POLICY}
        return HTMLResponse(page(self._standing), headers=headers)

    async def _hook(self, request: Request) -> Response:
        """A hint that something changed. What it says is not believed: the source itself is asked."""
        if not self.secret:
            return JSONResponse({"error": "no secret is set, so webhooks are refused"}, 403, headers=_HEADERS)
        given = request.headers.get("x-sitegen-secret", "")
        if not hmac.compare_digest(given.encode(), self.secret.encode()):
            return JSONResponse({"error": "the secret is another one"}, 403, headers=_HEADERS)
        size = 0
        async for part in request.stream():
            size += len(part)
            if size > LARGEST_HOOK:
                return JSONResponse({"error": "the body is too large"}, 413, headers=_HEADERS)
        self._poke("webhook")
        return JSONResponse({"status": "noted"}, 202, headers=_HEADERS)
