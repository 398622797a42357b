"""``sitegen init``: a new site that builds at once."""

from __future__ import annotations

from pathlib import Path

import click

from sitegen.cli.app import App, global_options, pass_app


@click.command("init", short_help="Make a new site.")
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(file_okay=False, path_type=Path))
@click.option("--demo", is_flag=True, help="With a small archive of documents to try things on.")
@global_options
@pass_app
def command(app: App, folder: Path, demo: bool) -> None:
    """Make a new site in DIR (default: this folder): settings, two pages, a folder for documents.

    \b
    Examples:
      sitegen init my-site
      sitegen init try --demo && sitegen --site try pull && sitegen --site try serve
    """
    import shlex

    from sitegen.scaffold import create

    written = create(folder, demo=demo)
    if app.console.json:
        app.console.data({"folder": str(folder), "files": written})
        return
    where = "" if folder == Path() else f" --site {shlex.quote(str(folder))}"
    first = "" if demo else f"put documents into {shlex.quote(str(folder / 'documents'))}, then "
    drafts = "" if demo else " --drafts"  # without, none of the new briefs would be seen
    app.console.say(f"A new site is in {folder.resolve()}.")
    app.console.say(f"Next: {first}sitegen{where} pull, then sitegen{where} serve{drafts}.", "dim")
