"""Project: a site on disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sitegen.root import STATE_FOLDER

if TYPE_CHECKING:
    from sitegen.settings import Settings

ELSEWHERE = frozenset({"source", "engine", "fleet", "briefs", "serve", "watch", "backup", "publish"})
"""Settings that have no say in what is built."""


@dataclass(frozen=True)
class Project:
    """A site on disk: its folder, its settings, and where each setting came from."""

    root: Path
    settings: Settings
    origins: Mapping[str, str]
    """Dotted option → ``sitegen.toml:12``, the name of an environment variable, or ``default``."""
    said: str
    """All settings that have a say in what is built, as one text."""

    @property
    def state(self) -> Path:
        """The folder of journal, cache and locks; never committed."""
        return self.root / STATE_FOLDER

    @property
    def output(self) -> Path:
        return self.root / self.settings.build.output

    @property
    def content(self) -> Path:
        return self.root / self.settings.build.content

    @property
    def briefs(self) -> Path:
        return self.root / self.settings.build.briefs

    def path(self, relative: Path) -> Path:
        """A path from the settings; relative ones are relative to the site's folder."""
        return self.root / relative
