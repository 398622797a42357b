"""Traces: one for each document, from the poll to the page, at a collector over real HTTP; no word of the document."""

from __future__ import annotations

import gzip
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from sitegen import spans
from sitegen.watch.traces import Traces
from tests.servers.ollama import OllamaServer
from tests.servers.paperless import PaperlessServer
from tests.watch.daemons import PATIENCE, TEXT, Watched, new_site


@dataclass
class Collector:
    """Takes what is delivered by OTLP over HTTP."""

    url: str = ""
    raw: list[bytes] = field(default_factory=list)
    spans: list[Any] = field(default_factory=list)


@pytest.fixture
def collector() -> Iterator[Collector]:
    found = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            body = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
            request = ExportTraceServiceRequest.FromString(body)
            found.raw.append(body)
            found.spans += [span for one in request.resource_spans for some in one.scope_spans for span in some.spans]
            self.send_response(200 if self.path == "/v1/traces" else 404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name that http.server calls
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()


def test_a_documents_way_is_one_trace_from_the_poll_to_the_page(tmp_path: Path, collector: Collector) -> None:
    with PaperlessServer([{"title": "Secret minutes", "content": TEXT}]) as paperless, OllamaServer() as ollama:
        site = new_site(
            tmp_path / "site",
            f'[watch]\nevery = 3600\ntraces = "{collector.url}"\n[source.paperless]\nurl = "{paperless.url}"\n'
            f'[engine.ollama]\nendpoints = ["{ollama.url}"]\n',
        )
        text = (site / "sitegen.toml").read_text()
        text = text.replace('kind = "folder"', 'kind = "paperless"').replace('kind = "extractive"', 'kind = "ollama"')
        (site / "sitegen.toml").write_text(text)
        watched = Watched(site, SITEGEN_SOURCE__PAPERLESS__TOKEN=paperless.token)
        try:
            watched.until("pull", said="1 created")
            twice = 'sitegen_jobs_total{job="build",result="well"} 2.0'  # at the start, and after the pull
            watched.shows("/metrics", lambda answer: twice in answer.text)
            watched.process.terminate()
            assert watched.process.wait(PATIENCE) == 0
        finally:
            watched.end()
    (whole,) = [span for span in collector.spans if span.name == "document"]
    trace = sorted(
        (span for span in collector.spans if span.trace_id == whole.trace_id),
        key=lambda span: (span.start_time_unix_nano, span.name != "document"),
    )
    names = [span.name for span in trace]
    assert names[:4] == ["document", "poll", "queue", "work"]
    assert names[-1] == "page"
    assert set(names[4:-1]) == {"engine"}
    assert whole.start_time_unix_nano <= trace[-1].start_time_unix_nano <= whole.end_time_unix_nano
    work = trace[3]
    assert all(span.parent_span_id == work.span_id for span in trace if span.name == "engine")
    told = {one.key: one.value.string_value for one in whole.attributes}
    assert told == {"sitegen.document": "paperless:1", "sitegen.result": "created"}
    (model,) = {one.value.string_value for one in trace[4].attributes if one.key == "gen_ai.request.model"}
    assert model == "qwen3:8b"
    assert any(span.name == "source" for span in collector.spans)
    for word in (b"Weirbridge", b"council", b"budget", b"Secret", b"minutes", paperless.token.encode()):
        assert word not in b"".join(collector.raw)


def test_a_collector_that_is_gone_holds_up_nothing(tmp_path: Path) -> None:
    site = new_site(tmp_path / "site", '[watch]\nevery = 3600\ntraces = "http://127.0.0.1:9"\n')
    watched = Watched(site, "--no-build")
    try:
        watched.document("minutes")
        watched.until("pull", said="1 created")
        watched.process.terminate()
        assert watched.process.wait(10) == 0
    finally:
        watched.end()


@pytest.fixture
def exported() -> InMemorySpanExporter:
    return InMemorySpanExporter()


def test_a_document_that_failed_says_with_which_code_and_waits_for_no_page(exported: InMemorySpanExporter) -> None:
    traces = Traces(exported, lambda: True)
    with spans.listening(traces), spans.span("pull", run="r"):
        spans.end(spans.begin("document", document="paperless:1"), "SG305", result="failed")
    traces.close()
    failed = next(span for span in exported.get_finished_spans() if span.name == "document")
    assert failed.status.description == "SG305"
    assert failed.attributes is not None
    assert failed.attributes["error.type"] == "SG305"


def test_without_builds_nothing_waits_for_a_page(exported: InMemorySpanExporter) -> None:
    traces = Traces(exported, lambda: False)
    with spans.listening(traces):
        spans.end(spans.begin("document", document="paperless:1"), result="created")
        with spans.span("build"):
            pass
    traces.close()
    assert sorted(span.name for span in exported.get_finished_spans()) == ["build", "document"]


def test_nothing_of_it_is_imported_by_a_daemon_without_traces() -> None:
    code = "import sys, sitegen.watch.daemon; print(any(name.startswith('opentelemetry') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    site = new_site(tmp_path / "site", '[watch]\nevery = 3600\nport = 0\ntraces = "http://127.0.0.1:9"\n')
    code = (
        "import sys; sys.modules['opentelemetry.exporter.otlp.proto.http.trace_exporter'] = None\n"
        f"from sitegen.cli import run; sys.exit(run(['--site', {str(site)!r}, 'watch']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 3
    assert "SG806" in done.stderr
    assert "sitegen[traces]" in done.stderr
