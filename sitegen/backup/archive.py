"""Archive: files in the tar format inside gzip, which any machine can open, in one strict form: no byte may differ.

The first member lists the others with size and SHA-256, the headers follow from that list and must be just those, and
an empty gzip member at the end has the SHA-256 of every byte before it in its comment. So a reader parses no tar: there
is nothing in it that could be a link, a way out of the folder, or larger than it says.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from sitegen import files
from sitegen.errors import BackupDamaged, BackupNewer, DiskFull, FileFailed

FORMAT = 1
MANIFEST = "manifest.jsonl"
STATE, SITE = "state/", "site/"
"""Where a member's file belongs: below the state folder, or below the site's."""
SETTINGS = "settings.json"
CHUNK = 1 << 18
LONGEST_LINE = 1 << 14
LARGEST_MANIFEST = 1 << 29
_BLOCK = 512
_LARGEST_OCTAL = 8**11
_EMPTY_GZIP = b"\x1f\x8b\x08\x10\0\0\0\0\0\x03sitegen sha256:%s\0\x03\0" + bytes(8)
_TRAILER = len(_EMPTY_GZIP % (b"0" * 64))

Progress = Callable[[str, int, int], None]
"""Told the phase, and how many bytes of how many are done in it."""


@dataclass(frozen=True, slots=True)
class Head:
    """What an archive says of itself: the first line of its manifest."""

    made: str
    sitegen: str
    site: str
    members: int
    bytes: int
    secrets: tuple[str, ...] = ()
    """Names of the secrets that were set where it was made, and are not in it."""
    key: str = ""
    """The SHA-256 of what stands before a sealed archive."""
    format: int = field(default=FORMAT, kw_only=True)


@dataclass(frozen=True, slots=True)
class Member:
    """One file: a line of the manifest."""

    path: str
    size: int
    sha256: str


def pack(folder: Path, manifest: Path, total: int, progress: Progress) -> Iterator[bytes]:
    """The archive of the files below ``folder`` that a manifest lists, piece by piece."""
    packer, digest, done = zlib.compressobj(1, zlib.DEFLATED, 31), hashlib.sha256(), 0
    for piece in itertools.chain(_tar(folder, manifest), (None,)):
        if packed := packer.flush() if piece is None else packer.compress(piece):
            digest.update(packed)
            yield packed
            progress("Writing", min(done, total), total)
        done += len(piece or b"")
    yield _EMPTY_GZIP % digest.hexdigest().encode()


def _tar(folder: Path, manifest: Path) -> Iterator[bytes]:
    yield from _entry(MANIFEST, manifest, manifest.stat().st_size)
    with manifest.open("rb") as lines:
        next(lines)
        for line in lines:
            member = Member(**json.loads(line))
            yield from _entry(member.path, folder / member.path, member.size)
    yield bytes(2 * _BLOCK)


def _entry(name: str, path: Path, size: int) -> Iterator[bytes]:
    yield header(name, size)
    with files.guarded(path), path.open("rb") as file:
        while piece := file.read(CHUNK):
            yield piece
    yield bytes(-size % _BLOCK)


def header(name: str, size: int) -> bytes:
    """What stands before a file: POSIX ustar, and before that a pax header for a name that is too long for it."""
    raw = name.encode()
    if len(raw) <= 100:
        return _block(raw, size, b"0")
    length = len(raw) + 7
    while len(record := b"%d path=%s\n" % (length, raw)) != length:
        length = len(record)
    long = _block(b"pax", len(record), b"x") + record + bytes(-len(record) % _BLOCK)
    return long + _block(raw[:100], size, b"0")


def _block(name: bytes, size: int, kind: bytes) -> bytes:
    count = b"%011o\0" % size if size < _LARGEST_OCTAL else b"\x80" + size.to_bytes(11, "big")
    before = name.ljust(100, b"\0") + b"0000600\0" + b"0000000\0" * 2 + count + b"00000000000\0"
    after = kind + bytes(100) + b"ustar\00000" + bytes(247)
    return before + b"%06o\0 " % (sum(before) + 8 * 32 + sum(after)) + after


def unpack(file: BinaryIO, folder: Path | None, progress: Progress) -> Head:
    """Reads a whole archive, and holds every byte of it against its manifest; puts its files below ``folder``, when one
    is given, which must be empty. What is there already after an error is of no use.

    Raises ``BackupDamaged``, ``BackupNewer`` and ``StorageError``.
    """
    stream = _Stream(file)
    with tempfile.TemporaryFile(dir=folder) as manifest:
        _copy(stream, manifest, _manifest_size(stream), hashlib.sha256())
        manifest.seek(0)
        head = _head(manifest.readline(LONGEST_LINE))
        if folder is not None and shutil.disk_usage(folder).free < head.bytes:
            raise DiskFull(f"{head.bytes / 1e6:.0f} MB are needed to restore", place=str(folder))
        count = done = 0
        while line := manifest.readline(LONGEST_LINE):
            member = _member(line)
            _take(stream, member, folder)
            count, done = count + 1, done + member.size
            progress("Reading", done, head.bytes)
    if (count, done) != (head.members, head.bytes):
        raise BackupDamaged("the list of its files is not complete")
    stream.end()
    return head


def _manifest_size(stream: _Stream) -> int:
    first = stream.read(_BLOCK)
    try:
        size = int(first[124:135], 8)
    except ValueError:
        size = -1
    if not 0 < size <= LARGEST_MANIFEST or first != header(MANIFEST, size):
        raise BackupDamaged("it does not begin with a list of its files")
    return size


def _head(line: bytes) -> Head:
    fields = _line(line)
    version = fields.get("format")
    if isinstance(version, int) and version > FORMAT:
        raise BackupNewer(f"the backup has format {version}, this sitegen knows {FORMAT}")
    try:
        head = Head(**{**fields, "secrets": tuple(fields["secrets"])})
    except (TypeError, KeyError) as error:
        raise BackupDamaged("its list of files has no proper head") from error
    texts = (head.made, head.sitegen, head.site, head.key, *head.secrets)
    numbers = (head.members, head.bytes, head.format)
    if not all(isinstance(one, str) for one in texts) or not all(type(one) is int and one >= 0 for one in numbers):
        raise BackupDamaged("its list of files has no proper head")
    return head


def _line(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line) if line.endswith(b"\n") else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise BackupDamaged("a line of its list of files cannot be read")
    return found


def _member(line: bytes) -> Member:
    fields = _line(line)
    path, size, sha256 = fields.get("path"), fields.get("size"), fields.get("sha256")
    if not isinstance(path, str) or not isinstance(sha256, str) or type(size) is not int or size < 0 or not fit(path):
        raise BackupDamaged(f"its list of files has a line that no backup has: {line[:100]!r}")
    return Member(path, size, sha256)


def fit(path: str) -> bool:
    """Whether a path can be that of a member: below its folder on every system, and of printable characters."""
    parts = path.split("/")
    if path != SETTINGS and (len(parts) < 2 or not path.startswith((STATE, SITE))):
        return False
    return all(
        part not in ("", ".", "..") and part.isprintable() and not set(part) & {"\\", "\0"} and _short(part)
        for part in parts
    )


def _short(part: str) -> bool:
    try:
        return len(part.encode()) <= 255
    except UnicodeEncodeError:
        return False


def _take(stream: _Stream, member: Member, folder: Path | None) -> None:
    """The next file, which must be the one that the manifest has."""
    wanted = header(member.path, member.size)
    if stream.read(len(wanted)) != wanted:
        raise BackupDamaged("what follows is not this file", place=member.path)
    digest = hashlib.sha256()
    if folder is None:
        _copy(stream, None, member.size, digest)
    else:
        path = folder / member.path
        try:
            with files.guarded(path.parent):
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("xb") as file:
                    _copy(stream, file, member.size, digest)
        except FileFailed as error:
            raise BackupDamaged(f"it cannot be a file beside the others: {error.message}", place=member.path) from error
    if digest.hexdigest() != member.sha256:
        raise BackupDamaged("the file is not what it was (SHA-256)", place=member.path)


def _copy(stream: _Stream, file: BinaryIO | None, size: int, digest: hashlib._Hash) -> None:
    left = size
    while left:
        piece = stream.read(min(left, CHUNK))
        digest.update(piece)
        if file is not None:
            file.write(piece)
        left -= len(piece)
    if stream.read(-size % _BLOCK).strip(b"\0"):
        raise BackupDamaged("there is something between its files")


class _Stream:
    """What is inside the gzip member, a bounded piece at a time."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = file.seek(0, 2) - _TRAILER
        file.seek(0)
        self._unpacker, self._digest = zlib.decompressobj(31), hashlib.sha256()
        self._ready = bytearray()

    def read(self, size: int) -> bytes:
        while len(self._ready) < size:
            if not (piece := self._more()):
                raise BackupDamaged("it ends too early")
            self._ready += piece
        found = bytes(self._ready[:size])
        del self._ready[:size]
        return found

    def _more(self) -> bytes:
        """The next bytes, some; none at the end."""
        while not self._unpacker.eof:
            raw = self._unpacker.unconsumed_tail
            if not raw:
                raw = self._file.read(min(CHUNK, max(self._left, 0)))
                self._left -= len(raw)
                self._digest.update(raw)
            try:
                piece = self._unpacker.decompress(raw, CHUNK)
            except zlib.error as error:
                raise BackupDamaged(f"it cannot be unpacked: {error}") from error
            if piece or not raw:
                return piece
        return b""

    def end(self) -> None:
        """Raises ``BackupDamaged`` unless just the end of an archive follows, and every byte was what it was."""
        if self.read(2 * _BLOCK).strip(b"\0") or self._ready or self._more() or self._unpacker.unused_data:
            raise BackupDamaged("something follows where it should end")
        if self._left or self._file.read(_TRAILER + 1) != _EMPTY_GZIP % self._digest.hexdigest().encode():
            raise BackupDamaged("its bytes are not what they were (SHA-256)")


def line_of(one: Head | Member) -> bytes:
    """A line of a manifest."""
    return json.dumps(asdict(one), ensure_ascii=False).encode() + b"\n"
