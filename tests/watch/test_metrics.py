"""The metrics: those of the table, fed by what really happens, and few enough for any number of documents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from sitegen.enrich.engines.base import EndpointStats
from sitegen.spans import Span
from sitegen.watch.metrics import Metrics, status
from tests.servers.ollama import OllamaServer
from tests.servers.paperless import PaperlessServer
from tests.watch.daemons import TEXT, Watched, new_site

TABLE = """
sitegen_documents_processed_total{result} counter
sitegen_documents_pending gauge
sitegen_documents_dead gauge
sitegen_document_seconds histogram
sitegen_engine_seconds{endpoint,model} histogram
sitegen_queue_wait_seconds histogram
sitegen_engine_tokens_total{kind,model} counter
sitegen_engine_errors_total{endpoint,reason} counter
sitegen_endpoint_up{endpoint} gauge
sitegen_cache_requests_total{result} counter
sitegen_cache_bytes gauge
sitegen_source_requests_total{status} counter
sitegen_source_lag_seconds gauge
sitegen_build_seconds{kind} histogram
sitegen_build_outputs_total{result} counter
sitegen_pages{status} gauge
sitegen_last_success_timestamp_seconds{job} gauge
sitegen_jobs_total{job,result} counter
sitegen_trouble{topic} gauge
sitegen_disk_free_bytes gauge
sitegen_fleet_workers{state} gauge
sitegen_fleet_jobs{state} gauge
sitegen_fleet_oldest_job_seconds gauge
sitegen_fleet_messages_refused gauge
"""
"""What is promised to those who watch: the names, labels and kinds in docs/operations/metrics.md, and nothing less."""


def exposed(metrics: Metrics) -> str:
    """The metrics as the table writes them."""
    lines = []
    for metric in metrics.registry._collector_to_names:  # the library shows labels only of what has been counted
        name, kind = getattr(metric, "_name", ""), getattr(metric, "_type", "")
        labels = ",".join(sorted(getattr(metric, "_labelnames", ())))
        suffix = "_total" if kind == "counter" else ""
        if name.startswith("sitegen_"):
            lines.append(f"{name}{suffix}{f'{{{labels}}}' if labels else ''} {kind}")
    return "\n".join(sorted(lines))


def test_names_labels_and_kinds_are_those_of_the_table() -> None:
    assert exposed(Metrics()) == "\n".join(sorted(TABLE.split("\n")[1:-1]))


def test_the_page_for_operators_has_the_same_table() -> None:
    page = (Path(__file__).parents[2] / "docs/operations/metrics.md").read_text()
    for line in TABLE.split("\n")[1:-1]:
        name, kind = line.split()
        row = next((row for row in page.splitlines() if f"`{name}`" in row), "")
        assert kind in row, line


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[tuple[Watched, PaperlessServer, OllamaServer]]:
    """A daemon between a Paperless with two documents, one of them empty, and an Ollama."""
    documents = [{"title": "Minutes", "content": TEXT}, {"title": "Nothing", "content": ""}]
    with PaperlessServer(documents=documents) as paperless, OllamaServer(model="qwen3:8b") as ollama:
        paperless.fail_next(1, status=503, path="/api/documents/")
        site = new_site(
            tmp_path / "site",
            f'[watch]\nevery = 1\n[source.paperless]\nurl = "{paperless.url}"\noverlap = 0\n'
            f'[engine.ollama]\nendpoints = ["{ollama.url}", "http://127.0.0.1:9"]\n',
        )
        text = (site / "sitegen.toml").read_text()
        text = text.replace('kind = "folder"', 'kind = "paperless"').replace('kind = "extractive"', 'kind = "ollama"')
        (site / "sitegen.toml").write_text(text)
        watched = Watched(site, SITEGEN_SOURCE__PAPERLESS__TOKEN=paperless.token)
        try:
            yield watched, paperless, ollama
        finally:
            watched.end()


def test_each_metric_is_fed_by_a_pull_and_a_build(scene: tuple[Watched, PaperlessServer, OllamaServer]) -> None:
    watched, _, ollama = scene
    watched.until("document", result="created")
    watched.until("pull")
    watched.shows("/metrics", lambda answer: 'sitegen_pages{status="published"} 1.0' in answer.text)
    numbers = watched.numbers()
    dead = "http://127.0.0.1:9"
    fed = {
        ("sitegen_documents_processed_total", "created"),
        ("sitegen_documents_processed_total", "empty"),
        ("sitegen_engine_seconds_count", ollama.url, "qwen3:8b"),
        ("sitegen_engine_tokens_total", "prompt", "qwen3:8b"),
        ("sitegen_engine_tokens_total", "answer", "qwen3:8b"),
        ("sitegen_engine_errors_total", dead, "SG301"),
        ("sitegen_cache_requests_total", "miss"),
        ("sitegen_cache_bytes",),
        ("sitegen_source_requests_total", "200"),
        ("sitegen_source_requests_total", "503"),
        ("sitegen_build_seconds_count", "full"),
        ("sitegen_build_outputs_total", "written"),
        ("sitegen_pages", "published"),
        ("sitegen_last_success_timestamp_seconds", "pull"),
        ("sitegen_last_success_timestamp_seconds", "build"),
        ("sitegen_jobs_total", "pull", "well"),
        ("sitegen_disk_free_bytes",),
    }
    assert {key for key in fed if not numbers.get(key)} == set()
    assert numbers["sitegen_document_seconds_count",] == numbers["sitegen_queue_wait_seconds_count",] == 2
    assert 0 < numbers["sitegen_document_seconds_sum",] < 120
    assert numbers["sitegen_engine_seconds_count", ollama.url, "qwen3:8b"] == ollama.chats
    assert numbers["sitegen_endpoint_up", ollama.url] == 1
    assert numbers["sitegen_endpoint_up", dead] == 0
    assert numbers["sitegen_source_lag_seconds",] < 120
    assert numbers["sitegen_documents_pending",] == numbers["sitegen_documents_dead",] == 0


def test_an_engine_that_is_down_is_told_before_it_was_ever_up(tmp_path: Path) -> None:
    site = new_site(tmp_path / "site", '[watch]\nevery = 3600\n[engine.ollama]\nendpoints = ["http://127.0.0.1:9"]\n')
    text = (site / "sitegen.toml").read_text().replace('kind = "extractive"', 'kind = "ollama"')
    (site / "sitegen.toml").write_text(text)
    (site / "documents/minutes.txt").write_text(TEXT)
    watched = Watched(site, "--no-build")
    try:
        watched.until("pull")
        numbers = watched.numbers()
        assert numbers["sitegen_endpoint_up", "http://127.0.0.1:9"] == 0
        assert numbers["sitegen_engine_errors_total", "http://127.0.0.1:9", "SG301"] >= 1
        assert numbers["sitegen_trouble", "engine"] == 1
        assert numbers["sitegen_documents_pending",] == 1, "its extract is for now"
        assert watched.get("/readyz").status_code == 503
    finally:
        watched.end()


def test_no_label_has_as_many_values_as_there_are_documents_or_servers_words() -> None:
    metrics = Metrics()
    for number in range(2000):
        for name in ("document", "queue", "work"):
            metrics.ended(
                Span(name, {"document": f"paperless:{number}", "result": "created"}, None, error=f"E{number}")
            )
        metrics.ended(Span("source", {"status": number}, None))
    series = [sample for family in text_string_to_metric_families(metrics.text().decode()) for sample in family.samples]
    assert len(series) < 250


@pytest.mark.parametrize(
    ("found", "shown"), [(200, "200"), (429, "429"), (799, "other"), ("x", "other"), (None, "none")]
)
def test_a_status_is_one_that_is_known(found: object, shown: str) -> None:
    assert status(found) == shown


def test_an_engine_that_is_opened_anew_counts_on() -> None:
    metrics = Metrics()
    before = EndpointStats("http://a", 1, errors={"SG301": 2}, prompt_tokens=10)
    metrics.endpoints([before], "m")
    metrics.engine_opened()
    metrics.endpoints([EndpointStats("http://a", 1, errors={"SG301": 1}, prompt_tokens=30)], "m")
    told = metrics.text().decode()
    assert 'sitegen_engine_errors_total{endpoint="http://a",reason="SG301"} 3.0' in told
    assert 'sitegen_engine_tokens_total{kind="prompt",model="m"} 40.0' in told
