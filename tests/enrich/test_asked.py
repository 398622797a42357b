"""What editors ask of the journal reaches the next pull."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sitegen.cli import run as sitegen
from sitegen.enrich import asked
from sitegen.enrich.report import Request
from sitegen.errors import AnswerInvalid, BriefMissing
from sitegen.settings import Project
from tests.enrich.pulls import Engine, brief_of, done, run, state


def failing(project: Project) -> None:
    """Documents b and c fail until they are dead and failed."""
    engine = Engine()
    engine.errors = {"folder:b.txt": AnswerInvalid("no JSON")}
    for hours in (0, 10, 20):
        run(project, engine, hours=hours)
    engine.errors = {"folder:c.txt": AnswerInvalid("no JSON")}
    (project.root / "documents" / "c.txt").write_text("Report c\n\nThe mayor closed the old bridge on 5 May 2026.\n")
    run(project, engine, hours=30)
    assert [state(project, name) for name in "abc"] == [("done", 0), ("dead", 3), ("failed", 1)]


def command(project: Project, *words: str) -> int:
    return sitegen(["--site", str(project.root), *words])


def test_what_is_asked_for_comes_before_what_is_new(project: Project) -> None:
    failing(project)
    (project.root / "documents" / "a new one.txt").write_text("New\n\nThe mayor opened the bridge on 6 May 2026.\n")
    assert [entry.ref for entry in asked.retry(project, ["b.txt"], [])] == ["folder:b.txt"]
    engine = Engine()
    run(project, engine, Request(limit=1))
    assert engine.calls == ["folder:b.txt"]
    run(project, engine)
    assert engine.calls == ["folder:b.txt", "folder:a new one.txt", "folder:c.txt"]


def test_all_dead_and_all_failed_ones_are_tried_again(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    failing(project)
    assert command(project, "brief", "retry", "--dead", "--json") == 0
    assert json.loads(capsys.readouterr().out) == [{"ref": "folder:b.txt", "title": "B", "was": "dead"}]
    assert command(project, "brief", "retry", "--failed") == 0
    assert "no JSON [SG305]" in capsys.readouterr().out
    assert command(project, "brief", "retry") == 2
    engine = Engine()
    assert run(project, engine).failed == []
    assert engine.calls == ["folder:b.txt", "folder:c.txt"]


def test_a_name_that_means_nothing_is_told(project: Project) -> None:
    run(project, Engine())
    with pytest.raises(BriefMissing, match="nobody"):
        asked.retry(project, ["nobody"], [])
    assert command(project, "brief", "forget", "--yes", "nobody") == 1


def test_a_document_that_is_forgotten_is_new_again_and_its_brief_stays(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    run(project, Engine())
    before = brief_of(project, "a").read_text()
    assert command(project, "brief", "forget", "--yes", "a.txt") == 0
    assert "its state, done goes" in capsys.readouterr().err
    engine = Engine()
    assert done(run(project, engine)) == {"a": "unchanged"}
    assert engine.calls == []
    assert brief_of(project, "a").read_text() == before


def test_a_deleted_brief_comes_back_when_its_document_is_forgotten(project: Project) -> None:
    run(project, Engine())
    brief_of(project, "a").unlink()
    assert run(project, Engine()).total == 0
    found = asked.known(project, ["folder:a.txt"])
    assert found[0].record
    asked.forget(project, found)
    assert done(run(project, Engine())) == {"a": "created"}


def test_nothing_is_forgotten_without_a_yes(project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run(project, Engine())
    answers: Any = open("/dev/null")  # noqa: PTH123, SIM115
    monkeypatch.setattr("sys.stdin", answers)
    assert command(project, "brief", "forget", "a.txt") != 0
    answers.close()
    assert state(project, "a")[0] == "done"
