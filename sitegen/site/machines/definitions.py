"""Definitions: lines of a Markdown text that its page does not show, since nothing refers to them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from markdown_it.token import Token


def addresses(tokens: Sequence[Token], env: Mapping[str, Any]) -> set[str | tuple[str, str]]:
    """Where the links and pictures of a text lead; the labels and addresses of its definitions."""
    found: set[str | tuple[str, str]] = {href for href, _ in _linked(tokens)}
    return found | {(label, definition["href"]) for label, definition in env.get("references", {}).items()}


def _linked(tokens: Sequence[Token]) -> Iterator[tuple[str, str]]:
    """Address and title of each link and picture, those inside links and the texts of pictures, too."""
    for token in tokens:
        if token.type in ("link_open", "image"):
            yield str(token.attrs.get("href", token.attrs.get("src"))), str(token.attrs.get("title", ""))
        yield from _linked(token.children or ())


def hidden_lines(source: str, tokens: Sequence[Token], env: Mapping[str, Any]) -> set[int]:
    """The lines (from 0) of unused definitions of links and footnotes."""
    return {
        line
        for start, end in (*_unused_links(source, tokens, env), *_unused_notes(tokens, env))
        for line in range(start, end)
    }


def _unused_links(source: str, tokens: Sequence[Token], env: Mapping[str, Any]) -> Iterator[tuple[int, int]]:
    used = set(_linked(tokens))
    text = " ".join(source.split())
    for label, definition in env.get("references", {}).items():
        named = len(re.findall(rf"\[{re.escape(label)}\]", text, re.IGNORECASE)) > 1
        if not named or (definition["href"], definition["title"]) not in used:
            yield tuple(definition["map"])
    for definition in env.get("duplicate_refs", ()):
        yield tuple(definition["map"])


def _unused_notes(tokens: Sequence[Token], env: Mapping[str, Any]) -> Iterator[tuple[int, int]]:
    known = env.get("footnotes", {}).get("refs", {})
    for token in tokens:
        if token.type == "footnote_reference_open" and known.get(f":{token.meta['label']}", -1) < 0 and token.map:
            yield token.map[0], token.map[1]
