"""Pages turn round for scripts that run from the right, and text that runs the other way keeps its place on them."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser

KINDS = (
    "/",
    "/briefs/arabic/",
    "/briefs/council/",
    "/briefs/inspection/",
    "/briefs/hard/",
    "/archive/",
    "/tags/",
    "/method/",
)
WIDTHS = (1440, 768, 360, 320)

BEYOND = """() => [...document.querySelectorAll("header, main *, footer")]
    .filter(element => !element.closest(".table") && !element.closest(".hidden"))
    .filter(element => {
        const box = element.getBoundingClientRect();
        return box.width && (box.left < -0.5 || box.right > innerWidth + 0.5);
    })
    .map(element => element.outerHTML.slice(0, 80))"""
"""What lies outside the window on either side."""

WORDS = """element => {
    const range = document.createRange();
    range.selectNodeContents(element);
    const [first] = range.getClientRects();
    const lines = [...range.getClientRects()];
    const box = element.parentElement.getBoundingClientRect();
    return {
        left: Math.min(...lines.map(line => line.left)),
        right: Math.max(...lines.map(line => line.right)),
        from: box.left,
        to: box.right,
    };
}"""
"""Where the words of an element begin and end, and where what it stands in does, in pixels from the left."""


def _words(page: Page, selector: str) -> dict[str, float]:
    found: dict[str, Any] = page.locator(selector).first.evaluate(WORDS)
    return found


@pytest.mark.parametrize("path", KINDS)
def test_a_page_from_the_right_is_as_wide_as_the_window_and_begins_at_its_right(visit: Visit, path: str) -> None:
    visitor = visit(language="ar")
    visitor.open(path)
    expect(visitor.page.locator("html")).to_have_attribute("dir", "rtl")
    for width in WIDTHS:
        visitor.page.set_viewport_size({"width": width, "height": 800})
        assert visitor.page.evaluate("document.documentElement.scrollWidth") == width
        assert visitor.page.evaluate(BEYOND) == [], width
        mark = visitor.page.locator(".mark").bounding_box()
        assert mark
        assert mark["x"] > width / 2, "the mark stands where lines begin"
    assert visitor.complaints == []


def test_headlines_lists_and_facts_begin_at_the_right_in_whatever_language(visit: Visit) -> None:
    visitor = visit(language="ar")
    for path, selectors in {
        "/briefs/council/": ("h1", ".dek", ".facts dd a", ".made h2", ".made li bdi"),
        "/archive/": ("h1", ".item-title a", ".item-dek"),
        "/tags/": ("h1", ".index a"),
    }.items():
        visitor.open(path)
        for selector in selectors:
            words = _words(visitor.page, selector)
            assert words["to"] - words["right"] < 40, f"{path} {selector}: {words}"


@pytest.mark.parametrize(("language", "path", "side"), [("en", "arabic", "right"), ("ar", "inspection", "left")])
def test_a_text_that_runs_the_other_way_begins_under_its_headline(
    visit: Visit, language: str, path: str, side: str
) -> None:
    visitor = visit(language=language)
    visitor.open(f"/briefs/{path}/")
    expect(visitor.page.locator(".brief-text")).to_have_attribute("dir", {"right": "rtl", "left": "ltr"}[side])
    starts = [_words(visitor.page, selector)[side] for selector in ("h1", ".dek", ".opening > p", ".point-number")]
    assert max(starts) - min(starts) < 6, starts
    evidence = visitor.page.locator(".evidence").first
    border = evidence.evaluate(f"box => getComputedStyle(box).border{side.title()}Style")
    assert border == "solid"


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_headline_in_a_list_begins_where_the_list_does(visit: Visit, language: str) -> None:
    visitor = visit(language=language)
    visitor.open("/archive/")
    side = {"en": "left", "ar": "right"}[language]
    starts = [
        _words(visitor.page, f'.item-title:has(a[href="/briefs/{name}/"])')[side]
        for name in ("council", "inspection", "arabic")
    ]
    assert max(starts) - min(starts) < 3, starts


def test_joined_letters_are_not_spaced_out(visit: Visit) -> None:
    visitor = visit()
    visitor.open("/briefs/arabic/")
    for selector in ("h1", ".part h2"):
        spacing = visitor.page.locator(selector).first.evaluate("element => getComputedStyle(element).letterSpacing")
        assert spacing in ("normal", "0px"), selector


SET = """language => {
    const text = document.querySelector(".brief-text");
    text.lang = language;
    const style = getComputedStyle(text.querySelector("p"));
    const { fontFamily, hyphens, lineBreak, wordBreak, fontVariantNumeric, lineHeight, fontSize } = style;
    const leading = parseFloat(lineHeight) / parseFloat(fontSize);
    return { fontFamily, hyphens, lineBreak, wordBreak, fontVariantNumeric, leading };
}"""


@pytest.mark.parametrize(
    ("language", "family", "breaks"),
    [
        ("ja", "Hiragino", "auto-phrase"),
        ("zh-Hans", "Songti SC", "auto-phrase"),
        ("zh-TW", "Songti TC", "auto-phrase"),
        ("ko", "Continuum", "keep-all"),
    ],
)
def test_east_asian_text_has_its_own_marks_breaks_and_lines(
    visit: Visit, language: str, family: str, breaks: str
) -> None:
    visitor = visit()
    visitor.open("/briefs/council/")
    found = visitor.page.evaluate(SET, language)
    assert found.pop("fontFamily").lstrip('"').startswith(family)
    assert found.pop("leading") >= 1.7
    numbers = {"fontVariantNumeric": "lining-nums"}
    assert found == {"hyphens": "manual", "lineBreak": "strict", "wordBreak": breaks} | numbers
