"""Carry: files of an earlier build that go on being there for some days, so that pages that are open still find them.

A new build puts a site in the place of the old one. A page that somebody opened before asks for styles, scripts and
pictures under their old names, and would get nothing. Each build lists what it has under ``assets/``, with hashes. A
build that is given an earlier one (``--carry-from``) takes over what it does not make itself, and notes since when it
is not made any more; after some days it is left behind.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sitegen.errors import EarlierBuildUnusable, Place, SitegenError, raise_all
from sitegen.site.inputs import Inputs

ASSETS = "assets/"
LIST = "carried/assets.json"
"""The list, in the output folder. Not below ``assets/``, which browsers keep for ever."""
TREE = "earlier"
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

    def leave(self, paths: Iterable[str]) -> set[str]:
        """Leaves out what the build makes itself after all; returns which of ``paths`` were to be taken over."""
        found = self.copies.keys() & set(paths)
        for path in found:
            del self.copies[path], self.hashes[path], self.since[path]
        return found


def trees(folder: Path) -> dict[str, Path]:
    """What is read of an earlier build."""
    return {f"{TREE}/{name}": folder / name for name in (ASSETS.removesuffix("/"), LIST.partition("/")[0])}


def gather(inputs: Inputs, folder: Path, made: Iterable[str], today: dt.date, days: int) -> Carried:
    """What to take over from the build in ``folder``, beside the outputs ``made``.

    A file that is gone, or is not what was published, is left out with a warning. Raises ``EarlierBuildUnusable`` when
    there is no list or it is not one that a build wrote.
    """
    key = f"{TREE}/{LIST}"
    if key not in inputs.files:
        raise EarlierBuildUnusable(f"there is no earlier build here: {LIST} is missing", place=str(folder))
    entries = _read(inputs.read(key), str(folder / LIST))
    found = Carried()
    present = set(made)
    for path, (sha, since) in sorted(entries.items()):
        if path in present:
            continue
        day = min(since or today, today)  # a clock that went ahead keeps nothing for ever
        last = day.toordinal() + days - 1
        if today.toordinal() > last:
            found.first_day = max(found.first_day, last + 1)
            continue
        source = f"{TREE}/{path}"
        if source not in inputs.files or Path(inputs.files[source].path).is_symlink():
            found.warnings.append(_gone(folder, path, "is listed, but it is not there"))
        elif inputs.sha(source) != sha:
            found.warnings.append(_gone(folder, path, "is not the file that was published under this name"))
        else:
            found.copies[path], found.hashes[path], found.since[path] = source, sha, day.isoformat()
            if since is None or since > today:
                found.first_day = max(found.first_day, today.toordinal())
                found.last_day = min(found.last_day, today.toordinal())
            found.last_day = min(found.last_day, last)
    return found


def listing(hashes: Mapping[str, str], carried: Carried) -> bytes:
    """The list of this build; ``hashes`` are those of all its outputs, by path."""
    assets = {
        path: {"sha256": sha, **({"since": carried.since[path]} if path in carried.since else {})}
        for path, sha in sorted(hashes.items())
        if path.startswith(ASSETS)
    }
    return (json.dumps({"version": 1, "assets": assets}, indent=1) + "\n").encode()


def _read(raw: bytes, name: str) -> dict[str, tuple[str, dt.date | None]]:
    """The entries of a list: path → hash, and the day from which on it was not made any more."""
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
    if not path.startswith(ASSETS) or any(part in ("", ".", "..") for part in parts):
        return f"is no path below {ASSETS}"
    if "\\" in path or not path.isprintable():
        return "has a sign in it that no build writes"
    if not isinstance(entry, dict) or not isinstance(entry.get("sha256"), str) or not _SHA.fullmatch(entry["sha256"]):
        return "has no hash"
    if "since" in entry and _day(entry["since"]) is None:
        return "has no day in `since`"
    return ""


def _day(text: object) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _gone(folder: Path, path: str, what: str) -> SitegenError:
    return EarlierBuildUnusable(
        f"{what}, and so it is not carried forward",
        place=str(folder / path),
        remedy="Get the earlier build once more, as it was published; or leave `--carry-from` out.",
    )
