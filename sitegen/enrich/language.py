"""Languages: which one a text is in, its function words, and whether a word is a word of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from functools import cache

UNKNOWN = "und"
_WORD = re.compile(r"[^\W\d_]+")
_SAMPLE = 20_000
"""Characters from the beginning that are looked at, and as many from the middle."""

_FUNCTION_WORDS = {
    "en": "the of and to in a is that for it was on are as with his they be at this have from or had by not but what "
    "all were when we there can an your which their said if do will each about how up out them then she many some so "
    "these would other into has more her two him see could no than been its who now my made over did down only may "
    "any such shall must should under between after before upon against because through during without within while "
    "where those you he i our me us also both most same very",
    "de": "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er "
    "hat dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis "
    "mehr durch man sein wurde sei hatte kann gegen vom können schon wenn habe ihre dann unter wir soll ich eines "
    "jahr zwei diese dieser wieder keine seine muss ohne da seiner worden ihr ihrer dieses waren diesem sowie nach "
    "beim dazu dies deren dessen damit wurden sollen darf müssen ihm ihn uns mich mir doch sehr alle",
    "fr": "de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont avec son ou "
    "comme mais ils aux cette on ses être fait leur sa leurs ont été nous vous ces si même elle sans peut entre dont "
    "aussi après tout deux était avant sous elles lui où ainsi depuis lors doit selon chaque tous très je me mon ma "
    "mes notre nos votre vos y afin soit ni car donc",
    "es": "de la que el en y a los se del las un por con no una su para es al lo como más o pero sus le ha me si sin "
    "sobre este ya entre cuando todo esta ser son dos también fue había era muy años hasta desde está mi porque",
    "it": "di che e la il un a per in una mi sono ho non ma lo ha le si ti i con cosa se io come da ci no questo "
    "qui hai sei del bene della è al dei nel alla più gli anche delle sono loro essere dal nella stato",
    "nl": "de en van ik te dat die in een hij het niet zijn is was op aan met als voor had er maar om hem dan zou of "
    "wat mijn men dit zo door over ze zich bij ook tot je mij uit der daar haar naar heb hoe heeft hebben deze want",
    "pt": "de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao ele das tem à seu "
    "sua ou ser quando muito há nos já está eu também só pelo pela até isso ela entre era depois sem mesmo aos",
}  # fmt: skip


@cache
def function_words(language: str) -> frozenset[str]:
    """The words that carry grammar and no topic; for an unknown language those of all that are known."""
    if language in _FUNCTION_WORDS:
        return frozenset(_FUNCTION_WORDS[language].split())
    return frozenset(word for words in _FUNCTION_WORDS.values() for word in words.split())


def is_known(language: str) -> bool:
    """Whether the language's function words are known, so that prose can be told from other text by them."""
    return language in _FUNCTION_WORDS


def detect(text: str) -> str:
    """The language of ``text`` as two letters, by its function words; ``und`` when too few of them are found.

    Knows English, German, French, Spanish, Italian, Dutch and Portuguese. docs/decisions says why not a library.
    """
    middle = len(text) // 2
    sample = text[:_SAMPLE] + (text[middle : middle + _SAMPLE] if middle > _SAMPLE else "")
    words = Counter(word.lower() for word in _WORD.findall(sample))
    total = sum(words.values())
    if total < 5:
        return UNKNOWN
    shares = {language: _known(words, function_words(language)) / total for language in _FUNCTION_WORDS}
    (first, best), (_, second) = sorted(shares.items(), key=lambda item: (-item[1], item[0]))[:2]
    needed = 0.12 if total > 40 else 0.2
    return first if best >= needed and best - second >= 0.03 else UNKNOWN


def _known(words: Mapping[str, int], wanted: Set[str]) -> int:
    return sum(count for word, count in words.items() if word in wanted)


_CONFUSED = (
    ("rn", "m"), ("m", "rn"), ("c", "e"), ("e", "c"), ("b", "h"), ("h", "b"), ("t", "f"), ("f", "t"), ("cl", "d"),
    ("d", "cl"), ("n", "ii"), ("ii", "n"), ("li", "h"), ("h", "li"), ("vv", "w"), ("w", "vv"), ("l", "i"), ("i", "l"),
    ("u", "n"), ("n", "u"), ("u", "ü"), ("a", "ä"), ("o", "ö"), ("B", "ß"), ("e", "é"), ("e", "è"), ("e", "ê"),
    ("1", "l"), ("0", "o"), ("in", "m"), ("ri", "n"),
)  # fmt: skip
"""What a recogniser of scanned text writes, and what stood there."""


class Dictionary:
    """Whether words are words: simplemma's tables for the document's language, asked once a word.

    A language without a table knows nothing, and ``useful`` says so.
    """

    def __init__(self, language: str) -> None:
        self._language = language
        self._known: dict[str, bool] = {}
        self._misread: dict[str, bool] = {}
        self.useful = language in ("en", "de", "fr", "es", "it", "nl", "pt")

    def knows(self, word: str) -> bool:
        """Whether the language has ``word``, as it is written or with a small first letter."""
        known = self._known.get(word)
        if known is None:
            known = self._known[word] = self._ask(word)
        return known

    def misread(self, word: str) -> bool:
        """Whether a word that is not known becomes one when one usual mistake of text recognition is undone."""
        misread = self._misread.get(word)
        if misread is None:
            misread = self._misread[word] = self._find_misread(word)
        return misread

    def torn(self, words: Sequence[str], number: int) -> bool:
        """Whether ``words[number]`` is the beginning or the end of a word that the recogniser tore apart."""
        word = words[number]
        before = words[number - 1] + word if number and word[0].islower() else ""
        after = word + words[number + 1] if number + 1 < len(words) and words[number + 1][0].islower() else ""
        return any(len(whole) > 4 and self.knows(whole) for whole in (before, after))

    def misread_in(self, text: str) -> bool:
        """Whether one of the words of ``text`` looks misread or torn."""
        words = _WORD.findall(text)
        return any(
            not self.knows(word) and (self.misread(word) or self.torn(words, number))
            for number, word in enumerate(words)
        )

    def _find_misread(self, word: str) -> bool:
        capital = word[:1].isupper()
        if not 3 < len(word) <= 30 or (capital and self._language != "de") or word.isupper():
            return False
        for wrong, right in _CONFUSED:
            at = word.find(wrong, 1)
            while 0 < at < len(word):
                if self._ask(word[:at] + right + word[at + len(wrong) :]):
                    return True
                at = word.find(wrong, at + 1)
        return False

    def _ask(self, word: str) -> bool:
        if not self.useful or len(word) > 60:
            return False
        word = word.replace("ſ", "s")
        if word.lower() in function_words(self._language):
            return True
        from simplemma import is_known

        return is_known(word, lang=self._language) or is_known(word.lower(), lang=self._language)
