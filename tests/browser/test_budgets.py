"""What a page costs its readers, and that it stands still and stays readable however it is looked at."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from sitegen import settings
from sitegen.site.build import BuildOptions, build
from tests.browser import host
from tests.browser.conftest import Visit
from tests.browser.test_pages import KINDS

pytestmark = pytest.mark.browser

LONG = "\n\n".join(
    [
        *(f"The council spoke for {number} hours about item {number}, and adjourned." for number in range(6)),
        "## Key points",
        *(
            f"- Item {n} was put off until {n} May, at EUR {n}37.\n\n  > “Item {n}: put off.” — Page {n}"
            for n in range(1, 41)
        ),
        "## Dates\n\n| Date | What |\n| --- | --- |",
    ]
) + "".join(f"\n| {n % 28 + 1} May 2026 | The {n}th thing is due at the office in street {n} |" for n in range(60))
LONG += "\n\n## Amounts\n\n| Amount | What |\n| --- | --- |"
LONG += "".join(f"\n| EUR {n},{n}00 | The price of item {n}, without tax |" for n in range(10, 70))
LONG += "\n\n## People\n\n" + "\n".join(f"- Person Number {n}" for n in range(40)) + "\n"

SHIFT = """() => new Promise(done => {
    let sum = 0;
    new PerformanceObserver(list => list.getEntries().forEach(entry => sum += entry.value))
        .observe({ type: "layout-shift", buffered: true });
    setTimeout(() => done(sum), 300);
})"""


@pytest.fixture(scope="module")
def long_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("long")
    (root / "briefs").mkdir()
    (root / "sitegen.toml").write_text('[site]\nbase_url = "https://report.example/"\n[taxonomies.people]\n')
    head = "title: A very long brief\nstatus: published\ndate: 2026-05-01\nmethod: summary\ntags: [a, b]\n"
    (root / "briefs/long.md").write_text(f"---\n{head}---\n\n{LONG}")
    project = settings.load(root, environ={})
    build(project, BuildOptions())
    return project.output


def weight(path: Path) -> int:
    """Bytes, as servers send them."""
    return len(gzip.compress(path.read_bytes(), 9))


def test_a_long_brief_is_light(long_site: Path) -> None:
    page = (long_site / "briefs/a-very-long-brief/index.html").read_text()
    assert page.count('class="proof"') == 40
    assert weight(long_site / "briefs/a-very-long-brief/index.html") <= 25_000
    assert sum(weight(path) for path in long_site.glob("assets/css/*.css")) <= 20_000
    scripts = {path.name.split(".")[0]: weight(path) for path in long_site.glob("assets/js/*.js")}
    assert scripts.pop("search", 0) <= 8_000
    assert sum(scripts.values()) <= 8_000


@pytest.mark.parametrize("path", [*KINDS.values(), "/search/"])
def test_nothing_moves_while_a_page_is_loaded(visit: Visit, path: str) -> None:
    visitor = visit(width=768)
    visitor.open(path)
    assert visitor.page.evaluate(SHIFT) == 0


def test_the_first_paint_needs_one_round_trip_after_the_page(visit: Visit) -> None:
    """What holds a page up is asked for by the page itself, not by what it asks for."""
    visitor = visit()
    asked: list[str] = []

    def note(route: Route) -> None:
        asked.append(route.request.resource_type)
        route.continue_()

    visitor.page.route("**/*", note)
    visitor.open("/briefs/council/")
    assert asked.count("document") == 1
    assert asked.count("stylesheet") == 1
    blocking = visitor.page.evaluate(
        "performance.getEntriesByType('resource').filter(entry => entry.renderBlockingStatus === 'blocking').length"
    )
    assert blocking == 1


@pytest.mark.parametrize("kind", ["home", "brief", "list", "taxonomy", "term", "page"])
def test_text_can_be_twice_as_large(visit: Visit, kind: str) -> None:
    """Text at 200 % in a window of 1280 pixels has half the room: as in one of 640, and nothing may be cut off."""
    visitor = visit(width=1280)
    visitor.open(KINDS[kind])
    visitor.page.evaluate(
        "new Promise(done => { const s = new CSSStyleSheet(); s.replaceSync('html{font-size:200%}');"
        "document.adoptedStyleSheets = [s]; requestAnimationFrame(done) })"
    )
    assert visitor.page.evaluate("document.documentElement.scrollWidth") == 1280
    cut = visitor.page.evaluate(
        "[...document.querySelectorAll('main :is(h1, h2, h3, p, dd, dt, summary, label)')].filter(e =>"
        "e.scrollWidth > e.clientWidth + 2 && getComputedStyle(e).overflow !== 'visible'"
        " && !e.closest('.hidden')).length"
    )
    assert cut == 0


@pytest.mark.parametrize("kind", ["home", "brief", "list"])
def test_the_widest_screens_get_no_endless_lines(visit: Visit, kind: str) -> None:
    visitor = visit(width=2560)
    visitor.open(KINDS[kind])
    widest = visitor.page.evaluate(
        "Math.max(...[...document.querySelectorAll('main p, main dd, .prose li')].map(e => {"
        "const size = parseFloat(getComputedStyle(e).fontSize); const range = document.createRange();"
        "range.selectNodeContents(e); return range.getBoundingClientRect().width / size }))"
    )
    assert widest < 52, "ems, some hundred letters"


def test_colours_that_the_system_forces_leave_charts_and_controls_visible(browser: Browser, visit: Visit) -> None:
    visitor = visit()
    visitor.page.emulate_media(forced_colors="active")
    visitor.open("/")
    bar = visitor.page.locator(".histogram rect").first
    paper = visitor.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert bar.evaluate("bar => getComputedStyle(bar).fill") != paper
    visitor.open("/briefs/council/")
    proof = visitor.page.locator(".proof summary").first
    proof.focus()
    assert proof.evaluate("summary => getComputedStyle(summary).outlineStyle") != "none"


def test_evidence_is_one_tap_away_without_a_script(browser: Browser, visit: Visit) -> None:
    visitor = visit()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{visitor.address}/briefs/council/")
    quotation = page.get_by_text("“The Weir Bridge is repaired according to option A.”")
    expect(quotation).to_be_hidden()
    page.locator(".proof summary").first.click()
    expect(quotation).to_be_visible()
    context.close()


def test_nothing_moves_for_those_who_want_that(visit: Visit) -> None:
    """There is no animation at all."""
    visitor = visit()
    visitor.open("/briefs/council/")
    moving = visitor.page.evaluate(
        "[...document.querySelectorAll('*')].filter(e => { const s = getComputedStyle(e);"
        "return s.transitionDuration !== '0s' || s.animationName !== 'none' || s.scrollBehavior !== 'auto' }).length"
    )
    assert moving == 0


def test_the_chart_of_months_is_a_table_for_the_keyboard(visit: Visit) -> None:
    visitor = visit()
    visitor.open("/")
    visitor.page.locator(".months summary").focus()
    visitor.page.keyboard.press("Enter")
    link = visitor.page.get_by_role("link", name="June 2025")
    expect(link).to_be_visible()
    link.press("Enter")
    visitor.page.wait_for_url("**/archive/2025/#m6")
    expect(visitor.page.locator("#m6")).to_have_text("June 2025")


def test_a_corrected_brief_says_so_at_its_head(tmp_path: Path, browser: Browser) -> None:
    (tmp_path / "briefs").mkdir()
    (tmp_path / "sitegen.toml").write_text('[search]\nenabled = "off"\n')
    text = (
        "---\ntitle: One\nstatus: published\ncorrections: [{date: 2026-05-02, text: It is 3 and not 4.}]\n---\nText.\n"
    )
    (tmp_path / "briefs/one.md").write_text(text)
    (tmp_path / "content").mkdir()
    (tmp_path / "content/corrections.md").write_text("---\ntitle: Corrections\ntemplate: corrections.html\n---\n")
    project = settings.load(tmp_path, environ={})
    build(project, BuildOptions())
    with host.serve(project.output) as url:
        page = browser.new_page()
        page.goto(f"{url}/briefs/one/")
        page.locator(".note-corrected a").click()
        expect(page.locator(".corrections")).to_contain_text("It is 3 and not 4.")
        page.goto(f"{url}/archive/")
        expect(page.locator("article .label-corrected")).to_have_text("Corrected")
        page.goto(f"{url}/corrections/")
        expect(page.get_by_role("link", name="One")).to_be_visible()
        expect(page.get_by_text("It is 3 and not 4.")).to_be_visible()
        page.close()
