"""What templates see: pages, terms, taxonomies, paginated lists and the site itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from sitegen.site.parts import Part

PageKind = Literal["home", "brief", "page", "section", "list", "taxonomy", "term", "404", "search", "withdrawn"]
State = Literal["draft", "review", "future", "expired", "withdrawn", "published"]
"""``published`` is public. The others say why a page is not: by its status, or since its day is not yet, or was."""
NOTHING: Mapping[str, Any] = MappingProxyType({})


class Link(NamedTuple):
    """A title and where it leads; ``url`` is root-relative and includes the base path."""

    title: str
    url: str


class Related(NamedTuple):
    """Another brief, and why a reader of this one may want it."""

    title: str
    url: str
    language: str
    date: dt.date | None
    why: Link
    """The rarest term that both carry."""


class Correction(NamedTuple):
    """What was wrong in a brief, and is right since."""

    date: dt.date
    text: str


class Change(NamedTuple):
    """What became of a brief, and when."""

    date: dt.date
    kind: Literal["added", "corrected", "withdrawn"]
    title: str
    """Empty for what was withdrawn: its title is not public any more."""
    url: str
    language: str
    text: str = ""
    """What was corrected."""


@dataclass(frozen=True, slots=True)
class Span:
    """A month or a year, and how many briefs are of that time."""

    date: dt.date
    """Its first day."""
    count: int
    url: str
    """Where they are listed; empty when there are none, or no list has them alone."""


@dataclass(frozen=True, slots=True)
class Translation:
    """A page in one language."""

    language: str
    """As in HTML's ``lang``."""
    name: str
    """What the language calls itself: ``Deutsch``."""
    title: str
    url: str
    permalink: str


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
    state: State = "published"
    """Why the page is not public, where it is shown all the same."""
    body: str = ""
    """HTML, safe to print as it is.

    No inline styles. Classes in it: ``pre.highlight`` (Pygments' short classes inside, ``hll`` for marked lines),
    ``blockquote.evidence`` (a quotation in a list, on which the point before it rests), ``div.admonition`` with its
    kind and ``p.admonition-title``, ``li.task``, ``a.external``, ``align-left``, ``align-center`` and ``align-right``
    on table cells, ``sup.footnote-ref``, ``hr.footnotes-sep``, ``section.footnotes``, ``a.footnote-backref``,
    ``math-…``; and what the author of a page wrote in braces.
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
    terms: Mapping[str, tuple[Link, ...]] = field(default_factory=lambda: NOTHING)
    """The terms of every taxonomy that the page carries, by the taxonomy's name."""
    extra: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    """The fields under `extra`, with those that the page inherits; typed where a collection says how."""
    section: Link | None = None
    """The section that the page stands in."""
    image: str | None = None
    """The picture for cards, as the front matter names it."""
    aliases: tuple[str, ...] = ()
    """Former addresses, as the front matter has them."""
    expires: dt.date | None = None
    """The first day on which it is not shown."""
    publish_at: dt.date | None = None
    """The first day on which it is shown, where that is not its date."""
    withdrawn_at: dt.date | None = None
    """The day on which what was here was withdrawn."""
    notice: tuple[str, ...] = ()
    """Why that was, in paragraphs of plain text."""
    corrections: tuple[Correction, ...] = ()
    """Newest first."""
    named: Mapping[str, Link] = field(default_factory=lambda: NOTHING)
    """The terms of people, organisations and places that the text lists, by the name as it stands there."""
    related: tuple[Related, ...] = ()
    """The briefs that share the rarest terms with it, nearest first."""
    alternates: tuple[Translation, ...] = ()
    """The page in all its languages, itself among them, the site's language first; empty when it has only one."""

    @property
    def draft(self) -> bool:
        """It is shown to editors only: it is not public, or not today."""
        return self.state != "published"

    @property
    def translations(self) -> tuple[Translation, ...]:
        """The page in its other languages."""
        return tuple(found for found in self.alternates if found.url != self.url)

    @property
    def parts(self) -> tuple[Part, ...]:
        """Its text in the pieces that it is made of: points, dates, amounts, names, and what else there is."""
        from sitegen.site import parts

        return parts.of(self.body)

    @property
    def reading_minutes(self) -> int:
        """At 220 words a minute, at least one."""
        return max(1, round(self.words / 220))


@dataclass(frozen=True, slots=True)
class Section:
    """A folder of ``content/`` with an ``_index.md``, and the pages in it."""

    title: str
    url: str
    page: Page
    """What its ``_index.md`` says."""
    pages: Sequence[Page] = ()
    """All that stand in it, down to the next sections, in its order."""
    sections: Sequence[Link] = ()
    """The sections right below it, by weight and title."""
    sort: str = "date"
    """What its pages are sorted by: date, title or weight."""


@dataclass(frozen=True, slots=True)
class Term:
    """One value of a taxonomy, with the pages that carry it, newest first."""

    name: str
    url: str
    pages: Sequence[Page] = ()
    page: Page | None = None
    """What the term's own ``_index.md`` says, if it has one."""
    years: Sequence[Span] = ()
    """How many of its pages are of each year, from the first to the last year of the term."""

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
    page: Page | None = None
    """What the taxonomy's own ``_index.md`` says, if it has one."""


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
class Search:
    """The search of the site."""

    url: str
    """Of the page with the field."""
    bundle: str
    """Of the folder with the index and Pagefind's script, ``pagefind.js``."""


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
    """Of the first of its feeds; empty when it has none."""
    archive_url: str
    menu: Sequence[Link] = ()
    taxonomies: Mapping[str, Taxonomy] = field(default_factory=dict)
    briefs: Sequence[Page] = ()
    """All that are shown, newest first."""
    pages: Sequence[Page] = ()
    """Those of ``content/`` that are neither home page nor section, by address."""
    sections: Mapping[str, Section] = field(default_factory=dict)
    """By folder below ``content/``."""
    data: Mapping[str, Any] = field(default_factory=dict)
    """What the files of ``data/`` hold."""
    months: Sequence[Span] = ()
    """How many briefs are of each month, from the first to the last, those without any among them."""
    years: Sequence[Span] = ()
    """The same by year; each year that has briefs has a list of its own."""
    changes: Sequence[Change] = ()
    """What was added, corrected and withdrawn lately, newest first."""
    languages: Sequence[Translation] = ()
    """The home page in each language of the site, that of ``[site]`` first."""
    feeds: Sequence[Link] = ()
    """Its own feeds, of all briefs."""
    twins: bool = False
    """Whether each page is there as Markdown, too: ``index.md`` below its address."""
    table_url: str = ""
    """Of the table of all briefs, as CSV; empty when there is none."""
    search: Search | None = None
    """None when the site has no search."""
