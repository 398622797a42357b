"""Words: what themes say, in plural forms and with values filled in; what their authors hear when it is wrong."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from sitegen.site import cldr
from sitegen.site.languages import Language
from tests.site.sites import Site

STRINGS = Path(__file__).parents[2] / "themes/continuum/i18n"
SHIPPED = ("en", "de", "fr", "ar")
TINY = 'home = "H"\nonly_english = "E"\ncount = "{count}"\n'
"""What the templates of the tiny theme need."""


def shown(site: Site, text: str) -> str:
    """What a template makes of ``text``."""
    site.write("themes/tiny/templates/404.html", text)
    site.build()
    return site.out("404.html")


def said(language: str) -> dict[str, Any]:
    return tomllib.loads((STRINGS / f"{language}.toml").read_text())


def forms(value: str | dict[str, str]) -> dict[str, str]:
    return {"": value} if isinstance(value, str) else value


@pytest.mark.parametrize("language", SHIPPED[1:])
def test_all_languages_say_the_same_things(language: str) -> None:
    english, other = said("en"), said(language)
    assert other.keys() == english.keys()
    holes = re.compile(r"\{(\w+)\}")
    for key, value in english.items():
        assert isinstance(other[key], dict) == isinstance(value, dict), key
        wanted = {hole for text in forms(value).values() for hole in holes.findall(text)}
        for text in forms(other[key]).values():
            assert set(holes.findall(text)) <= wanted, key
            assert text.strip(), key
        assert {hole for text in forms(other[key]).values() for hole in holes.findall(text)} == wanted, key


@pytest.mark.parametrize("language", SHIPPED)
def test_every_language_has_all_the_plural_forms_that_it_needs(language: str) -> None:
    tables = [value for value in said(language).values() if isinstance(value, dict)]
    assert tables
    for value in tables:
        assert set(value) == set(Language(cldr.facts(language)).categories)


@pytest.mark.parametrize(
    ("language", "strings", "written"),
    [
        (
            "en",
            'n = {one = "one brief", other = "{count} briefs"}',
            ["0 briefs", "one brief", "2 briefs", "1,234 briefs"],
        ),
        ("de", 'n = {one = "ein Text", other = "{count} Texte"}', ["0 Texte", "ein Text", "2 Texte", "1.234 Texte"]),
        ("fr", 'n = {one = "{count} mot", other = "{count} mots"}', ["0 mot", "1 mot", "2 mots", "1\u202f234 mots"]),
        (
            "pl",
            'n = {one = "tekst", few = "{count} teksty", many = "{count} tekstów", other = "{count} tekstu"}',
            ["0 tekstów", "tekst", "2 teksty", "1\u00a0234 teksty"],
        ),
        ("ja", 'n = {other = "{count}件"}', ["0件", "1件", "2件", "1,234件"]),
        ("ar", 'n = {zero = "لا شيء", one = "واحد", other = "{count}"}', ["لا شيء", "واحد", "2", "1,234"]),
    ],
)
def test_plural_forms_follow_the_language(site: Site, language: str, strings: str, written: list[str]) -> None:
    site.write("sitegen.toml", f'[site]\ntheme = "tiny"\nlanguage = "{language}"\n')
    site.write(f"themes/tiny/i18n/{language}.toml", TINY + strings)
    text = "{% for n in (0, 1, 2, 1234) %}{{ t('n', count=n) }}\n{% endfor %}"
    assert shown(site, text).splitlines() == written


def test_a_string_that_only_english_has_is_english_in_every_way(site: Site) -> None:
    site.write("sitegen.toml", '[site]\ntheme = "tiny"\nlanguage = "ja"\n')
    site.write("themes/tiny/i18n/en.toml", TINY + 'n = {one = "one", other = "{count} briefs"}')
    assert shown(site, "{{ t('n', count=1) }}, {{ t('n', count=1200) }}") == "one, 1,200 briefs"


def test_values_are_filled_in_once_and_escaped(site: Site) -> None:
    site.write("themes/tiny/i18n/en.toml", TINY + 'by = "{who} <{n}> {who}"')
    text = "{{ t('by', who='{n}<', n=1000) }} {{ t('by', who=true, n=-1.5) }}"
    assert shown(site, text) == "{n}&lt; &lt;1,000&gt; {n}&lt; True &lt;-1.5&gt; True"


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ("t('hme')", "no string 'hme'; did you mean 'home'"),
        ("t('n')", "the string 'n' has plural forms: it needs a whole number as `count`"),
        ("t('n', count='3')", "needs a whole number"),
        ("t('by', woh='me')", "the string 'by' needs a value for 'who'; did you mean 'woh'"),
    ],
)
def test_a_wrong_call_is_told_with_its_line(site: Site, call: str, reason: str) -> None:
    site.write("themes/tiny/i18n/en.toml", TINY + 'by = "By {who}"\nn = {one = "1", other = "{count}"}')
    site.write("themes/tiny/templates/404.html", "\n{{ " + call + " }}")
    (problem,) = site.problems()
    assert (problem.code, str(problem.place)) == ("SG501", "themes/tiny/templates/404.html:2")
    assert reason in problem.message


def test_all_that_is_wrong_with_the_words_is_told_at_once(site: Site) -> None:
    site.write("sitegen.toml", '[site]\ntheme = "tiny"\nlanguage = "de"\n')
    site.write("themes/tiny/i18n/en.toml", 'home = 3\n\n[n]\none = "1"\n\n[m]\nfew = "x"\nother = "y"\n')
    site.write("themes/tiny/i18n/de.toml", "home = \n")
    problems = site.problems()
    assert {problem.code for problem in problems} == {"SG525"}
    told = [str(problem).split("i18n/")[1] for problem in problems]
    assert told[0] == "en.toml:1: 'home' must be text, or a table of plural forms"
    assert told[1].startswith("en.toml:3: 'n' has no plural form `other`")
    assert told[2] == "en.toml:6: 'm' has the plural form 'few', but en has one and other"
    assert told[3].startswith("de.toml: is not TOML")


def test_templates_write_dates_numbers_and_lists_as_the_language_does(site: Site) -> None:
    site.write("sitegen.toml", '[site]\ntheme = "tiny"\nlanguage = "de"\n')
    site.page("day", title="Day", template="day.html", date=dt.date(2026, 3, 1))
    site.write(
        "themes/tiny/templates/day.html",
        "{{ page.date|date }}, {{ page.date|date('en') }}, {{ page.date|month }}, {{ page.date|iso }}, "
        "{{ 1234|number }}, {{ ['A', 'B', 'C']|listed }}, {{ language_name('fr') }}, {{ direction('ar') }}, "
        "{{ '2026-03-01T23:59:00Z'|date }}, {{ 'lately'|date }}, {{ none|date }}{{ none|month }}",
    )
    site.build()
    assert site.out("day/index.html") == (
        "1. März 2026, 1 March 2026, März 2026, 2026-03-01, 1.234, A, B und C, Französisch, rtl, 1. März 2026, lately, "
    )
