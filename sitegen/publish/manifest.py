"""Manifest: the files of a built site with their hashes, so that a host asks only for those that it has not."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sitegen import files
from sitegen.errors import DeployRefused, SitegenError

BUILD_FILE = "build.json"
"""Added to what is deployed; says which build a host shows."""
MOST_IN_FOLDER = 54_000
"""Files that Netlify takes in one folder."""
MOST_REDIRECTS = 10_000
LARGEST = 100 * 1024 * 1024
"""Bytes of a file; larger ones are known to fail at hosts."""


@dataclass(frozen=True)
class Manifest:
    """The files of a folder: path → SHA-1, in hexadecimal, as hosts know files by it."""

    root: Path
    hashes: Mapping[str, str]
    sizes: Mapping[str, int]

    @classmethod
    def of(cls, root: Path) -> Manifest:
        """The manifest of a built site. Raises ``DeployRefused`` without one, ``PathEscapes`` for a link out of it."""
        if not (root / "index.html").is_file():
            raise DeployRefused("there is no built site", place=str(root), remedy="Run `sitegen build` first.")
        entries = [entry for entry in files.scan(root, hidden=True, within=root) if entry.path != BUILD_FILE]
        with files.guarded(root):
            hashes = {entry.path: _sha1((root / entry.path).read_bytes()) for entry in entries}
        return cls(root, hashes, {entry.path: entry.size for entry in entries})

    @cached_property
    def build(self) -> str:
        """The name of the build: the same for the same files, on any machine."""
        lines = "".join(f"{sha} {path}\n" for path, sha in sorted(self.hashes.items()))
        return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()[:16]

    @property
    def build_file(self) -> bytes:
        return json.dumps({"build": self.build, "files": len(self.hashes)}).encode() + b"\n"

    @property
    def all(self) -> dict[str, str]:
        """The files, and the one that names the build."""
        return {**self.hashes, BUILD_FILE: _sha1(self.build_file)}

    def read(self, path: str) -> bytes:
        """A file as it is listed. Raises ``DeployRefused`` when it is another by now: a host must not get half of one
        build and half of the next."""
        if path == BUILD_FILE:
            return self.build_file
        try:
            data = (self.root / path).read_bytes()
        except OSError as error:
            raise _changed(path) from error
        if _sha1(data) != self.hashes[path]:
            raise _changed(path)
        return data

    def confirm(self) -> None:
        """Raises ``DeployRefused`` when the folder is not as it is listed any more."""
        now = Manifest.of(self.root)
        if other := sorted(path for path, _ in self.hashes.items() ^ now.hashes.items()):
            raise _changed(other[0])

    def problems(self) -> Iterator[SitegenError]:
        """What a host would refuse, or worse, take and not serve."""
        for path in self.hashes:
            if set(path) & set("#?") or any(not char.isprintable() for char in path):
                remedy = "Rename the file; # and ? end an address."
                yield DeployRefused("hosts cannot serve a file of this name", place=path, remedy=remedy)
        for path, size in self.sizes.items():
            if size > LARGEST:
                yield DeployRefused(f"the file has {size // 1024 // 1024} MB; hosts refuse such files", place=path)
        for folder, count in Counter(path.rpartition("/")[0] for path in self.hashes).items():
            if count > MOST_IN_FOLDER:
                yield DeployRefused(f"{count} files in one folder; Netlify takes {MOST_IN_FOLDER}", place=folder or "/")
        redirects = self.root / "_redirects"
        if redirects.is_file() and (count := len(redirects.read_bytes().splitlines())) > MOST_REDIRECTS:
            yield DeployRefused(f"{count} redirects; Netlify takes {MOST_REDIRECTS}", place="_redirects")


def _changed(path: str) -> DeployRefused:
    remedy = "A build was running; deploy again when it is done."
    return DeployRefused("the file changed while it was being deployed", place=path, remedy=remedy)


def _sha1(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()
