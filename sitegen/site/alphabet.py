"""Alphabet: the order in which readers of a language look for words; the same on every machine, without ICU.

Marks on letters count for nothing (Ä stands with A), but where a language has a marked letter as one of its own, it
follows its neighbour: ñ after n in Spanish, å, ä and ö after z in Swedish.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import cache

_NORDIC, _SWEDISH, _BALKAN, _CZECH = "zæøå", "zåäö", "cčć dđ sš zž", "cč rř sš zž"
_OWN_LETTERS = {
    **dict.fromkeys(("da", "nb", "nn", "no"), _NORDIC),
    **dict.fromkeys(("fi", "sv"), _SWEDISH),
    **dict.fromkeys(("bs", "hr", "sl", "sr"), _BALKAN),
    **{
        "cs": _CZECH,
        "sk": f"aä {_CZECH} oô",
        "et": "sšzž wõäöü",
        "es": "nñ",
        "gl": "nñ",
        "hu": "oöő uüű",
        "is": "dð zþæö",
    },
    **{"lt": "cč sš zž", "lv": "cč gģ kķ lļ nņ sš zž", "pl": "aą cć eę lł nń oó sś zźż", "ro": "aăâ iî sș tț"},
    **{"tr": "cç gğ hı oö sş uü", "az": "cç eə gğ hı oö sş uü"},
}
"""By language: groups of a letter and those that follow it, as CLDR's collations have them for single letters."""
_PLAIN = {"ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ı": "i", "ə": "e", "ħ": "h"}
"""Letters that Unicode does not take apart."""


def order(language: str) -> Callable[[str], tuple[str, str]]:
    """The sort key for names in lists that are read in ``language``."""
    letters = _letters(language.partition("-")[0].lower())

    def key(name: str) -> tuple[str, str]:
        small = unicodedata.normalize("NFC", name).casefold()
        return "".join(letters.get(char) or _bare(char) for char in small), name

    return key


@cache
def _letters(language: str) -> dict[str, str]:
    # What no text holds goes behind the neighbour, so that the letter comes after all words that begin with that.
    return {
        letter: f"{group[0]}{chr(0xFFF00 + number)}"
        for group in _OWN_LETTERS.get(language, "").split()
        for number, letter in enumerate(group[1:])
    }


@cache
def _bare(char: str) -> str:
    plain = "".join(part for part in unicodedata.normalize("NFKD", char) if not unicodedata.combining(part))
    return _PLAIN.get(plain, plain)
