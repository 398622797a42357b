"""``sitegen brief``: what briefs there are, their state and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sitegen.cli import allowing, merging, moves, undoing
from sitegen.cli.app import App, global_options, pass_app
from sitegen.cli.choosing import near, selecting, selection

if TYPE_CHECKING:
    from sitegen.briefs.findings import Findings
    from sitegen.briefs.provenance import Record
    from sitegen.briefs.store import Brief
    from sitegen.enrich.overview import Line


_DONE = {"approve": "approved", "publish": "published", "withdraw": "withdrawn"}


@click.group("brief", short_help="List and show briefs, and decide about them.")
@global_options
def command() -> None:
    """Briefs: what there is, its state and why.

    \b
    Examples:
      sitegen brief list --status draft
      sitegen brief show bridge-inspection
      sitegen brief diff bridge-inspection
      sitegen brief publish bridge-inspection --approve
    """


for _verb in (*merging.COMMANDS, *allowing.COMMANDS, moves.approve, moves.publish, moves.withdraw, undoing.undo):
    command.add_command(_verb)


@command.command("list", short_help="List briefs, and documents that have none yet.")
@selecting
@click.option(
    "--sort", type=click.Choice(("title", "score")), default="title", help="By title, or the worst score first."
)
@global_options
@pass_app
def list_briefs(app: App, /, sort: str, **options: Any) -> None:
    """List all briefs, and the documents that have none yet, with their state and flags.

    Of --status, --flag and --tag each may be given several times: one of them must fit.

    \b
    Flags:
      edited    its words were changed by hand since it was generated
      proposal  a newer text waits for the editor
      facts     that text has other numbers, dates or names than the published one
      stale     made by another engine, model or prompt than would be used now
      gone      the document is no longer in the source
      approved  an editor approved it as it is now
      changed   it was changed since an editor approved it
      future    published, and its first day is not yet
      expired   published, and its last day was before today
      private   the privacy scan keeps it from being published; told only when it is asked for

    \b
    Examples:
      sitegen brief list
      sitegen brief list --status draft --status review --since 7d
      sitegen brief list --flag facts --flag changed
      sitegen brief list --sort score
      sitegen --json brief list --flag proposal --tag budget
    """
    from sitegen.enrich.overview import KEPT, overview, private, worst_first

    project = app.project()
    lines, store = overview(project, deleted="deleted" in options["states"], keep=KEPT)
    if "private" in options["flags"]:
        lines = private(project, store, lines)
    wanted = selection(**options)
    shown = [line for line in lines if wanted.has(line)]
    if sort == "score":
        shown = worst_first(shown)
    if app.console.json:
        app.console.data([line.as_dict() for line in shown])
    elif shown and sort == "score":
        scored = [(line.status, line.title, line.brief or "", str(line.scores or "")) for line in shown]
        app.console.table(("STATUS", "TITLE", "FILE", "STANDS IN THE DOCUMENT"), scored)
    elif shown:
        rows = [
            (line.status, ", ".join(line.flags), line.title, line.brief or line.source or "", line.why)
            for line in shown
        ]
        app.console.table(("STATUS", "FLAGS", "TITLE", "FILE", "WHY"), rows)
    else:
        app.console.say("There are no such briefs." if wanted.any else "No briefs yet; `sitegen pull` makes them.")
    for problem in store.broken:
        app.console.warn(str(problem))


@command.command("show", short_help="Show a brief, how it was made and what waits for it.")
@click.argument("ref", shell_complete=near)
@global_options
@pass_app
def show_brief(app: App, ref: str) -> None:
    """Show a brief's fields, its state, how it was made, what the privacy scan says, and a proposal if one waits.

    REF is a slug, a file name, or a source such as paperless:12.

    \b
    Examples:
      sitegen brief show bridge-inspection
      sitegen --json brief show paperless:12
    """
    from sitegen.briefs.store import Store
    from sitegen.enrich.overview import entries, line_of, record_of

    project = app.project()
    store = Store.open(project.briefs)
    brief = store.find(ref)
    others = len(store.broken)
    line = line_of(project, store, brief, entries(project).get(brief.matter.source or ""))
    record, found = record_of(store, brief), allowing.found_in(app.console, project, brief)
    if app.console.json:
        app.console.data({**_as_dict(brief, record, line), "private": allowing.as_list(found)})
    else:
        _print(app, brief, record, line, found)
    for problem in store.broken[others:]:
        app.console.warn(str(problem))


def _as_dict(brief: Brief, record: Record | None, line: Line) -> dict[str, object]:
    matter = brief.matter.model_dump(mode="json", exclude_unset=True)
    origin = record.model_dump(mode="json", exclude_none=True) if record else None
    return {**line.as_dict(), "fields": matter, "body": brief.body.strip(), "provenance": origin}


def _print(app: App, brief: Brief, record: Record | None, line: Line, found: Findings) -> None:
    out = app.console.out
    out(line.title)
    out(f"  file      {line.brief}")
    out(f"  status    {line.status}{''.join(f', {flag}' for flag in line.flags)}")
    for name in ("date", "tags", "correspondent", "document_type", "language", "source"):
        value = getattr(brief.matter, name)
        if value:
            out(f"  {name.replace('document_', ''):9} {', '.join(value) if isinstance(value, tuple) else value}")
    if record is not None and record.made is not None:
        made = record.made
        out(f"  made      {made.method} by {made.engine} {made.model}, {made.at:%Y-%m-%d %H:%M} UTC")
        for note in made.notes:
            out(f"            {note}")
        if made.pages_read is not None and made.pages_total is not None:
            out(f"  read      {made.pages_read} of {made.pages_total} pages")
        for number, point in enumerate(made.dropped_points):
            out(f"  {'dropped' if not number else '':9} {point.claim}")
            out(f"            since {'; '.join(point.reasons)}")
        if made.scores is not None:
            out(f"  scores    {made.scores}; dropped {made.scores.dropped}")
    for step in record.history[-5:] if record is not None else ():
        out(f"  {_DONE[step.act]:9} {step.at:%Y-%m-%d %H:%M} UTC{step.by and f', {step.by}'}")
    if line.why:
        out(f"  why       {line.why}")
    allowing.show(app.console, found)
    out()
    out(brief.body.strip())
    if record is not None and (proposal := record.waiting(brief.text)):
        out("\n--- proposal: the newer text, not in the file; `sitegen brief diff` compares the two ---\n")
        out(proposal.text.generated().text.strip())


@command.command("retry", short_help="Have documents tried again by the next pull.")
@click.argument("refs", shell_complete=near, nargs=-1, metavar="[REF]...")
@click.option("--failed", "failed", is_flag=True, help="All documents that failed and wait for their next try.")
@click.option("--dead", "dead", is_flag=True, help="All documents that were given up.")
@global_options
@pass_app
def retry(app: App, refs: tuple[str, ...], failed: bool, dead: bool) -> None:
    """Have documents tried again by the next pull, before all others, as if they had never failed.

    REF is a source such as paperless:12, or its part after the colon, or a brief.

    \b
    Examples:
      sitegen brief retry paperless:12
      sitegen brief retry --dead
    """
    from sitegen.enrich import asked

    states = [state for state, wanted in (("failed", failed), ("dead", dead)) if wanted]
    if not refs and not states:
        raise click.UsageError("Name documents, or say --failed or --dead.")
    entries = asked.retry(app.project(), refs, states)  # type: ignore[arg-type]
    if app.console.json:
        app.console.data([{"ref": entry.ref, "title": entry.title, "was": entry.state} for entry in entries])
        return
    for entry in entries:
        why = f": {entry.reason} [{entry.code}]" if entry.code else ""
        app.console.out(f"{entry.ref}  {entry.title} (was {entry.state}{why})")
    app.console.say(f"{len(entries)} to be tried first by the next `sitegen pull`." if entries else "There are none.")


@command.command("forget", short_help="Forget documents, and records whose brief is gone.")
@click.argument("refs", shell_complete=near, nargs=-1, required=True, metavar="REF...")
@click.option("--yes", is_flag=True, help="Do not ask.")
@global_options
@pass_app
def forget(app: App, refs: tuple[str, ...], yes: bool) -> None:
    """Forget documents: their state and attempts, and the record of a brief that is no longer there.

    A brief stays, with its record, and so do cached summaries. A document that its source still has is taken for a new
    one by the next pull; so one whose brief was deleted gets a brief again.

    \b
    Examples:
      sitegen brief forget paperless:12
      sitegen brief forget --yes paperless:12 paperless:15
    """
    from sitegen.enrich import asked

    project, console = app.project(), app.console
    found = asked.known(project, refs)
    for one in found:
        what = [f"its state, {one.state}" if one.state else "", "the record of its brief" if one.record else ""]
        stays = f"; {one.brief} stays" if one.brief else ""
        console.say(f"{one.ref}  {one.title}: {' and '.join(filter(None, what)) or 'nothing'} goes{stays}")
    if not yes:
        app.confirm("Forget this?")
    asked.forget(project, found)
    if console.json:
        console.data([{"ref": one.ref, "title": one.title, "was": one.state, "record": one.record} for one in found])
