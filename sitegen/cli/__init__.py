"""The command line: one module a command, loaded only when it is needed."""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module

import click

from sitegen import __version__
from sitegen.cli.app import App, global_options
from sitegen.errors import ExitCode, SitegenError, Unexpected

COMMANDS = (
    "init",
    "new",
    "pull",
    "build",
    "check",
    "serve",
    "list",
    "brief",
    "cache",
    "doctor",
    "config",
    "completion",
)


class _Commands(click.Group):
    """Finds commands by name; a command's module is imported when it is run or listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS]  # the module of a command is called `list`

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"sitegen.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, 1)
            if near:
                raise click.UsageError(f"{error.message} Did you mean {near[0]!r}?", ctx) from None
            raise


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "-V", "--version", message="sitegen %(version)s")
@global_options
def root() -> None:
    """Documents in, short checkable briefs in the middle, a static public site out.

    \b
    Begin with:
      sitegen init my-site --demo     make a site with a small archive to try
      sitegen --site my-site pull     turn its documents into briefs
      sitegen --site my-site build    render the site
      sitegen --site my-site serve    read it, and see changes as they are saved
    """


def run(args: list[str], app: App | None = None) -> int:
    """Runs one command line; returns the exit code. Every error is shown here and nowhere else."""
    app = app or App()
    signal.signal(signal.SIGTERM, _stop)
    try:
        code = root.main(args, prog_name="sitegen", standalone_mode=False, obj=app)
        return code if isinstance(code, int) else ExitCode.OK
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        app.console.say("Interrupted. What was done is kept; the same command goes on from there.", "warning")
        return ExitCode.INTERRUPTED
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else ExitCode.PROBLEMS
    except SitegenError as error:
        app.console.trace(error)
        app.console.error(error)
        return error.exit_code
    except Exception as error:
        app.console.trace(error)
        app.console.error(Unexpected(f"{type(error).__name__}: {error}"))
        return ExitCode.PROBLEMS


def _stop(*_: object) -> None:
    """A supervisor's polite stop is the same to us as Ctrl-C: park what is in hand, keep the state."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # as a shell sets it for what it starts in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.raise_signal(signal.SIGINT)


def main() -> None:
    """The console script."""
    app = App()
    code = run(sys.argv[1:], app)
    if app.kept is not None:
        # Taking a site of 10,000 pages apart in memory takes longer than building it after an edit.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)
