"""Listing: which briefs are shown, in which order, and how many there are of each kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from sitegen.enrich.overview import PRIVATE, Line

LOW = 0.9
"""A share of what stands in the document below which a brief is flagged: people's own summaries have about this."""
LOW_SCORE = "low score"
SHOWN = 200
"""Lines on one page."""
_WEIGHTS = {
    "facts changed": 16,
    "changed since approval": 8,
    "proposal": 6,
    PRIVATE: 5,
    "source gone": 4,
    LOW_SCORE: 4,
    "expired": 2,
    "stale": 1,
}
_OPEN = {"failed": 3, "dead": 3, "review": 2, "draft": 1}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list."""

    line: Line
    path: str | None
    """The file below the folder of briefs; None for a document without a brief."""
    flags: tuple[str, ...]

    @property
    def weight(self) -> tuple[float, float, str]:
        """Worst first."""
        trouble = sum(_WEIGHTS.get(flag, 0) for flag in self.flags) + _OPEN.get(self.line.status, 0)
        weakest = self.line.scores.weakest if self.line.scores else 2.0
        return -trouble, weakest, self.line.title.casefold()


def row(line: Line, path: str | None, *, private: bool = False) -> Row:
    """``private``: the privacy guard stops it."""
    low = line.scores is not None and line.scores.weakest < LOW
    return Row(line, path, (*line.flags, *[LOW_SCORE] * low, *[PRIVATE] * private))


@dataclass(frozen=True, slots=True)
class Filter:
    """What of the list is shown; empty for everything."""

    status: str = ""
    flag: str = ""
    tag: str = ""
    words: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Filter:
        return cls(*(query.get(name, "").strip() for name in ("status", "flag", "tag", "q")))

    def has(self, row: Row) -> bool:
        line = row.line
        said = " ".join((line.title, line.source or "", line.brief or "", *line.tags)).casefold()
        return (
            (not self.status or line.status == self.status)
            and (not self.flag or self.flag in row.flags)
            and (not self.tag or self.tag.casefold() in (tag.casefold() for tag in line.tags))
            and all(word in said for word in self.words.casefold().split())
        )

    def query(self, **other: str) -> str:
        """The filter as a query, with some of it replaced: ``?status=draft``; empty for no filter."""
        values = {"status": self.status, "flag": self.flag, "tag": self.tag, "q": self.words} | other
        said = urlencode({name: value for name, value in values.items() if value})
        return f"?{said}" if said else ""


@dataclass(frozen=True)
class Listing:
    """All lines, and those that a filter leaves."""

    rows: Sequence[Row]
    filter: Filter
    shown: Sequence[Row] = field(init=False)

    def __post_init__(self) -> None:
        found = sorted((row for row in self.rows if self.filter.has(row)), key=lambda row: row.weight)
        object.__setattr__(self, "shown", found)

    def statuses(self) -> list[tuple[str, int]]:
        order = ("draft", "review", "published", "withdrawn")
        counts = Counter(row.line.status for row in self.rows)
        return [(name, counts[name]) for name in (*order, *sorted(set(counts) - set(order))) if counts[name]]

    def flags(self) -> list[tuple[str, int]]:
        counts = Counter(flag for row in self.rows for flag in row.flags)
        return sorted(counts.items(), key=lambda pair: (-_WEIGHTS.get(pair[0], 0), pair[0]))

    def neighbours(self, path: str) -> tuple[str | None, str | None]:
        """The files before and after one in what is shown."""
        paths = [row.path for row in self.shown if row.path is not None]
        if path not in paths:
            return None, paths[0] if paths else None
        at = paths.index(path)
        return (paths[at - 1] if at else None), (paths[at + 1] if at + 1 < len(paths) else None)
