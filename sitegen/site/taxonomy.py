"""Taxonomies: tags, correspondents, types and those that the settings name, each with a page for every term."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sitegen import files
from sitegen.site import timeline
from sitegen.site.alphabet import order
from sitegen.site.page import Link, Page, Span, Taxonomy, Term
from sitegen.site.record import Record
from sitegen.site.tracking import Late, Tracked
from sitegen.text import slug

if TYPE_CHECKING:
    from sitegen.settings import Settings

BUILT_IN = ("tags", "correspondents", "types")


def names(settings: Settings) -> tuple[str, ...]:
    """The taxonomies of a site, in their order."""
    privacy = settings.privacy
    hidden = {"correspondents": not privacy.show_correspondent, "types": not privacy.show_document_type}
    wanted = dict.fromkeys((*BUILT_IN, *settings.taxonomies))
    stated = settings.taxonomies
    return tuple(name for name in wanted if not hidden.get(name) and (name not in stated or stated[name].enabled))


def own(settings: Settings) -> tuple[str, ...]:
    """The taxonomies that are fields of front matter only because the settings name them."""
    return tuple(name for name in names(settings) if name not in BUILT_IN)


def values(record: Record, taxonomy: str) -> tuple[str, ...]:
    """What a record says in a taxonomy."""
    if taxonomy == "tags":
        return record.tags
    if taxonomy not in BUILT_IN:
        stated = next((found for name, found in record.more if name == taxonomy), ())
        listed = next((found for name, found in record.named if name == taxonomy), ())
        return tuple(dict.fromkeys((*stated, *listed))) if listed else stated
    value = record.correspondent if taxonomy == "correspondents" else record.document_type
    return (value,) if value else ()


@dataclass(slots=True)
class Index:
    """One taxonomy while pages are collected: each name that occurs, and the term that it belongs to."""

    name: str
    url: str
    language: str
    """The one in which it is read: it decides the addresses and the order of the terms."""
    links: dict[str, Link] = field(default_factory=dict)
    """The spelling in a file → the term."""
    pages: defaultdict[str, list[Page]] = field(default_factory=lambda: defaultdict(list))
    """The address of the term → its pages."""

    @classmethod
    def made(cls, name: str, url: str, language: str, names: Iterable[str]) -> Index:
        """The terms for ``names``, as often as they occur.

        Spellings that differ in capitals only are one term, called as most files call it. Terms whose addresses would
        be equal are kept apart: the first in alphabetical order has the plain one.
        """
        index = cls(name, url, language)
        counts = Counter(names)
        spellings: defaultdict[str, list[str]] = defaultdict(list)
        for spelling in counts:
            spellings[unicodedata.normalize("NFC", spelling).casefold()].append(spelling)
        taken: set[str] = set()
        for folded in sorted(spellings):
            variants = spellings[folded]
            title = min(variants, key=lambda spelling: (-counts[spelling], spelling))
            link = Link(title, f"{url}{_free_slug(title, folded, taken, language)}/")
            index.links.update(dict.fromkeys(variants, link))
        return index

    def of(self, record: Record) -> tuple[Link, ...]:
        """The terms of a page, each once."""
        spellings = values(record, self.name)
        if len(spellings) < 2:
            return (self.links[spellings[0]],) if spellings else ()
        return tuple(dict.fromkeys(map(self.links.__getitem__, spellings)))

    def add(self, pages: Iterable[tuple[Page, Iterable[Link]]]) -> None:
        """Sorts pages in, each with its terms."""
        found = self.pages
        for page, links in pages:
            for link in links:
                found[link.url].append(page)

    def taxonomy(self, title: str, heads: Mapping[str, Page], mark: str, long: int) -> Taxonomy:
        """The finished taxonomy; pages stand in the order in which they were added. ``heads`` are pages by address.

        Reads of its terms are recorded with ``mark`` in front. Each year of a term with ``long`` pages has a list.
        """
        key = order(self.language)
        links = sorted(set(self.links.values()), key=lambda link: (key(link.title), link.url))
        terms: Sequence[Term] = [
            Term(
                *(link.title, link.url),
                Tracked("pages", tuple(self.pages[link.url]), length=False),
                heads.get(link.url),
                self._years(link, mark, long),
            )
            for link in links
        ]
        return Taxonomy(self.name, title, self.url, Tracked(f"{mark}terms:{self.name}", terms), heads.get(self.url))

    def _years(self, link: Link, mark: str, long: int) -> Sequence[Span]:
        pages = self.pages[link.url]
        lists = link.url if len(pages) >= long else ""
        return Tracked(f"{mark}years:{self.name}:{link.url}", Late(lambda: timeline.years(pages, lists)), length=False)


def _free_slug(title: str, folded: str, taken: set[str], language: str) -> str:
    plain = slug(title, language)
    found = plain
    if not plain or plain in taken:
        found = f"{plain or 'term'}-{files.sha256(folded)[:6]}"
    while found in taken:
        found += "-2"
    taken.add(found)
    return found
