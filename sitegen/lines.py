"""Lines: front matter that is one plain line a field, or a list of them, read without YAML's machinery.

That is how sitegen and most people write it, and it takes a tenth of the time. Whatever YAML could read in another way
than it looks (a word for true, a number, a mark, a comment, a text over several lines) is left to YAML; that both say
the same is tested with generated texts.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

_FIELD = re.compile(r"([a-z][a-z_]*):(?: (\S(?:.*\S)?))?")
_ITEM = re.compile(r"( *)- (\S(?:.*\S)?)")
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_WORD = r"[^\W\d_][\w -]*(?<! )"
_FLOW = re.compile(rf'\[(?:(?:"[^"\\]*"|{_WORD})(?:, (?:"[^"\\]*"|{_WORD}))*)?\]')
_IN_FLOW = re.compile(rf'"([^"\\]*)"|({_WORD})')
_NO_TEXT = frozenset({"yes", "no", "true", "false", "on", "off", "null", "y", "n"})
"""Words that mean something else in YAML, or did in one of its versions."""


class _Doubt(Exception):  # no error: YAML has to be asked
    pass


def fields(head: str) -> dict[str, Any] | None:
    """The fields of front matter, which stands between its fences; None when that takes YAML to know."""
    if not head.replace("\n", "").isprintable():
        return None
    found: dict[str, Any] = {}
    lines = iter([line for line in head.split("\n") if line])
    try:
        line = next(lines, None)
        while line is not None:
            match = _FIELD.fullmatch(line)
            if match is None or match[1] in found or match[1] in _NO_TEXT:
                return None
            if match[2] is None:
                found[match[1]], line = _items(lines)
            else:
                found[match[1]], line = _value(match[2]), next(lines, None)
    except _Doubt:
        return None
    return found


def _items(lines: Iterator[str]) -> tuple[list[str], str | None]:
    """The items of a list, one a line, and the line after them."""
    items: list[str] = []
    margin = ""
    for line in lines:
        match = _ITEM.fullmatch(line)
        if match is None:
            if items:
                return items, line
            raise _Doubt
        if items and match[1] != margin:
            raise _Doubt
        margin = match[1]
        items.append(_text(match[2]))
    if not items:
        raise _Doubt
    return items, None


def _value(text: str) -> Any:
    first = text[0]
    if first == "[":
        if _FLOW.fullmatch(text) is None:
            raise _Doubt
        return [_item(match) for match in _IN_FLOW.finditer(text)]
    if first.isdecimal():
        return _day(text)
    return _text(text)


def _item(match: re.Match[str]) -> str:
    return _text(match[2]) if match[1] is None else match[1]


def _day(text: str) -> dt.date:
    match = _DAY.fullmatch(text)
    if match is None:
        raise _Doubt
    try:
        return dt.date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        raise _Doubt from None


def _text(text: str) -> str:
    first = text[0]
    if first == '"':
        inner = text[1:-1]
        if len(text) < 2 or text[-1] != '"' or '"' in inner or "\\" in inner:
            raise _Doubt
        return inner
    if first == "'":
        inner = text[1:-1].replace("''", "")
        if len(text) < 2 or text[-1] != "'" or "'" in inner:
            raise _Doubt
        return text[1:-1].replace("''", "'")
    if not first.isalpha() or text.lower() in _NO_TEXT or ": " in text or " #" in text or text[-1] == ":":
        raise _Doubt
    return text
