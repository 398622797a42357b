"""lines: plain front matter is read as YAML reads it, and all else is left to YAML."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from benchmarks import corpus
from sitegen import head, lines
from sitegen.loader import DuplicateKey, Loader

ROOT = Path(__file__).parent.parent
_PIECES = [
    *(
        "a",
        "Word",
        "é",
        "ß",
        "Ⅷ",
        "²",
        "٣",
        "yes",
        "No",
        "null",
        "~",
        "1",
        "2026-01-02",
        "2026-1-2",
        "0x1",
        "1e3",
        "12:30",
    ),
    *(
        " ",
        "  ",
        "\t",
        "\u00a0",
        "\u2028",
        "\ufeff",
        "\x85",
        ":",
        ": ",
        " #",
        "#",
        "-",
        "- ",
        "[",
        "]",
        ", ",
        ",",
        "{",
        "}",
    ),
    *('"', "'", "''", '\\"', "\\", "|", ">", "&", "*", "!", "%", "@", "`", "?", "...", "---", "<<", "="),
]
values = st.one_of(
    st.lists(st.sampled_from(_PIECES), max_size=5).map("".join),
    st.text(max_size=8),
    st.lists(st.sampled_from(_PIECES), max_size=4).map("".join).map(lambda text: f'"{text}"'),
    st.lists(st.sampled_from(_PIECES), max_size=4).map("".join).map(lambda text: f"'{text}'"),
    st.lists(st.sampled_from(["a", "Word two", '"x, y"', '""', "no", "é-1", "'q'", "1", "a:", "b #c"]), max_size=4).map(
        lambda items: f"[{', '.join(items)}]"
    ),
    st.lists(st.sampled_from(["a", "Word two", '"x, y"', "no", "é: b", "'q''s'", "1", "- b"]), max_size=3).flatmap(
        lambda items: st.sampled_from(["", "  ", " "]).map(lambda margin: "".join(f"\n{margin}- {it}" for it in items))
    ),
)
entries = st.tuples(
    st.sampled_from(["title", "tags", "a_b", "on", "y", "Title", "x y", "1", "-", " title"]),
    st.sampled_from([": ", ":", ":  ", " : "]),
    values,
    st.sampled_from(["\n", "\n\n", " \n", "\n# x\n", "\n more\n", ""]),
)


def as_yaml(text: str) -> object:
    try:
        return yaml.load(text, Loader)  # a safe loader
    except (yaml.YAMLError, DuplicateKey, ValueError) as error:
        return error


@given(st.lists(entries, max_size=4).map(lambda found: "".join(map("".join, found))))
@example("title: a\ntags:\n  - b\n - c\n")
@example("tags:\n- b\n  - c\n")
@example("title: a\ntitle: b\n")
@example("date: 2026-02-30\n")
@example("tags: [a, a: b]\n")
@example("title: a\n  b\n")
def test_what_is_read_line_by_line_is_what_yaml_reads(text: str) -> None:
    found = lines.fields(text)
    if found is None:
        return
    whole = as_yaml(text) or {}
    assert found == whole
    assert list(map(type, found.values())) == list(map(type, whole.values()))


@pytest.mark.parametrize(
    "text",
    [
        *(corpus.text_of(corpus.brief(number)) for number in range(20)),
        *(path.read_text(encoding="utf-8") for path in sorted((ROOT / "briefs").glob("*.md"))),
    ],
)
def test_briefs_need_no_yaml(text: str) -> None:
    _, inside, _ = text.split("---\n", 2)
    if "\ncorrections:" in inside:  # tables in a list
        return
    found = lines.fields(inside)
    assert found is not None
    assert found == as_yaml(inside) == head.split(text, "a.md").fields


@pytest.mark.parametrize(
    "doubtful",
    [
        *(
            "title: yes\n",
            "title: 12\n",
            "title: a: b\n",
            "title: a #b\n",
            'title: "a\\n"\n',
            "title: |\n  a\n",
            "# a\n",
        ),
        *("title:\n", "tags: [a, [b]]\n", "extra:\n  a: b\n", "title: a\n  b\n", "title: ~\n", "title: *a\n"),
    ],
)
def test_what_yaml_could_read_in_another_way_is_left_to_it(doubtful: str) -> None:
    assert lines.fields(doubtful) is None
