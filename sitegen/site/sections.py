"""Sections: folders of ``content/`` with an ``_index.md``, and the pages in them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sitegen.site.address import SECTION
from sitegen.site.page import Link
from sitegen.site.stored import StoredPage


@dataclass(frozen=True, slots=True)
class Shown:
    """How a section shows its pages: as ``frontmatter.Section``, which has checked it."""

    sort: str = "date"
    per_page: int | None = None
    feed: bool = False
    template: str | None = None


_DEFAULT = Shown()


@dataclass(slots=True)
class Node:
    """A section while pages are collected."""

    folder: str
    """Below ``content/``; empty for the whole of it."""
    page: StoredPage
    settings: Shown
    pages: list[StoredPage] = field(default_factory=list)
    below: list[Node] = field(default_factory=list)

    @property
    def link(self) -> Link:
        return Link(self.page.title, self.page.url)


def folder_of(key: str) -> str | None:
    """The folder below ``content/`` whose section an input is; None for other inputs."""
    tree, _, path = key.partition("/")
    folder, _, name = path.rpartition("/")
    return folder if tree == "content" and name == f"{SECTION}.md" else None


def nodes(
    sections: Sequence[StoredPage], pages: Sequence[StoredPage], key: Callable[[str], tuple[str, str]]
) -> dict[str, Node]:
    """All sections by folder, with their pages in their order; tells each page the section that it stands in.

    ``key`` is the order of titles.
    """
    found = {folder: Node(folder, page, _settings(page)) for page, folder in _folders(sections)}
    for page in (*sections, *pages):
        folder, _, name = page.bare.removeprefix("content/").rpartition("/")
        if name in (f"{SECTION}.md", "index.md"):
            folder = folder.rpartition("/")[0] if folder else "\0"
        if (node := _nearest(folder, found)) is not None and node.page is not page:
            page.section = node.link
            if folder_of(page.bare) is None:
                node.pages.append(page)
            else:
                node.below.append(found[folder_of(page.bare) or ""])
    for node in found.values():
        _sort(node, key)
    return found


def _folders(sections: Sequence[StoredPage]) -> Iterator[tuple[StoredPage, str]]:
    for page in sections:
        folder = folder_of(page.bare)
        if folder:  # that of the root is the home page, and every page would be in it
            yield page, folder


def _settings(page: StoredPage) -> Shown:
    stated = page.record.section
    return _DEFAULT if stated is None else Shown(**stated)


def _nearest(folder: str, found: Mapping[str, Node]) -> Node | None:
    while folder and folder != "\0":
        if folder in found:
            return found[folder]
        folder = folder.rpartition("/")[0]
    return None


def _sort(node: Node, key: Callable[[str], tuple[str, str]]) -> None:
    node.below.sort(key=lambda below: (below.page.record.weight, key(below.page.title), below.page.url))
    pages = node.pages
    if node.settings.sort == "date":
        pages.sort(key=lambda page: (-(page.record.date or 0), page.url))
        pairs = list(itertools.pairwise(pages))
    else:
        by_weight = node.settings.sort == "weight"
        pages.sort(key=lambda p: (p.record.weight if by_weight else 0, key(p.title), p.url))
        pairs = [(after, before) for before, after in itertools.pairwise(pages)]
    for newer, older in pairs:
        newer.previous = Link(older.title, older.url)
        older.next = Link(newer.title, newer.url)
