"""selection: the briefs that somebody means, and no others."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from sitegen.briefs.store import Store
from sitegen.cli import choosing
from sitegen.enrich import selection
from sitegen.enrich.overview import Line
from sitegen.enrich.selection import Selection, named
from sitegen.errors import BriefMissing, Several

DAY = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)


def line(status: str = "draft", *flags: str, tags: tuple[str, ...] = (), at: dt.datetime | None = DAY) -> Line:
    return Line(status, "T", None, "briefs/t.md", flags, tags=tags, at=at)


def test_the_help_knows_all_states_and_flags() -> None:
    assert set(choosing.STATES) == set(selection.STATES)
    assert list(choosing.FLAGS) == list(selection.FLAGS)


@pytest.mark.parametrize(
    ("wanted", "of", "expected"),
    [
        (Selection(), line(), True),
        (Selection(states=["review", "draft"]), line(), True),
        (Selection(states=["review"]), line(), False),
        (Selection(flags=["gone", "changed"]), line("draft", "changed since approval"), True),
        (Selection(flags=["gone"]), line("draft", "edited"), False),
        (Selection(tags=["BUDGET"]), line(tags=("Budget",)), True),
        (Selection(tags=["budget"]), line(tags=("Budgets",)), False),
        (Selection(since=DAY), line(), True),
        (Selection(since=DAY + dt.timedelta(1)), line(), False),
        (Selection(since=DAY), line(at=None), False),
        (Selection(states=["draft"], flags=["edited"]), line(), False),
    ],
)
def test_all_kinds_must_fit_and_one_of_each(wanted: Selection, of: Line, expected: bool) -> None:
    assert wanted.has(of) is expected


@pytest.fixture
def store(tmp_path: Path) -> Store:
    for path in ("2025/a.md", "2026/b.md", "2026/c.md"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        name = path[5:-3]
        text = f"---\ntitle: T{name}\nslug: slug-{name}\nstatus: draft\nsource: x:{name}\n---\n"
        (tmp_path / path).write_text(text)
    return Store.open(tmp_path)


@pytest.mark.parametrize(
    ("refs", "expected"),
    [
        (["2026/*"], ["2026/b.md", "2026/c.md"]),
        (["slug-?", "2026/b.md"], ["2025/a.md", "2026/b.md", "2026/c.md"]),
        (["x:a", "a", "slug-a", "2025/a"], ["2025/a.md"]),
        (["x:[ab]"], ["2025/a.md", "2026/b.md"]),
        (["*"], ["2025/a.md", "2026/b.md", "2026/c.md"]),
    ],
)
def test_names_and_patterns_find_each_brief_once(store: Store, refs: list[str], expected: list[str]) -> None:
    assert sorted(brief.path for brief in named(store, refs)) == expected


def test_all_names_that_there_is_nothing_of_are_told(store: Store) -> None:
    with pytest.raises(Several) as caught:
        named(store, ["a", "nope", "no*"])
    assert [type(problem) for problem in caught.value.problems] == [BriefMissing] * 2
