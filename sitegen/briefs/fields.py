"""Fields: a field of a file's front matter is set or removed, and every other byte stays as the editor wrote it.

The text is cut where YAML's own parser says that a value begins and ends. What comes of it is read back: unless it says
just what was meant, nothing is given back.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import yaml

from sitegen import frontmatter
from sitegen.errors import ContentError, FieldNotSet, Place

Value = str | dt.date | bool | int | list[str]

_OPEN = re.compile(r"\ufeff?---[ \t]*(\r\n|\n|\r)")
_CLOSE = re.compile(r"^-{3,}[ \t]*$", re.MULTILINE)
_LINE_END = re.compile(r"[\r\n]|\Z")
_BREAK = re.compile(r"\r\n|\n|\r|")
_REMARK = re.compile(r"(^|\s)#", re.MULTILINE)
_LINE_START = re.compile(r"(?:^|(?<=[\r\n]))([ \t]*-[ \t]+)\Z")
"""The dash of an item that begins where the searched part ends."""
_WIDE = 1 << 30


class _Cut(NamedTuple):
    """What comes into the place of a piece of the front matter."""

    start: int
    end: int
    text: str


def put(text: str, values: Mapping[str, Value | None], name: str) -> str:
    """A whole file's ``text``, with its own line ends, in which the fields have ``values``; None removes a field.

    A value is replaced where it stands, in the quotes that it had and with the remark behind it; of a list only those
    items that come or go. A new field goes below `status`, else to the end. The remark of what is removed stays.

    ``name`` is the file's, for errors. Raises ``FieldNotSet`` when that cannot be done without touching anything else,
    and ``ContentError`` for front matter that cannot be read.
    """
    before = frontmatter.split(text.removeprefix("\ufeff"), name)
    changes = {key: value for key, value in values.items() if before.fields.get(key, None) != value}
    if not changes:
        return text
    changed = _changed(text, changes, before.fields, name)
    try:
        after = frontmatter.split(changed.removeprefix("\ufeff"), name)
    except ContentError:
        after = None
    wanted = {
        key: value for key, value in {**before.fields, **changes}.items() if key not in changes or value is not None
    }
    if after is None or after.fields != wanted or after.body != before.body:
        raise FieldNotSet(f"{_named(changes)} cannot be set without touching more", place=Place(name, 2))
    return changed


def _named(changes: Mapping[str, object]) -> str:
    return ", ".join(map(repr, changes))


def _changed(text: str, changes: Mapping[str, Value | None], was: Mapping[str, object], name: str) -> str:
    found = _OPEN.match(text)
    # The same length, with line ends that the pattern knows.
    close = _CLOSE.search(text.replace("\r\n", " \n").replace("\r", "\n"), found.end()) if found else None
    if found is None or close is None:
        raise FieldNotSet("the file has no front matter", place=Place(name, 1))
    head = text[found.end() : close.start()]
    node = _node(head, changes, name)
    if node is not None and (not isinstance(node, yaml.MappingNode) or node.flow_style):
        raise FieldNotSet("the fields do not stand in lines of their own", place=Place(name, 2))
    there = {key.value: (key, value) for key, value in node.value} if node is not None else {}
    for start, end, piece in sorted(_cuts(head, there, changes, was, found[1], name), reverse=True):
        head = head[:start] + piece + head[end:]
    return text[: found.end()] + head + text[close.start() :]


def _node(head: str, changes: Mapping[str, object], name: str) -> yaml.Node | None:
    """The fields as YAML sees them; None where there are none."""
    try:
        return yaml.compose(head, yaml.SafeLoader)
    except yaml.YAMLError:  # the reader of front matter takes some that this one does not
        raise FieldNotSet(f"{_named(changes)} cannot be set here", place=Place(name, 2)) from None


def _cuts(
    head: str,
    there: Mapping[str, tuple[yaml.Node, yaml.Node]],
    changes: Mapping[str, Value | None],
    was: Mapping[str, object],
    newline: str,
    name: str,
) -> Iterator[_Cut]:
    added = ""
    for key, value in changes.items():
        if key not in there:
            added += f"{key}: {_written(value)}{newline}"
        elif value is None:
            yield _removed(head, *there[key], name)
        elif items := list(_items(head, there[key][1], was[key], value, newline, name)):
            yield from items
        else:
            yield _replaced(head, *there[key], value, name)
    if added:
        at = _next_line(head, _end(head, there["status"][1])) if "status" in there else len(head)
        yield _Cut(at, at, added)


def _replaced(head: str, key: yaml.Node, node: yaml.Node, value: Value, name: str) -> _Cut:
    start, end = node.start_mark.index, _end(head, node)
    style = node.style if isinstance(node, yaml.ScalarNode) else None
    if start == end or style in ("|", ">") or (isinstance(node, yaml.CollectionNode) and not node.flow_style):
        # Nothing, or a block of lines: its successor stands behind the colon.
        start = head.index(":", key.end_mark.index) + 1
        if isinstance(node, yaml.CollectionNode) and _REMARK.search(head[start:end]):
            raise FieldNotSet(f"{key.value!r} has remarks in it", place=Place(name, node.start_mark.line + 2))
        return _Cut(start, end, f" {_written(value)}")
    return _Cut(start, end, _written(value, style if style in ("'", '"') else None))


def _removed(head: str, key: yaml.Node, node: yaml.Node, name: str) -> _Cut:
    start, end = key.start_mark.index, _end(head, node)
    if isinstance(node, yaml.CollectionNode) and _REMARK.search(head[key.end_mark.index : end]):
        raise FieldNotSet(f"{key.value!r} has remarks in it", place=Place(name, node.start_mark.line + 2))
    return _Cut(start, *_without_remark(head, end))


def _without_remark(head: str, end: int) -> tuple[int, str]:
    """Where the line of a value ends that goes; if a remark stands behind it, just before that."""
    rest = head[end : _next_line(head, end)]
    return (end + rest.index("#"), "") if _REMARK.search(rest) else (end + len(rest), "")


def _items(head: str, node: yaml.Node, was: object, value: Value, newline: str, name: str) -> Iterator[_Cut]:
    """What comes and goes in a list whose other items stay, in their order; nothing when it is no such change."""
    if not isinstance(node, yaml.SequenceNode) or not isinstance(was, list) or not isinstance(value, list):
        return
    kept = [item for item in was if item in value]
    if not kept or value[: len(kept)] != kept or len(was) != len(node.value):
        return
    gone = [place for place, item in enumerate(was) if item not in value]
    last = _end(head, node.value[-1])
    if node.flow_style:
        yield from (_item_gone(head, node.value, place, name) for place in gone)
        yield _Cut(last, last, "".join(f", {_written(item)}" for item in value[len(kept) :]))
        return
    lines = [_LINE_START.search(head, 0, item.start_mark.index) for item in node.value]
    if all(line is not None for line in lines):
        starts = [line for line in lines if line is not None]
        yield from (
            _Cut(starts[place].start(1), *_without_remark(head, _end(head, node.value[place]))) for place in gone
        )
        after = _next_line(head, last)
        yield _Cut(after, after, "".join(f"{starts[-1][1]}{_written(item)}{newline}" for item in value[len(kept) :]))


def _item_gone(head: str, items: Sequence[yaml.Node], place: int, name: str) -> _Cut:
    """A list in brackets without one of its items, and without the comma before or behind it."""
    start = items[place - 1].end_mark.index if place else items[0].start_mark.index
    end = items[place].end_mark.index if place else items[1].start_mark.index
    if _REMARK.search(head[start:end]):
        raise FieldNotSet("the list has remarks in it", place=Place(name, items[place].start_mark.line + 2))
    return _Cut(start, end, "")


def _end(head: str, node: yaml.Node) -> int:
    """Where the last word of a value ends; YAML takes a block to go on until something else begins."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style:
        last = node.value[-1]
        return _end(head, last[1] if isinstance(last, tuple) else last)
    end: int = node.end_mark.index
    return len(head[:end].rstrip()) if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">") else end


def _next_line(head: str, at: int) -> int:
    ends = _LINE_END.search(head, at)
    assert ends is not None
    after = _BREAK.match(head, ends.start())
    assert after is not None
    return after.end()


def _written(value: Value | None, style: str | None = None) -> str:
    """A value on one line."""
    if isinstance(value, str):
        style = '"' if "\n" in value else style
        if style:
            return yaml.safe_dump(value, default_style=style, allow_unicode=True, width=_WIDE).strip()
    return yaml.safe_dump([value], default_flow_style=True, allow_unicode=True, width=_WIDE).strip()[1:-1]
