"""Statuses: how many briefs have which. Only briefs that have changed are read, and little is kept of each."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from sitegen import files

STATUSES = ("draft", "review", "published", "withdrawn")
_HEAD = 64 * 1024
"""Bytes of a brief in which its status is looked for."""
_STATUS = re.compile(rb"\A(?:\xef\xbb\xbf)?---\r?\n(?:(?!---).*\n)*?status:[ \t]*[\"']?(\w+)")


class Statuses:
    """The briefs of a folder. Remembers one number for each, so that very many take little memory."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._known: dict[int, int] = {}
        """A hash of path and stat data → the place of the status in ``STATUSES``, or -1."""

    def count(self) -> Counter[str]:
        """How many there are of each status now; a brief that says none is broken, and does not count."""
        found: Counter[str] = Counter()
        known: dict[int, int] = {}
        for name in files.names(self.root):
            if name.endswith(".md"):
                try:
                    key = self._key(name)
                    place = self._known[key] if key in self._known else self._read(name)
                except OSError:  # gone since its name was read
                    continue
                known[key] = place
                if place >= 0:
                    found[STATUSES[place]] += 1
        self._known = known
        return found

    def _key(self, name: str) -> int:
        info = (self.root / name).stat()
        return hash((name, info.st_size, info.st_mtime_ns, info.st_ctime_ns))

    def _read(self, name: str) -> int:
        with (self.root / name).open("rb") as file:
            match = _STATUS.match(file.read(_HEAD))
        said = match[1].decode() if match else ""
        return STATUSES.index(said) if said in STATUSES else -1
