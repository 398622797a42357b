"""What a pull costs for each document, beside a bare client that makes the same requests to the same servers.

    python -m benchmarks.bench_pull [--documents 200] [--slots 1 4 16] [--rounds 3] [--json]

Stand-ins for Paperless and Ollama run in a process of their own and answer at once, so that what is measured is
sitegen. Each round makes a fresh site, pulls, pulls again when nothing has changed, and lets the bare client repeat the
recorded requests with as many connections.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import httpx

from sitegen import settings
from sitegen.enrich.engines import open_engine
from sitegen.enrich.pipeline import pull
from sitegen.enrich.report import Report, Request
from sitegen.sources import open_source

SETTINGS = """
[source]
kind = "paperless"
[source.paperless]
url = "{paperless}"
[engine]
kind = "ollama"
[engine.ollama]
endpoints = ["{ollama}"]
slots = {slots}
"""


@dataclass(frozen=True)
class Row:
    """One line of the result; milliseconds a document, medians of the rounds."""

    slots: int
    pull_ms: float
    bare_ms: float
    ratio: float
    """Documents per second of the pull, as a share of the bare client's."""
    cpu_ms: float
    """Of sitegen's own process."""
    unchanged_s: float
    """A pull of all documents that finds nothing changed."""


def serve(pipe: Connection, documents: int) -> None:
    """The process of the servers: says where they are, then what was asked of them, on demand."""
    from tests.servers.ollama import OllamaServer
    from tests.servers.paperless import PaperlessServer

    texts = [
        {
            "title": f"Report {number}",
            "content": f"The council of district {number} met on 3 March 2026. The members approved a budget of EUR "
            f"{number},500. The inspectors found {number} cracks in the bridge and asked for a repair before winter.",
        }
        for number in range(documents)
    ]
    with PaperlessServer(documents=texts) as paperless, OllamaServer(model="qwen3:8b") as ollama:
        pipe.send((paperless.url, paperless.token, ollama.url))
        while pipe.recv() == "chats":
            pipe.send([request.body for request in ollama.requests if request.path == "/api/chat"])
            ollama.requests.clear()


@contextmanager
def servers(documents: int) -> Iterator[tuple[Connection, str, str, str]]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, documents))
    process.start()
    try:
        paperless, token, ollama = ours.recv()
        yield ours, paperless, token, ollama
    finally:
        ours.send("stop")
        process.join()


def one_pull(site: Path, token: str) -> Report:
    project = settings.load(site, {"SITEGEN_SOURCE__PAPERLESS__TOKEN": token})

    async def work() -> Report:
        source, engine = open_source(project), open_engine(project)
        try:
            return await pull(project, source, engine, Request())
        finally:
            await source.aclose()
            await engine.aclose()

    return asyncio.run(work())


async def bare(paperless: str, token: str, ollama: str, chats: list[Any], slots: int) -> None:
    """The same requests without anything in between."""
    headers = {"Authorization": f"Token {token}"}
    async with httpx.AsyncClient(timeout=60) as client:
        page = 1
        while True:
            answer = await client.get(
                f"{paperless}/api/documents/", params={"page": page, "page_size": 100}, headers=headers
            )
            if answer.json()["next"] is None:
                break
            page += 1
        left = iter(chats)

        async def worker() -> None:
            for body in left:
                async with client.stream("POST", f"{ollama}/api/chat", json=body) as stream:
                    async for _ in stream.aiter_lines():
                        pass

        await asyncio.gather(*(worker() for _ in range(slots)))


def cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def measure(folder: Path, documents: int, slots: int, rounds: int) -> Row:
    pulls: list[float] = []
    bares: list[float] = []
    cpus: list[float] = []
    quiet: list[float] = []
    with servers(documents) as (pipe, paperless, token, ollama):
        for number in range(rounds + 1):
            site = folder / f"{slots}-{number}"
            site.mkdir()
            (site / "sitegen.toml").write_text(SETTINGS.format(paperless=paperless, ollama=ollama, slots=slots))
            begun, begun_cpu = time.perf_counter(), cpu()
            report = one_pull(site, token)
            seconds, burnt = time.perf_counter() - begun, cpu() - begun_cpu
            assert report.count("created") == documents, report.as_dict()
            begun = time.perf_counter()
            assert not one_pull(site, token).results
            again = time.perf_counter() - begun
            pipe.send("chats")
            chats = pipe.recv()
            begun = time.perf_counter()
            asyncio.run(bare(paperless, token, ollama, chats, slots))
            plain = time.perf_counter() - begun
            pipe.send("chats")
            pipe.recv()
            shutil.rmtree(site)
            if number:  # the first round warms up
                for times, value in ((pulls, seconds), (cpus, burnt), (quiet, again), (bares, plain)):
                    times.append(value)
    pull_ms, bare_ms, cpu_ms = (1000 * statistics.median(times) / documents for times in (pulls, bares, cpus))
    ratio = statistics.median(one / two for one, two in zip(bares, pulls, strict=True))
    return Row(slots, pull_ms, bare_ms, ratio, cpu_ms, statistics.median(quiet))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--slots", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    words = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="sitegen-bench-"))
    try:
        rows = [measure(folder, words.documents, slots, words.rounds) for slots in words.slots]
    finally:
        shutil.rmtree(folder)
    if words.json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
        return
    print(f"{words.documents} documents, medians of {words.rounds} rounds, milliseconds a document")
    print(f"{'slots':>5} {'pull':>8} {'bare':>8} {'of bare':>8} {'own CPU':>8} {'unchanged':>10}")
    for row in rows:
        print(
            f"{row.slots:5} {row.pull_ms:8.2f} {row.bare_ms:8.2f} {row.ratio:8.0%} {row.cpu_ms:8.2f} "
            f"{row.unchanged_s:8.2f} s"
        )


if __name__ == "__main__":
    main()
