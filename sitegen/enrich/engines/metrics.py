"""What an engine's endpoints are asked, in the words of Prometheus: the same for the daemon and a fleet's workers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from sitegen.spans import Span

if TYPE_CHECKING:
    from sitegen.enrich.engines.base import EndpointStats

_SECONDS = (0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300, 600)


class AskedMetrics:
    """Listens to spans, and is told now and then how the endpoints stand."""

    def __init__(self, registry: CollectorRegistry) -> None:
        count: dict[str, Any] = {"registry": registry}
        self._took = Histogram(
            "sitegen_engine_seconds",
            "Seconds of a request to an endpoint",
            ["endpoint", "model"],
            buckets=_SECONDS,
            **count,
        )
        self._tokens = Counter("sitegen_engine_tokens", "Tokens of prompts and answers", ["kind", "model"], **count)
        self._errors = Counter(
            "sitegen_engine_errors", "Errors of an endpoint by their code", ["endpoint", "reason"], **count
        )
        self._up = Gauge("sitegen_endpoint_up", "Whether an endpoint is used", ["endpoint"], **count)
        self._seen: dict[str, EndpointStats] = {}

    def opened(self) -> None:
        """An engine counts from its own beginning, and may have other endpoints than the one before it."""
        self._seen.clear()
        self._up.clear()

    def began(self, span: Span) -> None:
        """Nothing is counted before its end."""

    def ended(self, span: Span) -> None:
        """Measures a request to an endpoint."""
        if span.name == "engine":
            self._took.labels(span.attributes["endpoint"], span.attributes["model"]).observe(span.seconds)

    def endpoints(self, stats: Iterable[EndpointStats], model: str) -> None:
        """The counters of the engine's endpoints, which only grow while the engine is the same."""
        for now in stats:
            before = self._seen.get(now.url)
            self._up.labels(now.url).set(now.up)
            for kind in ("prompt", "answer"):
                name = f"{kind}_tokens"
                self._tokens.labels(kind, model).inc(getattr(now, name) - (getattr(before, name) if before else 0))
            for code, many in now.errors.items():
                self._errors.labels(now.url, code).inc(many - (before.errors.get(code, 0) if before else 0))
            self._seen[now.url] = now
