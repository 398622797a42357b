"""A model made of rules, for the stand-ins of chat servers: it answers sitegen's own prompts, always the same.

It copies sentences of the document that it is given and writes its summary from the points that it is given, so that
what it says stands in the document. Any other prompt is answered by the smallest JSON that fits the schema.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

Json = dict[str, Any]

_FENCED = re.compile(r"^\[(DOCUMENT \d+) BEGINS\]\n(.*)^\[\1 ENDS\]$", re.MULTILINE | re.DOTALL)
_BETWEEN = re.compile(r"(?<=[.!?])\s+(?=[A-ZÄÖÜÉ0-9\"“„(])|\n\s*\n|\f")
_MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December|Januar|Februar|März|Mai|Juni|"
    "Juli|Oktober|Dezember|janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre"
)
_DATE = re.compile(
    rf"\b(?:\d{{1,2}}(?:er|th|st|nd|rd|\.)? (?:{_MONTHS}) \d{{4}}|\d{{1,2}}\.\d{{1,2}}\.\d{{4}}|\d{{4}}-\d\d-\d\d)\b"
)
_AMOUNT = re.compile(
    r"(?:[€$£] ?\d[\d.,]*\d(?: (?:million|billion))?|\d[\d.,  ]*\d ?(?:€|Euro|euros?|EUR|francs?|dollars?)(?!\w))"
)
_PERSON = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|Herrn?|Frau|M|Mme)\.? ([A-ZÄÖÜÉ][\wéèüöäß-]+(?: [A-ZÄÖÜÉ][\wéèüöäß-]+)?)")
_ORGANISATION = re.compile(
    r"\b(?:[A-ZÄÖÜ][\wäöüß&-]+ ){1,3}(?:Council|Committee|Office|Ltd|GmbH|AG|Inc|Company|Agency|Department|Amt|SARL)\b"
)


def answer(messages: Sequence[Mapping[str, Any]], schema: Mapping[str, Any] | None) -> str:
    """The answer to a chat, as text: JSON when there is a schema."""
    text = str(messages[-1].get("content", "")) if messages else ""
    if not schema:
        return "I can say nothing about that."
    fenced = _FENCED.search(text)
    properties = schema.get("properties", {})
    material = fenced[2] if fenced else ""
    value = least(schema)
    if fenced and "claim" in json.dumps(properties.get("points", {})):
        value = extraction(material, properties)
    elif fenced and set(properties) == {"points"}:
        value = {"points": choice(material, properties["points"]["maxItems"])}
    elif fenced and "sentences" in properties:
        value = writing(material, properties)
    return json.dumps(value, ensure_ascii=False)


def extraction(text: str, properties: Mapping[str, Any]) -> Json:
    """Sentences as points, with dates, amounts and names found by pattern."""
    most = properties["points"]["maxItems"]
    found = sentences(text)
    count = min(most, len(found))
    chosen = [found[number * len(found) // count] for number in range(count)]
    return {
        "points": [{"claim": fold(one), "quote": one} for one in chosen],
        "dates": [_mention(match, text) for match in _DATE.finditer(text)][:most],
        "amounts": [_mention(match, text) for match in _AMOUNT.finditer(text)][:most],
        "people": list(dict.fromkeys(fold(match[1]) for match in _PERSON.finditer(text)))[:most],
        "organisations": list(dict.fromkeys(fold(match[0]) for match in _ORGANISATION.finditer(text)))[:most],
        "places": [],
    }


def choice(text: str, most: int) -> list[int]:
    """The numbers of points, evenly from all that it was given."""
    count = len(re.findall(r"^\d+\. ", text, re.MULTILINE))
    return [1 + number * count // most for number in range(most)] if count > most else list(range(1, count + 1))


def writing(text: str, properties: Mapping[str, Any]) -> Json:
    """A summary that repeats the points it was given."""
    claims = re.findall(r"^\d+\. (.*)$", text, re.MULTILINE)
    most = properties["sentences"]["maxItems"]
    words = Counter(word for claim in claims for word in re.findall(r"\b[a-zäöüßéè]{6,}\b", claim))
    return {
        "title": " ".join(claims[0].rstrip(".!?").split()[:8]),
        "dek": {"text": claims[0], "points": [1]},
        "sentences": [{"text": claim, "points": [number]} for number, claim in enumerate(claims[:most], 1)],
        "tags": [word for word, count in words.most_common(3) if count > 1],
    }


def sentences(text: str) -> list[str]:
    """Whole sentences of 5 to 45 words that fit a point; else lines; each as it stands in the text."""
    found = [one.strip() for one in _BETWEEN.split(text)]
    fitting = [one for one in found if 5 <= len(one.split()) <= 45 and len(one) < 290 and one[-1] in ".!?"]
    return fitting or [line.strip() for line in text.split("\n") if len(line.split()) >= 3 and len(line) < 290]


def fold(text: str) -> str:
    return " ".join(text.split())


def least(schema: Mapping[str, Any]) -> Any:
    """The smallest value that fits a schema."""
    kind = schema.get("type")
    if kind == "object":
        return {name: least(inner) for name, inner in schema.get("properties", {}).items()}
    if kind == "array":
        return [least(schema["items"])] * int(schema.get("minItems", 0))
    return {"integer": schema.get("minimum", 0), "number": 0, "boolean": False}.get(str(kind), "")


def _mention(match: re.Match[str], text: str) -> Json:
    start = max(text.rfind(mark, 0, match.start()) for mark in (". ", "\n\n")) + 2 if match.start() > 2 else 0
    around = text[max(start, match.start() - 100, 0) : match.end() + 40]
    return {"text": fold(match[0]), "about": fold(around.rsplit(" ", 1)[0])[:150]}
