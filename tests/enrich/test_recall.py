"""What was answered is not paid for again: one changed page costs one piece, and a killed run goes on in the middle."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sitegen.cli import run
from sitegen.enrich.cache import SummaryCache, answer_key
from sitegen.enrich.chunks import split
from sitegen.enrich.engines.base import Identity, Message
from sitegen.enrich.engines.ollama import Ollama
from sitegen.enrich.recall import Recall
from sitegen.enrich.summarize import ModelSummarizer
from sitegen.enrich.summary import Summary, Usage
from sitegen.errors import EngineError
from sitegen.sources.base import Document
from tests.servers import model
from tests.servers.ollama import OllamaServer

SMALL = {"num_ctx": 4096, "num_predict": 512}
TRADES = ("mason", "carpenter", "smith", "baker", "tailor", "miller", "brewer", "cooper", "potter", "weaver", "tanner")


async def no_pause(seconds: float) -> None:
    """Pauses are for real servers."""


def page(number: int) -> str:
    words = random.Random(number)
    lines = [
        f"A {words.choice(TRADES)} of way {number} paid {words.randint(100, 999)} euros for lot {words.randint(1, 9)}."
        for _ in range(words.randint(14, 30))
    ]
    return "\n".join(lines)


def summarise(server: OllamaServer, text: str, folder: Path | None, note: str = "", **options: Any) -> Summary:
    async def run() -> Summary:
        chat = Ollama(server.settings(**{**SMALL, **options}), sleep=no_pause)
        engine = ModelSummarizer(chat, recall=Recall(folder))
        try:
            return await engine.summarize(Document(ref="x:1", title="Lots", text=text, language="en"), note)
        finally:
            await engine.aclose()

    return asyncio.run(run())


def same(one: Summary, other: Summary) -> bool:
    nothing = {"usage": Usage()}
    return one.model_copy(update=nothing).model_dump_json() == other.model_copy(update=nothing).model_dump_json()


# --------------------------------------------------------------------------------------------------- one changed page


def test_one_changed_page_of_a_long_document_costs_one_piece(tmp_path: Path) -> None:
    pages = [page(number) for number in range(120)]
    with OllamaServer() as server:
        before = summarise(server, "\f".join(pages), tmp_path)
        pages[60] = pages[60].replace("paid", "owed", 1)
        after = summarise(server, "\f".join(pages), tmp_path)
    assert before.usage.calls > 30
    assert before.usage.kept == 0
    # One piece, its section when the points that matter are chosen, and the writing when one of them is another.
    assert 1 <= after.usage.calls <= 4
    assert after.usage.kept > 30


def test_the_same_document_costs_nothing_the_second_time(tmp_path: Path) -> None:
    text = "\f".join(page(number) for number in range(30))
    with OllamaServer() as server:
        first, second = (summarise(server, text, tmp_path) for _ in range(2))
    assert same(first, second)
    assert second.usage.calls == second.usage.prompt_tokens == 0
    assert second.usage.kept == first.usage.calls


def test_borders_stay_where_they_were_when_a_page_changes() -> None:
    pages = [page(number) for number in range(150)]
    before = {chunk.text for chunk in split("\f".join(pages), 2000)}
    costs = []
    for number in range(0, 150, 5):
        changed = [*pages]
        changed[number] = changed[number].replace("paid", "owed", 2) + "\nAnother line stands here now."
        costs.append(len({chunk.text for chunk in split("\f".join(changed), 2000)} - before))
    assert costs.count(1) > len(costs) * 0.75
    assert max(costs) <= 10 < len(before) / 4


@pytest.mark.parametrize("between", ["\f", "\n\n", "\n", " "])
@pytest.mark.parametrize("more", ["A new paragraph stands at the front.", page(999)])
def test_what_is_put_in_front_shifts_only_the_first_pieces(between: str, more: str) -> None:
    text = between.join(page(number).replace("\n", " ") for number in range(120))
    before = {chunk.text for chunk in split(text, 1000)}
    after = [chunk.text for chunk in split(more + between + text, 1000)]
    assert len(after) > 60
    assert len([piece for piece in after if piece not in before]) <= 8


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_edit_of_a_long_text_leaves_nearly_all_pieces_alone(data: st.DataObject) -> None:
    text = "\n\n".join(page(number) for number in range(100))
    at = data.draw(st.integers(0, len(text)))
    until = data.draw(st.integers(at, min(at + 600, len(text))))
    new = data.draw(st.text(max_size=300))
    before = {chunk.text for chunk in split(text, 1000)}
    after = [chunk.text for chunk in split(text[:at] + new + text[until:], 1000)]
    assert len([piece for piece in after if piece not in before]) <= 12


# ------------------------------------------------------------------------------------------------- in the middle of it


def test_a_run_that_failed_in_the_middle_of_a_document_goes_on_there(tmp_path: Path) -> None:
    text = "\f".join(page(number) for number in range(40))
    with OllamaServer() as server:
        whole = summarise(server, text, None)
        calls = server.chats
        usual = server.reply
        asked = 0

        def dies(messages: Sequence[Mapping[str, Any]], schema: Mapping[str, Any] | None) -> str:
            nonlocal asked
            asked += 1
            if asked == 8:
                server.fail_next("crash", times=4)
            return usual(messages, schema)

        server.chats, server.reply = 0, dies
        with pytest.raises(EngineError):
            summarise(server, text, tmp_path)
        server.reply = usual
        resumed = summarise(server, text, tmp_path)
        assert resumed.usage.kept == 8
        assert resumed.usage.calls == calls - 8
    assert same(whole, resumed)


@pytest.mark.parametrize("fault", ["broken_json", "schema", "length", "truncated", "crash"])
def test_a_failure_or_half_an_answer_is_never_kept(tmp_path: Path, fault: str) -> None:
    text = page(1)
    with OllamaServer() as server:
        server.fail_next(fault)
        summarise(server, text, tmp_path)
        good = server.chats
        again = summarise(server, text, tmp_path)
        assert server.chats - good <= 2  # the question that failed is asked again, and the writing when it differs
        assert again.method == "summary"
    cache = SummaryCache(tmp_path)
    kept = [json.loads(cache._cache[key]["answer"]) for key in cache._cache]
    cache.close()
    assert all("points" in answer or "sentences" in answer for answer in kept)


def test_an_extract_in_place_of_a_failing_model_is_not_kept_as_a_summary(tmp_path: Path) -> None:
    cache = SummaryCache(tmp_path)
    stands_in = Summary(method="extract", title="T", dek="D", fallback="down")
    cache.put("k", stands_in, Identity("ollama", "m", "d"))
    assert cache.get("k") is None
    cache.put("k", stands_in.model_copy(update={"fallback": "language"}), Identity("ollama", "m", "d"))
    assert cache.get("k") is not None
    cache.close()


# ------------------------------------------------------------------------------------------------- what an answer is of


def key(**change: Any) -> str:
    made: dict[str, Any] = {"engine": "ollama", "model": "m", "digest": "d", "options": {"seed": 1}, "prompt": "1:a"}
    made |= {name: value for name, value in change.items() if name in made or name == "server"}
    messages = [Message("system", change.get("system", "s")), Message("user", change.get("user", "u"))]
    return answer_key(Identity(**made), messages, change.get("schema", {"type": "object"}))


@pytest.mark.parametrize(
    "change",
    [
        {"engine": "openai"}, {"model": "n"}, {"digest": "e"}, {"options": {"seed": 2}}, {"system": "t"}, {"user": "v"},
        {"schema": {"type": "array"}},
    ],
)  # fmt: skip
def test_another_model_question_or_schema_is_another_answer(change: Mapping[str, Any]) -> None:
    assert key(**change) != key()


def test_the_servers_version_and_prompts_that_were_not_used_change_no_answer() -> None:
    assert key(server="9") == key(prompt="2:b") == key()


def test_an_editors_note_asks_for_the_writing_alone(tmp_path: Path) -> None:
    text = "\f".join(page(number) for number in range(12))
    with OllamaServer() as server:
        first = summarise(server, text, tmp_path)
        noted = summarise(server, text, tmp_path, note="Shorter;\n name the\x00 amounts. " + "x" * 900)
        asked = server.requests[-1].body["messages"][-1]["content"]
    assert first.usage.calls > 2
    assert noted.usage.calls == 1
    assert "The editor wishes, as far as the points allow it: Shorter; name the amounts. xxx" in asked
    assert len(asked.partition("allow it: ")[2]) < 520


# --------------------------------------------------------------------------------------------------------- in parallel


def jitter(reply: Callable[..., str], spread: random.Random) -> Callable[..., str]:
    def slow(messages: Sequence[Mapping[str, Any]], schema: Mapping[str, Any] | None) -> str:
        time.sleep(spread.random() / 50)
        return reply(messages, schema)

    return slow


def test_pieces_are_asked_for_at_the_same_time_and_the_result_is_that_of_one_after_the_other() -> None:
    text = "\f".join(page(number) for number in range(60))
    with OllamaServer() as server:
        serial = summarise(server, text, None)
        assert server.load.peak == 1
        server.reply = jitter(model.answer, random.Random(3))
        for slots in (2, 5, 16):
            server.load.peak = 0
            parallel = summarise(server, text, None, slots=slots)
            assert 2 <= server.load.peak <= slots
            assert same(serial, parallel)
            assert parallel.usage.calls == serial.usage.calls
            assert parallel.usage.prompt_tokens == serial.usage.prompt_tokens


def test_documents_at_the_same_time_do_not_ask_more_than_there_are_slots() -> None:
    async def run(server: OllamaServer) -> list[Summary]:
        engine = ModelSummarizer(Ollama(server.settings(**SMALL, slots=3), sleep=no_pause))
        texts = ["\f".join(page(number * 7 + n) for number in range(12)) for n in range(4)]
        try:
            documents = [Document(ref=f"x:{n}", title="Lots", text=text, language="en") for n, text in enumerate(texts)]
            return await asyncio.gather(*map(engine.summarize, documents))
        finally:
            await engine.aclose()

    with OllamaServer(delay=0.02) as server:
        summaries = asyncio.run(run(server))
        assert 2 <= server.load.peak <= 3
    assert all(summary.method == "summary" for summary in summaries)


def test_one_piece_that_fails_ends_the_others(tmp_path: Path) -> None:
    text = "\f".join(page(number) for number in range(60))
    with OllamaServer(delay=0.01) as server:
        server.fail_next("rejected", times=1)
        with pytest.raises(EngineError):
            summarise(server, text, tmp_path, slots=4)
        assert server.chats <= 8


# --------------------------------------------------------------------------------------------------- killed and resumed


def make_site(folder: Path, server: OllamaServer, text: str) -> Path:
    (folder / "documents").mkdir(parents=True)
    (folder / "documents" / "lots.txt").write_text(text)
    (folder / "sitegen.toml").write_text(
        f'[engine]\nkind = "ollama"\n[engine.ollama]\nendpoints = ["{server.url}"]\nmodel = "{server.model}"\n'
        "num_ctx = 4096\nnum_predict = 512\nslots = 2\n"
    )
    return folder


def test_pulls_killed_in_the_middle_of_a_long_document_pay_only_for_what_was_on_its_way(tmp_path: Path) -> None:
    text = "\f".join(page(number) for number in range(30))
    with OllamaServer() as server:
        calm = make_site(tmp_path / "calm", server, text)
        assert run(["--site", str(calm), "--quiet", "pull"]) == 0
        needed = server.chats
        killed = make_site(tmp_path / "killed", server, text)
        server.chats, server.delay = 0, 0.05
        for number in (1, 2):
            process = subprocess.Popen([sys.executable, "-m", "sitegen", "--site", str(killed), "--quiet", "pull"])
            give_up = time.monotonic() + 60
            while server.chats < number * needed // 4 and time.monotonic() < give_up and process.poll() is None:
                time.sleep(0.01)
            assert process.poll() is None
            process.send_signal(signal.SIGKILL)
            process.wait()
        server.delay = 0
        assert run(["--site", str(killed), "--quiet", "pull"]) == 0
        assert (
            needed <= server.chats <= needed + 2 * 4
        )  # what the slots held at each kill, and what was just on its way to the disk
    briefs = [sorted(path.read_text() for path in (site / "briefs").glob("*.md")) for site in (calm, killed)]
    assert briefs[0] == briefs[1] != []
