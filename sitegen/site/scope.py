"""Scope: what a build is asked for, and what the files are called."""

from __future__ import annotations

import datetime as dt
import posixpath
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sitegen.site.page import State
from sitegen.site.record import Record

if TYPE_CHECKING:
    from sitegen.settings import Settings


@dataclass(frozen=True)
class Scope:
    """What is asked of the content: settings, the address of the site, and which pages are shown."""

    settings: Settings
    base_url: str
    """Full, with a slash at its end."""
    base: str
    """Its path, with a slash at both ends."""
    today: dt.date
    drafts: bool = False
    """Also those that are written or read still."""
    future: bool = False
    expired: bool = False
    root: Path = Path()
    """The site's folder, for messages about its settings."""
    search: bool = False
    """Whether the site has search."""
    withdrawn: bool = False
    """Also what was taken back: no build is asked for it, only lists for editors."""
    guard: bool = True
    """Whether something private stops the build."""

    @cached_property
    def name_of(self) -> Names:
        """What the files are called in messages."""
        return Names(self.settings)

    def shows(self, record: Record) -> bool:
        """Whether a page is part of the site."""
        status = record.status
        if status != "published" and not (self.withdrawn if status == "withdrawn" else self.drafts):
            return False
        today = self.today.toordinal()
        if record.expires is not None and record.expires <= today and not self.expired:
            return False
        return self.future or begins(record) <= today

    def state(self, record: Record) -> State:
        """Why a page is not public, or that it is."""
        if record.status != "published":
            return record.status
        today = self.today.toordinal()
        if record.expires is not None and record.expires <= today:
            return "expired"
        return "future" if begins(record) > today else "published"


def begins(record: Record) -> int:
    """The first day on which a published page is shown, as a proleptic ordinal; 0 for ever."""
    first = record.date if record.publish_at is None else record.publish_at
    return first or 0


class Names:
    """What the files of the input trees are called in messages: their paths below the site's folder."""

    def __init__(self, settings: Settings) -> None:
        build = settings.build
        briefs = build.briefs.as_posix()
        folders = {"content": build.content.as_posix(), "briefs": briefs, "provenance": f"{briefs}/.provenance"}
        self._folders = {
            tree: "" if (name := posixpath.normpath(folder)) == "." else f"{name.rstrip('/')}/"
            for tree, folder in folders.items()
        }

    def __call__(self, key: str) -> str:
        tree, _, path = key.partition("/")
        folder = self._folders.get(tree)
        return key if folder is None else folder + path
