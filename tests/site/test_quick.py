"""What is rendered the quick way is rendered as the parser does it: HTML, headings, anchors, links and words."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from benchmarks import corpus
from sitegen import frontmatter
from sitegen.site.markdown import quick, wall
from sitegen.site.markdown.renderer import parsed
from tests.site.commonmark import examples
from tests.site.nasty import nasty, tidy

BRIEFS = Path(__file__).parent.parent.parent / "briefs"


def assert_equal(text: str) -> bool:
    """Returns whether it was rendered the quick way at all."""
    found = quick.render(text)
    if found is not None:
        assert found == parsed(text, "brief")
    return found is not None


def test_the_examples_of_commonmark() -> None:
    taken = sum(assert_equal(example.markdown) for example in examples())
    assert taken > 120  # of 652: most of them show what lies at the edge


def test_the_corpus_of_the_benchmark_is_rendered_the_quick_way() -> None:
    assert all(assert_equal(corpus.brief(number).body) for number in range(200))


def test_generated_briefs_are_rendered_the_quick_way() -> None:
    bodies = [frontmatter.split(path.read_text(encoding="utf-8"), path.name).body for path in BRIEFS.glob("*.md")]
    assert len(bodies) >= 20
    assert all(map(assert_equal, bodies))


@settings(max_examples=400, deadline=None)
@given(tidy)
def test_tidy_texts(text: str) -> None:
    event(f"quick: {assert_equal(text)}")


@settings(max_examples=600, deadline=None)
@given(nasty)
def test_nasty_texts(text: str) -> None:
    event(f"quick: {assert_equal(text)}")


@pytest.mark.soak
@settings(max_examples=25_000, deadline=None)
@given(st.one_of(tidy, tidy, nasty))
def test_very_many_texts(text: str) -> None:
    event(f"quick: {assert_equal(text)}")


@pytest.mark.parametrize(
    "html",
    [
        "<script>",
        "<p onclick=x>",
        '<a href="javascript:x" class="external" rel="noopener">',
        '<a href="data:x">',
        '<h1 id="a" onclick="x">',
        "<img>",
        "<p><b></p>",
        "a < b",
    ],
)
def test_the_wall_lets_nothing_else_through(html: str) -> None:
    assert not wall.holds(html)
