"""The letters of the real theme: from the site itself, small, and seen."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Built, Visit

pytestmark = pytest.mark.browser

LIMIT = 90_000
"""Bytes of fonts that a page may cost its reader."""


def test_pages_are_set_in_the_themes_letters_which_are_small(visit: Visit, built: Built) -> None:
    visitor = visit()
    visitor.open("/briefs/council/")
    asked: set[str] = set()
    visitor.page.on("request", lambda request: asked.add(request.url) if request.url.endswith("woff2") else None)
    visitor.page.reload(wait_until="networkidle")
    visitor.page.evaluate("document.fonts.ready")
    seen = visitor.page.evaluate(
        "[...document.fonts].filter(face => face.status === 'loaded').map(face => face.family)"
    )
    assert {family.strip('"') for family in seen} == {"Continuum Serif", "Continuum Sans"}
    assert asked
    assert all(url.startswith(visitor.address) for url in asked)
    fonts = built("en", False) / "assets/fonts"
    assert sum((fonts / url.rpartition("/")[2]).stat().st_size for url in asked) < LIMIT
    assert visitor.complaints == [], "such as a font that was fetched ahead and not used"


def test_no_line_moves_when_the_letters_come(visit: Visit) -> None:
    visitor = visit(width=360)
    visitor.page.add_init_script(
        "window.moved = 0; new PerformanceObserver(list => { for (const entry of list.getEntries()) "
        "window.moved += entry.value; }).observe({type: 'layout-shift', buffered: true})"
    )
    for path in ("/", "/briefs/council/", "/archive/", "/method/"):
        visitor.open(path)
        visitor.page.wait_for_load_state("networkidle")
        assert visitor.page.evaluate("window.moved") == 0
