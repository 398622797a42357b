"""External links are asked for politely, and the answers are told apart."""

from __future__ import annotations

import email.utils
import itertools
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sitegen.check.external import Checker, Verdict
from sitegen.settings import Check
from tests.servers.web import Web

OK: tuple[int, dict[str, str]] = (200, {})


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as web:
        yield web


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    return tmp_path / "links.json"


def ask(memory: Path, *urls: str, **settings: Any) -> dict[str, Verdict]:
    chosen = Check(**{"private": True, "delay": 0, **settings})
    return Checker(chosen, "https://example.org/", memory).check(urls)


def told(verdict: Verdict) -> tuple[str, str, str]:
    return verdict.state, verdict.reason, verdict.target


def test_what_is_there_is_asked_for_once_without_its_text(web: Web, memory: Path) -> None:
    web.pages["/a?x=1"] = [OK]
    found = ask(memory, f"{web.address}/a?x=1#one", f"{web.address}/a?x=1#two")
    assert {url: verdict.state for url, verdict in found.items()} == {f"{web.address}/a?x=1": "ok"}
    (request,) = web.requests
    assert request.method == "HEAD"
    assert request.headers["User-Agent"].startswith("sitegen/")
    assert "(+https://example.org/)" in request.headers["User-Agent"]


def test_gone_and_moved_and_unclear_are_told_apart(web: Web, memory: Path) -> None:
    web.pages |= {
        "/gone": [(410, {})],
        "/old": [(301, {"Location": "/older"})],
        "/older": [(308, {"Location": f"{web.address}/new"})],
        "/new": [OK],
        "/today": [(302, {"Location": "/new"})],
        "/lost": [(301, {"Location": "/missing"})],
        "/private": [(403, {})],
        "/broken": [(500, {}), (500, {}), (500, {})],
        "/round": [(302, {"Location": "/round"})],
        "/mail": [(301, {"Location": "mailto:a@example.org"})],
        "/dead-line": [(0, {})],
    }
    paths = ("/gone", "/old", "/today", "/lost", "/missing", "/private", "/broken", "/round", "/mail", "/dead-line")
    found = ask(memory, *(web.address + path for path in paths))
    assert {path: told(found[web.address + path])[0] for path in paths} == {
        "/gone": "dead",
        "/old": "moved",
        "/today": "ok",
        "/lost": "dead",
        "/missing": "dead",
        "/private": "uncertain",
        "/broken": "uncertain",
        "/round": "dead",
        "/mail": "uncertain",
        "/dead-line": "uncertain",
    }
    assert found[f"{web.address}/old"].target == f"{web.address}/new"


def test_a_server_that_refuses_head_is_asked_with_get(web: Web, memory: Path) -> None:
    web.pages |= {
        "HEAD /a": [(405, {})],
        "GET /a": [OK],
        "HEAD /b": [(404, {})],
        "GET /b": [OK],
        "HEAD /c": [(0, {})],
        "GET /c": [OK],
    }
    found = ask(memory, *(f"{web.address}/{name}" for name in "abc"))
    assert {verdict.state for verdict in found.values()} == {"ok"}
    assert web.asked("/a") == ["HEAD", "GET"]


def test_a_busy_server_is_given_the_time_that_it_asks_for(web: Web, memory: Path) -> None:
    later = email.utils.formatdate(time.time() + 1, usegmt=True)
    web.pages |= {"/a": [(429, {"Retry-After": "1"}), OK], "/b": [(503, {"Retry-After": later}), (503, {}), OK]}
    began = time.monotonic()
    assert ask(memory, f"{web.address}/a")[f"{web.address}/a"].state == "ok"
    assert time.monotonic() - began >= 1
    assert ask(memory, f"{web.address}/b")[f"{web.address}/b"].state == "ok"


def test_a_server_that_asks_for_an_hour_is_left_alone(web: Web, memory: Path) -> None:
    web.pages["/a"] = [(429, {"Retry-After": "3600"})]
    began = time.monotonic()
    verdict = ask(memory, f"{web.address}/a")[f"{web.address}/a"]
    assert told(verdict) == ("uncertain", "the server answers with HTTP 429", "")
    assert time.monotonic() - began < 5


def test_one_request_at_a_time_to_a_host_with_a_pause_between(memory: Path) -> None:
    with Web({f"/{number}": [OK] for number in range(4)}, slowness=0.05) as one, Web({"/": [OK]}) as other:
        ask(memory, *(f"{one.address}/{number}" for number in range(4)), f"{other.address}/", delay=0.1)
        times = sorted((request.began, request.ended) for request in one.requests)
        assert all(later[0] - earlier[1] >= 0.08 for earlier, later in itertools.pairwise(times))
        assert other.requests[0].began < times[1][0], "other hosts need not wait"


def test_good_answers_are_remembered_for_some_days_and_bad_ones_never(web: Web, memory: Path) -> None:
    web.pages["/a"] = [OK]
    urls = [f"{web.address}/a", f"{web.address}/gone"]
    ask(memory, *urls)
    ask(memory, *urls)
    assert web.asked("/a") == ["HEAD"]
    assert web.asked("/gone") == ["HEAD", "GET"] * 2
    aged = json.loads(memory.read_text())
    aged[urls[0]]["at"] -= 8 * 86400
    memory.write_text(json.dumps(aged))
    ask(memory, *urls)
    assert web.asked("/a") == ["HEAD", "HEAD"]


def test_a_damaged_memory_is_no_memory(web: Web, memory: Path) -> None:
    memory.write_text('{"x": 1')
    web.pages["/a"] = [OK]
    assert ask(memory, f"{web.address}/a")[f"{web.address}/a"].state == "ok"


def test_addresses_that_are_not_public_are_refused(web: Web, memory: Path) -> None:
    port = web.address.rpartition(":")[2]
    urls = [
        f"{web.address}/",
        f"http://localhost:{port}/",
        "http://10.0.0.1/",
        "http://[::1]/",
        "http://169.254.169.254/",
    ]
    found = ask(memory, *urls, private=False)
    assert {(verdict.state, verdict.reason) for verdict in found.values()} == {
        ("uncertain", "is not a public address; `[check] private` allows it")
    }
    assert web.requests == []


def test_a_redirect_to_an_address_that_is_not_public_is_refused(
    web: Web, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import asyncio

    # A public name stands at our own server: only the look-up of names is turned, nothing of the checker.
    real = asyncio.BaseEventLoop.getaddrinfo
    port = int(web.address.rpartition(":")[2])
    web.pages["/a"] = [(302, {"Location": f"http://127.0.0.1:{port}/secret"})]

    async def lookup(self: Any, host: str, *args: Any, **kwargs: Any) -> Any:
        return await real(self, "127.0.0.1" if host == "public.example" else host, *args, **kwargs)

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", lookup)
    monkeypatch.setattr("ipaddress.IPv4Address.is_global", property(lambda _: next(judged)))
    judged = iter([True, False])
    verdict = ask(memory, f"http://public.example:{port}/a", private=False)[f"http://public.example:{port}/a"]
    assert (verdict.state, web.asked("/secret")) == ("uncertain", [])


def test_what_is_no_address_or_no_host_is_dead(memory: Path) -> None:
    urls = ["http://no-such-host.invalid/", "http://[broken/", "http://a b/"]
    assert {verdict.state for verdict in ask(memory, *urls).values()} <= {"dead", "uncertain"}


def test_a_server_that_does_not_answer_is_not_waited_for(memory: Path) -> None:
    with Web({"/": [OK]}, slowness=1) as slow:
        verdict = ask(memory, f"{slow.address}/", timeout=0.2)[f"{slow.address}/"]
    assert told(verdict) == ("uncertain", "no answer in time", "")
