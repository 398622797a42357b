"""Metrics: what the daemon counts and measures, in the words of Prometheus.

The values of labels come from the settings and from lists of ours, never from documents: their number is bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from sitegen.enrich.engines.base import Deferring
from sitegen.enrich.engines.metrics import AskedMetrics
from sitegen.enrich.report import Done
from sitegen.spans import Span

if TYPE_CHECKING:
    from sitegen.enrich.engines.base import EndpointStats, Line

TOPICS = ("source", "engine", "pull", "build", "publish", "settings", "disk")
"""Of troubles."""
JOBS = ("pull", "build", "publish")
_BUILD_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64)
_DOCUMENT_SECONDS = (0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800)
_WAIT_SECONDS = (1, 5, 15, 60, 300, 900, 3600, 6 * 3600, 24 * 3600)


class Metrics:
    """One registry for one daemon. It listens to spans."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        count: dict[str, Any] = {"registry": registry}
        ProcessCollector(registry=registry)
        self.processed = Counter("sitegen_documents_processed", "Documents by what became of them", ["result"], **count)
        self.pending = Gauge("sitegen_documents_pending", "Documents that wait", **count)
        self.dead = Gauge("sitegen_documents_dead", "Documents that were given up", **count)
        self.document_seconds = Histogram(
            "sitegen_document_seconds", "Seconds of work on a document", buckets=_DOCUMENT_SECONDS, **count
        )
        self.queue_wait = Histogram(
            "sitegen_queue_wait_seconds",
            "Seconds from when a document could have been worked on until it was",
            buckets=_WAIT_SECONDS,
            **count,
        )
        self.asked = AskedMetrics(registry)
        self.cache_bytes = Gauge("sitegen_cache_bytes", "Size of the cache of summaries", **count)
        self.cache = Counter("sitegen_cache_requests", "Summaries from the cache, and not", ["result"], **count)
        self.source_requests = Counter(
            "sitegen_source_requests", "Requests to the source by the status of the answer", ["status"], **count
        )
        self.source_lag = Gauge("sitegen_source_lag_seconds", "Seconds since the source was read to its end", **count)
        self.build_seconds = Histogram(
            "sitegen_build_seconds", "Seconds of a build", ["kind"], buckets=_BUILD_SECONDS, **count
        )
        self.outputs = Counter("sitegen_build_outputs", "Outputs of builds", ["result"], **count)
        self.pages = Gauge("sitegen_pages", "Briefs by their status", ["status"], **count)
        self.last_success = Gauge(
            "sitegen_last_success_timestamp_seconds", "When a job last went well", ["job"], **count
        )
        self.jobs = Counter("sitegen_jobs", "Runs of a job by how they ended", ["job", "result"], **count)
        self.trouble = Gauge("sitegen_trouble", "Whether something is wrong now, as /readyz says", ["topic"], **count)
        self.disk_free = Gauge("sitegen_disk_free_bytes", "Free on the disk of the site", **count)
        self.fleet_workers = Gauge("sitegen_fleet_workers", "Workers of the fleet that live", ["state"], **count)
        self.fleet_jobs = Gauge("sitegen_fleet_jobs", "Jobs of the fleet", ["state"], **count)
        self.fleet_oldest = Gauge(
            "sitegen_fleet_oldest_job_seconds", "Seconds that the oldest job has waited for a worker", **count
        )
        self.fleet_refused = Gauge("sitegen_fleet_messages_refused", "Messages that were not ours", **count)
        self._line: Callable[[], Line | None] = _none
        self._zero()

    def _zero(self) -> None:
        """A counter that is there from the start can be seen to rise by one."""
        for result in get_args(Done):
            self.processed.labels(result)
        for result in ("hit", "miss"):
            self.cache.labels(result)
        for job in JOBS:
            for result in ("well", "failed"):
                self.jobs.labels(job, result)
        for topic in TOPICS:
            self.trouble.labels(topic)

    # ----------------------------------------------------------------------------------------------------------- spans

    def began(self, span: Span) -> None:
        """Nothing is counted before its end."""

    def ended(self, span: Span) -> None:
        """Measures what has ended."""
        told = span.attributes
        self.asked.ended(span)
        if span.name == "source":
            self.source_requests.labels(status(told.get("status"))).inc()
        elif span.name == "work" and told.get("result") != "put down":
            self.document_seconds.observe(span.seconds)
            self.queue_wait.observe(float(told.get("waited", 0)))

    # ----------------------------------------------------------------------------------------------------------- jobs

    def built(self, report: Mapping[str, Any]) -> None:
        """After a build, with its report."""
        written, removed = int(report["written"]), int(report["removed"])
        kind = "same" if not written and not removed else "incremental" if report["unchanged"] else "full"
        self.build_seconds.labels(kind).observe(float(report["seconds"]))
        for name in ("written", "unchanged", "removed"):
            self.outputs.labels(name).inc(int(report[name]))

    def engine_opened(self, engine: object = None) -> None:
        """An engine counts from its own beginning, and may have other endpoints than the one before it."""
        self._line = _none
        if isinstance(engine, Deferring):
            self._line = lambda: engine.line
        self.asked.opened()

    def endpoints(self, stats: Iterable[EndpointStats], model: str) -> None:
        """The counters of the engine's endpoints, which only grow while the engine is the same."""
        self.asked.endpoints(stats, model)

    def troubles(self, found: Mapping[str, str]) -> None:
        """What is wrong now, by topic."""
        for topic in TOPICS:
            self.trouble.labels(topic).set(topic in found)

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        if (line := self._line()) is not None:
            self.fleet_workers.labels("fits").set(line.fits)
            self.fleet_workers.labels("differs").set(line.differs)
            self.fleet_jobs.labels("waiting").set(line.waiting)
            self.fleet_jobs.labels("in hand").set(line.held)
            self.fleet_oldest.set(line.oldest_seconds)
            self.fleet_refused.set(line.refused)
        return generate_latest(self.registry)


def _none() -> Line | None:
    return None


def status(found: object) -> str:
    """The status of an answer: one that HTTP knows, ``other``, or ``none`` when no answer came."""
    if found is None:
        return "none"
    try:
        return str(HTTPStatus(int(str(found))).value)
    except ValueError:
        return "other"
