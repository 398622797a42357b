"""Writing the summary: over verified points only, each sentence held against the points that it cites."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sitegen.enrich import prompts
from sitegen.enrich.answers import SENTENCE, TITLE, Schema, Sentence, Writing, writing_schema
from sitegen.enrich.asking import Asker
from sitegen.enrich.claims import content_stems, figures_agree, objections, stems
from sitegen.enrich.engines.base import Message
from sitegen.enrich.grounding import shown
from sitegen.enrich.reading import Verified
from sitegen.errors import ContextExceeded

MOST_POINTS = 40
"""That one summary is written from."""
LEAST_SENTENCES, MOST_SENTENCES = 3, 6
MOST_TAGS = 6
SAME = 90
"""From this likeness on, of 100, two claims are one."""
_CITATION = re.compile(
    r"(?:\s*(?:\[\s*(?:points?|p\.?)?\s*\d{1,2}(?:\s*[,;–-]\s*p?\d{1,2})*\s*\]"
    r"|\(\s*(?:points?|p\.)\s*\d{1,2}(?:\s*(?:[,;–-]|and)\s*\d{1,2})*\s*\)))+",
    re.IGNORECASE,
)
"""[1], [p2, p3], (points 1 and 2); but not § 5 (2)."""


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
    """Sentences that their points did not support."""


def chosen(points: Sequence[Verified], most: int = MOST_POINTS) -> list[Verified]:
    """At most so many points, each once, from all over the document and in its order."""
    kept: list[Verified] = []
    for point in spread(points, most * 3):
        if not any(_same(point, other) for other in kept):
            kept.append(point)
    return in_order(spread(kept, most))


def spread(points: Sequence[Verified], most: int) -> list[Verified]:
    """The first points of all pieces, then the second ones; evenly over the document when there is not room for all."""
    kept: list[Verified] = []
    for rank in sorted({point.rank for point in points}):
        group = in_order([point for point in points if point.rank == rank])
        count = min(len(group), most - len(kept))
        kept += [group[number * len(group) // count] for number in range(count)]
    return kept


def in_order(points: Sequence[Verified]) -> list[Verified]:
    """As they stand in the document."""
    return sorted(points, key=lambda point: (point.span.start, point.rank))


def _same(one: Verified, other: Verified) -> bool:
    from rapidfuzz import fuzz

    likeness = fuzz.token_sort_ratio(one.claim.lower(), other.claim.lower(), score_cutoff=SAME)
    return likeness > 0 and figures_agree(one.claim, other.claim)


async def write(points: Sequence[Verified], language: str, asker: Asker) -> Written:
    """Title, dek, sentences and tags over ``points``. Raises ``EngineError``."""
    points = _fitting(points, language, asker)
    try:
        writing = await asker.ask(lambda short: _question(points, language, short), Writing)
    except ContextExceeded:
        if len(points) < 2:
            raise
        return await write(chosen(points, len(points) // 2), language, asker)
    return check(writing, points, language)


def check(writing: Writing, points: Sequence[Verified], language: str) -> Written:
    """What of ``writing`` its points support."""
    sentences, cited = [], []
    for sentence in writing.sentences[:MOST_SENTENCES]:
        text, rests_on = _checked(sentence, points, language)
        if text and text not in sentences:
            sentences.append(text)
            cited += rests_on
    everything = _passages(points)
    dek, _ = _checked(writing.dek, points, language)
    first = sentences[0] if sentences else points[0].claim
    return Written(
        title=_title(writing.title, everything, language),
        dek=dek or first,
        sentences=tuple(sentences),
        tags=_tags(writing.tags, everything),
        cited=tuple(dict.fromkeys(cited)),
        left_out=len(writing.sentences) - len(sentences),
    )


def _checked(sentence: Sentence, points: Sequence[Verified], language: str) -> tuple[str, list[Verified]]:
    """The sentence without its citation marks, and what it rests on; an empty one when it fails."""
    rests_on = [points[number - 1] for number in dict.fromkeys(sentence.points) if 0 < number <= len(points)]
    text = _without_citations(sentence.text)
    if not rests_on or not text or len(sentence.text) >= SENTENCE:  # one that long was cut off
        return "", []
    if objections(text, _passages(rests_on), language=language):
        return "", []
    return text, rests_on


def _without_citations(text: str) -> str:
    text = _CITATION.sub("", shown(text)).strip()
    return text if not text or text[-1] in ".!?…\"'”’»)" else f"{text}."


def _passages(points: Sequence[Verified]) -> str:
    return " ".join(f"{point.claim} {point.passage}" for point in points)


def _title(title: str, everything: str, language: str) -> str:
    text = shown(title).strip(" \"'“”„«».")
    if not any(map(str.isalpha, text)) or len(title) >= TITLE:
        return ""
    # Titles are written with capitals everywhere in English, which says nothing about names.
    return "" if objections(text, everything, language="de" if language == "en" else language, whole=False) else text


def _tags(tags: Sequence[str], everything: str) -> tuple[str, ...]:
    known = stems(everything)
    found = [shown(tag).strip(" #.,;").lower() for tag in tags]
    good = [tag for tag in found if 1 < len(tag) <= 40 and (wanted := content_stems(tag)) and wanted <= known]
    return tuple(dict.fromkeys(good))[:MOST_TAGS]


def _fitting(points: Sequence[Verified], language: str, asker: Asker) -> Sequence[Verified]:
    while len(points) > 1 and sum(map(asker.tokens.count, _texts(points, language))) > asker.room:
        points = chosen(points, len(points) * 3 // 4)
    return points


def _texts(points: Sequence[Verified], language: str) -> list[str]:
    return [message.content for message in _question(points, language, True)[0]]


def _question(points: Sequence[Verified], language: str, short: bool) -> tuple[Sequence[Message], Schema]:
    least = min(LEAST_SENTENCES, len(points))
    most = least if short else min(MOST_SENTENCES, max(len(points), least))
    fence = prompts.fence(*(f"{point.claim} {point.passage}" for point in points))
    messages = prompts.messages(
        "write", fence=fence, points=points, language=language, least=least, most=most, short=short
    )
    return messages, writing_schema(len(points), least, most)
