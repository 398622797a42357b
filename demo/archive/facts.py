"""The facts of a document: every date, amount, number and name in its text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .markup import NBSP, Fact, Language, plain
from .names import Lexicon

Entry = dict[str, str]
Facts = dict[str, list[Entry] | list[str]]

_NUMBERS: dict[Language, re.Pattern[str]] = {
    "en": re.compile(r"(?<!\w)(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:\s?%)?"),
    "de": re.compile(r"(?<!\w)(?:\d{1,3}(?:\.\d{3})+(?!\d)|\d+)(?:,\d+)?(?:\s?%)?"),
    "fr": re.compile(rf"(?<!\w)(?:\d{{1,3}}(?:{NBSP}\d{{3}})+(?!\d)|\d+)(?:,\d+)?(?:\s?%)?"),
}
_REFERENCE = re.compile(r"(?<!\w)\d+(?:[./:–-]\d+)+")
_YEAR = re.compile(r"(?<![\w.,])(?:1[89]|20)\d\d(?![\d%]|[.,]\d)")


def collect(text: str, marked: Iterable[Fact], lexicon: Lexicon, language: Language) -> Facts:
    """Collect the facts of a document whose whole text (with no-break spaces where they matter) is given."""
    facts = sorted(set(marked), key=lambda fact: (fact.value, fact.text))
    rest = text
    for fact in sorted(facts, key=lambda fact: -len(fact.text)):
        rest = re.sub(rf"(?<![\w.,]){re.escape(fact.text.replace(' ', NBSP))}(?![\d]|[.,]\d)", "\0", rest)
    dates = [{"iso": fact.value, "text": fact.text} for fact in facts if fact.kind == "date"]
    years = [{"iso": year, "text": year} for year in sorted(set(_YEAR.findall(rest)))]
    amounts = [{"value": fact.value, "currency": "EUR", "text": fact.text} for fact in facts if fact.kind == "amount"]
    return {
        "dates": dates + years,
        "amounts": amounts,
        "numbers": _numbers(rest, language),
        **lexicon.find(plain(text)),
    }


def _numbers(text: str, language: Language) -> list[Entry]:
    """List the plain numbers, percentages and reference numbers (``118/2024``, ``4.2.1``)."""
    found = {plain(match): _value(match, language) for match in _NUMBERS[language].findall(text)}
    found |= {match: match for match in _REFERENCE.findall(text) if match not in found}
    return [{"value": value, "text": number} for number, value in sorted(found.items())]


def _value(number: str, language: Language) -> str:
    """The number with a decimal point and without grouping or per cent sign."""
    bare = plain(number).replace("%", "").replace(" ", "")
    return bare.replace(",", "") if language == "en" else bare.replace(".", "").replace(",", ".")
