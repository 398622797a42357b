"""What workers ask their engines stands in the daemon's metrics and in the traces of its documents."""

from __future__ import annotations

import asyncio
from pathlib import Path

from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from sitegen import spans
from sitegen.enrich.engines import open_engine
from sitegen.fleet.told import MOST, Notes
from sitegen.watch.metrics import Metrics
from sitegen.watch.traces import Traces
from tests.fleet import here
from tests.fleet.machines import new_site, ollama, settings
from tests.servers.ollama import OllamaServer
from tests.servers.redis import RedisServer


def test_a_workers_requests_join_metrics_and_trace_of_the_coordinator(tmp_path: Path, broker: RedisServer) -> None:
    exported, metrics = InMemorySpanExporter(), Metrics()
    traces = Traces(exported, lambda: False)
    with OllamaServer(model="qwen3:8b") as model:
        project = here.load(new_site(tmp_path / "site", settings(broker.url, ollama(model.url)), documents=2))
        worker = here.worker(project)

        async def go() -> None:
            async with here.working(worker):
                with spans.listening(metrics, traces), spans.span("pull", run="r"):
                    assert (await here.pulled(project)).counts == {"created": 2}

        asyncio.run(go())
        chats = sum(isinstance(one.body, dict) and bool(one.body.get("messages")) for one in model.requests)
    traces.close()
    made = exported.get_finished_spans()
    works = {one.context.span_id: one for one in made if one.name == "work" and one.context}
    asked = [one for one in made if one.name == "engine"]
    jobs = [one for one in made if one.name == "job"]
    assert len(asked) == chats >= 2
    assert len(jobs) == len(works) == 2
    for one in (*asked, *jobs):
        assert one.parent
        work = works[one.parent.span_id]
        assert one.context
        assert work.context
        assert one.context.trace_id == work.context.trace_id
        assert one.attributes
        assert one.attributes["sitegen.worker"] == worker.name
        assert one.start_time
        assert work.start_time
        assert work.start_time <= one.start_time
    count = f'sitegen_engine_seconds_count{{endpoint="{model.url}",model="qwen3:8b"}} {chats}.0'
    assert count in metrics.text().decode()
    assert count in worker.metrics.text().decode()


def test_an_address_without_end_is_told_in_short_and_stops_no_document() -> None:
    with spans.listening(notes := Notes()), spans.span("engine", endpoint=f"http://{'a' * 400}/", model="m" * 400):
        pass
    (told,) = notes.told
    assert told.endpoint == f"http://{'a' * 293}"
    assert told.model == "m" * 300


def test_with_a_fleet_and_without_it_as_many_requests_are_counted(tmp_path: Path, broker: RedisServer) -> None:
    counted = []
    with OllamaServer(model="qwen3:8b") as model:
        for name, text in (("alone", ollama(model.url)), ("fleet", settings(broker.url, ollama(model.url)))):
            project, metrics = here.load(new_site(tmp_path / name, text, documents=2)), Metrics()

            async def go() -> None:
                workers = [here.worker(project)] if project.settings.fleet.broker else []  # noqa: B023
                async with here.working(*workers):
                    with spans.listening(metrics):  # noqa: B023
                        await here.pulled(project, engine=open_engine(project))  # noqa: B023

            asyncio.run(go())
            lines = metrics.text().decode().splitlines()
            counted.append([line for line in lines if line.startswith("sitegen_engine_seconds_count")])
    assert counted[0] == counted[1] != []


def test_errors_of_a_workers_endpoint_have_their_reason(tmp_path: Path, broker: RedisServer) -> None:
    text = settings(broker.url, ollama("http://127.0.0.1:9"))
    worker = here.worker(here.load(new_site(tmp_path / "site", text)))

    async def go() -> None:
        async with here.working(worker):
            while "errors_total{" not in worker.metrics.text().decode():  # noqa: ASYNC110  # it is polled, as here
                await asyncio.sleep(0.05)

    asyncio.run(asyncio.wait_for(go(), 20))
    assert 'sitegen_engine_errors_total{endpoint="http://127.0.0.1:9",reason="SG301"}' in worker.metrics.text().decode()


def test_not_more_is_told_than_a_message_holds() -> None:
    notes = Notes()
    with spans.listening(notes):
        for _ in range(MOST + 5):
            with spans.span("engine", endpoint="http://gpu:11434", model="m"):
                pass
        with spans.span("document", document="folder:1.txt"):
            pass
    assert len(notes.told) == MOST
    assert {one.name for one in notes.told} == {"engine"}
