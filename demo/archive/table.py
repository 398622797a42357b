"""A table: its rows, the widths of its columns, and which of them are figures."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from .source import Row

_FIGURE = re.compile(r"(EUR)?[\d\s.,%+–-]*(EUR)?")


@dataclass(frozen=True)
class Table:
    """A table ready to be set."""

    rows: tuple[Row, ...]
    widths: list[float]
    size: float

    def is_right(self, column: int) -> bool:
        """Say whether a column holds figures, which stand at the right."""
        return column > 0 and all(_FIGURE.fullmatch(row[column].replace("*", "")) for row in self.rows[1:])


def measure_columns(rows: tuple[Row, ...], width: float, measure: Callable[[str, bool], float]) -> list[float]:
    """Give each column its natural width, and take what is too much from the widest."""
    natural = [max(measure(row[column].replace("*", ""), True) for row in rows) + 10 for column in range(len(rows[0]))]
    least = [
        max(measure(word, True) for row in rows for word in row[column].replace("*", "").split(" ")) + 10
        for column in range(len(rows[0]))
    ]
    excess = sum(natural) - width
    while excess > 0.5:
        widest = max(range(len(natural)), key=lambda column: (natural[column] - least[column], natural[column]))
        cut = min(6.0, excess)
        natural[widest] -= cut
        excess -= cut
    return [column * width / sum(natural) for column in natural]
