"""Releases: a folder on this machine that a web server shows, with an atomic switch from one version to another.

    PATH/releases/20261122-070000-3f2a…/   one version each
    PATH/current → releases/…              what the server shows
    PATH/releases.json                     what there is, and when it was shown

A switch is one rename, which a server sees before or after, never between. Files that a version shares with the one
before are the same file on disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sitegen import files
from sitegen.errors import DeployMissing, DeployRefused
from sitegen.publish.manifest import Manifest
from sitegen.publish.target import Change, Deploy, Progress, Status

_UNFINISHED = ".part"


class Releases:
    """A ``Target``."""

    def __init__(self, path: Path, *, keep: int, url: str) -> None:
        """``keep`` versions stay beside what is shown and what was shown before."""
        self.path, self.keep, self.url = path, keep, url
        self._versions = path / "releases"
        self._list = path / "releases.json"
        self._link = path / "current"

    async def draft(self, manifest: Manifest, message: str, progress: Progress, alias: str = "") -> Deploy:
        return await asyncio.to_thread(self._draft, manifest, message, progress)

    async def promote(self, deploy: str) -> Change:
        return await asyncio.to_thread(self._promote, deploy)

    async def rollback(self, deploy: str | None) -> Change:
        return await asyncio.to_thread(self._promote, deploy or self._before())

    async def status(self) -> Status:
        return Status(self.url, next((one for one in self._all() if one.current), None))

    async def deploys(self, limit: int) -> Sequence[Deploy]:
        return self._all()[:limit]

    async def aclose(self) -> None:
        pass

    # ------------------------------------------------------------------------------------------------------- versions

    def _draft(self, manifest: Manifest, message: str, progress: Progress) -> Deploy:
        with self._alone():
            for known in self._all():
                if known.build == manifest.build and self._whole(known.id, manifest):
                    return known
            now = dt.datetime.now(dt.UTC)
            name = f"{now:%Y%m%d-%H%M%S}-{manifest.build[:8]}"
            new = self._versions / f"{name}{_UNFINISHED}"
            shutil.rmtree(new, ignore_errors=True)
            written = self._fill(new, manifest, progress)
            target = self._versions / name
            if target.exists():  # the same build in the same second, which was found damaged
                name = f"{name}-{secrets.token_hex(3)}"
                target = self._versions / name
            entries = self._load()
            with files.guarded(new):
                new.rename(target)
            entry = {"id": name, "build": manifest.build, "message": message, "created": f"{now:%Y-%m-%dT%H:%M:%SZ}"}
            self._keep([{**entry, "published": ""}, *entries])
            self._prune()
            return replace(self._deploy({**entry, "published": ""}), uploaded=written)

    def _fill(self, new: Path, manifest: Manifest, progress: Progress) -> int:
        """Writes the files of a version; those of the version that is shown now are shared."""
        before = self._link.resolve() if self._link.is_symlink() else None
        written, all_files = 0, manifest.all
        for number, path in enumerate(sorted(all_files)):
            target = files.confined(new, path)
            data = manifest.read(path)
            with files.guarded(target):
                target.parent.mkdir(parents=True, exist_ok=True)
                if before is None or not _shared(before / path, target, data):
                    files.write_atomic(target, data)
                    written += 1
            if number % 100 == 0:
                progress("upload", number, len(all_files))
        progress("upload", len(all_files), len(all_files))
        return written

    def _whole(self, name: str, manifest: Manifest) -> bool:
        """Whether a version is still there as it was written."""
        version = self._versions / name
        wanted = manifest.all
        with contextlib.suppress(OSError):
            there = {entry.path for entry in files.scan(version, hidden=True)}
            return there == wanted.keys() and all(
                (version / path).read_bytes() == manifest.read(path) for path in there
            )
        return False

    def _promote(self, name: str) -> Change:
        with self._alone():
            entries = self._load()
            entry = next((one for one in entries if one["id"] == name), None)
            if entry is None or not (self._versions / name).is_dir():
                raise DeployMissing(f"there is no version {name}", place=str(self._versions))
            before = self._shown()
            waiting = self._link.with_name(f".current-{secrets.token_hex(4)}")
            with files.guarded(self._link):
                if self._link.exists() and not self._link.is_symlink():
                    raise DeployRefused("this is no link that sitegen made", place=str(self._link))
                waiting.symlink_to(Path("releases") / name)
                waiting.replace(self._link)
            # Counted up, so that what was shown last is known even when it all happened in one second.
            turn = max((int(one.get("turn", 0)) for one in entries), default=0) + 1
            if before != name:
                entry |= {"published": f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ}", "turn": turn}
                self._keep(entries)
            self._prune()
            return Change(self._deploy(entry), before if before != name else "", before == name)

    def _before(self) -> str:
        """What was shown last of all that are older than what is: never the one from which somebody came back."""
        shown, entries = self._shown(), self._load()  # the newest first
        place = next((number for number, one in enumerate(entries) if one["id"] == shown), -1)
        found = [one for one in entries[place + 1 :] if one.get("turn")]
        if not found:
            raise DeployMissing("there is no earlier version that was shown", place=str(self._versions))
        return str(max(found, key=lambda one: int(one["turn"]))["id"])

    def _shown(self) -> str:
        return self._link.readlink().name if self._link.is_symlink() else ""

    def _prune(self) -> None:
        """Removes what nobody will return to, and what was left of drafts that were cut short."""
        entries = self._load()
        shown = self._shown()
        turns = sorted(entries, key=lambda one: -int(one.get("turn", 0)))
        needed = {shown, *(one["id"] for one in turns[:2]), *(one["id"] for one in entries[: self.keep])}
        self._keep([one for one in entries if one["id"] in needed])
        for folder in self._versions.iterdir():
            if folder.name not in needed:
                shutil.rmtree(folder, ignore_errors=True)

    # ----------------------------------------------------------------------------------------------------------- list

    def _all(self) -> list[Deploy]:
        return [self._deploy(entry) for entry in self._load()]

    def _deploy(self, entry: dict[str, Any]) -> Deploy:
        name, build, message, created, published = (
            str(entry.get(field, "")) for field in ("id", "build", "message", "created", "published")
        )
        state = "ready" if (self._versions / name).is_dir() else "lost"
        shown = name == self._shown()
        return Deploy(name, state, "", build, message, created, published, current=shown)

    def _load(self) -> list[dict[str, Any]]:
        try:
            found = json.loads(self._list.read_text("utf-8"))
            entries = [one for one in found if isinstance(one, dict) and isinstance(one.get("id"), str)]
        except (OSError, ValueError, TypeError):
            entries = []
        # The folders are the truth: what the list does not know, a damaged or lost one, is still there.
        known = {one["id"] for one in entries}
        folders = sorted(self._versions.iterdir(), reverse=True) if self._versions.is_dir() else []
        lost = [{"id": one.name} for one in folders if one.name not in known and not one.name.endswith(_UNFINISHED)]
        return [*entries, *lost]

    def _keep(self, entries: Sequence[dict[str, Any]]) -> None:
        files.write_atomic(self._list, json.dumps(entries, indent=1) + "\n")

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        with files.guarded(self._versions):
            self._versions.mkdir(parents=True, exist_ok=True)
        with files.lock(self.path / ".lock", "deploy"):
            yield


def _shared(known: Path, target: Path, data: bytes) -> bool:
    """Makes ``target`` the same file as ``known``, when that holds the same."""
    try:
        if known.is_symlink() or known.read_bytes() != data:
            return False
        os.link(known, target)
    except OSError:
        return False
    return True
