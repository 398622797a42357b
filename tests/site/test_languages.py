"""Languages: what we keep of Unicode's locale data says the same as Babel itself, in every language that it knows."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from babel import Locale, dates, lists, localedata, numbers

from sitegen.site import cldr
from sitegen.site.languages import Language, Languages

CODES = sorted(code.replace("_", "-") for code in localedata.locale_identifiers() if code not in ("root", "en"))
DAYS = [dt.date(2026, month, 1 + month * 2) for month in range(1, 13)]
COUNTS = [*range(320), *(1000 * n for n in (1, 5, 10, 20, 40, 100, 999, 1000, 1001)), 10**6 + 1, 3 * 10**6]


def language(code: str) -> Language:
    return Language(cldr.facts(code))


def test_every_language_writes_dates_numbers_lists_and_plurals_as_babel_does() -> None:
    for code in CODES:
        ours, locale = language(code), Locale.parse(code, sep="-")
        assert ours.direction == locale.text_direction, code
        for day in DAYS:
            assert ours.date(day) == dates.format_date(day, "long", locale), code
            assert ours.month(day) == dates.format_skeleton("yMMMM", day, locale=locale), code
        for value in (0, 7, -7, 999, 1000, -12345, 1234567890):
            assert ours.number(value) == numbers.format_decimal(value, locale=locale), code
        for size in range(5):
            assert ours.listed("ABCD"[:size]) == lists.format_list(list("ABCD"[:size]), locale=locale), code


def test_every_plural_rule_says_what_babel_says_of_whole_numbers() -> None:
    rules = {str(Locale.parse(code).plural_form.rules): code for code in CODES if "-" not in code}
    assert len(rules) > 30
    for code in rules.values():
        ours, form = language(code), Locale.parse(code).plural_form
        assert set(ours.categories) == form.tags | {"other"}
        assert [ours.category(count) for count in COUNTS] == [form(count) for count in COUNTS], code


@pytest.mark.parametrize(
    ("code", "written"),
    [
        ("en", "1 August 2026"),
        ("en-US", "August 1, 2026"),
        ("de", "1. August 2026"),
        ("fr-CA", "1er août 2026"),
        ("pl", "1 sierpnia 2026"),
        ("ar", "1 أغسطس 2026"),
        ("ja", "2026年8月1日"),
        ("no-NO", "1. august 2026"),
        ("tlh", "2026-08-01"),
        ("und", "2026-08-01"),
    ],
)
def test_dates_are_written_as_in_the_language(code: str, written: str) -> None:
    assert language(code).date(dt.date(2026, 8, 1)) == written


@pytest.mark.parametrize(
    ("code", "direction"),
    [
        *(("he", "rtl"), ("ar-EG", "rtl"), ("fa", "rtl"), ("ur", "rtl"), ("uz-Arab", "rtl"), ("uz", "ltr")),
        *(("ku-Arab", "auto"), ("und", "auto"), ("tlh", "auto"), ("EN-gb", "ltr"), ("zh-hant", "ltr")),
    ],
)
def test_lines_begin_where_the_script_has_it_and_else_the_text_decides(code: str, direction: str) -> None:
    assert language(code).direction == direction


def test_languages_are_called_by_words_that_stand_alone() -> None:
    assert [language("fr").name_of(code) for code in ("de", "en-GB", "pt-BR")] == [
        "Allemand",
        "Anglais britannique",
        "Portugais brésilien",
    ]
    assert [language(code).name for code in ("de", "fr", "pl", "ar", "ka")] == [
        "Deutsch",
        "Français",
        "Polski",
        "العربية",
        "ქართული",
    ]
    assert language("en").name_of("qqq") == "qqq"
    assert language("tlh").name == "tlh"


def test_numbers_with_a_fraction_are_babels() -> None:
    assert language("de").number(1234.5) == "1.234,5"
    assert language("fr").number(Decimal("0.25")) == "0,25"


def test_what_is_known_is_kept_and_babel_is_not_asked_again(tmp_path: Path) -> None:
    known = Languages(tmp_path / "languages", "v")
    known.learn({"de", "ar"})
    again = f"""
import datetime, pathlib, sys
from sitegen.site.languages import Languages
known = Languages(pathlib.Path({str(tmp_path / "languages")!r}), "v")
assert known["de"].date(datetime.date(2026, 8, 1)) == "1. August 2026"
assert known["ar"].category(11) == "many"
assert "babel" not in sys.modules
known["pl"]
assert "babel" in sys.modules
"""
    subprocess.run([sys.executable, "-c", again], check=True)
    (tmp_path / "languages").write_bytes(b"damaged")
    assert Languages(tmp_path / "languages", "v")["de"].direction == "ltr"
