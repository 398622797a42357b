"""``sitegen list``: the pages of the site, and which of them the public does not see."""

from __future__ import annotations

import click

from sitegen.cli.app import App, global_options, pass_app

_WANTED = {"drafts": ("draft", "review"), "future": ("future",), "expired": ("expired",), "withdrawn": ("withdrawn",)}


@click.command("list", short_help="List pages: drafts, future, expired, withdrawn or all.")
@click.argument("what", type=click.Choice([*_WANTED, "all"]), default="all")
@global_options
@pass_app
def command(app: App, what: str) -> None:
    """List pages and briefs with their dates: drafts, those that are not shown yet, that have expired or
    were withdrawn, or all.

    \b
    Examples:
      sitegen list drafts
      sitegen list future
      sitegen --json list
    """
    from sitegen.site.survey import survey

    found = survey(app.project(), hidden=True)
    rows = [
        {
            "state": found.scope.state(page.record),
            "date": page.date,
            "publish_at": page.publish_at,
            "expires": page.expires,
            "title": page.title,
            "file": page.path,
            "url": page.url,
        }
        for page in sorted(found.content.all, key=lambda page: (-(page.record.date or 0), page.path))
    ]
    shown = [row for row in rows if what == "all" or row["state"] in _WANTED[what]]
    if app.console.json:
        app.console.data(shown)
    elif shown:
        cells = [tuple("-" if value is None else str(value) for value in row.values()) for row in shown]
        app.console.table(("STATE", "DATE", "FROM", "EXPIRES", "TITLE", "FILE", "ADDRESS"), cells)
    else:
        app.console.say("There are no pages yet." if what == "all" else "There are no such pages.")
    for problem in found.content.problems:
        app.console.warn(str(problem))
