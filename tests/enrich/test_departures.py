"""A document that left its source takes no brief with it, unless the settings say so, and never many at once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sitegen import settings
from sitegen.briefs.store import Store
from sitegen.enrich.overview import overview
from sitegen.settings import Project
from tests.enrich.pulls import TEXT, Engine, brief_of, run


def made(folder: Path, count: int, when_gone: str) -> Project:
    (folder / "sitegen.toml").write_text(
        f'[briefs]\ninitial_status = "published"\nwhen_gone = "{when_gone}"\n[source]\nkind = "folder"\n'
    )
    (folder / "documents").mkdir()
    for number in range(count):
        (folder / "documents" / f"d{number}.txt").write_text(f"Report {number}\n\n{TEXT}\n")
    project = settings.load(folder, {})
    run(project, Engine())
    return project


def flagged(project: Project) -> list[str | None]:
    return [line.source for line in overview(project)[0] if "source gone" in line.flags]


@pytest.mark.parametrize(("when_gone", "status"), [("flag", "published"), ("withdraw", "withdrawn")])
def test_a_brief_whose_document_is_gone_is_flagged_or_withdrawn(tmp_path: Path, when_gone: str, status: str) -> None:
    project = made(tmp_path, 2, when_gone)
    (tmp_path / "documents" / "d0.txt").unlink()
    report = run(project, Engine())
    assert report.withdrawn == (["d0.md"] if status == "withdrawn" else [])
    assert f"status: {status}\n" in brief_of(project, "d0").read_text()
    assert "status: published\n" in brief_of(project, "d1").read_text()
    shutil.rmtree(project.state)
    assert flagged(project) == ["folder:d0.txt"], "the record in git is enough"


def test_what_an_editor_publishes_again_stays_published(tmp_path: Path) -> None:
    project = made(tmp_path, 2, "withdraw")
    (tmp_path / "documents" / "d0.txt").unlink()
    run(project, Engine())
    path = brief_of(project, "d0")
    path.write_text(path.read_text().replace("status: withdrawn", "status: published"))
    assert run(project, Engine()).withdrawn == []
    assert "status: published" in path.read_text()


def test_a_document_that_comes_back_is_not_gone_any_more(tmp_path: Path) -> None:
    project = made(tmp_path, 2, "flag")
    document = tmp_path / "documents" / "d0.txt"
    document.rename(tmp_path / "away.txt")
    run(project, Engine())
    (tmp_path / "away.txt").rename(document)
    run(project, Engine())
    assert flagged(project) == []
    record = Store.open(project.briefs).record("folder:d0.txt")
    assert record is not None
    assert record.gone is None


def test_when_very_many_vanish_at_once_nothing_is_withdrawn(tmp_path: Path) -> None:
    project = made(tmp_path, 8, "withdraw")
    for number in range(7):
        (tmp_path / "documents" / f"d{number}.txt").unlink()
    report = run(project, Engine())
    assert (len(report.gone), report.withdrawn) == (7, [])
    assert run(project, Engine()).withdrawn == []
    assert all("status: published\n" in path.read_text() for path in project.briefs.glob("*.md"))
    assert len(flagged(project)) == 7
