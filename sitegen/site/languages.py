"""Languages: how each one writes dates, numbers, lists and plurals, where its lines begin, and what it calls others."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from sitegen.site import store

Number = int | float | Decimal

_RELATION = re.compile(r"([nivwftce])(?: mod (\d+))? (not )?in ([\d.,]+)")
"""One condition of a plural rule: https://unicode.org/reports/tr35/tr35-numbers.html#Language_Plural_Rules."""
_FIRST_DAYS = {"fr": "1er"}
"""What is read as an ordinal on the first of a month, and missing in CLDR."""


class Facts(NamedTuple):
    """What is known of a language, as plain values that are kept between builds."""

    code: str
    direction: str
    """``ltr``, ``rtl``, or ``auto`` where it is not known."""
    dates: tuple[str, ...] = ()
    """By month: ``{day:01}. August {year:01}``."""
    months: tuple[str, ...] = ()
    """By month: ``August {year:01}``."""
    separator: str = ""
    """Between groups of digits."""
    groups: tuple[int, ...] = (3, 3)
    """How many digits the last group has, and each other one."""
    listing: tuple[str, ...] = ("{0}, {1}",) * 4
    """Two things; the first of more, those in the middle, the last."""
    plurals: tuple[tuple[str, str], ...] = ()
    """CLDR's rules by category, all but that of ``other``."""
    names: Mapping[str, str] = {}
    """Codes of languages, as in ``pt_BR``, and what this language calls them."""


class Language:
    """One language."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._categories: dict[int, str] = {}
        self._first = _FIRST_DAYS.get(facts.code.partition("-")[0])

    @property
    def code(self) -> str:
        """As in HTML's ``lang``: ``de``, ``pt-BR``."""
        return self._facts.code

    @property
    def direction(self) -> str:
        """Where its lines begin, as HTML's ``dir``: ``ltr``, ``rtl``; ``auto`` where that is not known."""
        return self._facts.direction

    @property
    def name(self) -> str:
        """What it calls itself, as a word that stands alone: ``Deutsch``, ``Français``."""
        return self.name_of(self.code)

    def name_of(self, code: str) -> str:
        """What this language calls another, as a word that stands alone; the code where it has no name for it."""
        for shorter in subtags(code):
            if found := self._facts.names.get(shorter):
                # CLDR has the words for the middle of a sentence, which many languages write small.
                return found[:1].title() + found[1:]
        return code

    def date(self, date: dt.date) -> str:
        """``14 March 2025``, ``14. März 2025``; ``2025-03-14`` where nothing is known."""
        if not self._facts.dates:
            return date.isoformat()
        day: object = date.day
        template = self._facts.dates[date.month - 1]
        if day == 1 and self._first:
            template, day = template.replace("{day:01}", "{day}"), self._first
        return template.format(day=day, year=date.year)

    def month(self, date: dt.date) -> str:
        """``March 2025``."""
        if not self._facts.months:
            return date.isoformat()[:7]
        return self._facts.months[date.month - 1].format(year=date.year)

    def number(self, value: Number) -> str:
        """``1,234``, ``1.234``, ``12,34,567``."""
        if not isinstance(value, int):
            from sitegen.site.cldr import decimal

            return decimal(value, self.code)
        if -10 < value < 10:
            return str(value)
        head, last = str(abs(value)), self._facts.groups[0]
        parts = [head[-last:]]
        head, size = head[:-last], self._facts.groups[-1]
        while head:
            parts.insert(0, head[-size:])
            head = head[:-size]
        return ("-" if value < 0 else "") + self._facts.separator.join(parts)

    def listed(self, items: Iterable[object]) -> str:
        """``A, B and C``."""
        words = [str(item) for item in items]
        if len(words) < 2:
            return "".join(words)
        two, start, middle, end = self._facts.listing
        if len(words) == 2:
            return _joined(two, *words)
        found = _joined(start, *words[:2])
        for word in words[2:-1]:
            found = _joined(middle, found, word)
        return _joined(end, found, words[-1])

    @property
    def categories(self) -> tuple[str, ...]:
        """The plural forms that it has: ``one`` and ``other`` in English."""
        return (*(name for name, _ in self._facts.plurals), "other")

    def category(self, count: int) -> str:
        """Which plural form stands with ``count`` things."""
        found = self._categories.get(count)
        if found is None:
            names = (name for name, rule in self._facts.plurals if _holds(rule, abs(count)))
            found = self._categories[count] = next(names, "other")
        return found


class Languages:
    """All languages that a site has to do with. What is known of them is kept in the file ``path``."""

    def __init__(self, path: Path, versions: str) -> None:
        self._path, self._versions = path, versions
        kept: dict[str, Sequence[Any]] = store.load(path, versions) or {}
        self._facts = {code: Facts._make(facts) for code, facts in kept.items()}
        self._known: dict[str, Language] = {}

    def __getitem__(self, code: str) -> Language:
        if code not in self._known:
            self.learn((code,))
            self._known[code] = Language(self._facts[code])
        return self._known[code]

    def learn(self, codes: Iterable[str]) -> None:
        """Makes sure that these languages are known, before work is dealt to several processes."""
        missing = sorted(set(codes) - self._facts.keys())
        if missing:
            from sitegen.site.cldr import facts

            self._facts |= {code: facts(code) for code in missing}
            store.save(self._path, self._versions, {code: tuple(known) for code, known in self._facts.items()})


def subtags(code: str) -> Iterator[str]:
    """A code and what is left when its parts are taken away from the end: ``zh_Hant_TW``, ``zh_Hant``, ``zh``."""
    first, *rest = code.split("-")
    parts = [first.lower(), *(part.title() if len(part) == 4 else part.upper() for part in rest)]
    for end in range(len(parts), 0, -1):
        yield "_".join(parts[:end])


def _holds(rule: str, count: int) -> bool:
    """Whether a plural rule is true of a whole number."""
    ways = rule.split(" or ")
    return any(all(_relation(part, count) for part in way.split(" and ")) for way in ways)


def _relation(text: str, count: int) -> bool:
    match = _RELATION.fullmatch(text)
    assert match is not None, text
    operand, modulo, negated, ranges = match.groups()
    value = count if operand in "ni" else 0  # the others are about fractions and powers of ten
    if modulo:
        value %= int(modulo)
    bounds = (part.partition("..") for part in ranges.split(","))
    return any(int(low) <= value <= int(high or low) for low, _, high in bounds) != bool(negated)


def _joined(pattern: str, first: str, second: str) -> str:
    head, _, rest = pattern.partition("{0}")
    middle, _, tail = rest.partition("{1}")
    return f"{head}{first}{middle}{second}{tail}"
