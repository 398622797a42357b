"""What lies on a page: runs of text, ruled lines and signatures, in points from the upper left corner."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from random import Random

from fpdf import FPDF

WIDTH, HEIGHT = 595.28, 841.89
FACES = {"sans": "helvetica", "serif": "times", "typed": "courier"}


@dataclass(frozen=True)
class Run:
    """A piece of text on one line."""

    x: float
    y: float
    text: str
    size: float
    style: str = ""
    grey: int = 0


@dataclass(frozen=True)
class Stroke:
    """A line through points."""

    points: tuple[tuple[float, float], ...]
    width: float = 0.5
    grey: int = 0


@dataclass(frozen=True)
class Box:
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    grey: int


@dataclass
class Page:
    """One page."""

    runs: list[Run] = field(default_factory=list)
    strokes: list[Stroke] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text of the page, a line for a run."""
        return "\n".join(run.text for run in self.runs)


def blank_pdf(face: str) -> FPDF:
    """Return an empty PDF in one of the core faces, encoded so that umlauts, accents and dashes work."""
    pdf = FPDF(unit="pt", format="A4")
    pdf.core_fonts_encoding = "windows-1252"
    pdf.set_auto_page_break(False)
    pdf.set_margin(0)
    pdf.set_font(FACES[face], size=11)
    return pdf


class Metrics:
    """Measures text in one face."""

    def __init__(self, face: str) -> None:
        self._pdf = blank_pdf(face)
        self._face = FACES[face]

    def width(self, text: str, size: float, style: str = "") -> float:
        """The width of the text in points."""
        self._pdf.set_font(self._face, style, size)
        return self._pdf.get_string_width(text)


def signature(x: float, y: float, name: str) -> Stroke:
    """Scribble a signature that is always the same for the same name."""
    random = Random(name)
    points, turns = [], random.uniform(5, 8)
    lean, height = random.uniform(0.2, 0.6), random.uniform(7, 12)
    for step in range(90):
        part = step / 89
        swing = math.sin(part * turns * math.tau) * height * (1.1 - part) * random.uniform(0.92, 1.08)
        drift = math.sin(part * turns * math.pi + 1) * 4
        points.append((x + part * 105 + swing * lean, y - 8 + swing * 0.8 + drift * (1 - part)))
    return Stroke(tuple(points), 0.9, 40)


def emblem(x: float, y: float) -> list[Stroke]:
    """Draw the town's emblem: a clock, seven minutes slow, over two waves."""
    ring = tuple(
        (x + 11 * math.cos(step * math.tau / 40), y + 11 * math.sin(step * math.tau / 40)) for step in range(41)
    )
    hands = ((x, y - 8), (x, y), (x + 5.2, y + 2))
    waves = [
        Stroke(tuple((x - 12 + step, y + 15 + row + 1.4 * math.sin(step * 0.8)) for step in range(25)), 0.7, 60)
        for row in (0, 4)
    ]
    return [Stroke(ring, 1.1, 60), Stroke(hands, 1.0, 60), *waves]
