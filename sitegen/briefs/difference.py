"""Difference: what an editor changed in a brief since it was generated, and what is proposed; for people to look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from sitegen.briefs import blocks
from sitegen.briefs.blocks import Block
from sitegen.briefs.file import File, Value, canonical
from sitegen.briefs.merge import Merge
from sitegen.briefs.model import Generated
from sitegen.briefs.provenance import Made
from sitegen.briefs.regions import changes
from sitegen.briefs.store import Brief, Store


@dataclass(frozen=True, slots=True)
class Piece:
    """One place where two texts differ: a field, or some lines of the body."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    """What stands there in the one text and in the other, line by line; empty for nothing."""
    field: str | None = None
    hunk: int | None = None
    """The number by which it can be accepted."""
    line: int | None = None
    """Of the file, from 1."""
    clash: bool = False
    """The editor and the engine both changed it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A brief's file beside what was generated and beside what is proposed."""

    brief: str
    source: str | None
    text: str
    """The file that this was found in."""
    edited: tuple[Piece, ...]
    """From what was generated to the file."""
    proposed: tuple[Piece, ...]
    """From the file to what is proposed."""
    reasons: tuple[str, ...] = ()
    made: Made | None = None
    """How the proposal was made."""
    locked: tuple[str, ...] = ()

    @classmethod
    def of(cls, store: Store, brief: Brief) -> Difference:
        """Raises ``ContentError`` for what cannot be read."""
        text, record = store.text(brief.path), store.record(brief.matter.source) if brief.matter.source else None
        name = f"{store.root.name}/{brief.path}"
        file = File(text, name)
        locked = tuple(sorted(file.locked))
        if record is None:
            return cls(name, brief.matter.source, text, (), (), locked=locked)
        edited = tuple(_edited(record.generated.generated(), file)) if record.generated else ()
        merge = record.merge(text, name)
        proposed = tuple(_proposed(merge)) if merge else ()
        waits = record.proposal if proposed else None
        reasons, made = (waits.reasons, waits.made) if waits else ((), None)
        return cls(name, record.source, text, edited, proposed, reasons, made, locked)

    def as_dict(self) -> dict[str, object]:
        made = self.made
        proposal = (
            {
                "engine": made.engine,
                "model": made.model,
                "at": made.at.isoformat(),
                "reasons": self.reasons,
                "pieces": [asdict(piece) for piece in self.proposed],
            }
            if made
            else None
        )
        return {
            "brief": self.brief,
            "source": self.source,
            "locked": self.locked,
            "edited": [asdict(piece) for piece in self.edited],
            "proposal": proposal,
        }


def _edited(base: Generated, file: File) -> Iterator[Piece]:
    for name, value in base.fields.items():
        was, now = canonical(name, value), canonical(name, file.fields.get(name))
        if was != now:
            yield Piece(_value(was), _value(now), field=name)
    old = blocks.cut(base.body).blocks
    for change in changes(old, file.blocks):
        before, after = old[change.start : change.end], file.blocks[change.new_start : change.new_end]
        yield Piece(_lines(before), _lines(after), line=file.line_of(change.new_start))


def _proposed(merge: Merge) -> Iterator[Piece]:
    for field in merge.fields:
        yield Piece(_value(field.ours), _value(field.proposed), field=field.name, clash=field.clash)
    for hunk in merge.hunks:
        yield Piece(_lines(hunk.ours), _lines(hunk.proposed), hunk=hunk.number, line=hunk.line, clash=hunk.clash)


def _value(value: Value) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list) else (str(value),)


def _lines(found: Sequence[Block]) -> tuple[str, ...]:
    lines: list[str] = []
    for block in found:
        if lines and block.before:
            lines.append("")
        lines += block.text
    return tuple(lines)
