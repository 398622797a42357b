"""The search page in a real browser, under the headers that hosts send: it finds, tells, and needs no mouse."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from sitegen import settings
from sitegen.site.build import BuildOptions, build
from tests.browser import host

pytestmark = pytest.mark.browser

BRIEF = (
    "---\ntitle: {title}\nstatus: published\ndate: 2026-0{month}-01\nlanguage: {language}\n"
    "tags: [{tag}]\ncorrespondent: Office {month}\n---\n{body}\n"
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = tmp_path_factory.mktemp("search") / "site"
    (root / "briefs").mkdir(parents=True)
    (root / "sitegen.toml").write_text('[site]\ntitle = "Town"\nbase_url = "https://town.example/reports/"\n')
    texts = [
        (
            "The weir bridge opens",
            "en",
            "Roads",
            "The bridge may be crossed again.\n\n## The works\n\nThe bridge bearings are new.",
        ),
        ("Die Wehrbrücke öffnet", "de", "Roads", "Die Brücke darf wieder befahren werden."),
        (
            "A note on <b>markup</b>",
            "en",
            "Budget",
            "Write `<img src=x onerror=alert(1)>` &amp; be glad of the hedgehog.",
        ),
        *((f"Street {number}", "en", "Roads", f"Lamps in street number {number} shine.") for number in range(24)),
    ]
    for number, (title, language, tag, body) in enumerate(texts):
        text = BRIEF.format(title=f'"{title}"', month=number % 9 + 1, language=language, tag=tag, body=body)
        (root / f"briefs/{number:02}.md").write_text(text)
    project = settings.load(root, environ={})
    assert build(project, BuildOptions(strict=True)).notes == ()
    served = root / "served"
    served.mkdir()
    project.output.rename(served / "reports")
    headers = (served / "reports/_headers").read_text()
    (served / "_headers").write_text(headers)
    with host.serve(served) as url:
        yield f"{url}/reports"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    page.close()
    assert complaints == [], "the policy and the script agree"


def results(page: Page) -> list[str]:
    return page.locator("[data-search-results] .item-title").all_text_contents()


def test_what_is_typed_is_found_and_marked_and_told(page: Page, address: str) -> None:
    page.goto(f"{address}/search/")
    page.get_by_label("Words of a brief or page").fill("bridge")
    expect(page.get_by_role("status")).to_have_text("1 result")
    assert results(page) == ["The weir bridge opens"]
    assert "bridge" in page.locator("[data-search-results] mark").first.inner_text().lower()
    assert page.url.endswith("/search/?q=bridge")
    link = page.locator("[data-search-results] .item-title a")
    assert re.search(r"/reports/briefs/the-weir-bridge-opens/$", str(link.get_attribute("href")))
    link.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The weir bridge opens")
    page.go_back()
    expect(page.get_by_role("status")).to_have_text("1 result")


def test_a_section_that_has_the_words_is_linked_to(page: Page, address: str) -> None:
    page.goto(f"{address}/search/?q=bearings")
    section = page.locator(".search-sections a")
    expect(section).to_have_text("The works")
    section.click()
    assert page.url.endswith("/briefs/the-weir-bridge-opens/#the-works")


def test_texts_in_other_languages_are_found_and_say_so(page: Page, address: str) -> None:
    page.goto(f"{address}/search/?q=Brücke")
    expect(page.locator("[data-search-results] li")).not_to_have_count(0)
    assert "Die Wehrbrücke öffnet" in results(page)
    title = page.locator(".item-title", has_text="Wehrbrücke")
    assert title.get_attribute("lang") == "de"


def test_texts_of_documents_stay_texts(page: Page, address: str) -> None:
    page.goto(f"{address}/search/?q=hedgehog")
    expect(page.get_by_role("status")).to_have_text("1 result")
    assert results(page) == ["A note on <b>markup</b>"]
    assert "<img src=x onerror=alert(1)>" in page.locator("[data-search-results] .item-dek").inner_text()
    assert page.locator("[data-search-results] img, [data-search-results] b").count() == 0


def test_nothing_found_is_told_in_words(page: Page, address: str) -> None:
    page.goto(f"{address}/search/?q=zzzzqqq<b>")
    expect(page.get_by_role("status")).to_have_text("Nothing was found for “zzzzqqq<b>”.")
    assert results(page) == []
    assert page.get_by_text("Try fewer words").is_visible()
    assert page.locator("[data-search-begin]").is_visible()


def test_long_lists_grow_on_demand_and_the_keyboard_goes_on_where_they_grew(page: Page, address: str) -> None:
    page.goto(f"{address}/search/?q=lamps")
    more = page.get_by_role("button", name="Show more")
    expect(more).to_be_visible()
    assert len(results(page)) == 10
    more.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-search-results] li")).to_have_count(20)
    assert page.evaluate("document.activeElement === document.querySelectorAll('[data-search-results] h2 a')[10]")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement === document.querySelectorAll('[data-search-results] h2 a')[11]")


def test_the_link_in_the_menu_leads_into_the_field(page: Page, address: str) -> None:
    page.goto(f"{address}/")
    page.get_by_role("link", name="Search").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Search")
    expect(page.get_by_label("Words of a brief or page")).to_be_focused()
    page.keyboard.type("hedgehog")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("1 result")


def test_before_anything_is_asked_for_the_page_offers_where_to_begin(page: Page, address: str) -> None:
    page.goto(f"{address}/search/")
    begin = page.locator("[data-search-begin]")
    assert begin.get_by_role("link", name="Roads").get_attribute("href") == "/reports/tags/roads/"
    assert begin.locator("article").count() == 3
    field = page.get_by_label("Words of a brief or page")
    field.fill("bridge")
    expect(begin).to_be_hidden()
    field.press("Escape")
    expect(field).to_have_value("")
    expect(begin).to_be_visible()
    assert results(page) == []
    assert page.url.endswith("/search/")


def test_an_excerpt_is_a_sentence_of_the_text_and_not_the_headline_again(page: Page, address: str) -> None:
    page.goto(f"{address}/search/?q=bridge")
    expect(page.locator("[data-search-results] .item-dek")).to_have_text(
        "The bridge may be crossed again. The works. The bridge bearings are new."
    )
    marks = page.locator("[data-search-results] mark").all_text_contents()
    assert marks == ["bridge", "bridge"], "without the signs around them"


@pytest.mark.parametrize("query", ["", "?q=lamps"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(page: Page, address: str, query: str, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(f"{address}/search/{query}")
    if query:
        expect(page.get_by_role("status")).to_have_text("24 results")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_without_script_the_lists_are_offered(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/search/")
    assert page.locator("[data-search]").is_hidden()
    assert page.locator(".facets").is_hidden()
    assert page.get_by_text("The search needs JavaScript").is_visible()
    assert page.get_by_role("link", name="Roads").count() >= 1
    context.close()


def test_an_index_that_is_gone_is_fetched_anew(page: Page, address: str) -> None:
    page.goto(f"{address}/search/?q=lamps")
    expect(page.get_by_role("status")).to_have_text("24 results")
    gone: list[str] = []

    def refuse(route: object) -> None:
        gone.append("x")
        (route.abort if len(gone) <= 1 else route.continue_)()  # type: ignore[attr-defined]

    page.route("**/fragment/*", refuse)
    page.get_by_label("Words of a brief or page").fill("hedgehog")
    expect(page.get_by_role("status")).to_have_text("1 result")
    assert len(gone) == 2


def test_the_policy_is_as_strict_as_ever_without_search(tmp_path: Path) -> None:
    (tmp_path / "sitegen.toml").write_text('[search]\nenabled = "off"\n')
    project = settings.load(tmp_path, environ={})
    build(project, BuildOptions())
    headers = (project.output / "_headers").read_text()
    assert "wasm" not in headers
    assert "connect-src" not in headers


def choices(page: Page) -> dict[str, str]:
    """What can be chosen, with how much there is of it."""
    labels = page.locator(".facet:visible")
    return {
        label.locator(".facet-name").inner_text(): label.locator(".term-count").inner_text() for label in labels.all()
    }


def test_what_is_found_is_narrowed_down_with_true_counts(page: Page, address: str) -> None:
    page.goto(f"{address}/search/?q=bridge")
    expect(page.get_by_role("status")).to_have_text("1 result")
    page.goto(f"{address}/search/")
    expect(page.get_by_label("Budget")).to_be_visible()
    assert choices(page) == {"Roads": "26", "Budget": "1", "English": "26", "German": "1"}
    assert results(page) == [], "nothing was asked for"
    page.get_by_label("Roads").check()
    page.get_by_label("German").check()
    expect(page.get_by_role("status")).to_have_text("1 result")
    assert results(page) == ["Die Wehrbrücke öffnet"]
    assert choices(page) == {"Roads": "1", "English": "25", "German": "1"}
    assert page.url.endswith("/search/?tags=Roads&language=de")
    page.reload()
    expect(page.get_by_role("status")).to_have_text("1 result")
    expect(page.get_by_label("German")).to_be_checked()
    page.get_by_role("button", name="Clear all").click()
    expect(page.get_by_label("German")).not_to_be_checked()
    assert results(page) == []


def test_lists_lead_to_the_search_among_what_they_list(page: Page, address: str) -> None:
    for path, found in (("tags/roads", "26 results"), ("archive/2026", "27 results")):
        page.goto(f"{address}/{path}/")
        page.get_by_role("link", name="Search among these").click()
        expect(page.get_by_role("status")).to_have_text(found)
    page.get_by_label("German").check()
    expect(page.get_by_role("status")).to_have_text("1 result")


def test_a_choice_keeps_the_keyboard_where_it_is(page: Page, address: str) -> None:
    page.goto(f"{address}/search/")
    page.get_by_label("German").focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("status")).to_have_text("1 result")
    expect(page.get_by_label("German")).to_be_focused()


def test_long_facets_fold_and_grow_on_demand(page: Page, address: str) -> None:
    page.goto(f"{address}/search/")
    senders = page.locator("[data-facet=correspondents]")
    expect(senders.get_by_text("Correspondents 9")).to_be_visible()
    assert page.get_by_label("Office 3").is_hidden(), "folded"
    senders.locator("summary").press("Enter")
    assert senders.get_by_role("checkbox").count() == 6
    senders.get_by_role("button", name="Show more (Correspondents)").press("Enter")
    expect(senders.get_by_role("checkbox")).to_have_count(9)
    expect(senders.get_by_role("checkbox").nth(6)).to_be_focused()
    assert senders.get_by_role("button").is_hidden()
    page.keyboard.press("Space")
    expect(page.get_by_role("status")).to_have_text(re.compile(r"^\d results$"))
    expect(senders.get_by_role("checkbox").nth(6)).to_be_focused()


def test_arrows_go_through_what_was_found_and_escape_leads_back(page: Page, address: str) -> None:
    page.goto(f"{address}/search/?q=lamps")
    expect(page.get_by_role("status")).to_have_text("24 results")
    field = page.get_by_label("Words of a brief or page")
    field.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement === document.querySelectorAll('[data-search-results] h2 a')[1]")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(field).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(field).to_be_focused()


def test_the_slash_opens_the_search_unless_a_reader_switched_it_off(page: Page, address: str) -> None:
    page.goto(f"{address}/briefs/street-3/")
    page.keyboard.press("/")
    field = page.get_by_label("Words of a brief or page")
    expect(field).to_be_focused()
    page.keyboard.type("a/b")
    expect(field).to_have_value("a/b")
    page.get_by_label("The key / opens the search").uncheck()
    page.goto(f"{address}/briefs/street-3/")
    page.keyboard.press("/")
    assert page.url.endswith("/briefs/street-3/")
