"""The letters of the real theme: from the site itself, small, and seen."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser

LIMIT = 90_000
"""Bytes of fonts that a page may cost its reader."""


def test_pages_are_set_in_the_themes_letters_which_are_small(visit: Visit) -> None:
    visitor = visit()
    sizes: dict[str, int] = {}
    visitor.page.on(
        "response",
        lambda answer: sizes.update({answer.url: len(answer.body())}) if answer.url.endswith("woff2") else None,
    )
    visitor.open("/briefs/council/")
    visitor.page.reload(wait_until="networkidle")
    visitor.page.evaluate("document.fonts.ready")
    seen = visitor.page.evaluate(
        "[...document.fonts].filter(face => face.status === 'loaded').map(face => face.family)"
    )
    assert {family.strip('"') for family in seen} == {"Continuum Serif", "Continuum Sans"}
    assert 0 < sum(sizes.values()) < LIMIT
    assert all(url.startswith(visitor.address) for url in sizes)
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
