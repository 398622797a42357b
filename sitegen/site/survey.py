"""Survey: all pages of a site as a build would see them, without building it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sitegen import files
from sitegen.privacy.guard import Guard
from sitegen.site import chain, content, folders, hooks, markdown, plugins, store, taxonomy
from sitegen.site.content import Content
from sitegen.site.editions import Editions
from sitegen.site.inputs import Inputs
from sitegen.site.languages import Languages
from sitegen.site.library import Library, Shelf
from sitegen.site.scope import Scope

if TYPE_CHECKING:
    from sitegen.project import Project


@dataclass(frozen=True)
class Survey:
    """What there is. The texts of its pages can be read until the next build."""

    scope: Scope
    inputs: Inputs
    shelf: Shelf
    content: Content


def survey(project: Project, *, drafts: bool = False, hidden: bool = False, today: dt.date | None = None) -> Survey:
    """Reads all pages; with ``drafts`` those that are not published yet as well, with ``hidden`` all of them.

    Files that no build could use are among ``content.problems``. Raises ``Locked`` while a build runs.
    """
    layers = chain.themes(project)
    inputs = Inputs(project.root, folders.trees(project, layers), {})
    base_url = project.settings.site.base_url.rstrip("/") + "/"
    today = today or dt.date.today()  # noqa: DTZ011  # the editor's own day decides
    shown = (drafts or hidden, hidden, hidden)
    scope = Scope(project.settings, base_url, urlsplit(base_url).path, today, *shown, withdrawn=hidden, guard=False)
    code = store.versions() + plugins.versions(project, inputs)
    found = hooks.manager(plugins.named(project, inputs))
    markdown.configure(found)
    folder = project.state / "build"
    languages = Languages(folder / "languages", store.versions())
    math = project.settings.markdown.math
    with files.lock(folder / "lock", "build"):
        guard = Guard.of(project.settings.privacy, inputs)
        library = Library(folder, code, scope.name_of, taxonomy.own(project.settings), math=math, guard=guard)
        shelf = library.read(inputs, 0)
        pages = content.gather(scope, Editions(scope), languages, inputs, shelf, library, found)
        return Survey(scope, inputs, shelf, pages)
