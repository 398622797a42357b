"""files: atomic, confined, locked."""

from __future__ import annotations

import contextlib
import errno
import multiprocessing
import os
import stat
import subprocess
import sys
import threading
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitegen import files
from sitegen.errors import DiskFull, FileFailed, Locked, NotPermitted, PathEscapes, TextNotUtf8


def test_a_write_replaces_the_whole_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "file.txt"
    files.write_atomic(target, "one")
    files.write_atomic(target, "two")
    assert target.read_text() == "two"
    assert [path.name for path in target.parent.iterdir()] == ["file.txt"]


def test_a_failed_write_leaves_the_old_content_and_no_temporary_file(tmp_path: Path) -> None:
    target = tmp_path / "file.txt"
    files.write_atomic(target, "old")
    script = (
        "import resource, signal, sys; from pathlib import Path; from sitegen import files, errors\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: files.write_atomic(Path(sys.argv[1]), 'x' * 100_000)\n"
        "except errors.DiskFull as error: print(error.code)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(target)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "SG601"
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["file.txt"]


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, DiskFull),
        (errno.EDQUOT, DiskFull),
        (errno.EACCES, NotPermitted),
        (errno.EROFS, NotPermitted),
        (errno.EIO, FileFailed),
    ],
)
def test_every_system_error_gets_the_code_that_says_what_to_do(number: int, kind: type[Exception]) -> None:
    error = files.storage_error(OSError(number, os.strerror(number)), Path("x"))
    assert type(error) is kind
    assert str(error.place) == "x"
    assert error.remedy


def test_a_folder_where_the_file_should_be_is_an_error_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(FileFailed) as caught:
        files.write_atomic(tmp_path, "x")
    assert str(tmp_path) in str(caught.value)


def test_text_that_is_no_utf8_is_refused_with_its_line(tmp_path: Path) -> None:
    target = tmp_path / "a.md"
    target.write_bytes(b"one\ntwo\n\xff\n")
    with pytest.raises(TextNotUtf8, match=r"a\.md:3"):
        files.read_text(target)


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    target = tmp_path / "a.md"
    target.write_bytes(b"\xef\xbb\xbfone")
    assert files.read_text(target) == "one"


@given(st.text())
def test_the_text_hash_ignores_line_ends_and_trailing_blanks_and_composition(text: str) -> None:
    lines = text.replace("\r", "\n").split("\n")
    dressed = "\r\n".join(f"{unicodedata.normalize('NFD', line)}  \t" for line in lines)
    assert files.text_hash(dressed) == files.text_hash("\n".join(lines))


@given(st.text(min_size=1), st.text(min_size=1))
def test_different_words_have_different_hashes(one: str, two: str) -> None:
    same = files.normalise_text(one) == files.normalise_text(two)
    assert (files.text_hash(one) == files.text_hash(two)) == same


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../x", "a\0b"])
def test_no_name_leads_out_of_its_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises((PathEscapes, ValueError)):
        files.confined(tmp_path, name)


def test_a_link_that_leads_out_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link").symlink_to(tmp_path)
    with pytest.raises(PathEscapes):
        files.confined(tmp_path / "in", "link/x")
    assert files.confined(tmp_path / "in", "a/b.md") == (tmp_path / "in" / "a" / "b.md").resolve()


def test_a_scan_is_sorted_leaves_out_hidden_names_and_follows_no_link_to_a_folder(tmp_path: Path) -> None:
    for name in ("b/2.md", "a.md", "b/1.md", ".hidden/x", "b/.x"):
        files.write_atomic(tmp_path / name, "x")
    (tmp_path / "loop").symlink_to(tmp_path)
    assert [entry.path for entry in files.scan(tmp_path)] == ["a.md", "b/1.md", "b/2.md"]
    assert files.scan(tmp_path / "missing") == []
    assert sorted(files.names(tmp_path)) == ["a.md", "b/1.md", "b/2.md"]
    assert list(files.names(tmp_path / "missing")) == []


def test_a_file_that_vanishes_while_its_folder_is_read_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).write_text("x")
    walk = files._walk

    def deleting(root: Path, *, hidden: bool) -> Iterator[tuple[str, os.DirEntry[str]]]:
        for name, entry in walk(root, hidden=hidden):
            if name == "b":
                (tmp_path / "b").unlink()
            yield name, entry

    monkeypatch.setattr(files, "_walk", deleting)
    assert [entry.path for entry in files.scan(tmp_path)] == ["a", "c"]


def _hold(path: Path, ready: multiprocessing.synchronize.Event, stop: multiprocessing.synchronize.Event) -> None:
    with files.lock(path, "pull"):
        ready.set()
        stop.wait(10)


def test_a_lock_names_its_holder_and_dies_with_it(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready, stop = context.Event(), context.Event()
    holder = context.Process(target=_hold, args=(tmp_path / "lock", ready, stop))
    holder.start()
    assert ready.wait(20)
    with pytest.raises(Locked, match=str(holder.pid)), files.lock(tmp_path / "lock", "pull"):
        pass
    holder.kill()
    holder.join()
    with files.lock(tmp_path / "lock", "pull"):
        pass


@contextlib.contextmanager
def without_rights(folder: Path) -> Iterator[None]:
    """The folder may not be written to; root, who may everything, becomes somebody else meanwhile."""
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(stat.S_IRWXU)


def test_a_folder_without_permission_is_an_error_with_its_place(tmp_path: Path) -> None:
    with without_rights(tmp_path), pytest.raises(NotPermitted, match=str(tmp_path)):
        files.write_atomic(tmp_path / "x", "x")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_held_by_one_at_a_time_and_the_other_waits(tmp_path: Path) -> None:
    order: list[str] = []

    def other() -> None:
        with files.held(tmp_path):
            order.append("other")

    waiting = threading.Thread(target=other)
    with files.held(tmp_path):
        waiting.start()
        waiting.join(0.2)
        order.append("first")
    waiting.join(10)
    assert order == ["first", "other"]
    assert list(tmp_path.iterdir()) == []
