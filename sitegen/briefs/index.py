"""The index of a folder of briefs: which files there are, whose they are, and which names are in use."""

from __future__ import annotations

import contextlib
import errno
import sqlite3
import weakref
from collections.abc import Iterable, Iterator
from pathlib import Path

from sitegen import files

_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE briefs (path BLOB PRIMARY KEY, source BLOB) WITHOUT ROWID;
CREATE INDEX by_source ON briefs (source) WHERE source IS NOT NULL;
CREATE TABLE names (name BLOB PRIMARY KEY) WITHOUT ROWID;
"""
_PAGE = 500
"""Paths that are read at a time, so that the index may change meanwhile."""


class Index:
    """A database of its own that nobody else sees and that is gone with it: in memory, or for very many briefs in a
    temporary file, of which only the last used part is in memory.

    Raises ``StorageError`` when there is no room for that file. Used by one thread at a time.
    """

    def __init__(self, *, in_file: bool) -> None:
        with _guarded():
            # SQLite's name for a file without a name, which the system removes however the process ends.
            self._db = sqlite3.connect("" if in_file else ":memory:", isolation_level=None, check_same_thread=False)
            weakref.finalize(self, self._db.close)
            self._db.executescript(_SCHEMA)

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """What is put in inside the block is put in at once, which is quicker."""
        with _guarded():
            self._db.execute("BEGIN")
        try:
            yield
        finally:
            with _guarded():
                self._db.execute("COMMIT")

    def put(self, path: str, source: str | None = None) -> None:
        """Takes in a brief; without ``source`` only that it is there, and what was known of it stays."""
        with _guarded():
            self._db.execute(
                "INSERT INTO briefs VALUES (?, ?) ON CONFLICT (path) "
                "DO UPDATE SET source = coalesce(excluded.source, source)",
                (_bytes(path), None if source is None else _bytes(source)),
            )

    def take(self, *names: str) -> None:
        """Notes that slugs or names of files are in use."""
        with _guarded():
            self._db.executemany("INSERT OR IGNORE INTO names VALUES (?)", [(_bytes(name),) for name in names])

    def taken(self, name: str) -> bool:
        return self._one("SELECT 1 FROM names WHERE name = ?", name) is not None

    def __contains__(self, path: str) -> bool:
        return self._one("SELECT 1 FROM briefs WHERE path = ?", path) is not None

    def __len__(self) -> int:
        with _guarded():
            return int(self._db.execute("SELECT count(*) FROM briefs").fetchone()[0])

    def __iter__(self) -> Iterator[str]:
        """All paths, sorted."""
        last = b""
        while rows := self._rows("SELECT path FROM briefs WHERE path > ? ORDER BY path LIMIT ?", (last, _PAGE)):
            last = rows[-1][0]
            yield from (_text(path) for (path,) in rows)

    def path_of(self, source: str) -> str | None:
        """The file of a document's brief, the first one of several."""
        found = self._one("SELECT path FROM briefs WHERE source = ? ORDER BY path LIMIT 1", source)
        return None if found is None else _text(found)

    def sources(self) -> Iterator[str]:
        """All documents that have a brief, sorted."""
        last = b""
        question = "SELECT DISTINCT source FROM briefs WHERE source > ? ORDER BY source LIMIT ?"
        while rows := self._rows(question, (last, _PAGE)):
            last = rows[-1][0]
            yield from (_text(source) for (source,) in rows)

    def claimed_twice(self) -> list[tuple[str, str, str]]:
        """Documents that several briefs claim: the document, the brief that is not its own, and the one that is."""
        rows = self._rows(
            "SELECT source, path, first FROM briefs JOIN (SELECT source AS claimed, min(path) AS first FROM briefs "
            "WHERE source IS NOT NULL GROUP BY source HAVING count(*) > 1) ON source = claimed "
            "WHERE path <> first ORDER BY path",
            (),
        )
        return [(_text(source), _text(path), _text(first)) for source, path, first in rows]

    def _one(self, question: str, value: str) -> bytes | None:
        with _guarded():
            row = self._db.execute(question, (_bytes(value),)).fetchone()
        return None if row is None else row[0]

    def _rows(self, question: str, values: Iterable[object]) -> list[tuple[bytes, ...]]:
        with _guarded():
            return self._db.execute(question, tuple(values)).fetchall()


def _bytes(text: str) -> bytes:
    # Names of files may hold what is no UTF-8, as lone surrogates, which SQLite's texts cannot.
    return text.encode("utf-8", "surrogatepass")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogatepass")


@contextlib.contextmanager
def _guarded() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        full = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL
        reason = OSError(errno.ENOSPC if full else errno.EIO, f"the index of the briefs cannot be kept: {error}")
        raise files.storage_error(reason, Path("a temporary file")) from error
