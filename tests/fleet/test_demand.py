"""Workers that are started only when there is work: it can be seen that there is, and it is waited for them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from sitegen.errors import EngineUnreachable
from sitegen.fleet.coordinator import FleetEngine
from tests.fleet import here
from tests.fleet.machines import new_site, settings
from tests.fleet.test_line import paper
from tests.servers.redis import RedisServer

DEMAND = "sitegen:demand"


def test_a_pull_without_a_worker_asks_for_one_and_waits(tmp_path: Path, broker: RedisServer) -> None:
    project = here.load(new_site(tmp_path / "site", settings(broker.url, wait=60), documents=3))

    async def go() -> None:
        with broker.client() as client:
            pulling = asyncio.create_task(here.pulled(project))
            while client.llen(DEMAND) != 1:  # noqa: ASYNC110  # what is waited for happens in Redis
                await asyncio.sleep(0.02)
            assert 0 < client.ttl(DEMAND) <= 60  # one that died asks for nobody
            assert not pulling.done()
            async with here.working(here.worker(project, here.Standin())):  # as KEDA would
                assert (await asyncio.wait_for(pulling, 30)).counts == {"created": 3}
            assert not client.exists(DEMAND)

    asyncio.run(go())


def test_what_is_in_hand_is_demand_as_well(
    tmp_path: Path, broker: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.impatient(monkeypatch)
    project = here.load(new_site(tmp_path / "site", settings(broker.url)))

    async def go() -> None:
        engine, model = FleetEngine(project), here.Standin()
        model.gate["folder:0.txt"] = held = asyncio.Event()
        with broker.client() as client:
            async with here.working(here.worker(project, model, slots=2)):
                jobs = [asyncio.create_task(engine.summarize(paper(number))) for number in range(4)]
                while client.llen(DEMAND) != 1 or jobs[0].done():  # noqa: ASYNC110  # it happens in Redis
                    await asyncio.sleep(0.02)
                assert client.llen("sitegen:jobs:bulk") == 0
                held.set()
                await asyncio.gather(*jobs)
                await engine.aclose()

    asyncio.run(asyncio.wait_for(go(), 30))


def test_it_is_not_waited_for_ever(tmp_path: Path, broker: RedisServer) -> None:
    project = here.load(new_site(tmp_path / "site", settings(broker.url, wait=1)))

    async def go() -> None:
        engine = FleetEngine(project)
        with pytest.raises(EngineUnreachable, match="no worker gives signs of life"):
            await engine.identity()
        await engine.aclose()

    asyncio.run(go())
