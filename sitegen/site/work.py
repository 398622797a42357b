"""Work: all that a build has in memory when it is done, from which one can go on after an edit (see ``resident``)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from sitegen.errors import raise_all
from sitegen.site.images import functions
from sitegen.site.shortcodes import Shortcodes

if TYPE_CHECKING:
    import datetime as dt

    from sitegen.project import Project
    from sitegen.site.content import Content
    from sitegen.site.data import Data
    from sitegen.site.inputs import Inputs
    from sitegen.site.layout import Plan
    from sitegen.site.library import Library, Shelf
    from sitegen.site.memory import State
    from sitegen.site.options import Options
    from sitegen.site.outputs import Folder
    from sitegen.site.report import BuildOptions
    from sitegen.site.theme import Theme


class Run(Protocol):
    """The build that did it."""

    project: Project
    options: BuildOptions
    folder: Path
    """What builds remember."""
    state_path: Path
    today: dt.date
    hooks: Any
    state: State
    """What it left for the next one."""


@dataclass(slots=True)
class Work:
    """All that a build has in memory."""

    run: Run
    target: Folder
    inputs: Inputs
    shelf: Shelf
    library: Library
    content: Content
    plan: Plan
    data: Data
    options: Options
    """Of the theme."""
    new_theme: Callable[[], Theme]
    """Makes the theme of what its files say now."""
    theme: Theme = field(init=False)
    shortcodes: Shortcodes = field(init=False)

    def dress(self) -> None:
        """Gives the site its face. Raises what is wrong with the theme; then nothing is changed."""
        theme = self.new_theme()
        theme.offer(data=self.data, section=None, theme=self.options)
        theme.offer(**functions.of(self.content.gallery))
        theme.tell(self.plan.sites)
        shortcodes = Shortcodes(theme, self.content.all, self.content.links)
        raise_all(list(shortcodes.problems()))
        self.theme, self.shortcodes = theme, shortcodes
        self.plan.dress(theme.closure)
        self.library.finish = shortcodes.finish
        shortcodes.teach(self.plan.digests)
