"""What we make of the CommonMark specification's examples, and why it is not always what the specification says."""

from __future__ import annotations

import nh3
from markdown_it import MarkdownIt

from sitegen.site.markdown import filled, render
from tests.site.commonmark import Example, examples

OTHER_SCHEMES = {596, 598, 599, 601}
"""Addresses that begin with ``irc:``, ``localhost:`` and the like are no links."""
EMPTY_QUOTATIONS = {218, 239, 240}
"""The parser writes no line break into a quotation without text."""

_NO_ATTRIBUTES = "blockquote br em h1 h2 h3 h4 h5 h6 hr li p pre strong ul"
_TAGS: dict[str, set[str]] = {
    **{tag: set() for tag in _NO_ATTRIBUTES.split()},
    "a": {"href", "title"},
    "img": {"src", "alt", "title"},
    "ol": {"start"},
    "code": {"class"},
}


def plain(html: str) -> str:
    """HTML without what only we add: ids, marks of links out of the site, colours of code, lazy images."""
    return nh3.clean(html, tags=set(_TAGS), attributes=_TAGS, link_rel=None)


def as_specified(example: Example) -> bool:
    seen = render(example.markdown, "brief")
    return plain(filled(seen.html, [url for url, _ in seen.links])) == plain(example.html)


def has_raw_html(example: Example) -> bool:
    blocks = MarkdownIt("commonmark").parse(example.markdown)
    phrases = [child for block in blocks for child in block.children or ()]
    inside = [child for phrase in phrases for child in phrase.children or ()]
    return any(token.type.startswith("html_") for token in (*blocks, *phrases, *inside))


def test_examples_are_rendered_as_specified_but_for_raw_html() -> None:
    differ = {example.number: example for example in examples() if not as_specified(example)}
    raw = {number for number, example in differ.items() if has_raw_html(example)}
    assert differ.keys() - raw == OTHER_SCHEMES | EMPTY_QUOTATIONS
    assert len(raw) == 72
    assert (len(examples()) - len(differ), len(examples())) == (573, 652)
