"""The briefs of the demo that somebody wrote by hand rest on their documents, and say so."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from sitegen.enrich.grounding import Grounding
from sitegen.sources.base import PAGE_BREAK
from sitegen.sources.folder import FolderSource

ROOT = Path(__file__).parents[2]
BRIEFS = sorted((ROOT / "demo" / "briefs").glob("*.md"))


@pytest.mark.parametrize("path", BRIEFS, ids=lambda path: path.stem)
def test_each_point_quotes_its_document_on_the_page_that_it_names(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "\nmethod: written\n" in text
    source = re.search(r"^source: folder:(.+)$", text, re.MULTILINE)
    assert source
    document = asyncio.run(FolderSource(ROOT / "demo" / "documents").document(source[1]))
    pages = document.text.split(PAGE_BREAK)
    points = re.findall(r"^- (.+)\n\n  > “(.+)”(?: — Page (\d+))?$", text, re.MULTILINE)
    assert len(points) == 6
    for point, quotation, page in points:
        assert len(pages) == 1 or page, point
        span = Grounding(pages[int(page or 1) - 1]).find(quotation)
        assert span is not None, point
        assert span.score == 100, point


@pytest.mark.parametrize("path", BRIEFS, ids=lambda path: path.stem)
def test_the_site_of_the_project_shows_the_same_briefs(path: Path) -> None:
    assert (ROOT / "briefs" / path.name).read_bytes() == path.read_bytes()
