"""A version of a model is tried and taken back: what it made before is there, and nothing is paid for twice."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from sitegen import settings
from sitegen.enrich.engines import open_engine
from sitegen.enrich.pipeline import pull
from sitegen.enrich.report import Report, Request
from sitegen.errors import ModelDiffers
from sitegen.settings import Project
from sitegen.sources import open_source
from tests.enrich.pulls import TEXT, briefs
from tests.servers.ollama import OllamaServer

OLD, NEW = "a" * 64, "b" * 64


def refreshed(project: Project) -> Report:
    async def work() -> Report:
        source, engine = open_source(project), open_engine(project)
        try:
            return await pull(project, source, engine, Request(refresh=True))
        finally:
            await source.aclose()
            await engine.aclose()

    return asyncio.run(work())


def site(folder: Path, server: OllamaServer, extra: str = "") -> Project:
    lines = f'[engine]\nkind = "ollama"\n[engine.ollama]\nendpoints = ["{server.url}"]\n{extra}\n'
    (folder / "sitegen.toml").write_text(lines)
    (folder / "documents").mkdir(exist_ok=True)
    for number in range(3):
        (folder / f"documents/{number}.txt").write_text(f"{TEXT} It is report number {number} of this year.")
    return settings.load(folder, {})


def test_going_back_to_the_version_before_asks_the_model_nothing(tmp_path: Path) -> None:
    with OllamaServer(digest=OLD) as server:
        project = site(tmp_path, server)
        refreshed(project)
        before = briefs(project)
        server.digest = NEW
        assert sum(result.from_engine for result in refreshed(project).results) == 3
        asked = server.chats
        server.digest = OLD
        report = refreshed(project)
        assert server.chats == asked
    assert report.failed == []
    assert briefs(project) == before


def test_a_pin_stops_a_pull_before_a_brief_is_made_by_another_version(tmp_path: Path) -> None:
    with OllamaServer(digest=NEW) as server:
        project = site(tmp_path, server, f'digest = "sha256:{OLD}"')
        with pytest.raises(ModelDiffers):
            refreshed(project)
        assert server.chats == 0
    assert briefs(project) == {}
