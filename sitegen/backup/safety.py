"""Safety: whether the databases of a backup are those that sitegen makes, and nothing that acts by itself."""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sitegen.backup.contents import CACHE
from sitegen.enrich.cache import SummaryCache
from sitegen.enrich.journal import FILE_NAME as JOURNAL
from sitegen.enrich.journal import FORMAT, Journal
from sitegen.errors import BackupDamaged, BackupNewer

_COUNTS = ("count", "size", "hits", "misses")


def refuse_foreign(state: Path) -> None:
    """Holds the journal and the cache below ``state`` against new ones. Raises ``BackupDamaged``, ``BackupNewer``."""
    with tempfile.TemporaryDirectory() as folder:
        for name in (JOURNAL, CACHE):
            if (state / name).exists():
                _refuse_damaged(state / name)
        if (state / JOURNAL).exists():
            own = Path(folder, JOURNAL)
            Journal(own).close()
            _refuse_journal(state / JOURNAL, own)
        if (state / CACHE).exists():
            SummaryCache(Path(folder, "cache")).close()
            _refuse_cache(state / CACHE, Path(folder, CACHE))


def _refuse_damaged(path: Path) -> None:
    with _opened(path) as database:
        if (said := database.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
            raise BackupDamaged(f"the database is damaged: {said}", place=path.name)


def _refuse_journal(path: Path, own: Path) -> None:
    with _opened(path) as database:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version > FORMAT:
            raise BackupNewer(f"its journal has format {version}, this sitegen knows {FORMAT}")
        # An earlier journal has tables of the same names and other columns; it is brought up to date when it is opened.
        wanted, found = _schema(own), _schema(path)
        known = {name for _, name, _ in wanted}
        if found != wanted and (version == FORMAT or not _earlier(found - wanted, known)):
            raise BackupDamaged("its tables are not those of a journal", place=JOURNAL)


def _earlier(others: set[tuple[str, str, str | None]], known: set[str]) -> bool:
    return all(kind == "table" and name in known for kind, name, _ in others)


def _refuse_cache(path: Path, own: Path) -> None:
    if _schema(path) != _schema(own):
        raise BackupDamaged("its tables are not those of a cache", place=CACHE)
    with _opened(own) as database:
        wanted = dict(database.execute("SELECT key, value FROM Settings").fetchall())
    # The cache obeys the settings in its database, of which some say where files are: ours are put in again.
    with _opened(path) as database, database:
        found = dict(database.execute("SELECT key, value FROM Settings").fetchall())
        wanted |= {name: value for name in _COUNTS if isinstance(value := found.get(name), int)}
        database.execute("DELETE FROM Settings")
        database.executemany("INSERT INTO Settings VALUES (?, ?)", list(wanted.items()))


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Nothing in the database is run: its triggers and views may be those of somebody else."""
    try:
        with contextlib.closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA trusted_schema = OFF")
            yield database
    except sqlite3.DatabaseError as error:
        raise BackupDamaged(f"the database is damaged: {error}", place=path.name) from error


def _schema(path: Path) -> set[tuple[str, str, str | None]]:
    with _opened(path) as database:
        return set(database.execute("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%'"))
