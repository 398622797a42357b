"""Health: how the daemon is, for supervisors, for Prometheus, and for people."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from sitegen.serve.pages import is_ours

if TYPE_CHECKING:
    from sitegen.watch.metrics import Metrics
    from sitegen.watch.standing import Standing

LARGEST_HOOK = 64 * 1024
"""Bytes of a webhook's body; nothing in it is used."""
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Health:
    """The pages. ``poke`` asks for a pull, ``fresh`` brings the metrics up to date; ``secret`` is what a webhook must
    know."""

    def __init__(
        self,
        standing: Standing,
        metrics: Metrics,
        *,
        poke: Callable[[str], None],
        fresh: Callable[[], None],
        secret: str | None,
    ) -> None:
        self._standing, self._metrics, self._poke, self._fresh, self.secret = standing, metrics, poke, fresh, secret
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
        self._fresh()
        kind = "text/plain; version=0.0.4; charset=utf-8"
        return Response(self._metrics.text(), headers={**_HEADERS, "Content-Type": kind})

    async def _status(self, request: Request) -> Response:
        from sitegen.watch.status import page, policy

        if not is_ours(request.headers.get("host", ""), frozenset({"localhost"})):
            return Response("This page answers only under its own address.\n", 421, headers=_HEADERS)
        self._fresh()
        headers = {**_HEADERS, "Content-Security-Policy": policy(), "Referrer-Policy": "no-referrer"}
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
