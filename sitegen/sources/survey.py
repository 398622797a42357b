"""The survey of a folder: which files and lines of ``metadata.jsonl`` make up its documents.

It lies in a temporary file, since there may be very many.
"""

from __future__ import annotations

import datetime as dt
import os
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sitegen import files
from sitegen.errors import PathEscapes, Place, SourceFolderMissing, SourceMetadataInvalid, StorageError, raise_all
from sitegen.scratch import Scratch
from sitegen.sources import metadata, plain_text
from sitegen.sources.metadata import Metadata

SUFFIXES = frozenset({".txt", ".md", ".markdown", ".pdf"})
_ENDINGS = tuple(SUFFIXES)
DESCRIPTIONS = frozenset({"readme", "readme.md", "readme.txt", "readme.markdown"})
"""Files at the root that are about the folder and not documents of it."""
UNUSED = 10
"""So many unused lines of metadata are told."""
_PAGE = 200

_SCHEMA = """
CREATE TABLE files (path TEXT PRIMARY KEY, name BLOB, size INTEGER, mtime_ns INTEGER) WITHOUT ROWID;
CREATE TABLE described (path TEXT PRIMARY KEY, number INTEGER, text_path TEXT, line TEXT, digest TEXT) WITHOUT ROWID;
CREATE TABLE texts (path TEXT PRIMARY KEY, number INTEGER) WITHOUT ROWID;
CREATE TABLE chosen (path TEXT PRIMARY KEY) WITHOUT ROWID;
"""
_DOCUMENTS = """
FROM files f LEFT JOIN described d ON d.path = f.path LEFT JOIN files t ON t.path = d.text_path
WHERE (d.path IS NOT NULL OR f.path NOT IN (SELECT path FROM texts))
"""
_ITEM = f"SELECT f.*, t.*, d.line, d.digest {_DOCUMENTS}"
_CLAIMED = (
    "SELECT coalesce(d.number, x.number) FROM files f LEFT JOIN described d ON d.path = f.path "
    "LEFT JOIN texts x ON x.path = f.path WHERE f.path = ?"
)
"""The line that has named a file already; no row when there is no such file."""
_NEWER = (
    "INSERT INTO files VALUES (?, ?, ?, ?) ON CONFLICT (path) DO UPDATE SET name = excluded.name, "
    "size = excluded.size, mtime_ns = excluded.mtime_ns WHERE excluded.name > name"
)
"""Of two names that look the same, the same one is taken each time."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of a folder."""

    path: str
    """Below the folder, in NFC: part of the ref."""
    name: str
    """As the file system has it."""
    size: int
    mtime_ns: int

    @property
    def modified(self) -> dt.date:
        return dt.datetime.fromtimestamp(self.mtime_ns / 1e9, dt.UTC).date()


@dataclass(frozen=True)
class Item:
    """One document that there is: its files and its line of metadata."""

    files: tuple[File, ...]
    line: str | None
    digest: str
    """Changes with what the line says."""

    @property
    def path(self) -> str:
        return self.files[0].path

    @property
    def text_file(self) -> File:
        return self.files[-1]

    @cached_property
    def metadata(self) -> Metadata | None:
        return None if self.line is None else metadata.entry(self.line)

    def mark(self, checksums: Sequence[str]) -> str:
        """What the cursor remembers: sizes and times of the files, the line of metadata, and what the files held. One
        short text, since there may be very many."""
        stats = " ".join(f"{file.size}:{file.mtime_ns}" for file in self.files)
        return f"{stats}|{self.digest}|{' '.join(checksums)}"

    def untouched(self, mark: str) -> bool:
        """Whether its files and its line of metadata are as they were at the time of a mark."""
        return mark.startswith(self.mark(()))

    def same(self, mark: str, checksums: Sequence[str]) -> bool:
        """Whether nothing else than the times of its files changed since a mark."""
        return mark.partition("|")[2] == self.mark(checksums).partition("|")[2]


class Survey:
    """The documents of a folder as it is now. Hidden files, a README at the root, other kinds of file, and links that
    lead out of the folder are left out. Used by one thread at a time.

    Raises ``SourceFolderMissing``, and ``SourceMetadataInvalid`` for every wrong line of the metadata.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept = Scratch(_SCHEMA, "the list of files")
        self.unused: dict[int, str] = {}
        """The first lines of metadata about files that are not there, and their names."""
        self.unused_count = 0
        self._find()
        with self._kept.together():
            self._describe()

    @cached_property
    def count(self) -> int:
        """How many documents there are."""
        return int(self._kept.one(f"SELECT count(*) {_DOCUMENTS}"))

    @cached_property
    def described(self) -> int:
        """How many of them have a line of metadata."""
        return int(self._kept.one("SELECT count(*) FROM described"))

    def items(self) -> Iterator[Item]:
        """All documents, by path."""
        return self._in_turn("")

    def choose(self, path: str) -> None:
        """Notes a document as one of ``chosen``."""
        self._kept.do("INSERT OR IGNORE INTO chosen VALUES (?)", path)

    def chosen(self) -> Iterator[Item]:
        """By path."""
        return self._in_turn("AND f.path IN (SELECT path FROM chosen)")

    def chosen_count(self) -> int:
        return int(self._kept.one("SELECT count(*) FROM chosen"))

    def __contains__(self, path: str) -> bool:
        return self.item(path) is not None

    def together(self) -> AbstractContextManager[None]:
        """What is chosen inside the block is noted at once, which is quicker."""
        return self._kept.together()

    def paths(self) -> Iterator[str]:
        """Of all documents, sorted."""
        last = ""
        while rows := self._kept.rows(f"SELECT f.path {_DOCUMENTS} AND f.path > ? ORDER BY f.path LIMIT 1000", last):
            last = rows[-1][0]
            yield from (path for (path,) in rows)

    def item(self, path: str) -> Item | None:
        """One document."""
        rows = self._kept.rows(f"{_ITEM} AND f.path = ?", path)
        return _item_of(rows[0]) if rows else None

    def _in_turn(self, which: str) -> Iterator[Item]:
        last = ""
        while rows := self._kept.rows(f"{_ITEM} {which} AND f.path > ? ORDER BY f.path LIMIT {_PAGE}", last):
            last = rows[-1][0]
            yield from map(_item_of, rows)

    # ------------------------------------------------------------------------------------------------- taking it in

    def _find(self) -> None:
        if not self._folder.is_dir():
            raise SourceFolderMissing("the folder of documents does not exist", place=str(self._folder))
        self._kept.do_many(_NEWER, self._found())

    def _found(self) -> Iterator[tuple[str, bytes, int, int]]:
        try:
            for entry in files.entries(self._folder):
                name = entry.path.lower()
                if name.endswith(_ENDINGS) and name not in DESCRIPTIONS and not self._leads_out(entry.path):
                    yield _shown(entry.path), os.fsencode(entry.path), entry.size, entry.mtime_ns
        except StorageError as error:
            raise SourceFolderMissing(f"the folder cannot be listed: {error.message}", place=error.place) from error

    def _leads_out(self, name: str) -> bool:
        if not os.path.islink(f"{self._folder}/{name}"):  # noqa: PTH114  # pathlib costs more than the call
            return False
        try:
            files.confined(self._folder, name)
        except (PathEscapes, OSError, RuntimeError):
            return True
        return False

    def _describe(self) -> None:
        file = self._folder / metadata.NAME
        problems: list[SourceMetadataInvalid] = []
        try:
            for number, line in enumerate(plain_text.lines(file), 1):
                try:
                    self._take(number, line)
                except metadata.Wrong as error:
                    problems.append(SourceMetadataInvalid(str(error), place=Place(str(file), number)))
        except FileNotFoundError:
            return
        except OSError as error:
            raise SourceFolderMissing(f"{metadata.NAME} cannot be read: {error.strerror}", place=str(file)) from error
        raise_all(problems)

    def _take(self, number: int, line: str) -> None:
        if not line.strip():
            return
        entry = metadata.entry(line)
        claims = {path: self._kept.rows(_CLAIMED, path) for path in entry.paths}
        if (missing := next((path for path, found in claims.items() if not found), None)) is not None:
            self.unused_count += 1
            if self.unused_count <= UNUSED:
                self.unused[number] = missing
            return
        for path, ((before,),) in claims.items():
            if before is not None:
                raise metadata.Wrong(f"{path!r} stands in line {before} already")
        row = entry.path, number, entry.text_path, line, entry.digest
        self._kept.do("INSERT INTO described VALUES (?, ?, ?, ?, ?)", *row)
        if entry.text_path is not None:
            self._kept.do("INSERT INTO texts VALUES (?, ?)", entry.text_path, number)


def _item_of(row: tuple[Any, ...]) -> Item:
    first, text, (line, digest) = row[:4], row[4:8], row[8:]
    found = (_file_of(first),) if text[0] is None else (_file_of(first), _file_of(text))
    return Item(found, line, digest or "")


def _file_of(row: tuple[Any, ...]) -> File:
    path, name, size, mtime_ns = row
    return File(path, os.fsdecode(name), size, mtime_ns)


def _shown(name: str) -> str:
    shown = unicodedata.normalize("NFC", _readable(name))
    return name if shown == name else shown  # not two of the same


def _readable(name: str) -> str:
    # A name that is not UTF-8 holds lone surrogates, which no file and no terminal takes.
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
