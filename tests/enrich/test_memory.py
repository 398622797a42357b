"""Memory: a pull needs about as much for very many documents as for a few."""

from __future__ import annotations

import asyncio
import datetime as dt
import multiprocessing
import os
import resource
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sitegen import settings
from sitegen.enrich.pipeline import pull
from sitegen.enrich.report import Request
from sitegen.enrich.summary import Summary
from sitegen.sources.base import Changes, Cursor, Document, Finding, Unreadable
from tests.enrich.pulls import Engine

MANY = int(os.environ.get("SITEGEN_MANY_DOCUMENTS", "100000"))
CONSTANT = 16 * 2**20
"""Caches of databases and the first thousand results, which are not there yet when there are few documents."""
BYTES_A_DOCUMENT = 1000
"""What may be kept of one: its name and those of its brief, and where it is found. Its text alone is longer."""


class Endless:
    """A source of so many documents of about 3,000 characters, made as they are asked for."""

    kind = "endless"

    def __init__(self, count: int) -> None:
        self._count = count

    def _document(self, number: int) -> Document:
        text = f"Report {number}. " + "The council met in the town hall and talked for a long time. " * 50
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


def peak(folder: Path, count: int, answers: multiprocessing.Queue[tuple[int, int]]) -> None:
    """Pulls so many documents, then once more; tells the most memory in bytes, and how many briefs there are."""
    folder.mkdir()
    (folder / "sitegen.toml").write_text("")
    project = settings.load(folder, {})
    os.fsync = lambda fd: None  # takes no memory, and much time
    for _ in range(2):
        asyncio.run(pull(project, Endless(count), Instant(slots=8), Request()))
    briefs = sum(1 for _ in (folder / "briefs").glob("*.md"))
    answers.put((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, briefs))


def measured(folder: Path, count: int) -> int:
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    process = context.Process(target=peak, args=(folder, count, answers))
    process.start()
    size, briefs = answers.get()
    process.join()
    assert briefs == count
    return int(size)


@pytest.mark.soak
def test_memory_does_not_grow_with_the_number_of_documents(tmp_path: Path) -> None:
    few = measured(tmp_path / "few", 1000)
    many = measured(tmp_path / "many", MANY)
    sys.stderr.write(f"\npeak: {few / 2**20:.0f} MiB for 1,000 documents, {many / 2**20:.0f} MiB for {MANY:,}\n")
    assert many - few < CONSTANT + MANY * BYTES_A_DOCUMENT
