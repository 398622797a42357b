"""``sitegen serve``: the site on this machine, rebuilt when a file is saved."""

from __future__ import annotations

from typing import Any

import click

from sitegen.cli.app import App, global_options, pass_app


@click.command("serve", short_help="Serve the site locally, and rebuild on change.")
@click.option("--host", metavar="HOST", help="The address to listen on.  [default: serve.host]")
@click.option("--port", type=click.IntRange(0, 65535), help="The port.  [default: serve.port, else the next free one]")
@click.option("--drafts", is_flag=True, help="Show drafts, and what is in review, as well.")
@click.option("--future", is_flag=True, help="Show what is not shown before a day to come as well.")
@click.option("--search", is_flag=True, help="Make the index of the search, too, anew after each change of a text.")
@click.option("--lan", is_flag=True, help="Let phones and others on this network read the site; shows a QR code.")
@click.option("--open", is_flag=True, help="Open the site in the browser.")
@click.option("--poll", is_flag=True, help="Look for changes again and again, for drives that tell of none.")
@click.option("--no-review", is_flag=True, help="Without the review desk.")
@global_options
@pass_app
def command(app: App, /, no_review: bool, **options: Any) -> None:
    """Build the site, serve it on this machine, and build again whenever a file is saved.

    Open pages reload by themselves when a build changed them; a new style sheet is put in place without that. What is
    wrong with a file is shown over the last good page, until it is mended.

    Where there are briefs, /_review/ is the review desk: read them beside their documents, edit, approve, publish. It
    is for this machine alone, and is not there with --lan or another --host.

    \b
    Examples:
      sitegen serve --open
      sitegen serve --drafts --port 8080
      sitegen serve --lan
    """
    from sitegen.serve.app import ServeOptions, serve

    project = app.project()
    mounts = {}
    if not no_review and project.briefs.is_dir():
        from sitegen.review.app import PREFIX, Desk

        mounts[PREFIX] = Desk(project).app
    serve(project, ServeOptions(**options), console=app.console, mounts=mounts)
