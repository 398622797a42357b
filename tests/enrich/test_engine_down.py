"""An engine that cannot be reached: extracts that say so for now, and the real thing as soon as it is back."""

from __future__ import annotations

import pytest

from sitegen.briefs import provenance
from sitegen.enrich.cache import SummaryCache
from sitegen.enrich.overview import overview
from sitegen.enrich.report import Request
from sitegen.errors import EngineUnreachable, ModelMissing
from sitegen.settings import Project
from tests.enrich.pulls import MORE, Model, brief_of, briefs, done, run, state

DOWN = EngineUnreachable("nobody answers")


def made_by(project: Project, name: str) -> tuple[str, bool]:
    record = provenance.read(project.briefs, f"folder:{name}.txt")
    assert record is not None
    assert record.made is not None
    return record.made.model, record.made.provisional


def test_documents_get_an_extract_that_says_so_and_the_next_pull_renews_it_unasked(project: Project) -> None:
    engine = Model("m1")
    engine.down = DOWN
    report = run(project, engine)
    assert report.engine_error is DOWN
    assert report.provisional == 3
    assert set(done(report).values()) == {"created"}
    assert all("method: extract" in text for text in briefs(project).values())
    assert {made_by(project, name) for name in "abc"} == {("lexrank", True)}
    assert all("for now" in line.why for line in overview(project)[0])
    again = Model("m1")
    assert set(done(run(project, again)).values()) == {"updated"}
    assert len(again.calls) == 3
    assert {made_by(project, name) for name in "abc"} == {("m1", False)}
    assert run(project, Model("m1")).total == 0


def test_an_extract_for_now_is_never_kept_as_the_models_own(project: Project) -> None:
    engine = Model("m1")
    engine.down = DOWN
    run(project, engine)
    cache = SummaryCache(project.state / "cache")
    assert cache.stats().entries == 0
    cache.close()


def test_while_it_stays_down_nothing_is_made_twice_and_nobody_is_blamed(project: Project) -> None:
    engine = Model("m1")
    engine.down = DOWN
    run(project, engine)
    before = briefs(project)
    for hours in range(0, 100, 10):
        report = run(project, engine, hours=hours)
        assert set(done(report).values()) == {"waiting"}
    assert briefs(project) == before
    assert state(project, "a") == ("pending", 0)


def test_briefs_that_there_are_stay_as_they_are(project: Project) -> None:
    run(project, Model("m1"))
    before = briefs(project)
    (project.root / "documents" / "a.txt").write_text(f"Report a\n\n{MORE}\n")
    (project.root / "documents" / "new.txt").write_text(f"Report new\n\n{MORE} It is new.\n")
    engine = Model("m1")
    engine.down = DOWN
    assert done(run(project, engine)) == {"a": "waiting", "new": "created"}
    assert before.items() <= briefs(project).items()
    again = Model("m1")
    assert done(run(project, again)) == {"a": "updated", "new": "updated"}


def test_what_an_editor_added_to_it_stays(project: Project) -> None:
    engine = Model("m1")
    engine.down = DOWN
    run(project, engine)
    path = brief_of(project, "a")
    path.write_text(path.read_text() + "\nMy words.\n")
    assert done(run(project, Model("m1"))) == {"a": "merged", "b": "updated", "c": "updated"}
    assert "Written by m1" in path.read_text()
    assert path.read_text().endswith("My words.\n")


def test_one_that_goes_down_in_the_middle_costs_the_rest_no_patience(project: Project) -> None:
    engine = Model("m1")
    engine.errors["folder:b.txt"] = EngineUnreachable("gone")
    report = run(project, engine)
    assert engine.calls == ["folder:a.txt", "folder:b.txt"]
    assert report.engine_error is engine.errors["folder:b.txt"]
    assert report.provisional == 2
    assert state(project, "b") == ("failed", 1)  # it may have gone down over this one
    assert state(project, "c") == ("pending", 0)


def test_a_missing_model_is_no_outage(project: Project) -> None:
    engine = Model("m1")
    engine.down = ModelMissing("no such model")
    with pytest.raises(ModelMissing):
        run(project, engine)
    assert briefs(project) == {}


def test_a_fresh_clone_knows_which_texts_are_only_for_now(project: Project) -> None:
    engine = Model("m1")
    engine.down = DOWN
    run(project, engine)
    (project.state / "journal.sqlite").unlink()
    again = Model("m1")
    assert set(done(run(project, again)).values()) == {"updated"}
    assert len(again.calls) == 3


def test_a_renewal_waits_for_the_engine(project: Project) -> None:
    run(project, Model("m1"))
    engine = Model("m2")
    engine.down = DOWN
    report = run(project, engine, Request(refresh=True))
    assert report.engine_error is DOWN
    assert report.total == 0
