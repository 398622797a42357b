"""Dates, amounts and names that a model says a document holds: kept only as they stand in the document."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sitegen.enrich import dates as read
from sitegen.enrich.answers import Mention
from sitegen.enrich.chunks import Chunk
from sitegen.enrich.claims import capitalised
from sitegen.enrich.figures import SCALES
from sitegen.enrich.grounding import Grounding, Span, fold, shown
from sitegen.enrich.summary import AmountMention, DateMention

NEAR = 300
"""What a date or an amount is about stands at most so many characters before or after it."""
MOST_WORDS = 8
MOST_COMPARED = 300
"""Names, the first ones; a document of thousands of names would be compared for minutes."""
_CURRENCY = re.compile(
    r"[€$£¥₣]|(?<![^\W\d_])(?:eur|usd|gbp|chf|euros?|dollars?|pounds?|francs?|franken|cents?|mark|marks|dm|mk|yen|kronen?)"
    r"(?![^\W\d_])",
    re.IGNORECASE,
)
_SCALE_AFTER = re.compile(r"\s*(?:" + "|".join(sorted(SCALES, key=len, reverse=True)) + r")(?![^\W\d_])", re.IGNORECASE)


def dates(mentions: Iterable[Mention], grounding: Grounding, chunk: Chunk, language: str) -> list[DateMention]:
    """Those of the dates that stand in the chunk and can be read without guessing, see ``enrich.dates``."""
    found = []
    for mention in mentions:
        span = grounding.contains(mention.text, chunk.start, chunk.end)
        text = _shown(grounding, span)
        day = next(read.find(text, language), None)
        if span and day:
            text = text[day.start : day.end]
            found.append(DateMention(text=text, iso=day.iso, about=_about(mention.about, span, grounding, chunk)))
    return found


def amounts(mentions: Iterable[Mention], grounding: Grounding, chunk: Chunk) -> list[AmountMention]:
    """Those of the amounts that stand in the chunk, with a figure and a currency; a million after it belongs to it."""
    found = []
    for mention in mentions:
        span = grounding.contains(mention.text, chunk.start, chunk.end)
        if span is None:
            continue
        scale = _SCALE_AFTER.match(grounding.text, span.end, chunk.end)
        span = Span(span.start, scale.end(), span.score) if scale else span
        text = _shown(grounding, span)
        if re.search(r"\d", text) and _CURRENCY.search(text):
            found.append(AmountMention(text=text, about=_about(mention.about, span, grounding, chunk)))
    return found


def names(said: Iterable[str], grounding: Grounding, chunk: Chunk) -> list[str]:
    """Those of the names that stand in the chunk, as they stand there."""
    found = []
    for name in said:
        text = _shown(grounding, grounding.contains(name, chunk.start, chunk.end))
        if len(text) > 1 and len(text.split()) <= MOST_WORDS and capitalised(text):
            found.append(text)
    return found


def distinct(found: Iterable[str], most: int) -> tuple[str, ...]:
    """Each name once, without those that are only a part of a longer one: Keller beside Maria Keller."""
    unique = list({fold(name): name for name in reversed(list(found))}.values())[::-1][:MOST_COMPARED]
    whole = [
        name
        for name in unique
        if not any(name is not other and f" {fold(name)} " in f" {fold(other)} " for other in unique)
    ]
    return tuple(whole[:most])


def _about(words: str, place: Span, grounding: Grounding, chunk: Chunk) -> str:
    low, high = max(place.start - NEAR, chunk.start), min(place.end + NEAR, chunk.end)
    span = grounding.find(words, low, high) if len(words) > 3 else None
    return _shown(grounding, span)


def _shown(grounding: Grounding, span: Span | None) -> str:
    return shown(grounding.text[span.start : span.end]) if span else ""
