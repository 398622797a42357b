"""Memory: a pull needs no more for very many documents than for a few."""

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


def peak(folder: Path, count: int, answers: multiprocessing.Queue[tuple[int, int]]) -> None:
    """Pulls so many documents, then once more, then when some have changed; tells the most memory in bytes, and how
    many briefs there are."""
    folder.mkdir()
    (folder / "sitegen.toml").write_text("")
    project = settings.load(folder, {})
    os.fsync = lambda fd: None  # takes no memory, and much time
    for changed in (0, 0, 3):
        asyncio.run(pull(project, Endless(count, changed), Instant(slots=8), Request()))
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
    few, many = (measured(tmp_path / str(count), count) for count in (FEW, MANY))
    sys.stderr.write(f"\npeak: {few / 2**20:.1f} MiB for {FEW:,} documents, {many / 2**20:.1f} MiB for {MANY:,}\n")
    assert many - few < SLACK
