"""``sitegen doctor``: what is wrong, and what to do about it."""

from __future__ import annotations

import click

from sitegen.cli.app import App, global_options, pass_app


@click.command("doctor", short_help="Check settings, source, engine, disk and git.")
@global_options
@pass_app
def command(app: App) -> None:
    """Check settings, source, engine, disk and git, and say what to do for each thing that is wrong.

    \b
    Examples:
      sitegen doctor
      sitegen --json doctor
    """
    import asyncio
    from dataclasses import asdict

    from sitegen.doctor import examine
    from sitegen.errors import ChecksFailed

    findings = asyncio.run(examine(app.project()))
    failed = [finding for finding in findings if finding.state == "error"]
    if app.console.json:
        app.console.data([asdict(finding) for finding in findings])
        raise SystemExit(ChecksFailed.exit_code if failed else 0)
    width = max([len(finding.topic) for finding in findings], default=0)
    for finding in findings:
        app.console.finding(finding.state, finding.topic, finding.message, finding.remedy, width)
    if failed:
        raise ChecksFailed(f"{len(failed)} of {len(findings)} checks failed")
