"""Renderer: from Markdown to HTML, by markdown-it-py; CommonMark with tables, strikethrough and footnotes."""

from __future__ import annotations

import functools

from markdown_it import MarkdownIt
from mdit_py_plugins.footnote import footnote_plugin

from sitegen.site.highlight import highlight
from sitegen.site.markdown import quick
from sitegen.site.markdown.addresses import allowed
from sitegen.site.markdown.cleaner import cleaner
from sitegen.site.markdown.rendered import Profile, Rendered
from sitegen.site.markdown.walk import walk


def render(text: str, profile: Profile) -> Rendered:
    """Renders ``text``."""
    if profile == "brief" and (found := quick.render(text)) is not None:
        return found
    return parsed(text, profile)


def parsed(text: str, profile: Profile) -> Rendered:
    """What the parser makes of ``text``: the reference for ``quick``."""
    seen = Rendered("")
    html = _parser(profile).render(text, {"seen": seen})
    seen.html = cleaner(profile).clean(html)
    return seen


@functools.cache
def _parser(profile: Profile) -> MarkdownIt:
    md = MarkdownIt("commonmark", {"html": False, "highlight": _highlight}).enable(["table", "strikethrough"])
    md.use(footnote_plugin)
    md.core.ruler.push("sitegen", walk)
    md.validateLink = allowed  # type: ignore[method-assign]  # the library's own way to replace it
    return md


def _highlight(code: str, language: str, _attrs: str) -> str:
    return highlight(code, language) or ""
