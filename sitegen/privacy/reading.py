"""Reading: a text as those see it who read the page, with the way back to the file.

What hides a value from a search hides it from nobody else: entities, percent signs, backslashes before punctuation,
characters without width, spaces, hyphens and digits that only look different, and letters that text recognition read as
digits, or digits as letters.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from html import unescape

_SAME = {
    **dict.fromkeys((0xA0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000), " "),
    **dict.fromkeys((*range(0x2010, 0x2016), 0x2212, 0xFE58, 0xFE63, 0xFF0D), "-"),
    **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if code != 0xFF0D},
    0x2024: ".",
    0x2044: "/",
}
"""Characters that stand for another one of the same length."""
_LONGER = re.compile(
    r"\\u(?P<code>00[0-9A-Fa-f]{2})"  # of JSON
    r"|\\(?=[!-/:-@\[-`{-~])"  # of Markdown
    r"|(?P<entity>&(?:\#[0-9]{1,7}|\#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,12}[0-9]?);)"
    r"|%(?P<octet>2[0-9A-Fa-f]|3[0-9A]|40|5[BDF]|7E)"
    r"|(?P<quote>(?<=\w)''(?=\w))"  # of YAML
    r"|[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]"
)
_SHAPE = bytes(
    ord("1") if code == 0x31 else ord("0") if 0x30 <= code <= 0x39 else ord("l") if chr(code) in "OoIl" else
    ord("A") if 65 <= code <= 90 else ord("a") if 97 <= code <= 122 else 0x20
    for code in range(256)
)  # fmt: skip
"""Of the characters of Latin-1: digits, letters that look like some, capitals, other letters."""
_IN_NUMBERS = (b"0l", b"1l", b"l0", b"l1")
_IN_WORDS = (b"a1", b"l1")
_IN_CAPITALS = (b"lA", b"ll")
"""What of it there is wherever something may have been mixed up; cheaper to look for."""
_NUMBERS = re.compile(r"(?<![^\W_])(?:(?=[OoIl]*[0-9])[0-9OoIl]*[OoIl][0-9OoIl]*|(?<=[0-9] )OO(?= [0-9]))(?![^\W_])")
"""A number in which letters stand for digits: ``O30``, ``37O4``, ``l2``."""
_DIGITS = {ord(letter): digit for letter, digit in ("O0", "o0", "I1", "l1")}
_ONE_IN_WORD = re.compile(r"(?<=[A-Za-z][a-z])1(?=[a-z.: ])")
"""``Te1.``, ``E-Mai1``."""
_L_IN_CAPITALS = re.compile(r"(?<![^\W\d_])l(?=[A-Z]{2}|[A-Z]\b)")
"""``lBAN``."""
_L_BEFORE = re.compile(r"l[A-Z]")
_HINT = re.compile(r"[\\&%'\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
"""What each of them begins with."""
_MOST_LAYERS = 3
"""A feed has HTML as text, whose entities are escaped once more."""


class Reading:
    """The text as it is read."""

    def __init__(self, raw: str) -> None:
        self.raw = raw
        self.text = _recognised(raw.translate(_SAME) if not raw.isascii() else raw)
        self._maps: list[tuple[list[int], list[int]]] = []
        for _ in range(_MOST_LAYERS if self._may_hide() else 0):
            if not self._peel():
                break

    def _may_hide(self) -> bool:
        text = self.text
        return not text.isascii() or "\\" in text or "&" in text or "%" in text or "''" in text

    def _peel(self) -> bool:
        """Takes one layer of escapes off; returns whether there was one."""
        parts: list[str] = []
        ours, theirs = [0], [0]
        last = length = 0
        for hint in _HINT.finditer(self.text):
            match = _LONGER.match(self.text, hint.start()) if hint.start() >= last else None
            if match is None:
                continue
            part = self.text[last : match.start()]
            char = _meant(match)
            parts += (part, char)
            length += len(part) + len(char)
            last = match.end()
            ours.append(length)
            theirs.append(last)
        if not parts:
            return False
        parts.append(self.text[last:])
        self.text = "".join(parts)
        self._maps.append((ours, theirs))
        return True

    def raw_at(self, offset: int) -> int:
        """The offset in the raw text of the character at ``offset``."""
        for ours, theirs in reversed(self._maps):
            at = bisect_right(ours, offset) - 1
            offset = theirs[at] + offset - ours[at]
        return offset

    def raw_span(self, start: int, end: int) -> tuple[int, int]:
        """What a span of ``text`` is made from, to the end of its last character's escape at least."""
        first = self.raw_at(start)
        return first, max(self.raw_at(end - 1) + 1, first + 1) if end > start else first


def _recognised(text: str) -> str:
    """With what text recognition took for another one, where there is no doubt; nothing moves by that."""
    shape = text.encode("latin-1", "replace").translate(_SHAPE)
    if any(pair in shape for pair in _IN_NUMBERS):
        text = _NUMBERS.sub(lambda match: match[0].translate(_DIGITS), text)
    if any(pair in shape for pair in _IN_WORDS):
        text = _ONE_IN_WORD.sub("l", text)
    if any(pair in shape for pair in _IN_CAPITALS) and _L_BEFORE.search(text):
        text = _L_IN_CAPITALS.sub("I", text)
    return text


def _meant(match: re.Match[str]) -> str:
    if match["entity"]:
        char = unescape(match["entity"])
        return char.translate(_SAME) if len(char) == 1 else ""
    if match["code"] or match["octet"]:
        return chr(int(match["code"] or match["octet"], 16))
    return "'" if match["quote"] else ""
