"""``sitegen build``: renders the site."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sitegen.cli.app import App, global_options, pass_app

if TYPE_CHECKING:
    from sitegen.site.glance import Seen
    from sitegen.site.report import BuildOptions, BuildReport


@click.command("build", short_help="Render the site.")
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Write the site here.")
@click.option("--drafts", is_flag=True, help="Show drafts, and what is in review, as well.")
@click.option("--future", is_flag=True, help="Show pages whose day is not yet as well.")
@click.option("--expired", is_flag=True, help="Show pages that have expired as well.")
@click.option("--base-url", metavar="URL", help="The address at which the site will be read.")
@click.option("--clean", is_flag=True, help="Remove what earlier builds wrote, and render everything anew.")
@click.option(
    "--carry-from",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Keep the assets of this earlier build for some days, for pages that are open.",
)
@click.option("--carry-days", type=click.IntRange(1, 365), default=7, show_default=True, help="For how many days.")
@click.option("--strict", is_flag=True, help="Warnings, such as broken links, fail the build.")
@global_options
@pass_app
def command(
    app: App,
    output: Path | None,
    drafts: bool,
    future: bool,
    expired: bool,
    base_url: str | None,
    clean: bool,
    carry_from: Path | None,
    carry_days: int,
    strict: bool,
) -> None:
    """Render the site from content/ and briefs/ into the output folder. Needs no server and no network.

    \b
    Examples:
      sitegen build
      sitegen build --output /var/www/site --strict
      sitegen build --drafts --base-url https://preview.example.org/
      sitegen build --carry-from last-deploy/
    """
    from sitegen.site import glance
    from sitegen.site.report import BuildOptions

    _check(base_url)
    target = None if output is None else output.resolve()
    options = BuildOptions(
        *(target, drafts, future, expired),
        base_url=base_url,
        clean=clean,
        carry_from=carry_from and carry_from.resolve(),
        carry_days=carry_days,
        strict=strict,
    )
    gc.disable()  # the process ends when the site is built
    with glance.look(app.site, options) as seen:
        report = seen.report or _build(app, options, seen)
    _show(app, report)


def _check(base_url: str | None) -> None:
    import re

    if base_url is not None:
        from sitegen.shapes import HTTP_URL

        if not re.fullmatch(HTTP_URL, base_url):
            message = "write it as in https://www.example.org/, without a name."
            raise click.BadParameter(message, param_hint="--base-url")


def _build(app: App, options: BuildOptions, seen: Seen) -> BuildReport:
    from sitegen.site.build import build

    project = seen.project or app.project()
    with app.console.progress("Building", "pages", threads=False) as bar:
        app.kept = report = build(project, options, bar.at, seen=seen)
    return report


def _show(app: App, report: BuildReport) -> None:
    console = app.console
    if console.json:
        console.data(report.as_dict())
        return
    for warning in report.warnings:
        console.warn(str(warning))
    for note in report.notes:
        console.say(note)
    for name, seconds in report.phases.items():
        console.detail(f"{name}: {seconds * 1000:.0f} ms")
    changes = f"{report.written} written, {report.unchanged} unchanged, {report.removed} removed"
    console.say(f"{report.pages} pages in {report.output}: {changes}, {report.seconds:.2f} s.")
