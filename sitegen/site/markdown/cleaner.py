"""Cleaner: the second wall, which lets through exactly the tags and attributes that this package makes."""

from __future__ import annotations

import functools

import nh3

from sitegen.site.markdown.rendered import Profile

_ANY = {"class", "id"}
_BLOCKS = ("blockquote", "code", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "section", "ul")
_TAGS: dict[str, set[str]] = {
    **dict.fromkeys((*_BLOCKS, "span", "sup"), _ANY),
    **{tag: set() for tag in ("br", "em", "s", "strong", "table", "thead", "tbody", "tr")},
    "a": _ANY | {"href", "title", "rel"},
    "img": {"src", "alt", "title", "loading"},
    "ol": _ANY | {"start"},
    "th": {"class"},
    "td": {"class"},
}


@functools.cache
def cleaner(profile: Profile) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(_TAGS),
        attributes=_TAGS,
        url_schemes={"http", "https", "mailto", "tel", "sitegen"},
        link_rel=None,
        strip_comments=True,
    )
