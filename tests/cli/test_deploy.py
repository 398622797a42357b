"""``sitegen deploy`` as a person, and as a workflow, runs it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sitegen.cli import run
from tests.servers.netlify import NetlifyServer


@pytest.fixture
def host() -> Iterator[NetlifyServer]:
    with NetlifyServer() as server:
        yield server


@pytest.fixture
def site(tmp_path: Path, host: NetlifyServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "sitegen.toml").write_text(f'[publish.netlify]\nsite = "{host.site}"\napi = "{host.api}"\n')
    (tmp_path / "public").mkdir()
    (tmp_path / "public/index.html").write_text("home")
    monkeypatch.setenv("SITEGEN_PUBLISH__NETLIFY__TOKEN", host.token)
    return tmp_path


def asked(capsys: pytest.CaptureFixture[str], site: Path, *words: str) -> Any:
    capsys.readouterr()
    assert run(["--site", str(site), "--json", "deploy", *words]) == 0
    return json.loads(capsys.readouterr().out)


def test_draft_promote_and_back_as_a_workflow_does_it(
    capsys: pytest.CaptureFixture[str], site: Path, host: NetlifyServer
) -> None:
    first = asked(capsys, site, "draft", "--message", "First")
    assert asked(capsys, site, "promote", first["id"])["previous"] == ""
    (site / "public/index.html").write_text("changed")
    second = asked(capsys, site, "draft")
    assert second["build"] != first["build"]
    assert asked(capsys, site, "promote", second["id"])["previous"] == first["id"]
    assert asked(capsys, site, "status")["current"]["id"] == second["id"]
    assert asked(capsys, site, "rollback")["current"]["id"] == first["id"]
    assert [one["current"] for one in asked(capsys, site, "list")] == [False, True]


def test_what_was_there_before_is_told_truly(
    capsys: pytest.CaptureFixture[str], site: Path, host: NetlifyServer
) -> None:
    for target in ("netlify", "folder"):
        words = ["--site", str(site), "deploy"]
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SITEGEN_PUBLISH__TARGET", target)
            patch.setenv("SITEGEN_PUBLISH__FOLDER__PATH", str(site / "www"))
            deploy = asked(capsys, site, "draft")["id"]
            for said in ("Nothing was shown before.", "It was shown already."):
                assert run([*words, "promote", deploy]) == 0
                assert said in capsys.readouterr().err


def test_an_address_to_fetch_from_must_be_one(site: Path) -> None:
    assert run(["--site", str(site), "deploy", "fetch", str(site / "earlier"), "--url", "nonsense"]) == 2


def test_what_somebody_else_shows_is_not_taken_back(
    capsys: pytest.CaptureFixture[str], site: Path, host: NetlifyServer
) -> None:
    first = asked(capsys, site, "draft")["id"]
    asked(capsys, site, "promote", first)
    (site / "public/index.html").write_text("changed")
    second = asked(capsys, site, "draft")["id"]
    assert run(["--site", str(site), "deploy", "rollback", first, "--from", second]) == 1
    assert f"the public sees {first}, not {second}" in capsys.readouterr().err
    asked(capsys, site, "promote", second)
    assert asked(capsys, site, "rollback", first, "--from", second)["current"]["id"] == first


@pytest.mark.parametrize("name", ["main", "PR-12", "a" * 38, "pr-", "a.b"])
def test_a_name_that_no_address_may_have_is_refused(site: Path, host: NetlifyServer, name: str) -> None:
    assert run(["--site", str(site), "deploy", "draft", "--alias", name]) == 2
    assert not host.requests


def test_a_folder_has_no_addresses(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITEGEN_PUBLISH__TARGET", "folder")
    assert run(["--site", str(site), "deploy", "draft", "--alias", "pr-12"]) == 2


def test_people_read_what_to_do_next(capsys: pytest.CaptureFixture[str], site: Path) -> None:
    assert run(["--site", str(site), "deploy", "draft"]) == 0
    told = capsys.readouterr()
    assert told.out == "d0001\n"
    assert "See it at https://d0001--example.netlify.app" in told.err
    assert run(["--site", str(site), "deploy", "promote", "d0001"]) == 0
    assert run(["--site", str(site), "deploy", "status"]) == 0
    assert "d0001" in capsys.readouterr().out
    assert run(["--site", str(site), "deploy", "list"]) == 0
    assert "→" in capsys.readouterr().out


def test_a_missing_token_is_told_before_anything_is_sent(
    capsys: pytest.CaptureFixture[str], site: Path, host: NetlifyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SITEGEN_PUBLISH__NETLIFY__TOKEN")
    assert run(["--site", str(site), "deploy", "draft"]) == 3
    assert "SITEGEN_PUBLISH__NETLIFY__TOKEN" in capsys.readouterr().err
    assert host.requests == []


def test_a_folder_is_a_host_as_well(capsys: pytest.CaptureFixture[str], site: Path) -> None:
    (site / "sitegen.toml").write_text('[publish]\ntarget = "folder"\n[publish.folder]\npath = "www"\n')
    made = asked(capsys, site, "draft")
    assert asked(capsys, site, "promote", made["id"])["current"]["current"] is True
    assert (site / "www/current/index.html").read_text() == "home"
