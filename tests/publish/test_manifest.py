"""The manifest: what is deployed, named by what it holds, and refused where a host would fail."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from sitegen.errors import DeployRefused, PathEscapes
from sitegen.publish import manifest
from sitegen.publish.manifest import Manifest
from tests.publish.conftest import edited


def test_the_same_files_are_the_same_build_and_others_are_not(built: Path) -> None:
    first = Manifest.of(built)
    assert first.build == Manifest.of(built).build
    (built / "build.json").write_text("left over")
    assert Manifest.of(built).build == first.build, "what an earlier deploy added is no part of it"
    assert edited(built, "new").build != first.build


def test_all_files_travel_and_one_that_names_the_build(built: Path) -> None:
    found = Manifest.of(built)
    assert found.all.keys() == {
        "index.html", "about/index.html", "same.html", "ü b.txt", ".well-known/security.txt", "_headers", "build.json",
    }  # fmt: skip
    assert json.loads(found.read("build.json")) == {"build": found.build, "files": 6}
    assert found.all["index.html"] == found.all["same.html"] == hashlib.sha1(b"home").hexdigest()
    assert [*found.problems()] == []


def test_a_folder_without_a_site_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeployRefused, match="no built site"):
        Manifest.of(tmp_path)


def test_a_link_that_leads_out_of_the_site_is_refused(built: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("key")
    (built / "note.txt").symlink_to(tmp_path / "secret")
    with pytest.raises(PathEscapes):
        Manifest.of(built)


def test_all_that_a_host_would_refuse_is_told_at_once(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (built / "a#b.html").write_text("x")
    (built / "a?b.html").write_text("x")
    (built / "many").mkdir()
    monkeypatch.setattr(manifest, "MOST_IN_FOLDER", 3)
    monkeypatch.setattr(manifest, "MOST_REDIRECTS", 2)
    monkeypatch.setattr(manifest, "LARGEST", 3)
    for number in range(4):
        (built / f"many/{number}").write_text("x")
    (built / "_redirects").write_text("/a /b\n" * 3)
    places = [str(problem.place) for problem in Manifest.of(built).problems()]
    assert {"a#b.html", "a?b.html", "many", "/", "_redirects", "index.html"} <= {*places}
