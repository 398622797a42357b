"""Assets of the public site, fetched from it: the next build carries what its list vouches for, and nothing else."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from sitegen import files
from sitegen.cli import run
from sitegen.errors import EarlierBuildUnusable, HostUnreachable
from sitegen.publish.earlier import Fetched, fetch
from sitegen.serve.pages import hosted
from tests.publish.conftest import nothing


def fetched(url: str, folder: Path) -> Fetched:
    return asyncio.run(fetch(url, folder, nothing))


@pytest.fixture
def public(tmp_path: Path) -> Path:
    """What a host shows: two assets, a picture, and a part of a search index."""
    folder = tmp_path / "public"
    assets = {
        "assets/style.0123.css": b"a{}",
        "assets/ü script.js": b"1",
        "assets/images/photo.jpg": b"photo",
        "pagefind/fragment/en.pf_fragment": b"words",
    }
    for path, raw in assets.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(raw)
    (folder / "carried").mkdir()
    listed = {path: {"sha256": files.sha256(raw)} for path, raw in assets.items()}
    listed["assets/style.0123.css"]["since"] = "2026-11-20"
    (folder / "carried/assets.json").write_text(json.dumps({"version": 1, "assets": listed}))
    (folder / "index.html").write_text("home")
    return folder


def test_all_but_pictures_comes_with_a_list_of_just_that(public: Path, tmp_path: Path) -> None:
    with hosted(public) as url:
        found = fetched(url, tmp_path / "earlier")
    assert (found.files, found.left_out) == (3, [])
    listed = json.loads((tmp_path / "earlier/carried/assets.json").read_text())["assets"]
    assert [*listed] == ["assets/style.0123.css", "assets/ü script.js", "pagefind/fragment/en.pf_fragment"]
    assert listed["assets/style.0123.css"]["since"] == "2026-11-20"
    assert all(files.sha256((tmp_path / "earlier" / path).read_bytes()) == listed[path]["sha256"] for path in listed)


def test_what_is_lost_or_another_is_left_out_and_so_is_half_an_index(public: Path, tmp_path: Path) -> None:
    (public / "assets/ü script.js").write_bytes(b"something else")
    (public / "pagefind/fragment/en.pf_fragment").unlink()
    with hosted(public) as url:
        found = fetched(url, tmp_path / "earlier")
    assert found.left_out == ["assets/ü script.js", "pagefind/fragment/en.pf_fragment"]
    assert [*json.loads((tmp_path / "earlier/carried/assets.json").read_text())["assets"]] == ["assets/style.0123.css"]


def test_before_the_first_deploy_there_is_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "sitegen.toml").write_text("")
    with hosted(tmp_path / "empty") as url:
        assert run(["--site", str(tmp_path), "deploy", "fetch", str(tmp_path / "earlier"), "--url", url]) == 0
    assert capsys.readouterr().out == "0 files, 0.0 MB\n"
    assert not (tmp_path / "earlier").exists()


def test_a_list_that_leads_elsewhere_is_refused(public: Path, tmp_path: Path) -> None:
    bad = {"version": 1, "assets": {"assets/../../x": {"sha256": "0" * 64}}}
    (public / "carried/assets.json").write_text(json.dumps(bad))
    with hosted(public) as url, pytest.raises(EarlierBuildUnusable):
        fetched(url, tmp_path / "earlier")
    assert not (tmp_path / "earlier").exists()


def test_a_site_that_does_not_answer_is_told(tmp_path: Path) -> None:
    with pytest.raises(HostUnreachable):
        fetched("http://127.0.0.1:9/", tmp_path / "earlier")


def test_the_next_build_carries_what_was_fetched(public: Path, tmp_path: Path) -> None:
    (tmp_path / "new/content").mkdir(parents=True)
    (tmp_path / "new/sitegen.toml").write_text("")
    (tmp_path / "new/content/index.md").write_text("---\ntitle: Home\n---\nHello.\n")
    with hosted(public) as url:
        fetched(url, tmp_path / "earlier")
    words = ["--site", str(tmp_path / "new"), "--quiet", "build", "--carry-from", str(tmp_path / "earlier")]
    assert run([*words, "--carry-days", "365"]) == 0
    assert (tmp_path / "new/public/assets/ü script.js").read_bytes() == b"1"
