"""Carry: files of an earlier build that go on being there for some days, so that pages that are open still find them.

A new build puts a site in the place of the old one. A page that somebody opened before asks for styles, scripts and
pictures under their old names, and would get nothing. Each build lists what it has under ``assets/``, with hashes. A
build that is given an earlier one (``--carry-from``) takes over what it does not make itself, and notes since when it
is not made any more; after some days it is left behind.

What editors took back is not carried: no picture (one that is shown still has its name still), and nothing of an index
of the search that knows a page which is not public any more.
"""

from __future__ import annotations

import datetime as dt
import gzip
import json
import re
import zlib
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sitegen.errors import EarlierBuildUnusable, Place, SitegenError, raise_all
from sitegen.site.images.variants import FOLDER as IMAGES
from sitegen.site.inputs import Inputs

FOLDERS = ("assets", "pagefind")
"""Whose files are carried; those of the search are asked for by pages that are open, too."""
LIST = "carried/assets.json"
"""The list, in the output folder. Not below ``assets/``, which browsers keep for ever."""
TREE = "earlier"
_FRAGMENTS = "pagefind/fragment/"
_SHA = re.compile(r"[0-9a-f]{64}")
_TOLD = 5
"""How many wrong entries are told."""


@dataclass(slots=True)
class Carried:
    """What a build takes over."""

    copies: dict[str, str] = field(default_factory=dict)
    """Output path → key of the input."""
    hashes: dict[str, str] = field(default_factory=dict)
    """Output path → SHA-256."""
    since: dict[str, str] = field(default_factory=dict)
    """Output path → the day from which on it was not made any more."""
    warnings: list[SitegenError] = field(default_factory=list)
    first_day: int = 0
    last_day: int = dt.date.max.toordinal()
    """The days on which a build would take over the same, as ordinals."""


def trees(folder: Path) -> dict[str, Path]:
    """What is read of an earlier build."""
    return {f"{TREE}/{name}": folder / name for name in (*FOLDERS, LIST.partition("/")[0])}


class Earlier:
    """A build that was published before."""

    def __init__(self, inputs: Inputs, folder: Path) -> None:
        """Raises ``EarlierBuildUnusable`` when there is no list, or it is not one that a build wrote."""
        key = f"{TREE}/{LIST}"
        if key not in inputs.files:
            raise EarlierBuildUnusable(f"there is no earlier build here: {LIST} is missing", place=str(folder))
        self._inputs, self._folder = inputs, folder
        self._entries = entries_of(inputs.read(key), str(folder / LIST))

    def left(self, made: Container[str], public: Container[str], today: dt.date, days: int) -> Carried:
        """What to take over beside the outputs ``made``, for ``days`` from the first build that did not make it.

        ``public`` are the outputs of pages that everybody may read.
        A file that is gone, or is not what was published, is left out with a warning.
        """
        found = Carried()
        left = [path for path in sorted(self._entries) if path not in made and not path.startswith(f"{IMAGES}/")]
        if not all(self._about(path, public) for path in left if path.startswith(_FRAGMENTS)):
            left = [path for path in left if not path.startswith(f"{FOLDERS[1]}/")]
        for path in left:
            sha, since = self._entries[path]
            day = min(since or today, today)  # a clock that went ahead keeps nothing for ever
            last = day.toordinal() + days - 1
            if today.toordinal() > last:
                found.first_day = max(found.first_day, last + 1)
            elif problem := self._problem(path, sha):
                found.warnings.append(problem)
            else:
                found.copies[path], found.hashes[path], found.since[path] = f"{TREE}/{path}", sha, day.isoformat()
                if since is None or since > today:
                    found.first_day = max(found.first_day, today.toordinal())
                    found.last_day = min(found.last_day, today.toordinal())
                found.last_day = min(found.last_day, last)
        return found

    def _about(self, path: str, public: Container[str]) -> bool:
        """Whether a fragment of the search's index, which holds the text of one page, is about a public one."""
        if f"{TREE}/{path}" not in self._inputs.files:
            return True
        try:
            raw = gzip.decompress(self._inputs.read(f"{TREE}/{path}"))
            url = json.loads(raw.removeprefix(b"pagefind_dcd"))["url"]
            return f"{url[1:]}index.html" in public
        except (OSError, EOFError, ValueError, KeyError, TypeError, zlib.error, RecursionError):
            return False

    def _problem(self, path: str, sha: str) -> SitegenError | None:
        """Why a file that is listed cannot be taken over."""
        source = f"{TREE}/{path}"
        if source not in self._inputs.files or Path(self._inputs.files[source].path).is_symlink():
            what = "is listed, but it is not there"
        elif self._inputs.sha(source) != sha:
            what = "is not the file that was published under this name"
        else:
            return None
        return EarlierBuildUnusable(
            f"{what}, and so it is not carried forward",
            place=str(self._folder / path),
            remedy="Get the earlier build once more, as it was published; or leave `--carry-from` out.",
        )


def listing(hashes: Mapping[str, str], carried: Carried) -> bytes:
    """The list of this build; ``hashes`` are those of all its outputs, by path."""
    assets = {
        path: {"sha256": sha, **({"since": carried.since[path]} if path in carried.since else {})}
        for path, sha in sorted(item for item in hashes.items() if _is_kept(item[0]))
    }
    return (json.dumps({"version": 1, "assets": assets}, indent=1) + "\n").encode()


def entries_of(raw: bytes, name: str) -> dict[str, tuple[str, dt.date | None]]:
    """The entries of a list: path → hash, and the day from which on it was not made any more.

    Raises ``EarlierBuildUnusable``.
    """
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        raise EarlierBuildUnusable("is not JSON", place=name) from None
    entries = found.get("assets") if isinstance(found, dict) and found.get("version") == 1 else None
    if not isinstance(entries, dict):
        raise EarlierBuildUnusable("is not a list of assets that this version of sitegen knows", place=name)
    problems = [
        EarlierBuildUnusable(f"the entry {path[:200]!r} {wrong}", place=Place(name))
        for path, entry in entries.items()
        if (wrong := _objection(path, entry))
    ]
    raise_all(problems[:_TOLD])
    return {path: (entry["sha256"], _day(entry.get("since"))) for path, entry in entries.items()}


def _objection(path: str, entry: Any) -> str:
    """What is wrong with an entry; the list may come from anywhere."""
    parts = path.split("/")
    if not _is_kept(path) or any(part in ("", ".", "..") for part in parts):
        return "is no path below assets/"
    if "\\" in path or not path.isprintable():
        return "has a sign in it that no build writes"
    if not isinstance(entry, dict) or not isinstance(entry.get("sha256"), str) or not _SHA.fullmatch(entry["sha256"]):
        return "has no hash"
    if "since" in entry and _day(entry["since"]) is None:
        return "has no day in `since`"
    return ""


def _is_kept(path: str) -> bool:
    return path.partition("/")[0] in FOLDERS


def _day(text: object) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
