"""Regions: three lists of blocks laid side by side, and who changed what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sitegen.briefs.blocks import Block

_ALIKE = 50
"""Of 100: from here on two blocks look like versions of one."""
_MOST_PAIRS = 10_000
"""So many pairs of blocks are compared at most."""


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch of the base, and what became of it on both sides; all are ranges of blocks."""

    base: range
    ours: range
    theirs: range
    proposed: bool = False
    """The new text has something to say here that the file does not."""
    clash: bool = False
    """Both sides changed it, each in its own way."""
    united: bool = False
    """Both put something in at the same place, and there is room for both."""
    theirs_first: bool = False
    """In which order, then."""


class Change(NamedTuple):
    """Blocks ``start`` to ``end`` of one list became blocks ``new_start`` to ``new_end`` of another."""

    start: int
    end: int
    new_start: int
    new_end: int

    @property
    def grown(self) -> int:
        return (self.new_end - self.new_start) - (self.end - self.start)


def changes(old: Sequence[Block], new: Sequence[Block]) -> list[Change]:
    """How ``new`` differs from ``old``: what is not in the longest list of blocks that both have.

    Where several blocks in a row became others, each is told from its neighbours by its likeness to the one it became.
    """
    from rapidfuzz.distance import LCSseq

    numbers: dict[str, int] = {}
    one, other = ([numbers.setdefault(block.key, len(numbers)) for block in side] for side in (old, new))
    found: list[Change] = []
    for step in LCSseq.opcodes(one, other):
        if step.tag == "equal":
            continue
        here = Change(step.src_start, step.src_end, step.dest_start, step.dest_end)
        if found and (found[-1].end, found[-1].new_end) == (here.start, here.new_start):
            here = Change(found[-1].start, here.end, found.pop().new_start, here.new_end)
        found.append(here)
    return [part for change in found for part in _parts(change, old, new)]


def _parts(change: Change, old: Sequence[Block], new: Sequence[Block]) -> Iterator[Change]:
    """A change of several blocks as one for each that has a successor, and one for what is between them."""
    at, new_at = change.start, change.new_start
    for place, new_place in _alike(change, old, new):
        if (place, new_place) != (at, new_at):
            yield Change(at, place, new_at, new_place)
        yield Change(place, place + 1, new_place, new_place + 1)
        at, new_at = place + 1, new_place + 1
    if (at, new_at) != (change.end, change.new_end):
        yield Change(at, change.end, new_at, change.new_end)


def _alike(change: Change, old: Sequence[Block], new: Sequence[Block]) -> list[tuple[int, int]]:
    """Which block became which, in order, so that the pairs are most alike in all; by dynamic programming."""
    rows, columns = range(change.start, change.end), range(change.new_start, change.new_end)
    if len(rows) * len(columns) > _MOST_PAIRS:
        return []
    best: list[list[float]] = [[0.0] * (len(columns) + 1) for _ in range(len(rows) + 1)]
    worth = [[_likeness(old[row], new[column]) for column in columns] for row in rows]
    for row in reversed(range(len(rows))):
        for column in reversed(range(len(columns))):
            paired = best[row + 1][column + 1] + worth[row][column]
            best[row][column] = max(paired, best[row + 1][column], best[row][column + 1])
    pairs: list[tuple[int, int]] = []
    row = column = 0
    while row < len(rows) and column < len(columns):
        if worth[row][column] > 0 and best[row][column] == best[row + 1][column + 1] + worth[row][column]:
            pairs.append((rows[row], columns[column]))
            row, column = row + 1, column + 1
        elif best[row][column] == best[row + 1][column]:
            row += 1
        else:
            column += 1
    return pairs


def _likeness(one: Block, other: Block) -> float:
    """How much two blocks look like versions of one: above 0 when they do, 50 at most."""
    from rapidfuzz.fuzz import ratio

    if one.kind != other.kind or one.key.startswith("#") != other.key.startswith("#"):
        return 0
    return max(0.0, float(ratio(one.key, other.key)) - _ALIKE)


def regions(base: Sequence[Block], ours: Sequence[Block], theirs: Sequence[Block]) -> Iterator[Region]:
    """The whole of the three texts, in order."""
    texts = _Texts(base, ours, theirs)
    at = here = there = 0
    for group in texts.groups(changes(base, ours), changes(base, theirs)):
        start, end = min(change.start for _, change in group), max(change.end for _, change in group)
        same = start - at
        yield Region(range(at, start), range(here, here + same), range(there, there + same))
        here, there = here + same, there + same
        ours_end, theirs_end = (
            from_ + end - start + sum(change.grown for side, change in group if side == name)
            for name, from_ in (("ours", here), ("theirs", there))
        )
        sides = {side for side, _ in group}
        yield texts.region(range(start, end), range(here, ours_end), range(there, theirs_end), sides)
        at, here, there = end, ours_end, theirs_end
    yield Region(range(at, len(base)), range(here, len(ours)), range(there, len(theirs)))


_Side = tuple[str, Change]


class _Texts(NamedTuple):
    base: Sequence[Block]
    ours: Sequence[Block]
    theirs: Sequence[Block]

    def groups(self, ours: Sequence[Change], theirs: Sequence[Change]) -> Iterator[list[_Side]]:
        """The changes of both sides in order; those that meddle with each other are together."""
        todo = sorted(
            [("ours", change) for change in ours] + [("theirs", change) for change in theirs],
            key=lambda item: (item[1].start, item[1].end, item[0]),
        )
        group: list[_Side] = []
        for side, change in todo:
            if group and not any(side != other and self._meet(side, change, before) for other, before in group):
                yield group
                group = []
            group.append((side, change))
        if group:
            yield group

    def _meet(self, side: str, change: Change, before: Change) -> bool:
        """Whether a change and one of the other side that begins ``before`` it, or with it, cannot both be made."""
        if change.start < before.end or (change.start == before.start and change.end == before.end):
            return True
        if change.start > before.end:
            return False
        # They touch. What is put in beside a block that the other side took away has lost its neighbour.
        gone = (
            one.new_start == one.new_end and other.start == other.end
            for one, other in ((before, change), (change, before))
        )
        return any(gone) or self._is_row(side, change)

    def _is_row(self, side: str, change: Change) -> bool:
        """Whether a change begins with a row of a table, which is nothing without the one above it."""
        new = self.ours if side == "ours" else self.theirs
        first = [*self.base[change.start : change.end][:1], *new[change.new_start : change.new_end][:1]]
        return any(block.kind == "row" for block in first)

    def region(self, base: range, ours: range, theirs: range, sides: set[str]) -> Region:
        """What is to be said of a stretch that somebody changed."""
        if sides == {"ours"}:
            return Region(base, ours, theirs)
        if sides == {"theirs"}:
            return Region(base, ours, theirs, proposed=True)
        mine = [self.ours[index].key for index in ours]
        new = [self.theirs[index].key for index in theirs]
        if mine == new:
            return Region(base, ours, theirs)
        if base or not self.base:
            return Region(base, ours, theirs, proposed=True, clash=True)
        return self._both_put_in(base, ours, theirs, mine, new)

    def _both_put_in(self, base: range, ours: range, theirs: range, mine: list[str], new: list[str]) -> Region:
        if _within(new, mine):
            return Region(base, ours, theirs)
        if _within(mine, new):
            return Region(base, ours, theirs, proposed=True)
        if set(mine) & set(new):
            return Region(base, ours, theirs, proposed=True, clash=True)
        above = self.base[base.start - 1].kind if base.start else "other"
        goes_on = [
            above in ("item", "head", "row") and self._goes_on(above, text)
            for text in (self.ours[ours.start], self.theirs[theirs.start])
        ]
        return Region(base, ours, theirs, proposed=True, united=True, theirs_first=goes_on == [False, True])

    @staticmethod
    def _goes_on(above: str, block: Block) -> bool:
        return block.kind == ("item" if above == "item" else "row")


def _within(part: Sequence[str], whole: Sequence[str]) -> bool:
    """Whether all of ``part`` stands in ``whole``, in this order."""
    rest = iter(whole)
    return all(key in rest for key in part)
