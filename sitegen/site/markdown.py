"""Markdown: CommonMark with tables, strikethrough and footnotes, as HTML that is safe to print as it is.

Raw HTML is text like any other. Addresses may be relative or begin with http, https, mailto or tel; a link to any other
scheme stays plain text. The result then passes nh3, which lets through only what this module makes: a second wall for
the day on which the parser has a hole.

Links inside the site are left open: their addresses are written as ``sitegen:0``, ``sitegen:1`` … and filled in by
``filled`` when all pages are known, so that a rendered text can be kept whatever happens to other pages.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

import nh3
from markdown_it import MarkdownIt
from mdit_py_plugins.footnote import footnote_plugin

from sitegen.site.highlight import highlight

if TYPE_CHECKING:
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_SAFE = ("http:", "https:", "mailto:", "tel:")
_OPEN = re.compile(r'(<(?:a|img) (?:[a-z]+="[^"]*" )*?(?:href|src)=")sitegen:(\d+)"')
"""An open link. It begins with a real tag: in text, which may say ``href="sitegen:0"`` too, ``<`` is escaped."""
_NOT_IN_ID = re.compile(r"[^\w\s-]")
_RESERVED_ID = re.compile(r"fn(ref)?\d.*")
_RESERVED = {"", "main", "content", "top", "toc", "menu", "nav", "search", "made"}
"""Names that themes like to give to parts of a page."""

_ANY = {"class", "id"}
_BLOCKS = ("blockquote", "code", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "section", "ul")
_TAGS: dict[str, set[str]] = {
    **dict.fromkeys((*_BLOCKS, "span", "sup"), _ANY),
    **{tag: set() for tag in ("br", "em", "s", "strong", "table", "thead", "tbody", "tr")},
    "a": _ANY | {"href", "title", "rel"},
    "img": {"src", "alt", "title", "loading"},
    "ol": _ANY | {"start"},
    "th": {"class"},
    "td": {"class"},
}


@dataclass(slots=True)
class Rendered:
    """A text as HTML, and what was seen on the way."""

    html: str
    headings: list[tuple[str, str, int]] = field(default_factory=list)
    """Id, text and level of each heading that is not inside a list or quotation."""
    anchors: list[str] = field(default_factory=list)
    """All ids in the text, those of headings and footnotes."""
    links: list[tuple[str, int]] = field(default_factory=list)
    """Links into the site and images as they are written, each with its line (from 0); ``sitegen:N`` is the Nth."""
    words: int = 0


def render(text: str) -> Rendered:
    """Renders ``text``."""
    seen = Rendered("")
    html = _parser().render(text, {"seen": seen})
    seen.html = _cleaner().clean(html)
    return seen


def filled(html: str, urls: Sequence[str]) -> str:
    """Rendered HTML with the addresses of its open links."""
    return _OPEN.sub(lambda match: f'{match[1]}{escape(urls[int(match[2])])}"', html)


def allowed(url: str) -> bool:
    """Whether an address may be linked to."""
    scheme = _SCHEME.match(url.strip())
    return scheme is None or scheme[0].lower() in _SAFE


def anchor(text: str, taken: set[str]) -> str:
    """The id of a heading: its words with hyphens, in any script, made unique among ``taken``."""
    words = _NOT_IN_ID.sub("", unicodedata.normalize("NFC", text).lower()).split()
    wanted = "-".join(words)[:80].strip("-")
    if wanted in _RESERVED or _RESERVED_ID.fullmatch(wanted):
        wanted = f"section-{wanted}".rstrip("-")
    found, number = wanted, 1
    while found in taken:
        number += 1
        found = f"{wanted}-{number}"
    taken.add(found)
    return found


@functools.cache
def _parser() -> MarkdownIt:
    md = MarkdownIt("commonmark", {"html": False, "highlight": _highlight}).enable(["table", "strikethrough"])
    md.use(footnote_plugin)
    md.core.ruler.push("sitegen", _walk)
    md.validateLink = allowed  # type: ignore[method-assign]  # the library's own way to replace it
    return md


@functools.cache
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(_TAGS),
        attributes=_TAGS,
        url_schemes={"http", "https", "mailto", "tel", "sitegen"},
        link_rel=None,
        strip_comments=True,
    )


def _highlight(code: str, language: str, _attrs: str) -> str:
    return highlight(code, language) or ""


def _walk(state: StateCore) -> None:
    seen: Rendered = state.env.get("seen") or Rendered("")
    taken: set[str] = set()
    lists = line = 0
    for number, token in enumerate(state.tokens):
        line = token.map[0] if token.map else line
        kind = token.type
        if kind == "inline":
            _walk_inline(token, line, seen)
        elif kind == "heading_open":
            _heading(token, state.tokens[number + 1], seen, taken)
        elif kind == "list_item_open":
            lists += 1
        elif kind == "list_item_close":
            lists -= 1
        elif kind == "blockquote_open" and lists:
            token.attrSet("class", "evidence")
        elif kind in ("th_open", "td_open") and token.attrs:
            # The parser writes style="text-align:right", which a strict content security policy refuses.
            token.attrs = {"class": f"align-{str(token.attrs['style']).rpartition(':')[2]}"}
        elif kind == "footnote_anchor":
            note = token.meta["id"] + 1
            seen.anchors += [f"fn{note}", f"fnref{note}"]
    seen.anchors += sorted(taken)


def _heading(token: Token, inline: Token, seen: Rendered, taken: set[str]) -> None:
    text = "".join(child.content for child in inline.children or () if child.type in ("text", "code_inline"))
    name = anchor(text, taken)
    token.attrSet("id", name)
    if token.level == 0:
        seen.headings.append((name, text.strip(), int(token.tag[1])))


def _walk_inline(token: Token, line: int, seen: Rendered) -> None:
    for child in token.children or ():
        kind = child.type
        if kind in ("text", "code_inline"):
            seen.words += len(child.content.split())
        elif kind in ("softbreak", "hardbreak"):
            line += 1
        elif kind == "link_open":
            _link(child, line, seen)
        elif kind == "image":
            src = str(child.attrs.get("src", ""))
            if not _external(src):
                child.attrs["src"] = _left_open(src, line, seen)
            child.attrs["loading"] = "lazy"


def _link(token: Token, line: int, seen: Rendered) -> None:
    href = str(token.attrs.get("href", ""))
    if not _external(href):
        token.attrs["href"] = _left_open(href, line, seen)
    elif not href.lower().startswith(("mailto:", "tel:")):
        token.attrs |= {"class": "external", "rel": "noopener"}


def _left_open(url: str, line: int, seen: Rendered) -> str:
    seen.links.append((url, line))
    return f"sitegen:{len(seen.links) - 1}"


def _external(url: str) -> bool:
    return url.startswith("//") or _SCHEME.match(url) is not None
