"""Facts written inline in a source, so that the text and the list of facts cannot disagree.

``{2025-03-12}`` is a date and ``{2025-03}`` a month; ``{€412500}`` is an amount and ``{#412500}`` an amount in a
column whose heading names the currency. Each is worded in the document's own language. ``{2025-03-12|12 March}``
gives the wording by hand. Spaces that must not be broken (inside dates, amounts, grouped numbers) are no-break spaces
until a document is written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

Language = Literal["en", "de", "fr"]
NBSP = "\u00a0"

MONTHS: dict[Language, list[str]] = {
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    "de": [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
    "fr": [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
}
_MARK = re.compile(r"\{(?P<sign>[€#]?)(?P<value>-?[\d.-]+)(?:\|(?P<text>[^}]*))?\}")
_GROUPED = re.compile(r"(?<=\d) (?=\d{3}(?!\d))")
_UNIT = re.compile(r"(?<=\d) (?=%)|(?<=[§°]) (?=\d)|\b(?<=Art\.) (?=\d)")


@dataclass(frozen=True)
class Fact:
    """One marked date or amount: its value in a fixed form and its wording in the document."""

    kind: Literal["date", "amount"]
    value: str
    text: str


def plain(text: str) -> str:
    """Return the text with ordinary spaces."""
    return text.replace(NBSP, " ")


def word_date(iso: str, language: Language) -> str:
    """Word a date (``2025-03-12``) or a month (``2025-03``) as an office of that language writes it."""
    year, month, *day = iso.split("-")
    name = MONTHS[language][int(month) - 1]
    if not day:
        return f"{name} {year}"
    number = str(int(day[0]))
    if language == "de":
        number += "."
    if language == "fr" and number == "1":
        number = "1er"
    return f"{number} {name} {year}"


def word_number(value: str, language: Language) -> str:
    """Group the digits of a decimal number as the language does."""
    sign, digits = ("-", value[1:]) if value.startswith("-") else ("", value)
    whole, _, fraction = digits.partition(".")
    group, point = {"en": (",", "."), "de": (".", ","), "fr": (" ", ",")}[language]
    grouped = f"{int(whole):,}".replace(",", group)
    return sign + grouped + (point + fraction if fraction else "")


def word_amount(value: str, language: Language) -> str:
    """Word an amount in euro, with the currency where the language puts it."""
    number = word_number(value, language)
    return f"EUR {number}" if language == "en" else f"{number} EUR"


@dataclass
class Expander:
    """Turns marked text into plain wording and remembers the facts it met."""

    language: Language
    facts: list[Fact] = field(default_factory=list)

    def expand(self, text: str) -> str:
        """Replace every mark by its wording; spaces inside facts and grouped numbers become no-break spaces."""
        worded = _MARK.sub(self._word, text)
        if self.language == "fr":
            worded = _GROUPED.sub(NBSP, worded)
        return _UNIT.sub(NBSP, worded)

    def _word(self, match: re.Match[str]) -> str:
        sign, value, given = match["sign"], match["value"], match["text"]
        if sign:
            number = value if "." in value else f"{value}.00"
            wording = given or (word_amount if sign == "€" else word_number)(value, self.language)
            self.facts.append(Fact("amount", number, wording))
        else:
            wording = given or word_date(value, self.language)
            self.facts.append(Fact("date", value, wording))
        return wording.replace(" ", NBSP)
