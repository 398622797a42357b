"""A scratch database: what a run must remember of very many things, and nobody needs after it."""

from __future__ import annotations

import contextlib
import errno
import sqlite3
import weakref
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sitegen import files


class Scratch:
    """A SQLite database that nobody else sees and that is gone with its object, however the process ends.

    In memory, or ``in_file``: then all but the 2 MB used last lie in a temporary file without a name, so that memory
    does not grow with what is kept. ``for_what`` is for the error. Raises ``StorageError`` when there is no room. May
    be used by several threads, by one at a time.
    """

    def __init__(self, schema: str, for_what: str, *, in_file: bool = True) -> None:
        self._for_what = for_what
        with self._guarded():
            # The empty name is SQLite's for such a file; it is removed as soon as it is open.
            self._db = sqlite3.connect("" if in_file else ":memory:", isolation_level=None, check_same_thread=False)
            weakref.finalize(self, self._db.close)
            self._db.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {schema}")

    def do(self, statement: str, *values: object) -> None:
        with self._guarded():
            self._db.execute(statement, values)

    def do_many(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        with self.together(), self._guarded():
            self._db.executemany(statement, rows)

    def rows(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        with self._guarded():
            return self._db.execute(question, values).fetchall()

    def one(self, question: str, *values: object) -> Any:
        """The first value of the first row; None when there is none."""
        with self._guarded():
            row = self._db.execute(question, values).fetchone()
        return None if row is None else row[0]

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """What is put in inside the block is put in at once, which is quicker. Nothing is taken back."""
        if self._db.in_transaction:
            yield
            return
        self.do("BEGIN")
        try:
            yield
        finally:
            self.do("COMMIT")

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            full = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL
            reason = f"{self._for_what} cannot be kept: {error}"
            raised = OSError(errno.ENOSPC if full else errno.EIO, reason)
            raise files.storage_error(raised, Path("a temporary file")) from error
