"""Cleaning takes away what nobody reads, and every character that stays knows where it stood."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitegen.enrich.cleaning import Cleaned, clean, fold

_PIECES = (
    "The bridge |Brü-\ncke |\u00ad|\u200b|\x00|\f|\n|\n\n|- 3 -\n|**bold** |[a](b) |x\r\n|Page 1 of 9\n|12 |`code`|[1]|"
    "\ud800|<br>|# Head\n|\u202eabc\u202c|é|*|_|(|["
)
PIECES = st.sampled_from(_PIECES.split("|"))
TEXTS = st.one_of(st.text(st.characters(), max_size=300), st.lists(PIECES, max_size=60).map("".join))


def letters(text: str) -> str:
    return "".join(text.split())


@given(TEXTS)
def test_every_character_that_is_left_stands_at_its_origin(text: str) -> None:
    cleaned = clean(text)
    for offset, character in enumerate(cleaned.text):
        original = text[cleaned.origin(offset)]
        assert character == original or (character.isspace() or character == "\f")


@given(TEXTS, st.data())
def test_a_span_of_the_original_holds_what_it_stands_for(text: str, data: st.DataObject) -> None:
    cleaned = clean(text)
    if not cleaned.text:
        return
    start = data.draw(st.integers(0, len(cleaned.text) - 1))
    end = data.draw(st.integers(start + 1, len(cleaned.text)))
    first, last = cleaned.span(start, end)
    rest = iter(letters(text[first:last]))
    assert all(character in rest for character in letters(cleaned.text[start:end])), "not in this order in the span"


@given(TEXTS)
def test_origins_ascend(text: str) -> None:
    cleaned = clean(text)
    origins = [cleaned.origin(offset) for offset in range(len(cleaned.text))]
    assert origins == sorted(origins)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\x00b\u200bc\u202ed\ufeff", "abcd"),
        ("Brü\u00adcke", "Brücke"),
        ("Brü\u00ad\ncke", "Brücke"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("the coun-\ncil met", "the council met"),
        ("die Stadt-\nund Landesbücherei", "die Stadt-\nund Landesbücherei"),
        ("in Saint-\nOrrin", "in Saint-Orrin"),
        ("well-known and well-\nknown", "well-known and well-known"),
        ("**Cars and vans** use [the bridge](https://example.org/a_(b))", "Cars and vans use the bridge"),
        ("`code` and *stress* and __more__", "code and stress and more"),
        ("2 * 3 * 4 and snake_case_name", "2 * 3 * 4 and snake_case_name"),
        ("closed.[1] Then", "closed. Then"),
        ("![plan](plan.png) text", " text"),
    ],
)
def test_what_is_taken_away(text: str, cleaned: str) -> None:
    assert clean(text, {"council"}.__contains__).text == cleaned


def test_headers_footers_and_page_numbers_go() -> None:
    pages = [
        f"Town Council, {day} May 2024\nThe Council met on day {day}. It was {word}.\nApproved\nPage {day} of 4"
        for day, word in enumerate(["warm", "cold", "wet", "dry"], 1)
    ]
    text = clean("\f".join(pages)).text
    assert "Page" not in text
    assert "Town Council" not in text
    assert [word in text for word in ("warm", "cold", "wet", "dry")] == [True] * 4


def test_headers_of_a_document_of_two_pages_go() -> None:
    text = clean("Report TP-1 Page 1 of 2\nThe first page.\fReport TP-1 Page 2 of 2\nThe second page.").text
    assert fold(text) == "The first page. The second page."


def test_sentences_that_recur_stay() -> None:
    text = "\n".join(["Not later than one year after this Act, the", "Secretary shall act.", ""] * 4)
    assert clean(text).text == text


def test_line_numbers_of_pleadings_go() -> None:
    lines = [f"{number % 28 + 1} the court finds good cause to go on" for number in range(56)]
    assert "2 the court" not in clean("\n".join(lines)).text


def test_a_table_with_numbered_rows_stays() -> None:
    text = "\n".join(["The damage is listed here."] * 30 + [f"{n} {'abcdefgh'[n - 1]} rivet" for n in range(1, 9)])
    assert "8 h rivet" in clean(text).text


def test_an_empty_text_stays_empty() -> None:
    assert clean("") == Cleaned("", (0,), (0,))
    assert clean("\x00\u200b").text == ""
