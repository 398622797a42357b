"""National id numbers of people, where their form and check digits tell them from other numbers.

Sources: python-stdnum for check digits; US SSN: SSA's assignment rules of 2011; German insurance number: VKVV § 2.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module

from sitegen.privacy.finding import Finding, normal

_NEAR = 60
"""Characters before a number in which the word for it may stand."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """One kind of number."""

    shape: re.Pattern[str]
    check: str = ""
    """A module of python-stdnum, or a function of this one; empty for numbers without check digits."""
    words: str = ""
    """What must stand before it for it to be certain; with ``~`` at its head, for it to be found at all."""


def _rule(shape: str, check: str = "", words: str = "") -> _Rule:
    return _Rule(re.compile(rf"(?<![\w.-])(?:{shape})(?![\w-]|\.[0-9])"), check, words)


_RULES = (
    _rule(r"(?!000|666|9)[0-9]{3}-(?!00)[0-9]{2}-(?!0000)[0-9]{4}"),
    _rule(r"[0-9]{3}[ -]?[0-9]{2}[ -]?[0-9]{4}", "", r"~\bSSN|social[ -]security|\bI?TIN\b|taxpayer id"),
    _rule(r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]|QQ ?(?:[0-9]{2} ?){3}[A-D]"),
    _rule(r"[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}", "stdnum.gb.nhs", r"~\bNHS\b"),
    _rule(r"[1-9][0-9] [0-9]{3} [0-9]{3} [0-9]{3}", "stdnum.de.idnr"),
    _rule(r"[1-9][0-9](?:[ /]?[0-9]{3}){3}", "stdnum.de.idnr", r"Steuer|\bIdNr|\bTIN\b|\btax"),
    _rule(r"[0-9]{2} ?(?:[0-9]{6}|[0-9]{2} [0-9]{2} [0-9]{2}) ?[A-Z] ?[0-9]{2} ?[0-9]", "insurance"),
    _rule(r"[1-478] ?[0-9]{2} ?[0-9]{2} ?(?:[0-9]{2}|2[AB]) ?[0-9]{3} ?[0-9]{3} ?(?:[-/] ?)?[0-9]{2}", "stdnum.fr.nir"),
    _rule(r"[0-3][0-9](?: ?[0-9]{2}){1}(?: ?[0-9]{3}){3}", "stdnum.fr.nif", r"~fiscal|\bSPI\b|\bNIF\b"),
    _rule(r"756[. ]?[0-9]{4}[. ]?[0-9]{4}[. ]?[0-9]{2}", "stdnum.ch.ssn"),
    _rule(r"[1-9][0-9]{3}[ -]?[0-9]{6}", "stdnum.at.vnr", r"~SVNR|Versicherungsnummer|\bSV-|Sozialversicherung"),
    _rule(r"[A-Z]{6}[0-9]{2}[A-EHLMPRST][0-9]{2}[A-Z][0-9]{3}[A-Z]", "stdnum.it.codicefiscale"),
    _rule(r"[0-9]{8}-?[A-Z]|[XYZ]-?[0-9]{7}-?[A-Z]", "stdnum.es.nif", r"\bDNI\b|\bNI[EF]\b"),
    _rule(r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}-[0-9]{3}\.[0-9]{2}", "stdnum.be.nn"),
    _rule(r"[0-9]{9}|[0-9]{4}\.[0-9]{2}\.[0-9]{3}", "stdnum.nl.bsn", r"~\bBSN\b|burgerservice"),
    _rule(r"[0-9]{11}", "stdnum.pl.pesel", r"~PESEL"),
    _rule(r"[0-9]{3}[ -][0-9]{3}[ -][0-9]{3}", "stdnum.ca.sin", r"~\bSIN\b|social insurance"),
    _rule(r"[A-Z][0-9]{9}", "", r"~kranken|versichertenn|\bKVNR"),
    _rule(
        r"(?=[A-Z]{0,9}[0-9])[A-Z0-9]{7,16}|[0-9]{2} ?[A-Z]{2} ?[0-9]{5}",
        "",
        r"~passport|reisepass|passeport|personalausweis|ausweisn|carte (?:nationale )?d.identit|identity card|id card"
        r"|ausw\.?-?n|driver.s licen[cs]e|driving licen[cs]e|f[üu]hrerschein|permis de conduire",
    ),
)


def find(text: str, start: int, end: int) -> Iterator[Finding]:
    for rule in _RULES:
        for match in rule.shape.finditer(text, start, end):
            near = text[max(0, match.start() - _NEAR) : match.start()]
            named = not rule.words or re.search(rule.words.removeprefix("~"), near, re.I) is not None
            if not named and rule.words.startswith("~"):
                continue
            if _valid(rule.check, match[0]):
                yield Finding("id", match.start(), match.end(), normal("id", match[0]), named)


def _valid(check: str, number: str) -> bool:
    if not check:
        return True
    digits = re.sub(r"[ /.-]", "", number)
    own: Callable[[str], bool] | None = {"insurance": _insurance}.get(check)
    return own(digits) if own else bool(import_module(check).is_valid(digits))


def _insurance(number: str) -> bool:
    """The German insurance number: area, date of birth, first letter of the name at birth, serial number, check."""
    letter = ord(number[8]) - ord("A") + 1
    spelt = f"{number[:8]}{letter:02}{number[9:]}"
    day, month = int(number[2:4]) % 50, int(number[4:6])
    weights = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)
    total = sum(sum(divmod(int(digit) * weight, 10)) for digit, weight in zip(spelt, weights, strict=False))
    return 1 <= day <= 31 and 1 <= month <= 12 and total % 10 == int(number[-1])
