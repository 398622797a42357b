"""Born-digital PDF files."""

from __future__ import annotations

from datetime import UTC, datetime

from fpdf import FPDF

from .markup import plain
from .page import FACES, Page, Stroke, blank_pdf
from .source import Source


def write_printed(source: Source, pages: list[Page]) -> bytes:
    """Write pages as a PDF with its text."""
    face = source.field("face") or "serif"
    pdf = blank_pdf(face)
    describe(pdf, source)
    for page in pages:
        pdf.add_page()
        for box in page.boxes:
            pdf.set_fill_color(box.grey)
            pdf.rect(box.x, box.y, box.width, box.height, style="F")
        for stroke in page.strokes:
            _draw(pdf, stroke)
        for run in page.runs:
            pdf.set_text_color(run.grey)
            pdf.set_font(FACES[face], run.style, run.size)
            pdf.text(run.x, run.y, plain(run.text))
    return bytes(pdf.output())


def describe(pdf: FPDF, source: Source) -> None:
    """Write title, author, language and a fixed date into a PDF."""
    pdf.set_title(plain(source.fields["title"]))
    pdf.set_author(plain(source.fields["correspondent"]))
    pdf.set_lang(source.language)
    pdf.set_creation_date(datetime.fromisoformat(source.fields["created"]).replace(hour=9, tzinfo=UTC))


def _draw(pdf: FPDF, stroke: Stroke) -> None:
    pdf.set_draw_color(stroke.grey)
    pdf.set_line_width(stroke.width)
    pdf.polyline(list(stroke.points))
