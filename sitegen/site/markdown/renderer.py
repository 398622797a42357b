"""Renderer: from Markdown to HTML, by markdown-it-py and its plug-ins."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt
from markdown_it.common.utils import unescapeAll

from sitegen.site.highlight import highlight
from sitegen.site.markdown import ways
from sitegen.site.markdown.addresses import allowed
from sitegen.site.markdown.admonitions import admonitions
from sitegen.site.markdown.cleaner import cleaner
from sitegen.site.markdown.rendered import Profile, Rendered
from sitegen.site.markdown.tasks import tasks
from sitegen.site.markdown.walk import walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.renderer import RendererHTML
    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict
    from pluggy import PluginManager

_NOTE = re.compile(r"\[\^|\^\[")
_DEFINITION = re.compile(r"^[ \t>]*[:~][ \t]", re.MULTILINE)
_LINES = re.compile(r"\{([\d,\- ]*)\}")


def parsed(text: str, profile: Profile, *, math: bool = False) -> Rendered:
    """What the parser makes of ``text``; with ``math``, a page may have formulas."""
    seen = Rendered("")
    page = profile == "page"
    # A plug-in that has nothing to do still costs time with each paragraph.
    notes, definitions = _NOTE.search(text) is not None, _DEFINITION.search(text) is not None
    parser = _parser(page, math and page, notes, definitions, ways.hooks())
    html = parser.render(text, {"seen": seen, "taken": set(), "profile": profile})
    seen.html = cleaner(profile).clean(html)
    return seen


def tokens(text: str, profile: Profile, *, math: bool = False) -> tuple[list[Token], dict[str, Any]]:
    """What the parser reads in ``text``, and what it found out beside: footnotes where they are written, links as
    they are, nothing rendered."""
    env: dict[str, Any] = {"seen": Rendered(""), "taken": set(), "profile": profile}
    page = profile == "page"
    notes, definitions = _NOTE.search(text) is not None, _DEFINITION.search(text) is not None
    return _parser(page, math and page, notes, definitions, ways.hooks(), bare=True).parse(text, env), env


@functools.lru_cache(maxsize=32)
def _parser(
    page: bool, math: bool, notes: bool, definitions: bool, hooks: PluginManager | None, *, bare: bool = False
) -> MarkdownIt:
    md = MarkdownIt("commonmark", {"html": False, "highlight": _highlight}).enable(["table", "strikethrough"])
    md.validateLink = allowed  # type: ignore[method-assign]  # the library's own way to replace it
    if notes:
        from mdit_py_plugins.footnote import footnote_plugin

        md.use(footnote_plugin)
    if definitions:
        from mdit_py_plugins.deflist import deflist_plugin

        md.use(deflist_plugin)
    if page:
        _enrich(md, math=math)
    for rule in (tasks, admonitions, walk):
        md.core.ruler.push(rule.__name__, rule)
    if hooks is not None:
        hooks.hook.markdown_parser(parser=md, profile="page" if page else "brief")
    return md.disable(["footnote_tail", "tasks", "admonitions", "walk"], ignoreInvalid=True) if bare else md


def _enrich(md: MarkdownIt, *, math: bool) -> None:
    """What only a site's own author may use."""
    from sitegen.site.markdown.attributes import attributes_plugin
    from sitegen.site.markdown.shortcodes import shortcodes_plugin

    attributes_plugin(md)
    shortcodes_plugin(md)
    md.add_render_rule("fence", _fence)
    if math:
        from sitegen.site.markdown.formulas import formulas_plugin

        formulas_plugin(md)


def _highlight(code: str, language: str, _attrs: str) -> str:
    return highlight(code, language) or ""


def _fence(self: RendererHTML, tokens: Sequence[Token], number: int, options: OptionsDict, env: EnvType) -> str:
    """A block of code, with an id and classes, and with the lines in braces behind its language marked."""
    token = tokens[number]
    language, _, rest = unescapeAll(token.info).strip().partition(" ")
    marked = _LINES.fullmatch(rest.strip())
    html = highlight(token.content, language, _numbers(marked[1]) if marked else ())
    if html is None:
        return self.fence(tokens, number, options, env)
    token.attrJoin("class", "highlight")
    return f"<pre{self.renderAttrs(token)}{html[html.index('><') :]}\n"


def _numbers(ranges: str) -> tuple[int, ...]:
    """The lines of ``1,4-6``; none beyond 9999."""
    found: set[int] = set()
    for part in ranges.replace(" ", "").split(","):
        first, _, last = part.partition("-")
        if first.isdecimal() and (last or first).isdecimal():
            found.update(range(int(first[:4]), int((last or first)[:4]) + 1))
    return tuple(sorted(found))
