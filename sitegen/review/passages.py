"""Passages: the points of a brief's text, and where the quotations that they rest on stand in the document."""

from __future__ import annotations

import html as html_
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import nh3
from markupsafe import Markup, escape

from sitegen.enrich.grounding import Grounding, Span
from sitegen.site import markdown
from sitegen.sources.base import PAGE_BREAK

LONGEST = 2_000_000
"""Characters of a document that are shown."""
_TOKEN = re.compile(r"<(/?)(li|blockquote)>")
_PARAGRAPH = re.compile(r"\s*<p>")
_TAG = re.compile(r"<[^>]*>")
_QUOTED = re.compile(r"[“\"„«](.+)[”\"“»]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Point:
    """One item of a list in a brief, and the quotation by which a reader can check it."""

    number: int
    """From 1."""
    start: int
    """Where its words begin in the HTML."""
    text: str
    quotation: str
    """Of an extract, the point itself."""


_TAGS = """
a blockquote br code dd del div dl dt em h1 h2 h3 h4 h5 h6 hr li ol p pre s section span strong sub sup table tbody td
th thead tr ul
"""


@cache
def _cleaner() -> nh3.Cleaner:
    """Lets through text and its shape: no address, no picture, no id, nothing that the page around it could trip on."""
    return nh3.Cleaner(tags=set(_TAGS.split()), attributes={}, link_rel=None, strip_comments=True)


def rendered(body: str) -> str:
    """The Markdown of a brief as the site shows it, with links that lead nowhere. Safe HTML without any attribute."""
    found = markdown.render(body, "brief")
    html = markdown.worded(markdown.filled(found.html, [url for url, _ in found.links]), str)
    return _cleaner().clean(html)


def points(html: str, *, extract: bool) -> list[Point]:
    """The points in what ``rendered`` made: items of lists that hold a quotation or, in an ``extract``, are one."""
    found: list[Point] = []
    items: list[int] = []
    quote = -1
    evidence = ""
    for token in _TOKEN.finditer(html):
        closing, name = token[1], token[2]
        if name == "blockquote" and items:
            if closing and quote >= 0:
                evidence, quote = html[quote : token.start()], -1
            elif not closing:
                quote = token.end()
        elif name == "li" and not closing:
            items.append(token.end())
            evidence = ""
        elif name == "li" and items:
            start = items.pop()
            if not items:
                whole = html[start : token.start()]
                quotation = _quotation(_words(evidence))
                text = _words(whole.replace(evidence, ""))
                if quotation or extract:
                    paragraph = _PARAGRAPH.match(html, start)
                    inside = paragraph.end() if paragraph else start
                    found.append(Point(len(found) + 1, inside, text, quotation or text))
                evidence = ""
    return found


def _words(html: str) -> str:
    return " ".join(html_.unescape(_TAG.sub(" ", html)).split())


def _quotation(evidence: str) -> str:
    found = _QUOTED.search(evidence)
    return found[1] if found else ""


def linked(html: str, found: Sequence[Point]) -> Markup:
    """The rendered text in which each point leads to its place in the document."""
    parts, at = [], 0
    for point in found:
        parts.append(html[at : point.start])
        label = f"Point {point.number}: show it in the document"
        parts.append(f'<a class="seek" href="#span-{point.number}" aria-label="{label}">{point.number}</a> ')
        at = point.start
    return Markup("".join(parts) + html[at:])  # noqa: S704  # made of what the cleaner let through


def grounded(text: str, found: Sequence[Point]) -> list[Span | None]:
    """Where each point's quotation stands in the document."""
    grounding = Grounding(text)
    return [grounding.find(point.quotation) for point in found]


def marked(text: str, spans: Sequence[Span | None]) -> Iterator[tuple[int, Markup]]:
    """The pages of the document, from 1, as escaped text in which the passages are marked."""
    first = set[int]()
    ranges = [(span.start, span.end, number) for number, span in enumerate(spans, 1) if span is not None]
    at = 0
    for page, words in enumerate(text[:LONGEST].split(PAGE_BREAK), 1):
        yield page, Markup("").join(_pieces(words, at, ranges, first))
        at += len(words) + len(PAGE_BREAK)


def _pieces(words: str, at: int, ranges: Sequence[tuple[int, int, int]], first: set[int]) -> Iterator[Markup]:
    end = at + len(words)
    near = [(start, stop, number) for start, stop, number in ranges if start < end and stop > at]
    cuts = sorted({at, end, *(max(at, one[0]) for one in near), *(min(end, one[1]) for one in near)})
    for start, stop in pairwise(cuts):
        piece = escape(words[start - at : stop - at])
        numbers = [number for low, high, number in near if low <= start and stop <= high]
        if not numbers:
            yield piece
            continue
        names = "".join(f'<span id="span-{number}" tabindex="-1"></span>' for number in numbers if number not in first)
        first.update(numbers)
        said = " ".join(map(str, numbers))
        yield Markup(f'{names}<mark data-points="{said}">') + piece + Markup("</mark>")  # noqa: S704  # numbers alone
