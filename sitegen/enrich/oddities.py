"""What stands in a text and is no prose: tables of figures and encoded data, found by rule."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

LEAST_ROWS = 8
"""A shorter table is read with the text around it."""
LEAST_ENCODED = 240
"""Characters; less may be a checksum or an address."""
_LINE = re.compile(r"[^\n\f]+")
_CELL = re.compile(r"[^\s|;]+")
_FIGURE = re.compile(r"[-+(]?[€$£]?\d[\d.,:/%'’)€$-]*|[-–—.]")
_ENCODED = re.compile(r"(?:[A-Za-z0-9+/_=%-]{60,}[ \t]*(?:\r?\n[ \t]*|$)?)+")
_LAST_LINE = re.compile(r"[A-Za-z0-9+/_=-]{1,80}(?=\s|$)")


@dataclass(frozen=True, slots=True)
class Oddity:
    """A stretch of the text that is not read as prose."""

    start: int
    end: int
    kind: Literal["table", "encoded"]
    rows: int = 0


def oddities(text: str) -> list[Oddity]:
    """The stretches in order; they do not overlap."""
    found = sorted((*_encoded(text), *_tables(text)), key=lambda odd: odd.start)
    apart: list[Oddity] = []
    for odd in found:
        if not apart or odd.start >= apart[-1].end:
            apart.append(odd)
    return apart


def _encoded(text: str) -> Iterator[Oddity]:
    for match in _ENCODED.finditer(text):
        run = match[0].rstrip()
        if len(run) < LEAST_ENCODED or not _is_code(run):
            continue
        end = match.start() + len(run)
        last = _LAST_LINE.match(text, match.end()) if match[0] != run else None
        # The last line of such data is shorter than the others.
        yield Oddity(match.start(), last.end() if last and _is_code(last[0]) else end, "encoded")


def _is_code(run: str) -> bool:
    """Whether characters are mixed as nobody writes them: figures among letters, or capitals inside words."""
    letters = sum(map(str.isalpha, run))
    digits = sum(map(str.isdigit, run))
    inside = len(re.findall(r"[a-z][A-Z0-9]|[0-9][A-Za-z]", run))
    return digits > 0 and letters > 0 and inside * 12 > len(run)


def _tables(text: str) -> Iterator[Oddity]:
    """Runs of lines that are mostly figures; one line between them that is not, such as a heading, does not end one."""
    rows: list[re.Match[str]] = []
    between = 0
    for line in _LINE.finditer(text):
        if not line[0].strip():
            continue
        if is_row(line[0]):
            rows.append(line)
            between = 0
        elif rows and between == 0 and len(line[0]) < 100:
            between += 1
        else:
            yield from _table(rows)
            rows, between = [], 0
    yield from _table(rows)


def _table(rows: list[re.Match[str]]) -> Iterator[Oddity]:
    if len(rows) >= LEAST_ROWS:
        yield Oddity(rows[0].start(), rows[-1].end(), "table", len(rows))


def is_row(line: str) -> bool:
    """Whether a line is mostly figures in columns: three at least, and more of them than words."""
    cells = _CELL.findall(line)
    figures = sum(_FIGURE.fullmatch(cell) is not None for cell in cells)
    return figures >= 3 and figures * 2 > len(cells)
