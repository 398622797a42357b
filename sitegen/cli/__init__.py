"""The command line: one module a command, loaded only when it is needed."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from importlib import import_module

import click

from sitegen import __version__
from sitegen.cli.app import App, global_options

COMMANDS = {
    "init": "Make a new site.",
    "new": "Begin a page, a brief or a theme.",
    "pull": "Turn new and changed documents into briefs.",
    "build": "Render the site.",
    "check": "Check links, images, headings and files of the site.",
    "serve": "Serve the site locally, and rebuild on change.",
    "publish": "Check, commit and push the briefs.",
    "smoke": "Check a site at an address, or in a folder, with a browser.",
    "watch": "Keep pulling and building: the daemon.",
    "worker": "Do the engine's work for a site on another machine.",
    "deploy": "Bring the built site to its host; promote it; return to an earlier one.",
    "backup": "Copy what git does not hold into one file.",
    "restore": "Put back what a backup holds.",
    "list": "List pages: drafts, future, expired, withdrawn or all.",
    "brief": "List and show briefs, and decide about them.",
    "evaluate": "Compare engines, models and prompts on your documents.",
    "cache": "Look at the cache of summaries, and prune it.",
    "prompt": "Show the prompts that a model gets, and begin your own.",
    "doctor": "Check settings, source, engine, disk and git.",
    "config": "Show the settings in force and where each came from.",
    "completion": "Print the completion script for a shell.",
}
"""Each command, and the short help that its module gives it: to list them, no module need be loaded."""


class _Commands(click.Group):
    """Finds commands by name; a command's module is imported when it is run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS]  # the module of a command is called `list`

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"sitegen.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([*COMMANDS.items()])

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
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as stop:  # the help or the version was shown, and no command ran
        app.kept = app.kept or stop
        return stop.exit_code
    except click.ClickException as error:
        if app.console.json or "--json" in args:  # which click may not have come to
            app.console.data({"errors": [_misused(error)]})
        else:
            error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt, SystemExit, Exception) as error:
        return _failed(app, error)


def _misused(error: click.ClickException) -> dict[str, object]:
    """A command line that is not understood, told as errors are told to machines; it has no code."""
    where = getattr(error, "ctx", None)
    remedy = f"`{where.command_path} --help` shows how it is used." if where is not None else ""
    return {"code": "", "message": error.format_message(), "place": None, "remedy": remedy}


def _failed(app: App, error: BaseException) -> int:
    """Tells what ended a command; returns the exit code."""
    from sitegen.errors import ExitCode, SitegenError, Unexpected

    if isinstance(error, click.Abort | KeyboardInterrupt):
        app.console.say("Interrupted. What was done is kept; the same command goes on from there.", "warning")
        return ExitCode.INTERRUPTED
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else ExitCode.PROBLEMS
    app.console.trace(error)
    found = error if isinstance(error, SitegenError) else Unexpected(f"{type(error).__name__}: {error}")
    app.console.error(found)
    return found.exit_code


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
        # Taking a site of 10,000 pages apart in memory takes longer than building it after an edit; and taking click
        # apart, a tenth of the time of showing the help.
        with contextlib.suppress(BrokenPipeError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
    sys.exit(code)
