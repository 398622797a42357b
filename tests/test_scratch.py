"""scratch: what a run remembers of very many things leaves nothing behind and does not fill the memory."""

from __future__ import annotations

import gc
import threading
from pathlib import Path

import pytest

from sitegen.errors import StorageError
from sitegen.scratch import Scratch

SCHEMA = "CREATE TABLE things (name TEXT PRIMARY KEY) WITHOUT ROWID"


def filled(count: int, *, in_file: bool = True) -> Scratch:
    scratch = Scratch(SCHEMA, "the list of things", in_file=in_file)
    scratch.do_many("INSERT INTO things VALUES (?)", ((f"{number:0100}",) for number in range(count)))
    return scratch


def opened() -> set[str]:
    """SQLite's temporary files that this process has open."""
    links = Path("/proc/self/fd").iterdir()
    return {name for link in links if link.is_symlink() and "etilqs" in (name := str(link.readlink()))}


@pytest.mark.parametrize("in_file", [True, False])
def test_what_was_put_in_is_found(in_file: bool) -> None:
    scratch = filled(1000, in_file=in_file)
    assert scratch.one("SELECT count(*) FROM things") == 1000
    assert scratch.one("SELECT name FROM things WHERE name = ?", f"{7:0100}") == f"{7:0100}"
    assert scratch.one("SELECT name FROM things WHERE name = ?", "x") is None


def test_nobody_else_sees_its_file_and_nothing_is_left_of_it() -> None:
    before = opened()
    scratch = filled(40_000)
    (ours,) = opened() - before
    assert ours.endswith("(deleted)"), "a crash leaves nothing"
    del scratch
    gc.collect()
    assert opened() <= before


def test_no_room_for_it_is_an_error_of_the_disk_that_says_what_for() -> None:
    scratch = filled(0)
    scratch.do("PRAGMA max_page_count = 10")
    with pytest.raises(StorageError, match="the list of things cannot be kept"):
        scratch.do_many("INSERT INTO things VALUES (?)", ((f"{number:0100}",) for number in range(10_000)))


def test_another_thread_may_go_on_with_it() -> None:
    scratch, found = filled(10), []
    thread = threading.Thread(target=lambda: found.append(scratch.one("SELECT count(*) FROM things")))
    thread.start()
    thread.join()
    assert found == [10]
