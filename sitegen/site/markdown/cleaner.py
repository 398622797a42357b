"""Cleaner: the second wall, which lets through exactly the tags and attributes that this package makes."""

from __future__ import annotations

import functools

import nh3

from sitegen.site.markdown.rendered import Profile


def _each(tags: str, *attributes: str) -> dict[str, set[str]]:
    return {tag: set(attributes) for tag in tags.split()}


_TAGS = {
    **_each("br dd dl dt em label s strong table thead tbody tr"),
    **_each("div section span th td", "class"),
    **_each("blockquote code h1 h2 h3 h4 h5 h6 hr li p pre sup ul", "class", "id"),
    **_each("a", "class", "id", "href", "title", "rel"),
    **_each("img", "src", "alt", "title", "loading"),
    **_each("input", "checked", "disabled"),
    **_each("ol", "class", "id", "start"),
    **_each("sitegen-word", "key"),
}
_WITH_ATTRIBUTES = {tag: names | {"class", "id"} for tag, names in _TAGS.items() if tag != "sitegen-word"}
"""What a page's author may give an id and classes."""
_MATH = {
    **_each("b i u mn mphantom mprescripts mmultiscripts mroot msqrt msub msup msubsup mtr munderover"),
    **_each("math", "display"),
    **_each("mfrac", "linethickness", "displaystyle", "scriptlevel"),
    **_each("mi", "mathvariant"),
    **_each("mo", "form", "lspace", "rspace", "minsize", "maxsize", "movablelimits", "stretchy", "symmetric"),
    **_each("mover", "accent"),
    **_each("mpadded", "width", "height", "depth", "voffset", "class"),
    **_each("mrow mstyle mtable", "displaystyle", "scriptlevel", "mathcolor", "class"),
    **_each("mspace", "width", "class"),
    **_each("mtd", "class", "id"),
    **_each("mtext", "mathsize", "class"),
    **_each("munder", "accentunder"),
}
_TAGS_OF: dict[Profile, dict[str, set[str]]] = {
    "brief": _TAGS,
    "page": _TAGS | _WITH_ATTRIBUTES | _MATH | _each("sitegen-call", "n"),
}


@functools.cache
def cleaner(profile: Profile) -> nh3.Cleaner:
    """The cleaner for texts of a profile."""
    tags = _TAGS_OF[profile]
    return nh3.Cleaner(
        tags=set(tags),
        attributes=tags,
        tag_attribute_values={"input": {"type": {"checkbox"}}, "div": {"role": {"note"}}},
        url_schemes={"http", "https", "mailto", "tel", "sitegen"},
        link_rel=None,
        strip_comments=True,
    )
