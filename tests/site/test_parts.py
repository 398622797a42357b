"""A brief's text in parts: each is what it seems to be only while heading and shape say so, and nothing is left out."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitegen.briefs.model import generate
from sitegen.enrich.summary import DateMention, Evidence, Point, Summary
from sitegen.site import parts
from sitegen.site.markdown import render
from sitegen.sources.base import Document

POINTS = """\
The Council met.

## Key points

- The bridge is *repaired*.

  > “The Weir Bridge is repaired.” — Page 2

- The clock stays.

  > Page 3

- Nobody objected.

## Dates

| Date | What |
| --- | --- |
| 12 July 2024 | Tender |

## People

- Agnes Thornbury
- Tessmann & Partner
"""


def of(text: str) -> tuple[parts.Part, ...]:
    return parts.of(render(text, "brief").html)


def words(html: str) -> str:
    return re.sub(r"<[^>]*>|\s", "", html)


def test_a_brief_is_told_apart_into_what_it_is_made_of() -> None:
    opening, points, dates, people = of(POINTS)
    assert (opening.kind, opening.id, opening.body) == ("text", "", "<p>The Council met.</p>\n")
    assert [(point.quote, point.place) for point in points.points] == [
        ("<p>“The Weir Bridge is repaired.”</p>\n", "Page 2"),
        ("", "Page 3"),
        ("", ""),
    ]
    assert points.points[0].text == "<p>The bridge is <em>repaired</em>.</p>\n"
    assert dates.kind == "dates"
    assert people.names == ("Agnes Thornbury", "Tessmann & Partner")


def test_what_an_editor_made_of_it_stays_text() -> None:
    for text in (
        "## Key points\n\nNone so far.\n",
        "## Key points\n\n- One\n\nAnd a remark.\n",
        "## Key points\n\n- One\n  - and below it\n",
        "## Dates\n\nIn May.\n",
        "## People\n\n1. Agnes\n",
        "## What happened\n\n- One\n",
    ):
        (part,) = of(text)
        assert (part.kind, part.points, part.names) == ("text", (), ()), text


def test_a_heading_in_a_quotation_or_a_list_parts_nothing() -> None:
    for text in ("> ## People\n>\n> - Agnes\n", "- ## Key points\n\n  - One\n"):
        (part,) = of(text)
        assert part.id == ""
        assert "<h2" in part.body


def test_points_and_their_places_are_known_in_every_language() -> None:
    for heading, place in (("Key points", "Page 4"), ("Das Wichtigste", "Seite 4"), ("النقاط", "صفحة 2")):
        (part,) = of(f"## {heading}\n\n- One.\n\n  > {place}\n")
        assert part.points[0].place == place


def test_what_the_enrichment_half_writes_is_understood() -> None:
    for language in ("en", "de", "fr"):
        summary = Summary(
            language=language,
            method="summary",
            title="A title",
            dek="A dek.",
            paragraphs=("A paragraph.",),
            points=(Point(text="One.", evidence=Evidence(quote="The words.", start=0, end=10, page=2)),),
            dates=(DateMention(text="12 July 2024", iso="2024-07-12", about="Tender"),),
            people=("Agnes Thornbury",),
        )
        generated = generate(Document("x:a", "a", "t"), summary, slug="a", status="draft")
        found = of(generated.body)
        assert found[1].points[0].quote == "<p>“The words.”</p>\n"
        assert [part.kind for part in found] == ["text", "points", "dates", "people"]


BLOCKS = st.sampled_from(
    [
        "## Key points",
        "## People",
        "## Dates",
        "## Other",
        "- a\n- b",
        "- a\n\n  > Page 2\n",
        "- a\n  - b",
        "> ## People\n> - x",
        "1. a\n\n   ## Places",
        "A paragraph[^1].\n\n[^1]: A note.",
        "| a | b |\n| --- | --- |\n| c | d |",
        "> “Words” — Page 3",
    ]
)


@given(st.lists(BLOCKS, max_size=8))
def test_no_word_is_lost_and_every_box_is_closed(blocks: list[str]) -> None:
    html = render("\n\n".join(blocks) + "\n", "brief").html
    found = parts.of(html)
    told: list[str] = []
    for part in found:
        told.append(part.title)
        if part.points:
            told += [f"{point.text}{point.quote}{point.place}" for point in part.points]
        else:
            told.append(part.body)
        for tag in ("li", "blockquote", "ul", "section"):
            assert part.body.count(f"<{tag}") == part.body.count(f"</{tag}>")
    assert words("".join(told)).replace("—", "") == words(html).replace("—", "")


@pytest.mark.parametrize("place", ["Page 2", "第2页", "第 2 頁", "2ページ", "2쪽"])
def test_places_are_known_as_languages_write_them(place: str) -> None:
    evidence = f'<blockquote class="evidence">\n<p>B — {place}</p>\n</blockquote>\n'
    (part,) = parts.of(f"<ul>\n<li>\n<p>A.</p>\n{evidence}</li>\n</ul>\n")
    assert part.points[0].place == place
