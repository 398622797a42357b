"""``sitegen cache``: the summaries that were made before, and the answers they were made from."""

from __future__ import annotations

import click

from sitegen.cli.app import App, global_options, pass_app


@click.group("cache", short_help="Look at the cache of summaries, and prune it.")
@global_options
def command() -> None:
    """The cache: summaries by content, engine, model and prompt, and the model's answers that they were made from.

    \b
    Examples:
      sitegen cache stats
      sitegen cache prune --older-than 90
    """


@command.command("stats")
@global_options
@pass_app
def stats(app: App) -> None:
    """Show size, hits, and entries by engine, model and prompt.

    \b
    Examples:
      sitegen cache stats
      sitegen --json cache stats
    """
    from sitegen.enrich.cache import FOLDER, SummaryCache

    cache = SummaryCache(app.project().state / FOLDER)
    found = cache.stats()
    cache.close()
    if app.console.json:
        app.console.data(found.as_dict())
        return
    asked = found.hits + found.misses
    share = f" ({found.hits / asked:.0%})" if asked else ""
    app.console.out(
        f"{found.entries} summaries and {found.answers} answers, {found.bytes / 1e6:.1f} MB, "
        f"{found.hits} hits of {asked}{share}"
    )
    if found.by_engine:
        rows = [
            (usage.engine, usage.model, usage.prompt, str(usage.entries), str(usage.answers))
            for usage in found.by_engine
        ]
        app.console.table(("ENGINE", "MODEL", "PROMPT", "SUMMARIES", "ANSWERS"), rows)


@command.command("prune")
@click.option("--older-than", type=click.FloatRange(0), metavar="DAYS", help="Remove entries older than so many days.")
@click.option(
    "--max-mb", type=click.IntRange(0), help="Remove the oldest until it is smaller.  [default: engine.cache_mb]"
)
@global_options
@pass_app
def prune(app: App, older_than: float | None, max_mb: int | None) -> None:
    """Remove old entries. A removed summary is made again only when its document changes or its brief is renewed.

    \b
    Examples:
      sitegen cache prune
      sitegen cache prune --older-than 90 --max-mb 500
    """
    from sitegen import files
    from sitegen.enrich.cache import FOLDER, SummaryCache

    project = app.project()
    megabytes = project.settings.engine.cache_mb if max_mb is None else max_mb
    with files.lock(project.state / "pull.lock", "pull"):
        cache = SummaryCache(project.state / FOLDER)
        seconds = None if older_than is None else older_than * 86400
        removed = cache.prune(older_than=seconds, max_bytes=megabytes * 1_000_000)
        cache.close()
    if app.console.json:
        app.console.data({"removed": removed})
    else:
        app.console.out(f"{removed} entries removed.")


@command.command("clear")
@click.option("--yes", is_flag=True, help="Do not ask.")
@global_options
@pass_app
def clear(app: App, yes: bool) -> None:
    """Remove everything. Briefs stay; a document whose brief is to be made anew is paid for again.

    \b
    Examples:
      sitegen cache clear
      sitegen cache clear --yes
    """
    from sitegen import files
    from sitegen.enrich.cache import FOLDER, SummaryCache

    project = app.project()
    with files.lock(project.state / "pull.lock", "pull"):
        cache = SummaryCache(project.state / FOLDER)
        if not yes:
            app.confirm("Remove all summaries and answers, which an engine has worked for?")
        removed = cache.clear()
        cache.close()
    if app.console.json:
        app.console.data({"removed": removed})
    else:
        app.console.out(f"{removed} entries removed.")
