"""Bank accounts (IBAN, ISO 13616) and payment cards (ISO/IEC 7812), told from other numbers by their check digits."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sitegen.privacy.finding import Finding, normal

_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}[0-9]{2}(?:[ -]{0,2}\n?[ ]?[A-Za-z0-9]){11,30}(?![A-Za-z0-9])")
_CARD = re.compile(r"(?<![\w.,/-])[2-6][0-9]{3}(?:(?:[ -]|\n)?[0-9]){8,15}(?![\w/-]|[.,][0-9])")
_GROUPS = {(4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3), (4, 4, 4, 1), (4, 4, 5)}
_ISSUERS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})"  # Visa
    r"|(?:5[1-5]\d{2}|222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|3(?:0[0-5]|[689]\d)\d{11}"  # Diners Club
    r"|(?:6011|64[4-9]\d|65\d{2})\d{12}"  # Discover
    r"|35(?:2[89]|[3-8]\d)\d{12}"  # JCB
    r"|62\d{14,17}"  # UnionPay
)


def find_ibans(text: str, start: int, stop: int) -> Iterator[Finding]:
    from stdnum import iban

    for match in _IBAN.finditer(text, start, stop):
        ends = [spot.end() for spot in re.finditer(r"[A-Za-z0-9](?![A-Za-z0-9])", match[0])]
        for end in reversed(ends):  # words that follow may look like more of it
            number = re.sub(r"[^A-Za-z0-9]", "", match[0][:end]).upper()
            if len(number) >= 15 and iban.is_valid(number, check_country=False):
                yield Finding("iban", match.start(), match.start() + end, normal("iban", number))
                break


def find_cards(text: str, start: int, end: int) -> Iterator[Finding]:
    from stdnum import luhn

    for match in _CARD.finditer(text, start, end):
        groups = tuple(map(len, re.findall(r"[0-9]+", match[0])))
        number = re.sub(r"[^0-9]", "", match[0])
        solid = len(groups) == 1 or groups in _GROUPS
        if solid and _ISSUERS.fullmatch(number) and len(set(number)) > 1 and luhn.is_valid(number):
            yield Finding("card", match.start(), match.end(), number)
