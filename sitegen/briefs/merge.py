"""Merge: what the engine changed since it last wrote a brief, laid over what an editor made of it.

Three texts meet: the one that was generated last (the base), the editor's file, and the new one. A field or block that
only one side changed is taken from that side. Where both changed it the editor's stays, and the new one is a proposal.
Nothing here writes a file; ``docs/decisions/merging.md`` says why it is done so.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property

from sitegen.briefs import blocks, fields
from sitegen.briefs.blocks import Block, Placed
from sitegen.briefs.file import File, Value, canonical, tags, worded
from sitegen.briefs.model import Generated
from sitegen.briefs.regions import Region, regions
from sitegen.errors import FieldNotSet

EDITORS = frozenset({"slug", "status", "source"})
"""Fields that are the editor's alone once the brief is there."""
BODY = "body"
"""The name by which the Markdown is locked."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """What the new text says of a field, other than the file."""

    name: str
    ours: Value
    proposed: Value
    clash: bool
    """The editor changed it too."""


@dataclass(frozen=True, slots=True)
class Hunk:
    """Some blocks of the file, and what the new text has in their place."""

    number: int
    """From 1."""
    line: int
    """Of the file, from 1: where it begins."""
    ours: tuple[Block, ...]
    proposed: tuple[Block, ...]
    clash: bool
    """The editor changed them too."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Some of the changes of a merge: names of fields and numbers of hunks."""

    fields: Set[str] = frozenset()
    hunks: Set[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.fields or self.hunks)


@dataclass(frozen=True)
class Merge:
    """The three texts side by side."""

    base: Generated
    file: File
    new: Generated

    @classmethod
    def of(cls, base: Generated | None, text: str, new: Generated, name: str = "brief") -> Merge:
        """``text`` is the editor's whole file, ``name`` stands in errors. Without a base, all that differs is proposed.

        Raises ``ContentError`` for front matter that cannot be read.
        """
        file = File(text, name)
        return cls(file.generated(new.fields) if base is None else base, file, new)

    @cached_property
    def fields(self) -> tuple[FieldChange, ...]:
        """The fields of which the new text says something else than the file, and that are not locked."""
        names = [name for name in {**self.new.fields, **self.base.fields} if name not in EDITORS | self.file.locked]
        return tuple(change for name in names if (change := self._field(name)) is not None)

    def _field(self, name: str) -> FieldChange | None:
        all_ = (self.base.fields, self.file.fields, self.new.fields)
        base, ours, theirs = (canonical(name, side.get(name)) for side in all_)
        if name == "tags":
            merged = tags(base, ours, theirs)
            return None if merged == ours else FieldChange(name, ours, merged, clash=False)
        if theirs in (base, ours):
            return None
        clash = ours != base
        if (
            name == "method"
        ):  # the label goes with the text: while that is the editor's, the label is not ours to change
            if BODY in self.file.locked:
                return None
            clash = clash or any(hunk.clash for hunk in self.hunks)
        return FieldChange(name, ours, theirs, clash)

    @cached_property
    def hunks(self) -> tuple[Hunk, ...]:
        """The places of the body where the new text has something else than the file; none when the body is locked."""
        found = [region for region in self._regions if region.proposed]
        return tuple(self._hunk(number, region) for number, region in enumerate(found, 1))

    def _hunk(self, number: int, region: Region) -> Hunk:
        ours = tuple(self.file.blocks[index] for index in region.ours)
        proposed = tuple(part.block for part in self._proposed(region, None))
        return Hunk(number, self.file.line_of(region.ours.start), ours, proposed, region.clash)

    def _proposed(self, region: Region, newline: str | None) -> list[Placed]:
        theirs = blocks.placed(self._new, "new", region.theirs, newline)
        if not region.united:
            return theirs
        ours = blocks.placed(self.file.blocks, "file", region.ours)
        return theirs + ours if region.theirs_first else ours + theirs

    @cached_property
    def _regions(self) -> tuple[Region, ...]:
        if BODY in self.file.locked:
            return ()
        return tuple(regions(self._base, self.file.blocks, self._new))

    @cached_property
    def _base(self) -> tuple[Block, ...]:
        return blocks.cut(self.base.body).blocks

    @cached_property
    def _new(self) -> tuple[Block, ...]:
        return blocks.cut(self.new.body).blocks

    # ---------------------------------------------------------------------------------------------------- the outcome

    @property
    def everything(self) -> Choice:
        """All that the new text would change."""
        return Choice({change.name for change in self.fields}, {hunk.number for hunk in self.hunks})

    @property
    def clean(self) -> Choice:
        """What the editor has not touched."""
        return Choice(
            {change.name for change in self.fields if not change.clash},
            {hunk.number for hunk in self.hunks if not hunk.clash},
        )

    def merged(self) -> tuple[str, Choice]:
        """The file with all that does not clash taken over, and what that is."""
        if self.file.says(self.base):
            return self.file.filled(self.new.text), self.everything
        clean, text, taken = self.clean, self.file.text, set[str]()
        for change in self.fields:
            if change.name in clean.fields:
                try:
                    text = self._put(text, [change])
                except FieldNotSet:  # what an editor wrote around it is worth more; it waits
                    continue
                taken.add(change.name)
        return self._with_hunks(text, clean.hunks), Choice(taken, clean.hunks)

    def accepted(self, choice: Choice, instead: str | None = None) -> str:
        """The file with these proposals in their places. Raises ``FieldNotSet``.

        ``instead`` is an editor's own wording of what is chosen, which is a single field or hunk then.
        """
        changed = [change for change in self.fields if change.name in choice.fields]
        if instead is not None:
            changed = [replace(change, proposed=worded(change.name, instead)) for change in changed]
        return self._with_hunks(self._put(self.file.text, changed), choice.hunks, instead)

    def _put(self, text: str, changed: Sequence[FieldChange]) -> str:
        values = {change.name: self.file.as_written(change.name, change.proposed) for change in changed}
        return fields.put(text, values, self.file.name) if values else text

    def _with_hunks(self, text: str, numbers: Set[int], instead: str | None = None) -> str:
        """``text`` is the file, with other fields perhaps."""
        if not numbers:
            return text
        file = File(text, self.file.name)
        parts: list[Placed] = []
        number = 0
        for region in self._regions:
            number += region.proposed
            if region.proposed and number in numbers:
                proposed = self._proposed(region, file.newline)
                parts += proposed if instead is None else blocks.own(instead, proposed, file.newline)
            else:
                parts += blocks.placed(file.blocks, "file", region.ours)
        return file.with_body(parts)

    def settled(self, choice: Choice) -> Generated:
        """The base from now on: these changes are decided, be it for or against, and are not proposed again."""
        values = dict(self.base.fields)
        for name in {*choice.fields, *(self.file.locked & self.new.fields.keys())} - EDITORS:
            values[name] = self.new.fields.get(name)
        if BODY in self.file.locked:
            return Generated(values, self.new.body, self.new.topics)
        parts: list[Placed] = []
        number = 0
        for region in self._regions:
            number += region.proposed
            if region.proposed and number in choice.hunks:
                parts += blocks.placed(self._new, "new", region.theirs)
            else:
                parts += blocks.placed(self._base, "base", region.base)
        body = blocks.joined(parts, (), "\n").lstrip("\n")
        return Generated(values, f"{body}\n" if body and not body.endswith("\n") else body, self.new.topics)
