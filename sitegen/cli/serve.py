"""``sitegen serve``: the site on this machine, rebuilt when a file is saved."""

from __future__ import annotations

import click

from sitegen.cli.app import App, global_options, pass_app


@click.command("serve", short_help="Serve the site locally, and rebuild on change.")
@click.option("--host", metavar="HOST", help="The address to listen on.  [default: serve.host]")
@click.option("--port", type=click.IntRange(0, 65535), help="The port.  [default: serve.port, else the next free one]")
@click.option("--drafts", is_flag=True, help="Show drafts as well.")
@click.option("--search", is_flag=True, help="Make the index of the search, too, anew after each change of a text.")
@global_options
@pass_app
def command(app: App, host: str | None, port: int | None, drafts: bool, search: bool) -> None:
    """Build the site, serve it on this machine, and build again whenever a file is saved.

    \b
    Examples:
      sitegen serve
      sitegen serve --drafts --port 8080
    """
    from sitegen.serve.app import serve

    serve(app.project(), host=host, port=port, drafts=drafts, search=search, console=app.console)
