"""Encrypted backups: nobody reads one without the key, age itself does with it, and no byte may change."""

from __future__ import annotations

import functools
import io
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

pyrage: Any = pytest.importorskip("pyrage")

from sitegen.backup import archive  # noqa: E402
from sitegen.backup.seal import Seal, opened  # noqa: E402
from sitegen.backup.taking import unpacked  # noqa: E402
from sitegen.cli import run  # noqa: E402
from sitegen.errors import BackupDamaged, BackupSealed, SitegenError  # noqa: E402
from tests.backup.conftest import Site  # noqa: E402
from tests.backup.test_archive import nothing, packed  # noqa: E402


@pytest.fixture
def key(tmp_path: Path) -> tuple[str, Path]:
    """A public key, and the file of the secret one as age-keygen writes it."""
    own = pyrage.x25519.Identity.generate()
    path = tmp_path / "key.txt"
    path.write_text(f"# created: 2026-11-22\n# public key: {own.to_public()}\n{own}\n")
    return str(own.to_public()), path


def test_for_a_public_key(pulled: Site, tmp_path: Path, key: tuple[str, Path]) -> None:
    public, secret = key
    other = tmp_path / "other.txt"
    other.write_text(f"{pyrage.x25519.Identity.generate()}\n")
    file = tmp_path / "kept.backup"
    assert pulled.run("backup", str(file), "--recipient", public) == 0
    assert file.read_bytes().startswith(b"age-encryption.org/v1\n")
    assert pulled.run("restore", str(file)) == 1
    assert pulled.run("restore", str(file), "--identity", str(other)) == 1
    assert pulled.run("restore", str(file), "--identity", str(other), "--identity", str(secret)) == 0
    assert pulled.run("backup", "--check", str(file), "--identity", str(secret)) == 0
    plain = pyrage.decrypt(file.read_bytes(), [pyrage.x25519.Identity.from_str(secret.read_text().split()[-1])])
    assert archive.unpack(io.BytesIO(plain), None, nothing).members > 5


def test_for_a_key_of_ssh(pulled: Site, tmp_path: Path) -> None:
    if shutil.which("ssh-keygen") is None:
        pytest.skip("ssh-keygen is not installed")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "id"], check=True)
    public = (tmp_path / "id.pub").read_text().strip()
    assert pulled.run("backup", str(tmp_path / "kept.backup"), "--recipient", public) == 0
    assert pulled.run("restore", str(tmp_path / "kept.backup"), "--identity", str(tmp_path / "id")) == 0


def test_with_a_passphrase(
    pulled: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "kept.backup"
    monkeypatch.setenv("SITEGEN_BACKUP__PASSPHRASE", "correct horse")
    assert pulled.run("backup", str(file)) == 0
    assert b"Report" not in file.read_bytes()
    monkeypatch.setenv("SITEGEN_BACKUP__PASSPHRASE", "wrong horse")
    assert pulled.run("restore", str(file)) == 1
    monkeypatch.delenv("SITEGEN_BACKUP__PASSPHRASE")
    assert pulled.run("restore", str(file)) == 1
    assert "SG728" in capsys.readouterr().err
    (tmp_path / "words").write_text("correct horse\n")
    monkeypatch.setenv("SITEGEN_BACKUP__PASSPHRASE_FILE", str(tmp_path / "words"))
    assert run(["--site", str(pulled.root), "--json", "restore", str(file)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["state"] == ["cache", "journal.sqlite"]
    # By hand, with age: the key first, then the rest.
    raw = file.read_bytes()
    end = raw.index(b"-----END AGE ENCRYPTED FILE-----\n") + 33
    own = pyrage.passphrase.decrypt(raw[:end], "correct horse").decode().strip()
    plain = pyrage.decrypt(raw[end:], [pyrage.x25519.Identity.from_str(own)])
    assert plain.startswith(b"\x1f\x8b")


@pytest.mark.parametrize("passphrase", [None, "x"])
def test_any_changed_byte_is_found(
    tmp_path: Path, key: tuple[str, Path], passphrase: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A passphrase takes a second for each try; the same bytes need be tried only once.
    monkeypatch.setattr(pyrage.passphrase, "decrypt", functools.cache(pyrage.passphrase.decrypt))
    file = tmp_path / "x"
    seal = Seal([] if passphrase else [key[0]], passphrase)
    with file.open("wb") as out:
        seal.write(iter([packed({"state/x": b"1" * 300}, key=seal.name)]), out)
    raw = file.read_bytes()

    def read() -> None:
        with opened(file, passphrase, [key[1]], tmp_path) as (plain, name):
            unpacked(plain, None, name, file, nothing)

    read()
    start = len(seal.before)
    places = [20, 250, start - 2, start + 100, len(raw) - 1] if passphrase else [*range(len(raw))]
    for place in places:
        file.write_bytes(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :])
        with pytest.raises((BackupDamaged, BackupSealed)):
            read()
    for cut in (0, 10, start + 30):
        file.write_bytes(raw[:cut])
        with pytest.raises(SitegenError):
            read()


def test_a_wrong_public_key_is_told_before_anything_is_written(
    pulled: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert pulled.run("backup", str(tmp_path / "x.backup"), "--recipient", "age1nonsense") == 1
    assert "SG728" in capsys.readouterr().err
    assert not (tmp_path / "x.backup").exists()


def test_a_full_disk_is_told_as_such(tmp_path: Path, key: tuple[str, Path]) -> None:
    def pieces() -> Any:
        yield b"x" * 100_000
        raise OSError(28, "No space left on device")

    with (tmp_path / "x").open("wb") as out, pytest.raises(OSError, match="No space left"):
        Seal([key[0]]).write(pieces(), out)
