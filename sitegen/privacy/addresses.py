"""Postal addresses as English, German and French write them: a street and a number, or a box, with what follows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sitegen.privacy.finding import Finding, normal

_CAPITAL = r"[A-ZÄÖÜÀÂÇÉÈÊËÎÏÔÛÙÜŒ]"
_NAME = rf"{_CAPITAL}[\w'’.-]*"
_GAP = r"[ ,]{0,2}\n?[ ]{0,4}"
"""Between the lines of an address, which may be one."""
_START = r"(?<![\w§$€£.,/-])"
_STATES = (
    "AK|AL|AR|AZ|CA|CO|CT|DC|DE|FL|GA|HI|IA|ID|IL|IN|KS|KY|LA|MA|MD|ME|MI|MN|MO|MS|MT|NC|ND|NE|NH|NJ|NM|NV|NY|OH|OK|OR"
    "|PA|PR|RI|SC|SD|TN|TX|UT|VA|VT|WA|WI|WV|WY"
)
_STATE_ZIP = rf"(?:{_STATES})[ ,]{{1,2}}[0-9]{{5}}(?:-[0-9]{{4}})?"
_UK_CODE = r"[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}"
_TOWN = rf"{_GAP}(?:{_NAME} ?){{1,3}}{_GAP}"

_PLAIN = (
    r"(?:Street|Avenue|Road|Boulevard|Lane|Drive|Terrace|Parkway|Crescent|Mews|Gardens)\b"
    r"|(?:St|Ave|Rd|Blvd|Ln|Dr|Pkwy|Cres|Hwy)(?:\.|(?=[,\n;)\"'<|]| (?:[NSEW]{1,2}|Apt|Suite|Ste|Unit)\b| #|$))"
)
_RISKY = r"(?:Court|Ct|Place|Pl|Square|Sq|Way|Close|Circle|Cir|Highway|Row|Hill|Walk|Park|Plaza|Green|Wharf)\b\.?"
"""Words for streets that are more often something else: they count with a town and its code."""
_ENGLISH = re.compile(
    rf"{_START}(?:(?:Flat|Apt\.?|Apartment|Unit|Suite) [\w-]{{1,5}}, ?)?(?:No\. ?)?"
    rf"[1-9][0-9]{{0,4}}(?:-[0-9]{{1,4}})?[A-Za-z]? (?:[NSEW]\.?[EW]?\.? )?"
    rf"(?:(?:{_NAME}|[0-9]{{1,3}}(?:st|nd|rd|th)) ){{0,2}}(?:{_NAME}|[0-9]{{1,3}}(?:st|nd|rd|th))[ \n]"
    rf"(?:(?P<plain>{_PLAIN})|{_RISKY})"
    rf"(?: (?:[NSEW]\.?){{1,2}})?(?:,? (?:Apt|Suite|Ste|Unit|Flat|Room|Floor|#)\.? ?[\w-]{{1,6}})?"
    rf"(?P<town>{_TOWN}(?:{_STATE_ZIP}|{_UK_CODE}))?"
)
_ANY_STREET = re.compile(
    rf"{_START}[1-9][0-9]{{0,4}}[A-Za-z]? (?:{_NAME} ){{0,3}}{_NAME}{_TOWN}(?:{_STATE_ZIP}|{_UK_CODE})"
)
"""However the street is called, with the code of its town."""
_UK_TOWN = re.compile(
    rf"(?<![\w-]){_CAPITAL}[a-z]{{2,}} [A-Z]{{1,2}}[0-9][0-9A-Z]? [0-9][ABD-HJLNP-UW-Z]{{2}}(?![\w-])"
)
"""A town and its code, which is that of a dozen houses."""
_BOX = re.compile(
    rf"\b(?:P\. ?O\. ?|PO |Post Office )Box [0-9]{{1,6}}{_TOWN}(?:{_STATE_ZIP}|{_UK_CODE})"
    rf"|\bPostfach [0-9 ]{{2,9}}, ?[0-9]{{5}} {_NAME}|\b(?:BP|B\.P\.) ?[0-9]{{1,5}},? [0-9]{{5}} {_NAME}"
)

_NUMBER = r"[1-9][0-9]{0,3}(?:[ ]?[a-z](?!\w))?(?:[ ]?[-/][ ]?[0-9]{1,3}[a-z]?)?"
_GERMAN_TOWN = rf"{_GAP}(?:D-|A-|CH-)?[0-9]{{4,5}} {_NAME}"
_WITH_STREET = (
    rf"(?:{_NAME}[ -]){{0,3}}?(?:{_CAPITAL}[a-zäöüß]+(?:(?:-\n)?stra(?:ß|ss)e|str\.)"
    rf"|{_NAME}[ -](?:Stra(?:ß|ss)e|Str\.))"
    rf"|{_CAPITAL}[A-ZÄÖÜ]{{2,}}STRA(?:SS|ß)E|{_CAPITAL}[a-zäöüß]+(?:allee|gasse|chaussee|platz)"
)
_WITH_TOWN = (
    rf"{_CAPITAL}[a-zäöüß]+(?:weg|ring|damm|ufer|hof|steig|markt|berg|park|graben|wall)"
    rf"|(?:Am|An der|An den|Auf dem|Auf der|Im|In der|Zum|Zur|Unter den|Beim|Hinter der)(?: {_NAME}){{1,2}}"
    rf"|(?:{_NAME}[ -]){{1,2}}(?:Weg|Platz|Ring|Allee|Gasse|Ufer|Damm)"
)
_GERMAN = re.compile(
    rf"(?<![\w-])(?:(?:{_WITH_STREET}) ?{_NUMBER}(?:{_GERMAN_TOWN})?|(?:{_WITH_TOWN}) {_NUMBER}{_GERMAN_TOWN}"
    rf"|(?:Stra(?:ß|ss)e|Platz|Allee|Weg) (?:des|der|dem|von|am|im|zum|zur) (?:[\w.]{{2,14}} ){{1,3}}{_NUMBER}"
    rf"(?:{_GERMAN_TOWN})?(?![\w.]))"
)

_RUE = r"(?i:rue|avenue|boulevard|chemin|all[ée]e|impasse|quai|faubourg|venelle|sentier|ruelle)"
_OF = r"(?i:de la |de l['’]|des |du |de |d['’]|la |le |les )"
_FRENCH = re.compile(
    rf"{_START}[1-9][0-9]{{0,3}}(?: ?(?:bis|ter|quater)\b| ?[A-D]\b)?(?: ?,)? "
    rf"(?:{_RUE}|av\.|bd|bld|boul\.|place|route|square|passage|cours|villa) "
    rf"(?:(?:{_OF}|aux |au |à |en )?{_NAME}(?:[ -](?:{_OF}|et |sur |en )?{_NAME}){{0,4}}"
    rf"|{_OF}[a-zéèêàâîôûç-]{{3,}}(?:[ -][a-zéèê]{{3,}})?(?=,| ?\n|[ ][0-9]{{5}}|\.|$))"
    rf"(?:{_GAP}(?:F-)?[0-9]{{5}} {_NAME})?",
    re.M,
)
_BELGIAN = re.compile(
    rf"\b(?:{_RUE}|route) (?:{_OF} ?)?{_NAME}(?:[ -]{_NAME}){{0,3}},? [1-9][0-9]{{0,3}}[a-zA-Z]?(?![\w.,]?[0-9])"
    rf"(?:{_GAP}(?:B-|CH-|L-)?[0-9]{{4}} {_NAME})?"
)
"""The number behind the street, as in Brussels and Geneva."""


_LIVES = (
    r"(?<![^\W_])(?:(?i:(?P<street>(?<!(?-i:[a-zß]) )(?:stra(?:ß|ss)e|street))"
    r"|(?:home|postal|mailing|residential|street)?[ _-]?address"
    r"|anschrift|adresse|post[ _-]?code|domicile)(?:, ?(?i:hausn(?:r\.?|ummer)|n(?:o|um[ée]ro)\.?))?"
    r"[\"'*_]{0,3}(?:[ ]{0,3}(?:[:=]|(?(street)(?!)|\|))[ \"'*_|]{0,4}|[ ._…]{4,40})"
    r"|(?i:(?:lives?|lived|living|resid(?:es?|ed|ing|ent)) (?:at|on)|wohnhaft(?: in)?:?|demeurant|domicili[ée]e?s?)[ ]"
    r"(?:(?i:au|à|in|der|the) )?)"
)
_HOME = re.compile(
    rf"{_LIVES}(?P<home>[1-9][0-9]{{0,4}}[A-Za-z]?(?: (?i:bis|ter))?,? (?:{_NAME}[ ]?){{1,4}}"
    rf"|{_CAPITAL}[\w.-]+(?: (?:d[eiu][rmns]?|v[oa]n|{_NAME})){{0,4}} {_NUMBER}(?![\w.])"
    rf"|[A-Z]{{1,2}}[0-9][0-9A-Z]? ?[0-9][ABD-HJLNP-UW-Z]{{2}}(?![\w-]))"
)
"""After a word that says that somebody lives there, any street will do."""


def find_homes(text: str, start: int, end: int) -> Iterator[Finding]:
    for match in _HOME.finditer(text, start, end):
        whole = match["home"].rstrip(" ,.\n")
        yield Finding("address", match.start("home"), match.start("home") + len(whole), normal("address", whole))


def find_english(text: str, start: int, end: int) -> Iterator[Finding]:
    for match in _ENGLISH.finditer(text, start, end):
        if match["plain"] or match["town"]:
            yield _finding(match)
    for pattern in (_ANY_STREET, _UK_TOWN):
        yield from map(_finding, pattern.finditer(text, start, end))


def find_boxes(text: str, start: int, end: int) -> Iterator[Finding]:
    return map(_finding, _BOX.finditer(text, start, end))


def find_german(text: str, start: int, end: int) -> Iterator[Finding]:
    return map(_finding, _GERMAN.finditer(text, start, end))


def find_french(text: str, start: int, end: int) -> Iterator[Finding]:
    for pattern in (_FRENCH, _BELGIAN):
        yield from map(_finding, pattern.finditer(text, start, end))


def _finding(match: re.Match[str]) -> Finding:
    whole = match[0].rstrip(" ,.\n")
    return Finding("address", match.start(), match.start() + len(whole), normal("address", whole))
