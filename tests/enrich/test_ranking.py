"""Ranking: what is central comes first, nothing twice, and length does not make it slow."""

from __future__ import annotations

import time

import pytest

from sitegen.enrich.candidates import Candidate, Reader
from sitegen.enrich.language import Dictionary
from sitegen.enrich.ranking import MAX_RANKED, pick, rank
from sitegen.enrich.sentences import Sentence, blocks, sentences

TEXT = """The Council decided to repair the Weir Bridge and to pay for it from the reserve.

It will cost more. The Weir Bridge was closed in April because the engineers found a crack in its steel.

The engineers who inspected the bridge found a crack of 85 mm in a plate of the middle span.

However, this was disputed by others. The weather in April was mild and the chestnuts were in flower.

Yours sincerely, the engineers of the bridge.
"""


def candidates(text: str, title: str = "", language: str = "en") -> list[Candidate]:
    reader = Reader(title, language, Dictionary(language))
    found = blocks(text, language, title)
    headings = ["", *(text[block.start : block.end] for block in found if block.kind == "heading")]
    return reader.candidates(sentences(text, found, language), headings)


def quality(text: str, language: str = "en") -> float:
    return Reader("", language, Dictionary(language)).quality(Sentence(0, len(text), text, "paragraph", 0, 0, 0))[0]


def test_what_the_document_is_about_comes_first() -> None:
    best = max(rank(candidates(TEXT)), key=lambda candidate: candidate.score)
    assert best.sentence.text.startswith("The Council decided")


def test_a_sentence_that_leans_on_another_comes_last() -> None:
    scores = {candidate.sentence.text: candidate.score for candidate in rank(candidates(TEXT))}
    assert scores["However, this was disputed by others."] == min(scores.values())


def test_greetings_are_no_candidates() -> None:
    assert all("sincerely" not in candidate.sentence.text for candidate in candidates(TEXT))


def test_nothing_is_picked_twice_or_in_other_words() -> None:
    again = TEXT + "\n\nThe Council decided to repair the Weir Bridge and to pay for it all from the reserve.\n"
    picked = [candidate.sentence.text for candidate in pick(rank(candidates(again)), 10)]
    assert sum(text.startswith("The Council decided") for text in picked) == 1
    assert len(set(picked)) == len(picked)


def test_what_is_taken_is_not_picked_again() -> None:
    ranked = rank(candidates(TEXT))
    first = pick(ranked, 2)
    assert not {id(one) for one in first} & {id(one) for one in pick(ranked, 10, first)}


def test_an_appendix_counts_less() -> None:
    text = "1. Findings\n\nThe bridge is closed to all cars.\n\n2. References\n\nThe roads are closed to all vans.\n"
    body, appendix = rank(candidates(text))
    assert body.score > appendix.score


@pytest.mark.parametrize(
    "text",
    [
        "and the rest of the sentence stands on another page.",
        "The Council decided to repair the bridge of the",
        "12 450 3,20 18 920 4,10 The total of the 3 rows.",
        "THE COUNCIL DECIDED TO REPAIR THE BRIDGE OF THE TOWN.",
        "Free Town of Dornavel, Town Clerk's Office, 9 April 2024.",
        "For more information please contact the office of the clerk.",
        "Write to the clerk of the town at clerk@example.org for it.",
    ],
)
def test_what_is_no_sentence_to_read_is_left_out(text: str) -> None:
    assert quality(text) == 0


def test_sentences_with_scanning_errors_are_worth_less() -> None:
    clean = "The owner reports in writing to the council without delay."
    assert quality("The owncr reports in writing to the council witbout dclay.") < quality(clean)


def test_a_long_document_is_ranked_in_bounded_time() -> None:
    words = [
        "bridge",
        "council",
        "water",
        "report",
        "school",
        "house",
        "clock",
        "letter",
        "river",
        "budget",
        "tree",
        "road",
    ]
    text = "\n\n".join(
        f"The {words[n % 12]} of the {words[n // 12 % 12]} was seen by the {words[n // 144 % 12]} in the year {n}."
        for n in range(4000)
    )
    begun = time.process_time()
    ranked = rank(candidates(text))
    assert len(ranked) <= MAX_RANKED
    assert ranked == sorted(ranked, key=lambda candidate: candidate.sentence.start)
    assert time.process_time() - begun < 10
