"""What all commands share: the global options, the console, the site they work on."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from pathlib import Path

    from sitegen.console import Console
    from sitegen.settings import Project

Function = TypeVar("Function", bound=Callable[..., Any])


class App:
    """The state of one command line."""

    def __init__(self) -> None:
        self.site: Path | None = None
        self.kept: object = None
        """What a command that is done leaves in memory, for the process to end without taking it apart."""

    @cached_property
    def console(self) -> Console:
        """The only one of the process."""
        from sitegen.console import Console

        return Console()

    def project(self) -> Project:
        """The site's settings, loaded now. Raises ``SettingsError``."""
        from sitegen import settings

        return settings.load(self.site)

    def confirm(self, question: str) -> None:
        """Asks before something is lost; for commands that have ``--yes``. Ends the command unless one says yes."""
        try:
            if click.confirm(question, err=True):
                return
        except click.Abort:
            import sys

            if sys.stdin is not None and sys.stdin.isatty():  # Ctrl-C, and not the end of a pipe
                raise
            raise click.UsageError("Nobody is there to be asked. Say --yes.") from None
        self.console.say("Nothing was done.")
        raise click.exceptions.Exit(1)


def _keep(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:
    """Global options may stand before the command or after it; wherever they are given, they count."""
    app = ctx.ensure_object(App)
    if parameter.name == "site":
        if value:
            from pathlib import Path

            app.site = Path(value)
    elif value:
        setattr(app.console, str(parameter.name), True)


def global_options(function: Function) -> Function:
    """Adds the options that every command has."""
    keep: dict[str, Any] = {"callback": _keep, "expose_value": False, "is_eager": True}
    options = [
        click.option(
            "--site",
            type=click.Path(exists=True, file_okay=False),
            metavar="DIR",
            help="The site's folder, where sitegen.toml is.  [default: the nearest one upwards]",
            **keep,
        ),
        click.option("--json", is_flag=True, help="Print results as JSON.", **keep),
        click.option("-q", "--quiet", is_flag=True, help="Print nothing but results and errors.", **keep),
        click.option("-v", "--verbose", is_flag=True, help="Print what is done, one line each.", **keep),
        click.option("--debug", is_flag=True, help="Show the traceback of an error.", **keep),
    ]
    for option in reversed(options):
        function = option(function)
    return function


pass_app = click.make_pass_decorator(App, ensure=True)
