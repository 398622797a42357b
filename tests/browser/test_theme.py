"""The files of the theme keep their promises; no browser is needed to see it."""

from __future__ import annotations

import gzip
import re
import tomllib
from pathlib import Path

from tests.browser.town import ROOT

THEME = ROOT / "themes" / "continuum"


def _words(language: str) -> dict[str, str]:
    return tomllib.loads((THEME / "i18n" / f"{language}.toml").read_text())


def _templates() -> dict[Path, str]:
    return {path: path.read_text() for path in sorted(THEME.rglob("*.html"))}


def test_style_sheets_are_small() -> None:
    sheets = [path.read_bytes() for path in THEME.rglob("*.css")]
    assert sheets
    assert sum(len(gzip.compress(sheet)) for sheet in sheets) <= 20_000


def test_no_template_has_a_script_or_a_style_of_its_own() -> None:
    for path, text in _templates().items():
        assert not re.search(
            r"<script(?! type=\"module\" src=\"\{\{ asset\()|<style|\sstyle=|\son\w+=|javascript:", text
        ), path


def test_style_sheets_turn_round_for_scripts_from_the_right() -> None:
    physical = re.compile(
        r"^\s*(?:(?:margin|padding|border)-(?:left|right|top|bottom)[\w-]*|left|right|top|bottom|width|height"
        r"|(?:min|max)-(?:width|height)|float|text-align:\s*(?:left|right))\s*:",
        re.MULTILINE,
    )
    for path in THEME.rglob("*.css"):
        assert physical.findall(path.read_text()) == [], path


def test_nothing_comes_from_another_host() -> None:
    for path in THEME.rglob("*"):
        if path.suffix in {".html", ".css", ".svg"}:
            found = re.findall(r"""(?:href|src|url\()\s*=?\s*["']?(?:https?:)?//""", path.read_text())
            assert found == [], path


def test_every_word_that_a_template_asks_for_is_there() -> None:
    known = _words("en")
    for path, text in _templates().items():
        for key, joined in re.findall(r"""\bt\(\s*"(\w+)"\s*(~)?""", text):
            assert any(name.startswith(key) for name in known) if joined else key in known, f"{path}: {key}"


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_every_accent_can_be_read_on_light_and_dark_paper() -> None:
    """Contrast after WCAG 2.2: 7 to 1 for words, 3 to 1 for bars."""
    options = tomllib.loads((THEME / "theme.toml").read_text())["settings"]
    sheet = (THEME / "static/css/_options.css").read_text()
    for accent in options["accent"]["choices"][1:]:
        both = re.findall(
            rf'\[data-accent="{accent}"\] \{{\s*--spruce: (#\w+);\s*--spruce-deep: (#\w+);\s*--bar: (#\w+);', sheet
        )
        assert len(both) == 2, accent
        for (spruce, deep, bar), papers in zip(both, (("#ffffff", "#f1f5f4"), ("#0f1514", "#19211f")), strict=True):
            for paper in papers:
                assert min(_contrast(spruce, paper), _contrast(deep, paper)) >= 7, (accent, paper)
                assert _contrast(bar, paper) >= 3, (accent, paper)


def test_scripts_are_small() -> None:
    scripts = {path.name: len(gzip.compress(path.read_bytes())) for path in THEME.rglob("*.js")}
    search = scripts.pop("search.js")
    assert scripts
    assert sum(scripts.values()) <= 2_000
    assert search <= 8_000
