"""Laws of a summary: whatever the model says, and whatever the document holds, nothing that is not there gets out."""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sitegen.enrich.chunks import weight
from sitegen.enrich.cleaning import clean
from sitegen.enrich.engines.ollama import Ollama
from sitegen.enrich.figures import missing, pool
from sitegen.enrich.grounding import Grounding, fold
from sitegen.enrich.oddities import oddities
from sitegen.enrich.pieces import Text
from sitegen.enrich.summarize import ModelSummarizer
from sitegen.enrich.summary import Summary
from sitegen.sources.base import Document
from tests.servers import model
from tests.servers.ollama import OllamaServer

SENTENCES = (
    "The council approved the budget of 1,250,000 euros for the weir bridge on 14 March 2025.",
    "The library will not be closed during the works.",
    "Ms Maria Keller of the Weir Bridge Company presented the plans of the third section.",
    "A second payment of 80,000 euros is due on 1 October 2025.",
    "Fees for water rise by 4.5 % from 1 January, those for parking fall to 2 euros.",
    "The inspectors rejected the offer since two of eight bearings were cracked.",
    "Parking in front of the town hall stays free of charge until the end of the year.",
    "Nobody was hurt when the northern gate of the lock failed in 1998.",
)
INVENTED = ("The mayor owes 77,777 euros.", "HACKED on 9 May 1931.", "99 % of 12,345 houses burnt.", "", "Paris fell.")

documents = st.lists(st.sampled_from([*SENTENCES, "\n\n", "\f", "\n"]), min_size=1, max_size=14).map(" ".join)


def twisted(text: str, luck: random.Random) -> str:
    """The text as a bad model would give it: with other figures, without its "not", with a word of its own."""
    way = luck.randrange(7)
    if way == 0:
        return re.sub(r"\d", lambda digit: str(luck.randrange(10)), text)
    if way == 1:
        return text.replace(" not ", " ").replace("Nobody", "Somebody")
    if way == 2:
        return luck.choice(INVENTED)
    if way == 3:
        return text.replace("rise", "fall").replace("rejected", "accepted").replace("euros", "dollars")
    if way == 4:
        return f"{text} {luck.choice(INVENTED)}"
    return text


def liar(seed: int) -> Callable[[Sequence[Mapping[str, Any]], Mapping[str, Any] | None], str]:
    luck = random.Random(seed)

    def reply(messages: Sequence[Mapping[str, Any]], schema: Mapping[str, Any] | None) -> str:
        answer = json.loads(model.answer(messages, schema))
        for point in answer.get("points", []):
            if isinstance(point, dict):
                point.update({name: twisted(point[name], luck) for name in ("claim", "quote")})
        for said in [*answer.get("sentences", []), *([answer["dek"]] if "dek" in answer else [])]:
            said["text"] = twisted(said["text"], luck)
            said["points"] = [luck.randint(0, 9)]
        if "title" in answer:
            answer["title"] = twisted(answer["title"], luck)
            answer["tags"] = [luck.choice(["water", "fraud", "7 houses", "bridge", "Keller"]) for _ in range(4)]
        for name in ("dates", "amounts"):
            for mention in answer.get(name, []):
                mention.update({key: twisted(value, luck) for key, value in mention.items()})
        return json.dumps(answer)

    return reply


def summarise(text: str, seed: int, slots: int = 1) -> Summary:
    async def run(server: OllamaServer) -> Summary:
        engine = ModelSummarizer(Ollama(server.settings(num_ctx=2048, num_predict=512, slots=slots)))
        try:
            return await engine.summarize(Document(ref="x:1", title="Minutes", text=text, language="en"))
        finally:
            await engine.aclose()

    with OllamaServer() as server:
        server.reply = liar(seed)
        return asyncio.run(run(server))


def said(summary: Summary) -> list[str]:
    """All that a reader sees of a summary."""
    mentions = [(date.text, date.about) for date in summary.dates]
    mentions += [(amount.text, amount.about) for amount in summary.amounts]
    points = [(point.text, point.evidence.quote) for point in summary.points]
    names = (*summary.people, *summary.organisations, *summary.places, *summary.tags)
    return [
        summary.title,
        summary.dek,
        *summary.paragraphs,
        *names,
        *(part for pair in mentions + points for part in pair),
    ]


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(documents, st.integers(0, 10**6))
def test_no_figure_gets_into_a_summary_that_is_not_in_the_document(text: str, seed: int) -> None:
    summary = summarise(text, seed)
    there = pool(clean(text).text)
    for words in said(summary):
        assert not missing(words, there), words
        assert "HACKED" not in words
        assert "burnt" not in words


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(documents, st.integers(0, 10**6))
def test_the_evidence_of_every_point_stands_in_the_document_where_it_says(text: str, seed: int) -> None:
    summary = summarise(text, seed)
    for point in summary.points:
        start, end = point.evidence.start, point.evidence.end
        assert fold(text[start:end].replace("\f", " ")) == fold(point.evidence.quote)
        assert point.evidence.page in (None, text.count("\f", 0, start) + 1)
    assert summary.made >= summary.dropped
    assert summary.method == "extract" or summary.made >= 2 * summary.dropped


@given(
    st.lists(st.sampled_from([*SENTENCES, "1 2 3 4 5 6\n" * 9, "aB3" * 100, "\f", "\n\n"]), max_size=12).map("\n".join)
)
def test_what_the_model_is_sent_is_the_whole_text_but_for_what_is_named_as_left_out(text: str) -> None:
    from sitegen.enrich.chunks import split

    cleaned = clean(text)
    odd = oddities(cleaned.text)
    known = Text(cleaned, Grounding(cleaned.text), "en", odd)
    pieces = split(cleaned.text, 60, [(one.start, one.end) for one in odd])
    sent = " ".join(known.sent(piece) for piece in pieces)
    left = "".join(char for place, char in enumerate(cleaned.text) if not any(o.start <= place < o.end for o in odd))
    assert re.sub(r"\((?:table|encoded), left out\)", "", sent).split() == left.split()
    assert all(known.weight(piece) <= 60 + 8 * len(odd) for piece in pieces)
    assert all(weight(piece.text) > 0 for piece in pieces)
