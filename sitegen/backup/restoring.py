"""Restoring: a backup is read whole and looked at before anything changes; then the state is exchanged."""

from __future__ import annotations

import contextlib
import dataclasses
import filecmp
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from sitegen import files, settings
from sitegen.backup import archive
from sitegen.backup.archive import SITE, STATE, Progress
from sitegen.backup.contents import CACHE, REMADE
from sitegen.backup.elsewhere import is_own, places
from sitegen.backup.safety import refuse_foreign
from sitegen.backup.seal import opened
from sitegen.backup.swap import Swap
from sitegen.backup.taking import unpacked
from sitegen.enrich.journal import FILE_NAME as JOURNAL
from sitegen.errors import BackupDamaged, Locked
from sitegen.root import FILE_NAME
from sitegen.settings import Project

DATABASES = (JOURNAL, CACHE)


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of a backup."""

    made: str
    """When it was made."""
    state: tuple[str, ...]
    """What was put into the state folder."""
    written: tuple[str, ...]
    """Files of the site that were missing, and are there again."""
    left: tuple[str, ...]
    """Files of the site that are there with another text, and stay; the backup's lie below ``aside``."""
    aside: str
    secrets: tuple[str, ...]
    """Names of secrets that were set where the backup was made."""
    environment: str
    """The settings from the environment, in a file; empty when there were none."""
    seconds: float

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def site_of(site: Path | None) -> Project:
    """The site to restore; a folder that is empty, when it is named, is one whose settings are all in the backup."""
    if site is None or (site / FILE_NAME).exists() or any(site.iterdir()):
        return settings.load(site)
    return settings.bare(site.resolve())


@contextlib.contextmanager
def alone(project: Project) -> Iterator[None]:
    """Nothing else may work on the site meanwhile. Raises ``Locked``."""
    with contextlib.ExitStack() as stack:
        for name in ("watch", "pull", "publish", "backup"):
            stack.enter_context(files.lock(project.state / f"{name}.lock", name))
        yield


def restore(
    project: Project, file: Path, identities: Sequence[Path], passphrase: str | None, progress: Progress
) -> Restored:
    """Puts back what a backup holds. A file of the site that is there stays as it is.

    Raises ``BackupDamaged``, ``BackupNewer``, ``BackupSealed``, ``StorageError``; then nothing has changed.
    """
    began = time.monotonic()
    with alone(project):
        swap = Swap(project.state)
        folder = swap.begin()
        with _emptied_unless_done(folder):
            with opened(file, passphrase, identities, folder) as (plain, key):
                head = unpacked(plain, folder, key, file, progress)
            coming = _state_of(folder / STATE)
            refuse_foreign(folder / STATE)
            leaving = [name for name in _with_logs(coming) if (project.state / name).exists()]
            site = _site_of(_as_kept(project, folder / SITE), folder / SITE)
            _refuse_readers(project.state)
            (folder / STATE).mkdir(exist_ok=True)
            # Briefs first: without its brief, what the journal calls done would look removed by an editor.
            written, left = _put_site(project, folder / SITE, site)
        swap.run(coming, leaving)
        kept = folder / archive.SETTINGS
        aside = str(folder / SITE) if left else ""
        environment = str(kept) if kept.stat().st_size > 3 else ""
        if not aside and not environment:
            shutil.rmtree(folder)
    took = round(time.monotonic() - began, 2)
    return Restored(head.made, tuple(coming), tuple(written), tuple(left), aside, head.secrets, environment, took)


@contextlib.contextmanager
def _emptied_unless_done(folder: Path) -> Iterator[None]:
    """What was unpacked, and perhaps decrypted, does not lie about after an error."""
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def undo(project: Project) -> None:
    """Puts back the state that the last restore replaced. Raises ``BackupRefused`` when there is none."""
    with alone(project):
        _refuse_readers(project.state)
        Swap(project.state).undo()


def _state_of(folder: Path) -> list[str]:
    """The entries of a state folder. Raises ``BackupDamaged`` for one that no backup has."""
    found = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    for name in found:
        if name in REMADE or name.endswith((".lock", "-wal", "-shm", "-journal", ".unfinished")):
            raise BackupDamaged("no backup has such a file", place=STATE + name)
    return found


def _with_logs(names: Sequence[str]) -> list[str]:
    return [f"{name}{end}" for name in names for end in ("", "-wal", "-shm")]


def _site_of(project: Project, folder: Path) -> list[str]:
    """The files of the site. Raises ``BackupDamaged`` for one that is no page, brief or record, nor the settings."""
    found = sorted(files.names(folder, hidden=True))
    below = places(project)
    for path in found:
        if not is_own(path, below):
            raise BackupDamaged("it is not where this site has its pages and briefs", place=SITE + path)
        files.confined(project.root, path)
    return found


def _as_kept(project: Project, folder: Path) -> Project:
    """The project; of a folder that has no settings yet, with those of the backup."""
    if (project.root / FILE_NAME).exists() or not (folder / FILE_NAME).exists():
        return project
    return dataclasses.replace(project, settings=settings.load(folder).settings)


def _put_site(project: Project, folder: Path, paths: Sequence[str]) -> tuple[list[str], list[str]]:
    """Moves files to where there is none; returns those, and those that are there with another content."""
    written, left = [], []
    for path in paths:
        if _moved(folder / path, project.root / path):
            written.append(path)
        elif not filecmp.cmp(folder / path, project.root / path, shallow=False):
            left.append(path)
    os.sync()  # once for all; a sync each would take minutes for a large archive
    return written, left


def _moved(path: Path, target: Path) -> bool:
    """Gives a file a new name, which nothing has yet."""
    with files.guarded(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(path, target)
        except FileExistsError:
            return False
        except OSError:  # a drive without hard links
            return files.create(target, path.read_bytes())
        path.unlink()
    return True


def _refuse_readers(state: Path) -> None:
    """Raises ``Locked`` when a process has one of the databases open that are replaced: it would write on, unseen.

    Only who is alone can take a database out of WAL mode.
    """
    for name in DATABASES:
        if (state / name).is_file():
            try:
                with contextlib.closing(sqlite3.connect(state / name, timeout=0.2)) as database:
                    database.execute("PRAGMA journal_mode = DELETE")
            except sqlite3.DatabaseError as error:
                if getattr(error, "sqlite_errorcode", 0) & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                    continue  # no database any more: that is what is to be replaced
                remedy = "Stop `sitegen serve` and whatever else works on this site, and restore again."
                raise Locked("another process has it open", place=str(state / name), remedy=remedy) from error
