"""What readers see: each kind of page in a browser, wide and on a phone."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from sitegen.publish.smoke.plugin import Reader


def look(reader: Reader, path: str) -> None:
    """Opens a page and holds it against what every page must be."""
    status = reader.open(path)
    assert status == 200, f"{path}: HTTP {status}"
    sound(reader, path)


def sound(reader: Reader, path: str) -> None:
    page = reader.page
    assert page.title().strip(), f"{path} has no title"
    assert page.locator("h1").count() >= 1, f"{path} has no headline"
    assert not reader.complaints, f"{path}: {reader.complaints[0]}"
    assert not reader.strangers, f"{path} asks another host: {reader.strangers[0]}"
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0, f"{path} is {width} pixels wider than the window"
    found = violations(reader)
    assert not found, f"{path}: {found[0]}"


def violations(reader: Reader) -> list[str]:
    """What axe finds wrong with the page."""
    from axe_playwright_python.sync_playwright import Axe

    results = Axe().run(reader.page)
    return [f"{one['id']}: {one['help']} ({len(one['nodes'])} places)" for one in results.response["violations"]]


def test_the_home_page(reader: Reader) -> None:
    look(reader, "")


def test_a_brief(reader: Reader) -> None:
    if reader.visit.brief is None:
        pytest.skip("there is no brief")
    look(reader, reader.visit.brief[0])


def test_lists(reader: Reader) -> None:
    places = [place for place in reader.visit.lists if urlsplit(place).path != urlsplit(reader.visit.url).path][:3]
    if not places:
        pytest.skip("the home page leads nowhere")
    for place in places:
        look(reader, place)


def test_a_term(reader: Reader) -> None:
    if reader.visit.term is None:
        pytest.skip("the newest brief has no topic or the like")
    look(reader, reader.visit.term)


def test_the_404_page(reader: Reader) -> None:
    assert reader.open("no-such-page-6f1d/") == 404
    reader.complaints = [text for text in reader.complaints if "404" not in text]
    sound(reader, "the 404 page")


def test_search_finds_a_brief_that_is_there(reader: Reader) -> None:
    if reader.visit.brief is None:
        pytest.skip("there is no brief")
    reader.open("")
    search = reader.page.locator('a[href*="/search/"]').first
    if not reader.page.locator('a[href*="/search/"]').count():
        pytest.skip("the site has no search")
    place, title = reader.visit.brief
    reader.open(search.get_attribute("href") or "search/")
    field = reader.page.get_by_role("searchbox").first
    field.fill(title)
    field.press("Enter")
    path = urlsplit(reader.visit.at(place)).path
    reader.page.locator(f'main a[href$="{path}"]').first.wait_for(timeout=10_000)
    sound(reader, "search")
