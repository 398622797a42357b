"""Editors move briefs by command: what it says, what it writes, and what it refuses."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sitegen.cli import run

TEXT = "The council closed the weir bridge to lorries on 3 March 2026. The inspectors found cracks in two bearings.\n"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "site"
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "none"))
    assert run(["init", str(folder), "--quiet"]) == 0
    for name in ("bridge", "weir"):
        (folder / "documents" / f"{name}.txt").write_text(f"Report on the {name}\n\n{TEXT}")
    assert run(["--site", str(folder), "--quiet", "pull"]) == 0
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    subprocess.run(["git", "-C", str(folder), "config", "user.name", "Zxqv Lovelace"], check=True)
    return folder


def sitegen(site: Path, *words: str) -> int:
    return run(["--site", str(site), *words])


def answer(site: Path, capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    capsys.readouterr()
    assert sitegen(site, "--json", *words) == 0
    return json.loads(capsys.readouterr().out)


def flags(site: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, list[str]]:
    return {line["title"]: line["flags"] for line in answer(site, capsys, "brief", "list")}


def test_from_a_draft_to_the_public_and_back(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sitegen(site, "brief", "publish", "report-on-the-bridge") == 1
    told = capsys.readouterr().err
    assert "SG452" in told
    assert "briefs/report-on-the-bridge.md:" in told
    assert sitegen(site, "brief", "approve", "report-on-the-bridge") == 0
    assert capsys.readouterr().out == "briefs/report-on-the-bridge.md  draft → review\n"
    assert sitegen(site, "brief", "publish", "report-on-the-bridge", "--at", "2026-01-02") == 0
    assert "publish_at: 2026-01-02\n" in (site / "briefs/report-on-the-bridge.md").read_text()
    assert sitegen(site, "--quiet", "build") == 0
    assert (site / "public/briefs/report-on-the-bridge/index.html").exists()
    assert not [path for path in (site / "public").rglob("*.*") if path.is_file() and b"Zxqv" in path.read_bytes()], (
        "editors stay at home"
    )
    assert sitegen(site, "brief", "withdraw", "report-on-the-bridge", "--notice", "Wrong bridge.") == 0
    assert sitegen(site, "--quiet", "build") == 0
    assert "Wrong bridge." in (site / "public/briefs/report-on-the-bridge/index.html").read_text()
    capsys.readouterr()
    assert sitegen(site, "brief", "show", "report-on-the-bridge") == 0
    shown = capsys.readouterr().out
    assert [word for word in ("approved", "published", "withdrawn") if f"  {word}" in shown and "Zxqv" in shown]


def test_all_of_a_kind_together_or_none(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sitegen(site, "brief", "approve", "*bridge") == 0
    assert sitegen(site, "brief", "publish", "--all") == 1
    assert all("status: published" not in path.read_text() for path in (site / "briefs").glob("*.md"))
    moved = answer(site, capsys, "brief", "publish", "--all", "--flag", "approved")
    assert moved == [
        {
            "path": "report-on-the-bridge.md",
            "source": "folder:bridge.txt",
            "before": "review",
            "after": "published",
            "changed": True,
            "brief": "briefs/report-on-the-bridge.md",
        }
    ]
    assert answer(site, capsys, "brief", "publish", "--all", "--tag", "nothing has it") == []


def test_what_is_not_to_be_done_is_not_done(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = [path.read_bytes() for path in sorted((site / "briefs").rglob("*.*")) if path.is_file()]
    assert sitegen(site, "brief", "publish", "--all", "--approve", "--dry-run") == 0
    assert "Nothing was changed." in capsys.readouterr().err
    assert sitegen(site, "brief", "publish") == 2
    assert sitegen(site, "brief", "publish", "weir", "--all") == 2
    assert sitegen(site, "brief", "approve", "nothing") == 1
    assert sitegen(site, "brief", "list", "--since", "yesterday") == 2
    assert [path.read_bytes() for path in sorted((site / "briefs").rglob("*.*")) if path.is_file()] == before


def test_the_list_tells_what_was_approved_and_what_was_changed_since(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sitegen(site, "brief", "publish", "--all", "--approve") == 0
    assert flags(site, capsys) == {"Report on the bridge": ["approved"], "Report on the weir": ["approved"]}
    path = site / "briefs/report-on-the-weir.md"
    path.write_text(path.read_text() + "\nMine.\n")
    assert flags(site, capsys)["Report on the weir"] == ["edited", "changed since approval"]
    listed = answer(site, capsys, "brief", "list", "--flag", "changed", "--status", "published", "--since", "1h")
    assert [line["title"] for line in listed] == ["Report on the weir"]
    assert answer(site, capsys, "brief", "list", "--since", "2999-01-01") == []
    assert sitegen(site, "brief", "publish", "report-on-the-bridge", "--at", "2999-01-01") == 0
    assert flags(site, capsys)["Report on the bridge"] == ["approved", "future"]


@pytest.mark.parametrize(("sign", "kept"), [("name", True), ("nothing", False)])
def test_an_editor_is_named_only_as_far_as_the_settings_say(site: Path, sign: str, kept: bool) -> None:
    (site / "sitegen.toml").write_text(
        (site / "sitegen.toml").read_text().replace("[briefs]", f'[briefs]\nsign = "{sign}"')
    )
    assert sitegen(site, "brief", "approve", "--all") == 0
    records = "".join(path.read_text() for path in (site / "briefs/.provenance").iterdir())
    assert ("Zxqv Lovelace" in records) is kept
    assert '"act":"approve"' in records.replace(" ", "").replace("\n", "")


def test_what_may_be_private_is_not_published_before_it_is_allowed(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = site / "briefs" / "report-on-the-bridge.md"
    path.write_text(f"{path.read_text()}\nCall +1 202-555-0173.\n")
    before = path.read_bytes()
    assert sitegen(site, "brief", "publish", "--approve", "report-on-the-bridge") == 1
    told = capsys.readouterr().err
    assert "SG610" in told
    assert "0173" not in told
    assert path.read_bytes() == before
    listed = answer(site, capsys, "brief", "list", "--flag", "private")
    assert [(line["brief"], line["flags"][-1]) for line in listed] == [
        ("briefs/report-on-the-bridge.md", "may be private")
    ]
    kept = answer(site, capsys, "brief", "approve", "--all", "--flag", "private", "--dry-run")
    assert [one["path"] for one in kept] == ["report-on-the-bridge.md"]
    (found,) = answer(site, capsys, "brief", "show", "report-on-the-bridge")["private"]
    assert (found["kind"], found["mask"], found["certain"], found["allowed"]) == ("phone", "***73", True, False)
    assert sitegen(site, "brief", "show", "report-on-the-bridge") == 0
    assert "keeps it from being published" in capsys.readouterr().out
    assert sitegen(site, "brief", "allow", "report-on-the-bridge", "phone-0000") == 1
    assert "SG446" in capsys.readouterr().err
    assert path.read_bytes() == before
    name = found["fingerprint"]
    assert answer(site, capsys, "brief", "allow", "report-on-the-bridge", name)["allowed"] == [name]
    assert sitegen(site, "brief", "publish", "--approve", "report-on-the-bridge") == 0
    assert sitegen(site, "--quiet", "build") == 0, "what is published so can be built"
    assert answer(site, capsys, "brief", "disallow", "report-on-the-bridge", name)["allowed"] == []
    assert path.read_bytes() == before.replace(b"status: draft", b"status: published")
    assert sitegen(site, "--quiet", "build") == 1


def test_the_last_decision_is_undone_by_command(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def everything() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in (site / "briefs").rglob("*") if path.is_file()}

    assert sitegen(site, "brief", "undo") == 1
    assert "SG447" in capsys.readouterr().err
    before = everything()
    assert sitegen(site, "brief", "publish", "--all", "--approve") == 0
    assert sitegen(site, "brief", "lock", "report-on-the-weir", "title") == 0
    assert [one["act"] for one in answer(site, capsys, "brief", "undo", "--list")] == ["lock", "publish"]
    assert sitegen(site, "brief", "publish", "--all", "--dry-run") == 0
    assert sitegen(site, "brief", "undo", "report-on-the-bridge") == 1, "the other one was locked since"
    assert "report-on-the-weir.md" in capsys.readouterr().err
    assert sitegen(site, "brief", "undo") == 0
    assert "Undone: lock briefs/report-on-the-weir.md." in capsys.readouterr().err
    assert sitegen(site, "brief", "undo", "report-on-the-bridge") == 0
    assert everything() == before
    assert answer(site, capsys, "brief", "undo", "--list") == []
