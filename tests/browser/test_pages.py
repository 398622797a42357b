"""Every kind of page opens, complains of nothing, asks nobody else for anything and says what it must."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import Built, Visit

pytestmark = pytest.mark.browser

SCHEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
KINDS = {
    "home": "/",
    "brief": "/briefs/council/",
    "extract": "/briefs/inspection/",
    "right to left": "/briefs/arabic/",
    "hard": "/briefs/hard/",
    "list": "/archive/",
    "year": "/archive/2025/",
    "second page": "/archive/page/2/",
    "taxonomy": "/tags/",
    "term": "/tags/bridges/",
    "page": "/method/",
    "picture": "/wide/",
    "withdrawn": "/briefs/back/",
    "404": "/no/such/page/",
}


@pytest.mark.parametrize("kind", KINDS)
def test_page_opens_without_a_complaint_and_without_strangers(visit: Visit, kind: str) -> None:
    visitor = visit()
    status = visitor.open(KINDS[kind])
    assert status == (404 if kind == "404" else 200)
    # The browser notes in its console that the page was not found.
    assert [line for line in visitor.complaints if kind != "404" or "404" not in line] == []
    assert visitor.strangers == []
    expect(visitor.page.locator("h1")).to_have_count(1)
    expect(visitor.page.locator("main")).to_be_visible()
    assert visitor.page.evaluate("getComputedStyle(document.body).display") == "flex", "the style sheet was not applied"


def test_linked_data_is_read_and_runs_nothing(visit: Visit) -> None:
    visitor = visit()
    visitor.open("/briefs/council/")
    data = visitor.page.locator('script[type="application/ld+json"]')
    expect(data).to_have_count(1)
    assert visitor.page.evaluate(
        "data => JSON.parse(data.textContent)['@graph'][0]['@type']", data.element_handle()
    ) == ("Report")
    assert visitor.complaints == []


def test_a_former_address_leads_on_without_a_script(visit: Visit) -> None:
    visitor = visit()
    visitor.open("/old/bridge/")
    visitor.page.wait_for_url("**/briefs/council/")
    assert visitor.complaints == []


AAA = {"color-contrast-enhanced": {"enabled": True}}
"""Text has a contrast of 7 to 1 at least."""


@pytest.mark.parametrize(
    "kind", ["home", "brief", "extract", "list", "year", "taxonomy", "term", "page", "withdrawn", "404"]
)
def test_axe_finds_nothing_in_light_or_dark(visit: Visit, kind: str) -> None:
    visitor = visit()
    visitor.open(KINDS[kind])
    for scheme in SCHEMES:
        visitor.page.emulate_media(color_scheme=scheme)
        results = Axe().run(visitor.page, options={"resultTypes": ["violations"], "rules": AAA})
        assert results.violations_count == 0, f"{scheme}: {results.generate_report()}"


BEYOND = """() => [...document.querySelectorAll("main :is(h1, h2, h3, p, li, dd, a, code, img)")]
    .filter(element => !element.closest(".table"))
    .filter(element => element.getBoundingClientRect().right > innerWidth + 0.5)
    .map(element => element.outerHTML.slice(0, 80))"""
"""What ends to the right of the window; a box that clips it would hide it from the width of the page."""


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_wider_than_the_window(visit: Visit, kind: str) -> None:
    visitor = visit(width=1440)
    visitor.open(KINDS[kind])
    for width in (1440, 768, 360, 320):
        visitor.page.set_viewport_size({"width": width, "height": 800})
        assert visitor.page.evaluate("document.documentElement.scrollWidth") == width
        assert visitor.page.evaluate(BEYOND) == [], width


def test_wide_table_scrolls_in_its_own_frame_by_keyboard(visit: Visit) -> None:
    visitor = visit(width=320)
    visitor.open("/briefs/council/")
    frame = visitor.page.locator(".table").last
    frame.focus()
    visitor.page.keyboard.press("ArrowRight")
    visitor.page.wait_for_function("frame => frame.scrollLeft > 0", arg=frame.element_handle())


def test_dark_scheme_changes_the_colours(visit: Visit) -> None:
    visitor = visit()
    visitor.open("/")
    brightness = {}
    for scheme in SCHEMES:
        visitor.page.emulate_media(color_scheme=scheme)
        colours = visitor.page.evaluate(
            "[getComputedStyle(document.documentElement).backgroundColor, getComputedStyle(document.body).color]"
        )
        brightness[scheme] = [sum(map(int, colour[4:-1].split(","))) for colour in colours]
    paper, ink = 0, 1
    assert brightness["light"][paper] > 700 > 100 > brightness["light"][ink]
    assert brightness["dark"][paper] < 100 < 600 < brightness["dark"][ink]


def test_extract_says_that_it_is_one_on_its_page_and_in_lists(visit: Visit) -> None:
    said = "Sentences picked from the document, not written by a model or a person."
    visitor = visit()
    visitor.open("/briefs/inspection/")
    expect(visitor.page.locator(".extract-note")).to_contain_text("Extract")
    expect(visitor.page.locator(".extract-note")).to_contain_text(said)
    for path in ("/", "/archive/", "/types/minutes/"):
        visitor.open(path)
        item = visitor.page.locator("article", has=visitor.page.locator('a[href="/briefs/inspection/"]'))
        expect(item.locator(".label")).to_have_text("Extract")
        expect(visitor.page.locator(".legend")).to_contain_text(said)
    visitor.open("/briefs/council/")
    expect(visitor.page.locator(".label-extract")).to_have_count(0)


def test_brief_tells_how_it_was_made(visit: Visit) -> None:
    visitor = visit()
    visitor.open("/briefs/council/")
    made = visitor.page.locator("#made")
    for words in ("A language model wrote this brief", "qwen3:8b", "2 of 3", "22 November 2026", "Page 3 has no text."):
        expect(made).to_contain_text(words)


ORIGINS = {
    "en": ("An editor has changed the text since", "No editor", "Nothing is recorded about how this brief was made."),
    "de": ("Die Redaktion hat den Text seither geändert", "seither nicht geändert", "ist nicht festgehalten."),
    "fr": ("La rédaction a modifié le texte depuis", "n’a pas modifié", "Rien n’est consigné sur la façon"),
}
"""By language: that it was edited, a part of that it was not, and that nothing is known."""
NOBODY = {
    "en": ("not written by a model or a person", "no person wrote them"),
    "de": ("weder ein Modell noch ein Mensch", "kein Mensch hat sie geschrieben"),
    "fr": ("ni un modèle ni une personne", "ni une personne ne les a écrites"),
}
LABELS = {"en": "Extract", "de": "Auszug", "fr": "Extrait"}


@pytest.mark.parametrize("language", ORIGINS)
@pytest.mark.parametrize("name", ["revised", "amended", "unknown", "untold", "council", "inspection"])
def test_brief_says_of_its_origin_what_is_recorded_and_no_more(visit: Visit, language: str, name: str) -> None:
    changed, unchanged, unknown = ORIGINS[language]
    visitor = visit(language=language)
    visitor.open(f"/briefs/{name}/")
    words = visitor.page.locator("main").inner_text()
    assert (changed.lower() in words.lower()) == (name in ("revised", "amended"))
    assert (unchanged in words) == (name in ("council", "inspection"))
    assert (unknown in words) == (name in ("unknown", "untold"))
    for claim in NOBODY[language]:
        assert (claim.lower() in words.lower()) == (name == "inspection")
    banner = visitor.page.locator(".extract-note")
    if name in ("revised", "unknown", "council"):
        expect(banner).to_have_count(0)
        return
    expect(banner.locator(".label")).to_have_text(LABELS[language])
    if name == "amended":
        expect(banner).to_contain_text(re.compile(re.escape(changed), re.IGNORECASE))


@pytest.mark.parametrize("language", ORIGINS)
@pytest.mark.parametrize(
    ("path", "untouched"), [("/archive/", True), ("/archive/page/3/", False), ("/archive/page/4/", False)]
)
def test_legend_of_a_list_is_true_of_all_its_extracts(visit: Visit, language: str, path: str, untouched: bool) -> None:
    visitor = visit(language=language)
    visitor.open(path)
    legend = visitor.page.locator(".legend")
    expect(legend.locator(".label")).to_have_text(LABELS[language])
    assert (NOBODY[language][0] in legend.inner_text()) == untouched


def test_names_stand_in_one_size_however_many_they_are(visit: Visit) -> None:
    visitor = visit()
    visitor.open("/briefs/council/")
    fonts = visitor.page.evaluate(
        """["people", "organisations", "places"].map(id => {
            const style = getComputedStyle(document.querySelector(`#${id} + ul > li`));
            return [style.fontSize, style.fontFamily, style.lineHeight].join();
        })"""
    )
    assert len(fonts) == 3
    assert len(set(fonts)) == 1, fonts


def test_drafts_are_nowhere(visit: Visit, built: Built) -> None:
    visitor = visit()
    assert visitor.open("/briefs/secret/") == 404
    assert visitor.open("/tags/secret/") == 404
    traces = [path for path in built().rglob("*") if path.is_file() and b"Not yet public" in path.read_bytes()]
    assert traces == []


def test_preview_with_drafts_marks_them(visit: Visit) -> None:
    visitor = visit(drafts=True)
    assert visitor.open("/briefs/secret/") == 200
    expect(visitor.page.locator(".draft-note")).to_contain_text("It is not published")
    assert visitor.page.locator('meta[name="robots"]').get_attribute("content") == "noindex"
    visitor.open("/archive/")
    item = visitor.page.locator("article", has=visitor.page.locator('a[href="/briefs/secret/"]'))
    expect(item.locator(".label")).to_have_text("Draft")
    visitor.open("/briefs/waiting/")
    expect(visitor.page.locator(".draft-note")).to_contain_text("In review")


def test_a_withdrawn_brief_says_why_and_nothing_else(visit: Visit) -> None:
    visitor = visit()
    visitor.open("/briefs/back/")
    expect(visitor.page.locator("main p")).to_have_text(
        ["What stood here was withdrawn.", "The sums were those of another town.", "A new brief will follow."]
    )
    assert visitor.page.locator('meta[name="robots"]').get_attribute("content") == "noindex"
    assert "Taken back" not in visitor.page.content()


@pytest.mark.parametrize("language", ["de", "fr"])
def test_interface_speaks_the_language_of_the_site(visit: Visit, language: str) -> None:
    visitor = visit(language=language)
    visitor.open("/briefs/inspection/")
    expect(visitor.page.locator("html")).to_have_attribute("lang", language)
    expect(visitor.page.locator(".label-extract").first).to_have_text({"de": "Auszug", "fr": "Extrait"}[language])
    assert visitor.complaints == []


def test_print_leaves_out_what_paper_cannot_use(visit: Visit) -> None:
    visitor = visit(media="print", scheme="dark")
    visitor.open("/briefs/council/")
    for selector in (".menu", ".neighbours", ".skip", ".share", ".toc", ".related"):
        expect(visitor.page.locator(selector)).to_be_hidden()
    for selector in (".proof blockquote", ".trust", ".citation", "#made"):
        expect(visitor.page.locator(selector).first).to_be_visible()
    assert visitor.page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
