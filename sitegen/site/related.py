"""Related: for each brief the few others that share the rarest terms with it, and are the nearest in time.

Only the next older and the next newer brief of each term are looked at. So all of it takes one walk through the lists
of terms, and a new brief changes what a handful of others tell, not what all of its topic do.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping

from sitegen.site.page import Link, Related
from sitegen.site.stored import StoredPage
from sitegen.site.taxonomy import Index

_MOST = 3
_TELLS_NOTHING = ("types",)
"""Taxonomies that say of what kind a document is, not what it is about."""


def relate(briefs: Iterable[StoredPage], indexes: Mapping[str, Index]) -> None:
    """Tells each brief which others are related; the lists of the terms are sorted already."""
    every = list(briefs)
    count = len(every)
    places = {id(page): place for place, page in enumerate(every)}
    shares: dict[int, float] = {}
    """How near two briefs are; a pair is one number, made of both their places."""
    whys: dict[int, Link] = {}
    for rarity, link, carrying in sorted(_runs(places, indexes)):
        for one, other in itertools.pairwise(carrying):
            pair = one * count + other
            if pair in shares:
                shares[pair] += rarity
            else:
                shares[pair], whys[pair] = rarity, link  # the rarest term comes first
    near: list[list[tuple[float, int, int, int]]] = [[] for _ in every]
    for pair, share in shares.items():
        one, other = divmod(pair, count)
        near[one].append((share, other - one, other, pair))
        near[other].append((share, other - one, one, pair))
    for page, others in zip(every, near, strict=True):
        if others:
            others.sort()
            page.related = tuple([_told(every[other], whys[pair]) for _, _, other, pair in others[:_MOST]])


def _runs(places: Mapping[int, int], indexes: Mapping[str, Index]) -> Iterator[tuple[float, Link, list[int]]]:
    """For each term how rare it is, the lower the rarer; the term; and the places of the briefs that carry it."""
    for name, index in indexes.items():
        if name in _TELLS_NOTHING:
            continue
        for link in set(index.links.values()):
            found = (places.get(id(page)) for page in index.pages[link.url])
            carrying = [place for place in found if place is not None]
            if len(carrying) > 1:
                yield -1 / len(carrying), link, carrying


def _told(page: StoredPage, why: Link) -> Related:
    return Related(page.title, page.url, page.language, page.date, why)
