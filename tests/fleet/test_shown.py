"""A pull with a fleet shows what a pull without one shows: progress, summary, JSON, exit codes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sitegen.cli import run
from sitegen.enrich.engines import open_engine
from sitegen.enrich.pipeline import pull
from sitegen.enrich.report import Progress, Request, Result, Status
from sitegen.settings import Project
from sitegen.sources.folder import FolderSource
from tests.fleet import here
from tests.fleet.machines import KEY, new_site, settings
from tests.servers.redis import RedisServer


class Seen(Progress):
    """What a progress bar would have been told."""

    def __init__(self) -> None:
        self.totals: list[int | None] = []
        self.results: list[tuple[str, str, str]] = []

    def total(self, documents: int | None) -> None:
        self.totals.append(documents)

    def result(self, result: Result) -> None:
        self.results.append((result.ref, result.done, result.code))

    def status(self, status: Status) -> None:
        """Comes by the clock."""


@contextlib.contextmanager
def beside(project: Project) -> Iterator[None]:
    """A worker on a thread of its own, so that a command can run here."""
    worker = here.worker(project)
    thread = threading.Thread(target=lambda: asyncio.run(worker.run()))
    thread.start()
    try:
        yield
    finally:
        while worker._loop is None:
            assert thread.is_alive()
        worker._loop.call_soon_threadsafe(worker.stop)
        thread.join()


def sites(folder: Path, broker: RedisServer, **fleet: object) -> tuple[Project, Project]:
    """The same documents, one of them broken and one of them empty, without a fleet and with one."""
    found = []
    for name, text in (("alone", ""), ("fleet", settings(broker.url, "", **fleet))):
        site = new_site(folder / name, text, documents=5)
        (site / "documents" / "broken.pdf").write_bytes(b"%PDF-1.7 and no more")
        (site / "documents" / "empty.txt").write_text(" \n")
        found.append(here.load(site))
    return found[0], found[1]


def test_the_progress_is_the_same(tmp_path: Path, broker: RedisServer) -> None:
    shown = []
    for project in sites(tmp_path, broker):
        seen, workers = Seen(), [here.worker(project)] if project.settings.fleet.broker else []

        async def go() -> None:
            async with here.working(*workers):  # noqa: B023
                engine = open_engine(project)  # noqa: B023
                source = FolderSource(project.root / "documents")  # noqa: B023
                await pull(project, source, engine, Request(), seen)  # noqa: B023
                await engine.aclose()

        asyncio.run(go())
        shown.append((sorted(seen.results), sorted(set(seen.totals), key=str)))
    assert shown[0] == shown[1]
    assert len(shown[0][0]) == 7


def keys(value: Any) -> Any:
    """The form of JSON, without its values."""
    if isinstance(value, dict):
        return {name: keys(inner) for name, inner in value.items()}
    return [keys(value[0])] if isinstance(value, list) and value else type(value).__name__


def test_json_summary_and_exit_code_are_the_same(
    tmp_path: Path, broker: RedisServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITEGEN_FLEET__TOKEN", KEY)
    shown: list[tuple[int, dict[str, Any], int, str]] = []
    for project in sites(tmp_path, broker):
        with contextlib.ExitStack() as stack:
            if project.settings.fleet.broker:
                stack.enter_context(beside(project))
            capsys.readouterr()
            first = run(["--site", str(project.root), "--json", "pull"])
            report = json.loads(capsys.readouterr().out)
            second = run(["--site", str(project.root), "pull", "--refresh"])
            said = re.sub(r"\d+(\.\d+)? (s|seconds)\b", "N s", "".join(capsys.readouterr()))
        shown.append((first, report, second, said.replace(str(project.root), "SITE")))
    alone, fleet = shown
    assert alone[0] == fleet[0] == 6
    assert alone[1]["counts"] == fleet[1]["counts"] == {"created": 5, "empty": 1, "failed": 1}
    assert keys(alone[1]) == keys(fleet[1])
    assert alone[2:] == fleet[2:]


def test_an_engine_that_cannot_be_reached_is_the_same_to_the_one_who_asks(
    tmp_path: Path, broker: RedisServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITEGEN_FLEET__TOKEN", KEY)
    down = '[engine]\nkind = "ollama"\n[engine.ollama]\nendpoints = ["http://127.0.0.1:9"]\n'
    shown = []
    for name, text in (("alone", down), ("fleet", settings(broker.url, down, wait=1))):
        site = new_site(tmp_path / name, text, documents=2)
        code = run(["--site", str(site), "--json", "pull"])
        report = json.loads(capsys.readouterr().out)
        shown.append((code, report["counts"], report["provisional"], report["engine_error"]["code"], sorted(report)))
    assert shown[0] == shown[1]
