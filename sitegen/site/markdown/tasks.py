"""Tasks: list items that begin with ``[ ]`` or ``[x]`` get a checkbox with its label, for show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markdown_it.token import Token

if TYPE_CHECKING:
    from markdown_it.rules_core import StateCore

_MARKS = {"[ ] ": False, "[x] ": True, "[X] ": True}


def tasks(state: StateCore) -> None:
    """A core rule."""
    if not any(mark in state.src for mark in _MARKS):
        return
    for number, token in enumerate(state.tokens):
        if token.type == "list_item_open" and state.tokens[number + 1].type == "paragraph_open":
            inline = state.tokens[number + 2]
            children = inline.children or []
            # The text as it was written: a backslash before the mark leaves it as it is.
            done = _MARKS.get(inline.content[:4]) if children and children[0].type == "text" else None
            if done is not None:
                token.attrSet("class", "task")
                children[0].content = children[0].content[3:]
                children[:0] = [Token("label_open", "label", 1), _box(done)]
                children.append(Token("label_close", "label", -1))


def _box(done: bool) -> Token:
    attrs: dict[str, str | int | float] = {"type": "checkbox", "disabled": ""}
    if done:
        attrs["checked"] = ""
    return Token("checkbox", "input", 0, attrs=attrs)
