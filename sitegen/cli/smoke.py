"""``sitegen smoke``: whether a site that is somewhere works, as a reader's browser sees it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import click

from sitegen.cli.app import App, global_options, pass_app


@click.command("smoke", short_help="Check a site at an address, or in a folder, with a browser.")
@click.argument("url")
@click.option("--expect-build", metavar="ID", help="Fail unless this build is shown; `deploy draft` names it.")
@click.option("--require-cdn", is_flag=True, help="What cannot be checked fails, and what only a host does is checked.")
@click.option("--built", type=click.Path(path_type=Path), help="The built site, whose redirects are tried.")
@click.option("--seconds", type=click.FloatRange(0, min_open=True), help="For each answer and page.  [default: 10]")
@click.option("--screenshots", type=click.Path(path_type=Path), metavar="DIR", help="Keep a picture of each page.")
@global_options
@pass_app
def command(
    app: App,
    url: str,
    expect_build: str | None,
    require_cdn: bool,
    built: Path | None,
    seconds: float | None,
    screenshots: Path | None,
) -> None:
    """Look at the site at URL, which may be a folder: its home page, a brief, lists, a topic, search, feeds, sitemap,
    the 404 page, redirects and headers; wide and on a phone; that nothing is asked of other hosts, no script complains,
    nothing is wider than the screen or late, and axe finds nothing.

    Needs the extra `smoke` and a Chromium. Exit code 1 when a check fails.

    \b
    Examples:
      sitegen smoke public
      sitegen smoke https://example.org/ --require-cdn --expect-build 3f2a81c09d4e5b67
    """
    from sitegen.errors import ChecksFailed
    from sitegen.publish.smoke.run import smoke

    folder = Path(url)
    if not url or not (url.startswith(("http://", "https://")) or folder.is_dir()):
        raise click.BadParameter(f"{url!r} is neither an address, with https://, nor a folder", param_hint="URL")
    with _address(folder) if folder.is_dir() else contextlib.nullcontext(url) as address:
        found = smoke(
            address,
            build=expect_build,
            cdn=require_cdn,
            built=built or (folder if folder.is_dir() else None),
            screenshots=screenshots,
            seconds=seconds,
        )
    if app.console.json:
        app.console.data({**found.as_dict(), "url": url})
        raise SystemExit(ChecksFailed.exit_code if found.failed else 0)
    for one in found.results:
        mark = {"passed": "✓", "failed": "✗", "skipped": "–"}[one["outcome"]]
        app.console.out(f"{mark} {one['check']}{': ' + one['said'] if one['said'] else ''}")
    app.console.say(f"{len(found.results)} checks in {found.seconds:.0f} s.")
    if found.failed:
        count = len(found.failed)
        raise ChecksFailed(f"{count} check{'s' if count > 1 else ''} failed", place=url)


@contextlib.contextmanager
def _address(folder: Path) -> Iterator[str]:
    """The address of a folder, while it is served as a host would."""
    from sitegen.serve.pages import hosted

    with hosted(folder) as url:
        yield url
