"""What a fleet costs and how it scales: documents/s by workers, processor time and memory, the coordinator's ceiling.

    python -m benchmarks.bench_fleet

A real Redis, workers in processes of their own, and engines that only wait: they stand for GPUs elsewhere, so that the
figures are those of sitegen, Dramatiq and Redis. Processor time is what counts; on a machine that others use, times of
the clock are only that.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from sitegen import settings
from sitegen.enrich.engines.extractive import Extractive, extract
from sitegen.enrich.pipeline import pull
from sitegen.enrich.report import Request
from sitegen.enrich.summary import Summary
from sitegen.fleet.coordinator import FleetEngine
from sitegen.settings import Project
from sitegen.sources.base import Document
from sitegen.sources.folder import FolderSource
from tests.servers.redis import RedisServer

KEY = "a-key-of-the-benchmark-0123456789abcdef"
TICKS = os.sysconf("SC_CLK_TCK")
TEXT = "The council of district {n} met on 3 March 2026. The members approved a budget of EUR {n},500 for {n} schools. "


class Waits(Extractive):
    """An engine that takes its time and no processor."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._wait = seconds
        self._made = extract(Document("folder:x", "X", TEXT.format(n=1) * 4))

    async def summarize(self, document: Document, note: str = "") -> Summary:
        await asyncio.sleep(self._wait)
        return self._made


class Worker:
    """A worker process."""

    def __init__(self, folder: Path, broker: str, seconds: float, slots: int) -> None:
        folder.mkdir(parents=True)
        (folder / "sitegen.toml").write_text(f'[fleet]\nbroker = "{broker}"\n')
        words = [sys.executable, "-m", "benchmarks.bench_fleet", "--be-a-worker", str(folder), str(seconds), str(slots)]
        self._process = subprocess.Popen(words, stderr=subprocess.DEVNULL)

    @property
    def processor_seconds(self) -> float:
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    @property
    def memory_mb(self) -> float:
        """The most that was resident."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(60)


def load(folder: Path, broker: str, documents: int, **fleet: object) -> Project:
    (folder / "documents").mkdir(parents=True)
    more = "".join(f"{name} = {json.dumps(value)}\n" for name, value in fleet.items())
    (folder / "sitegen.toml").write_text(f'[fleet]\nbroker = "{broker}"\n{more}' if broker else "")
    for number in range(documents):
        (folder / "documents" / f"{number:06}.txt").write_text(f"Report {number}\n\n{TEXT.format(n=number) * 4}")
    return settings.load(folder, {"SITEGEN_FLEET__TOKEN": KEY})


@contextlib.contextmanager
def fleet(folder: Path, count: int, seconds: float, slots: int = 1) -> Iterator[tuple[RedisServer, list[Worker]]]:
    with RedisServer(folder / "redis") as server:
        workers = [Worker(folder / f"worker-{n}", server.url, seconds, slots) for n in range(count)]
        try:
            with server.client() as client:
                deadline = time.monotonic() + 120
                while int(client.hlen("sitegen:workers")) < count and time.monotonic() < deadline:
                    time.sleep(0.1)
            yield server, workers
        finally:
            for worker in workers:
                worker.stop()


async def summaries(project: Project, count: int) -> tuple[float, float]:
    """Seconds of the clock and of this process for so many summaries by way of the fleet, without a pull."""
    engine = FleetEngine(project)
    await engine.identity()
    await asyncio.gather(*[engine.summarize(_paper(-number)) for number in range(1, 9)])  # all are awake
    began, spent = time.monotonic(), time.process_time()
    free = asyncio.Semaphore(engine.slots)

    async def one(number: int) -> None:
        async with free:
            await engine.summarize(_paper(number))

    await asyncio.gather(*[one(number) for number in range(count)])
    took = time.monotonic() - began, time.process_time() - spent
    await engine.aclose()
    return took


def _paper(number: int) -> Document:
    return Document(f"folder:{number}", f"Report {number}", TEXT.format(n=number) * 4)


def scaling(folder: Path, counts: list[int], seconds: float, each: int) -> None:
    click.echo(f"\nDocuments a second by workers, engines that take {seconds} s, {each} documents each")
    click.echo(
        f"{'workers':>8} {'documents/s':>12} {'of ideal':>9} {'MB each':>8} {'worker ms/doc':>14} {'coord. ms/doc':>14}"
    )
    for count in counts:
        with fleet(folder / f"scale-{count}", count, seconds) as (server, workers):
            project = load(folder / f"scale-{count}" / "site", server.url, 0, jobs=4 * count + 4)
            before = sum(worker.processor_seconds for worker in workers)
            took, spent = asyncio.run(summaries(project, count * each))
            used = sum(worker.processor_seconds for worker in workers) - before
            memory = sum(worker.memory_mb for worker in workers) / count
        done = count * each
        click.echo(
            f"{count:>8} {done / took:>12.2f} {done / took / (count / seconds):>9.0%} {memory:>8.0f} "
            f"{1000 * used / done:>14.1f} {1000 * spent / done:>14.1f}"
        )


def ceiling(folder: Path, documents: int, workers: int) -> None:
    """Engines that take no time, so that the coordinator is what all wait for."""
    click.echo(
        f"\nThe coordinator's ceiling: {documents} documents, {workers} workers of 4 slots, engines that take no time"
    )
    with fleet(folder / "ceiling", workers, 0, slots=4) as (server, machines):
        project = load(folder / "ceiling" / "site", server.url, documents)
        with server.client() as client:
            before, redis_before = sum(one.processor_seconds for one in machines), _redis_seconds(client.info("cpu"))
            took, spent = asyncio.run(summaries(project, documents))
            used = sum(one.processor_seconds for one in machines) - before
            redis_used = _redis_seconds(client.info("cpu")) - redis_before
        _row("jobs alone: coordinator", documents, took, spent)
        _row("jobs alone: all workers", documents, took, used)
        _row("jobs alone: Redis", documents, took, redis_used)
        took, spent = asyncio.run(_pull(project, FleetEngine(project)))
        _row("whole pull: coordinator", documents, took, spent)
    alone = load(folder / "alone", "", documents)
    took, spent = asyncio.run(_pull(alone, Waits(0)))
    _row("whole pull without a fleet", documents, took, spent)


def _redis_seconds(info: Any) -> float:
    return float(info["used_cpu_user"]) + float(info["used_cpu_sys"])


async def _pull(project: Project, engine: Any) -> tuple[float, float]:
    began, spent = time.monotonic(), time.process_time()
    report = await pull(project, FolderSource(project.root / "documents"), engine, Request())
    took = time.monotonic() - began, time.process_time() - spent
    assert not report.failed, report.failed[0]
    await engine.aclose()
    return took


def _row(what: str, count: int, took: float, spent: float) -> None:
    click.echo(
        f"{what:>28}: {1000 * spent / count:>6.2f} ms of processor each, so {count / max(spent, 1e-9):>6.0f}/s a core; "
        f"{count / took:>5.0f}/s by the clock here"
    )


def be_a_worker(folder: str, seconds: str, slots: str) -> None:
    from sitegen.fleet.worker import WorkerOptions, work

    project = settings.load(Path(folder), {"SITEGEN_FLEET__TOKEN": KEY})
    work(project, WorkerOptions(slots=int(slots), port=0), logging.getLogger("bench"), Waits(float(seconds)))


@click.command()
@click.option("--workers", multiple=True, type=int, default=(1, 2, 4, 8), show_default=True)
@click.option("--seconds", default=0.5, show_default=True, help="That an engine takes for a document.")
@click.option("--each", default=20, show_default=True, help="Documents for each worker.")
@click.option("--documents", default=1000, show_default=True, help="For the ceiling.")
def main(workers: tuple[int, ...], seconds: float, each: int, documents: int) -> None:
    with tempfile.TemporaryDirectory(prefix="sitegen-bench-fleet-") as name:
        scaling(Path(name), list(workers), seconds, each)
        ceiling(Path(name), documents, 2)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--be-a-worker"]:
        be_a_worker(*sys.argv[2:5])
    else:
        main()
