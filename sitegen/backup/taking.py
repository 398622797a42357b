"""Taking a backup: copies below the state folder, then the archive, which appears under its name when it is whole."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from sitegen import files
from sitegen.backup import archive
from sitegen.backup.archive import Progress
from sitegen.backup.contents import gather
from sitegen.backup.seal import Seal, opened
from sitegen.enrich.journal_file import refuse_unfinished
from sitegen.errors import BackupDamaged, BackupRefused
from sitegen.settings import Project, secret

_NAME = "sitegen-%Y%m%dT%H%M%SZ.backup"
_NAMED = re.compile(r"sitegen-\d{8}T\d{6}Z\.backup")


@dataclass(frozen=True, slots=True)
class Taken:
    """A backup that was made, or looked at."""

    file: str
    bytes: int
    sha256: str
    members: int
    sealed: str
    """How it is encrypted: ``passphrase``, ``recipients``, or not at all."""
    made: str
    site: str
    secrets: tuple[str, ...]
    """Names of secrets that were set, and are not in it."""
    seconds: float
    removed: tuple[str, ...] = ()
    """Older backups that made room."""

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def passphrase_of(project: Project) -> str | None:
    """The passphrase that the settings name. Raises ``SecretMissing``."""
    wanted = project.settings.backup
    return secret(wanted.passphrase, wanted.passphrase_file, "backup.passphrase", project.root)


def take(project: Project, to: Path, recipients: Sequence[str], keep: int | None, progress: Progress) -> Taken:
    """Makes a backup: the file ``to``, or one in the folder ``to`` with the time in its name, of which ``keep`` stay.

    Raises ``BackupRefused``, ``BackupSealed``, ``StorageError``, ``Locked`` when another one is being made.
    """
    began = time.monotonic()
    seal = Seal(recipients, passphrase_of(project))
    named = to.is_dir()
    if keep is not None and not named:
        raise BackupRefused(
            "there is no such folder, in which earlier backups could be removed",
            place=str(to),
            remedy="Make the folder first, or leave out `--keep`.",
        )
    file = to / dt.datetime.now(dt.UTC).strftime(_NAME) if named else to
    _refuse_inside(project, file)
    if not file.parent.is_dir():  # it may be a disk that is not mounted: nothing is made where it should be
        remedy = "Make it first; if it is another disk, mount that."
        raise BackupRefused("there is no such folder for the backup", place=str(file.parent), remedy=remedy)
    with files.lock(project.state / "backup.lock", "backup"), _staging(project.state) as folder:
        refuse_unfinished(project.state)
        manifest, head = gather(project, folder, seal.name, progress)
        with _written(file) as target:
            seal.write(archive.pack(folder, manifest, head.bytes, progress), target)
        removed = _rotated(to, keep) if keep else ()
    return _told(file, head, seal.kind, began, removed)


def check(
    project: Project, file: Path, identities: Sequence[Path], passphrase: str | None, progress: Progress
) -> Taken:
    """Reads a whole backup, and changes nothing. Raises ``BackupDamaged``, ``BackupNewer``, ``BackupSealed``."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, opened(file, passphrase, identities, Path(folder)) as (plain, key):
        head = unpacked(plain, None, key, file, progress)
    kind = "passphrase" if key else "" if plain.name == str(file) else "recipients"
    return _told(file, head, kind, began)


def _told(file: Path, head: archive.Head, kind: str, began: float, removed: tuple[str, ...] = ()) -> Taken:
    size, digest, took = file.stat().st_size, _sha256(file), round(time.monotonic() - began, 2)
    return Taken(str(file), size, digest, head.members, kind, head.made, head.site, head.secrets, took, removed)


def unpacked(plain: BinaryIO, folder: Path | None, key: str, file: Path, progress: Progress) -> archive.Head:
    """The head of an archive that is whole; its files below ``folder``, when one is given."""
    try:
        head = archive.unpack(plain, folder, progress)
    except BackupDamaged as error:
        raise BackupDamaged(error.message, place=f"{file}: {error.place}" if error.place else str(file)) from error
    if head.key != key:
        raise BackupDamaged("its key is not the one that it was made with", place=str(file))
    return head


def _refuse_inside(project: Project, file: Path) -> None:
    whole = file.resolve()
    for folder in (project.state, project.briefs, project.content, project.output):
        if whole.is_relative_to(folder.resolve()):
            remedy = "Name a file on another disk; what lies beside the original is lost with it."
            raise BackupRefused(f"{file} is in {folder.name}, of the site itself", place=str(file), remedy=remedy)


@contextlib.contextmanager
def _staging(state: Path) -> Iterator[Path]:
    """An empty folder for copies. What a killed backup left there goes first."""
    folder = state / "backup"
    with files.guarded(folder):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _written(file: Path) -> Iterator[Any]:
    """A file that has its name when the block is done, and was on the disk before. What killed ones left goes first."""
    with files.guarded(file):
        for left in file.parent.glob(f".{'sitegen-' if _NAMED.fullmatch(file.name) else file.name[:40]}*.tmp"):
            if files.is_temporary(left.name):
                left.unlink(missing_ok=True)
        temporary = file.parent / f".{file.name[:40]}.{os.urandom(4).hex()}.tmp"
        try:
            with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:  # noqa: PTH123
                yield target
                target.flush()
                os.fsync(target.fileno())
            temporary.replace(file)
        finally:
            temporary.unlink(missing_ok=True)
        files.sync_folder(file.parent)


def _rotated(folder: Path, keep: int) -> tuple[str, ...]:
    found = sorted(path for path in folder.iterdir() if _NAMED.fullmatch(path.name))
    old = found[:-keep]
    for path in old:
        files.remove(path)
    return tuple(path.name for path in old)


def _sha256(file: Path) -> str:
    with files.guarded(file), file.open("rb") as opened_file:
        return hashlib.file_digest(opened_file, "sha256").hexdigest()
