"""The table of all briefs as CSV (RFC 4180), for those who want to count, sort or compare them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sitegen.site.page import Page

NAME = "briefs.csv"
"""The file below the base path."""
COLUMNS = ("date", "title", "correspondent", "type", "topics", "language", "method", "corrected", "summary", "url")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""With what a cell begins that a spreadsheet would work out; see OWASP's "CSV injection"."""


def table(pages: Iterable[Page]) -> bytes:
    """One row a brief, after a row with the names of the columns; UTF-8. Several topics are parted by a semicolon."""
    import csv
    import io

    made = io.StringIO(newline="")
    writer = csv.writer(made)
    writer.writerow(COLUMNS)
    writer.writerows(_plain(_row(page)) for page in pages)
    return made.getvalue().encode("utf-8", "replace")


def _row(page: Page) -> Iterator[str]:
    yield "" if page.date is None else page.date.isoformat()
    yield page.title
    yield page.correspondent.title if page.correspondent else ""
    yield page.document_type.title if page.document_type else ""
    yield "; ".join(tag.title for tag in page.tags)
    yield page.language
    yield page.method
    yield page.corrections[0].date.isoformat() if page.corrections else ""
    yield page.summary
    yield page.permalink


def _plain(row: Iterable[str]) -> list[str]:
    """Words of documents are no formulas: an apostrophe before them makes them words to every spreadsheet."""
    return [f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in row]
