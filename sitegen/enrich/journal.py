"""The journal: the durable state of every document's enrichment. It survives ``kill -9`` at any instant."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from typing import Literal

from sitegen.enrich.journal_file import (
    ASKED,
    FILE_NAME,
    FORMAT,
    NEW,
    RENEWAL,
    SELECT,
    Entry,
    JournalFile,
    State,
    entry_of,
)
from sitegen.errors import DocumentDeadly

__all__ = ("ASKED", "FILE_NAME", "FORMAT", "NEW", "RENEWAL", "Entry", "Journal", "State")

BACK_OFF_START, BACK_OFF_LIMIT = 300.0, 6 * 3600.0
LEASE = 120.0
"""Seconds for which a document is a run's own after each sign of life; renewed four times as often."""

_WAITING = "gone = 0 AND state IN ('pending', 'running', 'failed')"
_ORDER = "priority <> 0, state = 'failed', priority, updated, ref"
_OURS = "run IN ('', ?)"
"""A run that was held up for so long that another one took the document over must not have the last word."""


class Journal(JournalFile):
    """The states of all documents, and every way from one to another.

    Each journal that is opened is a run of its own: what it takes up is marked with
    ``run``, so that no document comes twice in one run, and what it works on is its own while its lease lasts.
    """

    def recover(self, attempts_allowed: int) -> int:
        """Takes back what a run that has ended left running: it failed once more, and is dead when that was too often.

        A run of this machine has ended, since the caller holds the lock of the site; one of another machine has when
        its lease is over. Failed documents wait behind new ones, so that one which kills the process starves nobody.
        What would wait for longer than any failure does was planned by a clock that went wrong, and waits no more.
        Returns how many there were.
        """
        reason = "the process ended while it worked on this document"
        host, now = self.run.partition(":")[0], self.clock()
        with self.guarded():
            self._db.execute(
                "UPDATE documents SET next_try = ? WHERE state = 'failed' AND next_try > ?",
                (now, now + 2 * BACK_OFF_LIMIT),
            )
            return self._db.execute(
                "UPDATE documents SET state = CASE WHEN attempts >= ? THEN 'dead' ELSE 'failed' END, code = ?, "
                "reason = ? WHERE state = 'running' AND run <> ? AND (lease <= ? OR substr(run, 1, ?) = ?)",
                (
                    attempts_allowed, DocumentDeadly.code, reason, self.run, self.clock(), len(host) + 1, f"{host}:",
                ),
            ).rowcount  # fmt: skip

    def beat(self) -> int:
        """A sign of life: the documents that this run works on stay its own. Returns how many they are."""
        with self.guarded():
            return self._db.execute(
                "UPDATE documents SET lease = ? WHERE state = 'running' AND run = ?", (self.clock() + LEASE, self.run)
            ).rowcount

    def waiting(self) -> list[Entry]:
        """Documents that were not finished: asked for, new, to be renewed; those that failed behind all others."""
        with self.guarded():
            rows = self._db.execute(f"{SELECT} WHERE {_WAITING} ORDER BY {_ORDER}").fetchall()
        return [entry_of(row) for row in rows]

    def left(self, prefix: str = "", *, due: bool = False) -> int:
        """How many documents of a source wait that this run has not taken up; ``due`` leaves out those that failed and
        should not be tried yet."""
        with self.guarded():
            (count,) = self._db.execute(
                f"SELECT count(*) FROM documents WHERE {_WAITING} AND run <> ? AND substr(ref, 1, ?) = ? "
                "AND (state <> 'failed' OR next_try <= ?)",
                (self.run, len(prefix), prefix, self._time(due)),
            ).fetchone()
        return int(count)

    def next_try(self) -> float | None:
        """When the next document that failed is to be tried again; None when none waits for its time."""
        with self.guarded():
            (found,) = self._db.execute(
                "SELECT min(next_try) FROM documents WHERE gone = 0 AND state = 'failed' AND next_try > ?",
                (self.clock(),),
            ).fetchone()
        return None if found is None else float(found)

    def take(self, prefix: str, *, most: int = 100, asked: bool = False, due: bool = False) -> list[Entry]:
        """Takes up documents of a source that wait, the first ones first; nothing comes twice in one run.

        ``asked`` leaves out what no editor asked for, ``due`` those that failed and should not be tried yet.
        """
        with self.guarded():
            rows = self._db.execute(
                f"{SELECT} WHERE {_WAITING} AND run <> ? AND substr(ref, 1, ?) = ? AND priority <= ? "
                f"AND NOT (state = 'running' AND lease > ?) AND (state <> 'failed' OR next_try <= ?) "
                f"ORDER BY {_ORDER} LIMIT ?",
                (self.run, len(prefix), prefix, ASKED if asked else RENEWAL, self.clock(), self._time(due), most),
            ).fetchall()
            self.take_up(row[0] for row in rows)
        return [entry_of(row) for row in rows]

    def _time(self, due: bool) -> float:
        """The time until which what failed must be due; the end of all times when that does not matter."""
        return self.clock() if due else math.inf

    def take_up(self, refs: Iterable[str]) -> None:
        """Notes that this run has these documents in its hands."""
        with self.together():
            self._db.executemany("UPDATE documents SET run = ? WHERE ref = ?", [(self.run, ref) for ref in refs])

    def taken(self, entry: Entry) -> bool:
        """Whether this run has had the document in its hands."""
        return entry.run == self.run

    def refs(self, state: State, prefix: str, after: str = "", most: int = 500) -> list[str]:
        """Documents of a source in a state whose source still has them, by ref, some at a time."""
        with self.guarded():
            rows = self._db.execute(
                "SELECT ref FROM documents WHERE ref > ? AND substr(ref, 1, ?) = ? AND state = ? AND gone = 0 "
                "ORDER BY ref LIMIT ?",
                (after, len(prefix), prefix, state, most),
            ).fetchall()
        return [row[0] for row in rows]

    def discover(self, ref: str, title: str, fingerprint: str, *, priority: int = NEW) -> None:
        """Takes up a document that there is work to do for: it is new, changed, or to be done again."""
        with self.guarded():
            self._db.execute(
                "INSERT INTO documents (ref, title, fingerprint, state, updated, priority, run) "
                "VALUES (?, ?, ?, 'pending', ?, ?, ?) "
                "ON CONFLICT (ref) DO UPDATE SET title = excluded.title, fingerprint = excluded.fingerprint, "
                "state = 'pending', attempts = 0, next_try = 0, code = '', reason = '', gone = 0, "
                "updated = excluded.updated, priority = min(priority, excluded.priority), run = excluded.run",
                (ref, title, fingerprint, self.clock(), priority, self.run),
            )

    def start(self, ref: str) -> bool | None:
        """Counts the attempt before it is made, so that a document that kills the process is counted too.

        An attempt made before the next one is due is free: whoever pulls every minute must not bury what failed.
        Returns whether it counts; None, and nothing is done, when another run is at work on the document.
        """
        with self.guarded():
            now = self.clock()
            row = self._db.execute(
                "UPDATE documents SET state = 'running', attempts = attempts + (next_try <= ?), updated = ?, run = ?, "
                "lease = ? WHERE ref = ? AND (state <> 'running' OR run = ? OR lease <= ?) RETURNING next_try",
                (now, now, self.run, now + LEASE, ref, self.run, now),
            ).fetchone()
        return None if row is None else bool(row[0] <= now)

    def start_again(self, ref: str, attempts_allowed: int) -> bool:
        """Counts one more attempt of this run, since whoever made the last one has died over it; not when there were
        too many already. Returns whether it may be made."""
        with self.guarded():
            now = self.clock()
            return bool(
                self._db.execute(
                    "UPDATE documents SET state = 'running', attempts = attempts + 1, updated = ?, lease = ? "
                    "WHERE ref = ? AND run = ? AND attempts < ?",
                    (now, now + LEASE, ref, self.run, attempts_allowed),
                ).rowcount
            )

    def intend(self, ref: str, sha: str) -> None:
        """Notes the hash of the text that is about to be written."""
        with self.guarded():
            self._db.execute("UPDATE documents SET writing = ? WHERE ref = ?", (sha, ref))

    def release(self, ref: str, *, counted: bool) -> None:
        """Gives a document back untried: the run was interrupted, or the engine as a whole is down."""
        with self.guarded():
            self._db.execute(
                f"UPDATE documents SET state = 'pending', attempts = attempts - ? WHERE ref = ? AND {_OURS}",
                (int(counted), ref, self.run),
            )

    def put_down(self) -> None:
        """Gives all documents back untried, whoever works on them: for a copy, which nobody works on."""
        with self.guarded():
            self._db.execute(
                "UPDATE documents SET state = 'pending', attempts = max(attempts - 1, 0), run = '', lease = 0 "
                "WHERE state = 'running'"
            )

    def stand_in(self, ref: str, code: str, reason: str, *, counted: bool) -> None:
        """The document has something for now, and waits to be made properly when its engine can be reached."""
        with self.guarded():
            self._db.execute(
                "UPDATE documents SET state = 'pending', attempts = attempts - ?, code = ?, reason = ?, writing = '', "
                f"priority = ?, updated = ? WHERE ref = ? AND {_OURS}",
                (int(counted), code, reason[:1000], RENEWAL, self.clock(), ref, self.run),
            )

    def hand_back(self) -> int:
        """The engine can be reached again: what had to do without it in this run may be taken up once more. Returns how
        many documents that are."""
        with self.guarded():
            return self._db.execute(
                f"UPDATE documents SET run = '' WHERE {_WAITING} AND state = 'pending' AND run = ? AND priority = ? "
                "AND code <> ''",
                (self.run, RENEWAL),
            ).rowcount

    def finish(self, ref: str, state: Literal["done", "empty"], fingerprint: str) -> None:
        """The document is enriched, or has nothing to enrich."""
        with self.guarded():
            self._db.execute(
                "UPDATE documents SET state = ?, fingerprint = ?, attempts = 0, next_try = 0, code = '', reason = '', "
                f"gone = 0, writing = '', priority = ?, updated = ? WHERE ref = ? AND {_OURS}",
                (state, fingerprint, NEW, self.clock(), ref, self.run),
            )

    def fail(self, ref: str, code: str, reason: str, *, attempts_allowed: int) -> State:
        """Plans the next try with exponential back-off and jitter, or gives up; returns the state it is in now."""
        with self.guarded():
            now = self.clock()
            attempts, due = self._db.execute(
                "SELECT attempts, next_try FROM documents WHERE ref = ?", (ref,)
            ).fetchone()
            state: State = "dead" if attempts >= attempts_allowed else "failed"
            wait = min(BACK_OFF_START * 2 ** max(attempts - 1, 0), BACK_OFF_LIMIT) * random.uniform(0.8, 1.2)  # noqa: S311
            next_try = now + wait if due <= now else due
            self._db.execute(
                "UPDATE documents SET state = ?, next_try = ?, code = ?, reason = ?, priority = max(priority, ?), "
                f"updated = ? WHERE ref = ? AND {_OURS}",
                (state, next_try, code, reason[:1000], NEW, now, ref, self.run),
            )
        return state

    def excuse(self, ref: str, code: str, reason: str, *, counted: bool) -> None:
        """The document waits for somebody to mend what is not its own fault; its attempt does not count."""
        with self.guarded():
            self._db.execute(
                "UPDATE documents SET state = 'failed', attempts = attempts - ?, code = ?, reason = ?, "
                f"priority = max(priority, ?), updated = ? WHERE ref = ? AND {_OURS}",
                (int(counted), code, reason[:1000], NEW, self.clock(), ref, self.run),
            )

    # ------------------------------------------------------------------------------------------ what editors ask for

    def ask(self, refs: Iterable[str]) -> list[str]:
        """An editor wants these tried again, before all others, as if they had never failed. Returns those known."""
        with self.together():
            return [
                ref
                for ref in refs
                if self._db.execute(
                    "UPDATE documents SET state = CASE state WHEN 'running' THEN 'running' ELSE 'pending' END, "
                    "attempts = 0, next_try = 0, code = '', reason = '', priority = ?, updated = ?, "
                    "run = CASE state WHEN 'running' THEN run ELSE '' END WHERE ref = ?",
                    (ASKED, self.clock(), ref),
                ).rowcount
            ]

    def forget(self, refs: Iterable[str]) -> list[str]:
        """Removes all that is known of these documents, and where the reading of their sources ended, so that they are
        listed again. Returns those that were known.
        """
        refs = list(refs)
        with self.together():
            kinds = {ref.partition(":")[0] for ref in refs}
            for table in ("cursors", "marks"):
                self._db.executemany(f"DELETE FROM {table} WHERE source = ?", [(kind,) for kind in kinds])
            return [ref for ref in refs if self._db.execute("DELETE FROM documents WHERE ref = ?", (ref,)).rowcount]

    # ------------------------------------------------------------------------------------------------- whole sources

    def saw(self, refs: Iterable[str]) -> None:
        """Notes that a source has these documents, for ``mark_gone``; on disk, since there may be very many."""
        with self.together():
            self._db.execute("CREATE TEMP TABLE IF NOT EXISTS seen (ref TEXT PRIMARY KEY) WITHOUT ROWID")
            self._db.executemany("INSERT OR IGNORE INTO seen VALUES (?)", ((ref,) for ref in refs))

    def gone(self, prefix: str) -> list[str]:
        """The documents of a source that it does not have any more."""
        question = "SELECT ref FROM documents WHERE gone = 1 AND substr(ref, 1, ?) = ? ORDER BY ref"
        return [ref for (ref,) in self._db.execute(question, (len(prefix), prefix)).fetchall()]

    def mark_gone(self, prefix: str) -> list[str]:
        """Flags documents of a source that it was not ``saw`` to have, unflags those that came back, and forgets what
        was seen. Returns the newly lost.
        """
        ours, missing = "substr(ref, 1, ?) = ?", "ref NOT IN (SELECT ref FROM seen)"
        self.saw(())
        with self.together():
            lost = self._db.execute(
                f"UPDATE documents SET gone = 1 WHERE gone = 0 AND {ours} AND {missing} RETURNING ref",
                (len(prefix), prefix),
            ).fetchall()
            self._db.execute(
                f"UPDATE documents SET gone = 0 WHERE gone = 1 AND {ours} AND NOT {missing}", (len(prefix), prefix)
            )
            self._db.execute("DELETE FROM seen")
        return sorted(ref for (ref,) in lost)
