"""Budgets and estimates: a run ends when it has used up what it may, and says what is left and what it would take."""

from __future__ import annotations

import pytest

from sitegen import settings
from sitegen.enrich.budget import Budget, Rate
from sitegen.enrich.report import Request, Status
from sitegen.settings import Project, Pull
from tests.enrich.pulls import MORE, Model, briefs, done, run


@pytest.fixture
def many(project: Project) -> Project:
    for number in range(20):
        (project.root / "documents" / f"{number}.txt").write_text(f"Report\n\n{MORE} It is number {number}.\n")
    return project


def test_a_run_ends_after_so_many_tokens_and_the_next_goes_on(many: Project) -> None:
    report = run(many, Model(), Request(max_tokens=5000))
    assert report.ended_by == "tokens"
    assert 5 <= report.total <= 8  # those in hand are finished
    assert report.left == 23 - report.total
    assert report.failed == []
    assert run(many, Model()).total == report.left
    assert len(briefs(many)) == 23


def test_a_run_ends_after_so_many_minutes(many: Project) -> None:
    report = run(many, Model(), Request(max_minutes=1e-9))
    assert report.ended_by == "minutes"
    assert report.total == 0
    assert run(many, Model()).total == 23


def test_a_limit_says_about_how_many_are_left(many: Project) -> None:
    report = run(many, Model(), Request(limit=4))
    assert (report.ended_by, report.total, report.left) == ("documents", 4, 19)


def test_the_settings_have_budgets_too_and_the_command_goes_before(many: Project) -> None:
    (many.root / "sitegen.toml").write_text("[pull]\nmax_documents = 3\n")
    site = settings.load(many.root, {})
    assert run(site, Model()).total == 3
    assert run(site, Model(), Request(limit=5)).total == 5


def test_a_budget_knows_what_was_used_up() -> None:
    now = 0.0
    budget = Budget(Request(max_minutes=2), Pull(max_tokens=10), clock=lambda: now)
    assert budget.over(9) == ""
    assert budget.over(10) == "tokens"
    now = 120.0
    assert budget.over(0) == "minutes"


def test_a_rate_is_that_of_the_last_minute() -> None:
    rate = Rate()
    for second in range(1, 300):
        slow = rate.per_second(second, min(second, 200) * 10)
    assert slow == 0
    assert Status(done=10, total=30, failed=0, per_minute=40, tokens_per_second=0).seconds_left == 30


def test_a_dry_run_says_what_it_would_take_and_does_nothing(many: Project) -> None:
    engine = Model("m1")
    report = run(many, engine, Request(dry_run=True))
    assert report.estimate is not None
    assert (report.estimate.summaries, report.estimate.unknown) == (23, 23)
    assert engine.calls == []
    assert briefs(many) == {}
    run(many, engine, Request(limit=3))
    estimate = run(many, Model("m1", slots=4), Request(dry_run=True)).estimate
    assert estimate is not None
    assert (estimate.summaries, estimate.unknown) == (20, 0)
    assert (estimate.calls, estimate.tokens, estimate.minutes) == (40, 20_000, 2.5)
    assert set(done(run(many, engine)).values()) == {"created"}


def test_a_dry_run_counts_no_call_for_what_is_there_already(many: Project) -> None:
    run(many, Model("m1"))
    run(many, Model("m2"), Request(refresh=True))
    back = run(many, Model("m1"), Request(refresh=True, dry_run=True))
    assert back.total == 23
    assert back.estimate is not None
    assert back.estimate.summaries == 0
