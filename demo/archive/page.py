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
        self._known: dict[tuple[str, float, str], float] = {}

    def width(self, text: str, size: float, style: str = "") -> float:
        """The width of the text in points."""
        asked = (text, size, style)
        if asked not in self._known:  # the same words are measured again and again
            self._pdf.set_font(self._face, style, size)
            self._known[asked] = self._pdf.get_string_width(text)
        return self._known[asked]


def signature(x: float, y: float, name: str) -> Stroke:
    """Scribble a signature that is always the same for the same name: a large first letter, then ever smaller ones."""
    random = Random(name)
    knots = [(x, y - 4.0), (x + random.uniform(4, 9), y - random.uniform(15, 22))]
    for part in range(random.randrange(7, 12)):
        reach = random.uniform(3, 11) * (1.15 - part / 12)
        last = knots[-1][0]
        knots.append((last + random.uniform(-3, 5), y - 3 + random.uniform(-2, 5)))
        knots.append((last + random.uniform(4, 12), y - 5 - reach))
    knots.append((knots[-1][0] + random.uniform(18, 34), y - random.uniform(1, 7)))
    points = [_between(knots, place, step / 10) for place in range(len(knots) - 1) for step in range(10)]
    return Stroke(tuple(points), 0.9, 40)


def _between(knots: list[tuple[float, float]], place: int, part: float) -> tuple[float, float]:
    """A point of the smooth curve through the knots (Catmull and Rom)."""
    a, b, c, d = (knots[min(max(place + shift, 0), len(knots) - 1)] for shift in (-1, 0, 1, 2))

    def blend(p: float, q: float, r: float, s: float) -> float:
        square, cube = part * part, part**3
        return 0.5 * (2 * q + (r - p) * part + (2 * p - 5 * q + 4 * r - s) * square + (3 * q - p - 3 * r + s) * cube)

    return blend(a[0], b[0], c[0], d[0]), blend(a[1], b[1], c[1], d[1])


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
