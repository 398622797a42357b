"""A field is set, and every other byte of the file stays as it was."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sitegen import frontmatter
from sitegen.briefs.fields import put
from sitegen.errors import ContentError, FieldNotSet

DAY = dt.date(2026, 6, 1)


@pytest.mark.parametrize(
    ("before", "values", "after"),
    [
        ("---\nstatus: draft\n---\nx\n", {"status": "review"}, "---\nstatus: review\n---\nx\n"),
        ("---\nstatus:   'draft'  # why\n---\n", {"status": "review"}, "---\nstatus:   'review'  # why\n---\n"),
        ('---\n"status": "draft"\n---\n', {"status": "review"}, '---\n"status": "review"\n---\n'),
        ("---\nstatus:\ntitle: A\n---\n", {"status": "draft"}, "---\nstatus: draft\ntitle: A\n---\n"),
        ("---\r\nstatus: draft\r\n---\r\nx\r\n", {"status": "review"}, "---\r\nstatus: review\r\n---\r\nx\r\n"),
        ("\ufeff---\nstatus: draft\n---\n", {"status": "review"}, "\ufeff---\nstatus: review\n---\n"),
        ("---\rstatus: draft\r---\rx\r", {"status": "review"}, "---\rstatus: review\r---\rx\r"),
        (
            "---\r\nstatus: draft # a\r\ntitle: A\r\n---\r\n",
            {"publish_at": DAY},
            "---\r\nstatus: draft # a\r\npublish_at: 2026-06-01\r\ntitle: A\r\n---\r\n",
        ),
        ("---\ntitle: A\n# end\n---\n", {"status": "draft"}, "---\ntitle: A\n# end\nstatus: draft\n---\n"),
        ("---\n# nothing\n---\n", {"status": "draft"}, "---\n# nothing\nstatus: draft\n---\n"),
        ("---\n---\nx\n", {"status": "draft"}, "---\nstatus: draft\n---\nx\n"),
        (
            "---\nstatus: draft\nexpires: 2026-01-01 # x\na: b\n---\n",
            {"expires": None},
            "---\nstatus: draft\n# x\na: b\n---\n",
        ),
        ("---\nstatus: draft\n---\n", {"expires": None}, "---\nstatus: draft\n---\n"),
        ("---\ntags:\n  - a\n  - b\n# c\nx: y\n---\n", {"tags": ["no", "c"]}, "---\ntags: ['no', c]\n# c\nx: y\n---\n"),
        (
            "---\ntags:\n  - 'a'  # A\n# here\n  - \"b\" # B\n  - c\n# end\nx: y\n---\n",
            {"tags": ["a", "c", "no"]},
            "---\ntags:\n  - 'a'  # A\n# here\n# B\n  - c\n  - 'no'\n# end\nx: y\n---\n",
        ),
        ("---\r\ntags:\r\n- a\r\n---\r\n", {"tags": ["a", "b"]}, "---\r\ntags:\r\n- a\r\n- b\r\n---\r\n"),
        ("---\ntags: ['a',  \"b\", c] # t\n---\n", {"tags": ["b", "c", "d"]}, '---\ntags: ["b", c, d] # t\n---\n'),
        ("---\ntags: [a, b, c,]\n---\n", {"tags": ["a", "d"]}, "---\ntags: [a, d,]\n---\n"),
        ("---\ntags: [a]  # t\n---\n", {"tags": ["b"]}, "---\ntags: [b]  # t\n---\n"),
        ("---\nnotice: |\n  a\n  b\n\n# c\nx: y\n---\n", {"notice": "c: d"}, "---\nnotice: 'c: d'\n\n# c\nx: y\n---\n"),
        ("---\nx: y\n---\n", {"notice": "one\n\ntwo"}, '---\nx: y\nnotice: "one\\n\\ntwo"\n---\n'),
        ("---\nx: y\n---\n", {"notice": "no"}, "---\nx: y\nnotice: 'no'\n---\n"),
        ("---\nstatus: draft\n\nx: y\n---\n", {"status": None}, "---\n\nx: y\n---\n"),
    ],
)
def test_a_field_is_set_where_it_stands(before: str, values: dict[str, Any], after: str) -> None:
    assert put(before, values, "a.md") == after
    assert put(after, values, "a.md") == after


@pytest.mark.parametrize(
    "text",
    [
        "no front matter\n",
        "---\n{status: draft}\n---\n",
        "---\ntags: # mine\n  - a\n---\n",
        "---\ntags: # mine\n---\n",
    ],
)
def test_what_would_take_more_with_it_is_refused_with_its_place(text: str) -> None:
    values: dict[str, Any] = {"tags": ["b"]}
    if text.endswith("# mine\n---\n"):
        assert put(text, values, "a.md") == "---\ntags: [b] # mine\n---\n"
        return
    with pytest.raises(FieldNotSet) as caught:
        put(text, values, "a.md")
    assert str(caught.value.place).startswith("a.md:")


words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
names = st.sampled_from(["title", "status", "tags", "notice", "expires", "x-y", "extra"])
values = (
    words | st.lists(words, max_size=3) | st.dates() | st.booleans() | st.none() | st.just({"a": ["b", {"c": "d"}]})
)


@settings(max_examples=150, deadline=None)
@given(
    fields=st.dictionaries(names, values, max_size=5),
    name=names,
    value=words | st.lists(words, max_size=2) | st.dates(),
    flow=st.booleans(),
    newline=st.sampled_from(["\n", "\r\n"]),
    body=words,
)
def test_whatever_the_file_says_the_field_is_set_and_the_rest_is_as_it_was(
    fields: dict[str, Any], name: str, value: Any, flow: bool, newline: str, body: str
) -> None:
    head = "".join(
        yaml.safe_dump({key: item}, allow_unicode=True, default_flow_style=flow and isinstance(item, list | dict))
        if not isinstance(item, dict) or not flow
        else f"{key}: {yaml.safe_dump(item, default_flow_style=True)}"
        for key, item in fields.items()
    )
    text = f"---\n{head}---\n{body}".replace("\r\n", "\n").replace("\n", newline)
    try:
        before = frontmatter.split(text, "a.md")
    except ContentError:
        assume(False)
    try:
        after = put(text, {name: value}, "a.md")
    except FieldNotSet:
        return  # nothing was done
    read = frontmatter.split(after, "a.md")
    assert read.fields == {**before.fields, name: value}
    assert list(read.fields)[: len(before.fields)] == list(before.fields) or name not in before.fields
    assert read.body == before.body
    if name not in fields:
        start = alike(text, after)
        assert start + alike(text[start:][::-1], after[start:][::-1]) == len(text), "only something was put in"


def alike(one: str, other: str) -> int:
    """How far two texts begin in the same way."""
    return next(
        (at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), min(len(one), len(other))
    )
