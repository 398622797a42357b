"""What a model invented: editors can see what it was and why it went, readers never."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sitegen.cli import run
from sitegen.enrich.summary import Summary
from tests.enrich.test_summarize import MINUTES, points, says
from tests.servers.ollama import OllamaServer

LIE = ("The mayor of Ebersfeld was arrested for fraud.", "The mayor of Ebersfeld was arrested for fraud on Monday.")


def test_a_dropped_point_is_shown_to_editors_and_is_in_no_brief_and_no_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = [
        (line, line)
        for line in ("The library will not be closed during the works.", "The next meeting is on 11 April 2025.")
    ]
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "minutes.txt").write_text(MINUTES)
    with OllamaServer() as server:
        server.reply = says(points(*good, LIE))
        (tmp_path / "sitegen.toml").write_text(
            '[engine]\nkind = "ollama"\n[briefs]\ninitial_status = "published"\n'
            f'[engine.ollama]\nendpoints = ["{server.url}"]\nmodel = "{server.model}"\n'
        )
        assert run(["--site", str(tmp_path), "pull"]) == 0
    capsys.readouterr()
    assert run(["--site", str(tmp_path), "brief", "show", "folder:minutes.txt"]) == 0
    shown = capsys.readouterr().out
    assert f"dropped   {LIE[0]}" in shown
    assert "since its quotation is not in the document" in shown
    assert "read      2 of 2 pages" in shown
    assert run(["--site", str(tmp_path), "--json", "brief", "show", "folder:minutes.txt"]) == 0
    made = json.loads(capsys.readouterr().out)["provenance"]["made"]
    assert made["dropped"] == 1
    assert made["dropped_points"] == [{"claim": LIE[0], "reasons": ["its quotation is not in the document"]}]
    assert run(["--site", str(tmp_path), "build"]) == 0
    written = [path for folder in ("briefs", "public") for path in (tmp_path / folder).rglob("*") if path.is_file()]
    public = [path for path in written if ".provenance" not in path.parts]
    assert any("brief" in str(path) and path.suffix == ".html" for path in public)
    assert not any(b"arrested" in path.read_bytes() for path in public)
    page = next(
        path for path in (tmp_path / "public" / "briefs").rglob("index.html") if "The next meeting" in path.read_text()
    )
    assert "2" in page.read_text().partition("facts-made")[2][:400]


def test_records_from_before_know_nothing_of_it_and_are_read_all_the_same() -> None:
    before = {"method": "summary", "title": "T", "dek": "D", "dropped": 3}
    assert Summary.model_validate(before).dropped_points == ()
