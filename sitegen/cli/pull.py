"""``sitegen pull``: source → summaries → briefs."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from sitegen.cli.app import App, global_options, pass_app

if TYPE_CHECKING:
    from sitegen.console import Progress as Bar
    from sitegen.enrich.engines.base import EndpointStats
    from sitegen.enrich.report import Progress, Report, Request, Status
    from sitegen.errors import SitegenError
    from sitegen.settings import Project

TOLD_SECONDS = 60.0
"""Where no bar is shown, ``--verbose`` says how the pull stands once in so many seconds."""


@click.command("pull", short_help="Turn new and changed documents into briefs.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Stop after N new or changed documents.")
@click.option(
    "--max-minutes",
    type=click.FloatRange(0, min_open=True),
    metavar="N",
    help="Begin no document after so many minutes.",
)
@click.option("--max-tokens", type=click.IntRange(1), metavar="N", help="Begin no document after so many tokens.")
@click.option("--document", "documents", multiple=True, metavar="REF", help="Only this document; may be given often.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Only documents changed since then.")
@click.option("--dry-run", is_flag=True, help="Say what would be done and what it would take, and do nothing.")
@click.option("--refresh", is_flag=True, help="Look at every document, and renew what another model or prompt made.")
@click.option(
    "--where", multiple=True, metavar="CONDITION", help="Only renew briefs that were made so, as in 'prompt<3'."
)
@global_options
@pass_app
def command(app: App, /, since: datetime | None, where: tuple[str, ...], **options: Any) -> None:
    """Fetch new and changed documents from the source, summarise them, and write briefs.

    Summaries are cached by content: a document is never paid for twice. What an editor has changed
    is never overwritten. The run may be stopped at any time; the next one goes on from there.

    A CONDITION is a property of the provenance record, a comparison and a value: engine, model, digest or method with =
    or !=, prompt, age, tokens, seconds, dropped or score.quotation with < <= > >= too. Several must all hold.

    \b
    Examples:
      sitegen pull
      sitegen pull --limit 10 --max-minutes 30
      sitegen pull --document paperless:12 --document 15
      sitegen pull --since 2026-01-01 --dry-run
      sitegen pull --refresh --where 'prompt<3' --where 'age>30d' --dry-run
    """
    from sitegen.enrich.report import Request

    if where and (options["documents"] or since):
        raise click.UsageError("--where chooses among all documents: leave out --document and --since.")
    request = Request(since=since.date() if since else None, **options)
    if where:
        from sitegen.enrich.conditions import parse_all

        request = replace(request, refresh=True, where=parse_all(where))
    _show(app, run(app, app.project(), request))


def run(app: App, project: Project, request: Request) -> Report:
    """A pull, with a bar that shows how it goes."""
    import asyncio

    from sitegen.enrich.engines import open_engine
    from sitegen.enrich.pipeline import pull
    from sitegen.sources import open_source

    async def work() -> Report:
        source, engine = open_source(project), open_engine(project)
        try:
            with app.console.progress("Pulling", "documents") as bar:
                return await pull(project, source, engine, request, _progress(app, bar))
        finally:
            await source.aclose()
            await engine.aclose()

    return asyncio.run(work())


def _progress(app: App, bar: Bar) -> Progress:
    from sitegen.enrich.report import Progress, Result

    counts = {"from cache": 0, "failed": 0}
    told = time.monotonic()

    def tell(result: Result) -> None:
        counts["failed"] += result.bad
        counts["from cache"] += not result.from_engine and result.done in ("created", "updated", "merged")
        bar.advance(f"{result.done}: {result.title} ({result.ref})", counts)

    def stand(status: Status) -> None:
        nonlocal told
        bar.note(line(status))
        if time.monotonic() - told >= TOLD_SECONDS:
            told = time.monotonic()
            app.console.detail(f"{status.done} of {status.total or '?'} documents; {line(status)}")

    return Progress(bar.total, tell, stand)


def line(status: Status) -> str:
    """How a pull stands, in one line."""
    parts = [f"{status.per_minute:.1f} documents/min" if status.per_minute else ""]
    parts.append(f"{status.tokens_per_second:.0f} tokens/s" if status.tokens_per_second else "")
    parts.append(f"{_duration(status.seconds_left)} left" if status.seconds_left else "")
    parts.append(f"{status.failed} failed" if status.failed else "")
    for one in status.endpoints:
        errors = sum(one.errors.values())
        trouble = "" if one.up else ", down"
        parts.append(
            f"{one.url.partition('://')[2]} {one.busy}/{one.slots}{trouble}{f', {errors} errors' if errors else ''}"
        )
    return " · ".join(part for part in parts if part)


def _duration(seconds: float) -> str:
    minutes = seconds / 60
    if minutes < 1:
        return f"{seconds:.0f} s"
    return f"{minutes:.0f} min" if minutes < 100 else f"{minutes / 60:.1f} h"


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
                scan = "" if result.ref.endswith((".txt", ".md", ".markdown")) else "; a scan must go through OCR first"
                console.warn(f"{result.title} ({result.ref}): it has no text{scan}")
        for result in report.results if report.dry_run else []:
            verb = {"created": "new", "updated": "changed"}.get(result.done, result.done)
            console.out(f"{verb}  {result.ref}  {result.title}")
        console.say(_dry(report) if report.dry_run else _sentence(report))
        for endpoint in report.endpoints if console.verbose else ():
            console.detail(_endpoint(endpoint))
    error: SitegenError | None = report.engine_error
    if error is None and report.failed and not report.dry_run:
        failed = report.count("failed", "dead")
        error = SomeFailed(f"{failed} of {report.total} documents failed, all others are done")
    if error is not None:
        if console.json:
            raise SystemExit(error.exit_code)
        raise error


def _endpoint(one: EndpointStats) -> str:
    errors = ", ".join(f"{count} × {code}" for code, count in sorted(one.errors.items())) or "no errors"
    tokens = one.prompt_tokens + one.answer_tokens
    return f"{one.url}: {_many(one.requests, 'request')}, {tokens} tokens, {one.seconds:.0f} s, {errors}"


def _dry(report: Report) -> str:
    estimate = report.estimate
    text = f"{_many(report.total, 'document')} to pull, {report.skipped} unchanged."
    if estimate is not None and estimate.summaries:
        asked = _many(estimate.summaries, "summary", "summaries")
        text += f" The engine would be asked for {asked}"
        if estimate.calls:
            text += (
                f": about {estimate.calls:.0f} calls and {estimate.tokens:.0f} tokens, "
                f"{_duration(estimate.minutes * 60)} with {_many(estimate.slots, 'slot')}"
            )
        text += f"; nothing is known of what {estimate.unknown} of them take." if estimate.unknown else "."
    return f"{text} Nothing was done."


def _sentence(report: Report) -> str:
    names = {
        "created": "new", "updated": "updated", "merged": "merged with edits", "unchanged": "unchanged",
        "proposed": "proposed to editors", "deleted": "left deleted", "empty": "without text",
        "waiting": "waiting for the engine", "failed": "failed", "dead": "given up",
    }  # fmt: skip
    counts = {word: report.count(done) for done, word in names.items()}  # type: ignore[arg-type]
    counts["unchanged"] += report.skipped
    parts = [f"{count} {word}" for word, count in counts.items() if count] or ["nothing to do"]
    told = [f"Briefs: {', '.join(parts)}."]
    told.append(f"{_many(report.asked, 'summary', 'summaries')} made, {report.seconds:.1f} s{_speed(report)}.")
    if report.provisional:
        told.append(f"{_many(report.provisional, 'extract')} for now, until the engine can be reached.")
    if report.ended_by:
        told.append(f"Ended by the limit of {report.ended_by}; about {_many(report.left, 'document')} left.")
    if report.gone:
        stay = "" if report.withdrawn else "; briefs stay"
        told.append(f"Gone from the source: {len(report.gone)}{stay}.")
    if report.withdrawn:
        told.append(f"Withdrawn, since their documents are gone: {', '.join(report.withdrawn)}.")
    if report.dead:
        told.append(f"{report.dead} given up: `sitegen brief list --status dead` says why.")
    return " ".join(told)


def _speed(report: Report) -> str:
    """Of runs that were long enough to tell."""
    if report.seconds < 10 or not report.asked:
        return ""
    tokens = f", {report.tokens / report.seconds:.0f} tokens/s" if report.tokens else ""
    return f", {60 * report.total / report.seconds:.1f} documents/min{tokens}"


def _many(count: int, one: str, more: str = "") -> str:
    return f"{count} {one if count == 1 else more or f'{one}s'}"
