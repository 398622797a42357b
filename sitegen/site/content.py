"""Content: the pages of the site, made from the records of all files; what is shown, where, and what is wrong."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Protocol

from sitegen import errors
from sitegen.errors import (
    FrontMatterInvalid,
    Place,
    ProvenanceBroken,
    SitegenError,
    SourceClaimedTwice,
)
from sitegen.head import unstated
from sitegen.site import attachments, related, sections, taxonomy, withdrawn
from sitegen.site.address import INDEX, SECTION, Addresses
from sitegen.site.alphabet import order
from sitegen.site.cascade import Inheritance
from sitegen.site.editions import Edition, Editions, translate
from sitegen.site.images.gallery import Gallery
from sitegen.site.inputs import Inputs
from sitegen.site.languages import Languages
from sitegen.site.library import Library, Shelf
from sitegen.site.links import Links
from sitegen.site.page import Correction, Link, PageKind
from sitegen.site.record import Origin, Record, unpacked
from sitegen.site.scope import Names, Scope, begins
from sitegen.site.stored import StoredPage
from sitegen.site.withdrawn import Withdrawn
from sitegen.text import SLUG_LIMIT, plain

if TYPE_CHECKING:
    from pluggy import PluginManager

    from sitegen.settings import Settings
    from sitegen.site.typed import Models


@dataclass(slots=True)
class Content:
    """The pages of one edition; that of the site's own language holds the others, and what belongs to all of them."""

    edition: Edition
    home: StoredPage | None = None
    briefs: list[StoredPage] = field(default_factory=list)
    """Newest first."""
    pages: list[StoredPage] = field(default_factory=list)
    """Of ``content/`` without the home page and sections, by address."""
    section_pages: list[StoredPage] = field(default_factory=list)
    """The pages of ``_index.md`` files."""
    sections: dict[str, sections.Node] = field(default_factory=dict)
    """By folder below ``content/``."""
    copies: dict[str, str] = field(default_factory=dict)
    """Other files of ``content/``: output path → key of the input."""
    gallery: Gallery = field(default_factory=Gallery)
    """The images that may be shown."""
    indexes: dict[str, taxonomy.Index] = field(default_factory=dict)
    problems: list[SitegenError] = field(default_factory=list)
    warnings: list[SitegenError] = field(default_factory=list)
    broken: list[tuple[str, str]] = field(default_factory=list)
    """The links for which there is a warning: the address of the page, and theirs as it stands there."""
    hidden: dict[str, Record] = field(default_factory=dict)
    """Pages that are not shown, by key."""
    withdrawn: list[Withdrawn] = field(default_factory=list)
    """What is left of pages of this edition that were taken back."""
    days: set[int] = field(default_factory=set)
    """The days, as ordinals, on which a page begins or ceases to be shown."""
    links: Links = field(init=False)
    """Knows where links lead, once it is settled what there will be."""
    others: list[Content] = field(default_factory=list)
    renewal: Renewal = field(init=False)
    """Makes pages anew, of the edition that holds the others."""

    @property
    def editions(self) -> Iterator[Content]:
        """Itself, and the further editions."""
        yield self
        yield from self.others

    @property
    def all(self) -> list[StoredPage]:
        """The pages of all editions."""
        return [page for content in self.editions for page in content.own] if self.others else self.own

    @property
    def own(self) -> list[StoredPage]:
        """The pages of this edition."""
        home = [] if self.home is None else [self.home]
        return [*home, *self.briefs, *self.pages, *self.section_pages]

    def shown_between(self, scope: Scope) -> tuple[int, int]:
        """The first and the last day (as ordinals) on which the same pages are shown as on ``scope.today``."""
        today = scope.today.toordinal()
        first = max((day for day in self.days if day <= today), default=1)
        return first, min((day for day in self.days if day > today), default=dt.date.max.toordinal() + 1) - 1


def gather(
    scope: Scope,
    editions: Editions,
    languages: Languages,
    inputs: Inputs,
    shelf: Shelf,
    library: Library,
    hooks: PluginManager,
) -> Content:
    """Makes the pages. Problems and warnings are collected in the result; nothing is raised for them."""
    gatherer = _Gatherer(scope, editions, inputs, shelf, library, hooks)
    content = gatherer.gather()
    content.renewal = gatherer
    content.problems += translate(content.all, editions, languages)
    return content


class Renewal(Protocol):
    """Makes one page anew when all of them are there."""

    def inherited(self, key: str, entry: Record) -> Record:
        """What a file says, with what it inherits."""

    def renewed(self, content: Content, key: str, entry: Record) -> tuple[StoredPage, Content]:
        """The page of a file, bare of all that ties it to others; and the problems and warnings about it alone.

        Raises ``SitegenError``, and ``KeyError`` for a term that no page of ``content``, its edition, has had.
        """


class _Gatherer:
    def __init__(
        self,
        scope: Scope,
        editions: Editions,
        inputs: Inputs,
        shelf: Shelf,
        library: Library,
        hooks: PluginManager,
    ) -> None:
        self._editions = editions
        self._scope, self._inputs, self._shelf, self._library, self._hooks = scope, inputs, shelf, library, hooks
        self._names = scope.name_of
        own = editions.default
        self._content = Content(own, problems=list(shelf.problems), warnings=list(shelf.warnings))
        self._content.others = [Content(edition) for edition in editions.values() if edition is not own]
        self._contents = {content.edition.code: content for content in self._content.editions}
        self._addresses = {code: Addresses(scope.settings.permalinks, code) for code in editions}
        self._models = _models(scope, inputs)
        self._origins = {origin.source: origin for origin in shelf.origins.values()}

    def gather(self) -> Content:
        content, names = self._content, self._names
        records = self._inherited()
        shown = self._shown(records)
        content.problems += _claimed_twice(records, names)
        content.problems += _misplaced(records, self._editions, names)
        content.days = {
            day
            for entry in records.values()
            for day in (entry.date, entry.publish_at, entry.expires)
            if day is not None
        }
        for edition, entries in self._sorted(shown).items():
            self._gather(self._contents[edition], entries)
        self._hooks.hook.pages_ready(pages=content.all)
        for found in content.editions:
            key = order(found.edition.code)
            found.sections = sections.nodes(found.section_pages, found.pages, key)
            _order(found)
        content.copies = attachments.copies(self._inputs, content, self._editions, names)
        content.gallery = attachments.gallery(self._scope, self._inputs, self._shelf.images, content.copies)
        return content

    def inherited(self, key: str, entry: Record) -> Record:
        return self._inheritance.of(key, entry)

    def renewed(self, content: Content, key: str, entry: Record) -> tuple[StoredPage, Content]:
        kept, self._content = self._content, Content(content.edition)
        try:
            return self._page(content, key, entry), self._content
        finally:
            self._content = kept

    def _sorted(self, shown: Mapping[str, Record]) -> dict[str, dict[str, Record]]:
        """The records by edition."""
        found: dict[str, dict[str, Record]] = {code: {} for code in self._editions}
        if len(found) == 1:
            return {self._editions.default.code: dict(shown)}
        for key, entry in shown.items():
            try:
                found[self._editions.of(key, entry, self._names(key)).code][key] = entry
            except SitegenError as error:
                self._content.problems += error.problems
        return found

    def _gather(self, content: Content, records: Mapping[str, Record]) -> None:
        content.indexes = _indexes(content.edition.scope, records.values())
        for key, entry in records.items():
            try:
                _put(content, self._page(content, key, entry))
            except SitegenError as error:
                self._content.problems += error.problems

    def _inherited(self) -> dict[str, Record]:
        self._inheritance = Inheritance(self._scope.settings.cascade, self._shelf.records, self._names)
        return {key: self._inheritance.of(key, entry) for key, entry in self._shelf.records.items()}

    def _shown(self, records: Mapping[str, Record]) -> dict[str, Record]:
        """The records of pages that are shown; what stands in a section that is not shown is not shown either."""
        shown: dict[str, Record] = {}
        closed: dict[str, set[str]] = defaultdict(set)
        for key, entry in records.items():
            if self._scope.shows(entry):
                shown[key] = entry
            else:
                self._content.hidden[key] = entry
                bare, code = self._editions.named(key)
                if sections.folder_of(bare):
                    closed[f"{key.rpartition('/')[0]}/"].add(code or self._editions.default.code)
        if closed:
            heads = {self._editions.named(key) for key in records if f"/{SECTION}." in key}
            for key in [key for key in shown if self._closed(key, records[key], closed, heads)]:
                self._content.hidden[key] = shown.pop(key)
        self._withdraw(closed)
        return shown

    def _withdraw(self, closed: Mapping[str, set[str]]) -> None:
        """Tells what is left of pages that were taken back: of those that nobody could see before there is nothing."""
        for key, entry in self._content.hidden.items():
            if entry.status != "withdrawn" or begins(entry) > self._scope.today.toordinal():
                continue
            bare, _ = self._editions.named(key)
            own = f"{key.rpartition('/')[0]}/" if sections.folder_of(bare) else ""
            if any(key.startswith(folder) for folder in closed if folder != own):
                continue
            try:
                edition = self._editions.of(key, entry, self._names(key)).code
                local = self._addresses[edition].of(bare, self._names(key), entry)
                if local:  # there is always a home page
                    self._tell_private(entry, self._names(key))
                    found = withdrawn.of(self._names(key), local, entry)
                    self._contents[edition].withdrawn.append(found)
            except SitegenError as error:
                self._content.problems += error.problems

    def _closed(
        self, key: str, entry: Record, closed: Mapping[str, set[str]], heads: Collection[tuple[str, str]]
    ) -> bool:
        """Whether a page stands in a section that is not shown: in its language, or in the only one that has it."""
        code, own = self._editions.code(key, entry), self._editions.default.code
        return any(
            key.startswith(folder)
            and (code in codes or (own in codes and (f"{folder}{SECTION}.md", code) not in heads))
            for folder, codes in closed.items()
        )

    def _page(self, content: Content, key: str, entry: Record) -> StoredPage:
        scope, path = content.edition.scope, self._names(key)
        bare, _ = self._editions.named(key)
        tree, _, inside = bare.partition("/")
        local = self._addresses[content.edition.code].of(bare, path, entry)
        kind: PageKind = "brief" if tree == "briefs" else "home" if not local else "page"
        if kind == "page" and sections.folder_of(bare) is not None:
            kind = "section"
        links = {name: index.of(entry) for name, index in content.indexes.items()}
        page = StoredPage(
            kind=kind,
            path=path,
            url=scope.base + local,
            permalink=scope.base_url + local,
            title=entry.title or _title(inside, scope.settings),
            summary=entry.summary,
            date=None if entry.date is None else dt.date.fromordinal(entry.date),
            language=entry.language or scope.settings.site.language,
            tags=links.get("tags", ()),
            correspondent=next(iter(links.get("correspondents", ())), None),
            document_type=next(iter(links.get("types", ())), None),
            method=entry.method,
            state=scope.state(entry),
            words=entry.words,
            terms=links,
            image=entry.image,
            aliases=entry.aliases,
        )
        if entry.named:
            page.named = dict(_named(entry, content.indexes))
        if entry.corrections:
            page.corrections = tuple(Correction(dt.date.fromordinal(day), text) for day, text in entry.corrections)
        if entry.expires is not None:
            page.expires = dt.date.fromordinal(entry.expires)
        if entry.publish_at is not None:
            page.publish_at = dt.date.fromordinal(entry.publish_at)
        if self._models is not None:
            page.extra = self._models.fields(key, path, entry, self._content.problems)
        elif entry.extra:
            page.extra = unpacked(entry.extra)
        page.bind(self._library, key, bare, entry)
        if entry.remarks:
            self._content.warnings += (
                errors.named(code)(words, place=Place(path, at)) for code, words, at in entry.remarks
            )
        if entry.private:
            self._tell_private(entry, path)
        _tell_origin(page, entry, self._inputs.sha(key), self._origins, self._content)
        return page

    def _tell_private(self, entry: Record, path: str) -> None:
        from sitegen.privacy import guard

        found = self._content.problems if self._scope.guard else self._content.warnings
        found += guard.problems(entry.private, path)


def _models(scope: Scope, inputs: Inputs) -> Models | None:
    if not scope.settings.collections:
        return None
    from sitegen.site.typed import Models

    return Models(scope.settings.collections, inputs)


def _put(content: Content, page: StoredPage) -> None:
    if page.kind == "home":
        content.home = page
    elif page.kind == "brief":
        content.briefs.append(page)
    elif page.kind == "section":
        content.section_pages.append(page)
    else:
        content.pages.append(page)


def _misplaced(records: Mapping[str, Record], editions: Editions, names: Names) -> Iterator[SitegenError]:
    """Fields that this kind of file may not have, or lacks."""
    for key, entry in records.items():
        if key.startswith("briefs/") and "status" not in entry.said:
            yield unstated(names(key))
        if entry.section is None and entry.cascade is None:
            continue
        places = {"section": editions.named(key)[0], "cascade": key}
        for name, place in places.items():
            if getattr(entry, name) is not None and sections.folder_of(place) is None:
                yield FrontMatterInvalid(f"the field {name!r} belongs into a file named _index.md", place=names(key))


def _claimed_twice(records: Mapping[str, Record], names: Names) -> Iterator[SitegenError]:
    claims: defaultdict[str, list[str]] = defaultdict(list)
    for key, entry in records.items():
        if entry.source is not None and key.startswith("briefs/"):
            claims[entry.source].append(names(key))
    for source, paths in claims.items():
        for path in paths[1:]:
            yield SourceClaimedTwice(f"the source {source!r} is also claimed by {paths[0]}", place=path)


def _indexes(scope: Scope, records: Iterable[Record]) -> dict[str, taxonomy.Index]:
    every = list(records)
    return {
        name: taxonomy.Index.made(
            *(name, f"{scope.base}{name}/", scope.settings.site.language),
            chain.from_iterable(taxonomy.values(entry, name) for entry in every),
        )
        for name in taxonomy.names(scope.settings)
    }


def _named(entry: Record, indexes: Mapping[str, taxonomy.Index]) -> Iterator[tuple[str, Link]]:
    """The terms behind the names that a brief lists; whoever has written documents of the archive is known, too."""
    senders = indexes.get("correspondents")
    for kind, names in entry.named:
        index = indexes.get(kind, senders)
        for name in names:
            link = (index and index.links.get(name)) or (senders and senders.links.get(name))
            if link:
                yield name, link


def _title(path: str, settings: Settings) -> str:
    name = PurePosixPath(path)
    words = name.parent.name if name.stem in (INDEX, SECTION) else name.stem
    found = plain(words.replace("-", " ").replace("_", " "))
    return f"{found[:1].upper()}{found[1:]}"[:SLUG_LIMIT] or settings.site.title


def _tell_origin(page: StoredPage, entry: Record, sha: str, origins: Mapping[str, Origin], content: Content) -> None:
    origin = origins.get(entry.source) if entry.source is not None and page.kind == "brief" else None
    if origin is None:
        if page.kind == "brief" and entry.method != "written":
            reason = "no provenance record says how this brief was made"
            content.warnings.append(ProvenanceBroken(reason, place=page.path))
        return
    page.made = None if origin.made is None else dict(origin.made)
    if origin.sha256 and origin.sha256 != sha:
        page.edited = not origin.text or origin.text != entry.text


def _order(content: Content) -> None:
    content.briefs.sort(key=lambda page: page.url)
    content.briefs.sort(key=lambda page: -(page.record.date or 0))  # two plain keys are sorted faster than pairs
    content.pages.sort(key=lambda page: page.url)
    content.section_pages.sort(key=lambda page: page.url)
    links = [Link(page.title, page.url) for page in content.briefs]
    for page, newer, older in zip(content.briefs, [None, *links], [*links[1:], None], strict=False):
        page.next, page.previous = newer, older
    dated: Sequence[StoredPage] = content.briefs
    if content.pages or content.section_pages:
        every = (*content.briefs, *content.pages, *content.section_pages)
        dated = sorted(every, key=lambda page: (-(page.record.date or 0), page.url))
    for name, index in content.indexes.items():
        index.add((page, page.terms[name]) for page in dated)
    related.relate(content.briefs, content.indexes)
