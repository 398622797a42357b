"""What a pull costs, beside a bare client that makes the same requests to the same servers.

    python -m benchmarks.bench_pull [--slots 1 4 16 64] [--seconds N] [--documents 20] [--unchanged 10000] [--json]

Stand-ins for Paperless and Ollama run in a process of their own. A call takes as long as the table says, so that the
figures show whether the slots of an engine are kept busy: real calls take longer, which makes it easier. The bare
client repeats the recorded requests with as many connections as there are slots. All of it takes some ten minutes;
``--slots 4 16 --seconds 10 --unchanged 1000`` takes one, and says less: at the beginning and the end of a pull not all
slots have work, which counts for more in a short one.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import resource
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, ClassVar

import httpx

from sitegen import settings
from sitegen.enrich.engines import open_engine
from sitegen.enrich.engines.base import Completion, Engine, Identity, Message
from sitegen.enrich.pipeline import pull
from sitegen.enrich.report import Report, Request
from sitegen.enrich.summarize import ModelSummarizer
from sitegen.enrich.summary import Summary
from sitegen.sources import open_source
from sitegen.sources.base import Document, Finding
from tests.servers import model

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


LATENCY = {1: 0.25, 4: 0.5, 16: 1.0, 64: 4.0}
"""Seconds that the stand-in takes for one call, by the number of slots; two cores also have to serve the calls."""
CALLS = 2
"""That a document takes."""


def enough(slots: int, seconds: float | None, each: int) -> int:
    """How many documents a pull of so many seconds has; ``each`` for a slot when no time is given."""
    if seconds is None:
        return each * slots
    return max(round(seconds / (CALLS * LATENCY.get(slots, 1.0))), 2) * slots


@dataclass(frozen=True)
class Row:
    """One line of the result."""

    slots: int
    call_s: float
    documents: int
    pull_per_s: float
    """Documents a second."""
    bare_per_s: float
    share: float
    """Of the bare client's documents per second."""
    cpu_ms: float
    """Of sitegen's own process, a document, verification included."""
    verify_ms: float
    """Of that, for reading and checking answers."""
    bare_cpu_ms: float


@dataclass(frozen=True)
class Quiet:
    """Pulls that find nothing changed."""

    documents: int
    changes_s: float
    """When Paperless is asked for what has changed."""
    all_s: float
    """When all documents are compared, as is done once a day."""
    cpu_s: float


def serve(pipe: Connection, documents: int, delay: float) -> None:
    """The process of the servers: says where they are, then what was asked of them, on demand."""
    from tests.servers.ollama import OllamaServer
    from tests.servers.paperless import PaperlessServer
    from tests.servers.paperless_http import Reply
    from tests.servers.paperless_http import Request as Asked

    class Still(PaperlessServer):
        """One whose archive never changes, so that each answer is made once: a real one has a database."""

        made: ClassVar[dict[object, Reply]] = {}

        def answer(self, request: Asked) -> Reply:
            key = (request.path, *sorted(request.params.items()), request.headers.get("accept"))
            if key not in self.made:
                self.made[key] = super().answer(request)
            return self.made[key]

    with (
        Still(documents=map(paper, range(documents))) as paperless,
        OllamaServer(model="qwen3:8b", delay=delay) as ollama,
    ):
        pipe.send((paperless.url, paperless.token, ollama.url))
        while pipe.recv() == "chats":
            pipe.send([request.body for request in ollama.requests if request.path == "/api/chat"])
            ollama.requests.clear()


def paper(number: int) -> dict[str, str]:
    return {
        "title": f"Report {number}",
        "content": f"The council of district {number} met on 3 March 2026. The members approved a budget of EUR "
        f"{number},500. The inspectors found {number} cracks in the bridge and asked for a repair before winter.",
    }


@contextmanager
def servers(documents: int, delay: float = 0) -> Iterator[tuple[Connection, str, str, str]]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, documents, delay))
    process.start()
    try:
        paperless, token, ollama = ours.recv()
        yield ours, paperless, token, ollama
    finally:
        ours.send("stop")
        process.join()


class Instant:
    """An engine that says the same of every document, at once: for filling a site."""

    slots, stats = 4, ()

    async def identity(self) -> Identity:
        return Identity("instant", "none", "0")

    async def summarize(self, document: Document, note: str = "") -> Summary:
        return Summary(method="extract", title=document.title, dek="The council met.", paragraphs=(document.title,))

    async def check(self) -> list[Finding]:
        return []

    async def aclose(self) -> None: ...


def one_pull(site: Path, token: str, engine: Engine | None = None) -> Report:
    project = settings.load(site, {"SITEGEN_SOURCE__PAPERLESS__TOKEN": token})

    async def work() -> Report:
        source, used = open_source(project), engine or open_engine(project)
        try:
            return await pull(project, source, used, Request())
        finally:
            await source.aclose()
            await used.aclose()

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


def measure(folder: Path, documents: int, slots: int) -> Row:
    delay = LATENCY.get(slots, 1.0)
    site = folder / str(slots)
    site.mkdir()
    with servers(documents, delay) as (pipe, paperless, token, ollama):
        text = SETTINGS.format(paperless=paperless, ollama=ollama, slots=slots)
        warm_up(folder / f"{slots} warm", text, token)
        pipe.send("chats")
        pipe.recv()
        (site / "sitegen.toml").write_text(text)
        begun, begun_cpu = time.perf_counter(), cpu()
        report = one_pull(site, token)
        seconds, burnt = time.perf_counter() - begun, cpu() - begun_cpu
        assert report.count("created") == documents, report.as_dict()
        pipe.send("chats")
        chats = pipe.recv()
        begun, begun_cpu = time.perf_counter(), cpu()
        asyncio.run(bare(paperless, token, ollama, chats, slots))
        plain, plain_cpu = time.perf_counter() - begun, cpu() - begun_cpu
    return Row(
        slots, delay, documents, documents / seconds, documents / plain, plain / seconds,
        1000 * burnt / documents, 1000 * verification(documents) / documents, 1000 * plain_cpu / documents,
    )  # fmt: skip


class Rules:
    """A model that answers at once, without a server."""

    context_tokens, answer_tokens, slots, stats = 16384, 2048, 1, ()

    def __init__(self) -> None:
        self.seconds = 0.0
        """Processor time of the answers themselves."""

    async def identity(self) -> Identity:
        return Identity("rules", "none", "0")

    async def complete(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> Completion:
        begun = time.process_time()
        text = model.answer([{"role": one.role, "content": one.content} for one in messages], schema)
        self.seconds += time.process_time() - begun
        return Completion(text, 100, 100, 0.1)


def warm_up(site: Path, text: str, token: str) -> None:
    """Loads what a first pull loads."""
    site.mkdir()
    (site / "sitegen.toml").write_text(f"[pull]\nmax_documents = 2\n{text}")
    one_pull(site, token)


def verification(documents: int) -> float:
    """Processor seconds of what comes between documents and their summaries, but for the calls themselves."""
    rules = Rules()
    summarizer = ModelSummarizer(rules)  # type: ignore[arg-type]  # identity and check are not asked for

    async def work() -> float:
        begun, begun_rules = time.process_time(), rules.seconds
        for number in range(documents):
            one = paper(number)
            await summarizer.summarize(Document(f"paperless:{number}", one["title"], one["content"]))
        return time.process_time() - begun - (rules.seconds - begun_rules)

    asyncio.run(work())  # warms up
    return asyncio.run(work())


def quiet(folder: Path, documents: int) -> Quiet:
    """Pulls everything once with an engine that takes no time, then measures how long it takes to see no change."""
    site = folder / "quiet"
    site.mkdir()
    with servers(documents) as (pipe, paperless, token, ollama):
        text = SETTINGS.format(paperless=paperless, ollama=ollama, slots=1)
        (site / "sitegen.toml").write_text(text)
        assert one_pull(site, token, Instant()).count("created") == documents
        times = {}
        for everything in (False, False, True, True):  # each once for the stand-in to make its answers
            if everything:
                with sqlite3.connect(site / ".sitegen" / "journal.sqlite") as journal:
                    journal.execute("DELETE FROM cursors")
                journal.close()
            begun, begun_cpu = time.perf_counter(), cpu()
            report = one_pull(site, token)
            times[everything] = time.perf_counter() - begun, cpu() - begun_cpu
            assert not report.total
        pipe.send("chats")
        assert pipe.recv() == []
    return Quiet(documents, times[False][0], times[True][0], times[True][1])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--slots", type=int, nargs="*", default=[1, 4, 16, 64])
    parser.add_argument("--documents", type=int, default=20, help="for each slot")
    parser.add_argument("--seconds", type=float, help="about so long each pull takes, in place of --documents")
    parser.add_argument("--unchanged", type=int, default=10000, help="0: leave that out")
    parser.add_argument("--json", action="store_true")
    words = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="sitegen-bench-"))
    try:
        rows = [measure(folder, enough(slots, words.seconds, words.documents), slots) for slots in words.slots]
        unchanged = quiet(folder, words.unchanged) if words.unchanged else None
    finally:
        shutil.rmtree(folder)
    if words.json:
        print(json.dumps({"rows": [asdict(row) for row in rows], "unchanged": unchanged and asdict(unchanged)}))
        return
    print("documents a second, and processor time a document (of it: reading and checking answers)")
    print(f"{'slots':>5} {'a call':>7} {'documents':>9} {'pull/s':>8} {'bare/s':>8} {'share':>7} {'CPU':>9} "
          f"{'checks':>9} {'bare CPU':>9}")  # fmt: skip
    for row in rows:
        print(
            f"{row.slots:5} {row.call_s:5.2f} s {row.documents:9} {row.pull_per_s:8.2f} {row.bare_per_s:8.2f} "
            f"{row.share:7.1%} {row.cpu_ms:6.1f} ms {row.verify_ms:6.1f} ms {row.bare_cpu_ms:6.1f} ms"
        )
    if unchanged:
        print(
            f"{unchanged.documents} documents found unchanged: {unchanged.changes_s:.2f} s (asking for changes), "
            f"{unchanged.all_s:.2f} s (comparing all; {unchanged.cpu_s:.2f} s processor time); no engine call"
        )


if __name__ == "__main__":
    main()
