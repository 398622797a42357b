"""Admonitions: quotations that begin with ``[!NOTE]``, as on GitHub, GitLab and in Obsidian, become boxes with a title.

The title is what stands behind the mark; without it, a placeholder for the theme's word for the kind of box.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markdown_it.token import Token

if TYPE_CHECKING:
    from markdown_it.rules_core import StateCore

KINDS = ("note", "tip", "important", "warning", "caution")
_MARK = re.compile(rf"\[!({'|'.join(KINDS)})\](?=[ \n]|$) *", re.IGNORECASE)


def admonitions(state: StateCore) -> None:
    """A core rule. In a list of a brief a quotation is evidence, whatever it begins with."""
    if "[!" not in state.src:
        return
    evidence = state.env.get("profile") == "brief"
    found: list[Token] = []
    boxes: list[bool] = []
    """For each open quotation, whether it is an admonition."""
    lists = skip = 0
    for number, token in enumerate(state.tokens):
        if skip:
            skip -= 1
            continue
        found.append(token)
        if token.type == "blockquote_open":
            boxes.append(not (lists and evidence) and _is_box(state.tokens, number))
            if boxes[-1]:
                title, skip = _make_box(state.tokens[number : number + 4])
                found += title
        elif token.type == "blockquote_close" and boxes.pop():
            token.tag = "div"
        elif token.type in ("list_item_open", "list_item_close"):
            lists += token.nesting
    state.tokens = found


def _is_box(tokens: list[Token], at: int) -> bool:
    if tokens[at + 1].type != "paragraph_open" or _line(tokens[at + 1]) != _line(tokens[at]):
        return False
    inline = tokens[at + 2]
    # The text as it was written: a backslash before the mark leaves it a quotation.
    return bool(inline.children and inline.children[0].type == "text" and _MARK.match(inline.content))


def _line(token: Token) -> int:
    return token.map[0] if token.map else 0


def _make_box(tokens: list[Token]) -> tuple[list[Token], int]:
    """The tokens of the title, and how many of those after the opening one are to be left out."""
    box, _, inline, _ = tokens
    children = inline.children or []
    mark = _MARK.match(children[0].content)
    assert mark is not None
    kind = mark[1].lower()
    box.tag, box.attrs = "div", {"class": f"admonition {kind}", "role": "note"}
    children[0].content = children[0].content[mark.end() :]
    end = next((n for n, child in enumerate(children) if child.type in ("softbreak", "hardbreak")), len(children))
    title, inline.children = children[:end], children[end + 1 :]
    if inline.map:
        inline.map = [inline.map[0] + 1, inline.map[1]]
    return _title(title, kind, box), 0 if inline.children else 3


def _title(children: list[Token], kind: str, box: Token) -> list[Token]:
    if not any(child.content.strip() or child.type == "image" for child in children):
        children = [Token("word", "sitegen-word", 1, {"key": kind}), Token("word", "sitegen-word", -1)]
    return [
        Token("paragraph_open", "p", 1, {"class": "admonition-title"}, level=box.level + 1, block=True),
        Token("inline", "", 0, children=children, map=box.map, level=box.level + 2, block=True),
        Token("paragraph_close", "p", -1, level=box.level + 1, block=True),
    ]
