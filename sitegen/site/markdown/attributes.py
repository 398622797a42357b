"""Attributes: ids and classes in braces, ``{#id .class}``, for the pages of a site's own author.

They stand behind a heading, directly behind a link, an image, code or ``[words in brackets]``, or on a line of their
own above any other block.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mdit_py_plugins.attrs import attrs_block_plugin, attrs_plugin
from mdit_py_plugins.attrs.parse import ParseError, parse

from sitegen.errors import AttributesRefused
from sitegen.site.markdown.anchors import reserved

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token


_ALLOWED = ("id", "class")
_BEHIND = re.compile(r"[ \t]*(\{[^{}]*\})[ \t]*\Z")


def attributes_plugin(md: MarkdownIt) -> None:
    """Reads them, and refuses all but ids and classes."""
    attrs_plugin(md, spans=True, allowed=_ALLOWED)
    attrs_block_plugin(md, allowed=_ALLOWED)
    md.core.ruler.push("attributes", _settle)


def _settle(state: StateCore) -> None:
    if "{" not in state.src:
        return
    seen, taken = state.env["seen"], state.env["taken"]
    line = 0
    for number, token in enumerate(state.tokens):
        line = token.map[0] if token.map else line
        if token.type == "heading_open":
            _behind(token, state.tokens[number + 1])
        for each in (token, *(token.children or ())):
            for reason in _refused(each, taken):
                seen.remark(AttributesRefused, reason, line)


def _behind(heading: Token, inline: Token) -> None:
    """Takes the attributes from the end of a heading's text."""
    children = inline.children or []
    text = children[-1] if children and children[-1].type == "text" else None
    found = _BEHIND.search(text.content) if text else None
    if text is None or found is None:
        return
    try:
        _, attrs = parse(found[1])
    except ParseError:
        return
    text.content = text.content[: found.start()]
    refused = {name: value for name, value in attrs.items() if name not in _ALLOWED}
    if refused:
        heading.meta["insecure_attrs"] = refused
    heading.attrs.update({name: value for name, value in attrs.items() if name in _ALLOWED})


def _refused(token: Token, taken: set[str]) -> Iterator[str]:
    for name in token.meta.get("insecure_attrs", ()):
        yield f"the attribute {name!r} in braces is left out: only #id and .class may stand there"
    name = str(token.attrs.get("id", ""))
    if name and (name in taken or reserved(name)):
        del token.attrs["id"]
        yield f"the id {name!r} is left out: " + ("it stands twice" if name in taken else "the page needs it itself")
    elif name:
        taken.add(name)
