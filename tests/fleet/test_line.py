"""How jobs wait: never too many, urgent ones first, attempts counted before they are made, poison given up."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from sitegen import files
from sitegen.enrich import asked
from sitegen.enrich.pipeline import pull
from sitegen.enrich.report import Request
from sitegen.enrich.summary import Summary
from sitegen.errors import AnswerInvalid, EngineFailing, EngineUnreachable
from sitegen.fleet import rates
from sitegen.fleet.broker import link_of
from sitegen.fleet.coordinator import FleetEngine
from sitegen.fleet.dispatch import Uncounted
from sitegen.fleet.rates import Rates
from sitegen.settings import Project
from sitegen.sources.base import Document
from sitegen.sources.folder import FolderSource
from sitegen.watch.metrics import Metrics
from tests.fleet import here
from tests.fleet.hands import Hands
from tests.fleet.machines import document, new_site, ollama, settings, states
from tests.servers.ollama import OllamaServer
from tests.servers.redis import RedisServer


def site(folder: Path, broker: RedisServer, documents: int = 1, attempts: int = 3, **fleet: object) -> Project:
    text = settings(broker.url, f"[engine]\nattempts = {attempts}\n", **fleet)
    return here.load(new_site(folder / "site", text, documents))


def attempts_of(project: Project) -> dict[str, int]:
    with closing(sqlite3.connect(project.state / "journal.sqlite")) as journal:
        return dict(journal.execute("SELECT ref, attempts FROM documents"))


def paper(number: int) -> Document:
    return Document(f"folder:{number}.txt", f"Report {number}", document(number))


def test_redis_never_holds_more_jobs_than_it_may(tmp_path: Path, broker: RedisServer) -> None:
    project = site(tmp_path, broker, documents=40, jobs=5)
    most = parcels = 0

    async def pull() -> None:
        nonlocal most, parcels
        with broker.client() as client:
            async with here.working(here.worker(project, here.Standin(0.01))):
                pulling = asyncio.create_task(here.pulled(project))
                while not pulling.done():
                    most = max(most, int(client.hlen("sitegen:jobs:bulk.msgs")))
                    parcels = max(parcels, len(client.keys("sitegen:parcel:*")))
                    await asyncio.sleep(0.005)
                assert pulling.result().counts == {"created": 40}

    asyncio.run(pull())
    assert 2 <= most <= 5 + 1  # one that is done, and not yet taken off
    assert 2 <= parcels <= 5 + 2  # two that are done, while the next one is packed


def test_what_an_editor_waits_for_does_not_wait_for_the_bulk(tmp_path: Path, broker: RedisServer) -> None:
    project = site(tmp_path, broker)

    class Editor(Uncounted):
        async def urgent(self, ref: str) -> bool:
            return ref == "folder:9.txt"

    async def go() -> None:
        engine, model = FleetEngine(project), here.Standin()
        engine.count_with(Editor())
        model.gate["folder:0.txt"] = held = asyncio.Event()
        async with here.working(here.worker(project, model)):
            await engine.identity()
            bulk = [asyncio.create_task(engine.summarize(paper(number))) for number in range(3)]
            await model.begun.wait()
            await engine.summarize(paper(9))
            assert model.asked == ["folder:0.txt", "folder:9.txt"]
            held.set()
            await asyncio.gather(*bulk)
            await engine.aclose()

    asyncio.run(go())


def test_an_attempt_is_in_the_journal_before_the_engine_is_asked(tmp_path: Path, broker: RedisServer) -> None:
    project = site(tmp_path, broker)
    seen: list[tuple[dict[str, int], dict[str, int]]] = []

    class Looking(here.Standin):
        async def summarize(self, document: Document, note: str = "") -> Summary:
            seen.append((attempts_of(project), dict(states(project.root))))
            return await super().summarize(document, note)

    assert here.run(project, here.worker(project, Looking())).counts == {"created": 1}
    assert seen == [({"folder:00000.txt": 1}, {"running": 1})]
    assert attempts_of(project) == {"folder:00000.txt": 0}


def test_what_waits_in_the_line_has_not_been_attempted(tmp_path: Path, broker: RedisServer) -> None:
    """A pull that is stopped again and again buries no document that nobody has begun."""
    project = site(tmp_path, broker, documents=3)

    async def stopped() -> None:
        with broker.client() as client:
            hands = Hands(client)
            hands.stand()
            pulling = asyncio.create_task(here.pulled(project))
            while not client.llen("sitegen:jobs:bulk"):
                hands.stand()
                await asyncio.sleep(0.05)
            pulling.cancel()
            await asyncio.gather(pulling, return_exceptions=True)
            assert client.llen("sitegen:jobs:bulk") == 0

    asyncio.run(stopped())
    assert set(attempts_of(project).values()) == {0}
    assert states(project.root) == {"pending": 3}


def test_a_document_that_ends_its_workers_is_dead_with_its_reason_and_can_be_driven_again(
    tmp_path: Path, broker: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.impatient(monkeypatch)
    project = site(tmp_path, broker, attempts=3)
    begun = 0

    async def go() -> None:
        nonlocal begun
        pulling = asyncio.create_task(here.pulled(project))
        with broker.client() as client:
            while not pulling.done():
                victim = Hands(client)  # it takes the job, is allowed to, and is never heard of again
                victim.stand()
                try:
                    job = await asyncio.to_thread(victim.take)
                except AssertionError:
                    break
                grant = await asyncio.to_thread(victim.granted, victim.claim(job))
                if grant is None or not grant.granted:
                    break
                begun += 1
                assert attempts_of(project) == {"folder:00000.txt": begun}
            report = await pulling
        assert report.counts == {"dead": 1}
        assert report.failed[0].reason == "the worker ended 3 times while it worked on this document"

    asyncio.run(go())
    assert begun == 3
    assert [entry.ref for entry in asked.retry(project, [], ["dead"])] == ["folder:00000.txt"]
    monkeypatch.undo()
    assert here.run(project, here.worker(project, here.Standin())).counts == {"created": 1}


def test_what_a_workers_engine_says_of_a_document_is_what_the_pull_says(tmp_path: Path, broker: RedisServer) -> None:
    project = site(tmp_path, broker, documents=2)
    model = here.Standin()
    model.errors["folder:00001.txt"] = AnswerInvalid("the answer is not JSON", place="http://gpu:11434")
    report = here.run(project, here.worker(project, model))
    assert report.counts == {"created": 1, "failed": 1}
    assert (report.failed[0].code, report.failed[0].reason) == ("SG305", "http://gpu:11434: the answer is not JSON")
    assert attempts_of(project) == {"folder:00000.txt": 0, "folder:00001.txt": 1}


def test_a_fault_that_is_no_engines_does_not_end_the_worker(tmp_path: Path, broker: RedisServer) -> None:
    project = site(tmp_path, broker, documents=2)
    model = here.Standin()
    model.errors["folder:00000.txt"] = RuntimeError("words of the document")
    report = here.run(project, here.worker(project, model))
    assert report.counts == {"created": 1, "failed": 1}
    assert "words of the document" not in report.failed[0].reason


def test_a_worker_whose_engine_goes_down_hands_its_document_to_another(tmp_path: Path, broker: RedisServer) -> None:
    project = site(tmp_path, broker, documents=4)
    broken, well = here.Standin(), here.Standin(0.05)
    for number in range(4):
        broken.errors[f"folder:{number:05}.txt"] = EngineUnreachable("gone")
    report = here.run(project, here.worker(project, broken), here.worker(project, well))
    assert report.counts == {"created": 4}
    assert set(attempts_of(project).values()) == {0}
    assert len(broken.asked) <= 1


def test_when_all_engines_are_down_documents_get_extracts_for_now(
    tmp_path: Path, broker: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.impatient(monkeypatch)
    project = site(tmp_path, broker, documents=2, patience=1)
    model = here.Standin()
    for number in range(2):
        model.errors[f"folder:{number:05}.txt"] = EngineUnreachable("gone")
    report = here.run(project, here.worker(project, model))
    assert report.provisional == 2
    assert report.engine_error is not None


def test_document_after_document_that_fails_ends_the_pull_as_it_does_without_a_fleet(
    tmp_path: Path, broker: RedisServer
) -> None:
    project = site(tmp_path, broker, documents=6, jobs=1)
    model = here.Standin()
    for number in range(6):
        model.errors[f"folder:{number:05}.txt"] = EngineFailing("it crashed")
    with pytest.raises(EngineFailing):
        here.run(project, here.worker(project, model))
    assert len(model.asked) == 3


def test_all_workers_together_ask_an_endpoint_no_more_than_they_may(tmp_path: Path, broker: RedisServer) -> None:
    project = site(tmp_path, broker)

    async def go() -> float:
        link = link_of(project)
        clients = [link.async_client() for _ in range(3)]
        shares = [Rates(link, client, 1200) for client in clients]
        began = time.monotonic()
        await asyncio.gather(*[rate.turn("http://gpu:11434") for rate in shares for _ in range(7)])
        took = time.monotonic() - began
        await asyncio.gather(*[rate.turn(f"http://other-{number}") for number, rate in enumerate(shares)])
        for client in clients:
            await client.aclose()
        return took

    assert asyncio.run(go()) >= 20 * 0.05


def test_a_worker_waits_for_its_turn_before_each_question(tmp_path: Path, broker: RedisServer) -> None:
    with OllamaServer(model="qwen3:8b") as model:
        text = settings(broker.url, ollama(model.url, slots=4), per_minute=600)
        project = here.load(new_site(tmp_path / "site", text, documents=2))
        began = time.monotonic()
        assert here.run(project, here.worker(project), here.worker(project)).counts == {"created": 2}
        chats = sum(isinstance(one.body, dict) and bool(one.body.get("messages")) for one in model.requests)
        assert time.monotonic() - began >= (chats - 1) * 0.1
        assert chats >= 4


def test_all_workers_together_have_no_more_at_an_endpoint_than_they_may(tmp_path: Path, broker: RedisServer) -> None:
    with OllamaServer(model="qwen3:8b", delay=0.1) as model:
        text = settings(broker.url, ollama(model.url, slots=4), at_once=2)
        project = here.load(new_site(tmp_path / "site", text, documents=5))
        assert here.run(project, here.worker(project, slots=4), here.worker(project, slots=4)).counts == {"created": 5}
        assert model.load.peak == 2
    with broker.client() as client:
        assert not client.keys("sitegen:places:*")


def test_the_place_of_a_worker_that_died_is_free_after_a_while(
    tmp_path: Path, broker: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rates, "HOLD_SECONDS", 2.0)
    monkeypatch.setattr(rates, "RENEW_SECONDS", 0.3)
    project = site(tmp_path, broker)

    async def go() -> None:
        link = link_of(project)
        dead, living = link.async_client(), link.async_client()
        await rates.Places(link, dead, 1)._hold(link.key("places", files.sha256("http://gpu")[:16]), "dead")
        began = time.monotonic()
        async with rates.Places(link, living, 1).place("http://gpu/"):
            waited = time.monotonic() - began
            await asyncio.sleep(2.5)  # longer than a place is held that nobody renews
            assert not await rates.Places(link, dead, 1)._hold(link.key("places", files.sha256("http://gpu")[:16]), "x")
        assert 1 <= waited < 10
        await dead.aclose()
        await living.aclose()

    asyncio.run(go())


def test_an_editors_command_takes_the_fleet_from_the_idle_daemon_and_it_takes_it_back(
    tmp_path: Path, broker: RedisServer
) -> None:
    """Both are of one site, whose own lock lets only one of them pull at a time."""
    project = site(tmp_path, broker, documents=1)
    documents = project.root / "documents"

    async def go() -> None:
        daemon, model = FleetEngine(project), here.Standin()
        async with here.working(here.worker(project, model)):
            source = FolderSource(documents)
            assert (await pull(project, source, daemon, Request())).counts == {"created": 1}
            (documents / "1.txt").write_text(document(1))
            assert (await asyncio.wait_for(here.pulled(project), 10)).counts == {"created": 1}
            (documents / "2.txt").write_text(document(2))
            assert (await asyncio.wait_for(pull(project, source, daemon, Request()), 20)).counts == {"created": 1}
            await daemon.aclose()
            assert len(model.asked) == 3

    asyncio.run(go())


def test_how_the_line_stands_is_told_to_those_who_watch(tmp_path: Path, broker: RedisServer) -> None:
    project = site(tmp_path, broker)
    metrics = Metrics()

    async def go() -> None:
        engine, model = FleetEngine(project), here.Standin()
        metrics.engine_opened(engine)
        assert 'sitegen_fleet_workers{state="fits"} 0.0' in metrics.text().decode()
        model.gate["folder:0.txt"] = held = asyncio.Event()
        async with here.working(here.worker(project, model)):
            await engine.identity()
            jobs = [asyncio.create_task(engine.summarize(paper(number))) for number in range(3)]
            await model.begun.wait()
            told = metrics.text().decode()
            held.set()
            await asyncio.gather(*jobs)
            await engine.aclose()
        for line in ('workers{state="fits"} 1.0', 'workers{state="differs"} 0.0', 'jobs{state="in hand"} 1.0'):
            assert f"sitegen_fleet_{line}" in told
        assert 'sitegen_fleet_jobs{state="waiting"} 2.0' in told

    asyncio.run(go())
