"""Columns: a cell of a table is read as if the head of its column stood before it, in Markdown as in CSV."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ahocorasick_rs import AhoCorasick

_HEAD = re.compile(
    r"birth|born|\bdob\b|d\.o\.b|geb|naissance|\bn[ée]|tel|t[ée]l|phone|fon|mob|cell|handy|portable|fax|durchwahl|pass|kennwort"
    r"|\bpin\b|code|token|key|ssn|social|\btax|steuer|versich|ausweis|identit|licen|address|adress|anschrift|stra(?:ß|ss)e"
    r"|street",
    re.IGNORECASE,
)
_IN_HEADS = """
birth born dob d.o.b geb naissance né nee ne tel tél phone fon mob cell handy portable fax durchwahl pass kennwort pin
code token key ssn social tax steuer versich ausweis identit licen adress address anschrift straße strasse street
"""
_RULE = re.compile(r"[-:| \t]+")
_WIDE = "  "
"""Two blanks at least, as in what was printed."""
_CELLS = {
    **{
        mark: re.compile(rf'[ \t]*(?P<cell>"(?:[^"\n]|"")*"|[^{mark}\n]*)(?:[{mark}]|$)')
        for mark in ("|", "\t", ";", ",")
    },
    _WIDE: re.compile(r" *(?P<cell>(?:[^ \n]| (?! ))*)(?: {2}|$)"),
}
_ENOUGH = {"|": 2, "\t": 1, ";": 1, ",": 2, _WIDE: 2}
"""So often it stands in the head of a table."""
_MOST = 20_000
"""Cells of one text that are looked at."""
_WIDEST = 120
"""Characters of a cell, and of a head a third of it."""


class Cell(NamedTuple):
    """What stands below a head."""

    head: str
    start: int
    """In the text."""
    text: str


def cells(text: str, low: str) -> Iterator[Cell]:
    """The cells of all columns whose heads say that something private may stand in them; ``low`` is ``text`` in small
    letters, each where it was."""
    end = count = 0
    for _, at, _ in _words().find_matches_as_indexes(low):
        if at < end:
            continue
        start, end = _line(text, at)
        mark, heads = _headed(text[start:end])
        while mark and end < len(text) and count < _MOST:
            start, after = _line(text, end + 1)
            line = text[start:after]
            row = list(_split(line, mark))
            if len(row) == len(heads):
                for (place, cell), head in zip(row, heads, strict=True):
                    if head and cell and len(cell) <= _WIDEST:
                        count += 1
                        yield Cell(head, start + place, cell)
            elif not _RULE.fullmatch(line):
                break
            end = after


def _line(text: str, at: int) -> tuple[int, int]:
    """Where the line begins and ends that an offset is in."""
    end = text.find("\n", at)
    return text.rfind("\n", 0, at) + 1, len(text) if end < 0 else end


@cache
def _words() -> AhoCorasick:
    """What stands in heads to mind, and in much else."""
    from ahocorasick_rs import AhoCorasick, Implementation

    return AhoCorasick(_IN_HEADS.split(), implementation=Implementation.DFA)


def _headed(line: str) -> tuple[str, list[str]]:
    """By what the cells of a line are told apart, and which of them are heads to mind; nothing when it is no head."""
    if len(line) > 2_000 or line.endswith((".", "!", "?")):
        return "", []
    for mark in _CELLS:
        if line.count(mark) >= _ENOUGH[mark]:
            if max(map(len, line.split(mark))) > _WIDEST // 3 or not _HEAD.search(line):
                continue
            found = [cell for _, cell in _split(line, mark)]
            if len(found) > _ENOUGH[mark] and all(len(cell) <= _WIDEST // 3 for cell in found):
                return mark, [cell if _HEAD.search(cell) else "" for cell in found]
    return "", []


def _split(line: str, mark: str) -> Iterator[tuple[int, str]]:
    """Where each cell begins, and what it says without blanks and quotes around it."""
    at = 0
    while at <= len(line):
        match = _CELLS[mark].match(line, at)
        if match is None:  # words behind a closing quote
            return
        cell = match["cell"].rstrip()
        quoted = len(cell) > 1 and cell[0] == cell[-1] == '"'
        yield match.start("cell") + quoted, cell[1:-1] if quoted else cell
        if match.end() == len(line) and not match[0].endswith(mark):
            return
        at = match.end()
