"""A pull with a fleet makes what a pull without one makes."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from sitegen.enrich.engines import open_engine
from sitegen.fleet.coordinator import FleetEngine
from tests.fleet import here
from tests.fleet.machines import ROOT, briefs, machines, new_site, ollama, pull, records, settings, states
from tests.servers.ollama import OllamaServer
from tests.servers.redis import RedisServer


def test_a_pull_by_way_of_a_fleet_gives_the_same_briefs_records_and_cache_keys(
    tmp_path: Path, broker: RedisServer
) -> None:
    with OllamaServer(model="qwen3:8b") as model:
        alone = here.load(new_site(tmp_path / "alone", ollama(model.url, slots=2), documents=8))
        fleet = here.load(new_site(tmp_path / "fleet", settings(broker.url, ollama(model.url, slots=2)), documents=8))
        report = asyncio.run(here.pulled(alone, engine=open_engine(alone)))
        assert report.counts == {"created": 8}
        one, other = here.worker(fleet), here.worker(fleet, queues=("bulk",))
        assert isinstance(open_engine(fleet), FleetEngine)
        report = here.run(fleet, one, other)
        assert report.counts == {"created": 8}
        assert report.asked == 8
    assert briefs(fleet.root) == briefs(alone.root) != {}
    assert records(fleet.root) == records(alone.root)
    assert states(fleet.root) == states(alone.root) == {"done": 8}
    with broker.client() as client:
        left = [key.decode() for key in client.keys("*")]
    assert [key for key in left if ":jobs:__" not in key] == []


@pytest.mark.slow
def test_the_demo_archive_pulled_both_ways_gives_the_same_briefs_and_records(
    tmp_path: Path, broker: RedisServer
) -> None:
    """With processes of their own, and workers that have nothing but settings."""
    with OllamaServer(model="qwen3:8b") as model:
        engine = ollama(model.url, slots=2)
        alone, fleet = tmp_path / "alone", tmp_path / "fleet"
        for site, text in ((alone, engine), (fleet, settings(broker.url, engine))):
            new_site(site, text)
            shutil.copytree(ROOT / "demo" / "documents", site / "documents", dirs_exist_ok=True)
        assert pull(alone).wait()["counts"].keys() == {"created"}
        with machines(tmp_path / "machines", settings(broker.url, engine)) as workers:
            one, other = workers.start("--slots", "2"), workers.start("--slots", "1", "--queues", "bulk")
            report = pull(fleet).wait()
            assert one.stop() == other.stop() == 0
        assert report["engine_calls"] == report["counts"]["created"]
        assert briefs(fleet) == briefs(alone) != {}
        assert records(fleet) == records(alone)
        assert not any("Traceback" in machine.log.read_text() for machine in workers.all)
