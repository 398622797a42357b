"""The summary: what an engine makes of a document, after every claim has been checked against the text."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA_VERSION = 2
"""Part of the cache key: raise it when the meaning of a field changes."""


Fallback = Literal["", "down", "language", "unanswered", "unverified", "nothing"]
"""The model is down; its claims cannot be checked in this language; it gave no usable answers; under half of its points
stand in the document; it noted nothing."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Evidence(_Model):
    """The passage of the document that a point rests on, in the document's own words."""

    quote: Annotated[str, Field(min_length=1)]
    """The span as it stands in the text, white space folded."""
    start: int
    """Offset of its first character in ``Document.text``."""
    end: int
    page: int | None = None


class Point(_Model):
    """One statement, with the evidence for it. In an extract the two are the same."""

    text: Annotated[str, Field(min_length=1)]
    evidence: Evidence


class DateMention(_Model):
    """A date that the document names."""

    text: str
    """As it stands in the document."""
    iso: str
    """``2025-03-14``, ``2025-03`` or ``2025``."""
    about: str = ""
    """What happens then, in the document's words."""


class AmountMention(_Model):
    """A sum of money that the document names."""

    text: str
    about: str = ""


class Dropped(_Model):
    """A point that the engine made and the text does not support. For editors: it must not reach the public."""

    claim: str
    """Shortened; what the model said, so not to be believed."""
    reasons: tuple[str, ...]
    """By rule."""


LeftOutKind = Literal["table", "encoded", "unreadable", "unanswered"]
"""A table of figures; encoded data; anything else without words; a part that the model gave no usable answer to."""


class LeftOut(_Model):
    """A part of the document that was not read as text, described by rule."""

    kind: LeftOutKind
    page: int | None = None
    rows: int = 0
    """Of a table."""
    characters: int = 0


class Usage(_Model):
    """What the summary cost."""

    calls: int = 0
    """Made now; those to which the answer was known from before cost nothing, see ``kept``."""
    kept: int = 0
    prompt_tokens: int = 0
    answer_tokens: int = 0
    seconds: float = 0


class Summary(_Model):
    """The validated result. Everything in it was checked against the document's text."""

    method: Literal["summary", "extract"]
    """``extract`` when its sentences were picked from the document and not written by a model."""
    title: str
    dek: str
    """One sentence that says what the document is about; the ``summary`` field of the brief."""
    paragraphs: tuple[str, ...] = ()
    """The summary proper."""
    points: tuple[Point, ...] = ()
    dates: tuple[DateMention, ...] = ()
    amounts: tuple[AmountMention, ...] = ()
    people: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    """Topics beside those the source gave."""
    language: str = "und"
    """Of the document: two letters, or ``und``."""
    pages_read: int | None = None
    pages_total: int | None = None
    made: int = 0
    """Points that the engine made, those that were dropped or not shown included; 0 when it makes none."""
    dropped: int = 0
    """Points that the engine made and that the text did not support."""
    dropped_points: tuple[Dropped, ...] = ()
    """The first of them, with the reasons."""
    left_out: tuple[LeftOut, ...] = ()
    """The first parts that were not read as text."""
    fallback: Fallback = ""
    """Why it is only an extract although another engine was wanted; empty when it is what was wanted."""
    notes: tuple[str, ...] = ()
    """What an editor should know: why it is only an extract, what was left out."""
    usage: Usage = Usage()

    @property
    def lasting(self) -> bool:
        """Whether asking again would give the same: not for what stands in for a model that did not do its work."""
        return self.fallback not in ("down", "unanswered")
