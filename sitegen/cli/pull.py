"""``sitegen pull``: source → summaries → briefs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from sitegen.cli.app import App, global_options, pass_app

if TYPE_CHECKING:
    from sitegen.enrich.report import Report, Request


@click.command("pull", short_help="Turn new and changed documents into briefs.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Stop after N new or changed documents.")
@click.option("--document", "documents", multiple=True, metavar="REF", help="Only this document; may be given often.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Only documents changed since then.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--refresh", is_flag=True, help="Look at every document, and renew what another model or prompt made.")
@global_options
@pass_app
def command(
    app: App, limit: int | None, documents: tuple[str, ...], since: datetime | None, dry_run: bool, refresh: bool
) -> None:
    """Fetch new and changed documents from the source, summarise them, and write briefs.

    Summaries are cached by content: a document is never paid for twice. What an editor has changed
    is never overwritten. The run may be stopped at any time; the next one goes on from there.

    \b
    Examples:
      sitegen pull
      sitegen pull --limit 10
      sitegen pull --document paperless:12 --document 15
      sitegen pull --since 2026-01-01 --dry-run
    """
    from sitegen.enrich.report import Request

    day = since.date() if since else None
    report = _run(app, Request(limit, documents, day, dry_run, refresh))
    _show(app, report)


def _run(app: App, request: Request) -> Report:
    import asyncio

    from sitegen.enrich.engines import open_engine
    from sitegen.enrich.pipeline import pull
    from sitegen.enrich.report import Progress, Result
    from sitegen.sources import open_source

    project = app.project()
    counts = {"from cache": 0, "failed": 0}

    async def work() -> Report:
        source, engine = open_source(project), open_engine(project)
        try:
            with app.console.progress("Pulling", "documents") as bar:

                def tell(result: Result) -> None:
                    counts["failed"] += result.done in ("failed", "dead")
                    counts["from cache"] += not result.from_engine and result.done in ("created", "updated", "merged")
                    bar.advance(f"{result.done}: {result.title} ({result.ref})", counts)

                return await pull(project, source, engine, request, Progress(bar.total, tell))
        finally:
            await source.aclose()
            await engine.aclose()

    return asyncio.run(work())


def _show(app: App, report: Report) -> None:
    from sitegen.errors import SomeFailed

    console = app.console
    if console.json:
        console.data(report.as_dict())
    else:
        for result in report.failed:
            console.warn(f"{result.title} ({result.ref}): {result.reason} [{result.code}]")
        for result in report.results:
            if result.done == "empty":
                console.warn(f"{result.title} ({result.ref}): it has no text; a scan must go through OCR first")
        for result in report.results if report.dry_run else []:
            verb = {"created": "new", "updated": "changed"}.get(result.done, result.done)
            console.out(f"{verb}  {result.ref}  {result.title}")
        console.say(_sentence(report))
    if report.failed and not report.dry_run:
        if console.json:
            raise SystemExit(SomeFailed.exit_code)
        failed = report.count("failed", "dead")
        raise SomeFailed(f"{failed} of {report.total} documents failed, all others are done")


def _sentence(report: Report) -> str:
    if report.dry_run:
        return f"{_many(report.total, 'document')} to pull, {report.skipped} unchanged. Nothing was done."
    names = {
        "created": "new", "updated": "updated", "merged": "merged with edits", "unchanged": "unchanged",
        "proposed": "proposed to editors",
        "deleted": "left deleted", "empty": "without text", "failed": "failed", "dead": "given up",
    }  # fmt: skip
    counts = {word: report.count(done) for done, word in names.items()}  # type: ignore[arg-type]
    counts["unchanged"] += report.skipped
    parts = [f"{count} {word}" for word, count in counts.items() if count] or ["nothing to do"]
    lost = f" Gone from the source: {len(report.gone)}; briefs stay." if report.gone else ""
    dead = f" {report.dead} given up: `sitegen brief list --status dead` says why." if report.dead else ""
    made = f"{_many(report.asked, 'summary', 'summaries')} made, {report.seconds:.1f} s."
    return f"Briefs: {', '.join(parts)}. {made}{lost}{dead}"


def _many(count: int, one: str, more: str = "") -> str:
    return f"{count} {one if count == 1 else more or f'{one}s'}"
