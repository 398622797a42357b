"""Seal: encryption of a backup, in the format of age, so that age itself can open it as well.

For public keys the file is what ``age -r`` makes. For a passphrase a key is made, and stands before it, encrypted with
the passphrase as ``age -p -a`` does: age reads such a key with ``-i``. So the data is never in memory as a whole.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from sitegen import files
from sitegen.errors import BackupDamaged, BackupSealed

_BEGIN, _END = b"-----BEGIN AGE ENCRYPTED FILE-----\n", b"-----END AGE ENCRYPTED FILE-----\n"
_SEALED = b"age-encryption.org/v1\n"
_LONGEST_KEY = 4096


class Seal:
    """What encrypts a backup; without recipients and passphrase it leaves it as it is."""

    def __init__(self, recipients: Sequence[str] = (), passphrase: str | None = None) -> None:
        """Raises ``BackupSealed`` when a recipient is none, or pyrage is not installed."""
        self.before = b""
        """What stands before the sealed data: the key, encrypted with the passphrase."""
        self.kind = "passphrase" if passphrase else "recipients" if recipients else ""
        self._recipients: list[Any] = [_recipient(one) for one in recipients]
        if passphrase:
            x25519 = _pyrage().x25519
            own = x25519.Identity.generate()
            self._recipients.append(own.to_public())
            self.before = _pyrage().passphrase.encrypt(f"{own}\n".encode(), passphrase, armored=True)

    @property
    def name(self) -> str:
        """The SHA-256 of what stands before, which the sealed data repeats: nobody can exchange it unnoticed."""
        return files.sha256(self.before) if self.before else ""

    def write(self, pieces: Iterator[bytes], file: BinaryIO) -> None:
        file.write(self.before)
        if not self._recipients:
            for piece in pieces:
                file.write(piece)
            return
        source = _Pieces(pieces)
        try:
            _pyrage().encrypt_io(source, file, self._recipients)
        except _pyrage().EncryptError:
            if source.error is not None:
                raise source.error from None
            raise


@contextlib.contextmanager
def opened(
    path: Path, passphrase: str | None, identities: Sequence[Path], folder: Path
) -> Iterator[tuple[BinaryIO, str]]:
    """The archive inside a backup, and the name of what stands before it. An unencrypted copy is made in a file below
    ``folder`` that has no name, and so is gone when the process is. Raises ``BackupSealed`` and ``BackupDamaged``."""
    with contextlib.ExitStack() as stack:
        with files.guarded(path):
            file = stack.enter_context(path.open("rb"))
        start = file.read(_LONGEST_KEY)
        before = b""
        if start.startswith(_BEGIN):
            if (end := start.find(_END)) < 0:
                raise BackupDamaged("its key is cut off", place=str(path))
            before = start[: end + len(_END)]
        elif not start.startswith(_SEALED):
            yield file, ""
            return
        file.seek(len(before))
        keys = [_unlocked(before, passphrase, path)] if before else [_identity(one) for one in identities]
        if not keys:
            remedy = "Name the file with the key: --identity FILE."
            raise BackupSealed("the backup is encrypted for a key", place=str(path), remedy=remedy)
        plain = stack.enter_context(tempfile.TemporaryFile(dir=folder))
        _decrypt(file, plain, keys, path)
        yield plain, files.sha256(before) if before else ""


def _decrypt(file: BinaryIO, plain: BinaryIO, keys: Sequence[Any], path: Path) -> None:
    pyrage = _pyrage()
    try:
        pyrage.decrypt_io(file, plain, keys)
    except pyrage.DecryptError as error:
        if "No matching keys" not in str(error):
            raise BackupDamaged(f"it cannot be decrypted: {error}", place=str(path)) from error
        message = "the backup is encrypted for another key, or damaged"
        raise BackupSealed(message, place=str(path)) from error
    except OSError as error:
        if error.errno is not None:  # a disk's; pyrage tells of damage without a number
            raise files.storage_error(error, path) from error
        raise BackupDamaged("it cannot be decrypted: its bytes are not what they were", place=str(path)) from error


def _unlocked(before: bytes, passphrase: str | None, path: Path) -> Any:
    if not passphrase:
        raise BackupSealed("the backup is encrypted with a passphrase", place=str(path))
    pyrage = _pyrage()
    try:
        return pyrage.x25519.Identity.from_str(pyrage.passphrase.decrypt(before, passphrase).decode().strip())
    except (pyrage.DecryptError, pyrage.IdentityError, ValueError) as error:
        raise BackupSealed("the passphrase is another one, or the backup is damaged", place=str(path)) from error


def _identity(path: Path) -> Any:
    """The key in a file as ``age-keygen`` or ``ssh-keygen`` makes it."""
    with files.guarded(path):
        raw = path.read_bytes()
    pyrage = _pyrage()
    lines = [line.strip() for line in raw.decode("utf-8", "replace").splitlines()]
    own = next((line for line in lines if line.startswith("AGE-SECRET-KEY-")), None)
    try:
        return pyrage.x25519.Identity.from_str(own) if own else pyrage.ssh.Identity.from_buffer(raw)
    except pyrage.IdentityError as error:
        raise BackupSealed("the file has no key that can be used", place=str(path)) from error


def _recipient(text: str) -> Any:
    pyrage = _pyrage()
    try:
        return (pyrage.ssh if text.startswith("ssh-") else pyrage.x25519).Recipient.from_str(text)
    except pyrage.RecipientError as error:
        remedy = "Give a public key: age1…, as age-keygen tells it, or the line of an ssh key's .pub file."
        raise BackupSealed(f"{text[:80]!r} is no public key", remedy=remedy) from error


def _pyrage() -> Any:
    try:
        import pyrage
    except ImportError as error:
        remedy = "Install sitegen with its extra: pip install 'sitegen[backup]'."
        raise BackupSealed("the package that encrypts, pyrage, is not installed", remedy=remedy) from error
    return pyrage


class _Pieces:
    """Pieces as a file that can be read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._ready = pieces, b""
        self.error: BaseException | None = None
        """What ended the pieces early; pyrage tells its words only."""

    def read(self, size: int = -1) -> bytes:
        while not self._ready:
            try:
                self._ready = next(self._pieces)
            except StopIteration:
                return b""
            except BaseException as error:
                self.error = error
                raise
        size = len(self._ready) if size < 0 else size
        found, self._ready = self._ready[:size], self._ready[size:]
        return found
