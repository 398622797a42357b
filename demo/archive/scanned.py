"""Scan-like PDF files: every page a grey, slightly crooked picture over an invisible, imperfect text."""

from __future__ import annotations

import importlib
import io
from itertools import groupby
from random import Random
from typing import Any

from fpdf.enums import TextMode
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from .markup import plain
from .noise import Reader
from .page import FACES, HEIGHT, WIDTH, Page, Run, blank_pdf
from .printed import describe, write_printed
from .source import Source

_DPI = 100
_QUALITY = 34
_STAMP_AT = (0.56, 0.105)


def write_scanned(source: Source, pages: list[Page], kept: frozenset[str]) -> bytes:
    """Write pages as pictures with the text that a recogniser would find."""
    reader = Reader(source.name, kept)
    face = source.field("face") or "serif"
    pdf = blank_pdf(face)
    describe(pdf, source)
    pictures = _photograph(write_printed(source, pages))
    for number, (page, picture) in enumerate(zip(pages, pictures, strict=True)):
        random = Random(f"{source.name} {number}")
        if number == 0 and source.field("stamp"):
            _stamp(picture, plain(source.field("stamp")), random)
        pdf.add_page()
        pdf.text_mode = TextMode.INVISIBLE
        for run in _text_lines(page):
            pdf.set_font(FACES[face], run.style, run.size)
            pdf.text(run.x, run.y, plain(reader.read(run.text)))
        if number == 0 and source.field("stamp"):
            pdf.text(_STAMP_AT[0] * WIDTH, _STAMP_AT[1] * HEIGHT, plain(source.field("stamp")))
        pdf.image(io.BytesIO(_age(picture, random)), 0, 0, WIDTH, HEIGHT)
    return bytes(pdf.output())


def _text_lines(page: Page) -> list[Run]:
    """Join the runs that follow each other on one line."""
    lines = []
    for _, group in groupby(page.runs, key=lambda run: (run.y, run.size)):
        runs = list(group)
        adjoining = all(before.text.endswith(" ") for before in runs[:-1])
        joined = Run(runs[0].x, runs[0].y, "".join(run.text for run in runs), runs[0].size, runs[0].style)
        lines += [joined] if adjoining else runs
    return lines


def _photograph(pdf: bytes) -> list[Image.Image]:
    """Turn each page of a PDF into a grey picture."""
    pdfium: Any = importlib.import_module("pypdfium2")  # it carries no types
    document = pdfium.PdfDocument(pdf)
    return [page.render(scale=_DPI / 72, grayscale=True).to_pil().convert("L") for page in document]


def _stamp(picture: Image.Image, text: str, random: Random) -> None:
    """Press a date stamp on a page, not quite straight."""
    pdf = blank_pdf("sans")
    pdf.add_page(format=(pdf.get_string_width(text) * 1.1 + 26, 32))
    pdf.set_font(FACES["sans"], "B", 11)
    pdf.set_text_color(80)
    pdf.text(13, 20, text)
    stamp = _photograph(bytes(pdf.output()))[0]
    draw = ImageDraw.Draw(stamp)
    draw.rectangle((2, 2, stamp.width - 3, stamp.height - 3), outline=90, width=2)
    turned = stamp.rotate(random.uniform(-5, 5), expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC)
    place = (int(_STAMP_AT[0] * picture.width), int(_STAMP_AT[1] * picture.height) - 30)
    area = (*place, place[0] + turned.width, place[1] + turned.height)
    picture.paste(ImageChops.multiply(picture.crop(area), turned), area[:2])


def _age(picture: Image.Image, random: Random) -> bytes:
    """Make a picture look scanned: crooked, grey, speckled; return it as a JPEG."""
    turned = picture.rotate(random.uniform(-0.7, 0.7), fillcolor=255, resample=Image.Resampling.BICUBIC)
    soft = turned.filter(ImageFilter.GaussianBlur(0.45))
    small = (picture.width // 4, picture.height // 4)
    grain = Image.frombytes("L", small, random.randbytes(small[0] * small[1])).resize(picture.size)
    shade = Image.linear_gradient("L").rotate(random.choice((90, 180, 270))).resize(picture.size)
    paper = ImageChops.add(
        grain.point([228 + value // 22 for value in range(256)]), shade.point([value // 18 for value in range(256)])
    )
    aged = ImageChops.multiply(soft.point([40 + value * 215 // 255 for value in range(256)]), paper)
    draw = ImageDraw.Draw(aged)
    for _ in range(random.randrange(25, 60)):
        x, y, r = random.randrange(aged.width), random.randrange(aged.height), random.choice((0, 0, 0, 1))
        draw.ellipse((x, y, x + r, y + r), fill=random.randrange(70, 150))
    if random.random() < 0.4:
        draw.line((random.randrange(30, 60), 0, random.randrange(30, 60), aged.height), fill=205)
    stream = io.BytesIO()
    aged.save(stream, "JPEG", quality=_QUALITY, optimize=True)
    return stream.getvalue()
