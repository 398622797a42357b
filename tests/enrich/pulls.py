"""What the tests of pulls share: an engine that fails as told, and pulls at any time of day."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sitegen.enrich.engines.base import EndpointStats, Identity
from sitegen.enrich.engines.extractive import extract
from sitegen.enrich.journal import Journal
from sitegen.enrich.pipeline import pull
from sitegen.enrich.report import Report, Request
from sitegen.enrich.summary import Summary, Usage
from sitegen.settings import Project
from sitegen.sources.base import Document, Finding, Source
from sitegen.sources.folder import FolderSource

TEXT = "The council closed the weir bridge to lorries on 3 March 2026. The inspectors found cracks in two bearings."
MORE = f"{TEXT} The repair of the bridge will cost the town EUR 412,500 and will take about nine months."


class Engine:
    """An engine that counts, and fails as told."""

    def __init__(self, model: str = "m1", slots: int = 1) -> None:
        self.model, self.slots = model, slots
        self.stats: tuple[EndpointStats, ...] = ()
        self.calls: list[str] = []
        self.errors: dict[str, Exception] = {}
        self.during: Callable[[Document], None] = lambda document: None
        self.down: Exception | None = None

    async def identity(self) -> Identity:
        if self.down:
            raise self.down
        return Identity("extractive", self.model, "d")

    async def summarize(self, document: Document, note: str = "") -> Summary:
        self.calls.append(document.ref)
        await asyncio.sleep(0)
        self.during(document)
        if error := self.errors.get(document.ref):
            raise error
        return extract(document)

    async def check(self) -> list[Finding]:
        return []

    async def aclose(self) -> None: ...


class Model(Engine):
    """One that writes, so that what it makes differs from an extract."""

    async def identity(self) -> Identity:
        return replace(await super().identity(), engine="ollama")

    async def summarize(self, document: Document, note: str = "") -> Summary:
        summary = await super().summarize(document, note)
        words = f"Written by {self.model}."
        usage = Usage(calls=2, prompt_tokens=900, answer_tokens=100, seconds=30)
        return summary.model_copy(update={"method": "summary", "paragraphs": (words,), "usage": usage})


def run(
    project: Project,
    engine: Engine,
    request: Request | None = None,
    source: Source | None = None,
    *,
    hours: float = 0,
) -> Report:
    """A pull that takes place so many hours from now."""
    source = source or FolderSource(project.root / "documents")
    return asyncio.run(pull(project, source, engine, request or Request(), clock=lambda: time.time() + hours * 3600))


def done(report: Report) -> dict[str, str]:
    return {result.ref.removeprefix("folder:").removesuffix(".txt"): result.done for result in report.results}


def briefs(project: Project) -> dict[str, str]:
    return {path.name: path.read_text() for path in project.briefs.glob("*.md")}


def state(project: Project, name: str) -> tuple[str, int]:
    journal = Journal(project.state / "journal.sqlite")
    entry = journal.entry(f"folder:{name}.txt")
    journal.close()
    assert entry is not None
    return entry.state, entry.attempts


def brief_of(project: Project, name: str) -> Path:
    return next(path for path in project.briefs.rglob("*.md") if f"folder:{name}.txt" in path.read_text())
