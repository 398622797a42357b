"""Dates: the days and months that a text names, in English, German and French, and nothing that is only likely one."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

_MONTHS = {
    "en": "january february march april may june july august september october november december",
    "de": "januar februar märz april mai juni juli august september oktober november dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
}
_SHORT = {
    "en": {"jan": 1, "feb": 2, "mar": 3, "apr": 4, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "sept": 9, "oct": 10}
    | {"nov": 11, "dec": 12},
    "de": {"jänner": 1, "feber": 2, "jan": 1, "feb": 2, "apr": 4, "aug": 8, "sept": 9, "okt": 10, "nov": 11, "dez": 12},
    "fr": {"janv": 1, "févr": 2, "fevrier": 2, "avr": 4, "juil": 7, "aout": 8, "sept": 9, "oct": 10, "nov": 11}
    | {"déc": 12, "decembre": 12},
}
_DAY_FIRST = frozenset({"de", "fr", "es", "it", "nl", "pt"})
"""Languages in which 03/04/2025 is a day in April. In English it is left out: nobody can know."""


@dataclass(frozen=True, slots=True)
class Found:
    """One date in a text."""

    start: int
    end: int
    iso: str
    """A day, ``2025-03-12``, or a month, ``2025-03``."""


def find(text: str, language: str) -> Iterator[Found]:
    """The dates of ``text`` in order; numeric ones whose order is not sure are left out."""
    languages = (language,) if language in _MONTHS else tuple(_MONTHS)
    found = [
        Found(match.start(), match.end(), iso)
        for pattern in (*(_pattern(each) for each in languages), _NUMERIC)
        for match in pattern.finditer(text)
        if (iso := _iso(match, language))
    ]
    last = 0
    for date in sorted(found, key=lambda date: (date.start, -date.end)):
        if date.start >= last:
            yield date
            last = date.end


_NUMERIC = re.compile(
    r"(?<![\w.,/-])(?:(?P<y>[12]\d{3})-(?P<m>\d\d)-(?P<d>\d\d)"
    r"|(?P<d1>\d{1,2})\.\s?(?P<m1>\d{1,2})\.\s?(?P<y1>[12]\d{3})"
    r"|(?P<d2>\d{1,2})/(?P<m2>\d{1,2})/(?P<y2>[12]\d{3}))(?![\w/-]|[.,]\d)"
)


@cache
def _numbers(language: str) -> dict[str, int]:
    full = {name: number for number, name in enumerate(_MONTHS[language].split(), 1)}
    return full | _SHORT[language]


@cache
def _pattern(language: str) -> re.Pattern[str]:
    names = sorted(_numbers(language), key=len, reverse=True)
    month = rf"(?P<month>{'|'.join(names)})"
    year = r"(?P<year>[12]\d{3})(?![\w]|[.,]\d|-\d)"
    day = {
        "en": r"(?P<day>\d{1,2})(?:st|nd|rd|th)?\s+(?:of\s+|day\s+of\s+)?",
        "de": r"(?P<day>\d{1,2})\.\s*",
        "fr": r"(?P<day>1\s?er|\d{1,2})\s+",
    }[language]
    # Another name for the same groups is needed where English puts the day after the month.
    after = r"\s+(?P<day2>\d{1,2})(?:st|nd|rd|th)?,?\s+" if language == "en" else r"\s+"
    optional = rf"(?:{after}|,?\s+)" if language == "en" else r"\.?\s+"
    head = rf"(?:(?<![\w.,/])|(?<=[a-z]\.)){day}{month}\.?,?\s+{year}"
    tail = rf"(?<![\w-]){month.replace('month', 'month2')}\.?{optional}{year.replace('year', 'year2')}"
    return re.compile(f"{head}|{tail}", re.IGNORECASE)


def _iso(match: re.Match[str], language: str) -> str | None:
    groups = {name: value for name, value in match.groupdict().items() if value is not None}
    if name := groups.get("month") or groups.get("month2"):
        if name[0].islower() and language in ("en", "de"):  # "may 2025" is no month
            return None
        number = next(table[name.lower()] for table in map(_numbers, _MONTHS) if name.lower() in table)
        day = groups.get("day") or groups.get("day2")
        year = int(groups.get("year") or groups["year2"])
        return _valid(year, number, int(re.sub(r"\D", "", day)) if day else None)
    if "y" in groups:
        return _valid(int(groups["y"]), int(groups["m"]), int(groups["d"]))
    if "y1" in groups:
        return _valid(int(groups["y1"]), int(groups["m1"]), int(groups["d1"]))
    return _slashed(int(groups["d2"]), int(groups["m2"]), int(groups["y2"]), language)


def _slashed(first: int, second: int, year: int, language: str) -> str | None:
    if first > 12 or language in _DAY_FIRST or first == second:
        return _valid(year, second, first)
    return _valid(year, first, second) if second > 12 else None


def _valid(year: int, month: int, day: int | None) -> str | None:
    try:
        date = dt.date(year, month, day or 1)
    except ValueError:
        return None
    return date.isoformat() if day else f"{year:04}-{month:02}"
