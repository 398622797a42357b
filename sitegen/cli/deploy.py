"""``sitegen deploy``: the built site to its host: draft, promote, roll back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from sitegen.cli.app import App, global_options, pass_app

if TYPE_CHECKING:
    from sitegen.publish.target import Change, Deploy, Target

T = TypeVar("T")


@click.group("deploy", short_help="Bring the built site to its host; promote it; return to an earlier one.")
@global_options
def command() -> None:
    """The built site at its host. A draft is uploaded once, looked at, and promoted as it is.

    \b
    Examples:
      sitegen deploy draft --message "New briefs"
      sitegen deploy promote DEPLOY
      sitegen deploy rollback
    """


def _with_target(app: App, work: Callable[[Target], Awaitable[T]]) -> T:
    from sitegen.publish.target import open_target

    async def run() -> T:
        target = open_target(app.project())
        try:
            return await work(target)
        finally:
            await target.aclose()

    return asyncio.run(run())


@command.command("draft")
@click.option("--dir", "folder", type=click.Path(path_type=Path), help="The built site.  [default: build.output]")
@click.option("--message", default="", help="What changed, for people who look at the list.")
@click.option("--alias", default="", metavar="NAME", help="A name for its address, such as pr-12. Only at Netlify.")
@global_options
@pass_app
def draft(app: App, folder: Path | None, message: str, alias: str) -> None:
    """Upload the built site without showing it to the public. Only files that the host has not seen travel.

    Prints the id of the deploy, for `promote`, and the address where it can be seen. Adds `build.json`, which names
    the build.

    \b
    Examples:
      sitegen deploy draft
      sitegen --json deploy draft --dir public --message "New briefs"
      sitegen deploy draft --alias pr-12
    """
    from sitegen.errors import raise_all
    from sitegen.publish.manifest import Manifest

    _check(alias, app.project().settings.publish.target)
    manifest = Manifest.of(folder or app.project().output)
    raise_all([*manifest.problems()])
    with app.console.progress("Uploading", "files") as bar:
        made = _with_target(app, lambda target: target.draft(manifest, message, bar.at, alias))
    if app.console.json:
        app.console.data(made.as_dict())
    else:
        app.console.out(made.id)
        app.console.say(f"Build {made.build or manifest.build}: {made.uploaded} of {len(manifest.all)} files were new.")
        app.console.say(f"See it at {made.url}" if made.url else "Nobody sees it until it is promoted.")


def _check(alias: str, target: str) -> None:
    """Raises ``UsageError`` for a name that no address can have, or that of the public site's own branch."""
    import re

    if alias and target != "netlify":
        raise click.UsageError("--alias is for Netlify; a folder has no addresses")
    if alias and not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,35}[a-z0-9])?", alias):
        raise click.BadParameter("write up to 37 small letters, digits and hyphens, as in pr-12", param_hint="--alias")
    if alias in ("main", "master", "production"):
        raise click.BadParameter(f"{alias} may be the public site's own branch", param_hint="--alias")


@command.command("promote", short_help="Show a draft to the public, as it is.")
@click.argument("deploy")
@global_options
@pass_app
def promote(app: App, deploy: str) -> None:
    """Show a draft to the public: the very same files, nothing is uploaded or built again.

    \b
    Examples:
      sitegen deploy promote 65f0c0ffee
    """
    _tell(app, _with_target(app, lambda target: target.promote(deploy)))


@command.command("rollback")
@click.argument("deploy", required=False)
@click.option("--from", "shown", metavar="ID", help="Only while this deploy is what the public sees.")
@global_options
@pass_app
def rollback(app: App, deploy: str | None, shown: str | None) -> None:
    """Show an earlier deploy again: DEPLOY, or the one before. That one is always older than what is shown; to return
    to one that was taken back, name it.

    \b
    Examples:
      sitegen deploy rollback
      sitegen deploy rollback 65f0c0ffee
      sitegen deploy rollback 65f0c0ffee --from 65fdeadbee
    """

    async def back(target: Target) -> Change:
        from sitegen.errors import DeployOvertaken

        if shown is not None:
            current = (await target.status()).current
            if current is None or current.id != shown:
                now = current.id if current else "nothing"
                raise DeployOvertaken(f"the public sees {now}, not {shown}", place=shown)
        return await target.rollback(deploy)

    _tell(app, _with_target(app, back))


@command.command("status")
@global_options
@pass_app
def status(app: App) -> None:
    """Say what the public sees now.

    \b
    Examples:
      sitegen deploy status
    """
    found = _with_target(app, lambda target: target.status())
    if app.console.json:
        app.console.data(found.as_dict())
        return
    app.console.out(f"address  {found.url}")
    app.console.out(f"shows    {_words(found.current) if found.current else 'nothing yet'}")
    if found.locked:
        app.console.say("Publishing is locked at the host.", "warning")


@command.command("list")
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True, help="How many.")
@global_options
@pass_app
def list_deploys(app: App, limit: int) -> None:
    """List the deploys at the host, newest first.

    \b
    Examples:
      sitegen deploy list --limit 5
    """
    found = _with_target(app, lambda target: target.deploys(limit))
    if app.console.json:
        app.console.data([one.as_dict() for one in found])
        return
    rows = [
        ("→" if one.current else "", one.id, one.state, one.created, one.published, one.build, one.message)
        for one in found
    ]
    app.console.table(("", "DEPLOY", "STATE", "MADE", "SHOWN", "BUILD", "MESSAGE"), rows)


@command.command("fetch", short_help="Fetch the assets of the public site.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--url", help="Of the public site.  [default: site.base_url]")
@global_options
@pass_app
def fetch(app: App, folder: Path, url: str | None) -> None:
    """Fetch the assets of the site that is public now into FOLDER, for `sitegen build --carry-from FOLDER`: pages that
    somebody has open go on finding them after the next deploy. Before the first deploy there are none.

    \b
    Examples:
      sitegen deploy fetch build/earlier
      sitegen deploy fetch build/earlier --url https://example.org/
    """
    from sitegen.publish import earlier

    if url is not None and not url.startswith(("http://", "https://")):
        raise click.BadParameter(f"{url!r} is no address, with https://", param_hint="--url")
    with app.console.progress("Fetching", "files") as bar:
        found = asyncio.run(earlier.fetch(url or app.project().settings.site.base_url, folder, bar.at))
    if app.console.json:
        app.console.data(found.as_dict())
        return
    app.console.out(f"{found.files} files, {found.bytes / 1e6:.1f} MB")
    if found.left_out:
        app.console.say(f"{len(found.left_out)} are not what the site's list says, and were left out.", "warning")


@command.command("report", short_help="Tell what became of a deploy, from the results of its steps.")
@click.argument("steps", nargs=-1, required=True, metavar="STEP=RESULT…")
@click.option("--build", default="", help="The name of the build.")
@click.option("--deploy", default="", help="The deploy's id.")
@click.option("--previous", default="", help="The id of what was shown before.")
@click.option("--url", default="", help="Of the public site.  [default: site.base_url]")
@click.option("--draft-url", default="", help="Where the draft can be seen.")
@click.option("--record", metavar="ENVIRONMENT", help="Make a deployment record at GitHub for this environment.")
@global_options
@pass_app
def report(
    app: App,
    steps: tuple[str, ...],
    build: str,
    deploy: str,
    previous: str,
    url: str,
    draft_url: str,
    record: str | None,
) -> None:
    """Tell what became of a deploy, from the results of its steps (site, draft, smoke, promote, public, return; or
    rollback, when that was by hand: success, failure, cancelled or skipped): here, in the summary of a GitHub workflow,
    as a record at GitHub, and to `publish.webhook`. That one of these cannot be told is a warning: it changes nothing
    about the deploy.

    \b
    Examples:
      sitegen deploy report site=success draft=success smoke=failure --build 3f2a81c09d4e5b67
    """
    from sitegen.publish.reporting import outcome_of, report_to

    project = app.project()
    try:
        found = outcome_of(steps, build, deploy, previous, url or project.settings.site.base_url, draft_url)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    for trouble in report_to(project, found, record):
        app.console.error(trouble)
    if app.console.json:
        app.console.data(found.as_dict())
    else:
        app.console.out(found.headline)


def _tell(app: App, change: Change) -> None:
    if app.console.json:
        app.console.data(change.as_dict())
        return
    app.console.out(change.current.id)
    if change.previous:
        app.console.say(f"Shown before: {change.previous} (`sitegen deploy rollback {change.previous}` returns to it).")
    else:
        app.console.say("It was shown already." if change.already else "Nothing was shown before.")


def _words(deploy: Deploy) -> str:
    parts = [deploy.id, f"build {deploy.build}" if deploy.build else "", deploy.message, f"since {deploy.published}"]
    return ", ".join(part for part in parts if part and part != "since ")
