"""The numbers and months in a text, in whatever form they are written, so that two texts can be compared by them.

A number has several readings where its form leaves it open (1.250 is 1250 or 1.25), and agrees with another when they
share one. English, German and French words for numbers, scales and months are known.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from functools import lru_cache

Readings = frozenset[str]

_UNITS = {
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen",
    "de": "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn "
    "siebzehn achtzehn neunzehn",
    "fr": "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept "
    "dix-huit dix-neuf",
}
_TENS = {
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
    "de": "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
}
_FRENCH_TENS = {"vingt": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60}
_NOT_NUMBERS = {"one", "un", "eins", "zero", "null", "zéro", "sept", "neuf", "acht", "dix"}
"""Articles and words with another meaning; what they count is not checked."""

SCALES = {
    **dict.fromkeys(("hundred", "hundert", "cent", "cents"), (2,)),
    **dict.fromkeys(("thousand", "tausend", "tsd", "mille", "t€"), (3,)),
    **dict.fromkeys(("million", "millions", "millionen", "mio", "mn"), (6,)),
    **dict.fromkeys(("milliard", "milliards", "milliarde", "milliarden", "mrd", "bn"), (9,)),
    "billion": (9, 12),
    **dict.fromkeys(("billions", "billionen"), (9, 12)),
}
_MONTHS = (
    "january januar jänner janvier jan janv",
    "february februar feber février fevrier feb fév febr",
    "march märz mars mär mar",
    "april avril apr avr",
    "may mai",
    "june juni juin jun",
    "july juli juillet jul juil",
    "august août aout aug",
    "september septembre sep sept",
    "october oktober octobre oct okt",
    "november novembre nov",
    "december dezember décembre decembre dec dez déc",
)
MONTHS = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))


def _words() -> dict[str, int]:
    found: dict[str, int] = {}
    for names in _UNITS.values():
        found |= {name: number for number, name in enumerate(names.split())}
    for language, names in _TENS.items():
        units = _UNITS[language].split()[1:10]
        for ten, name in enumerate(names.split(), 2):
            found[name] = ten * 10
            for one, unit in enumerate(units, 1):
                german = "einund" if unit == "eins" else f"{unit}und"
                found[f"{name}-{unit}" if language == "en" else f"{german}{name}"] = ten * 10 + one
    for name, ten in _FRENCH_TENS.items():
        found[name] = ten
        found |= {f"{name}-{unit}": ten + one for one, unit in enumerate(_UNITS["fr"].split()[2:10], 2)}
    return {name: number for name, number in found.items() if name not in _NOT_NUMBERS}


WORDS = _words()
_SCALE = r"(?:\s*(?P<{}>" + "|".join(sorted(SCALES, key=len, reverse=True)) + r")(?![^\W\d_]))?"
_TOKEN = re.compile(
    r"(?P<date>(?<!\d)(?:\d{4}[./-]\d{1,2}[./-]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{1,2}\.\d{1,2}\.)(?!\d))"
    r"|(?P<number>(?<![\d])(?:\d{1,3}(?:[.,' ]\d{3})+(?!\d)(?:[.,]\d+)?|\d+[.,]\d+|\d+))"
    + _SCALE.format("scale")
    # A month counts only beside a number: "may" and "march" are also other words.
    + rf"|(?<![^\W\d_])(?P<month>{_MONTH})(?![^\W\d_])"
    r"|(?<![^\W\d_])(?P<word>"
    + "|".join(sorted(WORDS, key=len, reverse=True))
    + r")(?![^\W\d_])"
    + _SCALE.format("wordscale")
)
_ANY_MONTH = re.compile(rf"(?<![^\W\d_])({_MONTH})(?![^\W\d_])")
_BESIDE = re.compile(r"\d[.]?(?:st|nd|rd|th|er)?\s*(?:of\s+|de\s+|d')?$")


def figures(text: str) -> list[tuple[str, Readings]]:
    """Each number and month in ``text``: how it is written, and what it can mean. ``m3`` stands for March."""
    return list(_remembered(text) if len(text) <= _SHORT else _figures(text))


def _figures(text: str) -> tuple[tuple[str, Readings], ...]:
    text = _plain(text)
    found: list[tuple[str, Readings]] = []
    for match in _TOKEN.finditer(text):
        if match["date"]:
            found += [(match["date"], _date_part(part)) for part in re.findall(r"\d+", match["date"])]
        elif match["number"]:
            found.append((match[0], _scaled(_readings(match["number"]), match["scale"])))
        elif match["month"]:
            start, end = match.span()
            if _BESIDE.search(text, max(0, start - 24), start) or re.match(r"\.?,?\s*\d", text[end : end + 8]):
                found.append((match[0], frozenset({f"m{MONTHS[match['month']]}"})))
        else:
            found.append((match[0], _scaled({Decimal(WORDS[match["word"]])}, match["wordscale"])))
    return tuple(found)


_SHORT = 1000
_remembered = lru_cache(maxsize=500)(_figures)
"""One sentence or passage is asked about several times while a document is checked."""


def pool(text: str) -> Readings:
    """All that the numbers and months in ``text`` can mean, generously: a source that claims are held against."""
    text = _plain(text)
    found = {reading for _, readings in figures(text) for reading in readings}
    found |= {f"m{MONTHS[name]}" for name in _ANY_MONTH.findall(text)}
    return frozenset(found)


def missing(claim: str, source: Readings) -> list[str]:
    """The numbers and months of ``claim``, as written, that ``source`` lacks."""
    return [written for written, readings in figures(claim) if not readings & source]


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).lower()
    return re.sub(r"[\s\u2009]+", " ", text).replace("’", "'").replace("‑", "-").replace("–", "-")


def _date_part(part: str) -> Readings:
    number = int(part)
    month = {f"m{number}"} if 1 <= number <= 12 else set()
    return frozenset({str(number), *month})


def _readings(number: str) -> set[Decimal]:
    """``1,250`` → 1250 and 1.250; ``1.250,50`` → 1250.50; ``2.5`` → 2.5."""
    groups = re.split(r"[.,' ]", number)
    marks = re.findall(r"[.,' ]", number)
    joined = Decimal("".join(groups))
    if not marks:
        return {joined}
    decimal = Decimal("".join(groups[:-1]) + "." + groups[-1])
    if len(groups[-1]) != 3 or len(groups[0]) > 3 or groups[0] == "0":
        return {decimal}
    if marks[-1] in "' " or len(set(marks)) == 1 < len(marks):
        return {joined}
    return {decimal} if len(set(marks)) > 1 else {joined, decimal}


def _scaled(values: set[Decimal], scale: str | None) -> Readings:
    powers = SCALES[scale] if scale else (0,)
    return frozenset(_text(value.scaleb(power)) for value in values for power in powers)


def _text(value: Decimal) -> str:
    return f"{value.normalize():f}"
