"""Names of people that the site keeps out of its pages, from lists of its own."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import pairwise

from sitegen.privacy.finding import Finding

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_MOST_WORDS = 6
_GAP = re.compile(r"[\s,.*_\-]{1,4}")


class Names:
    """A list of names, a line each; one of two words or more is found the other way round as well (``Doe, Jane``)."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._names: set[tuple[str, ...]] = set()
        self._initials: set[tuple[str, ...]] = set()
        """``J. Doe``, ``Doe, J.``: only with the full stop."""
        for line in lines:
            words = tuple(_folded(match[0]) for match in _WORD.finditer(line.partition("#")[0]))[:_MOST_WORDS]
            if words:
                self._names |= {words, (words[-1], *words[:-1])}
            if len(words) > 1:
                self._initials |= {(words[0][0], words[-1]), (words[-1], words[0][0])}
        self._names |= self._initials
        self._first = {name[0] for name in self._names}
        self._begin = {first + end for first in self._first for end in ("", "s", "'", "'s")}
        """All that ``_stems`` could lead to one of the first words."""
        self._longest = max(map(len, self._names), default=0)

    def __bool__(self) -> bool:
        return bool(self._names)

    def find(self, text: str, begin: int = 0, end: int = sys.maxsize) -> Iterator[Finding]:
        words = [(match.start(), match.end(), _folded(match[0])) for match in _WORD.finditer(text, begin, end)]
        for number, (start, _, word) in enumerate(words):
            for first in _stems(word) if word in self._begin else ():
                if first in self._first:
                    yield from self._at(text, words, number, start, first)

    def _at(
        self, text: str, words: list[tuple[int, int, str]], number: int, start: int, first: str
    ) -> Iterator[Finding]:
        for length in range(min(self._longest, len(words) - number), 0, -1):
            part = words[number : number + length]
            *inner, last = (first, *(word for *_, word in part[1:]))
            joined = all(_GAP.fullmatch(text, a[1], b[0]) for a, b in pairwise(part))
            for stem in _stems(last):
                said = (*inner, stem)
                if joined and said in self._names and (said not in self._initials or _shortened(text, part)):
                    yield Finding("name", start, part[-1][1], " ".join(sorted((*inner, stem))))
                    return


def _shortened(text: str, part: list[tuple[int, int, str]]) -> bool:
    """Whether the one letter among two words is a name cut short."""
    return all(text[end : end + 1] == "." for start, end, _ in part if end - start == 1)


def _folded(word: str) -> str:
    if word.isascii():
        return word.lower()
    plain = unicodedata.normalize("NFKD", word.replace("’", "'")).casefold()
    return "".join(char for char in plain if not unicodedata.combining(char))


def _stems(word: str) -> tuple[str, ...]:
    """The word, and what it is the genitive of: ``Doe's``, ``Müllers``."""
    if word.endswith("'s"):
        return (word, word[:-2])
    return (word, word[:-1]) if word.endswith("s") or word.endswith("'") else (word,)
