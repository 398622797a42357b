"""``sitegen prompt``: the prompts that a model gets, and a site's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sitegen.cli.app import App, global_options, pass_app

if TYPE_CHECKING:
    from sitegen.enrich.prompts import Prompts

NAMES = click.Choice(("extract", "choose", "write"))


@click.group("prompt", short_help="Show the prompts that a model gets, and begin your own.")
@global_options
def command() -> None:
    """The prompts that a model gets: `extract` reads a piece of a document, `choose` names what matters in a section of
    a long one, `write` makes the summary out of verified points.

    \b
    Examples:
      sitegen prompt list
      sitegen prompt copy write
    """


@command.command("list", short_help="List the prompts with their versions and files.")
@global_options
@pass_app
def list_prompts(app: App) -> None:
    """List the prompts with their versions and files, after trying those that are the site's own.

    \b
    Examples:
      sitegen prompt list
      sitegen --json prompt list
    """
    from sitegen.enrich.prompts import FOLDER

    prompts = _prompts(app)
    prompts.check()
    rows = [
        {"prompt": name, "version": prompts.version(name), "file": str(prompts.path(name)), "own": own}
        for name in NAMES.choices
        for own in [prompts.path(name).parent != FOLDER]
    ]
    if app.console.json:
        app.console.data(rows)
        return
    shown = [(str(row["prompt"]), str(row["version"]), str(row["file"]) if row["own"] else "sitegen's") for row in rows]
    app.console.table(("PROMPT", "VERSION", "FROM"), shown)


@command.command("show", short_help="Print a prompt.")
@click.argument("name", type=NAMES)
@click.option("--shipped", is_flag=True, help="The one that comes with sitegen, also where the site has its own.")
@global_options
@pass_app
def show(app: App, name: str, shipped: bool) -> None:
    """Print the prompt in force, or with --shipped the one that comes with sitegen.

    \b
    Examples:
      sitegen prompt show extract
      sitegen prompt show write --shipped
    """
    from sitegen.enrich.prompts import SHIPPED

    text = (SHIPPED if shipped else _prompts(app)).source(name)
    if app.console.json:
        app.console.data({"prompt": name, "text": text})
    else:
        app.console.out(text.rstrip("\n"))


@command.command("copy", short_help="Begin a prompt of your own with a copy of one.")
@click.argument("name", type=NAMES)
@global_options
@pass_app
def copy(app: App, name: str) -> None:
    """Copy a prompt of sitegen's into the site's folder of prompts, to be changed there. Never overwrites a file.

    From then on the copy is used, and summaries that were made with another prompt are stale. Raise the version in its
    first line when you change it, so that `pull --refresh --where 'prompt<3'` can tell what to make again.

    \b
    Examples:
      sitegen prompt copy write
    """
    from sitegen import files
    from sitegen.enrich.prompts import SHIPPED
    from sitegen.errors import FileThere

    project = app.project()
    target = project.path(project.settings.engine.prompts) / f"{name}.jinja"
    if not files.create(target, SHIPPED.source(name)):
        raise FileThere("there is a file of this name", place=str(target))
    if app.console.json:
        app.console.data({"file": str(target)})
    else:
        app.console.out(str(target))


def _prompts(app: App) -> Prompts:
    from sitegen.enrich.prompts import Prompts

    project = app.project()
    return Prompts(project.path(project.settings.engine.prompts))
