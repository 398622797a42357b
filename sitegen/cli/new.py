"""``sitegen new``: a page or brief to begin with."""

from __future__ import annotations

import click

from sitegen.cli.app import App, global_options, pass_app


@click.command("new", short_help="Begin a page or a brief.")
@click.argument("path")
@click.option("--title", metavar="TEXT", help="The title.  [default: made from the name of the file]")
@global_options
@pass_app
def command(app: App, path: str, title: str | None) -> None:
    """Write the file of a new page or brief from its archetype, and print where it is. Never overwrites a file.

    PATH is below the site's folder, or below content/; `.md` may be left out. The archetype is
    archetypes/SECTION.md or archetypes/default.md of the site, else of the theme, else a built-in one.

    \b
    Examples:
      sitegen new about
      sitegen new news/bridge-opens --title "The bridge opens"
      sitegen new briefs/council-minutes
    """
    import datetime as dt

    from sitegen.archetypes import create

    project = app.project()
    made = create(project, path, title, dt.date.today())  # noqa: DTZ011  # the editor's own day
    name = made.relative_to(project.root.resolve()).as_posix()
    if app.console.json:
        app.console.data({"file": name})
    else:
        app.console.out(name)
