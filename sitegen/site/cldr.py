"""What Unicode's locale data (CLDR, by Babel) knows of a language, as plain values.

Importing Babel takes as long as a build after one edit; so it is asked once, and its answers are kept (``languages``).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import DateTimeFormat, tokenize_pattern
from babel.numbers import format_decimal

from sitegen.site.languages import Facts, subtags


def facts(code: str) -> Facts:
    """What is known of the language ``code``; of an unknown one, that nothing is."""
    locale = _locale(code)
    if locale is None:
        return Facts(code, "auto")
    pattern = locale.decimal_formats[None]
    return Facts(
        code,
        _direction(code, locale),
        dates=_dates(locale, locale.date_formats["long"].pattern),
        months=_dates(locale, locale.datetime_skeletons["yMMMM"].pattern),
        separator=locale.number_symbols["latn"]["group"],
        groups=tuple(pattern.grouping),
        listing=tuple(locale.list_patterns["standard"][key] for key in ("2", "start", "middle", "end")),
        plurals=tuple(locale.plural_form.rules.items()),
        names={str(key): str(name) for key, name in locale.languages.items()},
    )


def decimal(value: Any, code: str) -> str:
    """A number with a fraction, as the language writes it."""
    return format_decimal(value, locale=_locale(code) or Locale("en"))


def _locale(code: str) -> Locale | None:
    """The nearest locale that is known; a plain ``en`` is that of the world, which writes 1 March 2026."""
    if code == "en":
        return Locale.parse("en_001")
    for shorter in subtags(code):
        if shorter.startswith("und"):
            return None
        try:
            return Locale.parse(shorter, sep="_")
        except (UnknownLocaleError, ValueError):
            continue
    return None


def _direction(code: str, locale: Locale) -> str:
    """That of the script; left to the text itself where the code names a script that Babel does not know of."""
    scripts = [part for part in code.split("-")[1:] if len(part) == 4 and part.isalpha()]
    if scripts and locale.script != scripts[0].title() and Locale.parse(str(locale)).script != scripts[0].title():
        return "auto"
    return str(locale.text_direction)


def _dates(locale: Locale, pattern: str) -> tuple[str, ...]:
    """A template for each month, in which the day and the year are left open: ``{day}. August {year}``."""
    return tuple(_date(locale, pattern, month) for month in range(1, 13))


def _date(locale: Locale, pattern: str, month: int) -> str:
    fields = DateTimeFormat(dt.date(2000, month, 1), locale)
    parts = []
    for kind, value in tokenize_pattern(pattern):
        if kind == "chars":
            parts.append(str(value).replace("{", "{{").replace("}", "}}"))
        else:
            letter, length = str(value[0]), int(value[1])
            opened = {"d": "day", "y": "year"}.get(letter)
            parts.append(f"{{{opened}:0{length}}}" if opened else fields[letter * length])
    return "".join(parts)
