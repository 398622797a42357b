"""Grounding: what stands in the text is found with the right span, what does not is not."""

from __future__ import annotations

import time

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from sitegen.enrich.grounding import Grounding, fold, shown, visible

MINUTES = """The Town Council met on 14 March 2025 in the old school.\fAfter a debate of two hours the
council approved the budget of 1,250,000 euros for the repair of the “Weir Bridge” – with nine
votes to four. The mayor, Maria Keller, said the works would be-
gin in May. Nobody spoke against the plan for the library, which was put off until autumn."""

FOREIGN = [
    "The committee rejected the application because the documents were incomplete.",
    "Le conseil municipal a décidé de vendre le terrain à la société voisine.",
    "Rainfall in the northern districts was far below the average of the last decade.",
    "Der Ausschuss empfiehlt, den Antrag in der nächsten Sitzung erneut zu beraten.",
]

words = st.text(alphabet="abcdefghijklmnopqrstuvwxyzäöüßéèñABCDEFGÄÖÜ0123456789", min_size=1, max_size=10)
prose = st.lists(words, min_size=12, max_size=60).map(" ".join)


def disguise(quote: str, data: st.DataObject) -> str:
    """The same words as a model, a scanner or a word processor may write them."""
    blank = data.draw(st.sampled_from([" ", "  ", "\n", "\u00a0", "\t ", " \u200b"]))
    quote = quote.replace(" ", blank)
    quote = quote.replace("-", data.draw(st.sampled_from(["-", "–", "—", "\u2011"])))
    quote = quote.replace('"', data.draw(st.sampled_from(['"', "“", "„", "»"])))
    quote = quote.replace("'", data.draw(st.sampled_from(["'", "’", "`"])))
    return data.draw(st.sampled_from([quote, quote.upper() if "ß" not in quote else quote, f" {quote} "]))


@given(prose, st.data())
def test_a_verbatim_quote_is_found_where_it_stands_whatever_its_blanks_dashes_and_quotes(
    text: str, data: st.DataObject
) -> None:
    text = text.replace("aa", " - ").replace("b ", '" ').replace("c ", "' ")
    tokens = text.split(" ")
    first = data.draw(st.integers(0, len(tokens) - 1))
    last = data.draw(st.integers(first, len(tokens) - 1))
    quote = " ".join(tokens[first : last + 1])
    assume(len(fold(quote)) >= 3)
    span = Grounding(text).find(disguise(quote, data))
    assert span is not None
    assert span.score == 100
    # The first place where these words stand, perhaps widened to whole words.
    assert fold(quote) in fold(text[span.start : span.end])
    assert span.end - span.start <= len(quote) + 66


@given(st.text(max_size=200), st.text(min_size=1, max_size=40))
@example("e\u0301" * 10, "é" * 10)
@example("İstanbul ﬁnal ½ Ⅳ", "istanbul")
def test_any_text_can_be_searched_for_any_other_and_spans_lie_inside(text: str, quote: str) -> None:
    grounding = Grounding(text)
    span = grounding.find(quote)
    if span is not None:
        assert 0 <= span.start < span.end <= len(text)
    for found in (grounding.contains(quote), grounding.find(text) if text.strip() else None):
        assert found is None or 0 <= found.start < found.end <= len(text)


@pytest.mark.parametrize("sentence", FOREIGN)
def test_sentences_of_other_documents_are_not_found(sentence: str) -> None:
    assert Grounding(MINUTES).find(sentence) is None


@given(st.lists(words, min_size=6, max_size=12).map(" ".join))
def test_random_words_are_not_found(sentence: str) -> None:
    assume(fold(sentence) not in fold(MINUTES))
    assert Grounding(MINUTES).find(sentence) is None


@pytest.mark.parametrize(
    ("quote", "passage"),
    [
        ("the works would begin in May", "the works would begin in May"),
        ('the repair of the "Weir Bridge" - with nine votes', "the repair of the “Weir Bridge” – with nine votes"),
        ("After a debate of two hours the council approved", "After a debate of two hours the council approved"),
        # a few letters misread: the document's own words are what counts
        ("After a debale of two hours tbe council approved", "After a debate of two hours the council approved"),
        ("MARIA KELLER, SAID THE WORKS", "Maria Keller, said the works"),
    ],
)
def test_the_passage_is_in_the_documents_own_words(quote: str, passage: str) -> None:
    span = Grounding(MINUTES).find(quote)
    assert span is not None
    assert shown(MINUTES[span.start : span.end]) == passage


def test_a_span_never_cuts_a_word_or_a_figure() -> None:
    span = Grounding(MINUTES).find("proved the budget of 1,25")
    assert span is not None
    assert shown(MINUTES[span.start : span.end]) == "approved the budget of 1,250,000"


def test_short_words_must_stand_there_exactly() -> None:
    grounding = Grounding(MINUTES)
    assert grounding.find("nine votes to four")
    assert grounding.find("nine votes to five") is None
    assert grounding.find("a") is None


def test_a_search_stays_within_its_part_of_the_text() -> None:
    grounding = Grounding(MINUTES)
    page = MINUTES.index("\f")
    assert grounding.find("The Town Council met", 0, page)
    assert grounding.find("The Town Council met", page) is None


def test_names_are_found_as_whole_words_only() -> None:
    grounding = Grounding("Annabel spoke. Anna Bell did not. The sum was 1,500.")
    found = grounding.contains("anna")
    assert found is not None
    assert found.start == 15
    assert grounding.contains("Ann") is None
    assert grounding.contains("500") is None
    assert grounding.contains("") is None


def test_a_quote_that_is_only_part_true_is_not_found() -> None:
    quote = "the council approved the budget of 1,250,000 euros and sacked the treasurer for fraud and theft"
    assert Grounding(MINUTES).find(quote) is None


def test_large_texts_are_searched_quickly() -> None:
    text = MINUTES * 6000
    started = time.perf_counter()
    grounding = Grounding(text)
    for sentence in FOREIGN:
        assert grounding.find(sentence) is None
    assert time.perf_counter() - started < 10
    assert len(text) > 2_000_000


@given(st.text(max_size=200))
def test_nothing_invisible_is_shown_or_sent(text: str) -> None:
    for char in shown(text):
        assert char.isprintable() or char.isspace()
    visible(text).encode()
    assert not set(visible(text)) & set("\x00\x1b\u200b\u202e\u2066\ufeff\u00ad")
