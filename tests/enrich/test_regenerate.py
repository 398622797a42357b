"""regenerate: an editor tells the engine what to mind, and nothing that he wrote is lost by it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sitegen import cli, settings
from sitegen.briefs.store import Store
from sitegen.enrich.report import Request
from sitegen.enrich.summary import Summary
from sitegen.settings import Project
from sitegen.sources.base import Document
from tests.enrich.pulls import MORE, TEXT, Engine, brief_of, done, run

REF = "folder:a.txt"


class Obedient(Engine):
    """An engine that says in its summary what it was told to mind."""

    def __init__(self) -> None:
        super().__init__()
        self.notes: list[str] = []

    async def summarize(self, document: Document, note: str = "") -> Summary:
        self.notes.append(note)
        summary = await super().summarize(document)
        return summary.model_copy(update={"dek": f"{note or 'Plain'}: {summary.dek}"})


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "sitegen.toml").write_text("")
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "a.txt").write_text(f"Report\n\n{TEXT}\n")
    return settings.load(tmp_path, {})


def regenerate(project: Project, engine: Engine, note: str | None = None) -> str:
    return done(run(project, engine, Request(documents=(REF,), refresh=True, note=note)))["a"]


def test_a_note_goes_to_the_engine_and_holds_for_later_texts_of_the_document(project: Project) -> None:
    engine = Obedient()
    run(project, engine)
    assert regenerate(project, engine, "Shorter") == "updated"
    assert "summary: 'Shorter: The council" in brief_of(project, "a").read_text()
    assert regenerate(project, engine) == "unchanged"
    assert run(project, engine, Request(refresh=True)).total == 0
    (project.root / "documents" / "a.txt").write_text(f"Report\n\n{MORE}\n")
    assert done(run(project, engine))["a"] == "updated"
    assert regenerate(project, engine, "") == "updated"
    assert engine.notes == ["", "Shorter", "Shorter", ""]
    assert "summary: 'Plain: The council" in brief_of(project, "a").read_text()


def test_what_the_editor_wrote_stays_when_the_text_is_made_anew(project: Project) -> None:
    engine = Obedient()
    run(project, engine)
    path = brief_of(project, "a")
    path.write_text(
        path.read_text().replace("summary: ", "summary: 'Mine.' # ").replace("title: A", "title: My report")
    )
    assert regenerate(project, engine, "Shorter") == "proposed"
    assert "summary: 'Mine.' # " in path.read_text()
    assert "title: My report" in path.read_text()
    record = Store.open(project.briefs).record(REF)
    assert record is not None
    assert record.proposal is not None
    assert record.proposal.made.note == "Shorter"


def test_the_command_says_what_became_of_it(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    site = ["--site", str(project.root)]
    assert cli.run([*site, "pull", "-q"]) == 0
    assert cli.run([*site, "brief", "regenerate", REF, "--note", "shorter"]) == 0
    shown = capsys.readouterr().err
    assert "takes no notes" in shown
    assert "briefs/a.md: the engine says the same." in shown
    assert cli.run([*site, "brief", "regenerate", "a", "--engine", "ollama", "--json"]) == 5
    assert json.loads(capsys.readouterr().out)
    (project.briefs / "mine.md").write_text("---\ntitle: Mine\nstatus: draft\n---\n")
    assert cli.run([*site, "brief", "regenerate", "mine"]) == 1
    assert "no document" in capsys.readouterr().err
