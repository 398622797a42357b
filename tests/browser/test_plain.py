"""The theme ``plain``: short enough to be read in one go, and held to what every page is held to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from sitegen import settings
from sitegen.site.build import BuildOptions, build
from tests.browser import host, town
from tests.browser.conftest import Visitor

pytestmark = pytest.mark.browser

THEME = Path(__file__).parents[2] / "themes/plain"
PATHS = [
    "/",
    "/briefs/council/",
    "/briefs/arabic/",
    "/briefs/hard/",
    "/archive/page/2/",
    "/tags/",
    "/tags/bridges/",
    "/wide/",
    "/briefs/back/",
    "/no/such/page/",
]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = town.write(tmp_path_factory.mktemp("plain") / "site", "en")
    with (folder / "sitegen.toml").open("a") as file:
        file.write('[theme]\naccent = "#7a1d3c"\n')
    for name in ("corrections", "feeds"):  # which ask for templates of continuum
        (folder / f"content/{name}.md").unlink()
    settings_file = folder / "sitegen.toml"
    settings_file.write_text(settings_file.read_text().replace("[site]\n", '[site]\ntheme = "plain"\n', 1))
    project = settings.load(folder, environ={})
    build(project, BuildOptions())
    with host.serve(project.output) as address:
        yield address


def test_it_is_short() -> None:
    lines = [line for path in THEME.rglob("*") if path.is_file() for line in path.read_text().splitlines()]
    assert len(lines) < 200


@pytest.mark.parametrize("path", PATHS)
def test_its_pages_complain_of_nothing_and_axe_finds_nothing(browser: Browser, address: str, path: str) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 800})
    try:
        visitor = Visitor(page, address)
        visitor.open(path)
        assert [line for line in visitor.complaints if "404" not in line] == []
        assert visitor.strangers == []
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            results = Axe().run(page, options={"resultTypes": ["violations"]})
            assert results.violations_count == 0, f"{scheme}: {results.generate_report()}"
        for width in (320, 1440):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") == width
    finally:
        page.close()


def test_the_colour_of_its_links_is_the_sites(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(address)
    assert page.evaluate("getComputedStyle(document.querySelector('main a')).color") == "rgb(122, 29, 60)"
    page.close()
