"""Merging: each point once, also of hundreds of pieces; chosen by the model, never changed by it."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sitegen.enrich.asking import Asker
from sitegen.enrich.chunks import Tokens
from sitegen.enrich.engines.ollama import Ollama
from sitegen.enrich.grounding import Span
from sitegen.enrich.merging import MOST_POINTS, chosen, folded, in_order, merged, sections
from sitegen.enrich.pieces import Verified
from sitegen.enrich.prompts import SHIPPED
from sitegen.enrich.recall import Recall
from tests.servers import model
from tests.servers.ollama import OllamaServer

WORDS = [
    "council",
    "bridge",
    "budget",
    "repair",
    "library",
    "school",
    "water",
    "mayor",
    "inspector",
    "bearing",
    "meeting",
    "street",
    "tree",
    "lamp",
    "cost",
    "year",
]


def point(claim: str, place: int = 0, rank: int = 0) -> Verified:
    return Verified(claim, claim, Span(place * 100 + rank, place * 100 + rank + 50, 100.0), place, rank)


def many(pieces: int, each: int = 10, seed: int = 1) -> list[Verified]:
    words = random.Random(seed)
    return [
        point(f"The {words.choice(WORDS)} of the {words.choice(WORDS)} {n}-{rank} was {words.choice(WORDS)}.", n, rank)
        for n in range(pieces)
        for rank in range(each)
    ]


def test_the_same_claim_is_kept_once_wherever_it_stands() -> None:
    first = point("The council approved the budget of 1,250,000 euros for the bridge.", 1)
    again = point("The council approved the budget of 1.25 million euros for the bridge", 400)
    other = point("The council approved the budget of 1,350,000 euros for the bridge.", 401)
    assert folded([first, *many(300), again, other])[0] == first
    kept = folded([first, *many(300), again, other])
    assert again not in kept
    assert other in kept


def test_thousands_of_points_are_folded_in_little_time() -> None:
    boilerplate = [
        point(f"The owner of lot {n} in the street paid {n * 7} euros for the water of the year.", n)
        for n in range(5000)
    ]
    same = [point("The minutes of the last meeting were approved by the council.", n) for n in range(5000)]
    for points, left in ((many(500), 5000), (boilerplate, 5000), (same, 1)):
        started = time.process_time()
        kept = folded(points)
        assert time.process_time() - started < 8
        assert 0 < len(kept) <= left


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b c", "the bridge is old", "the bridge is OLD", "5 euros", "", "§"]),
            st.integers(0, 9),
        )
    )
)
def test_folding_keeps_the_first_of_each_and_makes_nothing_up(found: list[tuple[str, int]]) -> None:
    points = [point(claim, place) for claim, place in found]
    kept = folded(points)
    assert all(one in points for one in kept)
    assert {one.claim.lower() for one in points} == {one.claim.lower() for one in kept}
    assert folded(kept) == kept


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 50))
def test_sections_hold_every_point_once_and_are_not_too_large(pieces: int, each: int, most: int) -> None:
    points = many(pieces, each)
    groups = sections(points, most)
    assert [one for group in groups for one in group] == points
    assert all(0 < len(group) <= most for group in groups)


def merge(server: OllamaServer, points: Sequence[Verified], **options: Any) -> tuple[list[Verified], int]:
    async def run() -> tuple[list[Verified], int]:
        chat = Ollama(server.settings(**options))
        asker = Asker(chat, Tokens(), SHIPPED, Recall())
        try:
            return await merged(points, asker), asker.usage.calls
        finally:
            await chat.aclose()

    return asyncio.run(run())


def test_few_points_are_merged_without_a_question() -> None:
    points = many(4)
    with OllamaServer() as server:
        kept, calls = merge(server, points)
    assert kept == in_order(points)
    assert calls == 0


def test_what_the_model_names_in_each_section_is_kept_and_nothing_else() -> None:
    points = many(12)

    def last_ones(messages: Sequence[Mapping[str, Any]], schema: Mapping[str, Any] | None) -> str:
        numbers = [line.partition(".")[0] for line in messages[-1]["content"].split("\n") if line[:1].isdigit()]
        return json.dumps({"points": [int(number) for number in numbers[::-1]] + [999, 0, -4]})

    with OllamaServer() as server:
        server.reply = last_ones
        kept, calls = merge(server, points)
    assert calls == 3
    claims = {one.claim for one in points}
    assert len(kept) == MOST_POINTS - 1  # three sections, 13 of each
    assert all(one.claim in claims for one in kept)
    assert kept[-1].claim == points[-1].claim
    assert points[0].claim not in {one.claim for one in kept}


def test_a_very_long_document_is_merged_twice_at_most() -> None:
    points = many(500)
    with OllamaServer() as server:
        kept, calls = merge(server, points, slots=4)
    assert len(kept) == MOST_POINTS
    assert calls == 125 + 13
    assert {one.claim for one in kept} <= {one.claim for one in points}


def test_answers_that_are_none_leave_an_even_choice() -> None:
    with OllamaServer() as server:
        server.reply = lambda messages, schema: "none"
        kept, _ = merge(server, many(60))
    assert len(kept) == MOST_POINTS
    assert max(one.span.start for one in kept) > 5000


def test_the_same_points_in_another_order_of_pieces_give_the_same_choice() -> None:
    points = many(30)
    shuffled = [*points]
    random.Random(4).shuffle(shuffled)
    assert chosen(points) == chosen(shuffled)
    with OllamaServer() as server:
        server.reply = model.answer
        assert merge(server, points)[0] == merge(server, [replace(one) for one in shuffled], slots=5)[0]
