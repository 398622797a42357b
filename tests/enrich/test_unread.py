"""Pages that the source could not read: the others become a brief, which says which are missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from sitegen import settings
from tests.enrich.pulls import TEXT, Engine, briefs, run
from tests.sources.test_folder import make_pdf, with_damage


@pytest.mark.parametrize(
    ("damaged", "words"),
    [
        ((2,), "Page 2 of 14 could not be read"),
        ((2, 4), "Pages 2 and 4 of 14 could not be read"),
        (tuple(range(2, 14)), "Pages 2, 3, 4, 5, 6, 7, 8, 9, 10 and 11, and 2 more, of 14 could not be read"),
    ],
)
def test_a_brief_says_which_pages_are_missing(tmp_path: Path, damaged: tuple[int, ...], words: str) -> None:
    (tmp_path / "sitegen.toml").write_text("")
    (tmp_path / "documents").mkdir()
    whole = make_pdf(*[f"{TEXT} This is page {number}." for number in range(1, 15)])
    (tmp_path / "documents/a.pdf").write_bytes(with_damage(whole, *damaged))
    project = settings.load(tmp_path, {})
    report = run(project, Engine())
    assert report.failed == []
    assert len(briefs(project)) == 1
    record = next((tmp_path / "briefs/.provenance").rglob("*.*")).read_text()
    assert words in record
    assert f"pages_read: {14 - len(damaged)}" in record.replace('"', "")
