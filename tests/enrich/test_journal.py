"""journal: no document is lost, none is tried for ever, and a crash is seen."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from sitegen.enrich.journal import LEASE, NEW, RENEWAL, Journal
from sitegen.errors import StateDamaged
from sitegen.sources.marks import Marks


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


OPENED: list[Journal] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()


def open_journal(tmp_path: Path, clock: Clock | None = None) -> Journal:
    journal = Journal(tmp_path / "journal.sqlite", clock=clock or Clock())
    OPENED.append(journal)
    return journal


def state(journal: Journal, ref: str) -> tuple[str, int]:
    entry = journal.entry(ref)
    assert entry is not None
    return entry.state, entry.attempts


def test_a_document_goes_from_pending_over_running_to_done(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    journal.discover("a", "A", "f1")
    assert state(journal, "a") == ("pending", 0)
    assert journal.start("a")
    assert state(journal, "a") == ("running", 1)
    journal.finish("a", "done", "f1")
    assert state(journal, "a") == ("done", 0)
    assert journal.waiting() == []


def test_what_was_running_in_a_crash_has_failed_and_its_attempt_counts(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    journal.discover("a", "A", "f")
    journal.discover("b", "B", "f")
    for attempt in range(1, 4):
        journal.start("a")
        again = open_journal(tmp_path)
        assert again.recover(3) == 1
        assert state(again, "a") == ("dead" if attempt == 3 else "failed", attempt)
        assert [entry.ref for entry in again.waiting()] == (["b"] if attempt == 3 else ["b", "a"])


def test_a_document_that_fails_waits_longer_each_time_and_is_dead_in_the_end(tmp_path: Path) -> None:
    clock = Clock()
    journal = open_journal(tmp_path, clock)
    journal.discover("a", "A", "f")
    waits = []
    for attempt in range(1, 4):
        clock.now += 100_000
        journal.start("a")
        expected = "dead" if attempt == 3 else "failed"
        assert journal.fail("a", "SG305", "no JSON", attempts_allowed=3) == expected
        entry = journal.entry("a")
        assert entry is not None
        assert (entry.code, entry.reason) == ("SG305", "no JSON")
        waits.append(entry.next_try - clock.now)
    assert waits[0] < waits[1] < waits[2]
    assert journal.waiting() == []


def test_what_was_planned_by_a_clock_that_was_years_ahead_is_tried_soon(tmp_path: Path) -> None:
    clock = Clock()
    clock.now += 10 * 365 * 86_400
    journal = open_journal(tmp_path, clock)
    journal.discover("folder:a.txt", "A", "mark")
    journal.start("folder:a.txt")
    journal.fail("folder:a.txt", "SG305", "no", attempts_allowed=5)
    clock.now -= 10 * 365 * 86_400
    assert journal.left(due=True) == 0
    journal.recover(5)
    assert open_journal(tmp_path, clock).left(due=True) == 1


def test_a_try_before_it_is_due_does_not_count(tmp_path: Path) -> None:
    clock = Clock()
    journal = open_journal(tmp_path, clock)
    journal.discover("a", "A", "f")
    assert journal.start("a")
    journal.fail("a", "SG305", "x", attempts_allowed=2)
    for _ in range(5):
        assert not journal.start("a")
        assert journal.fail("a", "SG305", "x", attempts_allowed=2) == "failed"
    clock.now += 3600
    assert journal.start("a")
    assert journal.fail("a", "SG305", "x", attempts_allowed=2) == "dead"


def test_a_document_given_back_has_lost_no_attempt(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    journal.discover("a", "A", "f")
    journal.start("a")
    journal.release("a", counted=True)
    assert state(journal, "a") == ("pending", 0)
    journal.start("a")
    journal.excuse("a", "SG401", "mend it", counted=True)
    assert state(journal, "a") == ("failed", 0)


def test_a_changed_document_begins_anew(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    journal.discover("a", "A", "f")
    journal.start("a")
    journal.fail("a", "SG305", "x", attempts_allowed=1)
    assert state(journal, "a") == ("dead", 1)
    journal.discover("a", "B", "g")
    assert state(journal, "a") == ("pending", 0)


def test_documents_that_left_their_source_are_flagged_and_come_back(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    for ref in ("folder:a", "folder:b", "paperless:1"):
        journal.discover(ref, ref, "f")
        journal.finish(ref, "done", "f")
    journal.saw(["folder:a"])
    assert journal.mark_gone("folder:") == ["folder:b"]
    journal.saw(["folder:a"])
    assert journal.mark_gone("folder:") == []
    assert [entry.ref for entry in journal.entries() if entry.gone] == ["folder:b"]
    journal.saw(["folder:a", "folder:b"])
    journal.mark_gone("folder:")
    assert not any(entry.gone for entry in journal.entries())


def test_a_cursor_is_kept_by_source(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    assert journal.cursor("paperless") is None
    journal.save_cursor("paperless", {"modified": "2026-01-01T00:00:00Z", "ids": [1, 2]})
    assert open_journal(tmp_path).cursor("paperless") == {"modified": "2026-01-01T00:00:00Z", "ids": [1, 2]}


def test_the_marks_of_a_cursor_are_kept_row_by_row(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    journal.save_cursor("folder", {"documents": {"old.txt": "1"}, "format": 1})  # as it was once
    journal.save_cursor("folder", {"documents": Marks([("a.txt", "1"), ("b.txt", "2"), ("ü.txt", "3")]), "format": 2})
    cursor = open_journal(tmp_path).cursor("folder")
    assert cursor is not None
    marks = cursor["documents"]
    assert isinstance(marks, Marks)
    assert (dict(marks), cursor["format"]) == ({"a.txt": "1", "b.txt": "2", "ü.txt": "3"}, 2)
    marks.put("b.txt", "new")
    marks.put("a.txt", "1")
    marks.drop("ü.txt")
    assert open_journal(tmp_path).cursor("folder") != cursor, "nothing is kept before the reading has ended"
    assert list(marks.fresh()) == [("b.txt", "new"), ("ü.txt", None)]
    journal.save_cursor("folder", cursor)
    assert open_journal(tmp_path).cursor("folder") == {"documents": {"a.txt": "1", "b.txt": "new"}, "format": 2}
    journal.save_cursor("folder", {"documents": Marks([("c.txt", "4")])})
    assert journal.copy().cursor("folder") == {"documents": {"c.txt": "4"}}
    assert open_journal(tmp_path).cursor("other") is None
    journal.forget(["folder:c.txt"])
    assert journal.cursor("folder") is None
    journal.save_cursor("folder", {})
    assert journal.cursor("folder") == {}


def test_a_journal_of_format_3_keeps_where_the_reading_ended(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    journal.save_cursor("folder", {"documents": {"a.txt": "1"}})
    with sqlite3.connect(tmp_path / "journal.sqlite") as database:
        database.executescript("DROP TABLE marks; PRAGMA user_version = 3;")
    database.close()
    journal = open_journal(tmp_path)
    assert journal.cursor("folder") == {"documents": {"a.txt": "1"}}
    journal.save_cursor("folder", {"documents": Marks([("a.txt", "2")])})
    assert journal.cursor("folder") == {"documents": {"a.txt": "2"}}


@pytest.mark.parametrize("raw", [b"not a database at all" * 100, b"SQLite format 3\0" + b"\xff" * 2000])
def test_a_damaged_journal_is_a_clear_error(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "journal.sqlite").write_bytes(raw)
    with pytest.raises(StateDamaged, match=r"journal\.sqlite"):
        open_journal(tmp_path)


def test_a_journal_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    open_journal(tmp_path)
    with sqlite3.connect(tmp_path / "journal.sqlite") as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(StateDamaged, match="newer sitegen"):
        open_journal(tmp_path)


def test_a_journal_of_an_older_version_is_begun_anew(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "journal.sqlite") as database:
        database.executescript("CREATE TABLE documents (ref TEXT, old TEXT); PRAGMA user_version = 1;")
    database.close()
    journal = open_journal(tmp_path)
    journal.discover("a", "A", "f")
    assert state(journal, "a") == ("pending", 0)


OF_FORMAT_2 = """
CREATE TABLE documents (
    ref TEXT PRIMARY KEY, title TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'running', 'done', 'empty', 'failed', 'dead')),
    attempts INTEGER NOT NULL DEFAULT 0, next_try REAL NOT NULL DEFAULT 0, code TEXT NOT NULL DEFAULT '',
    reason TEXT NOT NULL DEFAULT '', fingerprint TEXT NOT NULL DEFAULT '', gone INTEGER NOT NULL DEFAULT 0,
    writing TEXT NOT NULL DEFAULT '', updated REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX documents_by_state ON documents (state, next_try);
CREATE TABLE cursors (source TEXT PRIMARY KEY, cursor TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO documents (ref, title, state, attempts, updated)
    VALUES ('a', 'A', 'failed', 2, 5), ('b', 'B', 'running', 1, 6);
PRAGMA user_version = 2;
"""


def test_a_journal_of_format_2_keeps_its_attempts(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "journal.sqlite") as database:
        database.executescript(OF_FORMAT_2)
    database.close()
    journal = open_journal(tmp_path)
    assert state(journal, "a") == ("failed", 2)
    assert journal.recover(3) == 1
    assert [entry.ref for entry in journal.take("")] == ["a", "b"]


def test_a_document_is_one_runs_own_while_its_lease_lasts(tmp_path: Path) -> None:
    clock = Clock()
    mine, other = open_journal(tmp_path, clock), open_journal(tmp_path, clock)
    mine.run, other.run = "here:1:a", "there:1:b"
    mine.discover("a", "A", "f")
    assert mine.start("a")
    assert other.start("a") is None
    assert other.take("") == []
    assert other.recover(3) == 0
    clock.now += LEASE - 1
    assert mine.beat() == 1
    clock.now += LEASE - 1
    assert other.recover(3) == 0
    clock.now += 2
    assert other.recover(3) == 1
    assert other.start("a")
    mine.finish("a", "done", "f")  # it was held up, and has lost the document
    assert state(other, "a")[0] == "running"


def test_what_a_dead_process_of_this_machine_left_is_taken_back_at_once(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    journal.discover("a", "A", "f")
    journal.start("a")
    assert open_journal(tmp_path).recover(3) == 1


def test_what_editors_ask_for_comes_first_and_what_failed_comes_last(tmp_path: Path) -> None:
    clock = Clock()
    journal = open_journal(tmp_path, clock)
    for ref in ("failed", "renewal", "new", "asked"):
        clock.now += 1
        journal.discover(ref, ref, "f", priority=RENEWAL if ref == "renewal" else NEW)
    journal.start("failed")
    journal.fail("failed", "SG305", "x", attempts_allowed=5)
    assert journal.ask(["asked", "nobody"]) == ["asked"]
    assert [entry.ref for entry in journal.waiting()] == ["asked", "new", "renewal", "failed"]
    again = open_journal(tmp_path, clock)
    assert [entry.ref for entry in again.take("", asked=True)] == ["asked"]
    assert [entry.ref for entry in again.take("", most=2)] == ["new", "renewal"]
    assert [entry.ref for entry in again.take("")] == ["failed"]
    assert again.take("") == []


def test_what_is_asked_for_begins_anew_and_what_is_forgotten_was_never_there(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    journal.discover("a", "A", "f")
    journal.start("a")
    journal.fail("a", "SG305", "x", attempts_allowed=1)
    journal.ask(["a"])
    assert state(journal, "a") == ("pending", 0)
    assert journal.forget(["a", "b"]) == ["a"]
    assert journal.entry("a") is None


def test_a_change_of_many_is_all_or_nothing(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)

    def change() -> None:
        with journal.together():
            journal.discover("a", "A", "f")
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        change()
    assert journal.entry("a") is None


def test_a_daemon_leaves_what_failed_until_it_is_due(tmp_path: Path) -> None:
    now = [1000.0]
    journal = Journal(tmp_path / "journal.sqlite", clock=lambda: now[0])
    journal.discover("folder:a", "A", "1")
    journal.start("folder:a")
    journal.fail("folder:a", "SG308", "no", attempts_allowed=5)
    journal.close()
    later = Journal(tmp_path / "journal.sqlite", clock=lambda: now[0])
    assert later.left("folder:", due=True) == 0
    assert later.take("folder:", due=True) == []
    now[0] += 1000
    assert later.left("folder:", due=True) == 1
    assert [entry.ref for entry in later.take("folder:", due=True)] == ["folder:a"]
    later.close()


def test_an_attempt_that_somebody_died_over_is_counted_before_the_next_until_there_were_too_many(
    tmp_path: Path,
) -> None:
    journal = Journal(tmp_path / "j.sqlite")
    journal.discover("folder:a", "A", "f")
    assert journal.start("folder:a") is True
    assert [journal.start_again("folder:a", 3) for _ in range(3)] == [True, True, False]
    entry = journal.entry("folder:a")
    assert entry is not None
    assert (entry.state, entry.attempts) == ("running", 3)
    journal.close()
