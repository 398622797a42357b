"""Content: the pages of the site, made from the records of all files; what is shown, where, and what is wrong."""

from __future__ import annotations

import datetime as dt
import posixpath
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from sitegen import errors, files
from sitegen.errors import AddressTaken, LinkBroken, Place, ProvenanceBroken, SitegenError, SourceClaimedTwice
from sitegen.frontmatter import unstated
from sitegen.settings import Settings
from sitegen.site import taxonomy
from sitegen.site.inputs import Inputs
from sitegen.site.library import Library, Shelf
from sitegen.site.links import Links
from sitegen.site.page import Heading, Link, Page
from sitegen.site.record import Origin, Record
from sitegen.site.tracking import digest
from sitegen.text import SLUG_LIMIT, plain, slug


class StoredPage(Page):
    """A page with a Markdown file behind it, whose text is fetched when a template asks for it."""

    __slots__ = ("_key", "_library", "_record", "digest", "targets")

    @property
    def body(self) -> str:
        from sitegen.site.markdown import PLACEHOLDER, filled

        html = self._library.body(self._key, self._record)
        found = filled(html, self.targets) if self.targets else html
        if PLACEHOLDER in found:
            found = self._library.finish(self, found)
        return type(html)(found)

    @body.setter
    def body(self, _: str) -> None:
        pass

    @property
    def toc(self) -> tuple[Heading, ...]:
        return tuple(Heading(*heading) for heading in self._record.headings)

    @toc.setter
    def toc(self, _: tuple[Heading, ...]) -> None:
        pass

    _library: Library
    _key: str
    _record: Record
    targets: tuple[str, ...]
    """Where the open links of the body lead."""
    digest: bytes
    """Of all that a template can read from the page."""

    def bind(self, library: Library, key: str, entry: Record) -> None:
        self._library, self._key, self._record, self.targets = library, key, entry, ()

    @property
    def key(self) -> str:
        """Of the input behind it."""
        return self._key

    @property
    def record(self) -> Record:
        return self._record

    def seal(self, sha: str) -> None:
        """Works out the digest, when everything about the page is settled."""
        made = None if self.made is None else tuple(self.made.items())
        links = (*self.tags, self.correspondent, self.document_type, self.previous, self.next)
        plain = tuple(None if link is None else (link.title, link.url) for link in links)
        self.digest = digest(
            *(sha, self.kind, self.path, self.url, self.permalink, self.title, self.language, len(self.tags)),
            *(plain, self.draft, made, self.edited, self.targets),
        )


@dataclass(frozen=True, slots=True)
class Scope:
    """What is asked of the content: settings, the address of the site, and which pages are shown."""

    settings: Settings
    base_url: str
    """Full, with a slash at its end."""
    base: str
    """Its path, with a slash at both ends."""
    today: dt.date
    drafts: bool = False
    future: bool = False

    @property
    def name_of(self) -> Names:
        """What the files are called in messages."""
        return Names(self.settings)

    def shows(self, record: Record) -> bool:
        if record.status == "draft" and not self.drafts:
            return False
        return self.future or record.date is None or record.date <= self.today.toordinal()


@dataclass(slots=True)
class Content:
    """All pages and files of the site, and what is wrong with them."""

    home: StoredPage | None = None
    briefs: list[StoredPage] = field(default_factory=list)
    """Newest first."""
    pages: list[StoredPage] = field(default_factory=list)
    """Of ``content/`` without the home page, by address."""
    copies: dict[str, str] = field(default_factory=dict)
    """Other files of ``content/``: output path → key of the input."""
    indexes: dict[str, taxonomy.Index] = field(default_factory=dict)
    problems: list[SitegenError] = field(default_factory=list)
    warnings: list[SitegenError] = field(default_factory=list)
    hidden: dict[str, Record] = field(default_factory=dict)
    """Pages that are not shown, by key."""

    @property
    def all(self) -> Iterator[StoredPage]:
        if self.home is not None:
            yield self.home
        yield from self.briefs
        yield from self.pages

    def shown_between(self, scope: Scope) -> tuple[int, int]:
        """The first and the last day (as ordinals) of which the same pages are shown as of ``scope.today``."""
        dates = [page.record.date for page in self.all if page.record.date is not None]
        first = max((date for date in dates if date <= scope.today.toordinal()), default=1)
        waiting = [record.date for record in self.hidden.values() if record.date is not None]
        later = [date for date in (*waiting, *dates) if date > scope.today.toordinal()]
        return first, min(later, default=dt.date.max.toordinal() + 1) - 1


class Names:
    """What the files of the input trees are called in messages: their paths below the site's folder."""

    def __init__(self, settings: Settings) -> None:
        build = settings.build
        self._folders = {
            "content": build.content.as_posix(),
            "briefs": build.briefs.as_posix(),
            "provenance": f"{build.briefs.as_posix()}/.provenance",
        }

    def __call__(self, key: str) -> str:
        tree, _, path = key.partition("/")
        return posixpath.normpath(f"{self._folders.get(tree, tree)}/{path}")


def gather(scope: Scope, inputs: Inputs, shelf: Shelf, library: Library) -> Content:
    """Makes the pages. Problems and warnings are collected in the result; nothing is raised for them."""
    content = Content(problems=list(shelf.problems), warnings=list(shelf.warnings))
    names = scope.name_of
    shown: dict[str, Record] = {}
    for key, entry in shelf.records.items():
        (shown if scope.shows(entry) else content.hidden)[key] = entry
    content.problems += _claimed_twice(shelf.records, names)
    content.problems += (
        unstated(names(key)) for key, entry in shelf.records.items() if key.startswith("briefs/") and not entry.stated
    )
    content.indexes = _indexes(scope, shown.values())
    origins = {origin.source: origin for origin in shelf.origins.values()}
    for key, entry in shown.items():
        page = _page(scope, names, key, entry, content.indexes)
        page.bind(library, key, entry)
        _tell_origin(page, entry, inputs.sha(key), origins, content)
        content.warnings += (errors.named(code)(words, place=Place(page.path, at)) for code, words, at in entry.remarks)
        if page.kind == "home":
            content.home = page
        else:
            (content.briefs if page.kind == "brief" else content.pages).append(page)
    _order(content)
    content.copies = _copies(inputs, content, names)
    return content


def _claimed_twice(records: Mapping[str, Record], names: Names) -> Iterator[SitegenError]:
    claims: defaultdict[str, list[str]] = defaultdict(list)
    for key, entry in records.items():
        if entry.source is not None and key.startswith("briefs/"):
            claims[entry.source].append(names(key))
    for source, paths in claims.items():
        for path in paths[1:]:
            yield SourceClaimedTwice(f"the source {source!r} is also claimed by {paths[0]}", place=path)


def _indexes(scope: Scope, records: Iterable[Record]) -> dict[str, taxonomy.Index]:
    privacy = scope.settings.privacy
    offered = {"tags": True, "correspondents": privacy.show_correspondent, "types": privacy.show_document_type}
    every = list(records)
    return {
        name: taxonomy.Index.of(
            name, f"{scope.base}{name}/", (value for entry in every for value in taxonomy.values(entry, name))
        )
        for name in taxonomy.NAMES
        if offered[name]
    }


def _page(scope: Scope, names: Names, key: str, entry: Record, indexes: Mapping[str, taxonomy.Index]) -> StoredPage:
    path = names(key)
    tree, _, inside = key.partition("/")
    local = _brief_address(inside, entry) if tree == "briefs" else _page_address(inside, entry)
    kind: Any = "brief" if tree == "briefs" else "page" if local else "home"
    links = {
        name: tuple(index.link(value) for value in taxonomy.values(entry, name)) for name, index in indexes.items()
    }
    return StoredPage(
        kind=kind,
        path=path,
        url=scope.base + local,
        permalink=scope.base_url + local,
        title=entry.title or _title(inside, scope.settings),
        summary=entry.summary,
        date=None if entry.date is None else dt.date.fromordinal(entry.date),
        language=entry.language or scope.settings.site.language,
        tags=tuple(dict.fromkeys(links["tags"])),
        correspondent=next(iter(links.get("correspondents", ())), None),
        document_type=next(iter(links.get("types", ())), None),
        method=entry.method,
        draft=entry.status == "draft",
        words=entry.words,
    )


def _brief_address(path: str, entry: Record) -> str:
    found = entry.slug or entry.title_slug or slug(PurePosixPath(path).stem)
    return f"briefs/{found or f'brief-{files.sha256(path)[:8]}'}/"


def _page_address(path: str, entry: Record) -> str:
    *folders, name = path.removesuffix(".md").split("/")
    parts = [slug(part) or f"folder-{files.sha256(part)[:8]}" for part in folders]
    if name != "index":
        parts.append(entry.slug or slug(name) or f"page-{files.sha256(name)[:8]}")
    elif entry.slug and parts:
        parts[-1] = entry.slug
    return "".join(f"{part}/" for part in parts)


def _title(path: str, settings: Settings) -> str:
    name = PurePosixPath(path)
    words = name.parent.name if name.stem == "index" else name.stem
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
    content.briefs.sort(key=lambda page: (-(page.record.date or 0), page.url))
    content.pages.sort(key=lambda page: page.url)
    for newer, older in zip(content.briefs, content.briefs[1:], strict=False):
        newer.previous = Link(older.title, older.url)
        older.next = Link(newer.title, newer.url)
    dated = sorted((*content.briefs, *content.pages), key=lambda page: (-(page.record.date or 0), page.url))
    for page in dated:
        for name, index in content.indexes.items():
            index.add(page, dict.fromkeys(index.link(value) for value in taxonomy.values(page.record, name)))


def _copies(inputs: Inputs, content: Content, names: Names) -> dict[str, str]:
    """The files of ``content/`` that are no Markdown: all but those that belong to pages which are not shown."""
    folders = set()
    for key in content.hidden:
        path = PurePosixPath(key)
        if path.parts[0] == "content":
            folders.add(f"{path.parent if path.stem == 'index' else path.with_suffix('')}/")
    folders.discard("content/")
    withheld = _linked(content.hidden.items(), names) - _linked(
        ((page.key, page.record) for page in content.all), names
    )
    return {
        key.removeprefix("content/"): key
        for key in inputs.of("content")
        if not key.endswith(".md") and names(key) not in withheld and not key.startswith(tuple(folders))
    }


def _linked(entries: Iterable[tuple[str, Record]], names: Names) -> set[str]:
    """The files that pages link to, by their paths below the site's folder."""
    return {
        posixpath.normpath(posixpath.join(posixpath.dirname(names(key)), href.partition("#")[0].partition("?")[0]))
        for key, entry in entries
        for href, _ in entry.links
    }


def connect(content: Content, scope: Scope, outputs: Mapping[str, str]) -> None:
    """Fills in the links of all pages, with a warning for each that leads nowhere; ``outputs`` are all that will be."""
    names = scope.name_of
    by_file = {page.path: page.url for page in content.all}
    by_file |= {names(key): scope.base + address(output) for output, key in content.copies.items()}
    anchors = {page.url: page.record.anchors for page in content.all}
    links = Links(scope.base, outputs, by_file, {names(key) for key in content.hidden}, anchors)
    for page in content.all:
        targets: list[str] = []
        for href, line in page.record.links:
            url, reason = links.resolve(href, page.path, page.url)
            targets.append(url)
            if reason:
                content.warnings.append(links.broken(href, reason, Place(page.path, line)))
        page.targets = tuple(targets)
    for entry in scope.settings.site.menu:
        if entry.url.startswith("/") and not links.exists(scope.base + entry.url[1:].partition("#")[0]):
            content.warnings.append(
                LinkBroken(f"the menu's {entry.title!r} leads to {entry.url}, which is not there", place="sitegen.toml")
            )


def address(output: str) -> str:
    """An output path as part of an address."""
    return quote(output, errors="surrogateescape")


def seal(content: Content, inputs: Inputs) -> None:
    """Works out the digest of each page, when its links are filled in."""
    for page in content.all:
        page.seal(inputs.sha(page.key))


def collisions(claims: Sequence[tuple[str, str]]) -> Iterator[AddressTaken]:
    """A problem for each output path that is claimed twice; ``claims`` are paths with what claims them.

    Paths that differ in capitals only are one file on many disks.
    """
    owners: dict[str, str] = {}
    for path, owner in claims:
        first = owners.setdefault(path.lower(), owner)
        if first is not owner:
            address = f"/{path.removesuffix('index.html')}"
            yield AddressTaken(f"the address {address} is also that of {first}", place=owner)
