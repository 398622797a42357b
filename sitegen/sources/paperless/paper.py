"""One document of Paperless, as its API gives it, made a ``Document``."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Mapping
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from sitegen.errors import DocumentUnreadable
from sitegen.sources.base import PAGE_BREAK, Document, Unreadable
from sitegen.sources.paperless.lookups import Lookups, Scope

KIND = "paperless"


class _Version(BaseModel):
    model_config = ConfigDict(frozen=True)

    checksum: str | None = None


class _Paper(BaseModel):
    """The fields of an answer that are used; all others may change without harm."""

    model_config = ConfigDict(frozen=True)

    id: int
    title: str
    content: str
    tags: tuple[int, ...]
    modified: AwareDatetime
    created: str | None = None
    correspondent: int | None = None
    document_type: int | None = None
    page_count: int | None = None
    versions: tuple[_Version, ...] = ()
    """Of the file, the newest first."""


def ref_of(id_: int) -> str:
    return f"{KIND}:{id_}"


def id_of(ref: str) -> int | None:
    """The id in a ref of this source; None for any other text."""
    kind, _, number = ref.partition(":")
    return int(number) if kind == KIND and number.isascii() and number.isdigit() and len(number) < 19 else None


def document(result: Mapping[str, Any], lookups: Lookups, scope: Scope) -> Document:
    """The document. Raises ``DocumentUnreadable`` when fields are missing or have a wrong type."""
    try:
        paper = _Paper.model_validate(result)
    except ValidationError as error:
        fields = sorted({str(problem["loc"][0]) for problem in error.errors() if problem["loc"]})
        absent = "its text is too large" if "content" not in result else f"no usable {', '.join(fields)}"
        raise DocumentUnreadable(absent, place=ref_of(result["id"])) from error
    # The number of pages stays that of the first file when a new version is put in its place.
    pages = paper.page_count if len(paper.versions) <= 1 else None
    return Document(
        ref=ref_of(paper.id),
        title=paper.title,
        text=_text(paper.content),
        created=_date(paper.created),
        modified=paper.modified.astimezone(dt.UTC),
        tags=lookups.tag_names(set(paper.tags) - scope.publish),
        correspondent=lookups.correspondents.get(paper.correspondent or 0),
        document_type=lookups.document_types.get(paper.document_type or 0),
        page_count=pages,
        checksum=(paper.versions[0].checksum or "") if paper.versions else "",
    )


def document_or_unreadable(result: Mapping[str, Any], lookups: Lookups, scope: Scope) -> Document | Unreadable:
    """The same for lists, where the others go on."""
    try:
        return document(result, lookups, scope)
    except DocumentUnreadable as error:
        title = result.get("title")
        return Unreadable(str(error.place), title if isinstance(title, str) else "", error.code, error.message)


def _text(content: str) -> str:
    """Form feeds would be taken for page breaks; in Paperless they are characters like any other."""
    return content.replace("\0", "").replace("\v", "\n").replace(PAGE_BREAK, "\n")


def _date(text: str | None) -> dt.date | None:
    """A plain date; older servers add a time to it."""
    with contextlib.suppress(ValueError):
        return dt.date.fromisoformat((text or "")[:10])
    return None
