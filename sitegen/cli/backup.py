"""``sitegen backup``: what git does not hold, in one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sitegen.cli.app import App, global_options, pass_app

if TYPE_CHECKING:
    from sitegen.settings import Project


@click.command("backup", short_help="Copy what git does not hold into one file.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--recipient", multiple=True, metavar="KEY", help="Encrypt it for this public key of age or ssh as well.")
@click.option("--keep", type=click.IntRange(1), metavar="N", help="Of the backups in the folder FILE, N stay.")
@click.option("--check", is_flag=True, help="Read the backup FILE, whether every byte of it is what it was.")
@click.option(
    "--identity", multiple=True, type=click.Path(path_type=Path), metavar="KEY", help="The secret key, for --check."
)
@global_options
@pass_app
def command(
    app: App, file: Path, recipient: tuple[str, ...], keep: int | None, check: bool, identity: tuple[Path, ...]
) -> None:
    """Copy the journal, the cache of summaries and answers, and the pages, briefs and settings that the remote of the
    repository does not have into FILE; or, when FILE is a folder, into one in it that is named by the time. A pull or
    the daemon may be running. No token is in it, but texts about your documents are: encrypt it with `--recipient`,
    `[backup] recipients`, or a passphrase in SITEGEN_BACKUP__PASSPHRASE.

    \b
    Examples:
      sitegen backup /mnt/backups/continuum.backup
      sitegen backup /mnt/backups --keep 14
      sitegen backup --check /mnt/backups/continuum.backup
    """
    from sitegen.backup import taking

    project = _anywhere(app) if check else app.project()
    wanted = project.settings.backup
    with app.console.progress("Reading" if check else "Writing", "MB") as bar:

        def tell(phase: str, done: int, total: int) -> None:
            bar.at(phase, done // 1_000_000, total // 1_000_000)

        if check:
            found = taking.check(project, file, identity, taking.passphrase_of(project), tell)
        else:
            found = taking.take(project, file, [*wanted.recipients, *recipient], keep or wanted.keep, tell)
    if app.console.json:
        app.console.data(found.as_dict())
        return
    app.console.out(found.file)
    sealed = f"encrypted for {found.sealed}" if found.sealed == "recipients" else "encrypted" if found.sealed else ""
    app.console.say(
        f"{found.members} files, {found.bytes / 1e6:.1f} MB{', ' if sealed else ''}{sealed}, made {found.made}; "
        f"{'every byte is what it was' if check else f'SHA-256 {found.sha256}'}."
    )
    if not check and not found.sealed:
        app.console.say("It is not encrypted: whoever reads it reads what the briefs were made from.", "warning")
    if found.secrets:
        app.console.say(f"Not in it: {', '.join(found.secrets)}. Keep them where you keep passwords.")
    if found.removed:
        app.console.say(f"Removed: {', '.join(found.removed)}.")


def _anywhere(app: App) -> Project:
    """The site; where there is none, as after the loss of a disk, what the environment says."""
    from sitegen import settings
    from sitegen.errors import SettingsMissing

    try:
        return app.project()
    except SettingsMissing:
        return settings.bare(Path.cwd())
