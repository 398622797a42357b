"""Whether a sentence is supported by the passage it names as evidence: by rule, so that the answer is always the same.

Checked are numbers, months, negation, opposites such as more and less or before and after, units, names, and whether
the two speak of the same things at all. Not checked: who did what to whom. An editor sees sentence and passage side by
side.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from sitegen.enrich import figures
from sitegen.enrich.opposites import contradictions

ENOUGH_COMMON = 0.5
"""The share of a sentence's content words that must stand in the passage."""
LEAST_WORDS, LEAST_CONTENT = 3, 2
"""Words, and among them those with content, that a sentence needs to say something."""
_STEM = 5
"""Letters in which two forms of a word agree: approve, approval; genehmigt, Genehmigung."""

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_NEGATOR = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|cannot|without|\w+n['’]t"
    r"|nicht|nichts|kein|keine|keiner|keinem|keinen|keines|nie|niemals|niemand|weder|ohne"
    r"|ne|n['’](?=\w)|pas|jamais|aucun|aucune|ni|sans|rien|nunca|ningún|ninguna|sin|senza|nessun|nessuna|niet|geen|zonder)"
    r"(?:\b|(?<=['’]))",
    re.IGNORECASE,
)
_NOT_NEGATION = re.compile(
    r"\bno\.?\s*\d|\bno (?:later|less|fewer|more) than\b|\bnot (?:only|later than|less than|more than|limited to)\b"
    r"|\bnicht (?:nur|später als|mehr als|weniger als)\b|\bnon seulement\b|\bsans préjudice\b|\bwithout prejudice\b"
    r"|\bne\b(?=(?:\W+\w+){1,4}\W+qu)|\bn['’](?=\w+(?:\W+\w+){0,4}\W+qu)",
    re.IGNORECASE,
)
_FUNCTION_WORDS = """
about above according after again against all also although among and another any are because been before being
between both but can could did does during each either every following for from further had has have having her here
his how however into its itself many may might more most must neither new now off once one only other our out over
own same several shall she should since some such than that the their them then there these they this those through
thus to under until upon was well were what when where whether which while who whom whose will with within would you
your aber alle allen aller als andere auch auf aus bei beim bis dabei dadurch damit dann das dass dem den der deren
des dessen die dies diese diesem diesen dieser dieses doch durch ein eine einem einen einer eines etwa für gegen hat
hatte haben hier ihr ihre im immer ist jede jeder jedoch jetzt kann können man mehr mit muss nach noch nun nur ob
oder ohne schon sehr sei sein seine seit sich sie sind soll sollen sowie über um und unter vom von vor war waren
wegen weil wenn wer werden wie wird wurde wurden zu zum zur zwischen afin ainsi alors après au aussi autre aux avant
avec bien car ce cela celle celui ces cet cette chez comme contre dans de depuis deux doit donc du elle elles en
encore entre est et était été être eux fait ils je la le les leur leurs lors lui mais même mes moins nos notre nous
ont ou où par pas pendant peut plus pour quand que quel quelle qui sa sans se selon ses si son sont sous sur tous
tout toute toutes très un une vers vos votre vous
"""
_COMMON = frozenset(_FUNCTION_WORDS.split())


def objections(
    sentence: str, passage: str, context: str = "", *, language: str = "und", whole: bool = True
) -> list[str]:
    """Why ``passage`` does not support ``sentence``; empty when nothing speaks against it.

    ``context`` is the wider text in which names may stand as well, such as the chunk that the passage is from. With
    ``whole`` the sentence stands for the whole passage, so that it must deny what the passage denies.
    """
    found = [f"{written} is not in the passage" for written in figures.missing(sentence, figures.pool(passage))]
    if negated(sentence) != negated(passage) and (whole or negated(sentence)):
        found.append("one of the two is a denial")
    found += contradictions(sentence, passage, language)
    known = {_base(word) for word in (*_words(passage), *_words(context))}
    found += [f"the name {name} is not there" for name in names(sentence, language) if _base(name) not in known]
    if common(sentence, passage) < ENOUGH_COMMON:
        found.append("it speaks of other things")
    if whole and thin(sentence):
        found.append("it says too little")
    return found


def thin(sentence: str) -> bool:
    """Whether a sentence hardly says anything: ``The lift.`` stands in a document, and tells nobody what it is of."""
    words = len(list(_words(sentence))) + len(re.findall(r"\d+", sentence))
    return words < LEAST_WORDS or (len(content_stems(sentence)) < LEAST_CONTENT and not re.search(r"\d", sentence))


def negated(text: str) -> bool:
    """Whether the text denies something."""
    return bool(_NEGATOR.search(_NOT_NEGATION.sub(" ", text)))


def common(sentence: str, passage: str) -> float:
    """The share, from 0 to 1, of the sentence's content words that stand in the passage in some form."""
    wanted = content_stems(sentence)
    return len(wanted & stems(passage)) / len(wanted) if wanted else 1.0


def content_stems(text: str) -> set[str]:
    return {_stem(word) for word in _words(text) if len(word) > 2 and word.lower() not in _COMMON}


def stems(text: str) -> set[str]:
    return {_stem(word) for word in _words(text)}


def names(sentence: str, language: str = "und") -> list[str]:
    """The words of a sentence that look like names: capitals inside it, abbreviations, letters with digits.

    The first word counts only when a second capital follows. German writes all nouns with capitals, so there only
    neighbours (Maria Keller) and abbreviations count.
    """
    found: list[str] = []
    tokens = list(_WORD.finditer(_normal(sentence)))
    capital = [token[0][0].isupper() and token[0].lower() not in _COMMON for token in tokens]
    for place, token in enumerate(tokens):
        beside = any(
            0 <= near < len(tokens)
            and capital[near]
            and _touch(sentence, tokens[min(place, near)], tokens[max(place, near)])
            for near in (place - 1, place + 1)
        )
        alone = place > 0 and language != "de"
        shouted = len(token[0]) > 1 and token[0].isupper()
        if capital[place] and (beside or alone or shouted):
            found.append(token[0])
    return found


def bases(text: str) -> frozenset[str]:
    """The words of a text as names are compared: in small letters, without accents, articles (l’Institut) and the
    ending of a case; initials left out."""
    parts = (part for word in _words(text) for part in word.replace("’", "'").split("'"))
    return frozenset(base for part in parts if len(base := _base(part)) > 1)


def capitalised(text: str) -> bool:
    """Whether a word of the text that is no function word is written with a capital, or the script has none."""
    words = [word for word in _words(text) if word.lower() not in _COMMON]
    return any(word != word.lower() or word.lower() == word.upper() for word in words)


def _touch(sentence: str, first: re.Match[str], second: re.Match[str]) -> bool:
    return second.start() - first.end() <= 2 and not set(sentence[first.end() : second.start()]) & set(",;:.!?()")


def _words(text: str) -> Iterable[str]:
    return _WORD.findall(_normal(text))


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _stem(word: str) -> str:
    return _letters(word)[:_STEM]


def _base(name: str) -> str:
    """A name without the ending of a case: Kellers, Deutschen."""
    letters = _letters(name)
    return letters[:4] + letters[4:].rstrip("esnr")


@lru_cache(maxsize=50_000)
def _letters(word: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", word.casefold()) if char.isalpha())
