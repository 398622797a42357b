"""Fonts: a theme names letters in font packages; what is published is small, free to use, and the same each time."""

from __future__ import annotations

import re
import sys
from io import BytesIO
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from sitegen.errors import SitegenError
from tests.site.sites import Site

FACE = """
[fonts.serif]
family = "Town Serif"
file = "font_source_serif_pro/files/SourceSerifPro-Regular.ttf"
weight = "400 500"
"""
SHEET = '@import "../theme-fonts.css";\nbody { font-family: "Town Serif", serif; }\n'


@pytest.fixture
def lettered(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    (tmp_path / "caches").mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    site.write("themes/tiny/theme.toml", (site.root / "themes/tiny/theme.toml").read_text() + FACE)
    site.write("themes/tiny/static/css/main.css", SHEET)
    site.write("templates/404.html", '{{ asset("fonts/serif.woff2", "none") }}')
    return site


def published(site: Site) -> Path:
    (found,) = (site.output / "assets/fonts").glob("serif.*.woff2")
    return found


def test_letters_are_cut_down_renamed_and_keep_their_licence(lettered: Site) -> None:
    lettered.build()
    data = published(lettered).read_bytes()
    assert len(data) < 25_000
    with TTFont(BytesIO(data)) as font:
        assert {"é", "ł", "ß", "–", "€"} <= {chr(code) for code in font.getBestCmap()}
        assert "Ж" not in {chr(code) for code in font.getBestCmap()}
        names = {record.nameID: str(record) for record in font["name"].names}
    assert names[1] == "Town Serif"
    assert not [name for number, name in names.items() if number in (1, 3, 4, 6, 16) and "Source" in name]
    assert "Open Font License" in names[13]


def test_style_sheets_and_pages_find_the_letters(lettered: Site) -> None:
    lettered.build()
    name = published(lettered).name
    (sheet,) = (lettered.output / "assets/css").glob("main.*.css")
    assert f'url("../fonts/{name}")' in sheet.read_text()
    assert re.search(r'font-family:"Town Serif";font-style:normal;font-weight:400 500', sheet.read_text())
    assert lettered.out("404.html") == f"/assets/fonts/{name}"


def test_the_same_letters_are_made_each_time_and_only_once(
    lettered: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lettered.build()
    before = published(lettered).read_bytes()
    (made,) = (tmp_path / "caches/sitegen/fonts").iterdir()
    stamp = made.stat().st_mtime_ns
    lettered.build(clean=True)
    assert made.stat().st_mtime_ns == stamp
    (tmp_path / "other").mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
    lettered.build(clean=True)
    assert published(lettered).read_bytes() == before


def test_without_a_place_for_caches_they_are_kept_with_the_site(
    lettered: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/nowhere/at/all")
    lettered.build()
    assert published(lettered).is_file()
    assert lettered.build().written == 0


def test_without_the_packages_pages_are_set_in_other_letters(lettered: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    lettered.build()
    monkeypatch.setitem(sys.modules, "brotli", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    (note,) = lettered.build().notes
    assert "sitegen[fonts]" in note
    assert lettered.out("404.html") == "none"
    assert not list((lettered.output / "assets/fonts").glob("serif*"))
    lettered.write("sitegen.toml", '[site]\ntheme = "tiny"\n[fonts]\nenabled = "on"\n')
    assert [warning.code for warning in lettered.build().warnings] == ["SG536"]
    lettered.write("sitegen.toml", '[site]\ntheme = "tiny"\n[fonts]\nenabled = "off"\n')
    report = lettered.build()
    assert (report.notes, report.warnings) == ((), ())


def test_a_theme_inherits_letters_and_may_have_others(lettered: Site) -> None:
    other = FACE.replace("Regular", "It").replace('weight = "400 500"', 'style = "italic"')
    lettered.write("themes/child/theme.toml", f'extends = "tiny"\n{other}')
    lettered.write("sitegen.toml", '[site]\ntheme = "child"\n')
    lettered.build()
    (sheet,) = (lettered.output / "assets/css").glob("main.*.css")
    assert "font-style:italic" in sheet.read_text()
    assert sheet.read_text().count("@font-face") == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[fonts.serif]\nfamily = "A"\nfile = "../../etc/passwd.ttf"', "file must be a package"),
        ('[fonts.serif]\nfamily = "A"\nfile = "font_source_serif_pro/../x.ttf"', "file must be a package"),
        ('[fonts.serif]\nfamily = "A\\"; src: url(x)"\nfile = "p/x.ttf"', "family must be"),
        ('[fonts.serif]\nfamily = "A"\nfile = "p/x.ttf"\nweight = "bold"', "weight must be"),
        ('[fonts.serif]\nfamily = "A"\nfile = "p/x.ttf"\nstyle = "oblique"', "style must be"),
        ('[fonts.serif]\nfamily = "A"\nfile = "p/x.ttf"\ncolour = "red"', "unknown key 'colour'"),
        ('[fonts.A-x]\nfamily = "A"\nfile = "p/x.ttf"', "a name has"),
        ("[fonts.serif]\nweight = 400", "a table of texts"),
    ],
)
def test_what_a_theme_says_wrongly_is_told_with_its_line(lettered: Site, text: str, said: str) -> None:
    lettered.write("themes/tiny/theme.toml", f'name = "tiny"\n\n{text}\n')
    found = list(lettered.problems())
    assert any(said in problem.message for problem in found)
    assert {str(problem.place) for problem in found} == {"themes/tiny/theme.toml:3"}


def test_a_font_that_cannot_be_read_is_told(lettered: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lib/town_letters").mkdir(parents=True)
    (tmp_path / "lib/town_letters/Broken.ttf").write_bytes(b"no font at all")
    monkeypatch.syspath_prepend(tmp_path / "lib")
    lettered.write("themes/tiny/theme.toml", '[fonts.serif]\nfamily = "A"\nfile = "town_letters/Broken.ttf"\n')
    with pytest.raises(SitegenError, match=r"town_letters/Broken\.ttf cannot be read"):
        lettered.build()
    assert not list((tmp_path / "caches/sitegen/fonts").iterdir()), "nothing half made is left"
