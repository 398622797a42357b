"""Writing the summary: over verified points only, each sentence held against the points that it cites."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sitegen.enrich import prompts
from sitegen.enrich.answers import (
    SENTENCE,
    TITLE,
    Sentence,
    Sentences,
    Writing,
    sentences_schema,
    writing_schema,
)
from sitegen.enrich.asking import Asked, Asker
from sitegen.enrich.claims import objections
from sitegen.enrich.engines.base import Message
from sitegen.enrich.engines.transport import BrokenOff, TooSlow
from sitegen.enrich.grounding import shown
from sitegen.enrich.merging import chosen
from sitegen.enrich.pieces import Verified
from sitegen.enrich.vocabulary import Vocabulary
from sitegen.errors import AnswerInvalid, AnswerUnfinished, ContextExceeded

LEAST_SENTENCES, MOST_SENTENCES = 3, 6
MOST_NOTE = 500
"""Characters of an editor's instruction."""
_CITATION = re.compile(
    r"(?:\s*(?:\[\s*(?:points?|p\.?)?\s*\d{1,2}(?:\s*[,;–-]\s*p?\d{1,2})*\s*\]"
    r"|\(\s*(?:points?|p\.)\s*\d{1,2}(?:\s*(?:[,;–-]|and)\s*\d{1,2})*\s*\)))+",
    re.IGNORECASE,
)
"""[1], [p2, p3], (points 1 and 2); but not § 5 (2)."""


@dataclass(frozen=True, slots=True)
class Material:
    """What the summary is written from and in which way."""

    points: Sequence[Verified]
    language: str
    vocabulary: Vocabulary
    note: str = ""
    """An editor's instruction."""

    def with_points(self, points: Sequence[Verified]) -> Material:
        return Material(points, self.language, self.vocabulary, self.note)


@dataclass(frozen=True, slots=True)
class Written:
    """What the summary says, after checking."""

    title: str
    """Empty when it failed."""
    dek: str
    sentences: tuple[str, ...]
    tags: tuple[str, ...]
    cited: tuple[Verified, ...]
    """The points that its sentences rest on, the first first."""
    left_out: int
    """Sentences that their points did not support, also when written anew."""


@dataclass(frozen=True, slots=True)
class _Checked:
    """A sentence without its citation marks, what it rests on, and what is wrong with it."""

    text: str
    rests_on: tuple[Verified, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        return not self.reasons


def instruction(note: str) -> str:
    """An editor's instruction as it is given to the model: one line, bounded."""
    return shown(note)[:MOST_NOTE].strip()


async def write(material: Material, asker: Asker) -> Written | None:
    """Title, dek, sentences and tags; None when the model gives no usable answer. Raises ``EngineError``."""
    material = _fitting(material, asker)
    try:
        writing = await asker.ask(lambda short: _question(material, asker, short), Writing)
    except (TooSlow, BrokenOff):
        raise
    except ContextExceeded:
        if len(material.points) < 2:
            raise
    except (AnswerInvalid, AnswerUnfinished):
        if len(material.points) < 4:
            return None
    else:
        return await _finished(writing, material, asker)
    return await write(material.with_points(chosen(material.points, len(material.points) // 2)), asker)


async def _finished(writing: Writing, material: Material, asker: Asker) -> Written:
    """The writing after its sentences were checked, and those that failed once more after being rewritten."""
    checked = [_check(sentence, material) for sentence in (writing.dek, *writing.sentences[:MOST_SENTENCES])]
    failed = [number for number, one in enumerate(checked) if not one.good and one.text]
    if failed:
        anew = await _rewritten([checked[number] for number in failed], material, asker)
        for number, sentence in zip(failed, anew, strict=False):
            checked[number] = _check(sentence, material)
    dek, *sentences = checked
    good = list({one.text: one for one in sentences if one.good}.values())
    return Written(
        title=_title(writing.title, material),
        dek=dek.text if dek.good else good[0].text if good else material.points[0].claim,
        sentences=tuple(one.text for one in good),
        tags=material.vocabulary.kept(writing.tags, _passages(material.points)),
        cited=tuple(dict.fromkeys(point for one in good for point in one.rests_on)),
        left_out=len(writing.sentences) - len(good),
    )


async def _rewritten(failed: Sequence[_Checked], material: Material, asker: Asker) -> Sequence[Sentence]:
    """New sentences in place of those that failed, in their order; none when the model gives no usable answer."""
    values = _values(material, short=False)
    marked = prompts.fence(values["fence"], values["tags_fence"], *(f"{one.text} {one.reasons}" for one in failed))
    messages = asker.prompts.messages("write", "again", **values, failed=failed, marked=marked)
    try:
        answer = await asker.ask_once((messages, sentences_schema(len(material.points), len(failed))), Sentences)
    except (TooSlow, BrokenOff):
        raise
    except (AnswerInvalid, AnswerUnfinished, ContextExceeded):
        return ()
    return answer.sentences


def _check(sentence: Sentence, material: Material) -> _Checked:
    points = material.points
    rests_on = tuple(points[number - 1] for number in dict.fromkeys(sentence.points) if 0 < number <= len(points))
    text = _without_citations(sentence.text)
    if not text:
        return _Checked("", (), ("it says nothing",))
    if len(sentence.text) >= SENTENCE:
        return _Checked(text, (), ("it is too long, so that its end was cut off",))
    if not rests_on:
        return _Checked(text, (), ("it names no point that it rests on",))
    return _Checked(text, rests_on, tuple(objections(text, _passages(rests_on), language=material.language)))


def _without_citations(text: str) -> str:
    text = _CITATION.sub("", shown(text)).strip()
    return text if not text or text[-1] in ".!?…\"'”’»)" else f"{text}."


def _passages(points: Sequence[Verified]) -> str:
    return " ".join(f"{point.claim} {point.passage}" for point in points)


def _title(title: str, material: Material) -> str:
    text = shown(title).strip(" \"'“”„«».")
    if not any(map(str.isalpha, text)) or len(title) >= TITLE:
        return ""
    # Titles are written with capitals everywhere in English, which says nothing about names.
    language = "de" if material.language == "en" else material.language
    return "" if objections(text, _passages(material.points), language=language, whole=False) else text


def _fitting(material: Material, asker: Asker) -> Material:
    while len(material.points) > 1 and sum(map(asker.tokens.count, _texts(material, asker))) > asker.room:
        material = material.with_points(chosen(material.points, len(material.points) * 3 // 4))
    return material


def _texts(material: Material, asker: Asker) -> list[str]:
    messages: Sequence[Message] = _question(material, asker, True)[0]
    return [message.content for message in messages]


def _question(material: Material, asker: Asker, short: bool) -> Asked:
    values = _values(material, short=short)
    messages = asker.prompts.messages("write", **values)
    return messages, writing_schema(len(material.points), values["least"], values["most"])


def _values(material: Material, *, short: bool) -> dict[str, Any]:
    points = material.points
    least = min(LEAST_SENTENCES, len(points))
    fence = prompts.fence(*(f"{point.claim} {point.passage}" for point in points), *material.vocabulary.tags)
    return {
        "fence": fence,
        "points": points,
        "language": material.language,
        "least": least,
        "most": least if short else min(MOST_SENTENCES, max(len(points), least)),
        "short": short,
        "tags": material.vocabulary.tags,
        "tags_fence": prompts.fence(fence, *material.vocabulary.tags),
        "new_tags": material.vocabulary.new,
        "note": material.note,
    }
