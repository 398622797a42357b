"""Watching: one notice for what belongs together, none for what editors do by the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection
from pathlib import Path
from typing import Any

import pytest
import watchfiles

from sitegen.serve import drives
from sitegen.serve.watching import changes

PATIENCE = 20.0


def seen(root: Path, act: Callable[[], object], *, poll: bool | None = None) -> list[Collection[Path]]:
    """What is told about what ``act`` does below ``root/briefs``, until the file ``end`` is written there."""
    (root / "briefs").mkdir(exist_ok=True)

    async def scene() -> list[Collection[Path]]:
        found: list[Collection[Path]] = []
        stop = asyncio.Event()
        async with asyncio.timeout(PATIENCE):
            async for paths in changes(root, [root / "briefs"], stop, poll=poll):
                if paths is None:
                    await asyncio.to_thread(act)
                    await asyncio.sleep(0.7)
                    (root / "briefs/end").write_text("")
                    continue
                if others := set(paths) - {root / "briefs/end"}:
                    found.append(others)
                if root / "briefs/end" in paths:
                    stop.set()
        return found

    return asyncio.run(scene())


def test_two_thousand_files_are_one_change(tmp_path: Path) -> None:
    folder = tmp_path / "briefs"
    folder.mkdir()
    every = {folder / f"{number}.md" for number in range(2000)}

    def checkout() -> None:
        for path in every:
            path.write_text("x")

    found = seen(tmp_path, checkout)
    assert set().union(*found) == every
    assert len(found) <= 2, "a burst is seldom split, and never by file"


def test_the_dance_of_an_editor_is_one_change_of_one_file(tmp_path: Path) -> None:
    folder = tmp_path / "briefs"
    folder.mkdir()
    target = folder / "a.md"
    target.write_text("before")

    def save() -> None:
        (folder / "4913").write_text("")
        (folder / "4913").unlink()
        (folder / ".a.md.swp").write_text("swap")
        target.rename(folder / "a.md~")
        target.write_text("after")
        (folder / "a.md~").unlink()
        (folder / ".a.md.swp").unlink()

    assert seen(tmp_path, save) == [{target}]


@pytest.mark.parametrize("poll", [True, None])
def test_changes_are_seen_by_looking_too(tmp_path: Path, poll: bool | None) -> None:
    found = seen(tmp_path, lambda: (tmp_path / "briefs/a.md").write_text("x"), poll=poll)
    assert set().union(*found) <= {tmp_path / "briefs/a.md", tmp_path / "briefs"}, "or the folder that it stands in"
    assert found


def test_where_the_kernel_watches_no_more_folders_one_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    async def awatch(*paths: Path, force_polling: bool | None, **options: Any) -> AsyncGenerator[object]:
        asked.append(force_polling)
        if not force_polling:
            raise OSError(28, "No space left on device")  # what inotify says at its limit
        async for batch in watchfiles.awatch(*paths, force_polling=True, **options):
            yield batch

    monkeypatch.setattr("sitegen.serve.watching.awatch", awatch)
    found = seen(tmp_path, lambda: (tmp_path / "briefs/a.md").write_text("x"))
    assert set().union(*found) <= {tmp_path / "briefs/a.md", tmp_path / "briefs"}, "or the folder that it stands in"
    assert found
    assert True in asked


MOUNTS = r"""22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:50 / /home/ada/archive rw,relatime shared:9 - nfs4 server:/export rw
31 22 0:51 / /mnt/two\040words rw,relatime - fuse.sshfs ada@host: rw
32 22 0:52 / /home/ada/archive/local rw - tmpfs tmpfs rw
"""


@pytest.mark.parametrize(
    ("path", "silent"),
    [
        ("/srv/site", False),
        ("/home/ada/archive/site", True),
        ("/home/ada/archive", True),
        ("/home/ada/archive/local/site", False),
        ("/mnt/two words/site", True),
        ("/mnt/two", False),
    ],
)
def test_drives_of_other_machines_tell_nothing(path: str, silent: bool) -> None:
    assert drives.silent([Path("/srv"), Path(path)], MOUNTS) is silent


def test_this_machine_is_asked_when_nothing_else_is_said(tmp_path: Path) -> None:
    assert isinstance(drives.silent([tmp_path]), bool)
