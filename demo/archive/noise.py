"""Recognition errors, as a tired scanner makes them; never inside a date, an amount, a number or a name."""

from __future__ import annotations

import re
from random import Random

from .markup import MONTHS, NBSP

_SWAPS = (
    ("rn", "m"), ("m", "rn"), ("l", "1"), ("cl", "d"), ("ü", "u"), ("ä", "a"), ("ö", "o"), ("ß", "B"), ("é", "e"),
    ("è", "e"), ("ê", "e"), ("h", "b"), ("e", "c"), ("ii", "n"), ("li", "h"), ("vv", "w"), ("w", "vv"), ("f", "t"),
)  # fmt: skip
_STRAY = ("'", ".", "~", "|", "_", ",")
_KEPT = frozenset(word for names in MONTHS.values() for word in names) | {"EUR", "million", "millions", "Millionen"}


class Reader:
    """Reads a line as a recogniser would: mostly right."""

    def __init__(self, seed: str, kept: frozenset[str], rate: float = 0.1) -> None:
        self._random = Random(seed)
        self._kept = kept | _KEPT
        self._rate = rate

    def read(self, line: str) -> str:
        """Return the line with a few errors."""
        return " ".join(self._word(word) for word in line.split(" "))

    def is_kept(self, word: str) -> bool:
        """Say whether a word has to stay as it is: it carries a digit, or belongs to a name or a date."""
        if NBSP in word or any(char.isdigit() for char in word):
            return True
        return any(part in self._kept or part.rstrip("s") in self._kept for part in re.findall(r"\w+", word))

    def _word(self, word: str) -> str:
        chance = self._random.random()
        if len(word) < 4 or self.is_kept(word) or chance > self._rate:
            return word
        if chance < self._rate * 0.12:
            return f"{word} {self._random.choice(_STRAY)}"
        if chance < self._rate * 0.27 and len(word) > 5:
            cut = self._random.randrange(2, len(word) - 2)
            return f"{word[:cut]} {word[cut:]}"
        return self._swap(word)

    def _swap(self, word: str) -> str:
        """Mistake one letter or pair, never the first or the last, so that no new number can arise."""
        inner = word[1:-1]
        able = [(old, new) for old, new in _SWAPS if old in inner]
        if not able:
            return word
        old, new = self._random.choice(able)
        return word[0] + inner.replace(old, new, 1) + word[-1]
