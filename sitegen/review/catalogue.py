"""Catalogue: all briefs as they are on disk now. What has changed is read again, and nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path

from sitegen import files, settings
from sitegen.briefs.findings import Findings
from sitegen.briefs.provenance import FOLDER, record_path
from sitegen.briefs.store import Brief, Store
from sitegen.briefs.undo import Decision, Past
from sitegen.enrich.journal import FILE_NAME, Entry
from sitegen.enrich.overview import Line, entries, line_of, overview
from sitegen.errors import BriefMissing, SitegenError
from sitegen.privacy.folder import guard_of
from sitegen.privacy.guard import Guard
from sitegen.settings import Project

_FEW = 50
"""Files that change at once and are looked at one by one."""


class Catalogue:
    """``look`` brings it up to date. Not for several threads at once: a store keeps what it has read."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.store = Store(project.briefs)
        self.lines: Sequence[Line] = ()
        """All briefs, and the documents that have none."""
        self._seen: _Seen | None = None
        self._entries: Mapping[str, Entry] = {}
        self._guard: Guard | None = None
        self._looked: dict[str, tuple[str, str, bool]] = {}
        """Text, key of the guard, and whether it would stop that text, by path."""

    def look(self) -> None:
        """Reads what has changed. Raises what ``overview`` does."""
        self.project = _fresh(self.project)
        now = _Seen(self.project)
        if self._seen is not None and self._seen.same(now):
            return
        before, self._seen = self._seen, None
        if before is None or not self._renewed(before.changed(now)):
            self.lines, self.store = overview(self.project)
            self._entries = entries(self.project)
        self._seen = now

    def brief(self, path: str) -> Brief:
        """The brief in a file below the folder of briefs.

        Raises ``BriefMissing``, also for a path that leads out, or what is wrong with the file.
        """
        if path in self.store.briefs:
            return self.store.briefs[path]
        if self._seen is not None and path.endswith(".md") and path in self._seen.briefs:
            self.store.read(path)
        raise BriefMissing("there is no such brief", place=f"{self.store.root.name}/{path}")

    def guard(self) -> Guard | None:
        """What looks for private things, as it is wanted now. Raises ``NamesMissing`` or ``TextNotUtf8``."""
        fresh = guard_of(self.project)
        if fresh is None or self._guard is None or fresh.key != self._guard.key:
            self._guard = fresh  # else the old one, which has learned its names already
        return self._guard

    def kept_back(self) -> set[str]:
        """The briefs that something private keeps from being published; what was looked at is remembered."""
        try:
            guard = self.guard()
        except SitegenError:  # each brief's own page says what is wrong
            return set()
        return {path for path in self.store.briefs if guard is not None and self._stops(path, guard)}

    def _stops(self, path: str, guard: Guard) -> bool:
        try:
            brief = self.store.briefs[path]
            known = self._looked.get(path)
            if known is None or known[:2] != (brief.text, guard.key):
                stops = brief.matter.status != "withdrawn" and Findings.of(guard, brief.text, path).stops
                known = self._looked[path] = brief.text, guard.key, bool(stops)
        except SitegenError:
            return False
        return known[2]

    def hash_of(self, path: str) -> str:
        """By which a file is recognised when a form comes back; empty for one that is not there any more."""
        try:
            return files.sha256(self.store.text(path))
        except SitegenError:
            return ""

    def undo(self, path: str | None = None) -> Decision | None:
        """The last decision, about one brief or any, if nothing keeps it from being undone."""
        past = Past(self.project.state)
        found = next(past.decisions(), None) if path is None else past.last(path)
        return None if found is None or past.why_not(self.store, found) else found

    def path_of(self, line: Line) -> str | None:
        """The file of a line, below the folder of briefs."""
        if line.brief is None:
            return None
        return Path(line.brief).relative_to(self.project.settings.build.briefs).as_posix()

    def line(self, brief: Brief) -> Line:
        """A brief's line, as it is now."""
        return line_of(self.project, self.store, brief, self._entries.get(brief.matter.source or ""))

    def _renewed(self, changed: set[str] | None) -> bool:
        """Reads only what has changed; False when that is too much, or something is not as simple as that."""
        if changed is None or len(changed) > _FEW or self.store.broken:
            return False
        store, root = self.store, self.store.root
        touched: dict[str, Brief] = {}
        try:
            for path in changed & set(store.briefs):
                old, new = store.briefs[path], store.read(path)
                if (old.matter.source, old.slug) != (new.matter.source, new.slug):
                    return False
                store.briefs.put(path, new)
                touched[path] = new
        except SitegenError:
            return False
        records = changed - set(touched)
        for path, brief in store.briefs.items() if records else ():
            source = brief.matter.source
            if source is not None and record_path(root, source).name in records:
                touched[path] = brief
        fresh = {path: self.line(brief) for path, brief in touched.items()}
        self.lines = [fresh.get(self.path_of(line) or "", line) for line in self.lines]
        return not store.broken


class _Seen:
    """By what a change is noticed."""

    def __init__(self, project: Project) -> None:
        root = project.briefs
        self.briefs = {entry.path: entry for entry in files.scan(root)} if root.is_dir() else {}
        self._records = {entry.path: entry for entry in files.scan(root / FOLDER)} if root.is_dir() else {}
        # Days pass, too: what is flagged `future` today is not tomorrow.
        self._rest = (project, _stamps(project), dt.date.today())  # noqa: DTZ011

    def same(self, other: _Seen) -> bool:
        return (self._rest, self.briefs, self._records) == (other._rest, other.briefs, other._records)

    def changed(self, other: _Seen) -> set[str] | None:
        """The files of which only the content changed; None when more did."""
        found = set[str]()
        if self._rest != other._rest:
            return None
        for mine, theirs in ((self.briefs, other.briefs), (self._records, other._records)):
            if mine.keys() != theirs.keys():
                return None
            found |= {path for path, entry in mine.items() if theirs[path] != entry}
        return found


def _fresh(project: Project) -> Project:
    """The settings as they are now, or the last good ones: ``serve`` tells what is wrong with them."""
    try:
        return settings.load(project.root)
    except SitegenError:
        return project


def _stamps(project: Project) -> list[tuple[int, int]]:
    found = []
    for name in (FILE_NAME, f"{FILE_NAME}-wal"):
        path = project.state / name
        if path.exists():
            stat = path.stat()
            found.append((stat.st_mtime_ns, stat.st_size))
    return found
