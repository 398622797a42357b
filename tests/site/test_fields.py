"""Ordinary front matter is taken without the models, and comes out as the models would have it."""

from __future__ import annotations

import datetime as dt
import string
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from benchmarks import corpus
from sitegen import frontmatter, head
from sitegen.errors import SitegenError
from sitegen.site import fields

NAMES = [*frontmatter.Matter.model_fields, "series", "unknown", 1, None]
words = st.text(string.ascii_letters + "é\n\t\u200b 0-./", max_size=6)
values = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), words, st.dates(), st.datetimes()),
    st.lists(st.one_of(words, st.integers(), st.none(), st.booleans()), max_size=3),
    st.sampled_from(
        ["draft", "published", "withdrawn", "summary", "extract", "written", "en", "de-AT", "de\n", "e", "a.html"]
    ),
    st.dictionaries(words, st.integers(), max_size=2),
)


@given(st.dictionaries(st.sampled_from(NAMES), values, max_size=5), st.sampled_from([(), ("series",), ("weight",)]))
@example({"language": "en\n"}, ())
@example({"date": dt.datetime(2026, 1, 1)}, ())  # noqa: DTZ001  # as YAML gives it
@example({"weight": "x"}, ("weight",))
def test_what_is_taken_is_what_the_models_make_of_it(found: dict[Any, Any], taxonomies: tuple[str, ...]) -> None:
    quick = fields.ordinary(found, taxonomies)
    if quick is None:
        return
    whole = frontmatter.validate(found, "a.md", "", taxonomies)
    assert quick._asdict() == {name: getattr(whole, name) for name in fields.Ordinary._fields}


def test_the_fields_and_their_defaults_are_those_of_the_model() -> None:
    assert fields.Ordinary()._asdict() == dict(frontmatter.Matter())


def test_the_briefs_of_the_benchmark_need_no_models() -> None:
    text = corpus.text_of(corpus.brief(7))
    assert isinstance(fields.of(head.split(text, "a.md").fields, "a.md", text), fields.Ordinary)


@pytest.mark.parametrize("wrong", [{"status": "done"}, {"tags": "one"}, {"date": "soon"}, {"titel": "x"}, {"menu": 3}])
def test_what_is_wrong_is_told_by_the_models(wrong: dict[str, Any]) -> None:
    with pytest.raises(SitegenError):
        fields.of(wrong, "a.md", "")
