"""What is promised of Redis itself: a task that is told to end ends, and a Redis that is full is waited for."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from sitegen.enrich.report import Report
from sitegen.fleet.broker import Link, link_of
from tests.fleet import here
from tests.fleet.hands import Hands
from tests.fleet.machines import new_site, settings
from tests.servers.redis import RedisServer


def test_a_task_that_is_told_to_end_ends_whatever_it_was_doing(tmp_path: Path, broker: RedisServer) -> None:
    link = link_of(here.load(new_site(tmp_path / "site", settings(broker.url))))

    async def listen(client: object) -> None:
        while True:
            await client.blpop(["nothing"], timeout=0.01)  # type: ignore[attr-defined]

    async def go() -> None:
        client = link.async_client()
        for turns in range(250):
            await client.ping()  # there is a connection: what is cancelled is waiting for a message
            task = asyncio.create_task(listen(client))
            for _ in range(turns % 50):
                await asyncio.sleep(0)
            task.cancel()
            done, _ = await asyncio.wait({task}, timeout=2)
            assert done, f"it goes on after {turns} turns of the loop"
        await client.aclose()

    asyncio.run(go())


def test_the_password_is_not_in_what_a_link_says_of_itself() -> None:
    assert "s3cret" not in repr(Link("redis://host", "sitegen", {"password": "s3cret"}))


def test_when_redis_is_full_everybody_waits_until_it_is_not(
    tmp_path: Path, broker: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is asked twice, nobody ends, and no document is blamed."""
    here.impatient(monkeypatch)
    project = here.load(new_site(tmp_path / "site", settings(broker.url), documents=4))
    model = here.Standin()
    model.gate["folder:00000.txt"] = gate = asyncio.Event()

    async def go() -> Report:
        worker = here.worker(project, model)
        with broker.client() as client:
            async with here.working(worker):
                pulling = asyncio.create_task(here.pulled(project))
                await model.begun.wait()
                client.config_set("maxmemory", 1)
                gate.set()
                await asyncio.sleep(2.5)
                assert not pulling.done()
                client.config_set("maxmemory", 0)
                return await asyncio.wait_for(pulling, 30)

    report = asyncio.run(go())
    assert report.counts == {"created": 4}
    assert sorted(model.asked) == [f"folder:{number:05}.txt" for number in range(4)]


def test_when_redis_stays_full_the_pull_says_so_in_its_words(
    tmp_path: Path, broker: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.impatient(monkeypatch)
    project = here.load(new_site(tmp_path / "site", settings(broker.url, patience=1), documents=1))

    async def go() -> Report:
        with broker.client() as client:
            hands = Hands(client)
            hands.stand()
            pulling = asyncio.create_task(here.pulled(project))
            await asyncio.to_thread(hands.take)
            client.delete("sitegen:workers")
            client.set("sitegen:workers", "not what it should be")
            return await asyncio.wait_for(pulling, 30)

    report = asyncio.run(go())
    assert report.provisional == 1
    assert "Redis cannot be used: ResponseError: WRONGTYPE" in str(report.engine_error)
