"""What goes wrong with machines: with a real Redis, and workers and pulls in processes of their own.

Of each, what is promised: no document is lost, none has two briefs, and no question to a model is asked twice but those
that were under way where something ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from sitegen.enrich import asked
from sitegen.enrich.summary import Summary
from sitegen.fleet.coordinator import FleetEngine
from sitegen.sources.base import Document
from tests.fleet import here
from tests.fleet.hands import summary_of
from tests.fleet.machines import (
    Machine,
    Machines,
    briefs,
    document,
    environ,
    machines,
    new_site,
    ollama,
    pull,
    settings,
    states,
    until,
)
from tests.servers.cable import Cable
from tests.servers.ollama import OllamaServer
from tests.servers.redis import RedisServer

pytestmark = pytest.mark.soak
DOCUMENTS = 8


class Fleet:
    """A site with some documents, and workers that have a model of their own each, so that it is known who asks."""

    def __init__(self, folder: Path, broker: RedisServer, workers: Machines, models: Sequence[OllamaServer]) -> None:
        self.folder, self.broker, self.workers, self.models = folder, broker, workers, models
        self.site = new_site(folder / "site", settings(broker.url, ollama("http://127.0.0.1:9")), DOCUMENTS)

    def start(self, number: int, *options: str, url: str = "", **env: str) -> Machine:
        text = settings(url or self.broker.url, ollama(self.models[number].url))
        return self.workers.start("--slots", "1", *options, text=text, **env)

    @property
    def questions(self) -> Counter[str]:
        """What the models were asked, and how often."""
        return sum((questions(model) for model in self.models), Counter())

    def all_is_well(self, doubled: int) -> None:
        """All documents have one brief; ``doubled`` questions at most were asked once more."""
        assert states(self.site) == {"done": DOCUMENTS}
        found = [re.findall(r"^source: (\S+)", text, re.MULTILINE)[0] for text in briefs(self.site).values()]
        assert sorted(found) == sorted(f"folder:{number:05}.txt" for number in range(DOCUMENTS))
        assert not any("extract" in text.partition("\n---")[0] for text in briefs(self.site).values())
        again = sum(count - 1 for count in self.questions.values())
        assert again <= doubled, self.questions


def questions(model: OllamaServer) -> Counter[str]:
    chats = [
        one.body["messages"] for one in list(model.requests) if isinstance(one.body, dict) and "messages" in one.body
    ]
    return Counter(str(messages[-1]["content"]) for messages in chats if messages)


@pytest.fixture
def fleet(tmp_path: Path, broker: RedisServer) -> Iterator[Fleet]:
    with contextlib.ExitStack() as stack:
        models = [stack.enter_context(OllamaServer(model="qwen3:8b", delay=1.0)) for _ in range(2)]
        workers = stack.enter_context(machines(tmp_path / "machines", ""))
        yield Fleet(tmp_path, broker, workers, models)


def test_what_a_killed_worker_had_in_hand_is_done_by_another_within_a_minute(fleet: Fleet) -> None:
    victim = fleet.start(0)
    pulling = pull(fleet.site)
    until(lambda: fleet.models[0].load.running)
    victim.kill()
    killed = time.monotonic()
    lost = list(questions(fleet.models[0]))[-1]
    fleet.start(1)
    until(lambda: lost in questions(fleet.models[1]))
    took = time.monotonic() - killed
    assert pulling.wait()["counts"] == {"created": DOCUMENTS}
    fleet.all_is_well(doubled=2)
    print(f"taken up again after {took:.1f} s")  # noqa: T201
    assert took < 60


def test_redis_is_killed_for_ten_seconds(fleet: Fleet) -> None:
    fleet.start(0)
    fleet.start(1)
    pulling = pull(fleet.site)
    until(lambda: fleet.models[0].load.running and fleet.models[1].load.running)
    fleet.broker.kill()
    time.sleep(10)
    fleet.broker.start()
    assert pulling.wait()["counts"] == {"created": DOCUMENTS}
    fleet.all_is_well(doubled=0)


def test_all_of_redis_is_lost(tmp_path: Path, fleet: Fleet) -> None:
    """Without its file: the journal knows what is to be done."""
    import shutil

    fleet.start(0)
    fleet.start(1)
    pulling = pull(fleet.site)
    until(lambda: fleet.models[0].load.running and fleet.models[1].load.running)
    fleet.broker.kill()
    shutil.rmtree(fleet.broker.folder / "appendonlydir")
    fleet.broker.start()
    assert pulling.wait()["counts"] == {"created": DOCUMENTS}
    fleet.all_is_well(doubled=0)


def test_the_coordinator_is_killed_and_started_again(fleet: Fleet) -> None:
    fleet.start(0)
    fleet.start(1)
    pulling = pull(fleet.site)
    until(lambda: fleet.models[0].load.running and fleet.models[1].load.running)
    pulling.kill()
    report = pull(fleet.site).wait()
    assert report["counts"]["created"] >= DOCUMENTS - 2
    fleet.all_is_well(doubled=0)


def test_the_wire_between_a_worker_and_redis_is_cut(fleet: Fleet) -> None:
    with Cable(fleet.broker.port) as wire:
        fleet.start(0, url=f"redis://127.0.0.1:{wire.port}/0")
        fleet.start(1)
        pulling = pull(fleet.site)
        until(lambda: fleet.models[0].load.running and fleet.models[1].load.running)
        wire.cut()
        time.sleep(30)
        wire.mend()
        assert pulling.wait()["counts"] == {"created": DOCUMENTS}
    fleet.all_is_well(doubled=3)  # those of the one document that was in hand there


@contextlib.contextmanager
def namespace() -> Iterator[tuple[str, str]]:
    """A network namespace with a cable to this one; its name, and our address at this end."""
    name, near, far = f"fleet{os.getpid()}", f"fl{os.getpid() % 10000}a", f"fl{os.getpid() % 10000}b"
    commands = [
        f"ip netns add {name}", f"ip link add {near} type veth peer name {far}", f"ip link set {far} netns {name}",
        f"ip addr add 10.213.7.1/30 dev {near}", f"ip link set {near} up",
        f"ip netns exec {name} ip addr add 10.213.7.2/30 dev {far}", f"ip netns exec {name} ip link set {far} up",
        f"ip netns exec {name} ip link set lo up",
    ]  # fmt: skip
    try:
        for command in commands:
            if subprocess.run(command.split(), capture_output=True).returncode:
                pytest.skip(f"no network namespaces here: {command}")
        yield name, near
    finally:
        subprocess.run(["ip", "link", "del", near], capture_output=True)
        subprocess.run(["ip", "netns", "del", name], capture_output=True)


def test_the_network_of_a_worker_goes_away_and_comes_back(tmp_path: Path) -> None:
    """In a network namespace of its own, with the cable pulled out for 30 seconds. Its engine is the built-in one."""
    with contextlib.ExitStack() as stack:
        name, near = stack.enter_context(namespace())
        server = RedisServer(tmp_path / "redis", ["--bind", "127.0.0.1", "10.213.7.1", "--protected-mode", "no"])
        stack.enter_context(server)
        site = new_site(tmp_path / "site", settings(server.url), 300)
        workers = stack.enter_context(machines(tmp_path / "machines", ""))
        away = settings(f"redis://10.213.7.1:{server.port}/0")
        far = workers.start("--slots", "1", text=away, prefix=["ip", "netns", "exec", name])
        until(lambda: server.client().hlen("sitegen:workers"))
        pulling = pull(site)
        until(lambda: any(line["event"] == "job" for line in far.said()))
        subprocess.run(["ip", "link", "set", near, "down"], check=True)
        time.sleep(30)
        assert pulling.process.poll() is None
        assert 0 < len(briefs(site)) < 300
        subprocess.run(["ip", "link", "set", near, "up"], check=True)
        assert pulling.wait()["counts"] == {"created": 300}
        assert states(site) == {"done": 300}
        assert len(briefs(site)) == 300


def faketime() -> str:
    given = os.environ.get("TEST_LIBFAKETIME")
    found = [Path(given)] if given else Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")
    return next((str(path) for path in found if path.exists()), "")


@pytest.mark.parametrize("shift", ["+3600", "-3600"])
def test_a_worker_has_a_clock_that_is_an_hour_wrong(fleet: Fleet, shift: str) -> None:
    if not (library := faketime()):
        pytest.skip("libfaketime is not installed")
    wrong = {"LD_PRELOAD": library, "FAKETIME": shift, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}
    fleet.start(0, **wrong)
    fleet.start(1)
    pulling = pull(fleet.site)
    assert pulling.wait()["counts"] == {"created": DOCUMENTS}
    assert questions(fleet.models[0])
    assert questions(fleet.models[1])
    fleet.all_is_well(doubled=0)


def test_a_second_pull_on_another_machine_is_refused(fleet: Fleet) -> None:
    fleet.start(0)
    pulling = pull(fleet.site)
    until(lambda: fleet.models[0].load.running)
    other = new_site(fleet.folder / "other", settings(fleet.broker.url, ollama("http://127.0.0.1:9")), 1)
    words = [sys.executable, "-m", "sitegen", "--site", str(other), "pull"]
    refused = subprocess.run(words, env=environ(), capture_output=True, text=True, timeout=120)
    assert refused.returncode == 1
    assert "SG454" in refused.stderr
    assert "belongs to a pull on" in refused.stderr
    assert pulling.wait()["counts"] == {"created": DOCUMENTS}
    fleet.all_is_well(doubled=0)


def test_a_document_that_kills_its_workers_is_given_up_and_all_others_are_done(fleet: Fleet) -> None:
    """A supervisor starts each worker again; three times it dies over one document."""
    (fleet.site / "documents" / "00003.txt").write_text(document(3).replace("district 3", "the poisoned district"))
    deaths, over = 0, threading.Event()
    answer = fleet.models[0].reply

    def reply(messages: Sequence[object], schema: object) -> str:
        nonlocal deaths
        if "poisoned" in str(messages):
            deaths += 1
            fleet.workers.all[-1].kill()
        return answer(messages, schema)  # type: ignore[arg-type]

    fleet.models[0].reply, fleet.models[0].delay = reply, 0.1
    fleet.start(0)

    def supervise() -> None:
        while not over.wait(0.2):
            if fleet.workers.all[-1].process.poll() is not None:
                fleet.start(0)

    supervisor = threading.Thread(target=supervise)
    supervisor.start()
    try:
        report = pull(fleet.site).wait()
    finally:
        over.set()
        supervisor.join()
    assert report["counts"] == {"created": DOCUMENTS - 1, "dead": 1}
    (dead,) = (one for one in report["documents"] if one["result"] == "dead")
    assert dead["reason"] == "the worker ended 3 times while it worked on this document"
    assert deaths == 3
    assert [entry.ref for entry in asked.retry(here.load(fleet.site), [], ["dead"])] == ["folder:00003.txt"]


class Canned(here.Standin):
    """Makes the same summary of everything, at once."""

    made = summary_of(document(1))

    async def summarize(self, document: Document, note: str = "") -> Summary:
        self.asked.append(document.ref)
        return self.made


MANY = int(os.environ.get("TEST_FLEET_JOBS", "10000"))


def test_very_many_jobs_that_wait_outlive_the_death_of_redis(tmp_path: Path, broker: RedisServer) -> None:
    project = here.load(new_site(tmp_path / "site", settings(broker.url, jobs=MANY)))
    model = Canned()

    async def go() -> list[Summary]:
        engine = FleetEngine(project)
        with broker.client() as client:
            async with here.working(here.worker(project, model)):
                await engine.identity()
            waiting = [asyncio.create_task(engine.summarize(_numbered(number))) for number in range(MANY)]
            while client.llen("sitegen:jobs:bulk") < MANY:  # noqa: ASYNC110  # it happens in Redis
                await asyncio.sleep(0.2)
        assert model.asked == []
        await asyncio.sleep(1.5)  # what is younger than the last sync of its file may be lost
        await asyncio.to_thread(broker.kill)
        await asyncio.sleep(3)
        await asyncio.to_thread(broker.start)
        async with here.working(here.worker(project, model, slots=8)):
            made = await asyncio.gather(*waiting)
        await engine.aclose()
        return made

    made = asyncio.run(asyncio.wait_for(go(), 170))
    assert len(made) == MANY
    counts = Counter(model.asked)
    assert len(counts) == MANY  # none lost
    assert set(counts.values()) == {1}  # none doubled


def _numbered(number: int) -> Document:
    return Document(f"folder:{number}.txt", f"Report {number}", document(number))
