"""Style sheets mean the same to a browser after they were made small, and a bundle what its parts meant."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from sitegen.site.styles import Sheet, bundle

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parent.parent.parent
SHEETS = [
    *(path for path in sorted((ROOT / "themes").rglob("*.css")) if path.name != "_site.css"),
    ROOT / "tests/fixtures/modern.css",
]
RULES = """text => {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(text)
    return [...sheet.cssRules].map(rule => rule.cssText)
}"""


class Nothing:
    """Files that are where they were."""

    def sheet(self, importer: Sheet, url: str) -> Sheet | None:
        return None

    def address(self, sheet: Sheet, url: str, root: Sheet) -> str | None:
        return url


def _even(rule: str) -> str:
    """A rule without the white space that browsers keep where values are worked out later."""
    return re.sub(r"\s*([(){},])\s*", r"\1", re.sub(r"\s+", " ", rule))


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_a_small_sheet_is_the_same_to_a_browser(browser: Browser, path: Path) -> None:
    # A sheet that is made by a script imports nothing.
    text = re.sub(r"^@import .*$", "", path.read_text(), flags=re.MULTILINE)
    problems: list[Any] = []
    small = bundle(Sheet(path.name, "", path.name, text), Nothing(), problems)
    assert not problems
    assert len(small) < len(text)
    page = browser.new_page()
    expected, found = ([_even(rule) for rule in page.evaluate(RULES, version)] for version in (text, small))
    assert expected
    assert found == expected
    page.close()
