"""Coordinator and workers on one event loop, with a real Redis between them: quick, and everything can be looked at."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from sitegen import settings
from sitegen.enrich.engines.base import Engine
from sitegen.enrich.engines.extractive import Extractive
from sitegen.enrich.pipeline import pull
from sitegen.enrich.report import Report, Request
from sitegen.enrich.summary import Summary
from sitegen.fleet import coordinator, dispatch, roster
from sitegen.fleet import worker as worker_module
from sitegen.fleet.coordinator import FleetEngine
from sitegen.fleet.messages import Queue
from sitegen.fleet.worker import Worker, WorkerOptions
from sitegen.settings import Project
from sitegen.sources.base import Document
from sitegen.sources.folder import FolderSource
from tests.fleet.machines import KEY

ENVIRON = {"SITEGEN_FLEET__TOKEN": KEY}
QUIET = logging.getLogger("sitegen.tests.fleet")
QUIET.propagate = False
QUIET.addHandler(logging.NullHandler())


def load(site: Path, **more: str) -> Project:
    return settings.load(site, {**ENVIRON, **more})


def worker(
    project: Project,
    engine: Engine | None = None,
    *,
    slots: int = 1,
    queues: tuple[Queue, ...] = ("urgent", "bulk"),
    log: logging.Logger = QUIET,
) -> Worker:
    return Worker(project, WorkerOptions(queues, slots, port=0), log, engine)


@contextlib.asynccontextmanager
async def working(*workers: Worker) -> AsyncIterator[Sequence[Worker]]:
    tasks = [asyncio.create_task(one.run()) for one in workers]
    try:
        yield workers
    finally:
        for one in workers:
            one.stop()
        await asyncio.gather(*tasks)


async def pulled(project: Project, request: Request | None = None, engine: Engine | None = None) -> Report:
    """A pull by way of the fleet."""
    engine = engine or FleetEngine(project)
    try:
        source = FolderSource(project.root / "documents")
        return await pull(project, source, engine, replace(request) if request else Request())
    finally:
        await engine.aclose()


def run(project: Project, *workers: Worker, request: Request | None = None) -> Report:
    async def both() -> Report:
        async with working(*workers):
            return await pulled(project, request)

    return asyncio.run(both())


class Standin(Extractive):
    """The built-in engine, as slow as told, which remembers what it was asked and fails as told."""

    def __init__(self, seconds: float = 0) -> None:
        super().__init__()
        self.seconds = seconds
        self.asked: list[str] = []
        self.begun = asyncio.Event()
        self.errors: dict[str, Exception] = {}
        self.gate: dict[str, asyncio.Event] = {}

    async def summarize(self, document: Document, note: str = "") -> Summary:
        self.asked.append(document.ref)
        self.begun.set()
        await asyncio.sleep(self.seconds)
        if (gate := self.gate.get(document.ref)) is not None:
            await gate.wait()
        if error := self.errors.get(document.ref):
            raise error
        return await super().summarize(document, note)


def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is noticed ten times as soon."""
    for name in ("SWEEP_SECONDS", "STUCK_SECONDS", "BEGIN_SECONDS"):
        monkeypatch.setattr(dispatch, name, getattr(dispatch, name) / 10)
    monkeypatch.setattr(roster, "GONE_SECONDS", roster.GONE_SECONDS / 10)
    for module in (worker_module, coordinator):
        monkeypatch.setattr(module, "BEAT_SECONDS", 0.2)
