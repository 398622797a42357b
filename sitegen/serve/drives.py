"""Drives: whether the kernel tells of changes in a folder, or somebody must look again and again."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")
_SILENT = {"9p", "afs", "ceph", "cifs", "drvfs", "nfs", "nfs4", "smb3", "smbfs", "vboxsf", "vmhgfs", "virtiofs"}
"""Kinds of file systems whose changes may come from another machine, of which inotify tells nothing
(https://man7.org/linux/man-pages/man7/inotify.7.html, "Limitations and caveats")."""
_SILENT_FUSE = ("fuse.sshfs", "fuse.rclone", "fuse.gvfsd-fuse", "fuse.vmhgfs-fuse", "fuse.glusterfs", "fuse.grpcfuse")


def silent(paths: Iterable[Path], mounts: str | None = None) -> bool:
    """Whether any of the folders lies on a drive that does not tell of all changes; ``mounts`` as in mountinfo(5)."""
    if mounts is None:
        try:
            mounts = _MOUNTS.read_text("utf-8", "replace")
        except OSError:  # not Linux, whose other systems tell
            return False
    kinds = _kinds(mounts)
    return any(_is_silent(_kind(Path(os.path.realpath(path)), kinds)) for path in paths)


def _kinds(mounts: str) -> dict[Path, str]:
    """The kind of each mounted drive, by the folder where it is mounted."""
    found = {}
    for line in mounts.splitlines():
        where, _, what = line.partition(" - ")
        if what and len(fields := where.split(" ")) > 4:
            found[Path(fields[4].encode().decode("unicode_escape"))] = what.split(" ")[0]
    return found


def _kind(path: Path, kinds: dict[Path, str]) -> str:
    return next((kinds[folder] for folder in (path, *path.parents) if folder in kinds), "")


def _is_silent(kind: str) -> bool:
    return kind in _SILENT or kind.startswith(_SILENT_FUSE)
