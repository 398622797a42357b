"""``sitegen brief diff``, ``accept``, ``reject``, ``lock``, ``unlock``, ``restore`` and ``regenerate``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from sitegen.cli.app import App, Function, global_options, pass_app
from sitegen.cli.choosing import near
from sitegen.cli.undoing import keeping

if TYPE_CHECKING:
    from sitegen.briefs.difference import Difference, Piece
    from sitegen.briefs.merge import Choice
    from sitegen.briefs.store import Store
    from sitegen.briefs.verdicts import Verdict
    from sitegen.console import Console
    from sitegen.enrich.report import Report
    from sitegen.settings import Project

WIDE = 110
"""Columns of a terminal from which on two texts are shown side by side."""


def _store(app: App) -> Store:
    from sitegen.briefs.store import Store

    return Store.open(app.project().briefs)


# ---------------------------------------------------------------------------------------------------------------- diff


@click.command("diff", short_help="Show what was changed by hand, and what is proposed.")
@click.argument("ref", shell_complete=near)
@click.option("--unified", is_flag=True, help="One text below the other, on a wide terminal too.")
@global_options
@pass_app
def diff(app: App, ref: str, unified: bool) -> None:
    """Show what an editor changed in a brief since it was generated, and what a newer text proposes.

    REF is a slug, a file name, or a source such as paperless:12. Lines with - are what was generated or what is in the
    file, lines with + what the file or the proposal has instead. On a wide terminal the two stand side by side.

    \b
    Examples:
      sitegen brief diff bridge-inspection
      sitegen --json brief diff paperless:12
    """
    from sitegen.briefs.difference import Difference

    store = _store(app)
    found = Difference.of(store, store.find(ref))
    if app.console.json:
        app.console.data(found.as_dict())
        return
    width = app.console.width()
    _show(app.console, found, ref, None if unified or width is None or width < WIDE else width)


def _show(console: Console, found: Difference, ref: str, width: int | None) -> None:
    console.out(f"{found.brief}{f', made from {found.source}' if found.source else ''}", "bold")
    if found.locked:
        console.out(f"locked: {', '.join(found.locked)}")
    if found.edited:
        console.out("\nChanged by hand since it was generated:", "bold")
        for piece in found.edited:
            _piece(console, piece, width, proposed=False)
    if found.made is not None:
        console.out(f"\nProposed by {found.made.engine} {found.made.model} on {found.made.at:%Y-%m-%d}:", "bold")
        if found.reasons:
            console.out(
                f"It waits because the brief is published and facts differ: {', '.join(found.reasons)}", "warning"
            )
        for piece in found.proposed:
            _piece(console, piece, width, proposed=True)
        console.say(f"\nTo decide: sitegen brief accept {ref} --hunk N, --field NAME or --all; or brief reject.")
    elif not found.edited:
        console.say("Nothing was changed by hand, and nothing is proposed.")


def _piece(console: Console, piece: Piece, width: int | None, *, proposed: bool) -> None:
    label = f"line {piece.line}" if piece.field is None else piece.field
    if proposed:
        label = f"--hunk {piece.hunk}, {label}" if piece.field is None else f"--field {label}"
    console.out(f"\n  {label}{' (you changed this, too)' if piece.clash else ''}")
    if width is not None:
        column = (width - 3) // 2
        for row in range(max(len(piece.before), len(piece.after))):
            before, after = (side[row] if row < len(side) else "" for side in (piece.before, piece.after))
            same = before == after
            console.abreast([(before, None if same else "gone"), (after, None if same else "new")], column)
        return
    for line in piece.before:
        console.out(f"  - {line}", "gone")
    for line in piece.after:
        console.out(f"  + {line}", "new")


# ------------------------------------------------------------------------------------------------------------- verdicts


def _choosing(function: Function) -> Function:
    """Adds how proposals are named."""
    options = [
        click.argument("ref", shell_complete=near),
        click.option("--field", "fields", multiple=True, metavar="NAME", help="This field; may be given often."),
        click.option(
            "--hunk", "hunks", multiple=True, type=click.IntRange(1), metavar="N", help="This place of the text."
        ),
        click.option("--all", "every", is_flag=True, help="All that is proposed."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def _choice(fields: tuple[str, ...], hunks: tuple[int, ...], every: bool) -> Choice | None:
    from sitegen.briefs.merge import Choice

    if every and (fields or hunks):
        raise click.UsageError("--all says everything; give it alone.")
    return None if every else Choice(frozenset(fields), frozenset(hunks))


@click.command("accept", short_help="Take proposals over into a brief.")
@_choosing
@click.option("--edit", is_flag=True, help="Change its words first, in $VISUAL or $EDITOR; for one field or hunk.")
@global_options
@pass_app
def accept(app: App, ref: str, fields: tuple[str, ...], hunks: tuple[int, ...], every: bool, edit: bool) -> None:
    """Take over what a newer text proposes: the whole of it, or some fields and places, as `brief diff` numbers them.

    What you wrote in these places is replaced; `sitegen brief undo` brings it back. The numbers of what is left begin
    anew.

    \b
    Examples:
      sitegen brief accept bridge-inspection --hunk 2
      sitegen brief accept bridge-inspection --hunk 2 --edit
      sitegen brief accept bridge-inspection --field title --field summary
      sitegen brief accept paperless:12 --all
    """
    from sitegen.briefs import verdicts

    if not (fields or hunks or every):
        raise click.UsageError("Say what: --field NAME, --hunk N, or --all. `sitegen brief diff` shows what there is.")
    store, choice = _store(app), _choice(fields, hunks, every)
    if edit:
        _reword(app, store, ref, choice)
        return
    with keeping(app.project(), store, "accept"):
        verdict = verdicts.accept(store, ref, choice)
    _tell(app, "accepted", verdict)


def _reword(app: App, store: Store, ref: str, choice: Choice | None) -> None:
    """Takes one proposal over as the editor words it; what they wrote is shown when it cannot be written."""
    from sitegen.briefs import verdicts
    from sitegen.briefs.difference import Difference
    from sitegen.errors import ProposalMissing, SitegenError

    if choice is None or len(choice.fields) + len(choice.hunks) != 1:
        raise click.UsageError("--edit is for one --field or one --hunk.")
    found = Difference.of(store, store.find(ref))
    wanted = [one for one in found.proposed if one.field in choice.fields or one.hunk in choice.hunks]
    if not wanted:
        raise ProposalMissing("nothing is proposed there", place=found.brief)
    words = click.edit("".join(f"{line}\n" for line in wanted[0].after), extension=".md")
    if words is None:
        app.console.say("Nothing was saved in the editor, so nothing was taken over.")
        return
    try:
        with keeping(app.project(), store, "accept"):
            verdict = verdicts.accept(store, ref, choice, expected=found.text, instead=words)
    except SitegenError:
        app.console.out(words)
        raise
    _tell(app, "accepted", verdict)


@click.command("reject", short_help="Drop proposals; the brief stays as it is.")
@_choosing
@global_options
@pass_app
def reject(app: App, ref: str, fields: tuple[str, ...], hunks: tuple[int, ...], every: bool) -> None:
    """Drop what a newer text proposes, all of it or some fields and places. The file is not touched.

    The same will not be proposed again; what a still newer text says there, will. `sitegen brief undo` takes it back.

    \b
    Examples:
      sitegen brief reject bridge-inspection
      sitegen brief reject bridge-inspection --hunk 1 --field title
    """
    from sitegen.briefs import verdicts

    every = every or not (fields or hunks)
    store, choice = _store(app), _choice(fields, hunks, every)
    with keeping(app.project(), store, "reject"):
        verdict = verdicts.reject(store, ref, choice)
    _tell(app, "rejected", verdict)


def _tell(app: App, what: str, verdict: Verdict) -> None:
    if app.console.json:
        app.console.data({"brief": verdict.path, what: _as_dict(verdict.done), "left": _as_dict(verdict.left)})
        return
    left = f"Left: {_words(verdict.left)}." if verdict.left else "Nothing is left."
    app.console.say(f"{verdict.path}: {what} {_words(verdict.done) or 'nothing'}. {left}")


def _as_dict(choice: Choice) -> dict[str, object]:
    return {"fields": sorted(choice.fields), "hunks": sorted(choice.hunks)}


def _words(choice: Choice) -> str:
    return ", ".join([*sorted(choice.fields), *(f"hunk {number}" for number in sorted(choice.hunks))])


# ---------------------------------------------------------------------------------------------------- locks and restore


@click.command("lock", short_help="Keep newer texts away from fields.")
@click.argument("ref", shell_complete=near)
@click.argument("fields", nargs=-1, required=True, metavar="FIELD...")
@global_options
@pass_app
def lock(app: App, ref: str, fields: tuple[str, ...]) -> None:
    """Keep newer texts away from fields of a brief, or from its `body`: they are neither merged nor proposed.

    The front matter gets a line such as `locked: [title]`; you may as well write it yourself.

    \b
    Examples:
      sitegen brief lock bridge-inspection title summary
      sitegen brief lock bridge-inspection body
    """
    from sitegen.briefs import verdicts

    store = _store(app)
    with keeping(app.project(), store, "lock"):
        locked = verdicts.lock(store, ref, fields)
    _tell_locked(app, ref, locked)


@click.command("unlock", short_help="Let newer texts at fields again.")
@click.argument("ref", shell_complete=near)
@click.argument("fields", nargs=-1, required=True, metavar="FIELD...")
@global_options
@pass_app
def unlock(app: App, ref: str, fields: tuple[str, ...]) -> None:
    """Let newer texts at fields of a brief again that were locked.

    \b
    Examples:
      sitegen brief unlock bridge-inspection title
    """
    from sitegen.briefs import verdicts

    store = _store(app)
    with keeping(app.project(), store, "unlock"):
        locked = verdicts.unlock(store, ref, fields)
    _tell_locked(app, ref, locked)


def _tell_locked(app: App, ref: str, locked: tuple[str, ...]) -> None:
    if app.console.json:
        app.console.data({"brief": ref, "locked": locked})
    else:
        app.console.say(f"Locked: {', '.join(locked)}." if locked else "Nothing is locked.")


@click.command("restore", short_help="Bring a deleted brief back.")
@click.argument("ref", shell_complete=near)
@global_options
@pass_app
def restore(app: App, ref: str) -> None:
    """Bring back a brief whose file was deleted, as a draft, as it was generated last.

    REF is its source, such as paperless:12, or the name that its file had. What had been changed in it by hand only git
    still knows. `sitegen brief list --status deleted` names all that can be restored.

    \b
    Examples:
      sitegen brief restore paperless:12
    """
    from sitegen.briefs import verdicts

    project = app.project()
    store = _store(app)
    path = f"{project.briefs.name}/{verdicts.restore(store, ref)}"
    if app.console.json:
        app.console.data({"brief": path})
    else:
        app.console.say(f"Restored {path} as a draft. `sitegen pull --document {ref}` brings it up to date.")


# ----------------------------------------------------------------------------------------------------------- regenerate


@click.command("regenerate", short_help="Have the engine make a brief's text anew.")
@click.argument("ref", shell_complete=near)
@click.option(
    "--engine", type=click.Choice(("ollama", "openai", "extractive")), help="Another one than in the settings."
)
@click.option("--note", metavar="TEXT", help="What the engine should mind; empty takes back an earlier note.")
@global_options
@pass_app
def regenerate(app: App, ref: str, engine: str | None, note: str | None) -> None:
    """Have the engine make the text of a brief anew, and merge it: what you changed stays, what clashes is proposed.

    A note is an instruction to the engine and holds for this document from then on. The same engine with the same note
    says the same.

    \b
    Examples:
      sitegen brief regenerate bridge-inspection --note "shorter; name the amounts"
      sitegen brief regenerate paperless:12 --engine ollama
    """
    from sitegen.cli.pull import run
    from sitegen.enrich.report import Request

    project = app.project()
    source = _source(_store(app), ref)
    if engine:
        changed = project.settings.engine.model_copy(update={"kind": engine})
        project = replace(project, settings=project.settings.model_copy(update={"engine": changed}))
    if note and project.settings.engine.kind == "extractive":
        app.console.warn("the built-in engine picks sentences and takes no notes; name another with --engine")
    report = run(app, project, Request(documents=(source,), refresh=True, note=note))
    _tell_made(app, project, ref, report)


def _source(store: Store, ref: str) -> str:
    from sitegen.errors import BriefMissing

    brief = store.find(ref)
    if brief.matter.source is None:
        raise BriefMissing(
            "this brief has no document to be made from",
            place=f"{store.root.name}/{brief.path}",
            remedy="Name its document in the field `source`, such as `source: paperless:12`.",
        )
    return brief.matter.source


def _tell_made(app: App, project: Project, ref: str, report: Report) -> None:
    from sitegen.errors import SomeFailed

    if app.console.json:
        app.console.data(report.as_dict())
    if report.engine_error is not None:
        raise SystemExit(report.engine_error.exit_code) if app.console.json else report.engine_error
    result = report.results[0]
    if result.bad:
        error = SomeFailed(f"{result.reason} [{result.code}]", place=result.ref)
        raise SystemExit(error.exit_code) if app.console.json else error
    words = {
        "updated": "made anew",
        "merged": "made anew; what you had changed is as it was",
        "proposed": f"made anew; `sitegen brief diff {ref}` shows what waits for you",
        "unchanged": "the engine says the same",
    }
    if not app.console.json:
        app.console.say(f"{project.briefs.name}/{result.brief}: {words.get(result.done, result.done)}.")


COMMANDS = (diff, accept, reject, lock, unlock, restore, regenerate)
