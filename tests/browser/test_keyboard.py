"""The site can be read without a mouse."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser

FOCUSED = """() => {
    const element = document.activeElement;
    const name = element.closest(".brand") ? element.querySelector(".brand-name") : element;
    const style = getComputedStyle(name), box = element.getBoundingClientRect();
    return {
        tag: element.tagName,
        words: element.innerText.trim(),
        href: element.getAttribute("href"),
        background: style.backgroundColor,
        outline: style.outlineStyle !== "none" && style.outlineColor !== "rgba(0, 0, 0, 0)",
        inside: box.bottom > 0 && box.top < innerHeight && box.width > 1,
    };
}"""
WANTED = """[...document.querySelectorAll("a[href], button, input, summary, [tabindex='0']")].filter(
    element => element.tabIndex >= 0 && element.checkVisibility({ contentVisibilityAuto: true })
).length"""
FIRST = """document.querySelector("a[href], button, input, summary, [tabindex='0']").className"""
MARKER = "rgb(255, 223, 93)"


def test_first_tab_offers_the_way_past_the_menu(visit: Visit) -> None:
    visitor = visit()
    visitor.open("/briefs/council/")
    skip = visitor.page.locator(".skip")
    assert skip.evaluate("link => link.getBoundingClientRect().width") <= 1
    visitor.page.keyboard.press("Tab")
    expect(skip).to_be_focused()
    assert skip.evaluate("link => link.getBoundingClientRect().width") > 50
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.locator("main")).to_be_focused()
    visitor.page.keyboard.press("Tab")
    assert visitor.page.evaluate("document.activeElement.closest('main') !== null")


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/briefs/council/", "/archive/", "/archive/page/2/", "/archive/2025/", "/tags/", "/tags/bridges/"),
        *("/method/", "/corrections/", "/feeds/", "/404.html", "/search/", "/search/?q=hedge&tags=bridges"),
    ],
)
def test_every_control_is_reached_in_order_and_shows_that_it_is(visit: Visit, path: str) -> None:
    visitor = visit()
    visitor.open(path)
    if path.startswith("/search/"):
        expect(visitor.page.get_by_role("group", name="Topics")).to_be_visible()
    if "?" in path:
        expect(visitor.page.get_by_role("status")).to_have_text("24 results")
    assert visitor.page.evaluate(FIRST) == "skip", "the way past the menu comes first"
    wanted = visitor.page.evaluate(WANTED)
    seen = []
    for _ in range(wanted):
        visitor.page.keyboard.press("Tab")
        seen.append(visitor.page.evaluate(FOCUSED))
    assert [focus for focus in seen if focus["tag"] == "BODY"] == []
    assert [focus for focus in seen if not focus["inside"]] == []
    assert [focus for focus in seen if focus["background"] != MARKER and not focus["outline"]] == []
    visitor.page.keyboard.press("Tab")
    assert visitor.page.evaluate("document.activeElement.tagName") == "BODY", "more can be reached than was seen"


def test_the_menu_says_where_we_are(visit: Visit) -> None:
    visitor = visit()
    for path, current in (("/method/", "page"), ("/archive/", "page"), ("/briefs/council/", "true")):
        visitor.open(path)
        links = visitor.page.locator(".menu a[aria-current]")
        expect(links).to_have_count(1)
        expect(links).to_have_attribute("aria-current", current)
