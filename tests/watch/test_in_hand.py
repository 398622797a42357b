"""While something is in hand: what else goes on, how it is put down, and when it is taken up again."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.ollama import OllamaServer
from tests.watch.daemons import PATIENCE, TEXT, Watched, new_site

LONGEST_END = 10.0
"""Seconds that SIGTERM may take."""


@pytest.fixture
def ollama() -> Iterator[OllamaServer]:
    with OllamaServer(model="qwen3:8b") as server:
        yield server


@pytest.fixture
def site(tmp_path: Path, ollama: OllamaServer) -> Path:
    """Asks its source once an hour, and its engine for each document."""
    settings = f'[watch]\nevery = 3600\n[engine.ollama]\nendpoints = ["{ollama.url}"]\n'
    root = new_site(tmp_path / "site", settings)
    text = (root / "sitegen.toml").read_text().replace('kind = "extractive"', 'kind = "ollama"')
    (root / "sitegen.toml").write_text(text)
    (root / "documents/minutes.txt").write_text(TEXT)
    return root


@contextlib.contextmanager
def watching(site: Path, *words: str) -> Iterator[Watched]:
    watched = Watched(site, *words)
    try:
        yield watched
    finally:
        watched.end()


def states(site: Path) -> dict[str, tuple[str, int]]:
    """Ref → state and attempts."""
    with contextlib.closing(sqlite3.connect(site / ".sitegen/journal.sqlite")) as journal:
        rows = journal.execute("SELECT ref, state, attempts FROM documents").fetchall()
    return {ref: (state, attempts) for ref, state, attempts in rows}


def ends(watched: Watched) -> float:
    """Seconds from SIGTERM to the end."""
    began = time.monotonic()
    watched.process.send_signal(signal.SIGTERM)
    assert watched.process.wait(PATIENCE) == 0
    return time.monotonic() - began


def hangs(watched: Watched, ollama: OllamaServer) -> None:
    """Until the engine has a question that it does not answer."""
    until = time.monotonic() + PATIENCE
    while not ollama.load.running:
        assert time.monotonic() < until, watched.lines
        time.sleep(0.02)


def test_it_ends_in_time_with_an_engine_that_hangs_and_the_document_is_untried(
    site: Path, ollama: OllamaServer
) -> None:
    ollama.delay = 300
    with watching(site, "--no-build") as watched:
        hangs(watched, ollama)
        assert ends(watched) < LONGEST_END
    assert states(site) == {"folder:minutes.txt": ("pending", 0)}
    ollama.delay = 0
    with watching(site, "--no-build") as watched:
        watched.until("pull", said="1 created")


def test_a_page_is_built_while_a_pull_goes_on(site: Path, ollama: OllamaServer) -> None:
    ollama.delay = 300
    with watching(site) as watched:
        hangs(watched, ollama)
        watched.until("build")
        (site / "content/new.md").write_text("---\ntitle: New\n---\n")
        watched.until("build", why="files")
        assert (site / "public/new/index.html").exists()


def test_what_failed_is_tried_again_when_it_is_due_and_not_at_the_next_hour(site: Path, ollama: OllamaServer) -> None:
    with watching(site, "--no-build") as watched:
        watched.until("pull")
        assert ends(watched) < LONGEST_END
    for seconds in (5, 20, 60):  # where a daemon starts more slowly than that, its first pull tries it again
        shutil.rmtree(site / "briefs")
        with contextlib.closing(sqlite3.connect(site / ".sitegen/journal.sqlite")) as journal, journal:
            due = time.time() + seconds
            journal.execute("UPDATE documents SET state = 'failed', attempts = 1, next_try = ?", (due,))
        with watching(site, "--no-build") as watched:
            assert watched.until("document")["result"] == "created"
            if "retry" in watched.until("pull")["why"]:
                return
    pytest.fail("it was never tried again when it was due")


@pytest.fixture
def remote(site: Path, tmp_path: Path) -> Path:
    """The site is a repository, and this is where it is pushed to."""
    found = tmp_path / "remote"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(found)], check=True)
    for words in (["init", "-q", "-b", "main"], ["remote", "add", "origin", str(found)],
                  ["config", "user.name", "E"], ["config", "user.email", "e@example.org"], ["add", "."],
                  ["commit", "-qm", "Start"], ["push", "-q", "-u", "origin", "main"]):  # fmt: skip
        subprocess.run(["git", "-C", str(site), *words], check=True)
    return found


def test_what_was_built_is_published_and_counts_for_the_day(site: Path, remote: Path) -> None:
    with watching(site, "--publish") as watched:
        assert watched.until("publish")["level"] == "info"
        assert watched.numbers()["sitegen_last_success_timestamp_seconds", "publish"]
    shown = subprocess.run(["git", "-C", str(remote), "ls-tree", "-r", "--name-only", "main", "briefs/"],
                           check=True, capture_output=True, text=True)  # fmt: skip
    assert shown.stdout.count(".md\n") == 1
    assert len(json.loads((site / ".sitegen/published.json").read_text())) == 1


def lives(pid: int) -> bool:
    """Whether a process runs; one that has ended may wait for its last parent to take note."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_a_push_that_hangs_ends_with_the_daemon(site: Path, remote: Path, tmp_path: Path) -> None:
    hook = site / ".git/hooks/pre-push"
    hook.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/hook.pid\nexec sleep 300\n")
    hook.chmod(0o755)
    with watching(site, "--publish") as watched:
        until = time.monotonic() + PATIENCE
        while not (pid := tmp_path / "hook.pid").exists() or not pid.read_text().strip():
            assert time.monotonic() < until, watched.lines
            time.sleep(0.05)
        assert ends(watched) < LONGEST_END
    until = time.monotonic() + PATIENCE
    while lives(int(pid.read_text())):
        assert time.monotonic() < until, "what the push had started goes on"
        time.sleep(0.05)
