"""Tables of figures and encoded data are found, measured and named; prose is not taken for one."""

from __future__ import annotations

import base64
import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitegen.enrich.left_out import described
from sitegen.enrich.oddities import is_row, oddities
from sitegen.enrich.summary import LeftOut

PROSE = (
    "The Town Council met on 14 March 2025. It approved 1,250,000 euros for the bridge, with nine votes to four.\n"
    "On 1 May 2025 the works began; they cost 80,000 euros a month.\n\n"
) * 4
NOISE = random.Random(5)
CODED = base64.b64encode(NOISE.randbytes(900)).decode()


def rows(count: int) -> str:
    return "\n".join(f"{2000 + n}  {n * 17 % 91},{n % 10}  {n * 31 % 977}  {n * 7 % 13} %" for n in range(count))


def test_a_table_between_prose_is_found_with_its_rows() -> None:
    text = f"{PROSE}Year Rate Cost Share\n{rows(30)}\n{PROSE}"
    [table] = oddities(text)
    assert (table.kind, table.rows) == ("table", 30)
    assert text[table.start : table.end] == rows(30)


def test_a_heading_inside_a_table_does_not_tear_it_apart() -> None:
    text = f"{PROSE}{rows(10)}\nContinued from the last page\n{rows(10)}\n{PROSE}"
    assert [(odd.kind, odd.rows) for odd in oddities(text)] == [("table", 20)]


def test_a_short_table_is_read_with_the_text() -> None:
    assert oddities(f"{PROSE}{rows(5)}\n{PROSE}") == []


@pytest.mark.parametrize(
    "coded",
    [
        CODED,
        "\n".join(CODED[at : at + 76] for at in range(0, len(CODED), 76)),
        NOISE.randbytes(600).hex(),
    ],
)
def test_encoded_data_is_found_as_a_whole(coded: str) -> None:
    text = f"{PROSE}{coded}\n{PROSE}"
    [odd] = oddities(text)
    assert odd.kind == "encoded"
    assert text[odd.start : odd.end] == coded


@pytest.mark.parametrize(
    "text",
    [
        PROSE,
        "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft\n" * 9,
        "https://example.org/a/very/long/address/that/nobody/would/like/to/type?with=many&parts=" + "x" * 99,
        "x" * 1000,
        "-" * 1000,
        "1. First\n2. Second\n3. Third\n" * 9,
        "14.03.2025 Meeting of the council\n15.03.2025 Meeting of the board\n" * 9,
        "",
    ],
)
def test_what_is_none_is_not_taken_for_one(text: str) -> None:
    assert oddities(text) == []


def test_rows_are_lines_of_figures() -> None:
    assert is_row("2024  3,5  1.204  12 %")
    assert is_row("| 2024 | 3.5 | 77 | 12 |")
    assert not is_row("On 14 March 2025, 12 of 17 members came.")
    assert not is_row("2024")


@given(st.lists(st.sampled_from([PROSE, rows(12), CODED, "\f", "\n\n", "x", "12 13 14\n"]), max_size=12).map("".join))
def test_stretches_are_in_order_and_apart(text: str) -> None:
    found = oddities(text)
    assert all(odd.start < odd.end <= len(text) for odd in found)
    assert all(one.end <= other.start for one, other in itertools.pairwise(found))


def test_long_and_odd_texts_take_little_time() -> None:
    for text in ("a1" * 500_000, "1 " * 500_000, "1 2 3\n" * 200_000, ("A" * 59 + "\n") * 20_000, CODED * 500):
        oddities(text)


def test_what_was_left_out_is_said_in_a_sentence_for_each_kind() -> None:
    parts = [LeftOut(kind="table", page=page, rows=20) for page in (3, 3, 7)] + [LeftOut(kind="encoded", page=9)]
    assert described(parts) == [
        "3 tables of figures (60 rows) were left out (pages 3, 7).",
        "1 stretch of encoded data was left out (page 9).",
    ]
    assert described([LeftOut(kind="unreadable")]) == ["1 part without readable sentences was left out."]
    assert described([]) == []
