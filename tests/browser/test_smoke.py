"""The smoke checks pass a good site, and name what is wrong with a bad one."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from sitegen.cli import run
from sitegen.errors import HostRefused
from sitegen.publish.manifest import Manifest
from sitegen.publish.smoke.run import reach, rules
from sitegen.publish.smoke.visit import Visit
from sitegen.serve.pages import hosted
from tests.browser.conftest import Built

pytestmark = pytest.mark.browser


@pytest.fixture
def folder(built: Built, tmp_path: Path) -> Path:
    """A built site to spoil, as a host shows it."""
    folder = Path(shutil.copytree(built(), tmp_path / "public"))
    (folder / "build.json").write_bytes(Manifest.of(folder).build_file)
    return folder


def looked(root: Path, *words: str) -> tuple[int, Any]:
    """The exit code and what the command tells, in a process of its own: only one can drive a browser here."""
    (root / "sitegen.toml").write_text("")
    command = [sys.executable, "-m", "sitegen", "--site", str(root), "--json", "smoke", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout)


def test_a_good_site_passes_as_a_folder_and_leaves_pictures(folder: Path, tmp_path: Path) -> None:
    build = Manifest.of(folder).build
    shots = tmp_path / "shots"
    code, told = looked(tmp_path, str(folder), "--expect-build", build, "--screenshots", str(shots))
    outcomes = {one["check"]: one["outcome"] for one in told["results"]}
    assert code == 0
    assert told["passed"]
    assert outcomes["the build is the expected one"] == "passed"
    assert outcomes["a brief, phone"] == "passed"
    assert outcomes["a term, wide"] == "passed"
    assert outcomes["search finds a brief that is there, phone"] in ("passed", "skipped")
    assert len([*shots.glob("*.png")]) >= 8


def test_each_fault_is_named(folder: Path, tmp_path: Path) -> None:
    (folder / "_headers").unlink()
    (folder / "_redirects").write_text("/old/ /nowhere/ 302!\n/kept/ /new/ 301\n")
    (folder / "feed.xml").write_text("<feed")
    home = folder / "index.html"
    wide = '<p style="x"><img src="https://elsewhere.example/x.png"><pre style="width:9000px">x</pre>'
    home.write_text(home.read_text().replace("</main>", f"{wide}</main>"))
    with hosted(folder) as url:
        code, told = looked(tmp_path, url, "--expect-build", "another")
    failed = {one["check"]: one["said"] for one in told["results"] if one["outcome"] == "failed"}
    assert code == 1
    assert "the host shows build" in failed["the build is the expected one"]
    assert "Cache-Control" in failed["files with a fingerprint may be kept"]
    assert "each feed can be read" in failed
    assert "home page, wide" in " ".join(failed)
    passed = {one["check"] for one in told["results"] if one["outcome"] == "passed"}
    assert {"what is not there is 404", "the addresses of the sitemap answer"} <= passed


def test_what_is_late_fails(folder: Path, tmp_path: Path) -> None:
    with hosted(folder) as url:
        code, told = looked(tmp_path, url, "--seconds", "0.001")
    said = {one["check"]: one["said"] for one in told["results"] if one["outcome"] == "failed"}
    assert code == 1
    assert "more than 0.001" in said["the home page, phone"]
    assert "more than 0.001" in said["the security headers are sent"]


def test_what_cannot_be_checked_fails_where_a_host_is_required(folder: Path, tmp_path: Path) -> None:
    with hosted(folder) as url:
        _, told = looked(tmp_path, url, "--require-cdn")
    failed = {one["check"] for one in told["results"] if one["outcome"] == "failed"}
    assert {"the build is the expected one", "former addresses lead on"} <= failed


@pytest.mark.parametrize(
    ("url", "code", "said"),
    [
        ("nowhere", 2, "neither an address"),
        ("", 2, "neither an address"),
        ("http://127.0.0.1:9/", 1, "SG711"),
        ("http://[::1", 1, "SG711"),
    ],
)
def test_where_no_site_is_one_error_says_so(
    url: str, code: int, said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    (tmp_path / "sitegen.toml").write_text("")
    assert run(["--site", str(tmp_path), "smoke", url]) == code
    told = capsys.readouterr()
    assert said in told.err
    assert told.err.count("error SG") == (code == 1)


def test_a_host_may_take_a_moment_to_show_what_was_promoted() -> None:
    old, new = (httpx.Response(200, json={"build": name}) for name in ("old", "new"))
    answers = [httpx.Response(404), httpx.Response(200, text="<html>"), old, new]
    pauses: list[float] = []
    visit = Visit("https://example.org/", build="new")
    visit.client = httpx.Client(transport=httpx.MockTransport(lambda request: answers.pop(0)))
    assert visit.shown(pauses.append) == (200, "new")
    assert len(pauses) == 3
    visit.client = httpx.Client(transport=httpx.MockTransport(lambda request: old))
    assert visit.shown(pauses.append) == (200, "old")
    assert sum(pauses) < 60, "not for ever"


def test_an_address_that_leads_elsewhere_is_named() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(301, headers={"Location": "https://www.example.org/"})

    with (
        httpx.Client(transport=httpx.MockTransport(answer)) as client,
        pytest.raises(HostRefused, match=r"www\.example\.org"),
    ):
        reach(client, "http://example.org/")


def test_some_rules_of_a_built_site_are_tried(tmp_path: Path) -> None:
    (tmp_path / "_redirects").write_text("/a/ /b/ 301!\n/c/* /d 302\n/e/ /404.html 410!\n# no\n/f k=:k /g 301\n")
    assert rules(tmp_path) == (("/a/", "/b/", 301), ("/e/", "/404.html", 410))
    assert rules(tmp_path / "missing") == ()
