"""Contents: what a backup holds, as it was at one moment after the other, so that what rests on something has it.

A document's summary is in the cache, then its brief is written, then the journal has it as done. So the journal is
copied first and the briefs last: what it calls done in the copy is in the other copies, whatever goes on meanwhile.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from pydantic import SecretStr

from sitegen import __version__, files
from sitegen.backup.archive import CHUNK, SETTINGS, SITE, STATE, Head, Member, Progress, line_of
from sitegen.backup.elsewhere import not_elsewhere
from sitegen.enrich.journal import FILE_NAME as JOURNAL
from sitegen.enrich.journal import Journal
from sitegen.enrich.journal_file import RESTORING
from sitegen.errors import DiskFull, PathEscapes, StateDamaged
from sitegen.settings import Project, env_name, options

REMADE = frozenset({"build", "serve", "publish", "published", "backup", "restore"})
"""Folders of the state folder that are made again from the rest, or hold what is on its way."""
CACHE = "cache/cache.db"
_SQLITE = b"SQLite format 3\0"


def gather(project: Project, folder: Path, key: str, progress: Progress) -> tuple[Path, Head]:
    """Copies what is to be kept below ``folder``; returns the manifest of the copies. Raises ``StorageError``."""
    _copy_state(project.state, folder / STATE, progress)
    _copy_site(project, folder / SITE, progress)
    secrets = _keep_settings(project, folder / SETTINGS)
    listed = folder / "members"
    count = size = 0
    with files.guarded(folder), listed.open("wb") as file:
        for member in _members(folder):
            file.write(line_of(member))
            count, size = count + 1, size + member.size
    made = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    head = Head(made, __version__, project.settings.site.title[:200], count, size, secrets, key)
    manifest = folder / "manifest"
    with files.guarded(folder), manifest.open("wb") as file, listed.open("rb") as rest:
        file.write(line_of(head))
        shutil.copyfileobj(rest, file, CHUNK)
    return manifest, head


def _members(folder: Path) -> Iterator[Member]:
    for top in (SETTINGS, STATE, SITE):
        for name in [""] if top == SETTINGS else files.names(folder / top, hidden=True):
            path = folder / f"{top}{name}"
            digest = hashlib.sha256()
            with files.guarded(path), path.open("rb") as file:
                while piece := file.read(CHUNK):
                    digest.update(piece)
                yield Member(f"{top}{name}", file.tell(), digest.hexdigest())


def kept(state: Path) -> list[str]:
    """The files of a state folder that cannot be made again, the journal first and databases before other files."""
    found = [entry.path for entry in files.scan(state, hidden=True) if _worth(entry.path)]
    return sorted(found, key=lambda path: (path != JOURNAL, not _is_database(state / path), path))


def _worth(path: str) -> bool:
    top, *below = path.split("/")
    name = below[-1] if below else top
    passing = name.endswith((".lock", "-wal", "-shm", "-journal")) or files.is_temporary(name)
    return not passing and top not in REMADE and path != RESTORING


def _is_database(path: Path) -> bool:
    with contextlib.suppress(OSError), path.open("rb") as file:
        return file.read(16) == _SQLITE
    return False


def _copy_state(state: Path, to: Path, progress: Progress) -> None:
    paths = kept(state)
    total, done = sum(_size(state / path) for path in paths), 0
    for path in paths:
        progress("Copying", done, total)
        done += _size(state / path)
        target = to / path
        with files.guarded(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            if _is_database(state / path):
                _copy_database(state / path, target)
                if path == JOURNAL:
                    _put_down(target)
            else:
                _copy(state / path, target, immutable=path.endswith(".val"))
    if (to / CACHE).exists():
        _forget_lost_values(to / CACHE)


def _copy_database(path: Path, target: Path) -> None:
    """A copy as of one moment, while others write; what was deleted is not in it."""
    try:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=60)) as database:
            database.execute("VACUUM INTO ?", (str(target),))
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:
            raise DiskFull("there is no room for a copy of it", place=str(path)) from error
        raise StateDamaged(f"it cannot be copied: {error}", place=str(path)) from error


def _put_down(path: Path) -> None:
    """In the copy nobody works on a document: it waits, as if it had not been taken up."""
    with contextlib.closing(Journal(path)) as journal:
        journal.put_down()


def _copy(path: Path, target: Path, *, immutable: bool = False) -> None:
    with contextlib.suppress(FileNotFoundError):  # removed since it was listed
        if immutable:
            with contextlib.suppress(OSError):
                os.link(path, target)
                return
        shutil.copyfile(path, target)


def _forget_lost_values(path: Path) -> None:
    """Large values of the cache are files, which may have been removed after the database was copied."""
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        named = database.execute("SELECT rowid, filename FROM Cache WHERE filename IS NOT NULL").fetchall()
        lost = [(number,) for number, name in named if not (path.parent / name).is_file()]
        database.executemany("DELETE FROM Cache WHERE rowid = ?", lost)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _copy_site(project: Project, to: Path, progress: Progress) -> None:
    secret = {
        project.path(value).resolve() for name, value in options(project.settings) if _is_secret_file(name, value)
    }
    for count, path in enumerate(not_elsewhere(project), 1):
        if count % 1000 == 0:
            progress(f"Copying, {count} pages and briefs", 0, 0)
        whole = project.root / path
        with contextlib.suppress(PathEscapes):
            if files.confined(project.root, path) in secret:
                continue
            with files.guarded(to / path):
                (to / path).parent.mkdir(parents=True, exist_ok=True)
                _copy(whole, to / path)


def _keep_settings(project: Project, path: Path) -> tuple[str, ...]:
    """Writes the settings that came from the environment; returns the names of the secrets, which are not written."""
    values, secrets = {}, []
    for name, value in options(project.settings):
        given = project.origins[name] == env_name(name)
        if isinstance(value, SecretStr) or _is_secret_file(name, value):
            secrets += [env_name(name)] if value is not None else []
        elif given:
            values[env_name(name)] = value if isinstance(value, str | int | float | bool) else str(value)
    with files.guarded(path):
        path.write_text(json.dumps(values, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return tuple(secrets)


def _is_secret_file(name: str, value: object) -> bool:
    return isinstance(value, Path) and name.endswith(("token_file", "password_file", "passphrase_file", "webhook_file"))
