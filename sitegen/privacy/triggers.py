"""Triggers: cheap looks at a text that say where something may be, so that little is read closely and little is loaded.

A span that holds nothing costs little; a place that is not in any span is not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal

from sitegen.privacy.words import Group, listed, words

Span = tuple[int, int]
Sort = Literal["email", "phone", "iban", "card"] | Group

_SHAPE = bytes(
    ord("0") if chr(code).isdecimal() else ord("A") if 65 <= code <= 90 else ord("U") if 192 <= code <= 222 else code
    for code in range(256)
)
"""Of the characters of Latin-1: digits, capitals without and with accents."""
_NUMBER = re.compile(rb"0(?:[ ()./\n-]{0,3}A?0){5,40}")
_DATES = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}[./][0-9]{1,2}[./][0-9]{4}|(?<![0-9.])[0-9]{1,3}(?:[.,][0-9]{3})+(?![.,]?[0-9])"
)
"""Dates and amounts, which are on every page and are taken for no other number."""
_LETTERED = re.compile(
    r"[0-9](?:[0-9] ?[0-9]{2} ?[0-9]{2} ?[A-D]\b|[0-9][A-Z][0-9]{2}[A-Z][0-9]{3}[A-Z]\b|[0-9]{6}-?[A-Z]\b)"
)
_LETTERS = 16
"""How far such a number may reach beyond its digits, with room to spare."""
_TOKENS = {
    "AC": re.compile(r"AC[a-z0-9]{32}"),
    "SK": re.compile(r"SK[a-z0-9]{32}"),
    "sk-": re.compile(r"sk-[\w-]{20}"),
    "SG.": re.compile(r"SG\.[\w-]{22}\."),
    "-us": re.compile(r"-us[0-9]"),
    "://": re.compile(r"://[^\s/@]{1,120}@"),
    '"': re.compile(r'"[0-9a-zA-Z/+]{40}"'),
    "'": re.compile(r"'[0-9a-zA-Z/+]{40}'"),
}
"""What stands in them, which is quicker to look up, and their form."""
_BOT = re.compile(r"[0-9]{8,10}:[\w-]{35}")
_DOTTED = re.compile(r"\.[\w-]{6}\.")
_DOTTED_TOKEN = re.compile(r"[MNO][A-Za-z\d_-]{23,25}\.[\w-]{6}\.")
_STATE = re.compile(rb"AA[ ,]{1,2}\Z")
_UK_HALF = re.compile(rb"A0[0A]? ?\Z")
_HOUSE = re.compile(rb"0 ?[a-z]?[ ,]{0,2}\n? {0,4}(?:A{1,2}-)?0?\Z")
"""A number of a house, up to the last four digits of a town's code."""
_HALVES = re.compile("[\ud800-\udfff]")
_SPELT = re.compile(r"[\[({<]\s?(?:at|ät|arobase)\s?[\])}>]", re.I)

_BEFORE_PHONE = listed(
    "tel|tél|fax|phone|fon|mob|cell|handy|portable|gsm|hotline|call|text|dial|ruf|durchw|appel|sms|whats|"
    "joign|rück|rueck|ph|télécop|ring"
)


class Look:
    """One text, and where in it something may be."""

    def __init__(self, text: str) -> None:
        self._text = text
        low = text.lower()
        self.low = low if len(low) == len(text) else "".join(map(_lower, text))
        """In small letters, each where it was."""
        self._shape = text.encode("latin-1", "replace").translate(_SHAPE)
        self._runs = [match.span() for match in _NUMBER.finditer(self._shape)]
        self._numbers = list(self._found_numbers())
        self._near: dict[Sort, list[Span]] = {}
        self._find_words()

    def spans(self, sort: Sort) -> Sequence[Span]:
        """Where something of a sort may be, in order and apart from each other; none when it cannot be there."""
        look = _LOOKS.get(sort)
        found = [*self._near.get(sort, ()), *(look(self) if look else ())]
        return _merged(found, self._text) if found else ()

    def _find_words(self) -> None:
        automaton, meanings = words()
        try:
            found = automaton.find_matches_as_indexes(self.low, overlapping=True)
        except UnicodeEncodeError:  # halves of characters, which no file holds
            self.low = _HALVES.sub("?", self.low)
            found = automaton.find_matches_as_indexes(self.low, overlapping=True)
        for index, start, end in found:
            for word in meanings[index]:
                if word.fits(self._text, self._shape, start, end):
                    self._near.setdefault(word.group, []).append((start - word.before, start + word.after))

    def _found_numbers(self) -> Iterator[tuple[int, int, int]]:
        """Start, end and count of digits of each longer number."""
        for start, end in self._runs:
            written = self._text[start:end]
            digits = sum(map(str.isdigit, _DATES.sub("", written)))
            if digits >= 6:
                yield start, end, digits

    def _long(self, digits: int, before: int = 60) -> Iterator[Span]:
        return ((start - before, end + 60) for start, end, count in self._numbers if count >= digits)

    def _emails(self) -> Iterator[Span]:
        if "@" in self._text or _SPELT.search(self._text):
            yield 0, len(self._text)

    def _phones(self) -> Iterator[Span]:
        yield from self._long(9)
        for start, end, count in self._numbers:
            before = self.low[max(0, start - 50) : start]
            if count < 9 and any(word in before for word in _BEFORE_PHONE):
                yield start - 50, end + 30

    def _ids(self) -> Iterator[Span]:
        yield from self._long(8, 80)
        for start, end in self._runs:
            for match in _LETTERED.finditer(self._text, start, end + _LETTERS):
                yield match.start() - 20, match.end() + 20

    def _credentials(self) -> Iterator[Span]:
        text = self._text
        patterns = [pattern for literal, pattern in _TOKENS.items() if literal in text]
        if b"00000000:" in self._shape:
            patterns.append(_BOT)
        if _DOTTED.search(text):
            patterns.append(_DOTTED_TOKEN)
        for pattern in patterns:
            yield from ((match.start() - 60, match.end() + 100) for match in pattern.finditer(text))

    def _english(self) -> Iterator[Span]:
        """Around the codes of towns; there are streets that nothing else tells of."""
        for at in self._places(b"00000"):
            if _STATE.search(self._shape, max(at - 4, 0), at):
                yield at - 120, at + 46
        for at in self._places(b"0AA"):
            if _UK_HALF.search(self._shape, max(at - 4, 0), at):
                yield at - 120, at + 46

    def _german(self) -> Iterator[Span]:
        for form in (b"0000 A", b"0000 U"):
            for at in self._places(form):
                if _HOUSE.search(self._shape, max(at - 20, 0), at):
                    yield at - 120, at + 46

    def _places(self, form: bytes) -> Iterator[int]:
        at = self._shape.find(form)
        while at >= 0:
            yield at
            at = self._shape.find(form, at + 1)


_LOOKS: Mapping[Sort, Callable[[Look], Iterable[Span]]] = {
    "email": Look._emails,
    "phone": Look._phones,
    "iban": lambda look: look._long(8),
    "card": lambda look: look._long(12),
    "id": Look._ids,
    "credential": Look._credentials,
    "english": Look._english,
    "german": Look._german,
}
"""What there is to see beside words."""


def _merged(spans: Iterable[Span], text: str) -> list[Span]:
    """The spans as few as possible, each begun and ended between words."""
    return _joined(_widened(span, text) for span in _joined(sorted(spans)))


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, those that touch made one."""
    joined: list[Span] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _widened(span: Span, text: str) -> Span:
    start, end = max(span[0], 0), min(span[1], len(text))
    while start > 0 and not text[start - 1].isspace():
        start -= 1
    while end < len(text) and not text[end].isspace():
        end += 1
    return start, end


def _lower(char: str) -> str:
    low = char.lower()
    return low if len(low) == 1 else char
