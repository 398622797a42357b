"""The cache of summaries, and of the model's answers they were made from: by content hash, never a failure.

A summary is found by its document's text. An answer is found by the very question, so that a document with one changed
page asks for that page alone, and a run that was killed in the middle of a document goes on there.
"""

from __future__ import annotations

import contextlib
import errno
import json
import re
import sqlite3
import time
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import diskcache
from pydantic import ValidationError

from sitegen import files
from sitegen.enrich.engines.base import Completion, Identity, Message
from sitegen.enrich.summary import SCHEMA_VERSION, Summary
from sitegen.errors import StateDamaged

FOLDER = "cache"


def cache_key(text_hash: str, language: str | None, identity: Identity, note: str = "") -> str:
    """What a summary depends on, as one hash; ``server`` is left out, since an update of it changes no summary.

    ``note`` is an editor's instruction, if there was one.
    """
    parts = {
        **_maker(identity),
        "text": text_hash,
        "language": language,
        "prompt": identity.prompt,
        "schema": SCHEMA_VERSION,
        **({"note": note} if note else {}),
    }
    return _hash(parts)


def answer_key(identity: Identity, messages: Sequence[Message], schema: Mapping[str, Any]) -> str:
    """What an answer depends on: who was asked, and the whole question, prompts and text included."""
    question = [[message.role, message.content] for message in messages]
    return f"answer:{_hash({**_maker(identity), 'question': question, 'schema': schema})}"


def _maker(identity: Identity) -> dict[str, Any]:
    return {
        "engine": identity.engine,
        "model": identity.model,
        "digest": identity.digest,
        "options": dict(identity.options),
    }


def _hash(parts: Mapping[str, Any]) -> str:
    return files.sha256(json.dumps(parts, sort_keys=True, separators=(",", ":")))


@dataclass(frozen=True, slots=True)
class Usage:
    """How many summaries of one engine, model and prompt there are, and how many answers of that model."""

    engine: str
    model: str
    prompt: str
    entries: int
    answers: int = 0


@dataclass(frozen=True, slots=True)
class Stats:
    """What the cache holds; ``bytes`` on disk, ``hits`` and ``misses`` since it was made."""

    bytes: int
    entries: int
    """Summaries."""
    answers: int
    """Of a model, to single questions about documents."""
    hits: int
    misses: int
    by_engine: tuple[Usage, ...]

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


class _Disk(diskcache.JSONDisk):  # type: ignore[misc]  # diskcache has no types
    """JSON and never pickle: whoever may write into the folder must not be able to run code or to name other files."""

    def fetch(self, mode: int, filename: str | None, value: bytes | None, read: bool) -> Any:
        """A value; one that is damaged raises ``OSError``, which diskcache counts as a miss."""
        if mode not in (diskcache.core.MODE_RAW, diskcache.core.MODE_BINARY) or not _ours(filename):
            raise OSError("not written by this cache")
        try:
            return super().fetch(mode, filename, value, read)
        except (zlib.error, ValueError, TypeError, RecursionError) as error:
            raise OSError("the value is damaged") from error

    def remove(self, filename: str) -> None:
        if _ours(filename):
            super().remove(filename)


def _ours(filename: str | None) -> bool:
    return filename is None or re.fullmatch(r"[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]+\.val", filename) is not None


@dataclass(frozen=True, slots=True)
class _Row:
    """One entry as it lies in the database."""

    number: int
    at: float
    size: int
    """Bytes, about."""
    filename: str | None
    entry: Any
    """None when it cannot be read."""


class SummaryCache:
    """Summaries on disk, as JSON."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with _guarded(folder):
            folder.mkdir(parents=True, exist_ok=True)
            _probe(folder / "cache.db")
            # Every answer is on the disk when it is kept: it may have taken minutes, a sync takes milliseconds. So
            # looks are counted here, and not by a change of the database each.
            self._cache: Any = diskcache.Cache(
                str(folder),
                disk=_Disk,
                disk_compress_level=6,
                eviction_policy="none",
                statistics=0,
                sqlite_synchronous=2,
                sqlite_mmap_size=4 * 2**20,
                sqlite_cache_size=512,  # pages; diskcache takes 32 MB for itself
            )
        self._looks: Counter[str] = Counter()

    def get(self, key: str) -> Summary | None:
        """The summary kept under ``key``. One that is damaged, or no longer validates, is dropped and missing."""
        with _guarded(self.folder):
            entry = self._look(key)
            try:
                return None if entry is None else Summary.model_validate_json(json.dumps(entry["summary"]))
            except (ValidationError, KeyError, TypeError):
                entry = None
            finally:
                if entry is None:
                    self._cache.delete(key, retry=True)
        return None

    def _look(self, key: str) -> Any:
        entry = self._cache.get(key, retry=True)
        self._looks["misses" if entry is None else "hits"] += 1
        return entry

    def has(self, key: str) -> bool:
        """Whether there is something under ``key``, which may still turn out to be damaged."""
        with _guarded(self.folder):
            return key in self._cache

    def put(self, key: str, summary: Summary, identity: Identity) -> None:
        """Keeps a summary; not one that stands in for another, since what it stands in for may succeed next time."""
        if summary.lasting:
            self._keep(key, {"summary": summary.model_dump(mode="json")}, identity)

    def answer(self, key: str) -> Completion | None:
        """The answer kept under ``key``, which cost nothing this time."""
        with _guarded(self.folder):
            entry = self._look(key)
        if not isinstance(entry, dict) or not isinstance(entry.get("answer"), str):
            return None
        counted = entry.get("tokens")
        return Completion(entry["answer"], prompt_tokens=counted if isinstance(counted, int) else 0)

    def keep(self, key: str, completion: Completion, identity: Identity) -> None:
        """Keeps an answer. Only for those that were understood: a failure kept would be one for ever."""
        self._keep(key, {"answer": completion.text, "tokens": completion.prompt_tokens}, identity)

    def _keep(self, key: str, value: Mapping[str, Any], identity: Identity) -> None:
        made = {"engine": identity.engine, "model": identity.model, "prompt": identity.prompt, "at": time.time()}
        with _guarded(self.folder):
            self._cache.set(key, {**value, **made}, retry=True)

    def stats(self) -> Stats:
        """Size, hits and entries by engine, model and prompt."""
        with _guarded(self.folder), self._database() as database:
            self._count_looks(database)
            hits, misses = self._cache.stats(enable=False)
            named = [row.entry for row in self._rows(database) if row.entry is not None]
            answers = Counter(_origin(entry) for entry in named if entry["is_answer"])
            summaries = Counter(_origin(entry) for entry in named if not entry["is_answer"])
            usages = tuple(Usage(*name, summaries[name], answers[name]) for name in sorted(summaries | answers))
            return Stats(self._cache.volume(), summaries.total(), answers.total(), hits, misses, usages)

    def clear(self) -> int:
        """Removes everything. Returns how many entries went."""
        with _guarded(self.folder):
            return int(self._cache.clear(retry=True))

    def prune(self, *, older_than: float | None = None, max_bytes: int | None = None) -> int:
        """Removes what cannot be read and entries older than ``older_than`` seconds, then the oldest until at most
        ``max_bytes`` are left. Returns how many went.
        """
        with _guarded(self.folder), self._database() as database:
            now = time.time()
            rows = sorted(self._rows(database), key=lambda row: row.at)
            old = [row for row in rows if row.entry is None or (older_than is not None and now - row.at > older_than)]
            self._remove(database, old)
            removed = len(old)
            gone = {row.number for row in old}
            left = [row for row in rows if row.number not in gone]
            while max_bytes is not None and left and (over := self._used(database) - max_bytes) > 0:
                count = _enough(left, over, over + max_bytes)
                self._remove(database, left[:count])
                removed, left = removed + count, left[count:]
            # The file keeps the pages that became free until it is told to give them back.
            database.execute("VACUUM")
        return removed

    @contextlib.contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        """The database itself: reading by way of the cache would count as use of it."""
        with contextlib.closing(sqlite3.connect(self.folder / "cache.db", isolation_level=None, timeout=60)) as opened:
            yield opened

    def _rows(self, database: sqlite3.Connection) -> Iterator[_Row]:
        question = "SELECT rowid, size + length(key) + ifnull(length(value), 0), filename, mode, value FROM Cache"
        for number, size, filename, mode, value in database.execute(question):
            entry = None
            with contextlib.suppress(OSError):
                entry = self._cache.disk.fetch(mode, filename, value, False)
            head = _head(entry)
            yield _Row(number, head["at"] if head else 0, size, filename, head)

    def _used(self, database: sqlite3.Connection) -> int:
        """Bytes in use, free pages left out."""
        (pages, free, size) = (
            database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
        files_size = database.execute("SELECT ifnull(sum(size), 0) FROM Cache").fetchone()[0]
        return int((pages - free) * size + files_size)

    def _remove(self, database: sqlite3.Connection, rows: Sequence[_Row]) -> None:
        database.execute("BEGIN IMMEDIATE")
        database.executemany("DELETE FROM Cache WHERE rowid = ?", [(row.number,) for row in rows])
        database.execute("COMMIT")
        for row in rows:
            if row.filename is not None:
                self._cache.disk.remove(row.filename)

    def _count_looks(self, database: sqlite3.Connection) -> None:
        for name, count in self._looks.items():
            database.execute("UPDATE Settings SET value = value + ? WHERE key = ?", (count, name))
        self._looks.clear()

    def leave(self) -> None:
        """Closes what this thread has open of the database; each thread has a connection of its own."""
        self._cache.close()

    def close(self) -> None:
        """Also when the disk is full: the count of looks is not worth an error."""
        if self._looks:
            with contextlib.suppress(sqlite3.Error), self._database() as database:
                self._count_looks(database)
        self._cache.close()


def _head(entry: Any) -> dict[str, Any] | None:
    """When and by whom an entry was made, and whether it is an answer; None for what this cache has not written."""
    if not isinstance(entry, dict) or not isinstance(entry.get("at"), float | int):
        return None
    if not all(isinstance(entry.get(name), str) for name in ("engine", "model", "prompt")):
        return None
    return {**{name: entry[name] for name in ("engine", "model", "prompt", "at")}, "is_answer": "answer" in entry}


def _origin(entry: Mapping[str, Any]) -> tuple[str, str, str]:
    return entry["engine"], entry["model"], entry["prompt"]


def _enough(rows: Sequence[_Row], over: int, used: int) -> int:
    """How many of the oldest make up ``over`` of ``used`` bytes, about, but one at least."""
    share = over / used * sum(row.size for row in rows)
    freed = count = 0
    for row in rows:
        freed, count = freed + row.size, count + 1
        if freed >= share:
            break
    return count


def _probe(database: Path) -> None:
    """Raises when the file is no database; diskcache would leave it open then."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA schema_version")


_ERRNO = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_IOERR: errno.EIO,
    sqlite3.SQLITE_READONLY: errno.EACCES,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
    sqlite3.SQLITE_PERM: errno.EACCES,
}


@contextlib.contextmanager
def _guarded(folder: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        if (number := _ERRNO.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)) is not None:
            raise files.storage_error(OSError(number, str(error)), folder) from error
        raise StateDamaged(f"the cache cannot be used: {error}", place=str(folder)) from error
    except OSError as error:
        raise files.storage_error(error, folder) from error
