"""Sets a source on pages: paragraphs, lists, tables, contents, running heads and page numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

from .chart import HEIGHT as HEIGHT_OF_CHART
from .chart import draw_bars
from .markup import Language
from .page import HEIGHT, WIDTH, Metrics, Page, Run, Stroke, emblem, signature
from .source import Block, Source
from .table import Table, measure_columns
from .words import Line, break_lines

LEFT, RIGHT, TOP, BOTTOM = 68.0, WIDTH - 68.0, 78.0, HEIGHT - 74.0
_PAGE_OF: dict[Language, str] = {"en": "Page {} of {}", "de": "Seite {} von {}", "fr": "Page {} sur {}"}
_TOWN = ("Free Town", "Freie Stadt", "Ville libre")
_HEADINGS = {"h1": (17.0, 0.0, 12.0), "h2": (12.5, 13.0, 5.0), "h3": (10.8, 8.0, 3.0)}


@dataclass(frozen=True)
class Entry:
    """A heading in the table of contents."""

    text: str
    page: int
    depth: int


class Setter:
    """Sets the blocks of one source on pages."""

    def __init__(self, source: Source, kept: Callable[[str], bool], contents: list[Entry]) -> None:
        self.source = source
        self.pages = [Page()]
        self.entries: list[Entry] = []
        self._contents = contents
        self._kept = kept
        self._metrics = Metrics(source.field("face") or "serif")
        self._size = float(source.field("size") or 11)
        self._leading = self._size * float(source.field("leading") or 1.36)
        self._y = TOP
        self._before = ""
        self._ahead = 0.0

    def set(self) -> list[Page]:
        """Set the whole source."""
        self._masthead()
        for block, after in pairwise([*self.source.blocks, Block("rule")]):
            self._ahead = self._height_ahead(block, after)
            getattr(self, f"_set_{block.kind}")(block)
            self._before = block.kind
        self._running_lines()
        return self.pages

    def _height_ahead(self, block: Block, after: Block) -> float:
        """How much of what follows has to stay on the page with a block."""
        if after.kind == "sign":
            return 75.0
        if after.kind in ("chart", "table") and block.kind in ("paragraph", *_HEADINGS):
            return HEIGHT_OF_CHART + 12 if after.kind == "chart" else 5.5 * self._leading
        if block.kind not in _HEADINGS:
            return 0.0
        if after.kind in ("paragraph", "item"):
            return len(self._lines(after.text, RIGHT - LEFT, self._size)) * self._leading
        return 3 * self._leading

    # the page under the pen

    def _need(self, height: float) -> None:
        """Begin a new page when less than this height is left."""
        if self._y + height > BOTTOM and self._y > TOP:
            self._new_page()

    def _new_page(self) -> None:
        self.pages.append(Page())
        self._y = TOP

    def _lines(self, text: str, width: float, size: float, style: str = "") -> list[Line]:
        hyphens = self.source.kind == "scanned" and size == self._size
        return break_lines(text, width, self._measure(size, style), self._kept if hyphens else None)

    def _measure(self, size: float, style: str) -> Callable[[str, bool], float]:
        return lambda text, bold: self._metrics.width(text, size, "B" if bold else style)

    def _print(self, lines: list[Line], x: float, size: float, leading: float, style: str = "", grey: int = 0) -> None:
        """Print lines below each other at the pen."""
        for line in lines:
            self._y += leading
            place = x
            for text, bold in line:
                face = "B" if bold else style
                self.pages[-1].runs.append(Run(place, self._y, text, size, face, grey))
                place += self._metrics.width(text, size, face)

    def _stroke(self, x: float, y: float, x2: float, width: float = 0.5, grey: int = 90) -> None:
        self.pages[-1].strokes.append(Stroke(((x, y), (x2, y)), width, grey))

    # blocks

    def _masthead(self) -> None:
        name, _, office = self.source.field("masthead").partition(" | ")
        if not name:
            return
        left = LEFT
        if name.startswith(_TOWN):
            self.pages[-1].strokes += emblem(LEFT + 12, 56)
            left += 36
        self.pages[-1].runs.append(Run(left, 55, name, 13, "B"))
        self.pages[-1].runs.append(Run(left, 70, office, 9, "", 70))
        self._stroke(LEFT, 83, RIGHT, 0.8, 60)
        self._y = 98

    def _heading(self, block: Block) -> None:
        size, above, below = _HEADINGS[block.kind]
        lines = self._lines(block.text, RIGHT - LEFT, size, "B")
        self._need(above + len(lines) * size * 1.2 + below + self._ahead)
        self._y += above if self._y > TOP else 0
        self.entries.append(Entry(block.text, len(self.pages), int(block.kind[1])))
        self._print(lines, LEFT, size, size * 1.2, "B")
        self._y += below

    _set_h1 = _set_h2 = _set_h3 = _heading

    def _set_paragraph(self, block: Block) -> None:
        lines = self._lines(block.text, RIGHT - LEFT, self._size)
        self._need(len(lines) * self._leading + self._ahead)
        self._print(lines, LEFT, self._size, self._leading)
        self._y += self._leading * 0.5

    def _set_item(self, block: Block) -> None:
        mark = "–" if block.mark == "-" else block.mark
        indent = max(24.0, self._metrics.width(mark, self._size) + 13)
        lines = self._lines(block.text, RIGHT - LEFT - indent, self._size)
        self._need(len(lines) * self._leading)
        self.pages[-1].runs.append(Run(LEFT + 5, self._y + self._leading, mark, self._size))
        self._print(lines, LEFT + indent, self._size, self._leading)
        self._y += self._leading * 0.3

    def _set_address(self, block: Block) -> None:
        self._need(self._leading + self._ahead)
        self._y += self._leading * 0.6 if block.mark == "first" else 0
        self._print(self._lines(block.text, RIGHT - LEFT, self._size), LEFT, self._size, self._size * 1.25)
        self._y += self._leading * 0.5 if block.mark == "last" else 0

    def _set_note(self, block: Block) -> None:
        size = self._size - 2
        lines = self._lines(block.text, RIGHT - LEFT, size)
        self._need(len(lines) * size * 1.3 + 8)
        if self._before != "note":
            self._y += 8
            self._stroke(LEFT, self._y, LEFT + 120)
        self._print(lines, LEFT, size, size * 1.3, grey=40)
        self._y += 2

    def _set_rule(self, _: Block) -> None:
        self._y += 6
        self._stroke(LEFT, self._y, RIGHT)
        self._y += 6

    def _set_break(self, _: Block) -> None:
        self._new_page()

    def _set_sign(self, block: Block) -> None:
        self._need(70)
        self._y += 34
        if self.source.kind == "scanned":
            self.pages[-1].strokes.append(signature(LEFT + 8, self._y, block.text))
        self._stroke(LEFT, self._y + 2, LEFT + 190)
        self._print(self._lines(block.text, RIGHT - LEFT, self._size), LEFT, self._size, self._leading)
        self._y += 6

    def _set_toc(self, _: Block) -> None:
        self.entries.clear()
        for entry in self._contents:
            self._need(15)
            indent, style = (0.0, "B") if entry.depth == 1 else (16.0, "")
            self._y += 4 if entry.depth == 1 else 0
            self._print([[(entry.text, False)]], LEFT + indent, 10, 14.4, style)
            number = str(entry.page)
            self.pages[-1].runs.append(Run(RIGHT - self._metrics.width(number, 10, style), self._y, number, 10, style))

    def _set_chart(self, block: Block) -> None:
        self._need(HEIGHT_OF_CHART + 12)
        bars = [(label, int(value)) for label, value in (bar.split("=") for bar in block.text.split())]
        draw_bars(self.pages[-1], (LEFT, self._y, RIGHT), bars, lambda text: self._metrics.width(text, 8.5))
        self._y += HEIGHT_OF_CHART + 12

    def _set_table(self, block: Block) -> None:
        size = float(self.source.field("table") or self._size - 1.5)
        table = Table(block.rows, measure_columns(block.rows, RIGHT - LEFT, self._measure(size, "")), size)
        self._y += 4
        for index in range(len(table.rows)):
            cells = [
                self._lines(cell, width - 8, size) for cell, width in zip(table.rows[index], table.widths, strict=True)
            ]
            height = max(len(lines) for lines in cells) * size * 1.25 + 5
            if index and self._y + height > BOTTOM:
                self._new_page()
                self._row(
                    table, 0, [self._lines(c, w - 8, size) for c, w in zip(table.rows[0], table.widths, strict=True)]
                )
            elif not index:
                self._need(height * 3)
            self._row(table, index, cells)
        self._y += self._leading * 0.8

    def _row(self, table: Table, index: int, cells: list[list[Line]]) -> None:
        top, x = self._y, LEFT
        for column, lines in enumerate(cells):
            self._y = top
            for line in lines:
                bold = [(text, heavy or not index) for text, heavy in line]
                length = sum(self._metrics.width(text, table.size, "B" if heavy else "") for text, heavy in bold)
                shift = table.widths[column] - 4 - length if table.is_right(column) else 4
                self._print([bold], x + shift, table.size, table.size * 1.25)
            x += table.widths[column]
        self._y = top + max(len(lines) for lines in cells) * table.size * 1.25 + 5
        self._stroke(LEFT, self._y, RIGHT, 0.9 if not index else 0.3, 60 if not index else 150)

    def _running_lines(self) -> None:
        """Add the header (from the second page on), the footer and the page numbers."""
        for number, page in enumerate(self.pages, 1):
            if number > 1 and self.source.field("header"):
                page.runs.insert(0, Run(LEFT, 48, self.source.field("header"), 8.5, "I", 70))
                page.strokes.append(Stroke(((LEFT, 55), (RIGHT, 55)), 0.4, 120))
            if self.source.field("footer"):
                page.runs.append(Run(LEFT, HEIGHT - 40, self.source.field("footer"), 8.5, "", 70))
            text = _PAGE_OF[self.source.language].format(number, len(self.pages))
            page.runs.append(Run(RIGHT - self._metrics.width(text, 8.5), HEIGHT - 40, text, 8.5, "", 70))


def set_pages(source: Source, kept: Callable[[str], bool]) -> list[Page]:
    """Set a source on pages; the words that ``kept`` names are never hyphenated."""
    first = Setter(source, kept, [])
    pages = first.set()
    if any(block.kind == "toc" for block in source.blocks):
        entries = [entry for entry in first.entries if entry.depth < 3]
        draft = Setter(source, kept, entries)
        draft.set()
        pages = Setter(source, kept, [replace(entry) for entry in draft.entries if entry.depth < 3]).set()
    return pages
