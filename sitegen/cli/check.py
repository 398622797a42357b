"""``sitegen check``: what is wrong with the site beyond what stops a build."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sitegen.cli.app import App, global_options, pass_app

if TYPE_CHECKING:
    from sitegen.check.inspection import Inspection
    from sitegen.errors import SitegenError


@click.command("check", short_help="Check links, images, headings and files of the site.")
@click.option("--external", is_flag=True, help="Ask other servers whether what the site links to is still there.")
@click.option("--drafts", is_flag=True, help="Look at drafts as well.")
@click.option("--strict", is_flag=True, help="Hints count as problems.")
@click.option("--privacy", is_flag=True, help="Scan a built site, FOLDER or public/, for what may be private.")
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False, exists=True))
@global_options
@pass_app
def command(app: App, external: bool, drafts: bool, strict: bool, privacy: bool, folder: Path | None) -> None:
    """Build the site into a folder of its own and look at it: broken links and anchors, ids that stand twice, images
    without a text, headings that skip a level, pages that no other page links to, files that nobody uses.

    Exit code 1 when there are problems; hints alone are none, unless with --strict.

    \b
    Examples:
      sitegen check
      sitegen check --external
      sitegen --json check --strict
      sitegen check --privacy public/
    """
    if privacy:
        _privacy(app, folder, strict)
        return
    if folder is not None:
        raise click.UsageError("a folder is only looked into with --privacy")
    from sitegen.check.inspection import Inspection, is_hint

    project = app.project()
    with app.console.progress("Checking", "pages", threads=False) as bar:
        inspection = Inspection(project, drafts=drafts, progress=bar.at)
        found = list(inspection.findings())
        if external:
            found += _external(app, inspection)
    hints = {id(finding) for finding in found if is_hint(finding)}
    _tell(app, found, hints, f"{inspection.report.pages} pages looked at.", strict=strict)


def _privacy(app: App, folder: Path | None, strict: bool) -> None:
    from sitegen.check.leaks import Leaks, is_hint

    project = app.project()
    with app.console.progress("Scanning", "files", threads=False) as bar:
        leaks = Leaks(project, folder or project.output, bar.at)
        found = list(leaks.findings())
    if not leaks.paths:
        raise click.UsageError(f"there is nothing in {folder or project.output}: build the site first")
    _tell(app, found, {id(one) for one in found if is_hint(one)}, f"{len(leaks.paths)} files scanned.", strict=strict)


def _tell(app: App, found: Sequence[SitegenError], hints: Collection[int], said: str, *, strict: bool) -> None:
    """Shows findings, of which ``hints`` are no problems unless ``strict``. Raises ``ChecksFailed`` for problems."""
    from sitegen.errors import ChecksFailed

    count = sum(strict or id(finding) not in hints for finding in found)
    if app.console.json:
        app.console.data([{**finding.as_dict(), "hint": id(finding) in hints} for finding in found])
        raise SystemExit(ChecksFailed.exit_code if count else 0)
    if found:
        kinds = {True: "hint", False: "problem"}
        rows = [(kinds[id(one) in hints], one.code, str(one.place or ""), one.message) for one in found]
        app.console.table(("KIND", "CODE", "PLACE", "FINDING"), rows)
    app.console.say(said)
    if count:
        raise ChecksFailed(
            f"the check found {count} problem{'s' if count > 1 else ''}",
            remedy="docs/reference/errors.md says what to do about each code.",
        )


def _external(app: App, inspection: Inspection) -> Iterator[SitegenError]:
    from sitegen.check.external import Checker
    from sitegen.errors import LinkDead, LinkMoved, LinkUncertain

    project = app.project()
    settings = project.settings
    places = inspection.external()
    wanted = [url for url in places if not url.startswith(settings.check.ignore)]
    checker = Checker(settings.check, settings.site.base_url, project.state / "links.json")
    with app.console.progress("Asking other servers", "links") as bar:
        verdicts = checker.check(wanted, bar.at)
    kinds = {"dead": LinkDead, "moved": LinkMoved, "uncertain": LinkUncertain}
    for url in wanted:
        verdict = verdicts[url.partition("#")[0]]
        if verdict.state != "ok":
            to = f": now {verdict.target}" if verdict.target else ""
            yield kinds[verdict.state](f"{url} {verdict.reason}{to}", place=places[url])
