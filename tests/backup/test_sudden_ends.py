"""``kill -9`` at any moment: a backup is whole or not there; a restore is done, or nothing has happened."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from sitegen.cli import run
from tests.backup.conftest import Site, documents
from tests.enrich.kills import Boundaries


def ended(words: list[str], site: Path, at: int | None) -> int:
    """A command in a process of its own that ends suddenly at a boundary; its exit code, or minus the signal."""
    child = os.fork()
    if child == 0:
        code = 99
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            Boundaries(at, "killed").install()
            code = run(["--site", str(site), "--quiet", *words])
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def each_end(words: list[str], site: Path, look: Callable[[], None], step: int) -> int:
    """Ends the command at one boundary after another until it gets through; returns how often."""
    for count, at in enumerate(range(1, 5000, step)):
        code = ended(words, site, at)
        assert code in (0, -signal.SIGKILL)
        if code == 0:
            return count
        look()
    raise AssertionError("it never ended")


STEPS = [pytest.param(11, id="some"), pytest.param(1, id="all", marks=pytest.mark.soak)]


@pytest.mark.parametrize("step", STEPS)
def test_a_backup_is_whole_or_not_there(pulled: Site, tmp_path: Path, step: int) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    file = folder / "kept.backup"
    before = pulled.briefs()

    def look() -> None:
        if file.exists():
            assert pulled.run("backup", "--check", str(file)) == 0
        assert pulled.briefs() == before

    ends = each_end(["backup", str(file)], pulled.root, look, step)
    assert ends > 10 // step
    assert [path.name for path in folder.iterdir()] == ["kept.backup"], "what killed ones left is gone"
    assert not (pulled.state / "backup").exists()
    assert pulled.run("backup", "--check", str(file)) == 0


@pytest.mark.parametrize("step", STEPS)
def test_an_earlier_backup_stays_until_the_new_one_is_whole(pulled: Site, tmp_path: Path, step: int) -> None:
    file = tmp_path / "kept.backup"
    assert pulled.run("backup", str(file)) == 0

    def look() -> None:
        assert pulled.run("backup", "--check", str(file)) == 0

    assert each_end(["backup", str(file)], pulled.root, look, step) > 10 // step


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("then", ["again", "undo"])
def test_a_restore_is_done_or_not_begun(pulled: Site, tmp_path: Path, then: str, step: int) -> None:
    """Wherever it ends: nobody works with half of it, and one more restore, or its undoing, puts it right."""
    file = tmp_path / "kept.backup"
    assert pulled.run("backup", str(file)) == 0
    documents(pulled.root, 7)
    assert pulled.run("pull") == 0
    assert refs(pulled) == 7
    halves = 0

    def look() -> None:
        nonlocal halves
        if (pulled.state / "restore.unfinished").exists():
            halves += 1
            assert pulled.run("pull") == 1, "a pull must not work with half of it"
            assert pulled.run("backup", str(tmp_path / "half.backup")) == 1, "nor a backup keep it"
            words = ["--undo"] if then == "undo" else [str(file)]
            assert pulled.run("restore", *words) == 0
            if then == "again":
                assert refs(pulled) == 5
                assert pulled.run("restore", "--undo") == 0
        if refs(pulled) == 5:  # it was through but for tidying up
            assert pulled.run("restore", "--undo") == 0
        assert refs(pulled) == 7
        assert (pulled.state / "cache/cache.db").exists()

    ends = each_end(["restore", str(file)], pulled.root, look, step)
    assert halves > 4 // step
    assert ends > halves
    assert refs(pulled) == 5
    assert pulled.run("pull") == 0
    assert refs(pulled) == 7


def refs(site: Site) -> int:
    database = sqlite3.connect(site.state / "journal.sqlite")
    (found,) = database.execute("SELECT count(*) FROM documents").fetchone()
    database.close()
    return int(found)
