"""``sitegen evaluate``: engines and prompts side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sitegen.cli.app import App, global_options, pass_app

if TYPE_CHECKING:
    from sitegen.enrich.evaluation.contenders import Contender
    from sitegen.enrich.evaluation.outcome import Outcome
    from sitegen.settings import Project

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("evaluate", short_help="Compare engines, models and prompts on your documents.")
@click.argument("folder", type=_FOLDER, required=False)
@click.option("--source", is_flag=True, help="Use the documents of the site's source in place of a folder.")
@click.option(
    "--engine",
    "engines",
    multiple=True,
    metavar="NAME[:MODEL]",
    help="ollama, openai or extractive; may be given often.  [default: the site's]",
)
@click.option(
    "--prompt",
    "prompts",
    multiple=True,
    type=_FOLDER,
    metavar="DIR",
    help="A folder of prompts; may be given often.  [default: the site's]",
)
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Only the first N documents.")
@click.option("--references", type=_FILE, metavar="FILE", help="Summaries that people wrote, as JSON lines.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where the page goes.  [default: .sitegen/evaluation]",
)
@global_options
@pass_app
def command(
    app: App,
    folder: Path | None,
    source: bool,
    engines: tuple[str, ...],
    prompts: tuple[Path, ...],
    limit: int | None,
    references: Path | None,
    out: Path | None,
) -> None:
    """Summarise the documents of FOLDER with each engine and each set of prompts, and compare what they made.

    Prints a table, and writes a page with charts (evaluation.html) and all figures (evaluation.json). The site's briefs
    and its journal are left alone. Summaries are kept in the site's cache, and those in it are not asked for again.

    \b
    Examples:
      sitegen evaluate documents
      sitegen evaluate documents --engine extractive --engine ollama:qwen3:8b --engine ollama:gemma3:12b
      sitegen evaluate --source --limit 20 --prompt prompts --prompt drafts/prompts
      sitegen evaluate papers --references papers/references.jsonl --out report
    """
    from sitegen.enrich.evaluation.contenders import contenders

    if (folder is None) != source:
        raise click.UsageError("Give a FOLDER of documents, or --source; one of them.")
    project = app.project()
    try:
        chosen = contenders(project, engines, prompts)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--engine") from error
    outcome = _run(app, project, chosen, folder, limit, references)
    _show(app, outcome, out or project.state / "evaluation")


def _run(
    app: App, project: Project, chosen: list[Contender], folder: Path | None, limit: int | None, references: Path | None
) -> Outcome:
    import asyncio

    from sitegen.enrich.evaluation import reference_file
    from sitegen.enrich.evaluation.contest import Progress, compare, papers
    from sitegen.enrich.evaluation.outcome import Trial
    from sitegen.sources import open_source
    from sitegen.sources.folder import FolderSource

    texts = reference_file.read(references) if references else []
    counts = {"failed": 0, "from cache": 0}

    async def work() -> Outcome:
        opened = FolderSource(folder) if folder else open_source(project)
        try:
            found = await papers(opened, limit)
        finally:
            await opened.aclose()
        with app.console.progress("Evaluating", "documents") as bar:

            def tell(label: str, trial: Trial) -> None:
                counts["failed"] += trial.done == "failed"
                counts["from cache"] += trial.known
                bar.advance(f"{label}: {trial.done}: {trial.title} ({trial.ref})", counts)

            return await compare(chosen, found, texts, Progress(bar.total, tell))

    return asyncio.run(work())


def _show(app: App, outcome: Outcome, out: Path) -> None:
    import json

    from sitegen import files
    from sitegen.enrich.evaluation.page import html
    from sitegen.enrich.evaluation.table import table, worst
    from sitegen.errors import SomeFailed

    console = app.console
    files.write_atomic(out / "evaluation.html", html(outcome))
    files.write_atomic(out / "evaluation.json", json.dumps(outcome.as_dict(), ensure_ascii=False, indent=1) + "\n")
    if console.json:
        console.data(outcome.as_dict())
    else:
        console.table(*table(outcome))
        for line in worst(outcome):
            console.say(line)
        for label in outcome.alarms():
            console.warn(f"{label} has less in common with the references than the first sentences and LexRank")
        for name in outcome.unmatched:
            console.warn(f"the reference {name!r} belongs to no document, or to several")
        for ref, reason in outcome.unreadable:
            console.warn(f"{ref}: {reason}")
        console.say(f"All documents side by side: {out / 'evaluation.html'}")
    if outcome.failed:
        if console.json:
            raise SystemExit(SomeFailed.exit_code)
        raise SomeFailed(f"{outcome.failed} times a document failed", remedy="The page says why, document by document.")
