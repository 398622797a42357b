"""The only place that writes: atomic replacement, locks, hashing, confinement of paths, one scan of a tree."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import stat
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from sitegen.errors import DiskFull, FileFailed, Locked, NotPermitted, PathEscapes, StorageError, TextNotUtf8

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS}
_REMEDIES = {
    errno.EISDIR: "Name a file; this is a folder.",
    errno.EROFS: "The file system is mounted for reading only: mount it for writing, or work on a copy of the site.",
    errno.ENAMETOOLONG: "Choose a shorter name: most file systems take 255 bytes; a letter beyond ASCII has several.",
    errno.ENOENT: "Look whether the name is spelled right, and whether its disk or network drive is there.",
}


def storage_error(error: OSError, path: Path) -> StorageError:
    """The error of ours that stands for an ``OSError`` on ``path``."""
    reason = error.strerror or str(error)
    kind: type[StorageError] = FileFailed
    if error.errno in _FULL:
        kind = DiskFull
    elif error.errno in _REFUSED:
        kind = NotPermitted
    return kind(reason, place=str(path), remedy=_REMEDIES.get(error.errno or 0))


@contextlib.contextmanager
def guarded(path: Path) -> Iterator[None]:
    """Turns any ``OSError`` inside the block into a ``StorageError`` that names ``path``."""
    try:
        yield
    except OSError as error:
        raise storage_error(error, path) from error


def write_atomic(path: Path, data: bytes | str, *, durable: bool = True) -> None:
    """Replaces ``path`` by ``data`` so that a reader, or a crash, sees the old content or the new, never a mixture.

    ``durable`` also waits until the disk has it. Missing folders are made. Raises ``StorageError``.
    """
    with _written(path, data, durable=durable) as temporary:
        temporary.replace(path)


def create(path: Path, data: bytes | str) -> bool:
    """Writes a new file whole and durably; returns False, and does nothing, when there is one already."""
    with _written(path, data, durable=True) as temporary:
        try:
            os.link(temporary, path)
        except FileExistsError:
            return False
        except OSError:  # a drive without hard links
            if path.exists():
                return False
            temporary.replace(path)
    return True


def replace(path: Path, data: bytes | str, *, expected: str) -> bool:
    """Replaces a file whose SHA-256 is still ``expected``; returns False, and does nothing, when it is another.

    The file is looked at again after the new one is on disk, just before the two are exchanged.
    """
    with _written(path, data, durable=True) as temporary:
        if not path.exists() or sha256(path.read_bytes()) != expected:
            return False
        temporary.replace(path)
    return True


@contextlib.contextmanager
def _written(path: Path, data: bytes | str, *, durable: bool) -> Iterator[Path]:
    """A temporary file beside ``path`` that holds ``data``; what is left of it after the block is removed."""
    raw = data.encode() if isinstance(data, str) else data
    with guarded(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.parent / f".{path.name[:40]}.{os.urandom(4).hex()}.tmp"
        try:
            with temporary.open("xb") as file:
                file.write(raw)
                if durable:
                    file.flush()
                    os.fsync(file.fileno())
            yield temporary
        finally:
            temporary.unlink(missing_ok=True)
        if durable:
            sync_folder(path.parent)


class Writer:
    """Writes many files below ``root`` as ``write_atomic`` does, not durable, but asks for each folder only once.

    Folders that are symbolic links are refused, so that nothing is written outside ``root``.
    """

    def __init__(self, root: Path) -> None:
        self._root = str(root)
        self._suffix = f".{os.urandom(4).hex()}.tmp"
        self._known: set[str] = set()

    def write(self, relative: str, data: bytes) -> os.stat_result:
        """Replaces the file and returns what the file system then says of it. Raises ``StorageError``."""
        target = f"{self._root}/{relative}"
        folder, name = target.rsplit("/", 1)
        temporary = f"{folder}/.{name[:40]}{self._suffix}"
        with guarded(Path(target)):
            if folder not in self._known:
                self._make(folder)
            try:
                fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
                try:
                    view = memoryview(data)
                    while view:
                        view = view[os.write(fd, view) :]
                finally:
                    os.close(fd)
                os.rename(temporary, target)  # noqa: PTH104  # pathlib costs more than the call
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)  # noqa: PTH108
                raise
            return os.lstat(target)

    def _make(self, folder: str) -> None:
        if folder == self._root:
            os.makedirs(folder, exist_ok=True)  # noqa: PTH103
        elif folder not in self._known:
            self._make(folder.rsplit("/", 1)[0])
            try:
                os.mkdir(folder)  # noqa: PTH102
            except FileExistsError:
                if not stat.S_ISDIR(os.lstat(folder).st_mode):
                    raise NotADirectoryError(errno.ENOTDIR, "is a link or a file, not a folder", folder) from None
        self._known.add(folder)


def is_temporary(name: str) -> bool:
    """Whether a file name is one that ``write_atomic`` or ``Writer`` uses while it writes; a crash may leave it."""
    return re.fullmatch(r"\..+\.[0-9a-f]{8}\.tmp", name, re.DOTALL) is not None


def sweep(root: Path) -> int:
    """Removes what writes that were killed left below ``root``; returns how many files. Only under the root's lock."""
    leftovers = [path for path in names(root, hidden=True) if is_temporary(path.rpartition("/")[2])]
    for path in leftovers:
        remove(root / path)
    return len(leftovers)


def sync_folder(folder: Path) -> None:
    """Waits until the disk has the names in a folder: a rename is there only then. Some network drives refuse."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            os.fsync(fd)
    finally:
        os.close(fd)


def read_text(path: Path) -> str:
    """The file as text, byte-order mark removed. Raises ``TextNotUtf8`` with the line of the first bad byte."""
    with guarded(path):
        raw = path.read_bytes()
    return decode(raw, str(path))


def decode(raw: bytes, name: str) -> str:
    """``raw`` as UTF-8 text; ``name`` is used in the error."""
    from sitegen.errors import Place

    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise TextNotUtf8(f"byte 0x{raw[error.start]:02x} is not UTF-8", place=Place(name, line)) from error


def remove(path: Path) -> None:
    """Deletes a file if it is there."""
    with guarded(path):
        path.unlink(missing_ok=True)


def remove_empty_parents(path: Path, stop: Path) -> None:
    """Deletes the folders above ``path`` that became empty, up to but not including ``stop``."""
    folder = path.parent
    while folder != stop and folder.is_relative_to(stop):
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


def sha256(data: bytes | str) -> str:
    """The SHA-256 of bytes, or of a text in UTF-8, as 64 hexadecimal digits."""
    return hashlib.sha256(data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data).hexdigest()


def normalise_text(text: str) -> str:
    """Text as it is hashed: Unicode NFC, ``\\n`` line ends, no trailing blanks on lines or at the end."""
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    return "\n".join(line.rstrip(" \t") for line in text.split("\n")).strip("\n")


def text_hash(text: str) -> str:
    """The content hash of a document's text; equal for texts that differ in line ends and trailing blanks only."""
    return sha256(normalise_text(text))


def confined(root: Path, relative: str | Path) -> Path:
    """``root / relative``, refused with ``PathEscapes`` when it would lie outside ``root`` (links followed)."""
    base = root.resolve()
    target = (base / relative).resolve()
    if "\0" in str(relative) or not target.is_relative_to(base):
        remedy = None
        if "\0" not in str(relative) and (base / relative).is_symlink():
            remedy = "Replace the link by the file that it leads to, or remove it."
        raise PathEscapes(f"{str(relative)!r} leads out of {root}", place=str(root), remedy=remedy)
    return target


class Entry(NamedTuple):
    """One file of a tree: its path below the root with ``/``, and what the file system says of it."""

    path: str
    size: int
    mtime_ns: int
    ctime_ns: int = 0
    """When the content or the name last changed, as the kernel says; unlike ``mtime_ns`` no program can set it."""


def scan(root: Path, *, hidden: bool = False, within: Path | None = None) -> list[Entry]:
    """All files below ``root``, sorted by path, each folder read once. Hidden names are left out unless asked for.

    Links to folders are not followed, so that no loop and no way out exists. A missing root is an empty tree. Raises
    ``PathEscapes`` for a link to a file that is not below ``within``, when that is given.
    """
    return sorted(entries(root, hidden=hidden, within=within))  # by path, which no two have in common


def entries(root: Path, *, hidden: bool = False, within: Path | None = None) -> Iterator[Entry]:
    """What ``scan`` gives, one at a time and in no order: for trees of any size."""
    for name, entry in _walk(root, hidden=hidden):
        try:
            if within is not None and entry.is_symlink():
                confined(within, entry.path)
            info = entry.stat()
        except FileNotFoundError:  # gone since its name was read
            continue
        except OSError as error:
            raise storage_error(error, root / name) from error
        yield Entry(name, info.st_size, info.st_mtime_ns, info.st_ctime_ns)


def names(root: Path, *, hidden: bool = False) -> Iterator[str]:
    """The paths that ``scan`` gives, one at a time and in no order: for trees of any size. What is changed in the tree
    meanwhile may be missed."""
    return (name for name, _ in _walk(root, hidden=hidden))


def _walk(root: Path, *, hidden: bool) -> Iterator[tuple[str, os.DirEntry[str]]]:
    todo = [""]
    while todo:
        prefix = todo.pop()
        try:
            with os.scandir(root / prefix) as entries:
                for entry in entries:
                    if entry.name.startswith(".") and not hidden:
                        continue
                    name = f"{prefix}{entry.name}"
                    if entry.is_dir(follow_symlinks=False):
                        todo.append(f"{name}/")
                    elif entry.is_file():
                        yield name, entry
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise storage_error(error, root / prefix) from error


@contextlib.contextmanager
def lock(path: Path, purpose: str) -> Iterator[None]:
    """Holds an exclusive lock while the block runs; raises ``Locked`` at once when another process has it.

    The kernel drops the lock when its holder dies, however it dies, so a stale lock cannot exist.
    """
    with guarded(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(fd, 100).decode(errors="replace").strip() or "unknown"
            raise Locked(f"another {purpose} is running (process {holder})", place=str(path)) from None
        with contextlib.suppress(OSError):  # the name is for people; a full disk keeps nobody from holding the lock
            os.ftruncate(fd, 0)
            os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(fd)


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Waits until no other process holds ``folder``, and keeps others waiting while the block runs: for moments only.

    The folder itself is what is locked, so that no file for it lies around. A drive without locks goes unguarded.
    """
    with guarded(folder):
        folder.mkdir(parents=True, exist_ok=True)
        fd = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)
