"""brief diff, accept, reject, lock and restore: what editors type, and what they read."""

from __future__ import annotations

import json
import os
import pty
import struct
import subprocess
import sys
import termios
from fcntl import ioctl
from pathlib import Path
from typing import Any

import pytest

from sitegen.cli import run

OLD = "The council closed the weir bridge to lorries on 3 March 2026. The inspectors found cracks in two bearings.\n"
NEW = OLD.replace("3 March", "5 March")


@pytest.fixture
def site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A site with one brief that its editor changed, and whose document says another date now."""
    folder = tmp_path / "site"
    assert run(["init", str(folder), "--quiet"]) == 0
    document = folder / "documents" / "a.txt"
    document.write_text(f"Report on the bridge\n\n{OLD}")
    assert sitegen(folder, "pull", "-q") == 0
    path = folder / "briefs" / "report-on-the-bridge.md"
    path.write_text(path.read_text().replace("summary: The council closed", "summary: The town has closed"))
    document.write_text(f"Report on the bridge\n\n{NEW}")
    assert sitegen(folder, "pull", "--json") == 0
    assert out_of(capsys)["counts"] == {"proposed": 1}
    return folder


def sitegen(folder: Path, *words: str) -> int:
    return run(["--site", str(folder), *words])


def out_of(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def brief(site: Path) -> str:
    return (site / "briefs" / "report-on-the-bridge.md").read_text()


def test_diff_shows_what_was_edited_and_what_is_proposed(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sitegen(site, "brief", "diff", "report-on-the-bridge") == 0
    assert capsys.readouterr().out == (
        "briefs/report-on-the-bridge.md, made from folder:a.txt\n\n"
        "Changed by hand since it was generated:\n\n"
        "  summary\n"
        "  - The council closed the weir bridge to lorries on 3 March 2026.\n"
        "  + The town has closed the weir bridge to lorries on 3 March 2026.\n\n"
        f"Proposed by extractive lexrank on {today(site)}:\n\n"
        "  --field summary (you changed this, too)\n"
        "  - The town has closed the weir bridge to lorries on 3 March 2026.\n"
        "  + The council closed the weir bridge to lorries on 5 March 2026.\n"
    )
    assert "| 5 March 2026 |" in brief(site)


def today(site: Path) -> str:
    (record,) = (site / "briefs" / ".provenance").iterdir()
    return str(json.loads(record.read_text())["proposal"]["made"]["at"])[:10]


def test_accept_and_reject_take_names_and_say_what_is_left(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = brief(site)
    assert sitegen(site, "brief", "accept", "folder:a.txt") == 2
    assert "--field NAME, --hunk N, or --all" in capsys.readouterr().err
    assert sitegen(site, "brief", "accept", "folder:a.txt", "--field", "titel", "--json") == 1
    assert out_of(capsys)["errors"][0]["code"] == "SG443"
    assert brief(site) == before
    assert sitegen(site, "brief", "accept", "folder:a.txt", "--field", "summary") == 0
    assert "accepted summary. Nothing is left." in capsys.readouterr().err
    assert brief(site) == before.replace("The town has closed", "The council closed").replace("3 March", "5 March")


def test_a_proposal_is_edited_before_it_is_taken_over(
    site: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def edited_by(script: str) -> None:
        editor = tmp_path / "editor"
        editor.write_text(f"#!/bin/sh\n{script}\n")
        editor.chmod(0o755)
        monkeypatch.setenv("VISUAL", str(editor))

    words = ("brief", "accept", "folder:a.txt", "--field", "summary", "--edit")
    before = brief(site)
    edited_by("exit 0")
    assert sitegen(site, *words) == 0
    assert "nothing was taken over" in capsys.readouterr().err
    assert sitegen(site, *words, "--hunk", "1") == 2
    assert sitegen(site, "brief", "accept", "folder:a.txt", "--hunk", "7", "--edit") == 1
    path = site / "briefs" / "report-on-the-bridge.md"
    edited_by(f'echo "My own words." > "$1"; echo "More." >> {path}; touch -d "1 hour" "$1"')
    capsys.readouterr()
    assert sitegen(site, *words) == 1
    told = capsys.readouterr()
    assert "SG442" in told.err
    assert "My own words." in told.out, "they are not lost"
    path.write_text(before)
    edited_by('sed -i "s/The council closed/The council has closed/" "$1"; touch -d "1 hour" "$1"')
    assert sitegen(site, *words) == 0
    assert "accepted summary. Nothing is left." in capsys.readouterr().err
    assert "The council has closed the weir bridge to lorries on 5 March 2026." in brief(site)


def test_rejecting_leaves_the_file_and_ends_the_matter(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = brief(site)
    assert sitegen(site, "brief", "reject", "report-on-the-bridge", "--json") == 0
    assert out_of(capsys)["rejected"] == {"fields": ["summary"], "hunks": []}
    assert brief(site) == before
    assert sitegen(site, "brief", "list", "--flag", "proposal", "--json") == 0
    assert out_of(capsys) == []


def test_locked_fields_are_neither_merged_nor_proposed(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sitegen(site, "brief", "lock", "report-on-the-bridge", "summary", "--json") == 0
    assert out_of(capsys)["locked"] == ["summary"]
    assert sitegen(site, "brief", "diff", "report-on-the-bridge", "--json") == 0
    assert out_of(capsys)["proposal"] is None
    assert sitegen(site, "brief", "unlock", "report-on-the-bridge", "summary") == 0
    assert sitegen(site, "build", "-q", "--strict") == 0


def test_a_deleted_brief_is_listed_and_comes_back(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "briefs" / "report-on-the-bridge.md").unlink()
    assert sitegen(site, "brief", "list", "--json") == 0
    assert out_of(capsys) == []
    assert sitegen(site, "brief", "list", "--status", "deleted", "--json") == 0
    assert [line["source"] for line in out_of(capsys)] == ["folder:a.txt"]
    assert sitegen(site, "brief", "restore", "folder:a.txt") == 0
    assert "5 March" in brief(site)
    assert sitegen(site, "brief", "restore", "folder:a.txt", "--json") == 1
    assert out_of(capsys)["errors"][-1]["code"] == "SG445"


@pytest.mark.parametrize(("columns", "abreast"), [(140, True), (80, False)])
def test_on_a_wide_terminal_the_two_stand_side_by_side_in_colours(site: Path, columns: int, abreast: bool) -> None:
    leader, follower = pty.openpty()
    ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    words = [sys.executable, "-m", "sitegen", "--site", str(site), "brief", "diff", "report-on-the-bridge"]
    environment = {**os.environ, "TERM": "xterm", "NO_COLOR": ""}
    subprocess.run(words, stdout=follower, stderr=subprocess.DEVNULL, check=True, env=environment)
    shown = os.read(leader, 100_000).decode()
    os.close(leader)
    os.close(follower)
    line = next(line for line in shown.split("\r\n") if "The town has closed" in line and "31m" in line)
    assert ("The council closed" in line) is abreast
    assert "\x1b[31m" in line
    assert "\x1b[32m" in shown
