"""Scope: what a build is asked for, and what the files are called."""

from __future__ import annotations

import datetime as dt
import posixpath
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sitegen.settings import Settings
from sitegen.site.record import Record


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
    future: bool = False
    expired: bool = False
    root: Path = Path()
    """The site's folder, for messages about its settings."""
    search: bool = False
    """Whether the site has search."""

    @cached_property
    def name_of(self) -> Names:
        """What the files are called in messages."""
        return Names(self.settings)

    def shows(self, record: Record) -> bool:
        """Whether a page is part of the site."""
        if record.status == "draft" and not self.drafts:
            return False
        today = self.today.toordinal()
        if record.expires is not None and record.expires <= today and not self.expired:
            return False
        return self.future or record.date is None or record.date <= today


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
