"""Ollama: each promise of the contract against a server that answers as the real one does."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, TypeVar

import pytest

from sitegen import settings
from sitegen.enrich.cache import cache_key
from sitegen.enrich.engines.base import Completion, Identity, Message
from sitegen.enrich.engines.ollama import Ollama, same_model
from sitegen.enrich.engines.transport import BrokenOff
from sitegen.enrich.summarize import ModelSummarizer
from sitegen.errors import (
    AnswerInvalid,
    AnswerUnfinished,
    CloudModelRefused,
    ContextExceeded,
    EngineBusy,
    EngineError,
    EngineFailing,
    EngineRejected,
    EngineUnreachable,
    ModelDiffers,
    ModelMissing,
)
from sitegen.sources.base import Document, Finding
from tests.servers.ollama import OllamaServer

SCHEMA = {
    "type": "object",
    "properties": {"word": {"type": "string", "maxLength": 20}},
    "required": ["word"],
}
HELLO = (Message("system", "You are brief."), Message("user", "Say hello."))
NOWHERE = "http://127.0.0.1:9"

T = TypeVar("T")


def using(engine: Ollama, work: Callable[[Ollama], Coroutine[Any, Any, T]]) -> T:
    async def run() -> T:
        try:
            return await work(engine)
        finally:
            await engine.aclose()

    return asyncio.run(run())


class Pauses(list[float]):
    """Stands for sleeping: remembers how long, and does not."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


def ask(server: OllamaServer, *, pauses: Pauses | None = None, **options: Any) -> Completion:
    engine = Ollama(server.settings(**options), sleep=Pauses() if pauses is None else pauses)
    return using(engine, lambda engine: engine.complete(HELLO, SCHEMA))


def identify(server: OllamaServer, **options: Any) -> Identity:
    return using(Ollama(server.settings(**options)), lambda engine: engine.identity())


def check(server: OllamaServer, **options: Any) -> list[Finding]:
    return using(Ollama(server.settings(**options)), lambda engine: engine.check())


def test_an_answer_is_put_together_from_its_parts() -> None:
    with OllamaServer() as server:
        server.reply = lambda messages, schema: '{"word": "' + "hello " * 40 + '"}'
        completion = ask(server)
    assert completion.text == '{"word": "' + "hello " * 40 + '"}'
    assert completion.prompt_tokens > 0
    assert completion.answer_tokens > 0
    assert 0 < completion.seconds < 5  # nanoseconds were understood


def test_every_request_says_all_that_a_server_would_else_decide_by_itself() -> None:
    with OllamaServer() as server:
        ask(server, num_ctx=2048, num_predict=99, temperature=0.5, seed=7, keep_alive="10m")
        body = server.requests[-1].body
    assert server.complaints == []
    assert body["format"] == SCHEMA
    assert (body["stream"], body["think"], body["truncate"], body["shift"]) == (True, False, False, False)
    assert body["keep_alive"] == "10m"
    assert body["options"] == {"num_ctx": 2048, "num_predict": 99, "temperature": 0.5, "seed": 7}


def test_the_model_is_loaded_once_whatever_is_asked() -> None:
    async def work(engine: Ollama) -> None:
        await engine.check()
        for _ in range(3):
            await engine.complete(HELLO, SCHEMA)

    with OllamaServer() as server:
        using(Ollama(server.settings()), work)
        assert server.loads == 1
        assert server.chats == 3


LOAD_TIME = ("num_ctx", "num_batch", "num_gpu", "main_gpu", "use_mmap", "num_thread", "draft_num_predict")
"""A difference in one of these, or in ``shift``, makes the server load the model anew."""


def test_no_two_requests_differ_in_what_would_load_the_model_anew() -> None:
    """Over a whole document, the load at the start, doctor's, and a second try after an answer that broke off."""

    async def work(engine: Ollama) -> None:
        await engine.check()
        summarizer = ModelSummarizer(engine)
        text = "The council met on 3 March 2026 and spoke of the weir bridge. " * 90
        await summarizer.summarize(Document(ref="x:1", title="Minutes", text=text, language="en"))
        server.fail_next("length")
        await summarizer.summarize(Document(ref="x:2", title="Letter", text=text[:3000], language="en"))

    with OllamaServer() as server:
        using(Ollama(server.settings(num_ctx=2048, num_predict=400)), work)
        chats = [request.body for request in server.requests if request.path == "/api/chat"]
    assert sum(not body["messages"] for body in chats) == 1
    assert len(chats) > 4
    loads = [[body["options"].get(name) for name in LOAD_TIME] + [body["shift"], body["model"]] for body in chats]
    assert all(load == loads[0] for load in loads)
    assert len({json.dumps(body["options"], sort_keys=True) for body in chats}) == 1
    assert {body["keep_alive"] for body in chats} == {"30m"}
    assert server.loads == 1


def test_the_model_is_in_memory_before_the_first_document_is_sent() -> None:
    with OllamaServer(gpu_share=0.5) as server:
        engine = Ollama(server.settings(slots=4))

        async def work(engine: Ollama) -> None:
            await asyncio.gather(*(engine.complete(HELLO, SCHEMA) for _ in range(8)))

        using(engine, work)
        chats = [request.body for request in server.requests if request.path == "/api/chat"]
    assert chats[0]["messages"] == []
    assert all(body["messages"] for body in chats[1:])
    assert engine.stats[0].processor == "50 % GPU"


def test_a_load_that_fails_is_the_engines_fault_and_no_document_was_sent() -> None:
    with OllamaServer() as server:
        server.unloadable = "llama-server process has terminated: exit status 1 cudaMalloc failed: out of memory"
        with pytest.raises(EngineFailing, match="out of memory"):
            ask(server)
        assert all(not request.body["messages"] for request in server.requests if request.path == "/api/chat")


def test_thoughts_that_cannot_be_turned_off_are_kept_short() -> None:
    with OllamaServer(model="gpt-oss:20b", family="gptoss") as server:
        ask(server)
        bodies = [request.body for request in server.requests if request.path == "/api/chat"]
    assert {body["think"] for body in bodies} == {"low"}


# ------------------------------------------------------------------------------------------------------------- pinned


@pytest.mark.parametrize("pin", ["ab" * 32, "sha256:" + "ab" * 32, "abababababab"])
def test_the_pinned_version_of_a_model_is_used(pin: str) -> None:
    with OllamaServer(digest="ab" * 32) as server:
        assert ask(server, digest=pin).text
        assert any("pinned" in finding.message for finding in check(server, digest=pin))


def test_another_version_than_the_pinned_one_is_refused_and_nothing_is_sent_to_it() -> None:
    with OllamaServer(digest="cd" * 32) as server:
        with pytest.raises(ModelDiffers) as caught:
            ask(server, digest="sha256:" + "ab" * 32)
        assert server.chats == 0
        [finding] = check(server, digest="ab" * 32)
    assert "cdcdcdcdcdcd" in caught.value.message
    assert "abababababab" in caught.value.message
    assert "digest" in caught.value.remedy
    assert "ollama cp" in caught.value.remedy
    assert finding.state == "error"


def test_with_a_pin_the_endpoint_that_has_it_is_used_whichever_answers_first() -> None:
    with OllamaServer(digest="cd" * 32) as other, OllamaServer(digest="ab" * 32) as right:
        options = right.settings(endpoints=(other.url, right.url), digest="ab" * 32)
        assert using(Ollama(options), lambda engine: engine.complete(HELLO, SCHEMA)).text
    assert (other.chats, right.chats) == (0, 1)


def test_text_and_answers_in_any_script_get_across() -> None:
    said = "Grüße, 你好, \u2028 עברית 🙂"
    with OllamaServer() as server:
        server.reply = lambda messages, schema: str(messages[-1]["content"])

        async def work(engine: Ollama) -> str:
            return (await engine.complete([Message("user", said)], SCHEMA)).text

        assert using(Ollama(server.settings()), work) == said


def test_half_a_surrogate_pair_in_the_text_is_no_obstacle() -> None:
    with OllamaServer() as server:
        using(Ollama(server.settings()), lambda engine: engine.complete([Message("user", "a\ud800b")], SCHEMA))
        assert server.chats == 1


# ------------------------------------------------------------------------------------------------ identity


def test_identity_names_digest_version_and_quantisation() -> None:
    with OllamaServer(digest="ab" * 32, version="0.33.1", quantization="Q6_K") as server:
        identity = identify(server)
    assert identity.engine == "ollama"
    assert identity.model == "qwen3:8b"
    assert identity.digest == "ab" * 32
    assert identity.server == "ollama 0.33.1"
    assert identity.options["quantization"] == "Q6_K"
    assert identity.options["num_ctx"] == 16384


@pytest.mark.parametrize(
    ("listed", "wanted", "same"),
    [
        ("llama3.2:latest", "llama3.2", True),
        ("Qwen3:8B", "qwen3:8b", True),
        ("qwen3:8b", "qwen3", False),
        ("hf.co/Some/Model-GGUF:Q4_K_M", "hf.co/some/model-gguf:q4_k_m", True),
        ("registry:5000/team/model:latest", "registry:5000/team/model", True),
        ("qwen3:8b", "qwen3:8b-q8_0", False),
    ],
)
def test_names_of_models_agree_as_the_server_sees_it(listed: str, wanted: str, same: bool) -> None:
    assert same_model(listed, wanted) is same


def test_a_missing_model_is_named_with_those_that_are_there_and_what_to_do() -> None:
    with OllamaServer(others=("gemma3:12b",)) as server, pytest.raises(ModelMissing) as caught:
        identify(server, model="phi4")
    assert "phi4" in caught.value.message
    assert "gemma3:12b, qwen3:8b" in caught.value.message
    assert "ollama pull phi4" in caught.value.remedy


@pytest.mark.parametrize("name", ["qwen3-coder:480b-cloud", "kimi:cloud", "KIMI:CLOUD"])
def test_cloud_models_are_refused_by_name_before_anything_is_sent(name: str) -> None:
    with OllamaServer(model=name) as server:
        with pytest.raises(CloudModelRefused):
            ask(server)
        assert server.requests == []


def test_a_local_name_for_a_remote_model_is_refused_before_any_text_is_sent() -> None:
    with OllamaServer(remote_host="https://ollama.com:443") as server:
        with pytest.raises(CloudModelRefused, match=r"ollama\.com"):
            ask(server)
        assert server.chats == 0


def test_a_model_with_a_smaller_context_is_not_given_more() -> None:
    async def work(engine: Ollama) -> int:
        await engine.identity()
        return engine.context_tokens

    with OllamaServer(trained_context=4096) as server:
        assert using(Ollama(server.settings(num_ctx=16384)), work) == 4096


def test_a_proxy_gets_its_token() -> None:
    with OllamaServer(token="s3cret") as server:
        using(Ollama(server.settings(), "s3cret"), lambda engine: engine.complete(HELLO, SCHEMA))
        with pytest.raises(EngineRejected, match="access refused") as caught:
            identify(server)
    assert "TOKEN" in caught.value.remedy


# ---------------------------------------------------------------------------------------------------- what can go wrong


@pytest.mark.parametrize(
    ("fault", "value", "error"),
    [
        ("queue_full", None, EngineBusy),
        ("missing", None, ModelMissing),
        ("context", 20_000, ContextExceeded),
        ("rejected", '"qwen3:8b" does not support chat', EngineRejected),
        ("crash", None, EngineFailing),
        ("out_of_memory", None, EngineFailing),
        ("error_line", None, EngineFailing),
        ("error_line", 'option "num_ctx" must be of type integer', EngineRejected),
        ("repeat_limit", None, AnswerUnfinished),
        ("repetition", None, AnswerUnfinished),
        ("truncated", None, BrokenOff),
        ("dropped", None, EngineFailing),
        ("broken_line", None, EngineRejected),
        ("length", None, AnswerUnfinished),
        ("thinking", None, AnswerUnfinished),
        ("thoughts", None, AnswerInvalid),
        ("html", None, EngineRejected),
        ("forbidden", None, EngineRejected),
    ],
)
def test_every_fault_becomes_its_error(fault: str, value: object, error: type[EngineError]) -> None:
    with OllamaServer() as server:
        server.fail_next(fault, value, times=10)
        with pytest.raises(EngineError) as caught:
            ask(server)
    assert caught.value.code == error.code
    assert caught.value.message
    assert caught.value.remedy
    assert str(caught.value.place) == server.url


def test_a_text_that_is_too_long_is_refused_with_its_length_and_never_cut() -> None:
    async def work(engine: Ollama) -> Completion:
        return await engine.complete([Message("user", "word " * 2000)], SCHEMA)

    with OllamaServer() as server, pytest.raises(ContextExceeded) as caught:
        using(Ollama(server.settings(num_ctx=1024)), work)
    assert caught.value.prompt_tokens is not None
    assert caught.value.prompt_tokens > 2000


def test_a_server_that_cuts_the_text_all_the_same_is_found_out() -> None:
    class Old(OllamaServer):
        def answer(self, call: Any) -> None:
            if isinstance(call.body, dict):  # it does not know these two
                call.body.pop("truncate", None)
                call.body.pop("shift", None)
            super().answer(call)

    async def work(engine: Ollama) -> Completion:
        return await engine.complete([Message("user", "word " * 2000)], SCHEMA)

    with Old(version="0.11.0") as server, pytest.raises(ContextExceeded, match="without saying so"):
        using(Ollama(server.settings(num_ctx=1024)), work)


@pytest.mark.parametrize("fault", ["queue_full", "crash", "dropped"])
def test_what_may_pass_is_tried_again_after_a_pause(fault: str) -> None:
    pauses = Pauses()
    with OllamaServer() as server:
        server.fail_next(fault, times=2)
        assert ask(server, pauses=pauses).text
        assert server.chats == 3
    assert pauses == [0.5, 2.0]


@pytest.mark.parametrize("fault", ["missing", "context", "rejected", "length", "repetition", "truncated"])
def test_what_would_only_happen_again_is_not_tried_again(fault: str) -> None:
    pauses = Pauses()
    with OllamaServer() as server:
        server.fail_next(fault)
        with pytest.raises(EngineError):
            ask(server, pauses=pauses)
        assert server.chats == 1
    assert pauses == []


def test_a_server_that_is_not_there_is_unreachable() -> None:
    pauses = Pauses()
    engine = Ollama(settings.Ollama(endpoints=(NOWHERE,)), sleep=pauses)
    with pytest.raises(EngineUnreachable) as caught:
        using(engine, lambda engine: engine.complete(HELLO, SCHEMA))
    assert "ollama serve" in caught.value.remedy


def test_an_answer_that_does_not_begin_in_time_is_given_up() -> None:
    with OllamaServer() as server:
        server.fail_next("slow_load", 20)
        started = time.monotonic()
        with pytest.raises(AnswerUnfinished, match="no answer began"):
            ask(server, timeout=0.1)
    assert time.monotonic() - started < 15


def test_a_slow_start_within_the_time_is_waited_for() -> None:
    with OllamaServer() as server:
        server.fail_next("slow_load", 0.15)
        assert ask(server, timeout=2).text


def test_what_answers_but_is_not_ollama_is_told_apart() -> None:
    class Other(OllamaServer):
        def answer(self, call: Any) -> None:
            call.send(200, "<!doctype html><title>It works</title>", "text/html")

    with Other() as server, pytest.raises(EngineRejected, match="not Ollama") as caught:
        identify(server)
    assert "endpoints" in caught.value.remedy


def test_the_words_of_a_server_are_shown_short_and_without_control_characters() -> None:
    with OllamaServer() as server:
        server.fail_next("rejected", "bad\x1b[2J\n" + "x" * 5000)
        with pytest.raises(EngineRejected) as caught:
            ask(server)
    assert len(caught.value.message) <= 300
    assert caught.value.message.isprintable()


# ------------------------------------------------------------------------------------------ several endpoints


def test_slots_add_up() -> None:
    engine = Ollama(settings.Ollama(endpoints=("http://a:1", "http://b:2", "http://a:1/"), slots=3))
    assert engine.slots == 6


def test_work_is_spread_over_the_endpoints_and_no_slot_is_overbooked() -> None:
    async def work(engine: Ollama) -> None:
        await asyncio.gather(*(engine.complete(HELLO, SCHEMA) for _ in range(12)))

    with OllamaServer(delay=0.02) as one, OllamaServer(delay=0.02) as two:
        using(Ollama(one.settings(endpoints=(one.url, two.url), slots=2)), work)
    assert one.chats + two.chats == 12
    assert min(one.chats, two.chats) >= 4
    assert (one.load.peak, two.load.peak) == (2, 2)


def test_an_endpoint_that_is_down_is_left_alone_and_taken_back_when_it_is_up_again() -> None:
    now = 0.0

    def clock() -> float:
        return now

    async def work(engine: Ollama) -> None:
        nonlocal now
        for _ in range(4):
            await engine.complete(HELLO, SCHEMA)
        assert up.chats == 4
        assert len(pauses) == 0  # nobody had to wait for the one that is down
        with OllamaServer(port=port) as back:
            now = 100.0
            await asyncio.gather(*(engine.complete(HELLO, SCHEMA) for _ in range(4)))
            assert back.chats > 0

    pauses = Pauses()
    with OllamaServer() as down:
        port = int(down.url.rsplit(":", 1)[1])
    with OllamaServer(delay=0.02) as up:
        options = up.settings(endpoints=(down.url, up.url))
        using(Ollama(options, sleep=pauses, clock=clock), work)


def test_an_endpoint_with_another_version_of_the_model_is_not_used() -> None:
    async def work(engine: Ollama) -> list[Finding]:
        await asyncio.gather(*(engine.complete(HELLO, SCHEMA) for _ in range(6)))
        return await engine.check()

    with OllamaServer(digest="a" * 64) as one, OllamaServer(digest="b" * 64) as other:
        findings = using(Ollama(one.settings(endpoints=(one.url, other.url))), work)
    assert (one.chats, other.chats) == (6, 0)
    assert any(finding.state == "warning" and "another version" in finding.message for finding in findings)


def test_an_endpoint_without_the_model_is_not_used() -> None:
    async def work(engine: Ollama) -> None:
        await asyncio.gather(*(engine.complete(HELLO, SCHEMA) for _ in range(4)))

    with OllamaServer() as one, OllamaServer(model="other:1b") as other:
        using(Ollama(one.settings(endpoints=(other.url, one.url))), work)
    assert (one.chats, other.chats) == (4, 0)


# --------------------------------------------------------------------------------------------------------------- doctor


def test_doctor_is_content_with_a_good_server() -> None:
    with OllamaServer(gpu_share=1.0) as server:
        findings = check(server)
    assert {finding.state for finding in findings} == {"ok"}
    assert any("GPU" in finding.message for finding in findings)


@pytest.mark.parametrize(
    ("server", "options", "words", "remedy"),
    [
        ({"gpu_share": 0.0}, {}, "CPU", "minutes"),
        ({"gpu_share": 0.5}, {}, "50 %", "num_ctx"),
        ({"version": "0.9.6"}, {}, "old", "Update"),
        ({"trained_context": 2048}, {"num_ctx": 8192}, "trained for 2048", "num_ctx = 2048"),
        ({"kind": "safetensors"}, {}, "safetensors", "GGUF"),
        ({"family": "qwen35"}, {"slots": 2}, "one request at a time", "slots = 1"),
        ({"no_cloud": False}, {}, "in the cloud", "OLLAMA_NO_CLOUD=1"),
    ],
)
def test_doctor_says_what_is_wrong_and_what_to_do(
    server: dict[str, Any], options: dict[str, Any], words: str, remedy: str
) -> None:
    with OllamaServer(**server) as running:
        findings = check(running, **options)
    found = [finding for finding in findings if finding.state == "warning"]
    assert len(found) == 1
    assert words in found[0].message
    assert remedy in found[0].remedy


def test_doctor_does_not_guess_about_a_server_that_does_not_say_whether_it_uses_the_cloud() -> None:
    with OllamaServer(no_cloud=None) as server:
        assert {finding.state for finding in check(server)} == {"ok"}


def test_the_weights_are_told_apart_from_template_and_parameters() -> None:
    with OllamaServer(digest="ab" * 32) as server:
        found = identify(server)
    assert found.weights == hashlib.sha256(("ab" * 32).encode()).hexdigest()
    assert found.options["quantization"] == "Q4_K_M"
    assert cache_key("text", None, found) == cache_key("text", None, replace(found, weights=""))


def test_doctor_says_of_each_endpoint_what_is_there() -> None:
    with OllamaServer(digest="ab" * 32) as one, OllamaServer(digest="ab" * 32, version="0.32.0", gpu_share=0) as two:
        findings = check(one, endpoints=(one.url, {"url": two.url, "slots": 4}, NOWHERE), num_ctx=4096)
    said = [(finding.state, finding.message) for finding in findings]
    assert said[0] == (
        "ok",
        f"{one.url}: ollama 0.33.0 has qwen3:8b (digest abababababab, context 4096 tokens, 1 slot)",
    )
    assert said[1] == ("ok", f"{one.url}: the model runs on the GPU")
    assert said[2][1].endswith("(digest abababababab, context 4096 tokens, 4 slots)")
    assert said[3] == ("warning", f"{two.url}: the model runs on the CPU")
    assert said[4][0] == "error"
    assert said[4][1].startswith(NOWHERE)
    assert all(finding.remedy for finding in findings if finding.state != "ok")


def test_doctor_never_raises() -> None:
    with OllamaServer() as server:
        [missing] = check(server, model="phi4")
        [down] = check(server, endpoints=(NOWHERE,))
        both = check(server, endpoints=(NOWHERE, server.url))
    assert missing.state == down.state == "error"
    assert "ollama pull phi4" in missing.remedy
    assert [finding.state for finding in both] == ["error", "ok", "ok"]


# ---------------------------------------------------------------------- the stand-in is as strict as the real


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"options": {"num_ctx": "many"}}, 500, 'option "num_ctx" must be of type integer'),
        ({"format": "yaml"}, 500, "invalid format"),
        ({"keep_alive": "300"}, 400, "missing unit"),
        ({"model": ""}, 400, "model is required"),
        ({"model": "gone"}, 404, "model 'gone' not found"),
    ],
)
def test_the_stand_in_refuses_what_the_real_server_refuses(change: dict[str, Any], status: int, words: str) -> None:
    async def work(engine: Ollama) -> tuple[int, str]:
        body = {**engine.request(await engine.models.agree(), HELLO, SCHEMA), **change}
        response = await engine.endpoints.all[0].json("POST", "api/chat", body)
        return response.status_code, response.json()["error"]

    with OllamaServer() as server:
        found = using(Ollama(server.settings()), work)
    assert found[0] == status
    assert words in found[1]


def test_the_stand_in_punishes_a_careless_client_as_the_real_server_does() -> None:
    async def work(engine: Ollama) -> list[dict[str, Any]]:
        endpoint = engine.endpoints.all[0]
        careless = {"model": "qwen3:8b", "messages": [{"role": "user", "content": "word " * 9000}]}
        response = await endpoint.json("POST", "api/chat", careless)
        return [json.loads(line) for line in response.text.splitlines()]

    with OllamaServer() as server:
        lines = using(Ollama(server.settings()), work)
    assert lines[-1]["done_reason"] == "stop"
    assert lines[-1]["prompt_eval_count"] == 4096 // 2 + 2  # cut, and not a word about it
    assert "truncate is None" in server.complaints
    assert isinstance(lines[-1]["total_duration"], int)
