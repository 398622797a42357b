"""Places: names with a word for street, bridge or town in them, those of date lines, and what one is in or goes to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator

from sitegen.enrich.language import Dictionary, function_words

_CAP = r"\b[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿſ’']{1,40}(?:-[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ]{1,40}){0,3}"
_ENGLISH = re.compile(
    rf"(?P<name>(?:{_CAP} ){{1,3}}(?:Street|Road|Lane|Avenue|Square|Bridge|River|Lake|Hill|Park|Valley|Island|"
    rf"Quarter|Creek|County|Mountains?|Bay|Harbou?r))\b(?! (?:[A-Z]|&))"
)
_OLD_TOWN = re.compile(r"\b(?P<name>Old Town|Altstadt|Vieille-Ville)\b")
_GERMAN = re.compile(
    r"\b(?P<name>[A-ZÄÖÜ][a-zäöüß]{1,40}(?:-[A-ZÄÖÜ][a-zäöüß]{1,40}){0,3}-?(?:straße|gasse|platz|brücke|damm|hügel|ufer|Straße|Platz))\b"
)
_FRENCH = re.compile(
    rf"\b(?P<name>(?:rue|place|avenue|boulevard|quai|pont|chemin|colline) "
    rf"(?:de la |de l['’]|du |des |de |d['’])?{_CAP})"
)
_DATE_LINE = re.compile(rf"(?:^|\n)[ \t]*(?P<name>{_CAP}(?: {_CAP})?), (?:den|le|am|im) \d")
_WHERE = {
    "en": rf"\b(?P<where>in|near|at|to|from|of|between|outside) (?P<name>{_CAP})\b(?!-| (?:{_CAP}|&)|['’]s)",
    "de": rf"\b(?P<where>in|nach|bei|aus|von|zwischen) (?P<name>{_CAP})\b(?!-| (?:&|{_CAP}))",
    "fr": rf"\b(?P<where>à |de |vers |depuis |d['’])(?P<name>{_CAP})\b(?!-| (?:{_CAP}|&))",
}
_WHERE_PATTERNS = {language: re.compile(pattern) for language, pattern in _WHERE.items()}
_STRONG = frozenset({"in", "near", "at", "nach", "bei", "à", "vers"})
"""What a person or a thing is seldom said to be in."""


def find(
    text: str, language: str, dictionary: Dictionary, others: Collection[str] = (), limit: int = 8
) -> tuple[str, ...]:
    """The places that ``text`` names, the commonest first; ``others`` are the names of people and organisations."""
    taken = {part for name in others for part in name.split() if part[0].isupper()}
    sure = set(_sure(text, language, dictionary))
    towns = {name for name in _towns(text, language, dictionary) if name not in taken or _is_town(name, others)}
    names = [
        name for name in sorted(sure | towns) if not any(name != other and name in other.split() for other in sure)
    ]
    counts = {name: text.count(name) for name in names[:300]}
    names = names[:300]
    return tuple(sorted(names, key=lambda name: (-counts[name], name))[:limit])


def _sure(text: str, language: str, dictionary: Dictionary) -> Iterator[str]:
    patterns = {"en": (_ENGLISH, _OLD_TOWN), "de": (_OLD_TOWN, _GERMAN), "fr": (_OLD_TOWN, _FRENCH)}
    for pattern in patterns.get(language, ()):
        for match in pattern.finditer(text):
            name = _without_article(match["name"], language)
            if pattern is _GERMAN and dictionary.knows(name):  # a kind of street or bridge, and no name
                continue
            if re.search(
                r"\b(?:St|Mt|Ft)\. $", text[max(0, match.start() - 5) : match.start()]
            ):  # only the end of a name
                continue
            if name.split()[-1].lower() in function_words(language):
                continue
            if name and (" " in name or pattern is not _ENGLISH):
                yield name


def _towns(text: str, language: str, dictionary: Dictionary) -> Iterator[str]:
    for match in _DATE_LINE.finditer(text):
        yield match["name"]
    pattern = _WHERE_PATTERNS.get(language)
    if pattern is None:
        return
    counts: Counter[str] = Counter()
    strong: set[str] = set()
    for match in pattern.finditer(text):
        counts[match["name"]] += 1
        if match["where"].strip() in _STRONG:
            strong.add(match["name"])
    for name in strong:
        common = dictionary.knows(name.split("-")[0].lower())
        if counts[name] >= 2 and not common and len(name) > 3:
            yield name


def _is_town(name: str, others: Collection[str]) -> bool:
    """Whether a name is part of others only as their town: the Town of Dornavel, Stadtwerke Dornavel."""
    return all(other.split()[-1] == name and len(other.split()) > 1 for other in others if name in other.split())


def _without_article(name: str, language: str) -> str:
    parts = name.split()
    while parts and parts[0].lower() in function_words(language) and language == "en":
        parts.pop(0)
    return " ".join(parts)
