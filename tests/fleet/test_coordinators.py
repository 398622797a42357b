"""Coordinators that come and go: one leaves alone what is another's, and none leaves texts or payments behind."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from sitegen.errors import AnswerInvalid, EngineUnreachable, FleetTaken
from sitegen.fleet import coordinator
from sitegen.fleet.coordinator import FleetEngine
from sitegen.fleet.lease import Lease
from sitegen.fleet.messages import Wanted
from sitegen.settings import Project
from tests.fleet import here
from tests.fleet.hands import Hands, summary_of
from tests.fleet.machines import document, new_site, settings
from tests.fleet.test_line import paper
from tests.servers.redis import RedisServer


def site(folder: Path, broker: RedisServer, documents: int = 1, **fleet: object) -> Project:
    return here.load(new_site(folder, settings(broker.url, "", **fleet), documents))


def test_who_was_deposed_touches_neither_jobs_nor_words_of_the_next(
    tmp_path: Path, broker: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after an outage that was longer than the lease."""
    monkeypatch.setattr(coordinator, "RENEW_SECONDS", 0.3)
    one, other = site(tmp_path / "one", broker), site(tmp_path / "other", broker)

    async def go() -> None:
        deposed, ruling = FleetEngine(one), FleetEngine(other)
        with broker.client() as client:
            hands = Hands(client)
            hands.stand()
            await deposed.identity()
            rival = Lease(other, ruling._link, ruling._link.async_client(), "")
            client.set("sitegen:coordinator", rival._ours)  # ours has expired, and another one was there
            await ruling.identity()
            waiting = asyncio.create_task(ruling.summarize(paper(1)))
            job = None
            for _ in range(20):
                await asyncio.sleep(0.1)
                wanted = client.get("sitegen:wanted")
                assert isinstance(wanted, bytes)
                job = job or client.lindex("sitegen:jobs:bulk", 0)
                assert hands.seal.open(Wanted, wanted).run == ruling._dispatch.run  # type: ignore[union-attr]
            await deposed.aclose()
            assert client.lindex("sitegen:jobs:bulk", 0) == job is not None
            assert client.exists("sitegen:wanted")
            waiting.cancel()
            await ruling.aclose()
            assert not client.exists("sitegen:wanted")

    asyncio.run(go())


def test_texts_do_not_pile_up_when_coordinators_are_killed(tmp_path: Path, broker: RedisServer) -> None:
    project = site(tmp_path / "site", broker)

    async def go() -> None:
        with broker.client() as client:
            hands = Hands(client)
            for _ in range(3):
                hands.stand()
                killed = FleetEngine(project)
                await killed.identity()
                waiting = [asyncio.create_task(killed.summarize(paper(number))) for number in range(4)]
                while client.llen("sitegen:jobs:bulk") < 4:  # noqa: ASYNC110  # it happens in Redis
                    await asyncio.sleep(0.02)
                await asyncio.sleep(0.2)  # redis-py leaves a connection open that is cancelled while it comes about
                assert len(client.keys("sitegen:parcel:*")) == 4
                killed._lease = None  # nobody tidies up after it
                await killed.aclose()
                for one in waiting:
                    one.cancel()

    asyncio.run(go())


def test_a_site_is_the_same_site_in_its_next_container(
    tmp_path: Path, broker: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine's name is another one each time, and the same name may be another site's."""
    project, twin = site(tmp_path / "a", broker), site(tmp_path / "b", broker)

    async def go() -> None:
        engine = FleetEngine(project)
        client = engine._link.async_client()
        await Lease(project, engine._link, client, "1").take()
        monkeypatch.setattr(socket, "gethostname", lambda: "f00dcafe")
        await Lease(project, engine._link, client, "2").take()
        with pytest.raises(FleetTaken, match="f00dcafe"):
            await Lease(twin, engine._link, client, "3").take()
        await client.aclose()

    asyncio.run(go())


def test_after_the_fleet_was_taken_back_only_the_same_model_will_do(tmp_path: Path, broker: RedisServer) -> None:
    project = site(tmp_path / "site", broker)

    async def go() -> None:
        engine = FleetEngine(project)
        with broker.client() as client:
            Hands(client).stand()
            identity = await engine.identity()
            await engine.aclose()
            dispatch = await engine._started()
            assert dispatch.wanted
            assert dispatch.wanted.digest == identity.digest != ""
            await asyncio.sleep(0.2)  # redis-py leaves a connection open that is cancelled while it comes about
            await engine.aclose()

    asyncio.run(go())


def test_what_was_made_when_the_pull_was_stopped_is_there_for_the_next(tmp_path: Path, broker: RedisServer) -> None:
    project = site(tmp_path / "site", broker)

    async def go() -> None:
        with broker.client() as client:
            hands = Hands(client)
            pulling = asyncio.create_task(here.pulled(project))
            job = await asyncio.to_thread(hands.take)
            grant = await asyncio.to_thread(hands.granted, hands.claim(job))
            assert grant
            assert grant.granted
            pulling.cancel()
            hands.deliver(job, summary_of(document(0)))
            await asyncio.gather(pulling, return_exceptions=True)
            hands.stand()
            assert (await asyncio.wait_for(here.pulled(project), 20)).counts == {"created": 1}
            assert not client.llen("sitegen:jobs:bulk")

    asyncio.run(go())


def test_what_somebody_says_who_has_lost_the_job_does_not_count(
    tmp_path: Path, broker: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that was cut off fails at last, while another one is at work."""
    here.impatient(monkeypatch)
    project = site(tmp_path / "site", broker)

    async def go() -> None:
        with broker.client() as client:
            lost, holder = Hands(client), Hands(client)
            pulling = asyncio.create_task(here.pulled(project))
            job = await asyncio.to_thread(lost.take)
            assert await asyncio.to_thread(lost.granted, lost.claim(job))
            holder.stand()
            await asyncio.to_thread(holder.take)
            assert await asyncio.to_thread(holder.granted, holder.claim(job))
            lost.tell(job, "failed", code=AnswerInvalid.code, message="the answer is not JSON")
            holder.stand(job.key)
            await asyncio.sleep(0.3)
            assert not pulling.done()
            holder.deliver(job, summary_of(document(0)))
            assert (await pulling).counts == {"created": 1}

    asyncio.run(go())


def test_what_nobody_takes_from_a_queue_is_not_waited_for_for_ever(
    tmp_path: Path, broker: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.impatient(monkeypatch)
    project = site(tmp_path / "site", broker, patience=1)

    async def go() -> None:
        engine = FleetEngine(project)
        async with here.working(here.worker(project, here.Standin(), queues=("urgent",))):
            await engine.identity()
            with pytest.raises(EngineUnreachable, match="none takes what is bulk"):
                await asyncio.wait_for(engine.summarize(paper(1)), 30)
            await engine.aclose()

    asyncio.run(go())
