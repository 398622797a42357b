"""``sitegen brief undo``: the last decision about briefs is taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sitegen.cli.app import App, global_options, pass_app
from sitegen.cli.choosing import near

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from sitegen.briefs.store import Store
    from sitegen.briefs.undo import Decision
    from sitegen.settings import Project


def keeping(project: Project, store: Store, act: str) -> AbstractContextManager[None]:
    """Keeps what the block does to briefs, so that it can be undone."""
    from sitegen.briefs.undo import Past

    return Past(project.state).keeping(store, act)


@click.command("undo", short_help="Take back the last decision about briefs.")
@click.argument("ref", shell_complete=near, required=False)
@click.option("--list", "listed", is_flag=True, help="Tell what can be undone, and undo nothing.")
@global_options
@pass_app
def undo(app: App, ref: str | None, listed: bool) -> None:
    """Take back the last approve, publish, withdraw, accept, reject, lock, allow or save, made here or at the desk.

    With REF, a slug, a file name or a source, the last one that concerned that brief. Files and records are as they
    were before it; what was changed again since is not touched, and said. The last 50 decisions on this machine are
    kept.

    \b
    Examples:
      sitegen brief undo
      sitegen brief undo bridge-inspection
      sitegen brief undo --list
    """
    from sitegen.briefs.store import Store
    from sitegen.briefs.undo import Past
    from sitegen.errors import UndoRefused

    project = app.project()
    store, past = Store.open(project.briefs), Past(project.state)
    path = store.find(ref).path if ref else None
    found = [one for one in past.decisions() if path is None or path in one.paths]
    if listed:
        _list(app, found, store)
        return
    if not found:
        raise UndoRefused("there is nothing to undo", place=ref)
    past.undo(store, found[0])
    if app.console.json:
        app.console.data(_as_dict(found[0], store))
    else:
        app.console.say(f"Undone: {_words(found[0], store)}.")


def _list(app: App, found: list[Decision], store: Store) -> None:
    if app.console.json:
        app.console.data([_as_dict(one, store) for one in found])
        return
    for one in found:
        app.console.out(f"{one.at.astimezone():%Y-%m-%d %H:%M}  {_words(one, store)}")
    if not found:
        app.console.say("There is nothing to undo.")


def _as_dict(one: Decision, store: Store) -> dict[str, object]:
    briefs = [f"{store.root.name}/{path}" for path in one.paths]
    return {"act": one.act, "at": one.at.isoformat(timespec="seconds"), "briefs": briefs}


def _words(one: Decision, store: Store) -> str:
    more = f" and {len(one.paths) - 3} more" if len(one.paths) > 3 else ""
    return f"{one.act} {', '.join(f'{store.root.name}/{path}' for path in one.paths[:3])}{more}"
