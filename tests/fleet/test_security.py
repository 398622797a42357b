"""Whoever can write to Redis, and has not our key, can have nothing run and put nothing into a brief."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import redis

from sitegen.enrich.engines import open_engine
from sitegen.enrich.engines.redacting import Redacting
from sitegen.enrich.report import Report
from sitegen.errors import AnswerInvalid, EngineUnreachable, FleetTaken
from sitegen.fleet.coordinator import FleetEngine
from sitegen.fleet.messages import Job, Made, Offer, differences
from sitegen.settings import Project
from tests.fleet import here
from tests.fleet.hands import IDENTITY, Hands, summary_of
from tests.fleet.machines import briefs, new_site, ollama, settings
from tests.servers.redis import RedisServer

FALSE = "The mayor has stolen the silver. Everybody knows that the mayor has stolen the silver spoons."
OTHER_KEY = "another-key-another-key-another-key"


def site(folder: Path, broker: RedisServer, documents: int = 1, engine: str = "", **fleet: object) -> Project:
    return here.load(new_site(folder / "site", settings(broker.url, engine, **fleet), documents))


async def until(true: Callable[[], object], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110  # what is waited for happens in Redis
            await asyncio.sleep(0.02)


def test_a_forged_changed_or_repeated_job_runs_nothing(tmp_path: Path, broker: RedisServer) -> None:
    project = site(tmp_path, broker)
    model = here.Standin()

    async def go() -> None:
        worker = here.worker(project, model)
        with broker.client() as client:
            async with here.working(worker):
                seen: list[str] = []
                await asyncio.gather(here.pulled(project), _watching(client, seen))
                assert model.asked == ["folder:00000.txt"]
                engine = FleetEngine(project)  # a coordinator is there, and waits for nothing of this
                await engine.identity()
                ours, theirs = Hands(client), Hands(client, OTHER_KEY)
                for sealed in (
                    seen[0],  # was ours, and is over
                    theirs.seal.close(ours.seal.open(Job, seen[0])).decode(),
                    seen[0].replace('"fetch":false', '"fetch":true'),
                    "",
                    "__import__('os').system('true')",
                ):
                    ours.put(sealed)
                    ours.put(sealed, "urgent")
                ours.put("x", actor="os.system")
                ours.put("x", kwargs={"sealed": "y"})
                client.rpush("sitegen:jobs:bulk", "no-such-message")
                await until(lambda: not client.llen("sitegen:jobs:bulk") and not client.llen("sitegen:jobs:urgent"))
                await until(lambda: worker.metrics.refused._value.get() >= 8)
                await until(lambda: worker.metrics.denied._value.get() >= 2)
                await engine.aclose()
        assert model.asked == ["folder:00000.txt"]

    asyncio.run(go())


def test_a_worker_goes_on_after_what_is_no_message_at_all(tmp_path: Path, broker: RedisServer) -> None:
    project = site(tmp_path, broker, documents=3)

    async def go() -> Report:
        with broker.client() as client:
            async with here.working(here.worker(project, here.Standin(0.2))):
                pulling = asyncio.create_task(here.pulled(project))
                await until(lambda: client.hlen("sitegen:workers"))
                for number, junk in enumerate((b"\x80\x04\x95pickle", b"{", b"[]", b'{"args": 1}')):
                    client.hset("sitegen:jobs:bulk.msgs", f"junk{number}", junk)
                    client.lpush("sitegen:jobs:bulk", f"junk{number}")
                return await pulling

    assert asyncio.run(go()).counts == {"created": 3}


@asynccontextmanager
async def waited_for(project: Project, client: redis.Redis) -> AsyncIterator[tuple[Hands, Any, asyncio.Task[Report]]]:
    """A pull, and its job in the hands of a worker that is ours and may begin."""
    pulling = asyncio.create_task(here.pulled(project))
    hands = Hands(client)
    job = await asyncio.to_thread(hands.take)
    grant = await asyncio.to_thread(hands.granted, hands.claim(job))
    assert grant
    assert grant.granted
    yield hands, job, pulling


def test_a_forged_changed_or_misplaced_result_enters_no_brief(tmp_path: Path, broker: RedisServer) -> None:
    project = site(tmp_path, broker)
    true = (project.root / "documents" / "00000.txt").read_text()

    async def go() -> None:
        with broker.client() as client:
            async with waited_for(project, client) as (hands, job, pulling):
                theirs = Hands(client, OTHER_KEY)
                theirs.deliver(job, summary_of(FALSE))
                hands.deliver(job, summary_of(FALSE), key="f" * 64)  # signed by us, for another summary
                sealed = hands.seal.close(_made(job, summary_of(true)))
                client.set(hands.key("result", job.key), sealed.replace(b"council", b"burglar"))
                hands.tell(job, "made")
                client.set(hands.key("result", job.key), b"\x80\x04\x95")
                hands.tell(job, "made")
                theirs.tell(job, "failed", code="SG305", message=FALSE)
                client.rpush(hands.key("outcomes", job.run), b"", b"{}", b"x" * 100_000)
                for _ in range(4):
                    hands.stand(job.key)
                    await asyncio.sleep(0.5)
                assert not pulling.done()
                assert briefs(project.root) == {}
                hands.deliver(job, summary_of(true))
                assert (await pulling).counts == {"created": 1}

    asyncio.run(go())
    assert "silver" not in "".join(briefs(project.root).values())
    assert "council" in "".join(briefs(project.root).values())


def test_a_claim_that_is_sent_again_is_not_answered_and_counts_no_attempt(tmp_path: Path, broker: RedisServer) -> None:
    project = site(tmp_path, broker)

    async def go() -> None:
        with broker.client() as client:
            pulling = asyncio.create_task(here.pulled(project))
            hands = Hands(client)
            job = await asyncio.to_thread(hands.take)
            nonce = hands.claim(job)
            first = await asyncio.to_thread(hands.granted, nonce)
            assert first
            assert first.granted
            hands.claim(job, nonce)
            assert await asyncio.to_thread(hands.granted, nonce, 1) is None
            other = Hands(client)
            other.stand()
            second = await asyncio.to_thread(other.granted, other.claim(job))
            assert second
            assert not second.granted
            assert second.why == "another worker has it"
            hands.deliver(job, summary_of("The council met in March. It approved the budget of the town."))
            assert (await pulling).counts == {"created": 1}

    asyncio.run(go())


def test_a_parcel_that_was_exchanged_is_not_worked_on(tmp_path: Path, broker: RedisServer) -> None:
    project = site(tmp_path, broker)
    model = here.Standin()

    async def go() -> Report:
        with broker.client() as client:
            pulling = asyncio.create_task(here.pulled(project))
            hands = Hands(client)
            hands.stand()
            _, sealed = await asyncio.to_thread(hands.message)
            job = hands.seal.open(Job, sealed)
            client.set(hands.key("parcel", job.id), b"x")
            hands.put(sealed)
            async with here.working(here.worker(project, model)):
                return await pulling

    report = asyncio.run(go())
    assert report.counts == {"failed": 1}
    assert model.asked == []


def test_a_worker_with_another_key_gets_no_work_and_says_so(tmp_path: Path, broker: RedisServer) -> None:
    project = site(tmp_path, broker, wait=2)
    stranger = here.load(project.root, SITEGEN_FLEET__TOKEN=OTHER_KEY)
    model = here.Standin()

    async def go() -> None:
        worker = here.worker(stranger, model)
        async with here.working(worker):
            engine = FleetEngine(project)
            with pytest.raises(EngineUnreachable, match="no worker gives signs of life"):
                await engine.identity()
            found = await engine.check()
            await engine.aclose()
            assert any("another key" in one.message for one in found)
            assert "not signed with our key" in worker._why_not

    asyncio.run(go())
    assert model.asked == []


@pytest.mark.parametrize(
    ("theirs", "why"),
    [
        ("[engine.extractive]\nsentences = 7\n", "option sentences is 7 there, 4 here"),
        ('[engine]\nkind = "ollama"\n', "connection"),
    ],
)
def test_a_worker_that_differs_takes_no_work_and_both_sides_say_why(
    tmp_path: Path, broker: RedisServer, theirs: str, why: str
) -> None:
    project = site(tmp_path, broker, wait=2)
    other = here.load(new_site(tmp_path / "other", settings(broker.url, theirs)))

    async def go() -> None:
        worker = here.worker(other)
        async with here.working(worker):
            engine = FleetEngine(project)
            with pytest.raises(EngineUnreachable, match=why):
                await engine.identity()
            assert why in worker._why_not
            assert worker._workers == []
            await engine.aclose()

    asyncio.run(go())


def test_text_that_is_not_blacked_out_does_not_go_to_an_endpoint_beyond_the_house(
    tmp_path: Path, broker: RedisServer
) -> None:
    inside = site(tmp_path, broker, engine=ollama("http://127.0.0.1:9"))
    outside = here.load(new_site(tmp_path / "out", settings(broker.url, ollama("https://api.example.com"))))
    offer = Offer(identity=IDENTITY, beyond=here.worker(outside)._beyond)
    assert "https://api.example.com is not on the local network" in _why_not(inside, offer)
    assert "local network" not in _why_not(outside, offer)  # whose coordinator blacks out


def _why_not(project: Project, offer: Offer) -> str:
    engine = FleetEngine(project)
    opened = open_engine(project)
    if isinstance(opened, Redacting):
        engine = opened._engine  # type: ignore[assignment]
    return ", ".join(differences(asyncio.run(engine._wish()), offer))


def test_a_second_coordinator_is_refused(tmp_path: Path, broker: RedisServer) -> None:
    project = site(tmp_path, broker)
    other = here.load(new_site(tmp_path / "other", settings(broker.url), 1))
    elsewhere = here.load(new_site(tmp_path / "elsewhere", settings(broker.url, name="elsewhere"), 1))

    async def go() -> None:
        first, second, third = FleetEngine(project), FleetEngine(other), FleetEngine(elsewhere)
        async with here.working(here.worker(project, here.Standin()), here.worker(elsewhere, here.Standin())):
            await first.identity()
            with pytest.raises(FleetTaken, match="belongs to a pull on"):
                await here.pulled(other, engine=second)
            await third.identity()
            await first.aclose()
            assert (await here.pulled(other)).counts == {"created": 1}
            await third.aclose()

    asyncio.run(go())


def test_messages_and_logs_hold_no_words_of_a_document(
    tmp_path: Path, broker: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    project = site(tmp_path, broker, documents=2)
    log = logging.getLogger("sitegen.tests.fleet.told")
    model = here.Standin()
    model.errors["folder:00001.txt"] = AnswerInvalid("no answer")
    with caplog.at_level(logging.DEBUG), broker.client() as client:
        seen: list[str] = []

        async def go() -> None:
            async with here.working(here.worker(project, model, log=log)):
                await asyncio.gather(here.pulled(project), _watching(client, seen))

        asyncio.run(go())
    told = "\n".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records) + "".join(seen)
    assert seen
    assert "made" in told
    assert "council" not in told
    assert "Report" not in told


async def _watching(client: redis.Redis, seen: list[str]) -> None:
    """Keeps the messages that come by."""
    for _ in range(400):
        found: Any = client.hgetall("sitegen:jobs:bulk.msgs")
        seen += [json.loads(raw)["args"][0] for raw in found.values()]
        if seen and not found:
            return
        await asyncio.sleep(0.005)


def _made(job: Any, summary: Any) -> Any:
    return Made(key=job.key, job=job.id, summary=summary)
