"""Related: for each brief the few others that share the rarest terms with it, and are the nearest in time.

Only the next older and the next newer brief of each term are looked at. So all of it takes one walk through the lists
of terms, and a new brief changes what a handful of others tell, not what all of its topic do.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping

from sitegen.site.page import Link, Related
from sitegen.site.stored import StoredPage
from sitegen.site.taxonomy import Index

_MOST = 3
_TELLS_NOTHING = ("types",)
"""Taxonomies that say of what kind a document is, not what it is about."""
_Near = dict[int, tuple[float, float, Link]]
"""By place of the other brief: how near it is, the share of the rarest term in that, and that term."""


def relate(briefs: Iterable[StoredPage], indexes: Mapping[str, Index]) -> None:
    """Tells each brief which others are related; the lists of the terms are sorted already."""
    every = list(briefs)
    places = {page.url: place for place, page in enumerate(every)}
    found: defaultdict[int, _Near] = defaultdict(dict)
    for name, index in indexes.items():
        if name in _TELLS_NOTHING:
            continue
        for link in set(index.links.values()):
            carrying = [place for page in index.pages[link.url] if (place := places.get(page.url)) is not None]
            share = 1 / len(carrying) if carrying else 0
            for one, other in itertools.pairwise(carrying):
                _add(found[one], other, share, link)
                _add(found[other], one, share, link)
    for place, near in found.items():
        ranked = sorted(near.items(), key=lambda item: (-item[1][0], abs(item[0] - place), item[0]))
        every[place].related = tuple(_told(every[other], why) for other, (_, _, why) in ranked[:_MOST])


def _add(near: _Near, other: int, share: float, link: Link) -> None:
    known = near.get(other)
    if known is None:
        near[other] = (share, share, link)
        return
    total, rarest, why = known
    first = (-share, link.title, link.url) < (-rarest, why.title, why.url)
    near[other] = (total + share, share, link) if first else (total + share, rarest, why)


def _told(page: StoredPage, why: Link) -> Related:
    return Related(page.title, page.url, page.language, page.date, why)
