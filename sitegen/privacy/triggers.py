"""Triggers: cheap looks at a text that say where a kind may be, so that little is read closely and little is loaded.

Words are looked up as plain text, which is fifty times as fast as a pattern of them. A span that holds nothing costs
little; a place that is not in any span is not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from sitegen.shapes import PrivateKind

Span = tuple[int, int]


def _words(listed: str) -> tuple[str, ...]:
    return tuple(listed.split("|"))


_NUMBER = re.compile(r"[0-9](?:[ ()./\n-]{0,3}[A-Z]?[0-9]){5,40}")
_DATES = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}[./][0-9]{1,2}[./][0-9]{4}|(?<![0-9.])[0-9]{1,3}(?:[.,][0-9]{3})+(?![.,]?[0-9])"
)
"""Dates and amounts, which are on every page and are taken for no other number."""
_LETTERED = re.compile(
    r"[0-9](?:[0-9] ?[0-9]{2} ?[0-9]{2} ?[A-D]\b|[0-9][A-Z][0-9]{2}[A-Z][0-9]{3}[A-Z]\b|[0-9]{6}-?[A-Z]\b)"
)
_TOKENS = {
    "AC": re.compile(r"AC[a-z0-9]{32}"),
    "SK": re.compile(r"SK[a-z0-9]{32}"),
    "sk-": re.compile(r"sk-[\w-]{20}"),
    "SG.": re.compile(r"SG\.[\w-]{22}\."),
    "-us": re.compile(r"-us[0-9]"),
    "://": re.compile(r"://[^\s/@]{1,120}@"),
    ":": re.compile(r"[0-9]{8,10}:[\w-]{35}"),
    ".": re.compile(r"[MNO][A-Za-z\d_-]{23,25}\.[\w-]{6}\."),
    '"': re.compile(r'"[0-9a-zA-Z/+]{40}"'),
    "'": re.compile(r"'[0-9a-zA-Z/+]{40}'"),
}
"""What stands in them, which is quicker to look up, and their form."""
_TOWN = re.compile(
    r"[0-9]{4,5}(?: [A-ZÄÖÜ]|\b(?:(?<=[A-Z][A-Z] [0-9]{5})|(?<=[A-Z][A-Z], [0-9]{5})))|[0-9][0-9A-Z]? [0-9][A-Z]{2}\b"
)
_DIGIT = re.compile(r"[0-9]")
_SPELT = re.compile(r"[\[({<]\s?(?:at|ät|arobase)\s?[\])}>]", re.I)

_BEFORE_PHONE = _words(
    "tel|tél|fax|phone|fon|mob|cell|handy|portable|gsm|hotline|call|text|dial|ruf|durchw|appel|sms|whats|"
    "joign|rück|rueck|ph|télécop|ring"
)
_BEFORE_ID = _words(
    "ssn|social|tin|taxpayer|nhs|steuer|idnr|tax|fiscal|spi|nif|svnr|sv-|versich|dni|nie|bsn|burger|pesel|sin|"
    "passport|reisepass|passeport|ausweis|identit|id card|licen|führerschein|fuhrerschein|permis"
)
_BEFORE_CREDENTIAL = _words(
    "pass|pwd|pw|kennwort|zugangscode|mdp|code|schlüssel|schlussel|wlan|wifi|wi-fi|netzwerk|key|token|secret|"
    "bearer|pin|puk|tan|clé|cle "
)
_IN_CREDENTIAL = _words(
    "AKIA|ASIA|A3T|ABIA|ACCA|ghp_|gho_|ghu_|ghs_|ghr_|xox|hooks.slack|PRIVATE KEY|PuTTY-|eyJ|k_live_|"
    "AccountKey=|_authToken|pypi-Ag|sq0csp-|GR1348941|glpat-|gldt-|glft-|glsoat-|glrt-|glcbt-|glimt-|glptt-|"
    "glagent-|gloas-"
)
_WHOLE = frozenset(_words("born|bsn|dni|dob|mdp|nhs|nie|nif|né|née|nés|pin|puk|pw|pwd|sin|spi|ssn|tan|tax|tin"))
"""Words that stand inside many others."""
_BEFORE_BIRTH = _words(
    "birth|born|dob|d.o.b|d. o. b|(b.|geb.|geb |gebor|geburt|né|née|nés|nee le|naissance|ddn|anniversaire|*"
)
_IN_ADDRESS = _words(
    "street|avenue| ave|road| rd|boulevard|blvd|lane| ln|drive| dr|terrace|parkway|pkwy|crescent| cres|mews|"
    "gardens| st.| st,| st | st\n| hwy|stra|str.|allee|gasse|chaussee|platz|weg |rue |chemin|allée|impasse|"
    "quai|faubourg|venelle|sentier|ruelle| av.| bd | bld | boul.|place |route |square |passage |cours |villa |"
    "box |postfach|bp |b.p."
)


class Look:
    """One text, and where in it something may be."""

    def __init__(self, text: str) -> None:
        self._text = text
        low = text.lower()
        self._low = low if len(low) == len(text) else "".join(map(_lower, text))
        self._numbers = list(self._found_numbers())

    def spans(self, kind: PrivateKind) -> Sequence[Span]:
        """Where a kind may be, in order and apart from each other; none when it cannot be there."""
        looks: Mapping[PrivateKind, Callable[[], Iterator[Span]]] = {
            "email": self._emails,
            "phone": self._phones,
            "iban": lambda: self._long(8),
            "card": lambda: self._long(12),
            "id": self._ids,
            "credential": self._credentials,
            "address": self._addresses,
            "birth": lambda: self._after(_BEFORE_BIRTH, 90, digit=True),
            "name": lambda: iter([(0, len(self._text))]),
        }
        return _merged(looks[kind](), self._text)

    def _found_numbers(self) -> Iterator[tuple[int, int, int]]:
        """Start, end and count of digits of each longer number."""
        for match in _NUMBER.finditer(self._text):
            left = _DATES.sub("", match[0]) if _DATES.search(match[0]) else match[0]
            digits = sum(map(str.isdigit, left))
            if digits >= 6:
                yield match.start(), match.end(), digits

    def _long(self, digits: int, before: int = 60) -> Iterator[Span]:
        return ((start - before, end + 60) for start, end, count in self._numbers if count >= digits)

    def _after(self, words: Iterable[str], reach: int, *, digit: bool = False) -> Iterator[Span]:
        for word in words:
            for at in self._places(word):
                if not digit or _DIGIT.search(self._text, at, at + reach):
                    yield at - 4, at + reach

    def _places(self, word: str) -> Iterator[int]:
        low, length = self._low, len(word)
        at = low.find(word)
        while at >= 0:
            if word not in _WHOLE or not (low[at - 1 : at].isalpha() or low[at + length : at + length + 1].isalpha()):
                yield at
            at = low.find(word, at + length)

    def _emails(self) -> Iterator[Span]:
        if "@" in self._text or _SPELT.search(self._text):
            yield 0, len(self._text)

    def _phones(self) -> Iterator[Span]:
        yield from self._long(9)
        for start, end, count in self._numbers:
            before = self._low[max(0, start - 50) : start]
            if count < 9 and any(word in before for word in _BEFORE_PHONE):
                yield start - 50, end + 30

    def _ids(self) -> Iterator[Span]:
        yield from self._long(8, 80)
        yield from self._after(_BEFORE_ID, 90, digit=True)
        yield from ((match.start() - 20, match.end() + 20) for match in _LETTERED.finditer(self._text))

    def _credentials(self) -> Iterator[Span]:
        text = self._text
        yield from self._after(_BEFORE_CREDENTIAL, 120)
        for word in _IN_CREDENTIAL:
            at = text.find(word)
            while at >= 0:  # a private key ends where its last line says so
                yield at - 100, len(text) if word == "PRIVATE KEY" else at + 300
                at = text.find(word, at + len(word))
        for literal, pattern in _TOKENS.items():
            if literal in text:
                yield from ((match.start() - 60, match.end() + 100) for match in pattern.finditer(text))

    def _addresses(self) -> Iterator[Span]:
        for word in _IN_ADDRESS:
            for at in self._places(word):
                if _DIGIT.search(self._text, max(0, at - 50), at + 60):
                    yield at - 80, at + 140
        yield from ((match.start() - 120, match.end() + 40) for match in _TOWN.finditer(self._text))


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
