"""``sitegen worker``: one machine of a fleet."""

from __future__ import annotations

import click

from sitegen.cli.app import App, global_options, pass_app


@click.command("worker", short_help="Do the engine's work for a site on another machine.")
@click.option("--queues", default="urgent,bulk", metavar="LIST", help="Which of urgent and bulk.  [default: both]")
@click.option("--slots", type=click.IntRange(1, 256), help="Documents at the same time.  [default: the engine's]")
@click.option("--host", metavar="HOST", help="The address of its pages.  [default: fleet.host]")
@click.option("--port", type=click.IntRange(0, 65535), help="Their port; 0 takes a free one.  [default: fleet.port]")
@global_options
@pass_app
def command(app: App, queues: str, slots: int | None, host: str | None, port: int | None) -> None:
    """Take documents from the fleet's Redis, have the engine of this machine summarise them, hand the summaries back.

    It needs no site: a folder with a sitegen.toml that names the engine and the broker is enough. A worker whose
    sitegen, prompts or model differ from those of the site takes no work and says so. SIGTERM lets it finish what it
    has in hand. `/healthz`, `/readyz` and `/metrics` are on 127.0.0.1:9465.

    \b
    Examples:
      sitegen worker
      sitegen worker --queues urgent --slots 1
    """
    from sitegen.errors import SettingsInvalid
    from sitegen.fleet import check_installed

    project = app.project()
    chosen = tuple(dict.fromkeys(name.strip() for name in queues.split(",")))
    if not chosen or not set(chosen) <= {"urgent", "bulk"}:
        raise click.BadParameter("it is a list of urgent and bulk", param_hint="--queues")
    if not project.settings.fleet.broker:
        raise SettingsInvalid("a worker needs [fleet] broker", remedy="docs/guide/fleet.md shows a worker's settings.")
    check_installed()
    from sitegen.fleet.worker import WorkerOptions, work
    from sitegen.watch.logs import logging_to

    with logging_to(None, as_json=app.console.json) as log:
        work(project, WorkerOptions(chosen, slots, host, port), log)  # type: ignore[arg-type]
