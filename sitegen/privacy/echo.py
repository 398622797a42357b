"""Echo: what somebody says back to us of what we told them, which is not for logs and journals."""

from __future__ import annotations

import re
from collections.abc import Iterable

_RUN = 24
"""So many equal characters are no accident."""
_ESCAPE = re.compile(r'\\(?:[nrt]|u[0-9a-fA-F]{4}|["\\/])')


def unechoed(said: str, told: Iterable[str]) -> str:
    """``said`` with an ellipsis in place of all that also stands in ``told``, white space and escapes aside."""
    folded = "\0".join(_folded(text) for text in told)
    letters = [(at, char) for at, char in enumerate(_ESCAPE.sub(_blank, said)) if not char.isspace()]
    plain = "".join(char for _, char in letters).casefold()
    if len(plain) != len(letters):  # a character that is two in small letters: rather nothing than too much
        return "…" if folded else said
    gone = bytearray(len(said))
    for start in range(len(plain) - _RUN + 1):
        if plain[start : start + _RUN] in folded:
            first, last = letters[start][0], letters[start + _RUN - 1][0]
            gone[first : last + 1] = b"\1" * (last + 1 - first)
    return re.sub("\0+", "…", "".join("\0" if gone[at] else char for at, char in enumerate(said)))


def _folded(text: str) -> str:
    return "".join(text.split()).casefold()


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])
