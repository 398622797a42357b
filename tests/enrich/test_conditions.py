"""Conditions: which briefs one means, and what is said of one that means nothing."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitegen.briefs.provenance import Made
from sitegen.enrich.conditions import parse, parse_all, selects
from sitegen.enrich.report import Request
from sitegen.enrich.scores import Scores
from sitegen.errors import ConditionBroken, Several
from sitegen.settings import Project
from tests.enrich.pulls import Engine, done, run

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
MADE = Made(
    method="summary", engine="ollama", model="qwen3:8b", digest="sha256:500a1f067a9f", prompt="2:0123456789ab",
    at=NOW - dt.timedelta(days=40), text_hash="t", cache_key="k", dropped=3, calls=2, prompt_tokens=900,
    answer_tokens=100, seconds=12.5, scores=Scores(quotation=0.85, numbers=None),
)  # fmt: skip


@pytest.mark.parametrize(
    "condition",
    [
        "prompt<3", "prompt=2", "engine=ollama", "engine != openai", "model=qwen3:8b", "model=qwen3*", "method=summary",
        "digest=500a1f", "digest=sha256:500a1f", "digest!=600a", "age>30d", "age > 5w", "age<41d", "age>=960h",
        "score.quotation<0.9", "score.quotation<90%", "dropped>=3", "tokens=1000", "seconds>12", "calls<=2",
    ],
)  # fmt: skip
def test_a_condition_that_holds(condition: str) -> None:
    assert selects([parse(condition)], MADE, NOW)


@pytest.mark.parametrize(
    "condition",
    [
        "prompt>=3", "engine!=ollama", "model=qwen3:14b", "model=qwen3", "model=qwen3:?b", "method=extract",
        "digest=00a1", "age>50d", "score.quotation>0.9", "score.numbers<1", "score.numbers!=1", "pages_total>0",
    ],
)  # fmt: skip
def test_a_condition_that_does_not_hold(condition: str) -> None:
    assert not selects([parse(condition)], MADE, NOW)


@pytest.mark.parametrize(
    ("condition", "column", "words"),
    [
        ("", 1, "a property is missing"),
        ("promt<3", 1, "'promt' is no property"),
        ("score.beauty<1", 1, "'score.beauty' is no property"),
        ("prompt", 7, "one of = != < <= > >="),
        ("prompt~3", 7, "one of = != < <= > >="),
        ("prompt <", 9, "a value is missing"),
        ("prompt<three", 8, "'three' is no number"),
        ("prompt<3 and age>3d", 8, "is no number"),
        ("engine<ollama", 7, "is a word"),
        ("method=guess", 8, "summary or extract"),
        ("age>30", 5, "is no age"),
        ("tokens>50%", 8, "is no number"),
    ],
)
def test_a_broken_condition_says_where_and_what(condition: str, column: int, words: str) -> None:
    with pytest.raises(ConditionBroken) as caught:
        parse(condition)
    assert caught.value.place is not None
    assert caught.value.place.column == column
    assert words in caught.value.message
    assert "prompt<3" in caught.value.remedy


def test_all_broken_conditions_are_told_at_once() -> None:
    with pytest.raises(Several) as caught:
        parse_all(["prompt<", "age>3d", "x=1"])
    assert len(caught.value.problems) == 2


@given(st.text(max_size=30))
def test_any_text_is_a_condition_or_a_clear_error(text: str) -> None:
    try:
        condition = parse(text)
    except ConditionBroken:
        return
    selects([condition], MADE, NOW)


def test_only_what_was_made_so_is_renewed(project: Project) -> None:
    run(project, Engine("m1"))
    (project.root / "documents" / "b.txt").write_text("Report b\n\nThe mayor opened the new bridge on 4 May 2026.\n")
    run(project, Engine("m2"))
    (project.root / "documents" / "new.txt").write_text("New\n\nThe mayor closed the old bridge on 5 May 2026.\n")
    engine = Engine("m3")
    report = run(project, engine, Request(refresh=True, where=(parse("model=m1"),)))
    assert set(done(report)) == {"a", "c"}
    assert sorted(engine.calls) == ["folder:a.txt", "folder:c.txt"]
    assert done(run(project, engine)) == {"new": "created"}


def test_going_back_to_a_model_costs_nothing(project: Project) -> None:
    run(project, Engine("m1"))
    run(project, Engine("m2"), Request(refresh=True))
    back = Engine("m1")
    report = run(project, back, Request(refresh=True, where=(parse("model=m2"),)))
    assert report.total == 3
    assert back.calls == []
