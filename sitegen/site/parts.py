"""Parts: the text of a brief in the pieces that it is made of, so that a theme can show each in its own way.

A brief is Markdown that an editor owns. So a piece is what it seems to be only while both its heading and its shape
say so: "Dates" over a table, "People" over a list. A list with evidence in it is one of points under any heading.
Everything else stays text, and nothing is ever left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import unescape
from typing import Literal, NamedTuple

from markupsafe import Markup

from sitegen.headings import HEADINGS
from sitegen.text import plain

Kind = Literal["text", "points", "dates", "amounts", "people", "organisations", "places"]
NAMES: tuple[Kind, ...] = ("people", "organisations", "places")
"""Kinds of parts that are lists of names."""
_KINDS: tuple[Kind, ...] = ("points", "dates", "amounts", *NAMES)
_HEADINGS: dict[str, Kind] = {
    word.casefold(): kind for words in HEADINGS.values() for word, kind in zip(words, _KINDS, strict=False)
}
_PART = re.compile(r'<h2 id="([\w-]+)"[^>]*>(.*?)</h2>\n')
_EVIDENCE = re.compile(r'(.*?)<blockquote class="evidence">\n(.*)</blockquote>\n', re.DOTALL)
_PLACE = r"(?:[^\W\d_]\w{0,19} \d{1,6}|第? ?\d{1,6} ?(?:页|頁|ページ|쪽|페이지))"
"""A word and a number, in whatever language: ``Page 2``, ``Seite 2``; ``第2页``, ``2쪽``."""
_ONLY_PLACE = re.compile(rf"<p>({_PLACE})</p>\n")
_QUOTE_AND_PLACE = re.compile(rf"<p>(.*) — ({_PLACE})</p>\n", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_BOXES = ("li", "blockquote", "div", "details", "figure", "dd", "section")
"""Tags in which a heading can stand."""


class Point(NamedTuple):
    """One point of a brief."""

    text: Markup
    """HTML, in paragraphs."""
    quote: Markup
    """The words of the document that it rests on, in paragraphs; empty where the point itself is a quotation."""
    place: str
    """Where they stand: ``Page 2``; empty where nobody knows."""


class Part(NamedTuple):
    """What stands between two headings of the second level."""

    kind: Kind
    id: str
    """Of its heading; empty for what stands before the first one."""
    title: Markup
    body: Markup
    """HTML without the heading."""
    points: tuple[Point, ...] = ()
    names: tuple[str, ...] = ()
    """Plain text."""


def of(html: str) -> tuple[Part, ...]:
    """The parts of a text that was rendered from Markdown."""
    return tuple(_part(*piece) for piece in _pieces(html))


def named(html: str) -> Iterator[tuple[Kind, tuple[str, ...]]]:
    """The names that a brief lists, by kind."""
    for anchor, heading, below in _pieces(html):
        kind = _kind(heading) if anchor else "text"
        if kind in NAMES and '<blockquote class="evidence">' not in below and (names := _names(_items(below))):
            yield kind, names


def _pieces(html: str) -> Iterator[tuple[str, str, str]]:
    """Identifier and words of each heading, with what stands below it."""
    first, *rest = _PART.split(html)
    boxes = [tag for tag in _BOXES if f"<{tag}" in html]
    if rest and not all(_whole(piece, boxes) for piece in (first, *rest[2::3])):
        yield "", "", html
        return
    if first:
        yield "", "", first
    for at in range(0, len(rest), 3):
        yield rest[at], rest[at + 1], rest[at + 2]


def _whole(html: str, boxes: Sequence[str]) -> bool:
    """Whether each box that is opened is closed, too: a heading in a list or a quotation parts nothing."""
    return all(html.count(f"<{tag}") == html.count(f"</{tag}") for tag in boxes)


def _kind(heading: str) -> Kind:
    return _HEADINGS.get(unescape(heading).strip().casefold(), "text")


def _part(anchor: str, heading: str, html: str) -> Part:
    kind = _kind(heading) if anchor else "text"
    part = Part("text", anchor, _safe(heading), _safe(html))
    if kind in ("dates", "amounts"):
        return part._replace(kind=kind) if html.startswith("<table>\n") else part
    evident = '<blockquote class="evidence">' in html
    items = _items(html) if evident or kind != "text" else None
    if items is None:
        return part
    if kind == "points" or evident:
        return part._replace(kind="points", points=tuple(map(_point, items)))
    return part._replace(kind=kind, names=_names(items))


def _items(html: str) -> Sequence[str] | None:
    """What stands in the items of a plain list; None when it is none, or something else stands beside it."""
    if not html.startswith("<ul>\n<li>") or not html.endswith("</li>\n</ul>\n"):
        return None
    inside = html[len("<ul>\n<li>") : -len("</li>\n</ul>\n")]
    if "<ul" in inside or "<ol" in inside or "</ul" in inside:
        return None
    return [item.removeprefix("\n") for item in inside.split("</li>\n<li>")]


def _names(items: Sequence[str] | None) -> tuple[str, ...]:
    """As plain text."""
    return tuple(filter(None, (plain(unescape(_TAG.sub("", item))) for item in items or ())))


def _point(item: str) -> Point:
    if not item.startswith("<p>"):
        return Point(_safe(f"<p>{item}</p>\n"), Markup(), "")
    match = _EVIDENCE.fullmatch(item)
    if match is None or "<blockquote" in match[2]:
        return Point(_safe(item), Markup(), "")
    text, evidence = match.groups()
    if only := _ONLY_PLACE.fullmatch(evidence):
        return Point(_safe(text), Markup(), only[1])
    if both := _QUOTE_AND_PLACE.fullmatch(evidence):
        return Point(_safe(text), _safe(f"<p>{both[1]}</p>\n"), both[2])
    return Point(_safe(text), _safe(evidence), "")


def _safe(html: str) -> Markup:
    return Markup(html)  # noqa: S704  # pieces of what markdown.render made
