"""Pictures: what is shown of a page where its address is shared, with its headline drawn on it."""

from __future__ import annotations

import functools
import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sitegen import files, text
from sitegen.errors import FontsMissing, SitegenError

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

    from sitegen.settings import Cards
    from sitegen.site.fonts import Face

NAME = "card.png"
"""Of the file beside the page."""
SIZE = (1200, 630)
"""What OpenGraph's readers ask for; pixels."""
_RECIPE = 2
"""Counts up when the same words would be drawn otherwise."""
_MARGIN = 72
_HEADLINE = (84, 76, 68, 60, 52, 46)
"""Sizes that are tried, in pixels: the largest in which the headline fits."""
_SMALL = 34
_LEADING = 1.16
_LINES = {84: 3, 76: 4, 68: 4, 60: 5, 52: 6, 46: 7}
_LONGEST = 240
"""Characters of a line that are looked at: more than fit in the smallest size."""
_SHADES = 16
_CJK = "\u2e80-\u2fff\u3040-\u30ff\u31c0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Chinese characters and kana, between which a line may break; Korean has spaces."""
_OPENING = "([{（［｛「『【〈《〔“‘"
_CLOSING = ")]}）］｝」』】〉》〕”’、。，．・：；！？!?…―—ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ々%％"
"""What begins no line; kana that lengthen or colour the one before among them."""
_UNIT = re.compile(
    f"[{re.escape(_OPENING)}]*"
    f"(?:[{_CJK}]|[^{_CJK}{re.escape(_OPENING)}]+?(?=[{re.escape(_CLOSING)}]*(?:[{_CJK}{re.escape(_OPENING)}]|$)))?"
    f"[{re.escape(_CLOSING)}]*"
)
"""What stays on one line: a character, or a word in other letters, with the marks around it."""
_BOLD = 600


@dataclass(frozen=True)
class Words:
    """What stands on a picture."""

    headline: str
    above: str
    """The name of the site."""
    below: str
    """Date and sender."""


@dataclass(frozen=True)
class Font:
    """One font file, and which characters it has."""

    path: Path
    letters: frozenset[int]

    def has(self, line: str) -> bool:
        return all(ord(char) in self.letters or char.isspace() for char in line)


class Artist:
    """Draws pictures, each line in the first font that has all its letters; a line that no font has is left out."""

    def __init__(self, root: Path, stated: Cards, faces: Sequence[Face]) -> None:
        """``faces`` are those of the theme; strong ones come first. Paths of ``stated`` are below ``root``."""
        strong = sorted(faces, key=lambda face: int(face.weight.split()[0]) < _BOLD)
        self._paths = [face.source for face in strong if face.source and face.style == "normal"]
        self._paths += [root / path for path in stated.fonts]
        self._stated = stated

    @property
    def lacking(self) -> SitegenError | None:
        """What makes it impossible to draw anything."""
        if self._paths and _readable():
            return None
        return FontsMissing("cards.pictures needs letters to draw with, and none are there", place="sitegen.toml")

    @functools.cached_property
    def digest(self) -> str:
        """Of all that pictures depend on but their words. Raises ``StorageError`` for a font that is not there."""
        stated = (self._stated.background, self._stated.ink)
        return files.sha256(repr((_RECIPE, stated, [files.sha256(_bytes(path)) for path in self._paths])))

    @functools.cached_property
    def _fonts(self) -> list[Font]:
        return [Font(path, _letters(path)) for path in self._paths]

    def draw(self, words: Words) -> bytes:
        """A PNG of ``SIZE`` with few colours, some 10 to 20 kB."""
        from PIL import Image, ImageDraw

        picture = Image.new("L", SIZE, 0)  # how much ink; the colours come after
        canvas = ImageDraw.Draw(picture)
        self._line(canvas, text.shorten(text.plain(words.above), _LONGEST), _MARGIN, _SMALL)
        self._line(canvas, text.shorten(text.plain(words.below), _LONGEST), SIZE[1] - _MARGIN - _SMALL, _SMALL)
        self._headline(canvas, text.shorten(text.plain(words.headline), _LONGEST))
        made = io.BytesIO()
        inked = picture.point(lambda ink: ink * (_SHADES - 1) // 255)
        inked = Image.frombytes("P", SIZE, inked.tobytes())
        inked.putpalette(self._palette)
        inked.save(made, "PNG")
        return made.getvalue()

    @functools.cached_property
    def _palette(self) -> list[int]:
        """From the background to the ink in ``_SHADES`` steps."""
        ends = [
            [int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in (self._stated.background, self._stated.ink)
        ]
        steps = [step / (_SHADES - 1) for step in range(_SHADES)]
        return [round(low + (high - low) * step) for step in steps for low, high in zip(*ends, strict=True)]

    def _line(self, canvas: ImageDraw, line: str, top: float, size: int) -> None:
        font = next((font for font in self._fonts if font.has(line)), None)
        if font is None or not line:
            return
        drawn = _sized(font.path, size)
        self._put(canvas, _fitted(line, drawn), top, drawn)

    def _headline(self, canvas: ImageDraw, headline: str) -> None:
        font = next((font for font in self._fonts if font.has(headline)), None)
        if font is None:
            return
        for size in _HEADLINE:
            drawn = _sized(font.path, size)
            lines = list(_wrapped(headline, drawn, SIZE[0] - 2 * _MARGIN))
            if len(lines) <= _LINES[size]:
                break
        else:
            lines = [*lines[: _LINES[size] - 1], _fitted(f"{lines[_LINES[size] - 1]} …", drawn)]
        top = (SIZE[1] - len(lines) * size * _LEADING) / 2
        for number, line in enumerate(lines):
            self._put(canvas, line, top + number * size * _LEADING, drawn)

    def _put(self, canvas: ImageDraw, line: str, top: float, font: FreeTypeFont) -> None:
        left = SIZE[0] - _MARGIN - font.getlength(line) if _from_the_right(line) else _MARGIN
        canvas.text((left, top), line, fill=255, font=font)


def _readable() -> bool:
    import importlib.util

    return importlib.util.find_spec("fontTools") is not None


def _bytes(path: Path) -> bytes:
    with files.guarded(path):
        return path.read_bytes()


def _letters(path: Path) -> frozenset[int]:
    """Of a collection, those of its first font, which is also the one that draws. Raises ``FontsMissing``."""
    from fontTools.ttLib import TTFont, TTLibError

    try:
        with TTFont(io.BytesIO(_bytes(path)), lazy=True, fontNumber=0) as font:
            return frozenset(font.getBestCmap() or ())
    except TTLibError as error:
        raise FontsMissing(f"{path.name} is no font that can be read: {error}", place="sitegen.toml") from error


@functools.lru_cache(maxsize=64)
def _sized(path: Path, size: int) -> FreeTypeFont:
    from PIL import ImageFont

    return ImageFont.truetype(str(path), size)


def _wrapped(line: str, font: FreeTypeFont, width: float) -> Iterator[str]:
    """The lines of a headline; words longer than a line break anywhere.

    Chinese and Japanese break between characters, but not before a mark that closes or after one that opens.
    """
    row = ""
    for word in line.split(" "):
        if font.getlength(f"{row} {word}".strip()) <= width:
            row = f"{row} {word}".strip()
            continue
        units = [unit for unit in _UNIT.findall(word) if unit]
        if row and (len(units) < 2 or font.getlength(f"{row} {units[0]}") > width):
            yield row
            row = ""
        row += " " * bool(row)
        for unit in units:
            pieces = [unit] if font.getlength(unit) <= width else [*unit]
            for piece in pieces:
                if row.strip() and font.getlength(row + piece) > width:
                    yield row
                    row = ""
                row += piece
    if row:
        yield row


def _fitted(line: str, font: FreeTypeFont) -> str:
    """The line, or its beginning with an ellipsis, as long as a picture is wide."""
    while line and font.getlength(line) > SIZE[0] - 2 * _MARGIN:
        line = line.rstrip(" …")[:-1].rstrip() + "…"
    return line


def _from_the_right(line: str) -> bool:
    kinds = (unicodedata.bidirectional(char) for char in line)
    return next((kind in ("R", "AL") for kind in kinds if kind in ("L", "R", "AL")), False)
