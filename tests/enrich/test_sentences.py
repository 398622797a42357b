"""Sentences: found where a reader sees them, whatever the lines of the page do."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitegen.enrich.sentences import MAX_SENTENCE, Block, blocks, sentences


def split(text: str, language: str = "en", title: str = "") -> list[str]:
    return [sentence.text for sentence in sentences(text, blocks(text, language, title), language)]


def kinds(text: str, language: str = "en", title: str = "") -> list[tuple[str, str]]:
    return [(block.kind, text[block.start : block.end]) for block in blocks(text, language, title)]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ["Mr. Hill met Dr. Noll.", "See No. 5 of the U.S. Code."]),
        ("de", ["Am 15. April 2024 schloss sie.", "Der 3. Abschnitt blieb."]),
        ("de", ["Sie ist 9,2 m.", "Nach der Zählung gilt z. B. Abs. 2 Satz 1."]),
        ("de", ["Es steht unter Feld 2.", "Die Buslinien fahren."]),
        ("de", ["Es waren mehr als vor einem Jahr.", "2025 waren es 110."]),
        ("fr", ["M. Ellbrecht l'a dit.", "Le puits n° 2 est arrêté."]),
        ("und", ["Erste Zeile hier.", "Second one."]),
    ],
)
def test_abbreviations_and_ordinals_end_no_sentence(language: str, expected: list[str]) -> None:
    assert split(" ".join(expected), language) == expected


def test_lines_of_a_page_are_joined_and_paragraphs_are_not() -> None:
    text = (
        "The bridge between the Old Town and Hinterwehr will close to all motor vehicles in\n"
        "April. Pedestrians may go on using the upstream footway for as long as it is safe.\n"
        "The closure follows an inspection.\n"
        "Nobody closes a bridge gladly."
    )
    assert [block.kind for block in blocks(text, "en")] == ["paragraph", "paragraph"]
    assert split(text)[0].endswith("vehicles in April.")


def test_a_sentence_goes_on_over_a_page_break() -> None:
    assert split("The Council decided, after a long debate in the evening,\fthat the clock stays as it is.") == [
        "The Council decided, after a long debate in the evening, that the clock stays as it is."
    ]


def test_double_spaced_lines_are_joined() -> None:
    line = "plaintiffs sued the governor and several officials seeking a judgment that the"
    text = "\n\n".join(
        [*[line] * 9, "operation is lawful. The question is whether the new game of the plaintiffs is one of"]
    )
    assert "that the operation is lawful." in split(text + "\n\nchance.")[0]


def test_headings_items_rows_and_paragraphs_are_told_apart() -> None:
    head = "# Report\n\n1. Findings\n\nThe bridge is closed to cars.\n\n- Buses use the ford.\n\n"
    text = f"{head}| a | b |\n|---|---|\n| 1 | 2 |\n"
    assert kinds(text)[:4] == [
        ("heading", "Report"),
        ("heading", "1. Findings"),
        ("paragraph", "The bridge is closed to cars."),
        ("item", "Buses use the ford."),
    ]
    assert {kind for kind, _ in kinds(text)[4:]} == {"row"}


def test_the_title_is_a_heading_wherever_it_stands() -> None:
    text = "Drinking water in Dornavel: quality report for 2024\nIn 2024 the institute examined 612 samples of water."
    assert kinds(text, title="Drinking water in Dornavel: quality report")[0][0] == "heading"


def test_a_salutation_is_no_part_of_the_first_sentence() -> None:
    assert split("Sehr geehrter Herr Weber,\nwir tauschen die Leitung im Oktober aus.", "de")[-1].startswith("wir")


@given(st.text(max_size=400), st.sampled_from(["en", "de", "fr", "und"]))
def test_sentences_lie_in_order_and_say_what_stands_there(text: str, language: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    found = sentences(text, blocks(text, language), language)
    end = 0
    for sentence in found:
        assert end <= sentence.start < sentence.end <= len(text)
        assert " ".join(text[sentence.start : sentence.end].split()) == sentence.text != ""
        end = sentence.end


@pytest.mark.parametrize("text", ["word " * 40_000, "x" * 200_000, ". " * 100_000, "a\n" * 100_000])
def test_a_line_of_200000_characters_is_cut_into_bounded_pieces(text: str) -> None:
    begun = time.process_time()
    found = sentences(text, [Block(0, len(text), "paragraph", 0)], "en")
    assert all(len(sentence.text) <= MAX_SENTENCE for sentence in found)
    assert time.process_time() - begun < 10
