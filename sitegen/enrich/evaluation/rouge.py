"""ROUGE-2 (Lin, 2004): how many pairs of neighbouring words two texts share. An alarm, never a mark for quality.

On official papers random sentences reach nearly what careful choices do, and a person's other summary of the same
report does not reach much more; so it is only compared, on the same documents and with the same room for words.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

SPARE = 1.1
"""A summary may have so many times the words of the reference."""
_WORD = re.compile(r"[^\W_]+")


def words(text: str) -> list[str]:
    """The words of a text in small letters, numbers included."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def cut(text: str, count: int) -> str:
    """The beginning of ``text``, with at most ``count`` words."""
    for number, match in enumerate(_WORD.finditer(text)):
        if number == count:
            return text[: match.start()].rstrip()
    return text


def budget(reference: str) -> int:
    """How many words a text may have that is held against ``reference``."""
    return max(1, round(len(words(reference)) * SPARE))


def rouge2(text: str, references: Sequence[str]) -> float:
    """The best F-measure against one of ``references``, from 0 to 1; ``text`` is cut to the room that each gives."""
    return max((_f_measure(cut(text, budget(reference)), reference) for reference in references), default=0.0)


def _f_measure(text: str, reference: str) -> float:
    one, other = _pairs(text), _pairs(reference)
    common = (one & other).total()
    return 2 * common / (one.total() + other.total()) if common else 0.0


def _pairs(text: str) -> Counter[tuple[str, str]]:
    found = words(text)
    return Counter(itertools.pairwise(found))
