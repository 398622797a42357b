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
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=|javascript:", text), path


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
