"""The smoke checks pass a good site, and name what is wrong with a bad one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from sitegen.cli import run
from sitegen.publish.manifest import Manifest
from sitegen.publish.smoke.run import rules, smoke
from sitegen.serve.pages import hosted
from tests.browser.conftest import Built

pytestmark = pytest.mark.browser


@pytest.fixture
def folder(built: Built, tmp_path: Path) -> Path:
    """A built site to spoil, as a host shows it."""
    folder = Path(shutil.copytree(built(), tmp_path / "public"))
    (folder / "build.json").write_bytes(Manifest.of(folder).build_file)
    return folder


def test_a_good_site_passes_as_a_folder_and_at_an_address(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sitegen.toml").write_text("")
    build = Manifest.of(folder).build
    shots = tmp_path / "shots"
    words = [
        "--site",
        str(tmp_path),
        "--json",
        "smoke",
        str(folder),
        "--expect-build",
        build,
        "--screenshots",
        str(shots),
    ]
    assert run(words) == 0
    told = json.loads(capsys.readouterr().out)
    outcomes = {one["check"]: one["outcome"] for one in told["results"]}
    assert told["passed"]
    assert outcomes["the build is the expected one"] == "passed"
    assert outcomes["a brief, phone"] == "passed"
    assert len([*shots.glob("*.png")]) >= 8


def test_each_fault_is_named(folder: Path) -> None:
    (folder / "_headers").unlink()
    (folder / "_redirects").write_text("/old/ /nowhere/ 302!\n/kept/ /new/ 301\n")
    (folder / "feed.xml").write_text("<feed")
    home = folder / "index.html"
    wide = '<p style="x"><img src="https://elsewhere.example/x.png"><pre style="width:9000px">x</pre>'
    home.write_text(home.read_text().replace("</main>", f"{wide}</main>"))
    with hosted(folder) as url:
        found = smoke(url, build="another", built=None)
    failed = {one["check"]: one["said"] for one in found.failed}
    assert "the host shows build" in failed["the build is the expected one"]
    assert "Cache-Control" in failed["files with a fingerprint may be kept"]
    assert "each feed can be read" in failed
    assert "home page, wide" in " ".join(failed)
    passed = {one["check"] for one in found.results if one["outcome"] == "passed"}
    assert {"what is not there is 404", "the addresses of the sitemap answer"} <= passed


def test_what_cannot_be_checked_fails_where_a_host_is_required(folder: Path) -> None:
    with hosted(folder) as url:
        found = smoke(url, cdn=True, built=folder)
    assert [one["check"] for one in found.failed][:1] == ["the build is the expected one"]


def test_some_rules_of_a_built_site_are_tried(tmp_path: Path) -> None:
    (tmp_path / "_redirects").write_text("/a/ /b/ 301!\n/c/* /d 302\n/e/ /404.html 410!\n# no\n/f k=:k /g 301\n")
    assert rules(tmp_path) == (("/a/", "/b/", 301), ("/e/", "/404.html", 410))
    assert rules(tmp_path / "missing") == ()
