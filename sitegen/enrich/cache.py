"""The cache of summaries: by content hash, never a failure, shared by all documents with the same text."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import diskcache
from pydantic import ValidationError

from sitegen import files
from sitegen.enrich.engines.base import Identity
from sitegen.enrich.summary import SCHEMA_VERSION, Summary
from sitegen.errors import StateDamaged

FOLDER = "cache"


def cache_key(text_hash: str, language: str | None, identity: Identity) -> str:
    """What a summary depends on, as one hash; ``server`` is left out, since an update of it changes no summary."""
    parts = {
        "text": text_hash,
        "language": language,
        "engine": identity.engine,
        "model": identity.model,
        "digest": identity.digest,
        "prompt": identity.prompt,
        "options": dict(identity.options),
        "schema": SCHEMA_VERSION,
    }
    return files.sha256(json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=False))


@dataclass(frozen=True, slots=True)
class Usage:
    """How many summaries of one engine, model and prompt there are."""

    engine: str
    model: str
    prompt: str
    entries: int


@dataclass(frozen=True, slots=True)
class Stats:
    """What the cache holds; ``bytes`` on disk, ``hits`` and ``misses`` since it was made."""

    bytes: int
    entries: int
    hits: int
    misses: int
    by_engine: tuple[Usage, ...]

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


class SummaryCache:
    """Summaries on disk. JSON and never pickle: whoever may write into the folder must not be able to run code."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with _guarded(folder):
            folder.mkdir(parents=True, exist_ok=True)
            _probe(folder / "cache.db")
            self._cache: Any = diskcache.Cache(
                str(folder), disk=diskcache.JSONDisk, disk_compress_level=6, eviction_policy="none", statistics=1
            )

    def get(self, key: str) -> Summary | None:
        """The summary kept under ``key``. One that no longer validates is dropped and counts as missing."""
        with _guarded(self.folder):
            entry = self._cache.get(key)
            if entry is None:
                return None
            try:
                return Summary.model_validate_json(json.dumps(entry["summary"]))
            except (ValidationError, KeyError, TypeError):
                self._cache.delete(key)
                return None

    def put(self, key: str, summary: Summary, identity: Identity) -> None:
        """Keeps a summary."""
        entry = {
            "summary": summary.model_dump(mode="json"),
            "engine": identity.engine,
            "model": identity.model,
            "prompt": identity.prompt,
            "at": time.time(),
        }
        with _guarded(self.folder):
            self._cache.set(key, entry)

    def stats(self) -> Stats:
        """Size, hits and entries by engine, model and prompt."""
        with _guarded(self.folder):
            hits, misses = self._cache.stats()
            counts: Counter[tuple[str, str, str]] = Counter()
            for _, entry in self._entries():
                counts[entry["engine"], entry["model"], entry["prompt"]] += 1
            usages = tuple(Usage(*name, entries) for name, entries in sorted(counts.items()))
            return Stats(self._cache.volume(), counts.total(), hits, misses, usages)

    def prune(self, *, older_than: float | None = None, max_bytes: int | None = None) -> int:
        """Removes entries older than ``older_than`` seconds, then the oldest until at most ``max_bytes`` are left.

        Returns how many went.
        """
        removed = 0
        with _guarded(self.folder):
            entries = sorted((entry["at"], key) for key, entry in self._entries())
            now = time.time()
            for at, key in entries:
                too_old = older_than is not None and now - at > older_than
                too_large = max_bytes is not None and self._cache.volume() > max_bytes
                if not too_old and not too_large:
                    break
                removed += bool(self._cache.delete(key))
                if too_large:
                    self._vacuum()
        return removed

    def _vacuum(self) -> None:
        # The size counts free pages of the database until it is told to give them back.
        with sqlite3.connect(self.folder / "cache.db", isolation_level=None) as connection:
            connection.execute("VACUUM")
        connection.close()

    def _entries(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for key in list(self._cache.iterkeys()):
            entry = self._cache.get(key, read=False)
            if isinstance(entry, dict) and {"engine", "model", "prompt", "at"} <= entry.keys():
                yield key, entry

    def close(self) -> None:
        self._cache.close()


def _probe(database: Path) -> None:
    """Raises when the file is no database; diskcache would leave it open then."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA schema_version")


@contextlib.contextmanager
def _guarded(folder: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        if "full" in str(error):
            raise files.storage_error(OSError(28, "no space left on device"), folder) from error
        raise StateDamaged(f"the cache cannot be used: {error}", place=str(folder)) from error
    except OSError as error:
        raise files.storage_error(error, folder) from error
