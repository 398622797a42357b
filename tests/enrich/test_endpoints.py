"""Several endpoints at once: shared fairly, left alone when they fail, back in the same run, and never overbooked."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from sitegen import settings
from sitegen.enrich.engines.base import Completion, Message
from sitegen.enrich.engines.endpoint import STRIKES, Endpoint
from sitegen.enrich.engines.endpoints import Endpoints
from sitegen.enrich.engines.ollama import Ollama
from sitegen.enrich.engines.openai import OpenAI
from sitegen.enrich.engines.transport import Patience
from sitegen.errors import (
    AnswerUnfinished,
    EngineBusy,
    EngineError,
    EngineFailing,
    EngineRejected,
    EngineUnreachable,
    ModelMissing,
)
from tests.servers.ollama import OllamaServer
from tests.servers.openai import OpenAIServer

SCHEMA = {"type": "object", "properties": {"word": {"type": "string", "maxLength": 20}}, "required": ["word"]}
HELLO = (Message("system", "You are brief."), Message("user", "Say hello."))
QUICK = Patience(connect=2, metadata=0.5, watch=0.1, rest=0.15, longest_rest=0.6)
"""As patient as a test can be."""


class Pauses(list[float]):
    """Stands for the pauses between two tries: remembers how long they should be, and is short."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)
        await asyncio.sleep(0.02)


def ollama(*servers: OllamaServer | str, pauses: Pauses | None = None, **options: Any) -> Ollama:
    urls = tuple(server if isinstance(server, str) else server.url for server in servers)
    made = settings.Ollama(**{"endpoints": urls, "timeout": 5, **options})
    return Ollama(made, sleep=Pauses() if pauses is None else pauses, patience=QUICK)


async def many(engine: Ollama | OpenAI, count: int) -> list[Completion | BaseException]:
    return await asyncio.gather(*(engine.complete(HELLO, SCHEMA) for _ in range(count)), return_exceptions=True)


def using(engine: Ollama | OpenAI, work: Callable[[], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with contextlib.aclosing(engine):
            return await work()

    return asyncio.run(run())


def all_answered(answers: list[Completion | BaseException]) -> bool:
    return all(isinstance(answer, Completion) for answer in answers)


@contextlib.contextmanager
def black_hole() -> Iterator[str]:
    """A machine that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


# -------------------------------------------------------------------------------------------------------- spreading


def test_each_endpoint_gets_what_its_slots_allow_and_never_more() -> None:
    with OllamaServer(delay=0.03) as small, OllamaServer(delay=0.03) as large:
        engine = ollama(small, large, endpoints=(small.url, {"url": large.url, "slots": 3}), slots=1)
        assert engine.slots == 4
        answers = using(engine, lambda: many(engine, 24))
    assert all_answered(answers)
    assert (small.load.peak, large.load.peak) == (1, 3)
    assert 4 <= small.chats <= 8  # a quarter is 6


def test_three_equal_servers_get_equal_shares() -> None:
    with OllamaServer(delay=0.02) as one, OllamaServer(delay=0.02) as two, OllamaServer(delay=0.02) as three:
        engine = ollama(one, two, three, slots=2)
        assert all_answered(using(engine, lambda: many(engine, 36)))
    shares = sorted(server.chats for server in (one, two, three))
    assert sum(shares) == 36
    assert shares[0] >= 9
    assert max(server.load.peak for server in (one, two, three)) <= 2


def test_a_faster_server_gets_more() -> None:
    with OllamaServer(delay=0.12) as slow, OllamaServer(delay=0.01) as fast:
        engine = ollama(slow, fast)
        assert all_answered(using(engine, lambda: many(engine, 24)))
    assert fast.chats > 2 * slow.chats


@pytest.mark.parametrize("slots", [1, 4, 16])
def test_there_are_never_more_requests_at_a_server_than_it_has_slots(slots: int) -> None:
    with OllamaServer(delay=0.05) as server:
        engine = ollama(server, slots=slots)
        assert all_answered(using(engine, lambda: many(engine, 5 * slots)))
    assert slots / 2 < server.load.peak <= slots  # all of them are used at once only on an idle machine


def test_first_come_first_served() -> None:
    begun: list[int] = []

    async def work() -> None:
        async def one(number: int) -> None:
            async with endpoints.lease():
                begun.append(number)
                await asyncio.sleep(0.001 * (number % 3))

        await asyncio.gather(*(one(number) for number in range(60)))

    endpoints = Endpoints([("http://a", 2), ("http://b", 1)], None)
    asyncio.run(work())
    assert begun == list(range(60))


@effort(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=3),
    st.lists(
        st.tuples(st.sampled_from(["well", "down", "busy", "failing", "cancelled"]), st.integers(0, 3)), max_size=40
    ),
)
def test_whatever_happens_no_slot_is_lost_and_none_is_given_twice(
    slots: list[int], stories: list[tuple[str, int]]
) -> None:
    errors = {"down": EngineUnreachable, "busy": EngineBusy, "failing": EngineFailing}
    peaks: dict[Endpoint, int] = {}

    async def one(kind: str, length: int) -> None:
        with contextlib.suppress(EngineError):
            async with endpoints.lease() as endpoint:
                peaks[endpoint] = max(peaks.get(endpoint, 0), endpoint.busy)
                for _ in range(length):
                    await asyncio.sleep(0)
                if kind in errors:
                    raise errors[kind]("on purpose")

    async def work() -> None:
        tasks = [asyncio.ensure_future(one(kind, length)) for kind, length in stories]
        for task, (kind, length) in zip(tasks, stories, strict=True):
            if kind == "cancelled":
                for _ in range(length):
                    await asyncio.sleep(0)
                task.cancel()
        await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 10)

    patience = Patience(rest=0.001, longest_rest=0.002)
    endpoints = Endpoints([(f"http://{number}", count) for number, count in enumerate(slots)], None, patience=patience)
    asyncio.run(work())
    assert all(endpoint.busy == 0 for endpoint in endpoints.all)
    assert all(peak <= endpoint.slots for endpoint, peak in peaks.items())


# ------------------------------------------------------------------------------------------ failing and coming back


def test_requests_in_flight_and_in_line_move_to_the_servers_that_are_well() -> None:
    async def work() -> list[Completion | BaseException]:
        asking = asyncio.ensure_future(many(engine, 20))
        await asyncio.sleep(0.1)
        await asyncio.to_thread(dying.die)
        return await asking

    with OllamaServer(delay=0.03) as dying, OllamaServer(delay=0.03) as well:
        engine = ollama(dying, well, slots=2)
        answers = using(engine, work)
    assert all_answered(answers)
    assert well.load.peak == 2
    assert engine.stats[0].up is False
    assert engine.stats[0].trouble
    assert engine.stats[1].answers > 10


def test_a_server_that_comes_back_serves_again_in_the_same_run() -> None:
    async def work() -> None:
        assert all_answered(await many(engine, 4))
        before = engine.stats[0]
        assert before.up is False
        with OllamaServer(port=port, delay=0.02) as back:
            await asyncio.sleep(QUICK.rest * 2)
            for _ in range(4):
                assert all_answered(await many(engine, 8))
            assert back.chats >= 8
            assert back.load.peak == 2  # all its slots
            assert engine.stats[0].up is True
            assert engine.stats[0].trouble == ""

    port = free_port()
    with OllamaServer(delay=0.02) as well:
        engine = ollama(f"http://127.0.0.1:{port}", well, slots=2)
        using(engine, work)


def test_one_request_tries_a_server_that_was_down_before_others_follow() -> None:
    tried: list[Endpoint] = []

    async def question(endpoint: Endpoint) -> str:
        if endpoint is not endpoints.all[0]:
            await asyncio.sleep(0.002)
            return "well"
        tried.append(endpoint)
        await asyncio.sleep(0.05)
        raise EngineUnreachable("down")

    async def work() -> None:
        await asyncio.gather(*(endpoints.ask(question) for _ in range(4)))
        assert len(tried) == 2  # both slots, when nobody knew
        await asyncio.sleep(0.06)
        await asyncio.gather(*(endpoints.ask(question) for _ in range(40)))
        assert len(tried) == 3

    endpoints = Endpoints([("http://a", 2), ("http://b", 2)], None, patience=Patience(rest=0.05))
    asyncio.run(work())


def test_an_endpoint_rests_longer_each_time_and_not_for_ever() -> None:
    endpoint = Endpoint("http://a", 1, None, Patience(rest=10, longest_rest=35), lambda: 0.0)
    rests = []
    for _ in range(4):
        endpoint.begin()
        rests.append(endpoint.end(EngineUnreachable("down"), 0))
    assert rests == [10, 20, 35, 35]
    endpoint.begin()
    endpoint.end(None, 0)
    endpoint.begin()
    assert endpoint.end(EngineUnreachable("down"), 0) == 10


def test_failures_now_and_then_do_not_close_a_server_but_several_in_a_row_do() -> None:
    endpoint = Endpoint("http://a", 4, None, Patience(), lambda: 0.0)
    for errors in ([EngineFailing("x")] * 2, [None], [EngineFailing("x")] * 2):
        for error in errors:
            endpoint.begin()
            endpoint.end(error, 0)
    assert endpoint.closed
    endpoint.begin()
    endpoint.end(EngineFailing("x"), 0)
    assert not endpoint.closed


@pytest.mark.parametrize("error", [EngineRejected("bad schema"), AnswerUnfinished("too long")])
def test_a_refusal_shows_that_a_server_is_well(error: EngineError) -> None:
    endpoint = Endpoint("http://a", 1, None, Patience(), lambda: 0.0)
    endpoint.begin()
    endpoint.end(EngineUnreachable("down"), 0)
    endpoint.begin()
    endpoint.end(error, 0)
    assert endpoint.closed


def test_a_machine_without_power_is_found_out_long_before_the_time_for_an_answer_is_over() -> None:
    async def work() -> None:
        started = time.monotonic()
        async with endpoint.stream("api/chat", {}, first=600):
            pass
        assert time.monotonic() - started < 30

    with black_hole() as url:
        endpoint = Endpoint(url, 1, None, Patience(watch=0.1, metadata=0.2), time.monotonic)
        with pytest.raises(EngineUnreachable):
            asyncio.run(work())


def test_a_server_that_only_thinks_for_long_is_not_taken_for_dead() -> None:
    with OllamaServer(delay=0.5) as server:
        engine = ollama(server)
        [answer] = using(engine, lambda: many(engine, 1))
    assert isinstance(answer, Completion)
    assert server.chats == 1
    assert sum(request.path == "/" for request in server.requests) >= 2


def test_a_black_hole_among_the_endpoints_holds_nobody_up() -> None:
    with black_hole() as url, OllamaServer() as well:
        engine = ollama(url, well, slots=2)
        assert all_answered(using(engine, lambda: many(engine, 8)))
    assert engine.stats[0].up is False
    assert engine.stats[0].answers == 0


def test_a_full_queue_at_one_server_sends_the_request_to_the_other() -> None:
    with OllamaServer() as full, OllamaServer() as well:
        full.fail_next("queue_full", times=50)
        pauses = Pauses()
        engine = ollama(full, well, pauses=pauses)
        assert all_answered(using(engine, lambda: many(engine, 8)))
    assert pauses == []
    assert engine.stats[0].errors == {"SG303": full.chats}
    assert engine.stats[0].up is True  # it is busy, and not down


@pytest.mark.parametrize("fault", ["truncated", "dropped"])
def test_a_broken_connection_is_no_reason_to_give_a_document_up(fault: str) -> None:
    with OllamaServer() as broken, OllamaServer() as well:
        broken.fail_next(fault, times=50)
        engine = ollama(broken, well)
        assert all_answered(using(engine, lambda: many(engine, 10)))
    assert engine.stats[0].answers == 0
    # How often it was asked is a matter of speed: the other one may have been free sooner.
    assert engine.stats[0].up is (sum(engine.stats[0].errors.values()) < STRIKES)
    assert engine.stats[1].answers == 10


def test_when_all_are_down_everybody_learns_it_soon() -> None:
    pauses = Pauses()
    engine = ollama(*(f"http://127.0.0.1:{free_port()}" for _ in range(3)), pauses=pauses, slots=4)
    started = time.monotonic()
    answers = using(engine, lambda: many(engine, 12))
    assert {type(answer) for answer in answers} == {EngineUnreachable}
    assert time.monotonic() - started < 20


def test_all_went_down_in_the_middle_and_came_back_in_time() -> None:
    async def work() -> None:
        async def restart() -> None:
            await asyncio.sleep(0.1)
            stack.enter_context(OllamaServer(port=port))

        assert all_answered(await many(engine, 2))
        first.__exit__(None, None, None)
        answers, _ = await asyncio.gather(many(engine, 6), restart())
        assert all_answered(answers)

    port = free_port()
    first = OllamaServer(port=port)
    first.__enter__()
    with contextlib.ExitStack() as stack:
        engine = Ollama(first.settings(slots=2), patience=QUICK)
        using(engine, work)


def test_a_request_that_crashes_servers_does_not_crash_them_all_at_once() -> None:
    with OllamaServer() as one, OllamaServer() as two:
        for server in (one, two):
            server.fail_next("crash", times=50)
        pauses = Pauses()
        engine = ollama(one, two, pauses=pauses)
        [answer] = using(engine, lambda: many(engine, 1))
    assert isinstance(answer, EngineFailing)
    assert one.chats + two.chats == 4
    assert pauses == [0.5, 2.0, 6.0]


# --------------------------------------------------------------------------------------- one model on all of them


def test_an_endpoint_that_gets_the_right_model_later_serves_in_the_same_run() -> None:
    async def work() -> None:
        assert all_answered(await many(engine, 4))
        assert other.chats == 0
        assert "another version" in engine.stats[1].trouble
        other.digest = one.digest
        await asyncio.sleep(QUICK.rest * 2)
        assert all_answered(await many(engine, 12))
        assert other.chats > 2

    with OllamaServer(delay=0.01) as one, OllamaServer(digest="b" * 64, delay=0.01) as other:
        engine = ollama(one, other)
        using(engine, work)


def test_a_server_that_comes_back_with_another_model_is_not_used() -> None:
    async def work() -> None:
        await many(engine, 4)
        first.__exit__(None, None, None)
        with OllamaServer(port=port, digest="c" * 64) as back:
            await many(engine, 4)
            await asyncio.sleep(QUICK.rest * 2)
            assert all_answered(await many(engine, 8))
            assert back.chats == 0
        assert "another version" in engine.stats[0].trouble

    port = free_port()
    first = OllamaServer(port=port)
    first.__enter__()
    with OllamaServer() as other:
        engine = ollama(f"http://127.0.0.1:{port}", other)
        using(engine, work)


def test_the_only_endpoint_without_the_model_says_so() -> None:
    with OllamaServer() as server:
        engine = ollama(server, model="phi4")
        [answer] = using(engine, lambda: many(engine, 1))
    assert isinstance(answer, ModelMissing)


# --------------------------------------------------------------------------------------------------------- counters


def test_the_counters_add_up() -> None:
    with OllamaServer() as one, OllamaServer(gpu_share=0.25) as two:
        two.fail_next("rejected", times=2)
        engine = ollama(one, two, slots=2)
        answers = using(engine, lambda: many(engine, 12))
    done = [answer for answer in answers if isinstance(answer, Completion)]
    stats = engine.stats
    assert [one.url, two.url] == [stat.url for stat in stats]
    assert sum(stat.answers for stat in stats) == len(done) == 10
    assert sum(stat.requests for stat in stats) == 12
    assert stats[1].errors == {"SG309": 2}
    assert sum(stat.prompt_tokens for stat in stats) == sum(answer.prompt_tokens for answer in done)
    assert sum(stat.answer_tokens for stat in stats) == sum(answer.answer_tokens for answer in done)
    assert all(stat.seconds > 0 and stat.busy == 0 and stat.up for stat in stats)
    assert [stat.processor for stat in stats] == ["GPU", "25 % GPU"]


def test_servers_with_the_openai_api_are_shared_in_the_same_way() -> None:
    with OpenAIServer(delay=0.02) as one, OpenAIServer(delay=0.02) as two:
        places = (f"{one.url}/v1", {"url": f"{two.url}/v1", "slots": 2}, f"http://127.0.0.1:{free_port()}/v1")
        engine = OpenAI(one.settings(endpoints=places), sleep=Pauses(), patience=QUICK)
        assert all_answered(using(engine, lambda: many(engine, 12)))
    assert (one.load.peak, two.load.peak) == (1, 2)
    assert one.chats + two.chats == 12
    assert [stat.up for stat in engine.stats] == [True, True, False]


def test_work_in_threads_of_others_is_not_touched() -> None:
    """The engine lives in one event loop and starts no threads."""
    before = threading.active_count()
    engine = ollama(f"http://127.0.0.1:{free_port()}")
    using(engine, lambda: many(engine, 2))
    assert threading.active_count() <= before + 1  # getaddrinfo may keep one of the loop's
