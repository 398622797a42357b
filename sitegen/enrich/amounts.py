"""Amounts: the sums of money that a text names, with their value, in English, German and French writing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

_CODES = {"€": "EUR", "$": "USD", "£": "GBP", "us$": "USD", "euro": "EUR", "euros": "EUR", "dollars": "USD"} | {
    code.lower(): code for code in ("EUR", "USD", "GBP", "CHF", "CAD", "AUD", "SEK", "NOK", "DKK", "PLN", "CZK", "JPY")
} | {"pounds": "GBP", "francs": "CHF", "franken": "CHF", "reichsmark": "RM"}  # fmt: skip
_SCALES = {
    "million": 6, "millions": 6, "millionen": 6, "mio": 6, "m": 6, "mn": 6, "billion": 9, "billions": 9, "bn": 9,
    "milliarde": 9, "milliarden": 9, "mrd": 9, "milliard": 9, "milliards": 9, "tausend": 3, "thousand": 3, "mille": 3,
    "tsd": 3, "k": 3,
}  # fmt: skip
_BLANK = "[ \u00a0\u2009\u202f]"
_THIN = "[\u00a0\u2009\u202f]"
_GROUPED = {
    "en": rf"\d{{1,3}}(?:(?:,|{_THIN})\d{{3}}){{1,5}}(?:\.\d{{1,2}})?|\d{{1,12}}(?:\.\d{{1,3}})?",
    "de": rf"\d{{1,3}}(?:(?:\.|'|{_THIN})\d{{3}}){{1,5}}(?:,\d{{1,2}}|,[-–—]+)?|\d{{1,12}}(?:,\d{{1,3}}|,[-–—]+)?",
    "fr": rf"\d{{1,3}}(?:(?:\.|{_BLANK})\d{{3}}){{1,5}}(?:,\d{{1,2}})?|\d{{1,12}}(?:,\d{{1,3}})?",
}
_SCALE = (
    rf"(?:{_BLANK}?(?P<scale%d>[Mm]illi(?:on(?:s|en)?|arden?|ards?)|[Bb]illions?|[Tt]housand|mille|Tausend|"
    r"Mio\.?|Mrd\.?|Tsd\.?|bn\b|mn\b|(?<=\d)[mMk]\b))?"
)
_SIGN = r"(?P<sign%d>[-−–])?"
_CODE = r"EUR|USD|GBP|CHF|CAD|AUD|SEK|NOK|DKK|PLN|CZK|JPY"
_UNIT = rf"(?:€|\$|£|(?:{_CODE}|[Ee]uros?|dollars|pounds|francs|Franken|Reichsmark)\b)"


@dataclass(frozen=True, slots=True)
class Found:
    """One sum of money in a text."""

    start: int
    end: int
    value: Decimal
    currency: str


def _compile(language: str) -> re.Pattern[str]:
    number = _GROUPED[language]
    before = rf"(?<![-−–])(?P<unit1>US\$|€|\$|£|\b(?:{_CODE}))\s?{_SIGN % 1}(?P<number1>{number}){_SCALE % 1}"
    after = rf"(?<![\w.,'/-]){_SIGN % 2}(?P<number2>{number}){_SCALE % 2}(?:\s(?:d'|de )?|d'){{0,1}}(?P<unit2>{_UNIT})"
    return re.compile(rf"(?:{before}(?![\d%]|[.,]\d)|{after})")


_PATTERNS = {language: _compile(language) for language in _GROUPED}


def find(text: str, language: str) -> Iterator[Found]:
    """The amounts of ``text`` in order. The language decides what a comma, a full stop and a blank in a number mean."""
    for match in _PATTERNS[language if language in _PATTERNS else "en"].finditer(text):
        which = "1" if match["number1"] else "2"
        value = _value(match[f"number{which}"], match[f"scale{which}"], language)
        # After "2 500 EUR" nobody can know whether the 2 belongs to the sum, unless the language writes it so.
        unsure = which == "2" and re.search(r"\d[ \n]$", text[max(0, match.start() - 2) : match.start()])
        # A recogniser reads the paragraph sign of German law as a dollar: $ 29 Abs. 2.
        paragraph = (
            language == "de" and match[f"unit{which}"] == "$" and re.fullmatch(r"\d{1,4}", match[f"number{which}"])
        )
        if value is not None and not paragraph and not (unsure and re.match(r"\d{3}(?!\d)", match["number2"])):
            value = -value if match[f"sign{which}"] else value
            yield Found(match.start(), match.end(), value, _CODES[match[f"unit{which}"].lower()])


def _value(number: str, scale: str | None, language: str) -> Decimal | None:
    bare = re.sub(rf"{_BLANK}|'|,?[-–—]+$", "", number)
    bare = bare.replace(".", "").replace(",", ".") if language in ("de", "fr") else bare.replace(",", "")
    try:
        value = Decimal(bare)
    except InvalidOperation:
        return None
    return value * Decimal(10) ** _SCALES[scale.lower().rstrip(".")] if scale else value
