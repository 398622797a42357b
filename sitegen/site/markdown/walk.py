"""Walk: over the tokens of a text, once; gives headings their ids, leaves links open, and notes what is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sitegen.site.markdown.addresses import external
from sitegen.site.markdown.anchors import anchor
from sitegen.site.markdown.rendered import Rendered

if TYPE_CHECKING:
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token


_SAID = ("text", "code_inline", "math_inline")
"""What of a heading stands in the table of contents, too."""


def walk(state: StateCore) -> None:
    """A core rule."""
    seen: Rendered = state.env["seen"]
    taken: set[str] = state.env["taken"]
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
        elif kind == "blockquote_open" and lists and token.tag == "blockquote":
            token.attrJoin("class", "evidence")
        elif kind in ("th_open", "td_open") and token.attrs:
            # The parser writes style="text-align:right", which a strict content security policy refuses.
            token.attrs = {"class": f"align-{str(token.attrs['style']).rpartition(':')[2]}"}
        elif kind == "footnote_anchor":
            note, again = token.meta["id"] + 1, token.meta.get("subId", 0)
            seen.anchors += [f"fnref{note}:{again}"] if again else [f"fn{note}", f"fnref{note}"]
    seen.anchors += sorted(taken)


def _heading(token: Token, inline: Token, seen: Rendered, taken: set[str]) -> None:
    text = "".join(child.content for child in inline.children or () if child.type in _SAID)
    name = str(token.attrs.get("id", "")) or anchor(text, taken)
    token.attrs["id"] = name
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
            if not external(src):
                seen.images.append(len(seen.links))
                child.attrs["src"] = _left_open(src, line, seen)
            child.attrs["loading"] = "lazy"
        elif kind == "shortcode":
            line += child.meta["lines"]


def _link(token: Token, line: int, seen: Rendered) -> None:
    href = str(token.attrs.get("href", ""))
    if not external(href):
        token.attrs["href"] = _left_open(href, line, seen)
    elif not href.lower().startswith(("mailto:", "tel:")):
        token.attrJoin("class", "external")
        token.attrs["rel"] = "noopener"


def _left_open(url: str, line: int, seen: Rendered) -> str:
    seen.links.append((url, line))
    return f"sitegen:{len(seen.links) - 1}"
