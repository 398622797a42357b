"""File: an editor's brief as it lies on disk, taken apart and put together again with every byte in its place."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sitegen import frontmatter
from sitegen.briefs import blocks
from sitegen.briefs.blocks import Placed
from sitegen.briefs.model import Generated

Value = str | dt.date | list[str] | None
"""A field's value; None stands for every way of saying nothing."""

BOM = "\ufeff"


class File:
    """The text of a brief. Raises ``ContentError`` for front matter that cannot be read."""

    def __init__(self, text: str, name: str) -> None:
        self.text, self.name = text, name
        parsed = frontmatter.split(text.removeprefix(BOM), name)
        lines = blocks.lines_of(text)
        self.fields: dict[str, Any] = parsed.fields
        fence = min(parsed.body_line, len(lines))  # the reader counts blank lines after the fence to it
        while not lines[fence - 1].strip():
            fence -= 1
        self._head, body = lines[:fence], lines[fence:]
        self.body = "".join(body)
        self._cut = blocks.cut(self.body)
        self.blocks = self._cut.blocks
        ends = Counter(line[len(line.rstrip("\r\n")) :] for line in lines)
        del ends[""]
        self.newline = ends.most_common(1)[0][0] if ends else "\n"

    @property
    def locked(self) -> frozenset[str]:
        """The fields, and perhaps the body, that the engine is to leave alone."""
        return frozenset(map(str, self.fields.get("locked") or ()))

    def as_written(self, name: str, value: Value) -> Value:
        """A value; of a list, the items that stand in the file are as it has them: 2024 may be a number there."""
        there = self.fields.get(name)
        if not isinstance(value, list) or not isinstance(there, list):
            return value
        written = {str(item): item for item in there}
        return [written.get(item, item) for item in value]

    def line_of(self, index: int) -> int:
        """The line, from 1, on which the ``index``-th block stands, or would stand if it were the last."""
        above = sum(len(block.before) + len(block.lines) for block in self.blocks[:index])
        own = len(self.blocks[index].before) if index < len(self.blocks) else 0
        return len(self._head) + above + own + 1

    def says(self, generated: Generated) -> bool:
        """Whether the file is what was generated, untouched; line ends are no affair of ours."""
        return _unix(self.text.removeprefix(BOM)) == generated.text

    def filled(self, text: str) -> str:
        """Another text, in the line ends of this file."""
        bom = BOM if self.text.startswith(BOM) else ""
        return bom + _unix(text).replace("\n", self.newline)

    def with_body(self, parts: Sequence[Placed]) -> str:
        """The file with these blocks for its body."""
        if parts:  # what comes first stands as far below the front matter as what came first before
            before = self.blocks[0].before if self.blocks else (self.newline,)
            parts = [parts[0]._replace(block=replace(parts[0].block, before=before)), *parts[1:]]
        body = blocks.joined(parts, self._cut.after if self.blocks else (), self.newline)
        head = "".join(self._head)
        if body and not head.endswith(("\n", "\r")):
            head += self.newline
        return head + body

    def with_markdown(self, body: str) -> str:
        """The file with another body, in its own line ends; as far below the front matter as it was."""
        own = body.strip("\n")
        if own == _unix(self.body).strip("\n"):
            return self.text
        above = _unix(self.body)[: len(_unix(self.body)) - len(_unix(self.body).lstrip("\n"))]
        head = _unix("".join(self._head)).rstrip("\n")
        return f"{head}\n{above}{own}\n".replace("\n", self.newline) if own else f"{head}\n".replace("\n", self.newline)

    def generated(self, names: Iterable[str]) -> Generated:
        """The file as if it had been generated: what a newer text is compared with that had no forerunner."""
        fields: dict[str, Any] = {name: canonical(name, self.fields.get(name)) for name in names}
        return Generated({**fields, "tags": []}, _unix(self.body).lstrip("\n"))


def canonical(name: str, value: object) -> Value:
    """A field's value as it is compared, whatever way YAML has of writing it."""
    if name == "date":
        return _day(value)
    if isinstance(value, list | tuple):
        return [str(item) for item in value] or None
    return None if value is None or value == "" else str(value)


def worded(name: str, text: str) -> Value:
    """A field's value as somebody wrote it: one line, or an item of a list on each."""
    if name == "tags":
        return list(dict.fromkeys(filter(None, (" ".join(line.split()) for line in text.splitlines())))) or None
    return canonical(name, " ".join(text.split()))


def _day(value: object) -> Value:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, str):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            return value or None
    return value if isinstance(value, dt.date) else None


def tags(base: Value, ours: Value, theirs: Value) -> Value:
    """Tags merged as sets, in the editor's order; what the new text adds comes last."""
    was, mine, new = (side if isinstance(side, list) else [] for side in (base, ours, theirs))
    gone = set(was) - set(new)
    kept = [tag for tag in mine if tag not in gone]
    return kept + [tag for tag in dict.fromkeys(new) if tag not in was and tag not in mine] or None


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
