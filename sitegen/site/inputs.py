"""Inputs: every file that a build may read, with its stamp, so that what has not changed is not read again.

A stamp only says where to look. A file whose stamp differs from the last build's is read and compared by its hash; a
file that changed so shortly before the scan that the clock of the file system could hide one more change is not trusted
the next time either.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sitegen import files

Stamp = tuple[int, int, int]
"""Size, time of the last write, time of the last change; nanoseconds."""

_TICK = 50_000_000
"""Kernels stamp files with a clock that moves every 1 to 10 ms."""
_COARSE_TICK = 2_100_000_000
"""FAT and some network drives know even or whole seconds only."""


def trusted(stamp: Stamp, now: int) -> bool:
    """Whether a later change of the file is bound to show in its stamp; ``now`` is the time before the stamp was taken.

    Times in the future (a clock that was set back) are not trusted.
    """
    latest = max(stamp[1], stamp[2])
    tick = _COARSE_TICK if stamp[2] % 1_000_000_000 == 0 else _TICK
    return latest + tick < now


def stamp_of(info: os.stat_result) -> Stamp:
    return (info.st_size, info.st_mtime_ns, info.st_ctime_ns)


@dataclass(slots=True)
class Input:
    """One file that the build may read."""

    path: str
    """On disk."""
    stamp: Stamp
    sha: str | None = None
    """Of the content; None when it must be read to know."""


class Inputs:
    """The files of all trees, by keys such as ``briefs/2024/budget.md``: the name of the tree, then the path in it."""

    def __init__(self, site: Path, trees: Mapping[str, Path], known: Mapping[str, tuple[Stamp, str]]) -> None:
        """Scans ``trees``; ``known`` are the trusted stamps of the last build, with the hashes of that content.

        Raises ``PathEscapes`` for a link that leads out of the folder ``site``: it would publish a file of the machine.
        """
        self.started = time.time_ns()
        self.files: dict[str, Input] = {}
        self._known = known
        self.trees = trees
        for tree, root in trees.items():
            base = f"{root}/"
            for entry in files.scan(root, within=site if root.is_relative_to(site) else root):
                key = f"{tree}/{entry.path}"
                stamp = (entry.size, entry.mtime_ns, entry.ctime_ns)
                last = known.get(key)
                sha = last[1] if last is not None and last[0] == stamp else None
                self.files[key] = Input(base + entry.path, stamp, sha)

    def of(self, tree: str) -> Iterable[str]:
        """The keys of one tree, in order."""
        prefix = f"{tree}/"
        return [key for key in self.files if key.startswith(prefix)]

    def read(self, key: str) -> bytes:
        """The content; its hash is known from then on."""
        file = self.files[key]
        with files.guarded(Path(file.path)), open(file.path, "rb") as stream:  # noqa: PTH123  # called 10,000 times
            data = stream.read()
        file.sha = files.sha256(data)
        return data

    def sha(self, key: str) -> str:
        """The hash of the content, read when need be."""
        file = self.files[key]
        if file.sha is None:
            self.read(key)
        assert file.sha is not None
        return file.sha

    def unchanged(self, before: Mapping[str, str]) -> bool:
        """Whether there are just the files of ``before`` (key → hash), with the same content."""
        return self.files.keys() == before.keys() and all(self.sha(key) == sha for key, sha in before.items())

    def stamps(self) -> dict[str, tuple[Stamp, str]]:
        """What the next build may trust: stamp and hash of each file that was read; others have an impossible stamp."""
        return {
            key: (file.stamp if trusted(file.stamp, self.started) else (-1, -1, -1), file.sha)
            for key, file in self.files.items()
            if file.sha is not None
        }
