"""Hooks: every place at which a plugin can extend a build; sitegen's own outputs are made through them as well.

A plugin is a Python file in the site's folder ``plugins/``, or an installed module, that ``plugins`` in sitegen.toml
names. It defines any of the functions below, marked with ``hook``, and takes those of their arguments that it needs:

    from sitegen.site.hooks import Output, hook

    @hook
    def site_outputs(site):
        text = "\\n".join(page.title for page in site.briefs)
        yield Output("titles.txt", "titles.txt", make=lambda: text.encode())

A plugin's file is an input like any other: when it changes, everything is made anew. The law of exact builds holds for
what a plugin makes from its arguments; a plugin that looks at clocks, networks or other files breaks it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pluggy

from sitegen.site.output import Output

if TYPE_CHECKING:
    import jinja2
    from markdown_it import MarkdownIt

    from sitegen.site.stored import StoredPage
    from sitegen.site.whole import Site

__all__ = ["Output", "hook"]

NAME = "sitegen"
hook = pluggy.HookimplMarker(NAME)
"""Marks a function of a plugin as one of the hooks below."""
_hookspec = pluggy.HookspecMarker(NAME)


@_hookspec
def markdown_parser(parser: MarkdownIt, profile: str) -> None:
    """Changes the Markdown parser before anything is rendered; ``profile`` is ``brief`` or ``page``."""


@_hookspec
def pages_ready(pages: list[StoredPage]) -> None:
    """Looks at all pages that are shown, before lists are made; may change their title, summary and ``extra``."""


@_hookspec
def templates_ready(environment: jinja2.Environment) -> None:
    """Adds filters, tests and functions for templates. They must give the same for the same arguments."""


@_hookspec
def site_outputs(site: Site) -> Iterable[Output]:  # type: ignore[empty-body]  # a plugin's function has one
    """Gives further files of the site. ``Output`` says what each is made from."""


@_hookspec(firstresult=True)
def output_made(path: str, data: bytes) -> bytes | None:
    """Changes a file that was made from a template, before it is written; None leaves it as it is.

    The first plugin that gives anything has the last word.
    """


def manager(plugins: Iterable[Any] = ()) -> pluggy.PluginManager:
    """The hooks with ``plugins`` behind them; what was registered first is asked first."""
    import sys

    found = pluggy.PluginManager(NAME)
    found.add_hookspecs(sys.modules[__name__])
    for plugin in reversed(list(plugins)):
        found.register(plugin)
    return found
