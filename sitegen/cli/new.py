"""``sitegen new``: a page, brief or theme to begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sitegen.cli.app import App, global_options, pass_app

if TYPE_CHECKING:
    from sitegen.settings import Project


@click.command("new", short_help="Begin a page, a brief or a theme.")
@click.argument("path")
@click.argument("theme", metavar="[NAME]", required=False)
@click.option("--title", metavar="TEXT", help="The title.  [default: made from the name of the file]")
@click.option("--extends", metavar="THEME", help="With `theme`: the one to extend.  [default: none; a copy of plain]")
@global_options
@pass_app
def command(app: App, path: str, theme: str | None, title: str | None, extends: str | None) -> None:
    """Write the file of a new page or brief from its archetype, and print where it is. Never overwrites a file.

    PATH is below the site's folder, or below content/; `.md` may be left out. The archetype is
    archetypes/SECTION.md or archetypes/default.md of the site, else of the theme, else a built-in one.

    `sitegen new theme NAME` begins a theme in themes/NAME, ready to be changed.

    \b
    Examples:
      sitegen new about
      sitegen new news/bridge-opens --title "The bridge opens"
      sitegen new briefs/council-minutes
      sitegen new theme town
      sitegen new theme town --extends continuum
    """
    import datetime as dt

    from sitegen.archetypes import create

    project = app.project()
    if theme is not None:
        _theme(app, project, path, theme, title, extends or "")
        return
    if extends is not None:
        raise click.UsageError("--extends belongs to: sitegen new theme NAME")
    if path == "theme":
        raise click.UsageError("A theme has a name: sitegen new theme NAME. A page of that name: content/theme.")
    made = create(project, path, title, dt.date.today())  # noqa: DTZ011  # the editor's own day
    name = made.relative_to(project.root.resolve()).as_posix()
    if app.console.json:
        app.console.data({"file": name})
    else:
        app.console.out(name)


def _theme(app: App, project: Project, kind: str, name: str, title: str | None, extends: str) -> None:
    from sitegen import scaffold

    if kind != "theme" or title is not None:
        raise click.UsageError("two names, or a theme with a title: a page has one name, a theme `theme NAME`")
    made = scaffold.theme(project.root, name, extends=extends)
    if app.console.json:
        app.console.data({"files": made})
        return
    for file in made:
        app.console.out(file)
    app.console.say(f'To use it, write `theme = "{name}"` under [site] in sitegen.toml.')
