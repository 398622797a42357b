"""An engine that cannot be reached: extracts that say so for now, and the real thing as soon as it is back."""

from __future__ import annotations

import pytest

from sitegen.briefs import provenance
from sitegen.enrich.cache import SummaryCache
from sitegen.enrich.engines.base import Identity
from sitegen.enrich.outage import Outage
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


class Away(Model):
    """One that cannot be reached for its first ``tries``."""

    def __init__(self, tries: int, slots: int = 1) -> None:
        super().__init__("m1", slots)
        self.tries = tries

    async def identity(self) -> Identity:
        self.tries -= 1
        self.down = DOWN if self.tries >= 0 else None
        return await super().identity()


@pytest.fixture
def many(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Twenty documents, and no time to lose until the engine is tried again."""
    monkeypatch.setattr("sitegen.enrich.outage.FIRST_PAUSE", 0.0)
    for number in range(17):
        (project.root / "documents" / f"{number:02}.txt").write_text(f"Report {number}\n\n{MORE} It is {number}.\n")
    return project


@pytest.mark.parametrize("slots", [1, 4])
def test_one_that_comes_back_in_the_middle_makes_up_for_it_in_the_same_run(many: Project, slots: int) -> None:
    engine = Away(tries=6, slots=slots)
    report = run(many, engine)
    assert len(engine.calls) == len(set(engine.calls)) == 20
    assert dict(report.counts) == {"created": 20}
    assert (report.provisional, report.engine_error) == (0, None)
    assert {result.ref for result in report.results} == set(engine.calls)
    assert all("Written by m1" in text for text in briefs(many).values())
    assert run(many, Model("m1")).total == 0


def test_one_that_stays_away_however_often_it_is_tried_is_left_for_the_next_run(many: Project) -> None:
    report = run(many, Away(tries=10**6))
    assert (report.provisional, report.engine_error) == (20, DOWN)
    assert set(done(run(many, Model("m1"))).values()) == {"updated"}


def test_one_that_goes_down_again_leaves_what_there_is(many: Project) -> None:
    engine = Away(tries=3)
    engine.errors = {f"folder:{number:02}.txt": EngineUnreachable("gone again") for number in range(10, 17)}
    report = run(many, engine)
    assert report.total == 20
    assert report.provisional == 7
    assert report.engine_error is not None
    texts = briefs(many).values()
    assert sum("Written by m1" in text for text in texts) == 13


def test_an_engine_that_is_away_is_tried_again_by_one_document_after_a_pause() -> None:
    now = 0.0
    outage = Outage(clock=lambda: now)
    assert outage.met(DOWN)
    with outage.may_try() as may:
        assert not may
    now = 15.0
    with outage.may_try() as one, outage.may_try() as other:
        assert (one, other) == (True, False)
    now = 44.0
    with outage.may_try() as may:
        assert not may
    now = 45.0
    with outage.may_try() as may:
        assert may
        assert outage.over()
    with outage.may_try() as one, outage.may_try() as other:
        assert one
        assert other
    assert not outage.over()


def test_a_pull_tells_the_same_of_documents_that_waited_before_the_engine_came_back(many: Project) -> None:
    run(many, Model("m0"))
    for path in (many.root / "documents").glob("*.txt"):
        path.write_text(path.read_text() + "It was changed.\n")
    report = run(many, Away(tries=5))
    assert dict(report.counts) == {"updated": 20}
    assert report.engine_error is None
