"""Memory: a pull needs no more for very many documents than for a few."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import multiprocessing
import os
import re
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from sitegen import settings
from sitegen.enrich.pipeline import pull
from sitegen.enrich.report import Request
from sitegen.enrich.summary import Summary
from sitegen.sources.base import Changes, Cursor, Document, Finding, Source, Unreadable
from sitegen.sources.folder import FolderSource
from tests.enrich.pulls import Engine

FEW = 5000
"""So many fill the caches of the databases, which have a fixed size."""
MANY = int(os.environ.get("SITEGEN_MANY_DOCUMENTS", "100000"))
SLACK = 16 * 2**20
"""Bytes that it may be more: for 100,000 documents 170 of each, so that not even the names of one are kept."""


class Endless:
    """A source of so many documents of about 1,000 characters, made as they are asked for."""

    kind = "endless"

    def __init__(self, count: int, changed: int = 0) -> None:
        self._count, self._changed = count, changed

    def _document(self, number: int) -> Document:
        text = f"Report {number}. " + "The council met in the town hall and talked for a long time. " * 16
        text += "It will meet again." if number < self._changed else ""
        return Document(f"endless:{number}", f"Report {number} of the council", text)

    async def changes(self, cursor: Cursor | None, *, since: dt.date | None = None) -> Changes:
        async def documents() -> AsyncIterator[Document | Unreadable]:
            for number in range(self._count):
                yield self._document(number)

        return Changes(documents(), self._count, {}, complete=True)

    async def refs(self) -> frozenset[str]:
        return frozenset(f"endless:{number}" for number in range(self._count))

    async def document(self, ref: str) -> Document:
        return self._document(int(ref.partition(":")[2]))

    async def check(self) -> list[Finding]:
        return []

    async def aclose(self) -> None: ...


class Instant(Engine):
    async def summarize(self, document: Document, note: str = "") -> Summary:
        return Summary(
            method="extract", title=document.title, dek="The council met.", paragraphs=(document.title,) * 20
        )


def fill(folder: Path, count: int) -> None:
    """So many files in a hundred folders, each with a line of metadata."""
    with (folder / "metadata.jsonl").open("w") as metadata:
        for number in range(count):
            name = f"department {number % 100}/report {number:06}.txt"
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(f"Report {number}. The council met in the town hall and talked for long.")
            line = {
                "file": name,
                "title": f"Report {number} of the council",
                "created": "2026-03-03",
                "tags": ["water"],
            }
            metadata.write(f"{json.dumps(line)}\n")


def changed(folder: Path) -> None:
    """One file is gone, one renamed, one written again."""
    first, second, third = sorted((folder / "department 7").iterdir())[:3]
    first.unlink()
    second.rename(folder / "renamed.txt")
    third.write_text("The council will meet again.")


def endless(folder: Path, count: int) -> Iterator[Source]:
    for more in (0, 0, 3):
        yield Endless(count, more)


def of_files(folder: Path, count: int) -> Iterator[Source]:
    documents = folder / "documents"
    documents.mkdir()
    fill(documents, count)
    yield FolderSource(documents)
    yield FolderSource(documents)
    changed(documents)
    yield FolderSource(documents)


def most_so_far() -> int:
    """The most memory that this process has taken, in bytes; what ``getrusage`` says is its parent's too."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return 1024 * int(found[1])


def peak(
    folder: Path,
    count: int,
    sources: Callable[[Path, int], Iterator[Source]],
    answers: multiprocessing.Queue[tuple[int, int, list[int]]],
) -> None:
    """Pulls so many documents, then once more, then when some have changed; tells the most memory in bytes, how many
    briefs there are, and how many documents each pull worked on."""
    folder.mkdir()
    (folder / "sitegen.toml").write_text("")
    project = settings.load(folder, {})
    os.fsync = lambda fd: None  # takes no memory, and much time
    worked = []
    for source in sources(folder, count):
        begun = time.monotonic()
        worked.append(asyncio.run(pull(project, source, Instant(slots=8), Request())).total)
        most, seconds = most_so_far(), time.monotonic() - begun
        sys.stderr.write(f"\n{count:,}: {worked[-1]:,} worked on in {seconds:.1f} s, peak {most / 2**20:.1f} MiB")
    briefs = sum(path.suffix == ".md" for path in (folder / "briefs").iterdir())  # takes memory itself
    answers.put((most, briefs, worked))


def measured(folder: Path, count: int, sources: Callable[[Path, int], Iterator[Source]]) -> tuple[int, list[int]]:
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    process = context.Process(target=peak, args=(folder, count, sources, answers))
    process.start()
    size, briefs, worked = answers.get()
    process.join()
    assert briefs in (count, count + 1)
    return int(size), worked


@pytest.mark.soak
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of one process what it took at most")
@pytest.mark.parametrize("sources", [endless, of_files])
def test_memory_does_not_grow_with_the_number_of_documents(
    tmp_path: Path, sources: Callable[[Path, int], Iterator[Source]]
) -> None:
    (few, worked), (many, worked_on_many) = (measured(tmp_path / str(count), count, sources) for count in (FEW, MANY))
    assert (worked, worked_on_many) == ([FEW, 0, worked[2]], [MANY, 0, worked[2]])
    sys.stderr.write(f"\npeak: {few / 2**20:.1f} MiB for {FEW:,} documents, {many / 2**20:.1f} MiB for {MANY:,}\n")
    assert many - few < SLACK
