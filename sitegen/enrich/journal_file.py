"""The file of the journal: its tables, its formats, and what any reader of it needs."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from sitegen import files
from sitegen.errors import StateDamaged
from sitegen.sources.base import Cursor
from sitegen.sources.marks import Marks

FILE_NAME = "journal.sqlite"
RESTORING = "restore.unfinished"
"""Beside the journal while a backup is put back: what is there may be half of it."""
FORMAT = 4
State = Literal["pending", "running", "done", "empty", "failed", "dead"]
ASKED, NEW, RENEWAL = 0, 1, 2
"""Priorities: what an editor asked for, what is new or changed, what is only to be made better."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    ref TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'running', 'done', 'empty', 'failed', 'dead')),
    attempts INTEGER NOT NULL DEFAULT 0,
    next_try REAL NOT NULL DEFAULT 0,
    code TEXT NOT NULL DEFAULT '',
    reason TEXT NOT NULL DEFAULT '',
    fingerprint TEXT NOT NULL DEFAULT '',
    gone INTEGER NOT NULL DEFAULT 0,
    writing TEXT NOT NULL DEFAULT '',
    updated REAL NOT NULL,
    priority INTEGER NOT NULL DEFAULT 1,
    run TEXT NOT NULL DEFAULT '',
    lease REAL NOT NULL DEFAULT 0
) WITHOUT ROWID;
DROP INDEX IF EXISTS documents_by_state;
CREATE INDEX IF NOT EXISTS documents_waiting ON documents (priority, updated, ref)
    WHERE gone = 0 AND state IN ('pending', 'running', 'failed');
CREATE TABLE IF NOT EXISTS cursors (source TEXT PRIMARY KEY, cursor TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS marks (
    source TEXT, name TEXT, key TEXT, mark TEXT NOT NULL, PRIMARY KEY (source, name, key)
) WITHOUT ROWID;
"""


_FROM_2 = (
    "ALTER TABLE documents ADD COLUMN priority INTEGER NOT NULL DEFAULT 1",
    "ALTER TABLE documents ADD COLUMN run TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE documents ADD COLUMN lease REAL NOT NULL DEFAULT 0",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """What the journal knows of one document."""

    ref: str
    title: str
    state: State
    attempts: int
    next_try: float
    code: str
    reason: str
    fingerprint: str
    """Of the document's text and metadata as last seen; equal and ``done`` means there is nothing to do."""
    gone: bool
    """The source does not have it any more."""
    writing: str
    """The hash of a text that was about to be written, and perhaps was, when the process ended."""
    updated: float
    priority: int = NEW
    """``ASKED`` before ``NEW`` before ``RENEWAL``."""
    run: str = ""
    """The run that took the document up last."""
    lease: float = 0
    """While it is running: until when it is that run's own, unless the run gives another sign of life."""


_ERRNO = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_IOERR: errno.EIO,
    sqlite3.SQLITE_READONLY: errno.EACCES,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
    sqlite3.SQLITE_PERM: errno.EACCES,
}
"""What of SQLite's errors is the disk's, and no damage."""


def refuse_unfinished(state: Path) -> None:
    """Raises ``StateDamaged`` when a restore was cut short, so that journal and cache may not belong together."""
    if (state / RESTORING).exists():
        remedy = "Run `sitegen restore` once more, with a backup, or with --undo to go back to what was before."
        raise StateDamaged("a restore was cut short", place=str(state), remedy=remedy)


class JournalFile:
    """A SQLite file in WAL mode; every change is its own transaction. Used by one thread at a time."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self.clock = clock
        self.run = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        with self.guarded():
            path.parent.mkdir(parents=True, exist_ok=True)
            refuse_unfinished(path.parent)
            self._db = sqlite3.connect(path, isolation_level=None, timeout=10, check_same_thread=False)
            try:
                self._prepare()
            except BaseException:
                self._db.close()
                raise

    def _prepare(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version > FORMAT:
            raise StateDamaged(
                f"the journal was written by a newer sitegen (format {version})",
                place=str(self.path),
                remedy="Update sitegen.",
            )
        if version == 1:  # begun anew: the provenance records know what was done
            self._db.executescript("DROP TABLE IF EXISTS documents; DROP TABLE IF EXISTS cursors;")
        if version == FORMAT:
            return
        self._db.execute("BEGIN IMMEDIATE")  # two that open an old journal at once must not both bring it up to date
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        for statement in (*(_FROM_2 if version == 2 else ()), *_SCHEMA.split(";")):
            self._db.execute(statement)
        self._db.execute(f"PRAGMA user_version = {FORMAT}")
        self._db.execute("COMMIT")

    def copy(self) -> Self:
        """The same in a temporary file, for a run that only looks what it would do. The file stays as it is."""
        twin = object.__new__(type(self))
        twin.path, twin.clock, twin.run = self.path, self.clock, self.run
        with self.guarded():
            twin._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            self._db.backup(twin._db)
        return twin

    def entry(self, ref: str) -> Entry | None:
        with self.guarded():
            row = self._db.execute(f"{SELECT} WHERE ref = ?", (ref,)).fetchone()
        return None if row is None else entry_of(row)

    def entries(self, *states: State) -> list[Entry]:
        """All documents in these states (all for none), by ref."""
        where = f" WHERE state IN ({','.join('?' * len(states))})" if states else ""
        with self.guarded():
            rows = self._db.execute(f"{SELECT}{where} ORDER BY ref", states).fetchall()
        return [entry_of(row) for row in rows]

    def count(self, state: State) -> int:
        """How many documents are in a state."""
        with self.guarded():
            return int(self._db.execute("SELECT count(*) FROM documents WHERE state = ?", (state,)).fetchone()[0])

    def cursor(self, source: str) -> Cursor | None:
        """Where the last complete reading of a source ended."""
        with self.guarded():
            row = self._db.execute("SELECT cursor FROM cursors WHERE source = ?", (source,)).fetchone()
            names = self._db.execute("SELECT DISTINCT name FROM marks WHERE source = ?", (source,)).fetchall()
            if row is None:
                return None
            return {**json.loads(row[0]), **{name: self._marks(source, name) for (name,) in names}}

    def _marks(self, source: str, name: str) -> Marks:
        question = "SELECT key, mark FROM marks WHERE source = ? AND name = ? ORDER BY key"
        return Marks(self._db.execute(question, (source, name)), kept=True)

    def save_cursor(self, source: str, cursor: Cursor) -> None:
        """Kept only after every document before it is in the journal."""
        plain = {name: value for name, value in cursor.items() if not isinstance(value, Marks)}
        with self.together():
            self._db.execute("INSERT OR REPLACE INTO cursors VALUES (?, ?)", (source, json.dumps(plain)))
            for name, value in cursor.items():
                if isinstance(value, Marks):
                    self._keep(source, name, value)

    def _keep(self, source: str, name: str, marks: Marks) -> None:
        if not marks.kept:
            self._db.execute("DELETE FROM marks WHERE source = ? AND name = ?", (source, name))
        for key, mark in marks.fresh():
            if mark is None:
                self._db.execute("DELETE FROM marks WHERE source = ? AND name = ? AND key = ?", (source, name, key))
            else:
                self._db.execute("INSERT OR REPLACE INTO marks VALUES (?, ?, ?, ?)", (source, name, key, mark))

    def close(self) -> None:
        self._db.close()

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """What is changed inside the block is changed as one, or not at all; also quicker than one by one."""
        with self.guarded():
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                with contextlib.suppress(sqlite3.OperationalError):  # a full disk has rolled back already
                    self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    @contextlib.contextmanager
    def guarded(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            if (number := _ERRNO.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)) is not None:
                raise files.storage_error(OSError(number, str(error)), self.path) from error
            raise StateDamaged(f"the journal cannot be used: {error}", place=str(self.path)) from error
        except OSError as error:
            raise files.storage_error(error, self.path) from error


SELECT = (
    "SELECT ref, title, state, attempts, next_try, code, reason, fingerprint, gone, writing, updated, priority, run, "
    "lease FROM documents"
)


def entry_of(row: tuple[Any, ...]) -> Entry:
    values = list(row)
    values[8] = bool(values[8])
    return Entry(*values)
