"""``sitegen check``: what is wrong with the site beyond what stops a build."""

from __future__ import annotations

from collections.abc import Iterator
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
@global_options
@pass_app
def command(app: App, external: bool, drafts: bool, strict: bool) -> None:
    """Build the site into a folder of its own and look at it: broken links and anchors, ids that stand twice, images
    without a text, headings that skip a level, pages that no other page links to, files that nobody uses.

    Exit code 1 when there are problems; hints alone are none, unless with --strict.

    \b
    Examples:
      sitegen check
      sitegen check --external
      sitegen --json check --strict
    """
    from sitegen.check.inspection import Inspection, is_hint
    from sitegen.errors import ChecksFailed

    project = app.project()
    with app.console.progress("Checking", "pages", threads=False) as bar:
        inspection = Inspection(project, drafts=drafts, progress=bar.at)
        found = list(inspection.findings())
        if external:
            found += _external(app, inspection)
    problems = [finding for finding in found if strict or not is_hint(finding)]
    if app.console.json:
        app.console.data([{**finding.as_dict(), "hint": is_hint(finding)} for finding in found])
        raise SystemExit(ChecksFailed.exit_code if problems else 0)
    if found:
        kinds = {True: "hint", False: "problem"}
        rows = [(kinds[is_hint(one)], one.code, str(one.place or ""), one.message) for one in found]
        app.console.table(("KIND", "CODE", "PLACE", "FINDING"), rows)
    app.console.say(f"{inspection.report.pages} pages looked at.")
    if problems:
        count = len(problems)
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
