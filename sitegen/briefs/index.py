"""The index of a folder of briefs: which files there are, whose they are, and which names are in use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager

from sitegen.scratch import Scratch

_SCHEMA = """
CREATE TABLE briefs (path BLOB PRIMARY KEY, source BLOB) WITHOUT ROWID;
CREATE INDEX by_source ON briefs (source) WHERE source IS NOT NULL;
CREATE TABLE names (name BLOB PRIMARY KEY) WITHOUT ROWID;
"""
_PAGE = 500
"""Paths that are read at a time, so that the index may change meanwhile."""


class Index:
    """In memory, or for very many briefs in a temporary file. Raises ``StorageError`` when there is no room for it."""

    def __init__(self, *, in_file: bool) -> None:
        self._kept = Scratch(_SCHEMA, "the index of the briefs", in_file=in_file)

    def together(self) -> AbstractContextManager[None]:
        """What is put in inside the block is put in at once, which is quicker."""
        return self._kept.together()

    def put(self, path: str, source: str | None = None) -> None:
        """Takes in a brief; without ``source`` only that it is there, and what was known of it stays."""
        self._kept.do(
            "INSERT INTO briefs VALUES (?, ?) ON CONFLICT (path) "
            "DO UPDATE SET source = coalesce(excluded.source, source)",
            _bytes(path),
            None if source is None else _bytes(source),
        )

    def take(self, *names: str) -> None:
        """Notes that slugs or names of files are in use."""
        for name in names:
            self._kept.do("INSERT OR IGNORE INTO names VALUES (?)", _bytes(name))

    def taken(self, name: str) -> bool:
        return self._kept.one("SELECT 1 FROM names WHERE name = ?", _bytes(name)) is not None

    def __contains__(self, path: str) -> bool:
        return self._kept.one("SELECT 1 FROM briefs WHERE path = ?", _bytes(path)) is not None

    def __len__(self) -> int:
        return int(self._kept.one("SELECT count(*) FROM briefs"))

    def __iter__(self) -> Iterator[str]:
        """All paths, sorted."""
        return self._in_turn("SELECT path FROM briefs WHERE path > ? ORDER BY path LIMIT ?")

    def path_of(self, source: str) -> str | None:
        """The file of a document's brief, the first one of several."""
        question = "SELECT path FROM briefs WHERE source = ? ORDER BY path LIMIT 1"
        found: bytes | None = self._kept.one(question, _bytes(source))
        return None if found is None else _text(found)

    def sources(self) -> Iterator[str]:
        """All documents that have a brief, sorted."""
        return self._in_turn("SELECT DISTINCT source FROM briefs WHERE source > ? ORDER BY source LIMIT ?")

    def claimed_twice(self) -> list[tuple[str, str, str]]:
        """Documents that several briefs claim: the document, the brief that is not its own, and the one that is."""
        rows = self._kept.rows(
            "SELECT source, path, first FROM briefs JOIN (SELECT source AS claimed, min(path) AS first FROM briefs "
            "WHERE source IS NOT NULL GROUP BY source HAVING count(*) > 1) ON source = claimed "
            "WHERE path <> first ORDER BY path"
        )
        return [(_text(source), _text(path), _text(first)) for source, path, first in rows]

    def _in_turn(self, question: str) -> Iterator[str]:
        last = b""
        while rows := self._kept.rows(question, last, _PAGE):
            last = rows[-1][0]
            yield from (_text(found) for (found,) in rows)


def _bytes(text: str) -> bytes:
    # Names of files may hold what is no UTF-8, as lone surrogates, which SQLite's texts cannot.
    return text.encode("utf-8", "surrogatepass")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogatepass")
