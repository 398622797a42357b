"""What stands between a built site and its readers says what is wrong, in words and with numbers."""

from __future__ import annotations

import json
from pathlib import Path

from tests.lighthouse import LIMITS, SCORES, Measured, measured, pages, table
from tests.summary import told


def run(**scores: float) -> dict[str, object]:
    return {
        "categories": {name: {"score": scores.get(name.replace("-", "_"), 1)} for name in SCORES},
        "audits": {name: {"numericValue": 0.01} for name in LIMITS},
    }


def test_a_score_is_the_median_of_the_runs() -> None:
    one = measured("about/", [run(performance=0.5), run(performance=0.97), run(performance=1)])
    assert one.scores["performance"] == 97
    assert [*one.broken()] == []


def test_what_is_beyond_its_budget_is_named_with_its_page() -> None:
    one = Measured("/", {**dict.fromkeys(SCORES, 100.0), "accessibility": 99.0}, {"total-byte-weight": 2e6})
    assert [*one.broken()] == [
        "/: accessibility is 99, at least 100 is wanted",
        "/: total-byte-weight is 2e+06, at most 150000 is wanted",
    ]
    assert "| / | 100 | 99 | 100 | 100 | 2e+06 |  |  |" in table([one])


def test_three_kinds_of_page_are_looked_at(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text('<a href="https://example.org/briefs/a-lift/">A lift</a>')
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive/index.html").touch()
    assert pages(tmp_path) == ["", "briefs/a-lift/", "archive/"]


def test_the_summary_tells_each_gate_and_the_size_of_the_site(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<p>Home</p>")
    steps = json.dumps({"links": {"outcome": "failure", "outputs": {}}, "vnu": {"outcome": "skipped"}})
    found = "\n".join(told(tmp_path, tmp_path, steps))
    assert "| links | ✗ failure |\n| vnu | – skipped |" in found
    assert "| 1 | 1 | 0.0 |" in found
