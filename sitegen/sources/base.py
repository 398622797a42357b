"""What a source is: documents with text and metadata, changes since a cursor, and the set of all that exist."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from sitegen import files

PAGE_BREAK = "\f"
"""Separates the pages of ``Document.text`` where the source knows them."""

Cursor = Mapping[str, object]
"""What a source needs to remember between pulls: plain JSON, and ``Marks`` where it is much; opaque to all others."""


@dataclass(frozen=True, slots=True)
class Document:
    """One thing in a source: its text, and what is known about it."""

    ref: str
    """Identity for ever: ``paperless:12``, ``folder:council/minutes.pdf``."""
    title: str
    text: str
    """The whole text; pages are separated by ``PAGE_BREAK`` where they are known."""
    created: dt.date | None = None
    """The date that the document bears, as far as the source knows it."""
    modified: dt.datetime | None = None
    tags: tuple[str, ...] = ()
    """Names, sorted, without the tag that marks it for publication."""
    correspondent: str | None = None
    document_type: str | None = None
    language: str | None = None
    """Two letters, when the source says it."""
    page_count: int | None = None
    unread: tuple[int, ...] = ()
    """The pages, from 1, that the source could not read; they are empty in the text."""
    checksum: str = ""
    """Of the original file, as the source gives it."""

    @property
    def text_hash(self) -> str:
        """The content hash that summaries are cached by."""
        return files.text_hash(self.text)

    @property
    def pages(self) -> int | None:
        """How many pages there are, as the source says it or the text shows it; None when neither does."""
        return self.page_count or (self.text.count(PAGE_BREAK) + 1 if PAGE_BREAK in self.text else None)

    def page_at(self, offset: int) -> int | None:
        """The page, from 1, on which the character at ``offset`` stands; None when pages are unknown."""
        if PAGE_BREAK not in self.text:
            return 1 if self.page_count == 1 else None
        return self.text.count(PAGE_BREAK, 0, offset) + 1


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A document that exists but cannot be read; the others go on."""

    ref: str
    title: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of ``sitegen doctor``: what was checked, how it is, and what to do."""

    topic: str
    state: Literal["ok", "warning", "error"]
    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a source says has changed."""

    documents: AsyncIterator[Document | Unreadable]
    """New and changed documents. Unchanged ones may be among them: the content hash decides."""
    total: int | None = None
    """How many of them there will be, about, for the progress bar."""
    cursor: dict[str, object] = field(default_factory=dict)
    """Filled while ``documents`` is read; valid, and to be kept, only after it is exhausted."""
    complete: bool = False
    """Whether ``documents`` names every document there is, so that any other is gone."""


class Source(Protocol):
    """A place that documents come from."""

    kind: str
    """``paperless`` or ``folder``; the part of a ``ref`` before the colon."""

    async def changes(self, cursor: Cursor | None, *, since: dt.date | None = None) -> Changes:
        """The documents changed since ``cursor`` (all for None), those changed before ``since`` left out.

        Raises ``SourceError`` when the source as a whole cannot be read, here or while ``documents`` is read.
        """
        ...

    async def refs(self) -> Iterable[str]:
        """The refs of all documents that can be pulled now, once through; those missing were deleted or withdrawn."""
        ...

    async def document(self, ref: str) -> Document:
        """One document, fresh. Raises ``DocumentMissing`` or ``DocumentUnreadable``."""
        ...

    async def check(self) -> list[Finding]:
        """What ``doctor`` says about the source; never raises for a source that is down or wrong."""
        ...

    async def aclose(self) -> None: ...
