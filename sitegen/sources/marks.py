"""Marks: what a source remembers of each of its documents between pulls, on disk, since there may be very many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager

from sitegen.scratch import Scratch

_SCHEMA = "CREATE TABLE marks (key TEXT PRIMARY KEY, mark TEXT, fresh INTEGER NOT NULL) WITHOUT ROWID"
_PAGE = 500
"""Rows that are read at a time, so that the marks may change meanwhile."""


class Marks(Mapping[str, str]):
    """A value of a cursor that is read and kept row by row. Used by one thread at a time.

    ``kept`` says that the rows come from where cursors are kept; then only what is ``fresh`` has to be kept again.
    Raises ``StorageError`` when there is no room for the temporary file.
    """

    def __init__(self, rows: Iterable[tuple[str, str]] = (), *, kept: bool = False) -> None:
        self.kept = kept
        self._scratch = Scratch(_SCHEMA, "what is known of the documents")
        fresh = int(not kept)
        self._scratch.do_many("INSERT INTO marks VALUES (?, ?, ?)", ((key, mark, fresh) for key, mark in rows))

    def together(self) -> AbstractContextManager[None]:
        """What is changed inside the block is changed at once, which is quicker."""
        return self._scratch.together()

    def put(self, key: str, mark: str) -> None:
        self._put(key, mark)

    def drop(self, key: str) -> None:
        """Forgets a document."""
        self._put(key, None)

    def _put(self, key: str, mark: str | None) -> None:
        self._scratch.do(
            "INSERT INTO marks VALUES (?, ?, 1) ON CONFLICT (key) DO UPDATE SET mark = excluded.mark, fresh = 1 "
            "WHERE mark IS NOT excluded.mark",
            key, mark,
        )  # fmt: skip

    def fresh(self) -> Iterator[tuple[str, str | None]]:
        """What was put in, or dropped (None), since it was kept."""
        return self._in_turn("fresh = 1")

    def __getitem__(self, key: str) -> str:
        mark: str | None = self._scratch.one("SELECT mark FROM marks WHERE key = ?", key)
        if mark is None:
            raise KeyError(key)
        return mark

    def __iter__(self) -> Iterator[str]:
        return (key for key, _ in self._in_turn("mark IS NOT NULL"))

    def __len__(self) -> int:
        return int(self._scratch.one("SELECT count(*) FROM marks WHERE mark IS NOT NULL"))

    def _in_turn(self, which: str) -> Iterator[tuple[str, str | None]]:
        last = ""
        question = f"SELECT key, mark FROM marks WHERE key > ? AND {which} ORDER BY key LIMIT {_PAGE}"  # noqa: S608  # ours
        while rows := self._scratch.rows(question, last):
            last = rows[-1][0]
            yield from rows
