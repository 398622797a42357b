"""``sitegen watch``: the daemon that pulls and builds by itself."""

from __future__ import annotations

from pathlib import Path

import click

from sitegen.cli.app import App, global_options, pass_app


@click.command("watch", short_help="Keep pulling and building: the daemon.")
@click.option("--host", metavar="HOST", help="The address of the health pages.  [default: watch.host]")
@click.option("--port", type=click.IntRange(0, 65535), help="Their port.  [default: watch.port]")
@click.option("--build/--no-build", default=None, help="Build after changes.  [default: watch.build]")
@click.option("--publish/--no-publish", default=None, help="Commit and push the briefs.  [default: watch.publish]")
@click.option("--log-file", type=click.Path(dir_okay=False, path_type=Path), help="Keep a log as JSON lines here, too.")
@global_options
@pass_app
def command(
    app: App, host: str | None, port: int | None, build: bool | None, publish: bool | None, log_file: Path | None
) -> None:
    """Ask the source every minute, and when a webhook says so; turn what is new into briefs; build the site when files
    change. Goes on whatever happens: what failed is tried again, later and later.

    `/healthz`, `/readyz`, `/metrics` (for Prometheus) and `/status` (for people) are on 127.0.0.1:9464. SIGTERM parks
    what is in hand within 10 seconds, SIGHUP reads the settings again. Only one watches a site at a time.

    \b
    Examples:
      sitegen watch
      sitegen watch --log-file /var/log/sitegen.jsonl --no-build
    """
    from sitegen.watch.daemon import WatchOptions, watch
    from sitegen.watch.logs import logging_to

    with logging_to(log_file, as_json=app.console.json) as log:
        watch(app.project(), WatchOptions(host, port, build, publish), log)
