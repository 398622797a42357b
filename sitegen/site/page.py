"""What templates see: pages, terms, taxonomies, paginated lists and the site itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

PageKind = Literal["home", "brief", "page", "list", "taxonomy", "term", "404"]


@dataclass(frozen=True, slots=True)
class Link:
    """A title and where it leads; ``url`` is root-relative and includes the base path."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Heading:
    """One entry of a table of contents."""

    id: str
    text: str
    level: int


@dataclass(slots=True)
class Page:
    """One page of the site that has a Markdown file behind it: a brief, or a page of ``content/``."""

    kind: PageKind
    path: str
    """Of the Markdown file, below the site's folder, with ``/``."""
    url: str
    """Root-relative with the base path, ``/briefs/some-title/``."""
    permalink: str
    """The same as a full address."""
    title: str
    summary: str
    date: dt.date | None
    language: str
    tags: tuple[Link, ...] = ()
    correspondent: Link | None = None
    document_type: Link | None = None
    method: Literal["summary", "extract", "written"] = "written"
    draft: bool = False
    body: str = ""
    """HTML, safe to print as it is.

    Classes in it: ``pre.highlight`` (Pygments' short classes inside), ``blockquote.evidence`` (a quotation in a list,
    on which the point before it rests), ``a.external``, ``align-left``, ``align-center`` and ``align-right`` on table
    cells, ``sup.footnote-ref``, ``hr.footnotes-sep``, ``section.footnotes``, ``a.footnote-backref``. No inline styles.
    """
    toc: tuple[Heading, ...] = ()
    words: int = 0
    previous: Link | None = None
    """The next older brief."""
    next: Link | None = None
    """The next newer brief."""
    made: Mapping[str, Any] | None = None
    """Of a generated brief: engine, model, prompt, at, pages_read, pages_total, dropped, notes, from its provenance."""
    edited: bool = False
    """A human changed the text since it was generated."""

    @property
    def reading_minutes(self) -> int:
        """At 220 words a minute, at least one."""
        return max(1, round(self.words / 220))


@dataclass(frozen=True, slots=True)
class Term:
    """One value of a taxonomy, with the pages that carry it, newest first."""

    name: str
    url: str
    pages: Sequence[Page] = ()

    @property
    def count(self) -> int:
        return len(self.pages)


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """A way to sort briefs: ``tags``, ``correspondents``, ``types``; terms in alphabetical order."""

    name: str
    title: str
    url: str
    terms: Sequence[Term] = ()


@dataclass(frozen=True, slots=True)
class Paginator:
    """One page of a long list."""

    pages: Sequence[Page]
    """The pages that stand on this page of the list."""
    number: int
    total: int
    count: int
    """How many there are on all pages of the list."""
    first_url: str
    last_url: str
    newer_url: str | None = None
    older_url: str | None = None


@dataclass(frozen=True, slots=True)
class SiteInfo:
    """The site, for templates."""

    title: str
    description: str
    language: str
    author: str
    base_url: str
    """The full address of the home page, with a slash at its end."""
    home_url: str
    feed_url: str
    archive_url: str
    menu: Sequence[Link] = ()
    taxonomies: Mapping[str, Taxonomy] = field(default_factory=dict)
    briefs: Sequence[Page] = ()
    """All that are shown, newest first."""
