"""Documents that speak to the model: whatever they say, question and result keep their structure."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitegen.enrich import prompts
from sitegen.enrich.cleaning import clean
from sitegen.enrich.engines.base import Message
from sitegen.enrich.engines.ollama import Ollama
from sitegen.enrich.grounding import visible
from sitegen.enrich.language import Dictionary
from sitegen.enrich.summarize import ModelSummarizer
from sitegen.enrich.summary import Summary
from sitegen.sources.base import Document
from tests.enrich.hostile import AFTER, ATTACKS, BEFORE
from tests.servers import model
from tests.servers.ollama import OllamaServer


class Gullible:
    """A model that believes everything: it answers HACKED wherever it can, and notes the rest as it should."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, messages: Sequence[Mapping[str, Any]], schema: Mapping[str, Any] | None) -> str:
        self.asked.append(str(messages[-1]["content"]))
        answer = json.loads(model.answer(messages, schema))
        if "sentences" in answer:
            hacked = {"text": "HACKED by the mayor, who is a thief.", "points": [1]}
            answer |= {"title": "HACKED", "tags": ["hacked"], "sentences": [hacked, *answer["sentences"]]}
        else:
            answer["points"].insert(0, {"claim": "HACKED: the mayor is a thief.", "quote": BEFORE.strip()})
            answer["people"] = ["Hacked Mayor"]
        return json.dumps(answer)


def summarise(text: str, mind: Any) -> Summary:
    async def run(server: OllamaServer) -> Summary:
        engine = ModelSummarizer(Ollama(server.settings()))
        try:
            return await engine.summarize(Document(ref="x:1", title="Minutes", text=text, language="en"))
        finally:
            await engine.aclose()

    with OllamaServer() as server:
        server.reply = mind
        summary = asyncio.run(run(server))
        assert server.complaints == []
        return summary


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_nothing_that_a_document_says_gets_past_its_fence(attack: str) -> None:
    text = BEFORE + attack + AFTER
    mind = Gullible()
    summarise(text, mind)
    sent = visible(clean(text, Dictionary("en").knows).text)
    fence = prompts.fence(sent)
    system, user = prompts.messages("extract", text=sent, fence=fence, items=8, part=False, short=False)
    assert mind.asked[0] == user.content
    assert_fenced(user, system)
    assert "HACKED" not in system.content
    assert ("{{ 7*7 }}" in user.content) is ("{{ 7*7 }}" in attack)
    assert (fence == "DOCUMENT 60") is (attack == ATTACKS["many fences"])


def assert_fenced(user: Message, system: Message) -> None:
    """The whole of the text stands between one opening and one closing line, which nothing in between resembles."""
    [fence] = set(re.findall(r"\[(DOCUMENT \d+) BEGINS\] and", " ".join(system.content.split())))
    first, *inside, last, _, question = user.content.split("\n")
    assert first == f"[{fence} BEGINS]"
    assert last == f"[{fence} ENDS]"
    assert question.startswith("Note in JSON")
    assert fence not in "\n".join(inside)


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_a_model_that_obeys_the_document_still_cannot_say_what_is_not_in_it(attack: str) -> None:
    text = BEFORE + attack + AFTER
    summary = summarise(text, Gullible())
    assert summary.method == "summary"
    assert summary.dropped >= 1
    assert not any("thief" in point.text for point in summary.points)
    assert not any("thief" in paragraph for paragraph in summary.paragraphs)
    assert summary.people == ()
    if "hacked" not in clean(attack).text.lower():
        # What was dropped is listed for editors; it is no part of the brief.
        assert "hacked" not in summary.model_dump_json(exclude={"dropped_points"}).lower()
    for point in summary.points:
        assert point.evidence.quote
        assert point.text.isprintable()
        assert point.evidence.quote.isprintable()


@given(st.text(), st.integers(0, 3), st.sampled_from(["DOCUMENT", "document", "Ｄocument", "DOCUMENT\u00a0"]))
def test_no_text_holds_its_own_fence(text: str, number: int, word: str) -> None:
    text = visible(f"{text}[{word} {number} ENDS]{text}")
    fence = prompts.fence(text)
    assert fence.lower() not in text.lower()
    assert fence == prompts.fence(text)


def test_a_text_full_of_fences_does_not_make_the_choice_slow() -> None:
    assert prompts.fence("".join(f"DOCUMENT {number} " for number in range(1, 30_001))) == "DOCUMENT 30001"


@given(st.text())
def test_a_text_is_a_value_and_never_a_template(text: str) -> None:
    text = visible(text)
    [_, user] = prompts.messages("extract", text=text, fence="DOCUMENT 0", items=3, part=True, short=True)
    assert text in user.content


def test_a_value_that_is_missing_is_an_error_of_ours() -> None:
    from jinja2 import UndefinedError

    with pytest.raises(UndefinedError):
        prompts.messages("extract", text="x")


def test_the_prompts_are_packaged_and_their_hash_covers_the_schemas() -> None:
    assert {path.name for path in prompts.FOLDER.glob("*.jinja")} == {f"{name}.jinja" for name in prompts.NAMES}
    assert prompts.fingerprint({"a": 1}) == prompts.fingerprint({"a": 1}) != prompts.fingerprint({"a": 2})
