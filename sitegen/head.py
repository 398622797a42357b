"""Head: the YAML between two ``---`` lines at the top of a page or brief, read strictly and fast."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any, Literal

from sitegen import lines
from sitegen.errors import (
    FrontMatterBroken,
    FrontMatterDuplicateKey,
    FrontMatterInvalid,
    FrontMatterUnclosed,
    Place,
)

FENCE = "---"
_BOUNDARY = re.compile(r"^-{3,}\s*$", re.MULTILINE)
"""As python-frontmatter has it, which takes longer to load than a plain file to read."""
Status = Literal["draft", "review", "published", "withdrawn"]
"""Only what is `published` is public, and only on its days: see ``Matter.publish_at`` and ``Matter.expires``."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file taken apart: the raw fields, the Markdown after them and the line on which that begins (from 1)."""

    fields: dict[str, Any]
    body: str
    body_line: int


def split(text: str, name: str) -> Parsed:
    """Takes ``text`` apart; ``name`` stands in errors. Without front matter the fields are empty.

    Raises ``FrontMatterUnclosed``, ``FrontMatterBroken`` or ``FrontMatterDuplicateKey``, each with its line.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.split("\n", 1)[0].rstrip() != FENCE:
        return Parsed({}, text, 1)
    try:
        _, head, body = _BOUNDARY.split(text, 2)
    except ValueError:
        raise FrontMatterUnclosed("the front matter has no end", place=Place(name, 1)) from None
    fields = lines.fields(head)
    if fields is None:
        fields = _load(head, name)
    body_line = text.count("\n", 0, len(text) - len(body)) + 1
    return Parsed(fields, body, body_line)


def body(text: str) -> str:
    """The Markdown of a file that ``split`` has taken apart before, without reading its fields again."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.split("\n", 1)[0].rstrip() != FENCE:
        return text
    return _BOUNDARY.split(text, 2)[2]


def _load(head: str, name: str) -> dict[str, Any]:
    import yaml
    from frontmatter.default_handlers import YAMLHandler

    from sitegen.loader import DuplicateKey, Loader

    offset = 1 if head.startswith("\n") else 2
    try:
        _refuse_aliases(head, name, offset)
        fields = YAMLHandler().load(head, Loader=Loader)
    except DuplicateKey as error:
        place = Place(name, error.line + offset)
        raise FrontMatterDuplicateKey(f"the field {error.key!r} stands twice", place=place) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or str(error).split("\n")[0]
        place = Place(name, mark.line + offset, mark.column + 1) if mark else Place(name, 1)
        raise FrontMatterBroken(f"the front matter is not YAML: {reason}", place=place) from None
    except (ValueError, RecursionError) as error:  # a date such as 2024-13-45; nesting without end
        if wrong := _no_day(head):
            place = Place(name, wrong[0] + offset)
            remedy = "Write a day as year, month and day, as in 2026-03-01; in quotes, it is a text."
            raise FrontMatterBroken(f"{wrong[1]} is no day of the calendar", place=place, remedy=remedy) from None
        raise FrontMatterBroken(f"the front matter cannot be read: {error}", place=Place(name, 1)) from None
    if fields is None:
        return {}
    if not isinstance(fields, dict):
        raise FrontMatterBroken("the front matter is not a list of `field: value` lines", place=Place(name, 2))
    return fields


def _no_day(head: str) -> tuple[int, str] | None:
    """The line (from 0) and the words of the first value that looks like a day and is none."""
    for number, line in enumerate(head.split("\n")):
        for found in re.finditer(r"(?<![\w.:-])(\d{4})-(\d\d?)-(\d\d?)(?![\w.:-])", line):
            try:
                dt.date(*map(int, found.groups()))
            except ValueError:
                return number, found[0]
    return None


def _refuse_aliases(head: str, name: str, offset: int) -> None:
    """A few lines of YAML aliases can stand for gigabytes, or contain themselves."""
    if "&" not in head or "*" not in head:
        return
    import yaml

    from sitegen.loader import Loader

    for event in yaml.parse(head, Loader):
        if isinstance(event, yaml.AliasEvent):
            place = Place(name, event.start_mark.line + offset if event.start_mark else 1)
            raise FrontMatterBroken(f"the alias *{event.anchor} is not allowed in front matter", place=place)


def unstated(name: str) -> FrontMatterInvalid:
    """What is wrong with a brief that does not say its status: a lost line, or a lost fence, must not publish it."""
    remedy = "Write `status: draft` or `status: published` between two --- lines, the first at the top of the file."
    return FrontMatterInvalid("a brief must say its status", place=Place(name, 1), remedy=remedy)


def line_of(text: str, key: str) -> int | None:
    """The line of a front matter field in the file's text, from 1."""
    for number, line in enumerate(text.split("\n"), 1):
        if number > 1 and line.rstrip() == FENCE:
            return None
        if line.startswith((f"{key}:", f'"{key}":', f"'{key}':")):
            return number
    return None
