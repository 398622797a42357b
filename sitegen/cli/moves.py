"""``sitegen brief approve``, ``publish`` and ``withdraw``: editors move briefs between their states."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from sitegen.cli.app import App, global_options, pass_app
from sitegen.cli.choosing import near, selecting, selection
from sitegen.cli.undoing import keeping

if TYPE_CHECKING:
    from sitegen.briefs.store import Brief, Store
    from sitegen.settings import Project

_DAY = click.DateTime(["%Y-%m-%d"])


def _moving(function: Callable[..., None]) -> Callable[..., None]:
    """Adds what all of them take: names or --all, the options that narrow it down, and --dry-run."""
    options = [
        click.argument("refs", shell_complete=near, nargs=-1, metavar="[REF]..."),
        click.option("--all", "every", is_flag=True, help="All briefs, or all that the other options leave."),
        click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing."),
    ]
    found: Callable[..., None] = selecting(global_options(pass_app(function)))
    for option in reversed(options):
        found = option(found)
    return found


@click.command("approve", short_help="Say that briefs are right as they are.")
@_moving
def approve(app: App, **chosen: Any) -> None:
    """Say that you have read briefs and that they are right as they are now; a draft goes to review by that.

    REF is a slug, a file name, a source such as paperless:12, or a pattern such as '2026/*'. Who approved which words,
    and when, is kept in the brief's provenance record; a brief whose words change later is flagged.

    \b
    Examples:
      sitegen brief approve bridge-inspection
      sitegen brief approve --all --status review --tag budget
    """
    _move(app, "approve", chosen)


@click.command("publish", short_help="Make briefs public.")
@click.option("--approve", is_flag=True, help="Approve them as well, as they are now.")
@click.option("--at", type=_DAY, metavar="DATE", help="The first day on which they are shown: sets publish_at.")
@_moving
def publish(app: App, approve: bool, at: dt.datetime | None, **chosen: Any) -> None:
    """Make briefs public that were approved as they are now, from the next build on.

    Several are published together or, when one of them cannot be, not at all. Nothing is published in which the privacy
    scan finds what may be private; `sitegen brief allow` says that everybody may read it.

    \b
    Examples:
      sitegen brief publish bridge-inspection
      sitegen brief publish bridge-inspection --approve --at 2026-12-01
      sitegen brief publish --all --status review --flag approved
    """
    _move(app, "publish", chosen, approve=approve, publish_at=at and at.date())


@click.command("withdraw", short_help="Take public briefs back.")
@click.option("--notice", metavar="TEXT", help="Why: stands at the old address from then on; empty for none.")
@_moving
def withdraw(app: App, notice: str | None, **chosen: Any) -> None:
    """Take public briefs back: from the next build on, their addresses answer that they are gone.

    \b
    Examples:
      sitegen brief withdraw bridge-inspection --notice "The load limits were wrong."
    """
    _move(app, "withdraw", chosen, notice=notice)


def _move(app: App, act: Any, chosen: dict[str, Any], **wishes: Any) -> None:
    from sitegen.briefs.signature import signature
    from sitegen.briefs.states import Wish, move
    from sitegen.briefs.store import Store
    from sitegen.privacy.folder import guard_of

    project = app.project()
    store = Store.open(project.briefs)
    refs, every, dry_run = (chosen.pop(name) for name in ("refs", "every", "dry_run"))
    briefs = _chosen(project, store, refs, every=every, options=chosen)
    by = signature(project.root, project.settings.briefs.sign)
    guard = guard_of(project) if act == "publish" else None
    with keeping(project, store, act):
        moved = move(store, briefs, Wish(act, dt.datetime.now(dt.UTC), by, **wishes), guard=guard, try_only=dry_run)
    if app.console.json:
        app.console.data([{**one.as_dict(), "brief": f"{store.root.name}/{one.path}"} for one in moved])
        return
    for one in moved:
        step = f"{one.before} → {one.after}" if one.before != one.after else one.after
        app.console.out(f"{store.root.name}/{one.path}  {step}{'' if one.changed else '  (as before)'}")
    if not moved:
        app.console.say("There are no such briefs.")
    elif dry_run:
        app.console.say("Nothing was changed.")


def _chosen(
    project: Project, store: Store, refs: tuple[str, ...], *, every: bool, options: dict[str, Any]
) -> list[Brief]:
    from sitegen.enrich.overview import entries, line_of, private
    from sitegen.enrich.selection import named

    if bool(refs) == every:
        raise click.UsageError("Name briefs, or say --all; --status, --flag, --tag and --since narrow either down.")
    briefs = [brief for _, brief in sorted(store.briefs.items())] if every else named(store, refs)
    wanted = selection(**options)
    if not wanted.any:
        return briefs
    known = entries(project)
    lines = [line_of(project, store, brief, known.get(brief.matter.source or "")) for brief in briefs]
    if "private" in wanted.flags:
        lines = private(project, store, lines)
    return [brief for brief, line in zip(briefs, lines, strict=True) if wanted.has(line)]
