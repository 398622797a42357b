"""Outputs: what the last build wrote into a folder, so that the next one writes only what differs and removes what is
gone, and never touches what others put there."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from sitegen import files
from sitegen.errors import OutputRefused
from sitegen.root import STATE_FOLDER
from sitegen.site import folders
from sitegen.site.inputs import Stamp, stamp_of, trusted

NEVER: Stamp = (-1, -1, -1)
"""The stamp of no file."""


class Made(NamedTuple):
    """One output as the last build left it."""

    stamp: Stamp
    sha: str
    depends: bytes
    """The digest of all that it was made from; empty for outputs that are made in each build."""
    reads: tuple[str, ...]
    """What its template read beside its own page."""


@dataclass(frozen=True, slots=True)
class Change:
    """An output that was made, and whether the folder needs it."""

    path: str
    sha: str
    depends: bytes
    reads: tuple[str, ...]
    differs: bool


def known_as(site: Path, output: Path) -> str:
    """What the memory of builds calls an output folder: its path in the site, so that a site may be moved, copied or
    mounted elsewhere and goes on; its whole path when it lies outside."""
    root = site.resolve()
    return output.relative_to(root).as_posix() if output.is_relative_to(root) else str(output)


class Folder:
    """The output folder."""

    def __init__(self, root: Path, ledger: Path, made: Mapping[str, Made], site: Path | None = None) -> None:
        """``ledger`` is the file that lists what is ours in ``root``; ``made`` is what the last build knew; ``site``
        is the folder of the site, which may be moved with all that is in it."""
        self.root = root
        self._private = site is not None and root.is_relative_to(site.resolve() / STATE_FOLDER)
        self._name = str(root) if site is None else known_as(site, root)
        self.made = made
        self._base = f"{root}/"
        self._ledger = ledger
        self._open = ledger.with_suffix(".open")
        self._ours = self._load()

    def _load(self) -> set[str] | None:
        try:
            found = json.loads(self._ledger.read_bytes())
        except (OSError, ValueError):
            return None
        return set(found["paths"]) if isinstance(found, dict) and found.get("root") == self._name else None

    def stamp(self, path: str) -> Stamp | None:
        """What the file system says of an output now."""
        try:
            return stamp_of(os.lstat(self._base + path))
        except OSError:
            return None

    def intact(self, path: str, made: Made) -> bool:
        """Whether an output is there as it was made."""
        stamp = self.stamp(path)
        if stamp is None:
            return False
        if stamp == made.stamp:
            return True
        data = self.read(path)
        return data is not None and files.sha256(data) == made.sha

    def read(self, path: str) -> bytes | None:
        """The content of an output; None when it is not a plain file."""
        try:
            fd = os.open(self._base + path, os.O_RDONLY | os.O_NOFOLLOW)
        except OSError:
            return None
        with os.fdopen(fd, "rb") as file:
            try:
                return file.read()
            except OSError:  # a folder
                return None

    def differs(self, path: str, data: bytes, sha: str) -> bool:
        """Whether ``data`` must be written."""
        made = self.made.get(path)
        if made is not None and made.sha == sha and self.stamp(path) == made.stamp:
            return False
        return self.read(path) != data

    def begin(self, paths: Collection[str]) -> None:
        """Takes possession of ``paths`` before anything is written, so that a build cut short can be mended.

        Raises ``OutputRefused`` when the folder holds files that are not ours: any that this build does not make, for
        a folder that no build knows; one in the way, for others.
        """
        if self._ours is None:
            self._ours = folders.adopted(self.root, paths, private=self._private)
        foreign = [path for path in paths if path not in self._ours and os.path.lexists(self._base + path)]
        if foreign:
            raise OutputRefused(
                f"sitegen did not write this file, and the site has one of the same name ({len(foreign)} in all)",
                place=self._base + min(foreign),
                remedy="Move the file away, or choose an empty folder with `--output DIR`.",
            )
        if self._open.exists():
            self._sweep()
        self._keep(self._ours | set(paths))
        files.write_atomic(self._open, b"", durable=False)

    def finish(self, paths: Collection[str]) -> list[str]:
        """Removes outputs that are no longer made, and returns their paths."""
        gone = sorted((self._ours or set()) - set(paths))
        for path in gone:
            target = self.root / path
            if not _through_link(self.root, path):
                files.remove(target)
                files.remove_empty_parents(target, self.root)
        self._keep(set(paths))
        self.close()
        return gone

    def close(self) -> None:
        """Nothing that ``begin`` announced is left to be written."""
        files.remove(self._open)

    def empty(self) -> None:
        """Removes all that is ours. The folder stays known, so that what others put there is no reason to refuse it."""
        if self._ours is not None:
            self.finish(())

    @property
    def unfinished(self) -> bool:
        """Whether the last build was cut short while it wrote."""
        return self._open.exists()

    def _keep(self, paths: set[str]) -> None:
        if paths != self._ours or not self._ledger.exists():
            text = json.dumps({"root": self._name, "paths": sorted(paths)}, indent=0)
            files.write_atomic(self._ledger, text, durable=False)
            self._ours = paths

    def _sweep(self) -> None:
        """Removes what a build that was cut short left half-written."""
        for entry in files.scan(self.root, hidden=True):
            if files.is_temporary(entry.path.rpartition("/")[2]):
                files.remove(self.root / entry.path)


def _through_link(root: Path, path: str) -> bool:
    """Whether a folder on the way to ``path`` is a link, so that the file is not in the output folder at all."""
    parent = root
    for part in path.split("/")[:-1]:
        parent = parent / part
        if parent.is_symlink():
            return True
    return False


def settled(
    changes: Sequence[Change], stamps: Mapping[str, Stamp], folder: Folder, now: int
) -> Iterator[tuple[str, Made]]:
    """What the next build may rely on, for outputs that were made; those too young to be trusted have no stamp."""
    for change in changes:
        stamp = stamps.get(change.path) or folder.stamp(change.path) or NEVER
        yield change.path, Made(stamp if trusted(stamp, now) else NEVER, change.sha, change.depends, change.reads)
