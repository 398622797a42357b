"""Coordinator and workers on one event loop, with a real Redis between them: quick, and everything can be looked at."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

from sitegen import settings
from sitegen.enrich.engines.base import Engine
from sitegen.enrich.pipeline import pull
from sitegen.enrich.report import Report, Request
from sitegen.fleet.coordinator import FleetEngine
from sitegen.fleet.messages import Queue
from sitegen.fleet.worker import Worker, WorkerOptions
from sitegen.settings import Project
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
