"""``sitegen brief allow`` and ``disallow``: what the privacy scan found, and everybody may read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sitegen.cli.app import App, global_options, pass_app
from sitegen.cli.choosing import near
from sitegen.cli.undoing import keeping

if TYPE_CHECKING:
    from sitegen.briefs.findings import Findings
    from sitegen.briefs.store import Brief
    from sitegen.console import Console
    from sitegen.privacy.guard import Told
    from sitegen.settings import Project


@click.command("allow", short_help="Let everybody read what the privacy scan found.")
@click.argument("ref", shell_complete=near)
@click.argument("fingerprints", nargs=-1, required=True, metavar="FINGERPRINT...")
@global_options
@pass_app
def allow(app: App, ref: str, fingerprints: tuple[str, ...]) -> None:
    """Say that everybody may read what the privacy scan found in a brief, by its fingerprint.

    The front matter gets a line such as `allow: [phone-7kq2]`; you may as well write it yourself. It holds for that
    value in that brief, and for nothing else. `sitegen brief show` tells what was found.

    \b
    Examples:
      sitegen brief allow bridge-inspection phone-7kq2
    """
    from sitegen.briefs import findings
    from sitegen.briefs.store import Store
    from sitegen.privacy.folder import guard_of

    project = app.project()
    store = Store.open(project.briefs)
    with keeping(project, store, "allow"):
        allowed = findings.allow(store, store.find(ref), fingerprints, guard_of(project))
    _tell(app, ref, allowed)


@click.command("disallow", short_help="Take back that everybody may read something.")
@click.argument("ref", shell_complete=near)
@click.argument("fingerprints", nargs=-1, required=True, metavar="FINGERPRINT...")
@global_options
@pass_app
def disallow(app: App, ref: str, fingerprints: tuple[str, ...]) -> None:
    """Take back what `sitegen brief allow` said.

    \b
    Examples:
      sitegen brief disallow bridge-inspection phone-7kq2
    """
    from sitegen.briefs import findings
    from sitegen.briefs.store import Store

    project = app.project()
    store = Store.open(project.briefs)
    with keeping(project, store, "disallow"):
        allowed = findings.disallow(store, store.find(ref), fingerprints)
    _tell(app, ref, allowed)


def _tell(app: App, ref: str, allowed: tuple[str, ...]) -> None:
    if app.console.json:
        app.console.data({"brief": ref, "allowed": allowed})
    else:
        app.console.say(f"Allowed: {', '.join(allowed)}." if allowed else "Nothing is allowed.")


# ---------------------------------------------------------------------------------------------------------------- show


def found_in(console: Console, project: Project, brief: Brief) -> Findings:
    """What the scan says of a brief; nothing, with a warning, when it cannot look."""
    from sitegen.briefs.findings import Findings
    from sitegen.errors import SitegenError
    from sitegen.privacy.folder import guard_of

    try:
        return Findings.of(guard_of(project), brief.text, f"{project.briefs.name}/{brief.path}")
    except SitegenError as error:
        console.warn(str(error))
        return Findings()


def as_list(found: Findings) -> list[dict[str, object]]:
    allowed = {one.fingerprint for one in found.allowed}
    return [{**one._asdict(), "allowed": one.fingerprint in allowed} for one in found.all]


def show(console: Console, found: Findings) -> None:
    """A line for each finding."""
    _lines(console, "private", found.stops, "keeps it from being published")
    _lines(console, "perhaps", found.hints, "only a hint")
    _lines(console, "allowed", found.allowed, "everybody may read it")


def _lines(console: Console, label: str, told: tuple[Told, ...], means: str) -> None:
    from sitegen.privacy.finding import WORDS

    for number, one in enumerate(told):
        style = "warning" if label == "private" else None
        words = f"line {one.line}, {WORDS[one.kind]}: {one.mask} ({one.fingerprint})"
        console.out(f"  {'' if number else label:9} {words}{'' if number else f'; {means}'}", style)


COMMANDS = (allow, disallow)
