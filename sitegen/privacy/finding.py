"""Finding: something in a text that may be private: where it is, what kind of thing, and how to speak of it.

The value itself never stands in a message, a log or a cache: a finding is told by its mask and its fingerprint.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import get_args

from sitegen.shapes import PrivateKind

KINDS: tuple[PrivateKind, ...] = get_args(PrivateKind)

WORDS: Mapping[PrivateKind, str] = {
    "email": "an e-mail address",
    "phone": "a phone number",
    "iban": "a bank account",
    "card": "a payment card",
    "id": "a national id number",
    "credential": "a password or key",
    "address": "a postal address",
    "birth": "a date of birth",
    "name": "a name from the site's list",
}

_ROUNDS = 10_000
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_SYMBOLS = 4


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that may be private, between two offsets of the text that was scanned."""

    kind: PrivateKind
    start: int
    end: int
    value: str = field(repr=False)
    """As ``normal`` gives it: two ways to write one phone number are one value."""
    certain: bool = True
    """Whether it stops a build; what is not certain is only a hint of ``sitegen check``."""

    @property
    def mask(self) -> str:
        return masked(self.kind, self.value)

    def fingerprint(self, source: str) -> str:
        return fingerprint(self.kind, self.value, source)


def normal(kind: PrivateKind, value: str) -> str:
    """The form in which two values are compared."""
    if kind in ("iban", "card", "id"):
        return re.sub(r"[\W_]", "", value).upper()
    if kind == "credential":
        return value
    return " ".join(unicodedata.normalize("NFC", value).casefold().split())


def masked(kind: PrivateKind, value: str) -> str:
    """A value as messages may show it: enough to find it on the page, too little to use it."""
    hide: Callable[[str], str] = _MASKS.get(kind, lambda _: "***")
    return hide(value)


def fingerprint(kind: PrivateKind, value: str, source: str) -> str:
    """The name of a value in front matter and messages, such as ``phone-7kq2``: the same wherever the brief is read.

    ``source`` is the brief's, so that one value in two briefs has two names. A phone number has too few possible values
    for any hash to hide it, so the fingerprint is also short: some hundred numbers share one (20 bits). It need only
    tell the findings of one brief apart.
    """
    salt = f"sitegen privacy 1\0{source}".encode()
    raw = hashlib.pbkdf2_hmac("sha256", f"{kind}\0{value}".encode("utf-8", "replace"), salt, _ROUNDS, 3)
    number = int.from_bytes(raw) >> 4
    symbols = [_ALPHABET[number >> 5 * place & 31] for place in range(_SYMBOLS)]
    return f"{kind}-{''.join(symbols)}"


def _mail(value: str) -> str:
    local, _, domain = value.partition("@")
    return f"{local[:1]}***@{domain[:1]}***.{domain.rpartition('.')[2]}"


def _tail(value: str) -> str:
    return f"***{value[-2:]}"


def _head_and_tail(value: str) -> str:
    return f"{value[:2]}***{value[-2:]}"


def _initials(value: str) -> str:
    return " ".join(f"{word[:1]}***" for word in value.split()[:4])


_MASKS: Mapping[PrivateKind, Callable[[str], str]] = {
    "email": _mail,
    "phone": _tail,
    "iban": _head_and_tail,
    "card": _tail,
    "id": _tail,
    "address": _initials,
    "name": _initials,
}
