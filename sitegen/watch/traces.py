"""Traces: the way of each document from the poll to its page, for OpenTelemetry. Needs the extra ``traces``.

A trace holds names, times, numbers and codes: never a title, never what a document or a model says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sitegen import __version__
from sitegen.errors import ExtraMissing
from sitegen.spans import Span, Value

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Span as OpenSpan

EXPORT_SECONDS = 1
"""For one delivery; the daemon must not end late for a collector that is gone."""
MOST_HELD = 1000
"""Documents that wait for their page; the traces of more end without one."""
_CHANGED = frozenset({"created", "updated", "merged"})
_NAMES = {
    "endpoint": "server.address",
    "model": "gen_ai.request.model",
    "prompt_tokens": "gen_ai.usage.input_tokens",
    "answer_tokens": "gen_ai.usage.output_tokens",
    "status": "http.response.status_code",
}
"""Attributes that have a name of their own in OpenTelemetry's conventions."""


class Traces:
    """Listens to spans. A document's trace begins with the poll that found it, and ends with its page."""

    def __init__(self, exporter: SpanExporter, builds: Callable[[], bool]) -> None:
        """``builds`` tells whether a page is made of what changed."""
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        resource = Resource({"service.name": "sitegen", "service.version": __version__})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("sitegen", __version__)
        self._builds = builds
        self._open: dict[Span, OpenSpan] = {}
        self._held: list[tuple[Span, OpenSpan]] = []

    def began(self, span: Span) -> None:
        """Opens it within its parent; a document begins with the poll."""
        parent = self._open.get(span.parent) if span.parent else None
        poll = span.occasion if span.name == "document" else None
        opened = self._start(span.name, poll.began_at if poll else span.began_at, parent, span.attributes)
        self._open[span] = opened
        if poll is not None:
            self._start("poll", poll.began_at, opened, poll.attributes).end(span.began_at)

    def ended(self, span: Span) -> None:
        """Closes it; but a document that changed waits for its page."""
        opened = self._open.pop(span, None)
        if opened is None:
            return
        _note(opened, span)
        waits = span.name == "document" and not span.error and span.attributes.get("result") in _CHANGED
        if waits and self._builds() and len(self._held) < MOST_HELD:
            self._held.append((span, opened))
            return
        opened.end(span.ended_at)
        if span.name == "build" and not span.error:
            self._built(span)

    def _built(self, build: Span) -> None:
        """Documents that were done when a build began have their pages now."""
        ready = [(span, opened) for span, opened in self._held if span.ended_at <= build.began_at]
        self._held = [(span, opened) for span, opened in self._held if span.ended_at > build.began_at]
        for _, opened in ready:
            self._start("page", build.began_at, opened, build.attributes).end(build.ended_at)
            opened.end(build.ended_at)

    def _start(self, name: str, at: int, parent: OpenSpan | None, attributes: dict[str, Value]) -> OpenSpan:
        from opentelemetry.context import Context
        from opentelemetry.trace import set_span_in_context

        context = set_span_in_context(parent, Context()) if parent is not None else Context()
        return self._tracer.start_span(name, context, attributes=_named(attributes), start_time=at)

    def close(self) -> None:
        """Sends what there is, for as long as one delivery may take."""
        for span, opened in self._held:
            opened.end(span.ended_at)
        for opened in self._open.values():
            opened.end()
        self._provider.shutdown()


def _named(attributes: dict[str, Value]) -> dict[str, Value]:
    return {_NAMES.get(name, f"sitegen.{name}"): value for name, value in attributes.items()}


def _note(opened: OpenSpan, span: Span) -> None:
    from opentelemetry.trace import Status, StatusCode

    opened.set_attributes(_named(span.attributes))
    if span.error:
        opened.set_attribute("error.type", span.error)
        opened.set_status(Status(StatusCode.ERROR, span.error))


def traces_to(url: str, builds: Callable[[], bool]) -> Traces:
    """Traces for the collector at an address, over HTTP. Raises ``ExtraMissing`` when the extra is not installed."""
    try:
        import requests
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError as error:
        raise ExtraMissing(f"watch.traces needs the extra `traces`: {error.name} is not installed") from error
    session = requests.Session()
    session.trust_env = False  # no proxy that nobody has named
    address = url.rstrip("/") + "/v1/traces"
    return Traces(OTLPSpanExporter(address, timeout=EXPORT_SECONDS, session=session), builds)
