"""What a model is asked to answer: the JSON schemas, with every string and list bounded, and the reading of answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from sitegen.errors import AnswerInvalid

CLAIM, QUOTE, NAME, WORDS, SENTENCE, TITLE, TAG = 300, 500, 80, 160, 400, 140, 40
"""The longest strings, in characters. llama.cpp drops a bound of 2,000 and more without a word."""

Schema = dict[str, Any]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Noted(_Answer):
    """A point as the model noted it: not yet verified."""

    claim: str
    quote: str


class Mention(_Answer):
    text: str
    about: str = ""


class Extraction(_Answer):
    """What the model found in one piece of a document."""

    points: tuple[Noted, ...]
    dates: tuple[Mention, ...] = ()
    amounts: tuple[Mention, ...] = ()
    people: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    places: tuple[str, ...] = ()


class Points(_Answer):
    """Points alone."""

    points: tuple[Noted, ...]


class Choice(_Answer):
    """The numbers of points, from 1, the most important first."""

    points: tuple[int, ...]


class Sentence(_Answer):
    """A sentence and the numbers of the points, from 1, that it rests on."""

    text: str
    points: tuple[int, ...]


class Sentences(_Answer):
    """Sentences alone."""

    sentences: tuple[Sentence, ...]


class Writing(_Answer):
    """The summary as the model wrote it."""

    title: str
    dek: Sentence
    sentences: tuple[Sentence, ...]
    tags: tuple[str, ...] = ()


A = TypeVar("A", bound=_Answer)


def extraction_schema(items: int) -> Schema:
    """The schema of an ``Extraction`` with at most ``items`` points, dates and amounts."""
    mention = _object(text=_string(NAME), about=_string(WORDS))
    return _object(
        points=_list(_object(claim=_string(CLAIM), quote=_string(QUOTE)), items),
        dates=_list(mention, items),
        amounts=_list(mention, items),
        people=_list(_string(NAME), items),
        organisations=_list(_string(NAME), items),
        places=_list(_string(NAME), items),
    )


def points_schema(items: int) -> Schema:
    """The schema of ``Points``."""
    return _object(points=_list(_object(claim=_string(CLAIM), quote=_string(QUOTE)), items))


def choice_schema(points: int, most: int) -> Schema:
    """The schema of a ``Choice`` of at most ``most`` among ``points``."""
    return _object(points={**_list({"type": "integer", "minimum": 1, "maximum": points}, most), "minItems": 1})


def sentences_schema(points: int, count: int) -> Schema:
    """The schema of exactly ``count`` ``Sentences`` about points numbered from 1 to ``points``."""
    return _object(sentences={**_list(_sentence(points), count), "minItems": count})


def writing_schema(points: int, least: int, most: int) -> Schema:
    """The schema of a ``Writing`` about points numbered from 1 to ``points``."""
    sentence = _sentence(points)
    return _object(
        title=_string(TITLE),
        dek=sentence,
        sentences={**_list(sentence, most), "minItems": least},
        tags=_list(_string(TAG), 6),
    )


def read(text: str, kind: type[A]) -> A:
    """The answer in ``text``. Raises ``AnswerInvalid`` when it is not JSON, or not of this kind."""
    # Servers that do not hold the model to the schema let it wrap the object into words or a code block.
    start, end = text.find("{"), text.rfind("}")
    try:
        value = json.loads(text[start : end + 1])
        return kind.model_validate(value)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise AnswerInvalid(f"the answer does not fit what was asked for: {where}") from error
    except (ValueError, RecursionError) as error:
        raise AnswerInvalid("the answer is not JSON") from error


def _sentence(points: int) -> Schema:
    number = {"type": "integer", "minimum": 1, "maximum": points}
    return _object(text=_string(SENTENCE), points={**_list(number, 6), "minItems": 1})


def _object(**properties: Mapping[str, Any]) -> Schema:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(item: Mapping[str, Any], most: int) -> Schema:
    return {"type": "array", "items": dict(item), "maxItems": most}


def _string(longest: int) -> Schema:
    return {"type": "string", "maxLength": longest}
