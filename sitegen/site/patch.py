"""Patch: another text in a page that stays what it is, where it is.

Title, summary and text may be others; the address, the day, the terms, the state and all else by which pages are sorted
into lists may not. Then the page remains the same object in all lists, and only its neighbours' links to it change.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sitegen import files
from sitegen.errors import SitegenError, raise_all
from sitegen.site import attachments, connections
from sitegen.site.content import Content
from sitegen.site.inputs import Stamp, stamp_of
from sitegen.site.page import Link
from sitegen.site.record import Record
from sitegen.site.stored import StoredPage

if TYPE_CHECKING:
    from sitegen.site.work import Work

_FREE = (
    *("title", "slug", "title_slug", "summary", "words", "headings", "anchors", "links", "remarks", "calls", "text"),
    *("private", "idle", "images", "extra", "place", "said"),
)
"""What a file may say otherwise. The address that comes of it must be the same."""
_SAME = ("url", "made", "edited")
_TAKEN = ("title", "summary", "words", "extra", "record", "targets", "images")
"""What a page takes from the one that was made of the new text."""


_LOOKS, _BETWEEN = 5, 0.004
"""How often one looks at a file that is away, empty or being written, and seconds between two looks."""


class WholeNeeded(Exception):  # no error: it says what is to be done
    """An edit has changed more than can be exchanged in place."""


@dataclass(slots=True)
class Patch:
    """Another text for a page."""

    page: StoredPage
    content: Content
    """The edition that it stands in."""
    new: StoredPage
    told: Content
    """The warnings about it."""
    entry: Record
    """As the file has it, without what it inherits."""
    sha: str
    html: str


class Patcher:
    """Exchanges texts in the pages of one build."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._places = {page.key: (page, content) for content in work.content.editions for page in content.own}
        self._positions: dict[int, int] = {}
        self._related: defaultdict[str, list[StoredPage]] = defaultdict(list)
        """By the address of a brief, those that name it."""
        self._attached: set[str] | None = None

    def look(self, key: str) -> Patch | None:
        """What to exchange for a file that may have changed; None when it has not, in what it says.

        Raises ``WholeNeeded``; or ``ContentError``, or ``Several``, when the file is wrong. Nothing is changed yet.
        """
        work = self._work
        if key not in self._places or self._places[key][0].kind not in ("brief", "page"):
            raise WholeNeeded
        page, content = self._places[key]
        raw = self._read(key)
        sha = files.sha256(raw)
        if sha == work.library.sha(key):
            return None
        entry, html = work.library.renew(key, raw)
        if _bound(entry) != _bound(work.shelf.records[key]):
            raise WholeNeeded
        work.inputs.files[key].sha = sha
        new, told = self._renewed(page, content, entry)
        raise_all([*told.problems, *work.shortcodes.problems_of(new)])
        return Patch(page, content, new, told, entry, sha, html)

    def apply(self, patches: Sequence[Patch]) -> list[StoredPage]:
        """Exchanges the texts; returns all pages that are others now. Raises ``WholeNeeded``."""
        for patch in patches:
            key = patch.page.key
            self._work.shelf.records[key] = patch.entry
            self._work.library.hold(key, patch.sha, patch.entry, patch.html)
            self._work.content.links.learn(patch.page.url, patch.new.record.anchors)
        touched = dict.fromkeys(patch.page.key for patch in patches)
        for patch in patches:
            touched |= dict.fromkeys(page.key for page in self._exchange(patch))
        pages = [self._places[key][0] for key in touched]
        for page in pages:
            page.seal(self._work.library.sha(page.key) or "")
        return pages

    def file(self) -> None:
        """Has texts that are in memory only filed, for whoever holds the lock of builds."""
        for key, entry in self._work.library.file().items():
            page = self._places[key][0]
            page.record = page.record._replace(place=entry.place)
            self._work.shelf.records[key] = entry

    def _read(self, key: str) -> bytes:
        file = self._work.inputs.files[key]
        path = Path(file.path)
        if path.is_symlink():
            raise WholeNeeded  # it may lead elsewhere now
        try:
            file.stamp, raw = settled(path)
        except OSError:
            raise WholeNeeded from None
        return raw

    def _renewed(self, page: StoredPage, content: Content, entry: Record) -> tuple[StoredPage, Content]:
        renewal = self._work.content.renewal
        try:
            new, told = renewal.renewed(content, page.key, renewal.inherited(page.key, entry))
        except (SitegenError, KeyError):
            raise WholeNeeded from None
        if any(getattr(new, name) != getattr(page, name) for name in _SAME):
            raise WholeNeeded
        if new.title != page.title and (page.kind != "brief" or page.alternates):
            raise WholeNeeded  # menus, and lists by title
        if self._work.content.hidden and self._attachments(page) != self._attachments(new):
            raise WholeNeeded  # a file may be withheld now, or not any more
        return new, told

    def _attachments(self, page: StoredPage) -> set[str]:
        """The files of the site that a page links to."""
        names = self._work.content.edition.scope.name_of
        if self._attached is None:
            self._attached = {names(key) for key in self._work.inputs.of("content") if not key.endswith(".md")}
        return attachments.linked([(page.key, page.record)], names) & self._attached

    def _exchange(self, patch: Patch) -> Iterator[StoredPage]:
        """Exchanges one text; yields the page, and its neighbours when they name it otherwise."""
        page, new, told, whole = patch.page, patch.new, patch.told, self._work.content
        told.links, told.gallery = whole.links, whole.gallery
        if page.images:
            whole.gallery.forget(page.path)
        connections.tie(new, told)
        if told.problems or {*new.images.values()} != {*page.images.values()}:
            raise WholeNeeded
        if new.images:
            new.gallery = whole.gallery
        retitled = new.title != page.title
        for name in _TAKEN:
            setattr(page, name, getattr(new, name))
        self._work.shortcodes.renew(page)
        whole.warnings = [found for found in whole.warnings if not found.place or found.place.name != page.path]
        whole.warnings += told.warnings
        yield page
        if retitled:
            self._work.plan.retitled()
            yield from self._renamed(page, patch.content.briefs)

    def _renamed(self, page: StoredPage, briefs: Sequence[StoredPage]) -> Iterator[StoredPage]:
        """Tells the neighbours of a brief, and those that it is related to, its title; yields them."""
        if not self._positions:
            for content in self._work.content.editions:
                self._positions |= {id(found): at for at, found in enumerate(content.briefs)}
                for found in content.briefs:
                    for other in found.related:
                        self._related[other.url].append(found)
        at, link = self._positions[id(page)], Link(page.title, page.url)
        if at > 0:
            briefs[at - 1].previous = link
            yield briefs[at - 1]
        if at + 1 < len(briefs):
            briefs[at + 1].next = link
            yield briefs[at + 1]
        for relation in self._related.get(page.url, ()):
            told = ((found, page.title if found.url == page.url else found.title) for found in relation.related)
            relation.related = tuple(found._replace(title=title) for found, title in told)
            yield relation


def settled(path: Path) -> tuple[Stamp, bytes]:
    """A file as nobody writes it at this moment, with its stamp; some editors write in place, or remove it first.

    Raises ``OSError`` when it stays away.
    """
    before: os.stat_result | None = None
    for _ in range(_LOOKS):
        try:
            before = path.stat()
            raw = path.read_bytes()
            if stamp_of(path.stat()) == stamp_of(before) and raw:
                return stamp_of(before), raw
        except FileNotFoundError:
            before = None
        time.sleep(_BETWEEN)
    return stamp_of(path.stat()), path.read_bytes()


def _bound(entry: Record) -> tuple[object, ...]:
    """What a file may not say otherwise."""
    said = frozenset(entry.said) - frozenset(_FREE)
    return (said, *(value for name, value in zip(Record._fields, entry, strict=True) if name not in _FREE))
