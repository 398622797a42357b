"""Dates as people write them, in the languages that the interface speaks; in any other as 2025-03-14."""

from __future__ import annotations

import datetime as dt

_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
}
_NAMES = {language: tuple(names.split()) for language, names in _MONTHS.items()}


def long_date(date: dt.date, language: str) -> str:
    """``14 March 2025``, ``14. März 2025``, ``14 mars 2025``."""
    language = language.split("-")[0].lower()
    if language not in _NAMES:
        return date.isoformat()
    day = f"{date.day}." if language == "de" else "1er" if language == "fr" and date.day == 1 else str(date.day)
    return f"{day} {_NAMES[language][date.month - 1]} {date.year}"
