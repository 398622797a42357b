"""Catalogue: all briefs as they are on disk now; read again only when a file has changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from sitegen import files, settings
from sitegen.briefs.provenance import FOLDER
from sitegen.briefs.store import Brief, Store
from sitegen.enrich.journal import FILE_NAME
from sitegen.enrich.overview import Line, overview
from sitegen.errors import BriefMissing, SitegenError
from sitegen.settings import Project


class Catalogue:
    """Not for several threads at once: a store keeps what it has read."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._stamp: object = None
        self._lines: Sequence[Line] = ()
        self._store = Store(project.briefs)

    @property
    def lines(self) -> Sequence[Line]:
        """All briefs, and the documents that have none. Raises what ``overview`` does."""
        self._look()
        return self._lines

    @property
    def store(self) -> Store:
        self._look()
        return self._store

    def brief(self, path: str) -> Brief:
        """The brief in a file below the folder of briefs. Raises ``BriefMissing``, also for a path that leads out."""
        store = self.store
        if path not in store.briefs:
            raise BriefMissing("there is no such brief", place=f"{store.root.name}/{path}")
        return store.briefs[path]

    def path_of(self, line: Line) -> str | None:
        """The file of a line, below the folder of briefs."""
        if line.brief is None:
            return None
        return Path(line.brief).relative_to(self.project.settings.build.briefs).as_posix()

    def _look(self) -> None:
        self.project = _fresh(self.project)
        root = self.project.briefs
        found = (*files.scan(root), *files.scan(root / FOLDER)) if root.is_dir() else ()
        # Days pass, too: what is flagged `future` today is not tomorrow.
        stamp = (self.project, found, _stamp(self.project), dt.date.today())  # noqa: DTZ011
        if stamp != self._stamp:
            self._lines, self._store = overview(self.project)
            self._stamp = stamp


def _fresh(project: Project) -> Project:
    """The settings as they are now, or the last good ones: ``serve`` tells what is wrong with them."""
    try:
        return settings.load(project.root)
    except SitegenError:
        return project


def _stamp(project: Project) -> list[tuple[int, int]]:
    found = []
    for name in (FILE_NAME, f"{FILE_NAME}-wal"):
        path = project.state / name
        if path.exists():
            stat = path.stat()
            found.append((stat.st_mtime_ns, stat.st_size))
    return found
