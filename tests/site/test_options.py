"""Options of a theme: declared in theme.toml, set by the site, and refused by name and line when they are wrong."""

from __future__ import annotations

import pytest

from sitegen.errors import SitegenError
from tests.site.sites import Site

THEME = """
[settings.accent]
type = "string"
default = "spruce"
choices = ["spruce", "ocean"]

[settings.reading_time]
type = "boolean"
default = true

[settings.measure]
type = "number"
default = 36.5
minimum = 20
maximum = 60
property = "--measure"

[settings.brand]
type = "colour"
default = "#00584c"
property = "--brand"

[settings.badges]
type = "strings"
default = []
"""
SEEN = "{{ theme.accent }} {{ theme.reading_time }} {{ theme.measure }} {{ theme.badges|join('+') }}"


@pytest.fixture
def optional(site: Site) -> Site:
    """A site whose theme has options and shows them on the page for missing pages."""
    site.write("themes/tiny/theme.toml", THEME)
    site.write("templates/404.html", SEEN)
    return site


def choose(site: Site, text: str) -> None:
    site.write("sitegen.toml", f'[site]\ntheme = "tiny"\n\n[theme]\n{text}')


def told(site: Site) -> list[str]:
    return [f"{problem.code} {problem.place} {problem.message}" for problem in site.problems()]


def problem(site: Site) -> SitegenError:
    (found,) = site.problems()
    return found


def test_templates_see_what_the_site_chose_and_the_defaults(optional: Site) -> None:
    optional.build()
    assert optional.out("404.html") == "spruce True 36.5 "
    choose(optional, 'accent = "ocean"\nreading_time = false\nmeasure = 40\nbadges = ["a", "b"]\n')
    optional.build()
    assert optional.out("404.html") == "ocean False 40 a+b"


def test_all_wrong_options_are_told_at_once_with_their_lines(optional: Site) -> None:
    choose(
        optional,
        'accent = "oceam"\nreading_time = "yes"\nmesure = 1\nmeasure = 70\nbrand = "red"\nbadges = [1]\n',
    )
    lines = sorted(told(optional))
    assert [line.split("sitegen.toml")[1] for line in lines] == [
        ":10 theme.badges must be a list of texts",
        ":5 theme.accent must be one of 'spruce', 'ocean'; did you mean 'ocean'?",
        ":6 theme.reading_time must be true or false",
        ":7 the theme has no option 'mesure'; did you mean 'measure'?",
        ":8 theme.measure must be at most 60",
        ':9 theme.brand must be a colour such as "#00584c"',
    ]
    assert {line.split()[0] for line in lines} == {"SG103"}
    assert "accent, badges, brand, measure, reading_time" in optional.problems()[0].remedy


def test_true_is_no_number(optional: Site) -> None:
    choose(optional, "measure = true\n")
    assert "must be a number" in problem(optional).message


def test_a_theme_without_options_refuses_all(site: Site) -> None:
    site.write("sitegen.toml", '[site]\ntheme = "bare"\n[theme]\naccent = 1\n')
    site.write("themes/bare/templates/base.html", "")
    assert "Remove the line" in problem(site).remedy


def test_an_option_that_is_not_there_is_an_error_in_a_template(optional: Site) -> None:
    optional.write("templates/404.html", "{{ theme.acent }}")
    assert "has no attribute 'acent'; did you mean 'accent'?" in problem(optional).message


def test_a_theme_inherits_options_and_gives_other_defaults(optional: Site) -> None:
    optional.write("sitegen.toml", '[site]\ntheme = "leaf"\n')
    optional.write(
        "themes/leaf/theme.toml",
        'extends = "tiny"\n[settings.accent]\ndefault = "ocean"\n[settings.own]\ntype = "integer"\ndefault = 3\n',
    )
    optional.write("templates/404.html", SEEN + "{{ theme.own }}")
    optional.build()
    assert optional.out("404.html") == "ocean True 36.5 3"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[settings.accent]\ndefault = 'plum'\n", "the default must be one of 'spruce', 'ocean'"),
        ("[settings.accent]\ntype = 'integer'\ndefault = 1\n", "extends has it as string"),
        ("[settings.other]\ntype = 'word'\ndefault = 1\n", "type must be one of"),
        ("[settings.other]\ntype = 'string'\n", "a default is missing"),
        ("[settings.other]\ntype = 'string'\ndefault = 1\n", "the default must be text"),
        ("[settings.other]\ntype = 'string'\ndefault = ''\nchoises = []\n", "unknown key 'choises'; did you mean"),
        ("[settings.other]\ntype = 'string'\ndefault = ''\nproperty = '--x'\n", "only a colour"),
        ("[settings.other]\ntype = 'integer'\ndefault = 1\nproperty = 'x;'\n", "custom property"),
        ("[settings.other]\ntype = 'integer'\ndefault = 1\nminimum = '0'\n", "must be numbers"),
        ("[settings.other]\ntype = 'integer'\ndefault = 1\nchoices = 3\n", "choices must be a list"),
        ("[settings.Other]\ntype = 'integer'\ndefault = 1\n", "small letters"),
        ("[settings]\nother = 1\n", "must be a table"),
    ],
)
def test_a_wrong_declaration_is_told_with_its_line(optional: Site, text: str, words: str) -> None:
    optional.write("sitegen.toml", '[site]\ntheme = "leaf"\n')
    optional.write("themes/leaf/theme.toml", f'extends = "tiny"\n{text}')
    found = problem(optional)
    assert found.code == "SG513"
    assert str(found.place).startswith("themes/leaf/theme.toml:")
    assert words in found.message


def test_all_wrong_declarations_of_a_chain_are_told(optional: Site) -> None:
    optional.write("sitegen.toml", '[site]\ntheme = "leaf"\n')
    optional.write("themes/leaf/theme.toml", 'extends = "tiny"\n[settings.c]\ntype = "z"\n')
    optional.write("themes/tiny/theme.toml", "[settings.a]\ntype = 'x'\n[settings.b]\ntype = 'y'\n")
    assert len(optional.problems()) == 3
