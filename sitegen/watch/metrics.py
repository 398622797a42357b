"""Metrics: what the daemon counts and measures, in the words of Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

if TYPE_CHECKING:
    from sitegen.enrich.engines.base import EndpointStats

_BUILD_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64)


class Metrics:
    """One registry for one daemon."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        count: dict[str, Any] = {"registry": registry}
        self.processed = Counter("sitegen_documents_processed", "Documents by what became of them", ["result"], **count)
        self.pending = Gauge("sitegen_documents_pending", "Documents that wait", **count)
        self.dead = Gauge("sitegen_documents_dead", "Documents that were given up", **count)
        self.engine_seconds = Counter(
            "sitegen_engine_seconds", "Seconds of requests at an endpoint", ["endpoint", "model"], **count
        )
        self.engine_requests = Counter("sitegen_engine_requests", "Requests to an endpoint", ["endpoint"], **count)
        self.tokens = Counter("sitegen_engine_tokens", "Tokens of prompts and answers", ["kind", "model"], **count)
        self.engine_errors = Counter(
            "sitegen_engine_errors", "Errors of an endpoint by their code", ["endpoint", "reason"], **count
        )
        self.endpoint_up = Gauge("sitegen_endpoint_up", "Whether an endpoint is used", ["endpoint"], **count)
        self.cache_bytes = Gauge("sitegen_cache_bytes", "Size of the cache of summaries", **count)
        self.cache = Counter("sitegen_cache_requests", "Summaries from the cache, and not", ["result"], **count)
        self.source_errors = Counter("sitegen_source_errors", "Errors of the source by their code", ["reason"], **count)
        self.source_lag = Gauge("sitegen_source_lag_seconds", "Seconds since the source was read to its end", **count)
        self.build_seconds = Histogram(
            "sitegen_build_seconds", "Seconds of a build", ["kind"], buckets=_BUILD_SECONDS, **count
        )
        self.outputs = Counter("sitegen_build_outputs", "Outputs of builds", ["result"], **count)
        self.pages = Gauge("sitegen_pages", "Briefs by their status", ["status"], **count)
        self.jobs = Counter("sitegen_jobs", "Runs of a job by how they ended", ["job", "result"], **count)
        self.last_success = Gauge(
            "sitegen_last_success_timestamp_seconds", "When a job last went well", ["job"], **count
        )
        self._seen: dict[str, EndpointStats] = {}
        for result in ("created", "updated", "unchanged", "failed", "dead"):
            self.processed.labels(result)

    def built(self, report: Mapping[str, Any]) -> None:
        """After a build, with its report."""
        written, removed = int(report["written"]), int(report["removed"])
        kind = "same" if not written and not removed else "incremental" if report["unchanged"] else "full"
        self.build_seconds.labels(kind).observe(float(report["seconds"]))
        for name in ("written", "unchanged", "removed"):
            self.outputs.labels(name).inc(int(report[name]))

    def endpoints(self, stats: Iterable[EndpointStats], model: str) -> None:
        """The counters of the engine's endpoints, which only grow while the engine is the same."""
        for now in stats:
            before = self._seen.get(now.url)
            if before is not None and before.requests > now.requests:
                before = None  # the engine was opened anew
            self.endpoint_up.labels(now.url).set(now.up)
            self.engine_requests.labels(now.url).inc(now.requests - (before.requests if before else 0))
            self.engine_seconds.labels(now.url, model).inc(max(now.seconds - (before.seconds if before else 0), 0))
            for kind in ("prompt", "answer"):
                name = f"{kind}_tokens"
                grown = getattr(now, name) - (getattr(before, name) if before else 0)
                self.tokens.labels(kind, model).inc(max(grown, 0))
            for code, many in now.errors.items():
                self.engine_errors.labels(now.url, code).inc(
                    max(many - (before.errors.get(code, 0) if before else 0), 0)
                )
            self._seen[now.url] = now

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self.registry)
