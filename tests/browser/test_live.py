"""Live reload in a real browser: what is saved is seen without a hand on it, and errors lie over the last good page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.serve.test_serve import Served, serving
from tests.site.sites import Site

pytestmark = pytest.mark.browser
BASE = (
    '<!doctype html><html lang="en"><head><title>{{ page.title }}</title>'
    '<link rel="stylesheet" href="{{ asset("look.css") }}"></head>'
    '<body><h1>{{ page.title }}</h1>{{ page.body }}<p id="end">end</p></body></html>'
)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "site")


@pytest.fixture
def served(site: Site) -> Iterator[Served]:
    site.write("themes/tiny/static/look.css", "h1 { color: rgb(1, 2, 3) }\n#end { margin-top: 3000px }\n")
    site.write("themes/tiny/templates/base.html", BASE)
    site.page("about", "Before.\n", title="About")
    site.page("other", "Other.\n", title="Other")
    with serving(site) as served:
        yield served


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[Page]:
    page = browser.new_page()
    page.goto(f"{served.server.url}about/")
    page.evaluate("window.mark = 1")
    yield page
    page.close()


def test_a_saved_text_is_seen_where_the_reader_was(page: Page, served: Served) -> None:
    page.evaluate("window.scrollTo(0, 900)")
    served.site.page("about", "After.\n", title="About")
    expect(page.locator("body")).to_contain_text("After.")
    assert page.evaluate("window.mark") is None, "it was loaded anew"
    page.wait_for_function("window.scrollY > 800")


def test_another_page_stays_as_it_is(page: Page, served: Served) -> None:
    served.site.page("other", "Changed.\n", title="Other")
    served.shows("/other/", lambda answer: "Changed." in answer.text)
    page.wait_for_timeout(300)
    assert page.evaluate("window.mark") == 1


def test_a_style_is_put_in_place_without_loading_the_page_anew(page: Page, served: Served) -> None:
    expect(page.locator("h1")).to_have_css("color", "rgb(1, 2, 3)")
    served.site.write("themes/tiny/static/look.css", "h1 { color: rgb(9, 8, 7) }\n")
    expect(page.locator("h1")).to_have_css("color", "rgb(9, 8, 7)")
    assert page.evaluate("window.mark") == 1
    assert page.locator('link[rel="stylesheet"]').count() == 1


def test_an_error_lies_over_the_last_good_page_and_goes_away_by_itself(page: Page, served: Served) -> None:
    served.site.write("content/about.md", "---\ntitle: [\n---\nText\n")
    box = page.get_by_role("alertdialog")
    expect(box).to_contain_text("content/about.md")
    expect(box).to_contain_text("title: [")
    expect(page.locator("body")).to_contain_text("Before.")
    served.site.page("about", "Mended.\n", title="About")
    expect(page.locator("body")).to_contain_text("Mended.")
    expect(box).to_have_count(0)


def test_an_error_can_be_put_away_and_is_told_on_missing_pages_too(page: Page, served: Served) -> None:
    page.goto(f"{served.server.url}nowhere/")
    served.site.write("themes/tiny/templates/page.html", "{{ nothing }}")
    box = page.get_by_role("alertdialog")
    expect(box).to_contain_text("nothing")
    page.keyboard.press("Escape")
    expect(box).to_have_count(0)


def test_a_page_that_is_made_appears_where_it_was_missed(page: Page, served: Served) -> None:
    page.goto(f"{served.server.url}new/")
    served.site.page("new", "Here.\n", title="New")
    expect(page.locator("body")).to_contain_text("Here.")


def test_nothing_is_refused_by_the_policy_of_the_site(browser: Browser, served: Served) -> None:
    said: list[str] = []
    page = browser.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{served.server.url}about/")
    served.site.write("content/about.md", "---\ntitle: [\n---\n")
    expect(page.get_by_role("alertdialog")).to_be_visible()
    page.close()
    assert [text for text in said if "404" not in text] == [], "only the icon, which this theme has not, is missed"
