"""Selection: which briefs somebody means, by names, states, flags, topics and time."""

from __future__ import annotations

import datetime as dt
import fnmatch
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sitegen.briefs.store import Brief, Store
from sitegen.enrich.overview import PRIVATE, Line
from sitegen.errors import BriefMissing, SitegenError, raise_all
from sitegen.text import plain

FLAGS = {
    "edited": "edited",
    "proposal": "proposal",
    "facts": "facts changed",
    "stale": "stale",
    "gone": "source gone",
    "approved": "approved",
    "changed": "changed since approval",
    "future": "future",
    "expired": "expired",
    "private": PRIVATE,
}
"""What a line's flags are called on the command line."""
STATES = ("draft", "review", "published", "withdrawn", "pending", "empty", "failed", "dead", "deleted")
_WILD = "*?["


@dataclass(frozen=True, slots=True)
class Selection:
    """Lines that have one of the states, one of the flags and one of the topics, and were touched since; else all."""

    states: Sequence[str] = ()
    flags: Sequence[str] = ()
    """As ``FLAGS`` names them."""
    tags: Sequence[str] = ()
    since: dt.datetime | None = None

    @property
    def any(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.states or self.flags or self.tags or self.since)

    def has(self, line: Line) -> bool:
        tags = {tag.casefold() for tag in line.tags}
        return (
            (not self.states or line.status in self.states)
            and (not self.flags or any(FLAGS[flag] in line.flags for flag in self.flags))
            and (not self.tags or any(plain(tag).casefold() in tags for tag in self.tags))
            and (self.since is None or (line.at is not None and line.at >= self.since))
        )


def named(store: Store, refs: Iterable[str]) -> list[Brief]:
    """The briefs that are named by slugs, file names, sources or patterns such as ``2026/*``; each once.

    Raises ``BriefMissing`` for each name that there is nothing of, and what is wrong with files that cannot be read.
    """
    found: dict[str, Brief] = {}
    problems: list[SitegenError] = []
    for ref in refs:
        try:
            found |= {brief.path: brief for brief in _named(store, ref)}
        except SitegenError as error:
            problems.append(error)
    raise_all(problems)
    return list(found.values())


def _named(store: Store, ref: str) -> Iterator[Brief]:
    try:
        yield store.find(ref)
        return
    except BriefMissing:
        if not any(sign in ref for sign in _WILD):
            raise
    matches = [brief for brief in store.briefs.values() if _fits(store.root, brief, ref)]
    if not matches:
        raise BriefMissing(f"no brief is called like {ref!r}")
    yield from matches


def _fits(root: Path, brief: Brief, pattern: str) -> bool:
    path = brief.path
    names = (path, path.removesuffix(".md"), f"{root.name}/{path}", brief.slug, brief.matter.source or "")
    return any(fnmatch.fnmatchcase(name, pattern) for name in names)
