"""Phone numbers, by libphonenumber: with a word before them, in international form, or as a country writes them.

A number without word and country code is looked at only in a shape that hardly anything else has.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sitegen.privacy.finding import Finding

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

_WORD = (
    r"(?i:tele(?:phone|fon|fax|copie)|t[ée]l[ée]phone|t[ée]l[ée]copie|phone|telefoon|tel|t[ée]l|ph|fax|fon|mobile?|mob|cell|"
    r"handy|portable|gsm|rufnummer|durchwahl|hotline|call|text|dial|ruf|appelez|appeler|whatsapp|sms|rueckruf|rückruf|"
    r"r[üu]ckfragen|joignable au|erreichbar|reachable)"
)
_AFTER_WORD = re.compile(
    rf"\b{_WORD}"
    r"(?:[ -]?(?i:number|nummer|nr|no|n°|line|portable|mobile|fixe|privat|private|dienstlich|office|home|work))?"
    r"(?:[ .:|*_)(\"'=>-]{1,6}|[ .-]{1,2}(?:[^\W\d_][\w.-]{1,15}[ ]){0,2}[^\W\d_][\w.-]{1,15}[ ]?:[ ]?|[ ._…]{7,40})"
    r"(?:(?i:at|is|unter|au|on|lautet)[ :]{1,2})?"
    r"(\(?\+?\(?[0-9](?:[0-9 ()/-]|\n(?=[0-9])|\.(?! )){4,22}[0-9])(?![0-9])"
)
_INTERNATIONAL = re.compile(
    r"(?<![\w+.])(?:\+|00)[ (]{0,2}[1-9](?:[0-9 ()/-]|\n(?=[0-9])|\.(?! )){6,22}[0-9](?![0-9]|\.[0-9])"
)
_SHAPES = re.compile(
    r"(?<![\w/.,+§$€£#-])(?<![0-9§][ -])(?:"
    r"(?P<US>(?:1[ .-])?(?:\([2-9][0-9]{2}\)[ \n]?|[2-9][0-9]{2}(?P<us>[.-]))[2-9][0-9]{2}(?(us)(?P=us)|[ .-])[0-9]{4})"
    r"|(?:0[1-9](?P<fr>[ .-]?)[0-9]{2}(?:(?P=fr)[0-9]{2}){3})"
    r"|(?:\(?0[1-9][0-9]{1,4}(?:\)[ -]?|[ ]?[/-][ ]?|[ ])[1-9][0-9]{1,8}(?:(?:[ -]|[ ]-[ ])[0-9]{2,5}){0,3})"
    r"|(?:\(?0[1-9][0-9]{1,4}\)?[ ][0-9]{3,4}[ ][0-9]{3,4}|\(?01[0-9]{3}\)?[ ][0-9]{5,6})"
    r"|(?:0[1-9][0-9][ ][0-9]{3}[ ][0-9]{2}[ ][0-9]{2})"
    r")(?![\w/]|[.,-][0-9]|[ ][0-9])"
)
_NO_TRUNK = ("US", "CA")
"""Countries whose own numbers do not begin with 0."""
_NUMBERED = re.compile(r"(?:n°|№|\bnr\.?|\bno\.|\b(?:dossier|ref|réf|az|aktenzeichen)\.?:?)[ ]?$", re.I)
"""What the number of a file stands behind."""
_FEWEST = 6
_FEWEST_SHAPED = 9
"""Digits of a number that nothing but its shape tells of."""


def find(regions: Sequence[str], text: str, start: int, end: int) -> Iterator[Finding]:
    """``regions`` are the countries whose own way to write a number counts."""
    for match in _AFTER_WORD.finditer(text, start, end):
        yield from _checked(match[1], match.start(1), regions, possible=True)
    for match in _INTERNATIONAL.finditer(text, start, end):
        yield from _checked(match[0], match.start(), regions[:1], possible=match[0].startswith("+"))
    for match in _SHAPES.finditer(text, start, end):
        american = match["US"] is not None
        wanted = [region for region in regions if (region in _NO_TRUNK) == american]
        if _NUMBERED.search(text, max(start, match.start() - 12), match.start()):
            continue
        if sum(map(str.isdigit, match[0])) >= _FEWEST_SHAPED:
            yield from _checked(match[0], match.start(), wanted, possible=False)


def _checked(written: str, start: int, regions: Sequence[str], *, possible: bool) -> Iterator[Finding]:
    """The number, less what follows it by chance (``call 555-0142 2 times``); one in use before one that may be."""
    if _DATE.fullmatch(written):
        return
    parts = [written[:end] for end in _ends(written)]
    groups = [[region for region in regions if (region in _NO_TRUNK) == american] for american in (True, False)]
    if re.match(r"\(?0[1-9]", written):
        groups = groups[1:]
    for may_be in (False, True)[: 1 + possible]:
        for group, part in itertools.product(groups, parts):
            if value := _value(part, group, may_be):
                yield Finding("phone", start, start + len(part), value)
                return


def _ends(written: str) -> Iterator[int]:
    """Where a number may end: at the end of a line, at its end, or before a space."""
    line = written.partition("\n")[0].rstrip()
    if len(line) < len(written) and sum(map(str.isdigit, line)) >= _FEWEST:
        yield len(line)
    yield len(written)
    for match in reversed(list(re.finditer(r"(?<=[0-9])[ ]+", written))):
        if sum(map(str.isdigit, written[: match.start()])) >= _FEWEST:
            yield match.start()


def _value(written: str, regions: Sequence[str], may_be: bool) -> str:
    """The number as E.164, empty when it is none; ``may_be`` asks no more than that it has a fitting length."""
    import phonenumbers

    for region in regions:
        number = _parsed(written, region)
        if number is None:
            continue
        if phonenumbers.is_valid_number(number) or (may_be and _is_possible(written, number)):
            return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return ""


def _parsed(written: str, region: str) -> PhoneNumber | None:
    import phonenumbers

    try:
        return phonenumbers.parse(re.sub(r"^00", "+", written.replace("\n", " ")).replace("(0)", ""), region)
    except phonenumbers.NumberParseException:
        return None


def _is_possible(written: str, number: PhoneNumber) -> bool:
    """Whether a number after a word like ``Tel.`` may be one, though no exchange is known to have it."""
    import phonenumbers

    digits = sum(map(str.isdigit, written))
    return _FEWEST <= digits <= 15 and bool(phonenumbers.is_possible_number(number))


_DATE = re.compile(r"[0-9]{1,2}[./-][0-9]{1,2}[./-](?:[0-9]{2}){1,2}|(?:19|20)[0-9]{2}(?:[/-][0-9]{2,4}){1,2}")
