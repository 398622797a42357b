"""Any process may be killed at any instant: the next pull goes on, nothing is lost, nothing is half-written."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sitegen import files, scaffold
from sitegen.briefs import provenance
from sitegen.briefs.store import Store
from sitegen.cli import run

SITEGEN = (sys.executable, "-m", "sitegen")


def new_site(folder: Path) -> Path:
    """A site with ten small documents of the demo archive."""
    scaffold.create(folder, demo=True)
    documents = sorted((folder / "documents").glob("*-*"), key=lambda path: path.stat().st_size)
    for path in documents[10:]:
        path.unlink()
    (folder / "documents" / "metadata.jsonl").unlink()
    shutil.rmtree(folder / "briefs")
    return folder


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """A site whose pull nobody disturbed, and how long that took."""
    site = new_site(tmp_path_factory.mktemp("reference") / "site")
    started = time.monotonic()
    subprocess.run([*SITEGEN, "--site", site, "--quiet", "pull"], check=True)
    return site, time.monotonic() - started


def briefs(site: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in (site / "briefs").glob("*.md")}


def kill_while_pulling(site: Path, moments: list[float]) -> int:
    """Starts pulls and kills each after a while, whatever it is doing; returns how many were really killed."""
    killed = 0
    for moment in moments:
        process = subprocess.Popen([*SITEGEN, "--site", site, "--quiet", "pull"], stderr=subprocess.PIPE)
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            killed += 1
        assert process.stderr
        errors = process.stderr.read()
        process.stderr.close()
        process.wait()
        assert errors == b""
        for path in (site / "briefs").glob("*.md"):
            assert path.read_text().startswith("---\n")
    return killed


def survives(site: Path, reference: Path, moments: list[float]) -> int:
    killed = kill_while_pulling(site, moments)
    assert run(["--site", str(site), "--quiet", "pull"]) == 0
    assert briefs(site) == briefs(reference)
    store = Store.open(site / "briefs")
    assert not store.broken
    assert {record.source for record in provenance.read_all(site / "briefs")} == set(store.sources())
    assert not [entry for entry in files.scan(site / "briefs", hidden=True) if files.is_temporary(entry.path)]
    with sqlite3.connect(site / ".sitegen" / "journal.sqlite") as journal:
        states = dict(journal.execute("SELECT state, count(*) FROM documents GROUP BY state"))
    journal.close()
    assert states == {"done": len(store.briefs)}
    return killed


def test_a_pull_that_is_killed_again_and_again_loses_nothing(tmp_path: Path, reference: tuple[Path, float]) -> None:
    site, seconds = reference
    new_site(tmp_path / "site")
    moments = [share * seconds for share in (0.1, 0.25, 0.4, 0.6, 0.95)]
    assert survives(tmp_path / "site", site, moments) >= 1, "a busy machine may have been slower the first time"


def test_a_supervisor_can_stop_what_a_shell_started_in_the_background(tmp_path: Path) -> None:
    new_site(tmp_path / "site")
    command = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *SITEGEN, "--site", str(tmp_path / "site"), "pull", "-q"]
    process = subprocess.Popen(command)
    while not (tmp_path / "site" / ".sitegen" / "journal.sqlite").exists():
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 130


def test_an_interrupt_ends_politely_and_keeps_the_state(tmp_path: Path, reference: tuple[Path, float]) -> None:
    site, seconds = reference
    new_site(tmp_path / "site")
    for stop in (signal.SIGINT, signal.SIGTERM):
        process = subprocess.Popen([*SITEGEN, "--site", tmp_path / "site", "pull"], stderr=subprocess.PIPE, text=True)
        while not (tmp_path / "site" / ".sitegen" / "journal.sqlite").exists():
            time.sleep(0.02)
        time.sleep(0.3 * seconds)
        process.send_signal(stop)
        _, errors = process.communicate(timeout=20)
        if process.returncode == 0:
            continue  # it was quicker than we were
        assert process.returncode == 130
        assert errors.endswith("Interrupted. What was done is kept; the same command goes on from there.\n")
        assert "Traceback" not in errors
    assert survives(tmp_path / "site", site, []) == 0
