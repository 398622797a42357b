"""Servers with the OpenAI chat API: the same promises as for Ollama, as far as the API allows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import pytest

from sitegen.enrich.engines.base import Completion, Identity, Message
from sitegen.enrich.engines.openai import OpenAI
from sitegen.enrich.engines.transport import BrokenOff
from sitegen.errors import (
    AnswerInvalid,
    AnswerUnfinished,
    ContextExceeded,
    EngineBusy,
    EngineError,
    EngineFailing,
    EngineRejected,
    EngineUnreachable,
    ModelDiffers,
    ModelMissing,
)
from sitegen.sources.base import Finding
from tests.servers.openai import OpenAIServer

SCHEMA = {"type": "object", "properties": {"word": {"type": "string", "maxLength": 20}}, "required": ["word"]}
HELLO = (Message("system", "You are brief."), Message("user", "Say hello."))

T = TypeVar("T")


def using(server: OpenAIServer, work: Callable[[OpenAI], Coroutine[Any, Any, T]], **options: Any) -> T:
    async def no_pause(seconds: float) -> None:
        pauses.append(seconds)

    async def run() -> T:
        engine = OpenAI(server.settings(**options), options.get("key"), sleep=no_pause)
        try:
            return await work(engine)
        finally:
            await engine.aclose()

    pauses: list[float] = []
    return asyncio.run(run())


def ask(server: OpenAIServer, **options: Any) -> Completion:
    return using(server, lambda engine: engine.complete(HELLO, SCHEMA), **options)


def identify(server: OpenAIServer, **options: Any) -> Identity:
    return using(server, lambda engine: engine.identity(), **options)


def check(server: OpenAIServer, **options: Any) -> list[Finding]:
    return using(server, lambda engine: engine.check(), **options)


def test_an_answer_is_put_together_from_its_events() -> None:
    with OpenAIServer() as server:
        server.reply = lambda messages, schema: '{"word": "hello, 你好 \u2028"}'
        completion = ask(server)
    assert completion.text == '{"word": "hello, 你好 \u2028"}'
    assert completion.prompt_tokens > 0
    assert completion.answer_tokens > 0


def test_a_request_asks_for_json_by_schema_with_fixed_seed_and_bounded_length() -> None:
    with OpenAIServer() as server:
        ask(server, num_predict=99)
        body = server.requests[-1].body
    assert server.complaints == []
    assert body["response_format"]["json_schema"]["schema"] == SCHEMA
    assert (body["max_tokens"], body["seed"], body["temperature"]) == (99, 1, 0)
    assert body["chat_template_kwargs"] == {"enable_thinking": False}


@pytest.mark.parametrize(
    ("fault", "value", "error"),
    [
        ("loading", None, EngineBusy),
        ("rate", None, EngineBusy),
        ("context", 20_000, ContextExceeded),
        ("rejected", "unknown schema", EngineRejected),
        ("crash", None, EngineFailing),
        ("error_event", None, EngineFailing),
        ("truncated", None, BrokenOff),
        ("dropped", None, EngineFailing),
        ("unfinished", None, AnswerUnfinished),
        ("length", None, AnswerUnfinished),
        ("html", None, EngineRejected),
    ],
)
def test_every_fault_becomes_its_error(fault: str, value: object, error: type[EngineError]) -> None:
    with OpenAIServer() as server:
        server.fail_next(fault, value, times=10)
        with pytest.raises(EngineError) as caught:
            ask(server)
    assert caught.value.code == error.code
    assert caught.value.message
    assert caught.value.remedy


@pytest.mark.parametrize("kind", ["llama.cpp", "vllm", "lmstudio"])
def test_a_text_that_is_too_long_is_known_as_such_with_the_count_of_the_server(kind: Any) -> None:
    async def work(engine: OpenAI) -> Completion:
        return await engine.complete([Message("user", "word " * 9000)], SCHEMA)

    with OpenAIServer(kind=kind) as server, pytest.raises(ContextExceeded) as caught:
        using(server, work)
    assert caught.value.prompt_tokens is not None
    assert caught.value.prompt_tokens > 9000


@pytest.mark.parametrize(
    "words",
    [
        "This model's maximum context length is {context} tokens. However, your request has {count} input tokens. "
        "Please reduce the length of the input messages.",
        "You passed {count} input tokens and requested {answer} output tokens. However, the model's context length is "
        "only {context} tokens, resulting in a maximum input length of 6144 tokens.",
    ],
)
def test_the_words_of_each_version_of_vllm_are_known(words: str) -> None:
    with OpenAIServer(kind="vllm") as server:
        server.too_long = words
        server.fail_next("context", 20_000)
        with pytest.raises(ContextExceeded) as caught:
            ask(server)
    assert caught.value.prompt_tokens == 20_000


# ------------------------------------------------------------------------------------------------------- thoughts


@pytest.mark.parametrize("kind", ["llama.cpp", "vllm", "lmstudio"])
@pytest.mark.parametrize("fault", ["reasoning", "tags"])
def test_thoughts_are_not_taken_for_the_answer(kind: Any, fault: str) -> None:
    with OpenAIServer(kind=kind) as server:
        server.reply = lambda messages, schema: '{"word": "said"}'
        server.fail_next(fault)
        assert ask(server).text.strip() == '{"word": "said"}'


@pytest.mark.parametrize("kind", ["llama.cpp", "vllm"])
@pytest.mark.parametrize("fault", ["thoughts", "open_tag"])
def test_an_answer_that_stands_in_the_thoughts_is_none(kind: Any, fault: str) -> None:
    with OpenAIServer(kind=kind) as server:
        server.fail_next(fault)
        with pytest.raises(AnswerInvalid, match="thoughts") as caught:
            ask(server)
    assert "thinking" in caught.value.remedy


def test_a_model_that_only_thought_says_so() -> None:
    with OpenAIServer() as server:
        server.fail_next("thinking")
        with pytest.raises(AnswerUnfinished, match="only thought") as caught:
            ask(server)
    assert "thinking" in caught.value.remedy


@pytest.mark.parametrize("reason", ["content_filter", "tool_calls", "abort", "repetition"])
def test_only_an_answer_that_came_to_its_own_end_is_one(reason: str) -> None:
    with OpenAIServer(kind="vllm") as server:
        server.fail_next("reason", reason)
        with pytest.raises(AnswerUnfinished, match=reason):
            ask(server)


def test_a_server_that_still_loads_its_model_is_waited_for() -> None:
    with OpenAIServer() as server:
        server.fail_next("loading", times=3)
        assert ask(server).text
        assert server.chats == 4


def test_a_server_that_loads_its_model_when_the_pull_begins_is_waited_for() -> None:
    with OpenAIServer(loading=4) as server:
        assert ask(server).text


def test_the_error_of_lm_studio_in_the_middle_of_an_answer_is_one() -> None:
    with OpenAIServer(kind="lmstudio") as server:
        server.fail_next("error_event", times=10)
        with pytest.raises(EngineFailing, match="crashed"):
            ask(server)


@pytest.mark.parametrize("kind", ["llama.cpp", "vllm", "lmstudio", "plain"])
def test_the_identity_stays_the_same_from_one_start_of_the_server_to_the_next(kind: Any) -> None:
    with OpenAIServer(kind=kind) as first, OpenAIServer(kind=kind) as second:
        one, two = identify(first), identify(second)
    assert one == two
    assert len(one.digest) == 64


def test_another_quantisation_of_another_size_has_another_identity() -> None:
    with OpenAIServer() as small, OpenAIServer(size=8_700_000_000) as large:
        assert identify(small).digest != identify(large).digest


def test_the_folders_of_the_server_stay_its_own() -> None:
    with OpenAIServer(model="/home/anna/private/qwen3.gguf") as server:
        assert identify(server).model == "qwen3.gguf"
        assert "anna" not in str(check(server))


def test_a_model_can_be_named_in_full_by_file_or_as_the_only_one() -> None:
    with OpenAIServer(model="/srv/models/a.gguf") as server:
        for name in ("/srv/models/a.gguf", "a.gguf", "default"):
            assert identify(server, model=name).model == "a.gguf"
        with pytest.raises(ModelMissing, match=r"no model b; there is a\.gguf"):
            identify(server, model="b")


def test_the_context_that_the_server_has_is_not_exceeded() -> None:
    async def work(engine: OpenAI) -> int:
        await engine.identity()
        return engine.context_tokens

    for kind in ("llama.cpp", "vllm", "lmstudio"):
        with OpenAIServer(kind=kind, context=2048) as server:
            assert using(server, work, num_ctx=8192) == 2048


def test_doctor_says_what_is_wrong_and_what_to_do() -> None:
    with OpenAIServer(context=8192) as server:
        [good] = check(server)
        findings = check(server, num_ctx=16384)
        [missing] = check(server, model="other")
        [down] = check(server, endpoints=("http://127.0.0.1:9/v1",))
        [wrong] = check(server, endpoints=(f"{server.url}/api",))
    assert good.state == "ok"
    assert "llama.cpp b10488" in good.message
    assert [finding.state for finding in findings] == ["ok", "warning"]
    assert "num_ctx" in findings[1].remedy
    assert missing.state == down.state == wrong.state == "error"
    assert missing.remedy
    assert down.remedy


def test_doctor_compares_the_slots_with_those_of_the_server() -> None:
    with OpenAIServer(slots=2) as server:
        findings = check(server, slots=4)
    assert [finding.state for finding in findings] == ["ok", "warning"]
    assert "2 requests" in findings[1].message
    assert "slots" in findings[1].remedy


def test_of_many_models_one_must_be_named() -> None:
    with OpenAIServer(model="qwen3-8b", kind="lmstudio", others=("gemma-3-12b", "phi-4")) as server:
        assert identify(server, model="qwen3-8b").model == "qwen3-8b"
        with pytest.raises(ModelMissing, match="gemma-3-12b, phi-4, qwen3-8b") as caught:
            identify(server)
    assert "model" in caught.value.remedy


def test_what_the_server_tells_of_its_model_can_be_pinned() -> None:
    with OpenAIServer() as server:
        digest = identify(server).digest
        assert ask(server, digest=digest[:12]).text
        server.size += 1
        with pytest.raises(ModelDiffers):
            ask(server, digest=digest)


def test_several_servers_share_the_work_and_a_dead_one_is_left_out() -> None:
    async def work(engine: OpenAI) -> None:
        await asyncio.gather(*(engine.complete(HELLO, SCHEMA) for _ in range(8)))

    with OpenAIServer(delay=0.02) as one, OpenAIServer(delay=0.02) as two:
        using(one, work, endpoints=(f"{one.url}/v1", "http://127.0.0.1:9/v1", f"{two.url}/v1"))
    assert one.chats + two.chats == 8
    assert min(one.chats, two.chats) > 1


def test_nobody_there_is_unreachable() -> None:
    with OpenAIServer() as server, pytest.raises(EngineUnreachable):
        ask(server, endpoints=("http://127.0.0.1:9/v1",))
