"""Real documents, from a page of figures to a 60-page standard, go all the way without a failure."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sitegen.cli import run

SAMPLE = Path(__file__).parent.parent.parent / "shared" / "data" / "sample"

pytestmark = pytest.mark.skipif(not SAMPLE.is_dir(), reason="the real documents are not beside this checkout")

SETTINGS = """
[source]
kind = "folder"
[source.folder]
path = {path}
[briefs]
initial_status = "published"
[privacy]
kinds = []
"""


def test_all_real_documents_become_pages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "sitegen.toml").write_text(SETTINGS.format(path=json.dumps(str(SAMPLE))))
    assert run(["--site", str(tmp_path), "--json", "pull"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["counts"] == {"created": 34}
    assert run(["--site", str(tmp_path), "--json", "build", "--strict"]) == 0
    built = json.loads(capsys.readouterr().out)
    assert built["pages"] == 34
    assert built["warnings"] == []
    assert len(list((tmp_path / "public" / "briefs").glob("*/index.html"))) == 34
    assert run(["--site", str(tmp_path), "--json", "pull"]) == 0
    assert json.loads(capsys.readouterr().out)["engine_calls"] == 0
