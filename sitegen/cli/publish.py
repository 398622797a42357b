"""``sitegen publish``: checked briefs to the repository, from which the site is built and shown."""

from __future__ import annotations

import click

from sitegen.cli.app import App, global_options, pass_app


@click.command("publish", short_help="Check, commit and push the briefs.")
@click.option("--message", "-m", default="", help="Your own words, before those that say what changed.")
@click.option("--push/--no-push", default=True, help="Push the commit, or only make it.")
@click.option("--pull-request", is_flag=True, help="Push a branch of its own, and open a pull request at GitHub.")
@click.option("--dry-run", is_flag=True, help="Check, and say what would be done.")
@global_options
@pass_app
def command(app: App, message: str, push: bool, pull_request: bool, dry_run: bool) -> None:
    """Commit the briefs and their records, and push them. The site is built first, strictly, from the last commit with
    the new briefs and nothing else, as the server will build it; nothing is committed when that fails.

    Other changes, staged or not, are left as they are. Nothing is ever forced: a branch that the remote has moved on is
    refused, with what to do.

    \b
    Examples:
      sitegen publish --dry-run
      sitegen publish -m "The council's June papers"
      sitegen publish --pull-request
    """
    from sitegen.publish.publication import PublishOptions, publish

    options = PublishOptions(message, push or pull_request, pull_request, dry_run)
    found = publish(app.project(), options, app.console.say)
    if app.console.json:
        app.console.data(found.as_dict() if found else None)
    elif found is None:
        app.console.say("Nothing to publish: the briefs are as they were committed.")
    else:
        if found.message:
            app.console.out(found.message.rstrip())
        if dry_run:
            app.console.say(f"The site builds ({found.pages} pages). Nothing was committed.")
        else:
            where = f", pushed to {found.pushed}" if found.pushed else ""
            app.console.say(f"{'Committed' if found.message else 'There was'} {found.commit[:10]}{where}.")
        if found.pull_request:
            app.console.say(found.pull_request)
