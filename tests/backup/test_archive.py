"""The archive: what was put in comes out, anything else is refused, and any machine can open it."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
import tempfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitegen.backup import archive
from sitegen.backup.archive import Head, Member
from sitegen.errors import BackupDamaged, BackupNewer, SitegenError


def nothing(phase: str, done: int, total: int) -> None:
    pass


def packed(contents: dict[str, bytes], **changes: Any) -> bytes:
    """An archive of these files; ``changes`` of its head."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        members = []
        for path, data in contents.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
            members.append(Member(path, len(data), hashlib.sha256(data).hexdigest()))
        total = sum(map(len, contents.values()))
        said: dict[str, Any] = {"made": "", "sitegen": "1", "site": "x", "members": len(contents), "bytes": total}
        manifest = folder / "manifest"
        manifest.write_bytes(archive.line_of(Head(**said | changes)) + b"".join(map(archive.line_of, members)))
        return b"".join(archive.pack(folder, manifest, total, nothing))


def unpacked(raw: bytes) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as place:
        archive.unpack(io.BytesIO(raw), Path(place), nothing)
        return {p.relative_to(place).as_posix(): p.read_bytes() for p in Path(place).rglob("*") if p.is_file()}


def forged(contents: list[tuple[str, bytes]], *, lines: list[dict[str, Any]] | None = None) -> bytes:
    """An archive whose digests are right, and whose names need not be: who writes it knows how they are made."""
    rows = lines or [
        {"path": path, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()} for path, data in contents
    ]
    total = sum(len(data) for _, data in contents)
    head = {
        "format": 1,
        "made": "",
        "sitegen": "",
        "site": "",
        "members": len(rows),
        "bytes": total,
        "secrets": [],
        "key": "",
    }
    manifest = b"".join(json.dumps(one).encode() + b"\n" for one in (head, *rows))
    tar = b""
    for path, data in [("manifest.jsonl", manifest), *contents]:
        tar += archive.header(path, len(data)) + data + bytes(-len(data) % 512)
    return closed(tar + bytes(1024))


def closed(tar: bytes) -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    body = packer.compress(tar) + packer.flush()
    return body + archive._EMPTY_GZIP % hashlib.sha256(body).hexdigest().encode()


SAMPLE = {
    "state/journal.sqlite": bytes(range(256)) * 5,
    "site/briefs/a.md": "Bürger\n".encode(),
    "settings.json": b"{}",
}


def test_what_goes_in_comes_out() -> None:
    long = "site/briefs/" + "a" * 120 + ".md"
    contents = SAMPLE | {long: b"x" * 700_000, "state/empty": b"", "site/briefs/Übersicht über alles.md": b"1"}
    assert unpacked(packed(contents)) == contents


@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=90), st.binary(max_size=2000), max_size=4
    )
)
def test_any_fit_name_and_any_content_comes_back(contents: dict[str, bytes]) -> None:
    wanted = {
        f"state/{name}": data for name, data in contents.items() if archive.fit(f"state/{name}") and "/" not in name
    }
    assert unpacked(packed(wanted)) == wanted


def test_tar_opens_it_without_sitegen(tmp_path: Path) -> None:
    contents = SAMPLE | {"site/briefs/" + "ü" * 80 + ".md": b"long"}
    raw = packed(contents)
    with tarfile.open(fileobj=io.BytesIO(raw), mode="r:gz") as tar:
        found = {one.name: one for one in tar}
        assert [*found] == ["manifest.jsonl", *contents]
        assert all(one.isreg() and one.mode == 0o600 for one in found.values())
        read = tar.extractfile("site/briefs/a.md")
        assert read is not None
        assert read.read() == SAMPLE["site/briefs/a.md"]
    (tmp_path / "x.tgz").write_bytes(raw)
    if shutil.which("tar"):
        subprocess.run(["tar", "xzf", "x.tgz"], cwd=tmp_path, check=True)
        assert {name: (tmp_path / name).read_bytes() for name in contents} == contents
    assert gzip.decompress(raw).endswith(bytes(1024))


RAW = packed(SAMPLE)


@given(st.integers(0, len(RAW) - 1), st.integers(1, 255))
def test_any_changed_byte_is_found(place: int, change: int) -> None:
    damaged = bytearray(RAW)
    damaged[place] ^= change
    with pytest.raises((BackupDamaged, BackupNewer)):
        archive.unpack(io.BytesIO(bytes(damaged)), None, nothing)


def test_each_byte_counts_and_each_cut_is_found() -> None:
    for place in range(len(RAW)):
        for damaged in (RAW[:place] + bytes([RAW[place] ^ 1]) + RAW[place + 1 :], RAW[:place]):
            with pytest.raises((BackupDamaged, BackupNewer)):
                archive.unpack(io.BytesIO(damaged), None, nothing)
    with pytest.raises(BackupDamaged):
        archive.unpack(io.BytesIO(RAW + b"\0"), None, nothing)


@given(st.binary(max_size=3000))
def test_whatever_is_no_backup_is_refused_with_an_error_of_ours(raw: bytes) -> None:
    for data in (raw, closed(raw), closed(archive.header("manifest.jsonl", len(raw)) + raw)):
        with pytest.raises(SitegenError):
            archive.unpack(io.BytesIO(data), None, nothing)


def test_a_newer_format_is_refused_as_such() -> None:
    with pytest.raises(BackupNewer, match="format 2, this sitegen knows 1"):
        archive.unpack(io.BytesIO(packed(SAMPLE, format=2)), None, nothing)


@pytest.mark.parametrize(
    "path",
    [
        "state/../../etc/passwd",
        "/etc/passwd",
        "state//x",
        "state/",
        "state",
        "elsewhere/x",
        "state/a\\b",
        "state/a\nb",
        "state/./x",
        "state/" + "x" * 256,
        "",
    ],
)
def test_no_name_leads_out_of_the_folder(path: str, tmp_path: Path) -> None:
    with pytest.raises(BackupDamaged):
        archive.unpack(io.BytesIO(forged([(path, b"x")])), tmp_path, nothing)
    assert [*tmp_path.rglob("*")] == []


def test_links_devices_and_other_things_than_files_are_refused(tmp_path: Path) -> None:
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE):
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w", format=tarfile.USTAR_FORMAT) as tar:
            info = tarfile.TarInfo("state/x")
            info.type, info.linkname = kind, "/etc/passwd"
            tar.addfile(info)
        row = {"path": "state/x", "size": 0, "sha256": hashlib.sha256().hexdigest()}
        whole = forged([], lines=[row])
        tar_of = gzip.decompress(whole)[:-1024] + made.getvalue()[:512] + bytes(1024)
        with pytest.raises(BackupDamaged, match="not this file"):
            archive.unpack(io.BytesIO(closed(tar_of)), tmp_path, nothing)
        assert [*tmp_path.iterdir()] == []


def test_a_name_that_stands_there_twice_or_is_a_folder_is_refused(tmp_path: Path) -> None:
    for names in (["state/x", "state/x"], ["state/x", "state/x/y"]):
        shutil.rmtree(tmp_path / "state", ignore_errors=True)
        with pytest.raises(BackupDamaged):
            archive.unpack(io.BytesIO(forged([(name, b"1") for name in names])), tmp_path, nothing)


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """A member is never larger than its line says, all together have room, and what the list leaves out is not read."""
    row = {"path": "state/x", "size": 5, "sha256": "0" * 64}
    for bomb in (
        forged([("state/x", bytes(20_000_000))], lines=[row]),
        closed(archive.header("manifest.jsonl", 20_000_000) + bytes(20_000_000)),
    ):
        assert len(bomb) < 200_000
        with pytest.raises(BackupDamaged):
            archive.unpack(io.BytesIO(bomb), tmp_path, nothing)
    huge = [{"path": "state/x", "size": 10**17, "sha256": "0" * 64}]
    raw = gzip.decompress(forged([], lines=huge)).replace(b'"bytes": 0', b'"bytes": %d' % 10**17)
    size = raw.index(b"\0" * 400, 512) - 512
    tar = archive.header("manifest.jsonl", size) + raw[512:]
    with pytest.raises(SitegenError, match="MB are needed"):
        archive.unpack(io.BytesIO(closed(tar)), tmp_path, nothing)


def test_memory_does_not_grow_with_what_is_in_it(tmp_path: Path) -> None:
    import tracemalloc

    def peak(size: int) -> int:
        raw = packed({"state/x": bytes(size)})
        tracemalloc.start()
        archive.unpack(io.BytesIO(raw), None, nothing)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(40_000_000) < 1.5 * peak(4_000_000)
