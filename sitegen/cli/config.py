"""``sitegen config``: the settings in force, and where each came from."""

from __future__ import annotations

import click

from sitegen.cli.app import App, global_options, pass_app


@click.command("config", short_help="Show the settings in force and where each came from.")
@click.option("--changed", is_flag=True, help="Only what differs from the default.")
@global_options
@pass_app
def command(app: App, changed: bool) -> None:
    """Show the settings in force and where each came from; secrets are masked.

    \b
    Examples:
      sitegen config
      sitegen config --changed
      sitegen --json config
    """
    from sitegen.settings import options

    project = app.project()
    found = [
        {"option": name, "value": _plain(value), "origin": project.origins[name]}
        for name, value in options(project.settings)
        if not changed or project.origins[name] != "default"
    ]
    if app.console.json:
        app.console.data({"root": str(project.root), "settings": found})
        return
    rows = [(str(item["option"]), _shown(item["value"]), str(item["origin"])) for item in found]
    app.console.table(("OPTION", "VALUE", "FROM"), rows)


def _plain(value: object) -> object:
    from pathlib import Path

    from pydantic import BaseModel, SecretStr

    if isinstance(value, SecretStr):
        return "**********"
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, tuple):
        return [item.model_dump() if isinstance(item, BaseModel) else item for item in value]
    return value


def _shown(value: object) -> str:
    import json

    return "-" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
