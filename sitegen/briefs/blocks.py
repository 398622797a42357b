"""Blocks: a brief's Markdown in the pieces that are merged whole: a paragraph, a heading, a point with its evidence.

Lines would be too fine a measure: an editor's wording of a point must not end up above the quotation of another.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

Kind = Literal["item", "head", "row", "other"]
"""An item of a list, the head of a table, a row of one, or anything else."""

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")
_BREAK = re.compile(r"\r\n|\r")


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of Markdown, with the blank lines before it; all lines as they stand in their file."""

    before: tuple[str, ...]
    lines: tuple[str, ...]
    kind: Kind = "other"

    @property
    def key(self) -> str:
        """What the block says, whatever the line ends: two blocks with one key are the same to a merge."""
        return "\n".join(line.rstrip("\r\n") for line in self.lines)

    @property
    def text(self) -> tuple[str, ...]:
        """Its lines, without their ends."""
        return tuple(line.rstrip("\r\n") for line in self.lines)


@dataclass(frozen=True, slots=True)
class Blocks:
    """A whole body."""

    blocks: tuple[Block, ...]
    after: tuple[str, ...]
    """The blank lines at the end."""

    @property
    def keys(self) -> list[str]:
        return [block.key for block in self.blocks]


def lines_of(text: str) -> list[str]:
    """The lines of a text, each with its end, be that of Unix, of Windows or of an old Macintosh."""
    return _LINE.findall(text)


def cut(text: str) -> Blocks:
    """``text`` as blocks."""
    lines = lines_of(text)
    starts = _starts(lines)
    blocks: list[Block] = []
    blank: list[str] = []
    here: list[str] = []
    kind: Kind = "other"
    for number, line in enumerate(lines):
        if number in starts:
            if here:
                blocks.append(_block(blank, here, kind))
                blank, here = here[len(blocks[-1].lines) :], []
            kind = starts[number]
        (here if here or line.strip() else blank).append(line)
    if here:
        blocks.append(_block(blank, here, kind))
        blank = here[len(blocks[-1].lines) :]
    return Blocks(tuple(blocks), tuple(blank))


def _block(blank: Sequence[str], lines: Sequence[str], kind: Kind) -> Block:
    size = len(lines)
    while not lines[size - 1].strip():
        size -= 1
    return Block(tuple(blank), tuple(lines[:size]), kind)


def _starts(lines: Sequence[str]) -> dict[int, Kind]:
    """The lines, from 0, on which blocks begin; one that shows nothing, such as a link's address, too."""
    found: dict[int, Kind] = {}
    covered: set[int] = set()
    for token in _parser().parse("".join(_BREAK.sub("\n", line) for line in lines)):
        if token.map is None:
            continue
        if token.level == 0:
            covered.update(range(*token.map))
        if (kind := _kind(token)) and token.map[0] not in found:
            found[token.map[0]] = kind
    for number, line in enumerate(lines):
        if (
            line.strip()
            and number not in covered
            and (number == 0 or number - 1 in covered or not lines[number - 1].strip())
        ):
            found.setdefault(number, "other")
    return found


def _kind(token: Token) -> Kind | None:
    if token.type == "list_item_open" and token.level == 1:
        return "item"
    if token.type == "thead_open" and token.level == 1:
        return "head"
    if token.type == "tr_open" and token.level == 2:
        return "row"
    is_list = token.type in ("bullet_list_open", "ordered_list_open", "table_open")
    return "other" if token.level == 0 and token.nesting >= 0 and not is_list else None


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("table")


class Placed(NamedTuple):
    """A block, and where it stood: the ``place``-th of the text that ``source`` names."""

    block: Block
    source: str
    place: int


def joined(parts: Sequence[Placed], after: Sequence[str], newline: str) -> str:
    """Blocks of several texts, one below the other, and blank lines ``after`` them.

    Where neighbours were none before, a blank line at least is put between, unless both are items of a list or rows of
    a table. Neighbours that were such already stay as close as they were.
    """
    lines: list[str] = []
    above: Placed | None = None
    for part in parts:
        if lines and not lines[-1].endswith(("\n", "\r")):
            lines[-1] += newline
        lines += _before(above, part, newline)
        lines += part.block.lines
        above = part
    if after and lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += newline
    return "".join([*lines, *after])


def _before(above: Placed | None, part: Placed, newline: str) -> tuple[str, ...]:
    block = part.block
    if above is None or block.before or (part.source, part.place - 1) == (above.source, above.place):
        return block.before
    kinds = {above.block.kind, block.kind}
    close = kinds in ({"item"}, {"row"}, {"head", "row"}) and block.kind != "head"
    return () if close else (newline,)


def own(text: str, instead_of: Sequence[Placed], newline: str) -> list[Placed]:
    """What an editor wrote in the place of blocks, as one piece; nothing for a text without words."""
    lines = [line.rstrip("\r\n") for line in lines_of(text.strip("\r\n"))]
    if not any(line.strip() for line in lines):
        return []
    first = instead_of[0].block if instead_of else None
    kind = cut("\n".join(lines)).blocks[0].kind
    if first is not None and first.kind in ("head", "row") and lines[0].lstrip().startswith("|"):
        kind = first.kind  # a row alone is none
    block = Block(first.before if first is not None else (), tuple(f"{line}{newline}" for line in lines), kind)
    return [Placed(block, "own", 0)]


def placed(found: Sequence[Block], source: str, span: range, newline: str | None = None) -> list[Placed]:
    """A stretch of a text's blocks; with ``newline``, in the line ends of the file that they come into."""
    taken = (found[index] for index in span)
    if newline is not None:
        taken = (_with_line_ends(block, newline) for block in taken)
    return [Placed(block, source, index) for index, block in zip(span, taken, strict=True)]


def _with_line_ends(block: Block, newline: str) -> Block:
    def ended(lines: Sequence[str]) -> tuple[str, ...]:
        return tuple(line.rstrip("\r\n") + newline for line in lines)

    return replace(block, before=ended(block.before), lines=ended(block.lines))
