"""``sitegen restore``: back what a backup holds."""

from __future__ import annotations

from pathlib import Path

import click

from sitegen.cli.app import App, global_options, pass_app


@click.command("restore", short_help="Put back what a backup holds.")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option(
    "--identity", multiple=True, type=click.Path(path_type=Path), metavar="KEY", help="The secret key of age or ssh."
)
@click.option("--undo", is_flag=True, help="Put back the state that the last restore replaced.")
@global_options
@pass_app
def command(app: App, file: Path | None, identity: tuple[Path, ...], undo: bool) -> None:
    """Put journal, cache, and missing pages and briefs back as they are in FILE. It is read whole before anything
    changes, and a page or brief that is there stays as it is. Nothing else may work on the site meanwhile. When this
    is cut short, run it again. What it replaced is kept until the next restore, for `--undo`.

    The site is a clone of its repository; without one, an empty folder will do: `--site FOLDER`.

    \b
    Examples:
      sitegen restore /mnt/backups/continuum.backup
      sitegen restore --identity key.txt /mnt/backups/continuum.backup
      sitegen restore --undo
    """
    from sitegen.backup import restoring
    from sitegen.backup.taking import passphrase_of

    if (file is None) != undo:
        raise click.UsageError("Name a backup, or give --undo.")
    project = restoring.site_of(app.site)
    if file is None:
        restoring.undo(project)
        app.console.say("The state is as it was before the last restore.")
        return
    with app.console.progress("Reading", "MB") as bar:
        found = restoring.restore(
            project,
            file,
            identity,
            passphrase_of(project),
            lambda phase, done, total: bar.at(phase, done // 1_000_000, total // 1_000_000),
        )
    if app.console.json:
        app.console.data(found.as_dict())
        return
    app.console.out(f"Restored what was backed up {found.made}: {', '.join(found.state) or 'no state'}.")
    if found.written:
        app.console.say(f"{len(found.written)} pages and briefs that were missing are there again.")
    if found.left:
        app.console.say(
            f"{len(found.left)} differ from what is here, and were left: {', '.join(found.left[:5])}"
            f"{'…' if len(found.left) > 5 else ''}. The backup's are in {found.aside}.",
            "warning",
        )
    if found.environment:
        app.console.say(f"Settings came from the environment: see {found.environment}.", "warning")
    if found.secrets:
        app.console.say(f"To be set again, since no backup has them: {', '.join(found.secrets)}.", "warning")
