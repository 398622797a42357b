"""frontmatter: read strictly, every problem with its line."""

from __future__ import annotations

import datetime as dt

import frontmatter as python_frontmatter
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitegen import frontmatter
from sitegen.errors import (
    ContentError,
    FrontMatterBroken,
    FrontMatterDuplicateKey,
    FrontMatterInvalid,
    FrontMatterUnclosed,
    Several,
)


def read(text: str) -> frontmatter.Matter:
    return frontmatter.validate(frontmatter.split(text, "a.md").fields, "a.md", text)


def test_fields_and_body_are_taken_apart() -> None:
    parsed = frontmatter.split("---\ntitle: A\ndate: 2026-01-02\n---\n\n# Body\n\n---\n", "a.md")
    assert parsed.fields == {"title": "A", "date": dt.date(2026, 1, 2)}
    assert parsed.body.strip() == "# Body\n\n---"
    assert parsed.body_line in (5, 6)


@pytest.mark.parametrize("text", ["", "# Only a body", "text\n---\nx\n---\n", "----\ntitle: a\n----\n"])
def test_a_file_without_front_matter_is_all_body(text: str) -> None:
    assert frontmatter.split(text, "a.md") == frontmatter.Parsed({}, text, 1)


def test_windows_line_ends_are_read() -> None:
    assert frontmatter.split("---\r\ntitle: A\r\n---\r\nBody\r\n", "a.md").fields == {"title": "A"}


@pytest.mark.parametrize(
    ("text", "kind", "line"),
    [
        ("---\ntitle: [a\n---\n", FrontMatterBroken, 3),
        ("---\ntitle: a: b\n---\n", FrontMatterBroken, 2),
        ("---\na: 1\nb: 2\na: 3\n---\n", FrontMatterDuplicateKey, 4),
        ("---\ntitle: a\n", FrontMatterUnclosed, 1),
        ("---\n- a\n---\n", FrontMatterBroken, 2),
        ("---\njust words\n---\n", FrontMatterBroken, 2),
        ("---\ntitle: a\ndate: 2026-13-45\n---\n", FrontMatterBroken, 3),
        ("---\na: !!python/object:os.system {}\n---\n", FrontMatterBroken, 2),
        ("---\n? [a]\n: b\n---\n", FrontMatterBroken, 2),
        ("---\na: &a [*a]\nb: \x00\n---\n", FrontMatterBroken, 1),
    ],
)
def test_broken_front_matter_is_refused_with_its_line(text: str, kind: type[ContentError], line: int) -> None:
    with pytest.raises(kind) as caught:
        frontmatter.split(text, "a.md")
    assert caught.value.place is not None
    assert (caught.value.place.name, caught.value.place.line) == ("a.md", line)


def test_a_day_that_there_is_not_is_named_with_what_to_do() -> None:
    with pytest.raises(FrontMatterBroken) as caught:
        frontmatter.split("---\ntitle: a\ndate: 2026-02-30\n---\n", "a.md")
    assert str(caught.value) == "a.md:3: 2026-02-30 is no day of the calendar"
    assert "2026-03-01" in caught.value.remedy


def test_a_billion_laughs_end_at_once() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    text = "---\n" + "\n".join(lines) + "\n---\n"
    with pytest.raises((FrontMatterInvalid, FrontMatterBroken, Several)):
        read(text)


def test_all_wrong_fields_are_reported_with_line_and_near_miss() -> None:
    with pytest.raises(Several) as caught:
        read("---\ntitel: x\ntags: 3\nstatus: public\nlanguage: english!\n---\n")
    assert sorted(map(str, caught.value.problems)) == [
        "a.md:2: unknown field 'titel'; did you mean 'title'?",
        "a.md:3: tags: must be a list, as in [one, two]",
        "a.md:4: status: must be 'draft', 'review', 'published' or 'withdrawn'",
        "a.md:5: language: must be a code such as en, de or pt-BR",
    ]


def test_numbers_and_dates_that_are_meant_as_words_are_words() -> None:
    matter = read("---\ntitle: 2026\ntags: [2026, water, 2026-01-02]\nslug: 12\n---\n")
    assert (matter.title, matter.tags, matter.slug) == ("2026", ("2026", "water", "2026-01-02"), "12")


def test_a_truth_value_as_title_is_refused_since_it_was_a_word() -> None:
    with pytest.raises(FrontMatterInvalid, match=r"a\.md:2"):
        read("---\ntitle: no\n---\n")


@given(st.text())
def test_any_text_is_read_or_refused_clearly(text: str) -> None:
    for candidate in (text, f"---\n{text}\n---\nbody"):
        try:
            read(candidate)
        except (ContentError, Several) as error:
            refused = list(error.problems)
        else:
            refused = []
        assert all(problem.place and problem.message for problem in refused)


@pytest.mark.parametrize("fence", ["---", "----", "--- ", "---\t"])
@pytest.mark.parametrize("head", ["title: A", 'title: "A"\ntags: [x, y]', "title: |\n  A\n  B", "weight: 3 # first"])
@pytest.mark.parametrize("body", ["", "Text.\n", "\n\nText\n---\nmore --- text\n"])
def test_it_is_taken_apart_as_python_frontmatter_does_it(fence: str, head: str, body: str) -> None:
    text = f"---\n{head}\n{fence}\n{body}"
    theirs, rest = python_frontmatter.parse(text)
    ours = frontmatter.split(text, "a.md")
    assert (ours.fields, ours.body.strip()) == (theirs, rest)
