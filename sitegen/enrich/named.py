"""Dates, amounts and names that a model says a document holds: kept only as they stand in the document."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable

from sitegen.enrich.answers import Mention
from sitegen.enrich.chunks import Chunk
from sitegen.enrich.claims import capitalised
from sitegen.enrich.figures import MONTHS, SCALES
from sitegen.enrich.grounding import Grounding, Span, fold, shown
from sitegen.enrich.summary import AmountMention, DateMention

NEAR = 300
"""What a date or an amount is about stands at most so many characters before or after it."""
MOST_WORDS = 8
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|\.)?"
_YEAR = r"(?P<year>[12]\d{3})"
_MONTH_NAME = rf"(?P<month>{_MONTH})\.?"
_NUMBER_DATES = (
    re.compile(r"(?P<year>[12]\d{3})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"),
    re.compile(r"(?P<day>\d{1,2})\. ?(?P<month>\d{1,2})\. ?(?P<year>[12]\d{3})"),
)
_WORD_DATES = (
    re.compile(rf"{_DAY} ?(?:of |de |d')?{_MONTH_NAME},? {_YEAR}"),
    re.compile(rf"{_MONTH_NAME} {_DAY},? {_YEAR}"),
    re.compile(rf"{_MONTH_NAME},? (?:of |de )?{_YEAR}"),
)
_SLASHES = re.compile(r"(?P<first>\d{1,2})/(?P<second>\d{1,2})/(?P<year>[12]\d{3})")
_CURRENCY = re.compile(
    r"[€$£¥₣]|(?<![^\W\d_])(?:eur|usd|gbp|chf|euros?|dollars?|pounds?|francs?|franken|cents?|mark|marks|dm|mk|yen|kronen?)"
    r"(?![^\W\d_])",
    re.IGNORECASE,
)
_SCALE_AFTER = re.compile(r"\s*(?:" + "|".join(sorted(SCALES, key=len, reverse=True)) + r")(?![^\W\d_])", re.IGNORECASE)


def dates(mentions: Iterable[Mention], grounding: Grounding, chunk: Chunk, language: str) -> list[DateMention]:
    """Those of the dates that stand in the chunk and can be read without guessing."""
    found = []
    for mention in mentions:
        span = grounding.contains(mention.text, chunk.start, chunk.end)
        text = _shown(grounding, span)
        if span and (iso := iso_date(text, language)):
            found.append(DateMention(text=text, iso=iso, about=_about(mention.about, span, grounding, chunk)))
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


def iso_date(text: str, language: str = "und") -> str:
    """``14 March 2025``, ``14.03.2025``, ``mars 2025`` as ISO 8601; empty when the text is no date, or could be two.

    03/04/2025 is one day in Europe and another one in America: in an English text only its year is certain.
    """
    folded = fold(text)
    for pattern in (*_NUMBER_DATES, *_WORD_DATES):
        if match := pattern.search(folded):
            parts = match.groupdict()
            month = MONTHS.get(parts["month"]) or int(parts["month"])
            return _iso(int(parts["year"]), month, int(parts["day"]) if parts.get("day") else None)
    if match := _SLASHES.search(folded):
        first, second, year = int(match["first"]), int(match["second"]), int(match["year"])
        if language == "en" and first <= 12 and second <= 12 and first != second:
            return str(year)
        return _iso(year, first, second) if second > 12 else _iso(year, second, first)
    only = re.fullmatch(r"(?:in |im jahre? |en )?([12]\d{3})", folded)
    return only[1] if only else ""


def distinct(found: Iterable[str], most: int) -> tuple[str, ...]:
    """Each name once, without those that are only a part of a longer one: Keller beside Maria Keller."""
    unique = list({fold(name): name for name in reversed(list(found))}.values())[::-1]
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


def _iso(year: int, month: int, day: int | None) -> str:
    try:
        return dt.date(year, month, day or 1).isoformat()[: 10 if day else 7]
    except ValueError:
        return ""
