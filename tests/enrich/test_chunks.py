"""Chunks: nothing lost, offsets exact, each within its limit; and the estimate of tokens."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sitegen.enrich.chunks import Chunk, Tokens, split, weight

texts = st.text(
    alphabet=st.sampled_from("abcdefgäß漢字 .,;-\n\f\t1234567890\u00a0\u2028\u200b"), max_size=600
) | st.text(max_size=300)


def assert_sound(text: str, chunks: list[Chunk], limit: float) -> None:
    place = 0
    for chunk in chunks:
        assert chunk.text == text[chunk.start : chunk.end]
        assert chunk.text.strip() == chunk.text != ""
        assert not text[place : chunk.start].strip(), "only blanks may lie between chunks"
        assert weight(chunk.text) <= limit or len(chunk.text) == 1
        place = chunk.end
    assert not text[place:].strip()


@given(texts, st.integers(2, 60))
def test_chunks_hold_all_of_a_text_in_pieces_that_fit(text: str, limit: int) -> None:
    assert_sound(text, split(text, limit), limit)


@settings(max_examples=25)
@given(st.lists(st.integers(1, 120), min_size=41, max_size=80))
def test_texts_made_to_exhaust_the_splitter_are_split_all_the_same(runs: list[int]) -> None:
    text = "".join("\n" * run + "some words here" for run in runs)
    assert_sound(text, split(text, 20), 20)


def test_whole_pages_stay_together_while_they_fit() -> None:
    pages = [f"Page {number}. " + "word " * 20 for number in range(6)]
    chunks = split("\f".join(pages), int(weight("\f".join(pages[:2]))) + 2)
    assert [chunk.text.count("Page") for chunk in chunks] == [2, 2, 2]


def test_a_long_page_is_cut_between_paragraphs() -> None:
    paragraphs = ["One two three four five six seven. " * 4, "Eight nine ten eleven twelve thirteen. " * 4]
    text = "\n\n".join(paragraph.strip() for paragraph in paragraphs)
    assert [chunk.text for chunk in split(text, int(max(map(weight, paragraphs))) + 1)] == text.split("\n\n")


@pytest.mark.parametrize(
    "text",
    [
        "x" * 200_000,
        "words " * 35_000,
        "漢" * 100_000,
        "0123456789" * 20_000,
        "a\n" * 100_000,
        "\f".join("ab" * 300_00),
    ],
)
def test_large_and_odd_texts_take_little_time(text: str) -> None:
    started = time.perf_counter()
    chunks = split(text, 2000)
    assert time.perf_counter() - started < 5
    assert all(weight(chunk.text) <= 2000 for chunk in chunks)


def test_empty_texts_have_no_chunks() -> None:
    assert split("", 100) == split(" \n\f\n ", 100) == []


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        # Counts of the tokenizers of Qwen3, Llama 3 and Gemma 3 lie below these for running text.
        ("The council approved the budget for the coming year without debate. " * 10, 140),
        ("Der Gemeinderat hat den Haushalt für das kommende Jahr ohne Aussprache beschlossen. " * 10, 200),
        ("议会批准了明年的预算。" * 10, 100),
        ("12 345.67 " * 10, 100),
    ],
)
def test_before_anything_is_known_the_estimate_is_rather_too_high(text: str, tokens: int) -> None:
    assert tokens <= Tokens().count(text) < tokens * 4


def test_the_estimate_learns_from_what_the_engine_counted() -> None:
    tokens = Tokens()
    text = "The council approved the budget. " * 100
    before = tokens.count(text)
    tokens.learn(weight(text), before // 2)
    assert before // 2 <= tokens.count(text) < before * 0.6


def test_the_estimate_follows_the_most_expensive_text_lately_seen() -> None:
    tokens = Tokens()
    text = "The council approved the budget. " * 100
    for counted in (500, 900, 600):
        tokens.learn(weight(text), counted)
    assert tokens.count(text) >= 900


def test_short_prompts_and_servers_that_do_not_count_teach_nothing() -> None:
    tokens = Tokens()
    tokens.learn(weight("Hello"), 400)
    tokens.learn(weight("The council approved the budget. " * 100), 0)
    assert tokens.factor == 1.0
