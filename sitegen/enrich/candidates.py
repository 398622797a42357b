"""Candidates: the sentences of a document that a reader could be shown, and what speaks for and against each.

What speaks against one: that it is cut off, a row of a table, a form, made of scanning errors, or leans on what went
before. What speaks for it: its place, words of decision and duty, figures, and the words of the title.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sitegen.enrich import cues, scripts
from sitegen.enrich.language import Dictionary, function_words, is_known
from sitegen.enrich.sentences import Sentence

MAX_WEIGHED = 6_000
"""Sentences that are looked at closely: all of a document of some 300 pages."""
MISREAD_SHARE = 0.1
"""From this share of sentences with traces of bad recognition on, a document is taken for a scan."""
_WORD = re.compile(r"[^\W\d_]+(?:[-’'][^\W\d_]+)*")
_STRAY = re.compile(r"(?:^|\s)(?:[_~|^*#=<>\\]+|[.,'’`](?=\s)|[^\W\d_][_~|^]+|[;,.]{2,}(?<!\.\.\.))(?=\s|$)")
_MIXED = re.compile(
    r"[^\W\d_]\d[^\W\d_]|[a-z]{2}[A-Z]{2}|\b[A-Z][a-z][A-Z]{2}|\b[A-Z]{2,}l\b|\ufffd|[{}\\^~|<>]|(\w)\1{3}|‚[a-z]|[—–-]_|"
    r"[a-zäöüß]{2}[.,](?!(?:gov|com|org|net|edu|eu|de|fr|io|html?|pdf)\b)[a-zäöüß]{2,}|(?<!\.)\.\.(?!\.)"
)
_ADDRESS = re.compile(r"\S*(?:https?:|www\.)\S*|\S+@\S+|\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,4}(?:/\S*|\b(?!\.))")
_LETTERS_THAT_ARE_WORDS = frozenset("aàyoôiIA")
_OPENERS = {"(": ")", "[": "]", "„": "“”", "«": "»", "“": "”"}
_GLUED = re.compile(
    r"[a-zà-ÿß\d] (?:The|An?|It|This|If|When|We|Une?|Des|Il|Elle|Cette|Nous|Ein|Eine|Wir|Es|Bei|Der|Das)\s(?!\d)"
)
"""The first word of a sentence in the middle of another: a label or a row of a table ran into it."""
_UNFINISHED = re.compile(r"(?:(?:^|\s)[a-zß-ÿ][\w’'-]*|,)$")
_VERB = re.compile(
    r"\b(?:is|are|was|were|be|been|has|have|had|shall|will|may|must|can|could|should|would|do|does|did|\w+ed|\w{3,}s|"
    r"ist|sind|war|waren|wird|werden|wurden?|hat|haben|hatten?|kann|können|muss|müssen|soll|sollen|darf|dürfen|[a-zß-ÿ]+te?|"
    r"est|sont|était|a|ont|sera|seront|doit|doivent|peut|peuvent|\w+(?:ent|e|é|ée|it)|fut)\b"
)
"""A word that could be the verb of a short sentence; sure enough to tell titles from sentences."""
_CLOSED = re.compile(rf"[.!?…{scripts.ENDS}][\"'”’»“)\]」』]*(?:\s?[»”])?$")
_LINES_UP = re.compile(r"(?:\d[\d.,]*\s+){4,}|(?:\s[-–—]\s.*){4,}|\.{5,}|(?:\s\S\s\S){3,}\s")


@dataclass(slots=True)
class Candidate:
    """A sentence with what speaks for it."""

    sentence: Sentence
    words: Counter[str]
    quality: float
    """0 for what no reader should see, 1 for clean prose."""
    cue: float = 0
    """Place and wording, about 0 to 1."""
    dependence: float = 0
    score: float = 0
    misread: bool = False
    """Whether text recognition went wrong in it."""


class Reader:
    """Looks at the sentences of one document."""

    def __init__(self, title: str, language: str, dictionary: Dictionary) -> None:
        self._language = language
        self._dictionary = dictionary
        self._function = function_words(language)
        self._known = is_known(language)
        self._title = self.topics(title)
        self._seen: Counter[str] = Counter()
        self._scanned = False

    def topics(self, text: str) -> Counter[str]:
        """The words of ``text`` that carry its topic, reduced to a common form."""
        words = (word.lower() for word in scripts.words(text))
        least = 2 if self._known else 1
        return Counter(_stem(word) for word in words if len(word) > least and word not in self._function)

    def candidates(self, sentences: Sequence[Sentence], headings: Sequence[str]) -> list[Candidate]:
        """The sentences that could stand in an extract, in order; ``headings`` by section.

        Of a document with more than ``MAX_WEIGHED`` sentences an even choice is looked at.
        """
        stride = max(1, math.ceil(len(sentences) / MAX_WEIGHED))
        self._seen.update(word for sentence in sentences[::stride] for word in _WORD.findall(sentence.text))
        sample = sentences[:: max(1, len(sentences) // 1000)]
        misread = sum(self.traces(sentence.text)[0] >= 1 for sentence in sample)
        self._scanned = misread > MISREAD_SHARE * len(sample)
        found = []
        lead: int | None = None
        before: Sentence | None = None
        for number, sentence in enumerate(sentences):
            if number % stride == 0 or number < MAX_WEIGHED // 10:
                candidate = self._candidate(sentence, before, headings[sentence.section])
                if candidate is not None:
                    lead = sentence.block if lead is None and sentence.kind == "paragraph" else lead
                    candidate.cue = self._cue(candidate, headings[sentence.section], lead)
                    found.append(candidate)
            before = sentence
        return found

    def _candidate(self, sentence: Sentence, before: Sentence | None, heading: str) -> Candidate | None:
        quality, misread = self.quality(sentence)
        quality -= 0.35 * self._goes_on(before, sentence)
        if quality <= 0.3 and not (misread and quality > 0):
            return None
        if cues.is_appendix(heading):
            quality *= 0.4
        leaning = 0.4 * cues.leans(sentence.text, self._language)
        dependence = max(leaning, cues.depends(sentence.text, self._language))
        return Candidate(sentence, self.topics(sentence.text), quality, dependence=dependence, misread=misread)

    def quality(self, sentence: Sentence) -> tuple[float, bool]:
        """How fit for reading a sentence is (whole, of a good length, made of words), and whether it was misread."""
        text = sentence.text
        if len(text) > 700 or not _is_whole(text) or cues.is_form(text):
            return 0, False
        words = scripts.words(text)
        if not 5 <= len(words) <= 80 or max(map(len, words)) > 60:
            return 0, False
        # Of a language whose function words are not known, each sentence passes for prose of the usual kind.
        share = sum(word.lower() in self._function for word in words) / len(words) if self._known else 0.25
        if share < 0.12 or not self._is_prose(text, words):
            return 0, False
        sure, unknown = self.traces(text)
        quality = 1.0 - 0.12 * sure - min(0.3, 0.06 * unknown) - max(0, 0.25 - share)
        quality -= 0.08 * max(0, 9 - len(words)) + 0.022 * max(0, len(words) - 32)
        quality -= 0.3 * (not _is_balanced(text)) + _flaws(text)
        if self._scanned and sure >= 1:  # in a scan the mark is an error; elsewhere more likely a rare word
            return max(0.0, min(0.3, quality) / 3), True
        return max(0.0, quality), False

    def _is_prose(self, text: str, words: Sequence[str]) -> bool:
        letters = sum(map(len, words))
        shouted = sum(word.isupper() and len(word) > 1 for word in words) / len(words)
        titled = sum(word[0].isupper() for word in words) / len(words)
        if letters < 0.6 * len(text.replace(" ", "")) or shouted > 0.4 or _LINES_UP.search(text):
            return False
        return titled <= (0.75 if self._language == "de" else 0.6) and not re.search(r"\s[.,]$", text)

    def _goes_on(self, before: Sentence | None, sentence: Sentence) -> bool:
        """Whether a sentence is rather the end of the one before it, which a line end cut off."""
        if before is None or sentence.kind == "item" or not 0 <= sentence.block - before.block <= 1:
            return False
        words = _WORD.findall(before.text)
        prose = len(words) >= 5 and any(word.lower() in self._function for word in words)
        return prose and before.section == sentence.section and bool(_UNFINISHED.search(before.text))

    def traces(self, text: str) -> tuple[float, float]:
        """What text recognition left in a sentence: sure traces (from 1 on a mistake), and words that are unknown."""
        if "." in text or "@" in text or "/" in text:
            text = _ADDRESS.sub(" ", text[:700])
        words = _WORD.findall(text)[:120]
        sure = 1.5 * stray_marks(text)
        unknown = 0.0
        for number, word in enumerate(words):
            if len(word) == 1 and word not in _LETTERS_THAT_ARE_WORDS and word.islower():
                sure += 0.5
            elif self._dictionary.useful and self._seen[word] < 3 and not self._is_word(word):
                if self._is_misread(word) or self._dictionary.torn(words, number):
                    sure += 2
                elif word[0].islower():
                    unknown += 0.6 if self._language == "de" and len(word) > 9 else 1
        return sure, unknown

    def _is_misread(self, word: str) -> bool:
        return any(
            self._dictionary.misread(part) for part in re.split(r"[-’']", word) if not self._dictionary.knows(part)
        )

    def _is_word(self, word: str) -> bool:
        parts = [part for part in re.split(r"[-’']", word) if len(part) > 1]
        return all(self._dictionary.knows(part) for part in parts)

    def _cue(self, candidate: Candidate, heading: str, lead: int | None) -> float:
        sentence = candidate.sentence
        cue = 0.0
        if sentence.block == lead:
            cue += 0.55 - 0.12 * min(sentence.position, 3)
        elif lead is not None and sentence.block <= lead + 2:
            cue += 0.15
        if sentence.position == 0:
            cue += 0.1
        if cues.is_summary(heading):
            cue += 0.25
        cue += 0.09 * min(cues.weight(sentence.text, self._language), 3)
        cue += 0.06 * bool(re.search(r"\d", sentence.text))
        if self._title:
            cue += 0.3 * sum(word in candidate.words for word in self._title) / len(self._title)
        return cue


def stray_marks(text: str) -> int:
    """How many characters stand in ``text`` where only a bad scan puts them."""
    return len(_STRAY.findall(text)) + len(_MIXED.findall(text))


def _stem(word: str) -> str:
    """Enough of a stem to bring inflected forms together: the first letters of long words."""
    return word[: max(5, len(word) - 3)] if len(word) > 6 else word[:5]


def _is_whole(text: str) -> bool:
    """Whether a sentence begins and ends as one does."""
    begin = re.match(r"[\"'„“«‘(]*\s?(?:[^\W\d_]|(?:EUR|€|\$|£)?\s?\d[\d.,\u00a0]*(?=\s?%?\s[^\W\d_]))", text)
    if re.match(r"(?:[A-Z]|[IVX]{1,4})\.\s", text):  # a number of a section that ran into the text
        return False
    if begin is None or not _CLOSED.search(text):
        return False
    first = begin.group()[-1]
    return not first.islower()


def _flaws(text: str) -> float:
    """Marks of a sentence that is not one, or that asks instead of telling."""
    flaws = 0.25 * bool(_GLUED.search(text)) + 0.3 * bool(
        re.search(r"[;,] (?:and |or )?[‘'(]*\([A-Za-z0-9]{1,2}\) ", text)
    )
    if len(text) < 60 and not _VERB.search(text):
        flaws += 0.2
    return flaws + 0.4 * text.rstrip("\"'”’»“) ").endswith("?")


def _is_balanced(text: str) -> bool:
    for opener, closers in _OPENERS.items():
        opened, closed = text.count(opener), sum(text.count(closer) for closer in closers)
        if opener == "“" and "„" in text:
            continue
        if opened != closed:
            return False
    return text.count('"') % 2 == 0
