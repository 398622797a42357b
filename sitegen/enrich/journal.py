"""The journal: the durable state of every document's enrichment. It survives ``kill -9`` at any instant."""

from __future__ import annotations

import contextlib
import json
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from sitegen import files
from sitegen.errors import DocumentDeadly, StateDamaged
from sitegen.sources.base import Cursor

FILE_NAME = "journal.sqlite"
FORMAT = 2
State = Literal["pending", "running", "done", "empty", "failed", "dead"]
BACK_OFF_START, BACK_OFF_LIMIT = 300.0, 6 * 3600.0

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
    updated REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS documents_by_state ON documents (state, next_try);
CREATE TABLE IF NOT EXISTS cursors (source TEXT PRIMARY KEY, cursor TEXT NOT NULL) WITHOUT ROWID;
"""


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


class Journal:
    """A SQLite file in WAL mode; every change is its own transaction."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self.clock = clock
        with self._guarded():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None, timeout=10)
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
        if 0 < version < FORMAT:  # begun anew: the provenance records know what was done
            self._db.executescript("DROP TABLE IF EXISTS documents; DROP TABLE IF EXISTS cursors;")
        self._db.executescript(_SCHEMA)
        self._db.execute(f"PRAGMA user_version = {FORMAT}")

    def recover(self, attempts_allowed: int) -> int:
        """After a crash: what was running has failed once more, and is dead when that was too often.

        Failed documents wait behind new ones, so that one which kills the process starves nobody. Returns how many
        there were.
        """
        reason = "the process ended while it worked on this document"
        with self._guarded():
            return self._db.execute(
                "UPDATE documents SET state = CASE WHEN attempts >= ? THEN 'dead' ELSE 'failed' END, code = ?, "
                "reason = ? WHERE state = 'running'",
                (attempts_allowed, DocumentDeadly.code, reason),
            ).rowcount

    def entry(self, ref: str) -> Entry | None:
        with self._guarded():
            row = self._db.execute(f"{_SELECT} WHERE ref = ?", (ref,)).fetchone()
        return None if row is None else _entry(row)

    def entries(self, *states: State) -> list[Entry]:
        """All documents in these states (all for none), by ref."""
        where = f" WHERE state IN ({','.join('?' * len(states))})" if states else ""
        with self._guarded():
            rows = self._db.execute(f"{_SELECT}{where} ORDER BY ref", states).fetchall()
        return [_entry(row) for row in rows]

    def waiting(self) -> list[Entry]:
        """Documents that were not finished, new ones before those that failed."""
        where = " WHERE gone = 0 AND state IN ('pending', 'running', 'failed') ORDER BY state = 'failed', updated, ref"
        with self._guarded():
            rows = self._db.execute(f"{_SELECT}{where}").fetchall()
        return [_entry(row) for row in rows]

    def discover(self, ref: str, title: str, fingerprint: str) -> None:
        """Notes that there is work to do for a document: it is new, changed, or to be done again."""
        with self._guarded():
            self._db.execute(
                "INSERT INTO documents (ref, title, fingerprint, state, updated) VALUES (?, ?, ?, 'pending', ?) "
                "ON CONFLICT (ref) DO UPDATE SET title = excluded.title, fingerprint = excluded.fingerprint, "
                "state = 'pending', attempts = 0, next_try = 0, code = '', reason = '', gone = 0, "
                "updated = excluded.updated",
                (ref, title, fingerprint, self.clock()),
            )

    def start(self, ref: str) -> bool:
        """Counts the attempt before it is made, so that a document that kills the process is counted too.

        An attempt made before the next one is due is free: whoever pulls every minute must not bury what failed.
        Returns whether it counts.
        """
        with self._guarded():
            now = self.clock()
            row = self._db.execute(
                "UPDATE documents SET state = 'running', attempts = attempts + (next_try <= ?), updated = ? "
                "WHERE ref = ? RETURNING next_try",
                (now, now, ref),
            ).fetchone()
        return bool(row[0] <= now)

    def intend(self, ref: str, sha: str) -> None:
        """Notes the hash of the text that is about to be written."""
        with self._guarded():
            self._db.execute("UPDATE documents SET writing = ? WHERE ref = ?", (sha, ref))

    def release(self, ref: str, *, counted: bool) -> None:
        """Gives a document back untried: the run was interrupted, or the engine as a whole is down."""
        with self._guarded():
            self._db.execute(
                "UPDATE documents SET state = 'pending', attempts = attempts - ? WHERE ref = ?", (int(counted), ref)
            )

    def finish(self, ref: str, state: Literal["done", "empty"], fingerprint: str) -> None:
        """The document is enriched, or has nothing to enrich."""
        with self._guarded():
            self._db.execute(
                "UPDATE documents SET state = ?, fingerprint = ?, attempts = 0, next_try = 0, code = '', reason = '', "
                "gone = 0, writing = '', updated = ? WHERE ref = ?",
                (state, fingerprint, self.clock(), ref),
            )

    def fail(self, ref: str, code: str, reason: str, *, attempts_allowed: int) -> State:
        """Plans the next try with exponential back-off and jitter, or gives up; returns the state it is in now."""
        with self._guarded():
            now = self.clock()
            attempts, due = self._db.execute(
                "SELECT attempts, next_try FROM documents WHERE ref = ?", (ref,)
            ).fetchone()
            state: State = "dead" if attempts >= attempts_allowed else "failed"
            wait = min(BACK_OFF_START * 2 ** max(attempts - 1, 0), BACK_OFF_LIMIT) * random.uniform(0.8, 1.2)  # noqa: S311
            next_try = now + wait if due <= now else due
            self._db.execute(
                "UPDATE documents SET state = ?, next_try = ?, code = ?, reason = ?, updated = ? WHERE ref = ?",
                (state, next_try, code, reason[:1000], now, ref),
            )
        return state

    def excuse(self, ref: str, code: str, reason: str, *, counted: bool) -> None:
        """The document waits for somebody to mend what is not its own fault; its attempt does not count."""
        with self._guarded():
            self._db.execute(
                "UPDATE documents SET state = 'failed', attempts = attempts - ?, code = ?, reason = ?, updated = ? "
                "WHERE ref = ?",
                (int(counted), code, reason[:1000], self.clock(), ref),
            )

    def mark_gone(self, present: frozenset[str], prefix: str) -> list[str]:
        """Flags documents that their source no longer has, unflags those that came back; returns the newly lost."""
        with self._guarded():
            known = self._db.execute(
                "SELECT ref, gone FROM documents WHERE substr(ref, 1, ?) = ?", (len(prefix), prefix)
            ).fetchall()
            lost = [ref for ref, gone in known if not gone and ref not in present]
            back = [ref for ref, gone in known if gone and ref in present]
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany("UPDATE documents SET gone = 1 WHERE ref = ?", [(ref,) for ref in lost])
            self._db.executemany("UPDATE documents SET gone = 0 WHERE ref = ?", [(ref,) for ref in back])
            self._db.execute("COMMIT")
        return sorted(lost)

    def cursor(self, source: str) -> Cursor | None:
        """Where the last complete reading of a source ended."""
        with self._guarded():
            row = self._db.execute("SELECT cursor FROM cursors WHERE source = ?", (source,)).fetchone()
        return None if row is None else cast(Cursor, json.loads(row[0]))

    def save_cursor(self, source: str, cursor: Cursor) -> None:
        """Kept only after every document before it is in the journal."""
        with self._guarded():
            self._db.execute("INSERT OR REPLACE INTO cursors VALUES (?, ?)", (source, json.dumps(dict(cursor))))

    def close(self) -> None:
        self._db.close()

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            if "full" in str(error):
                raise files.storage_error(OSError(28, "no space left on device"), self.path) from error
            raise StateDamaged(f"the journal cannot be used: {error}", place=str(self.path)) from error
        except OSError as error:
            raise files.storage_error(error, self.path) from error


_SELECT = (
    "SELECT ref, title, state, attempts, next_try, code, reason, fingerprint, gone, writing, updated FROM documents"
)


def _entry(row: tuple[object, ...]) -> Entry:
    values = list(row)
    values[8] = bool(values[8])
    return Entry(*values)  # type: ignore[arg-type]  # the columns are in the order of the fields
