"""A Paperless that is down, slow, wrong, in the way or not Paperless at all: the right error, or the right result."""

from __future__ import annotations

import asyncio
import datetime as dt
import gzip
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from sitegen.errors import (
    SitegenError,
    SourceAnswerInvalid,
    SourceError,
    SourceFailing,
    SourceForbidden,
    SourceRefused,
    SourceUnreachable,
    SourceVersion,
    SourceWrongAddress,
)
from sitegen.settings import Paperless
from sitegen.sources.paperless import PaperlessSource
from tests.servers.paperless import PaperlessServer
from tests.servers.paperless_client import NOON, ask, failure, pull, refs
from tests.servers.paperless_http import FaultKind

MINUTES = [{"title": "Minutes", "content": "The council met. " * 40, "tags": ["publish", "council"]}]


def pauses(server: PaperlessServer, *, jitter: float = 1, **options: Any) -> tuple[list[float], SitegenError | None]:
    """How long a pull slept between its tries, in seconds, and how it ended."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def run() -> SitegenError | None:
        settings = server.settings(**options)
        source = PaperlessSource(settings, server.token, clock=lambda: NOON, sleep=sleep, jitter=lambda: jitter)
        try:
            changes = await source.changes(None)
            assert [document.ref async for document in changes.documents] == ["paperless:1"]
        except SitegenError as error:
            return error
        finally:
            await source.aclose()
        return None

    return slept, asyncio.run(run())


# ------------------------------------------------------------------------------------------------------- down, broken


def test_a_server_that_is_down_is_unreachable_after_some_tries() -> None:
    with PaperlessServer(documents=MINUTES) as server:
        pass
    slept, error = pauses(server, retries=3)
    assert isinstance(error, SourceUnreachable)
    assert slept == [0.5, 1, 2]
    assert server.url in str(error)


def test_an_unknown_host_is_unreachable() -> None:
    with PaperlessServer() as server:
        error = failure(lambda: pull(server, url="http://paperless.invalid:1", retries=0))
        assert isinstance(error, SourceUnreachable)
        error = failure(lambda: pull(server, url=f"http://{'a' * 70}.invalid", retries=0))
        assert isinstance(error, SourceUnreachable)


def test_a_server_that_is_too_slow_is_unreachable() -> None:
    with PaperlessServer(documents=MINUTES) as server:
        server.fail_next(kind="slow", seconds=0.2)
        error = failure(lambda: pull(server, timeout=0.05, retries=0))
        assert isinstance(error, SourceUnreachable)
        assert "0.05 seconds" in error.message


def test_an_answer_that_drips_for_ever_is_given_up() -> None:
    ended = asyncio.Event()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await asyncio.sleep(0.005)
        ended.set()

    async def run() -> None:
        listener = await asyncio.start_server(drip, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        source = PaperlessSource(Paperless(url=f"http://127.0.0.1:{port}", timeout=0.5, retries=0), "token")
        try:
            await source.refs()
        finally:
            await source.aclose()
            listener.close()
            await ended.wait()

    error = failure(lambda: asyncio.run(run()))
    assert isinstance(error, SourceUnreachable)
    assert "not complete" in error.message


@pytest.mark.parametrize("kind", ["status", "drop", "truncate", "bad_gzip"])
@pytest.mark.parametrize("path", ["/api/tags/", "/api/documents/"])
def test_what_breaks_now_and_then_is_asked_for_again(kind: FaultKind, path: str) -> None:
    with PaperlessServer(documents=MINUTES) as server:
        server.fail_next(2, kind=kind, path=path)
        slept, error = pauses(server, retries=2)
        assert error is None
        assert slept == [0.5, 1]


def test_a_fault_in_the_middle_of_a_pull_loses_no_document() -> None:
    with PaperlessServer(documents=[{"title": f"D{number}"} for number in range(9)]) as server:
        server.fail_next(2, status=502, path="/api/documents/", after=2)
        assert len(pull(server, page_size=2).refs) == 9


def test_a_server_that_fails_for_good_in_the_middle_of_a_pull_leaves_no_cursor() -> None:
    cursors: list[dict[str, object]] = []

    async def question(source: PaperlessSource) -> None:
        changes = await source.changes(None)
        cursors.append(changes.cursor)
        async for _ in changes.documents:
            pass

    with PaperlessServer(documents=[{"title": f"D{number}"} for number in range(9)]) as server:
        server.fail_next(99, status=503, path="/api/documents/", after=2)
        error = failure(lambda: ask(server, question, page_size=2))
        assert isinstance(error, SourceFailing)
        assert "HTTP 503" in error.message
    assert cursors == [{}]


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("status", SourceFailing),
        ("drop", SourceUnreachable),
        ("truncate", SourceUnreachable),
        ("bad_gzip", SourceAnswerInvalid),
        ("html", SourceWrongAddress),
        ("invalid_json", SourceAnswerInvalid),
        ("json_list", SourceAnswerInvalid),
    ],
)
def test_each_fault_that_stays_has_its_error(kind: FaultKind, error: type[SourceError]) -> None:
    with PaperlessServer(documents=MINUTES) as server:
        server.fail_next(99, kind=kind)
        assert type(failure(lambda: pull(server))) is error
        assert type(failure(lambda: refs(server))) is error


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429, 408])
def test_a_failing_server_is_given_as_many_tries_as_the_settings_say(status: int) -> None:
    with PaperlessServer(documents=MINUTES) as server:
        server.fail_next(99, status=status)
        slept, error = pauses(server, retries=5)
        assert isinstance(error, SourceFailing)
        assert slept == [0.5, 1, 2, 4, 8]
        assert len(server.requests) == 6


def test_pauses_are_shortened_at_random_so_that_clients_do_not_come_back_together() -> None:
    with PaperlessServer(documents=MINUTES) as server:
        server.fail_next(2)
        assert pauses(server, jitter=0)[0] == [0.25, 0.5]


@pytest.mark.parametrize("value", ["7", format_datetime(NOON + dt.timedelta(seconds=7), usegmt=True)])
def test_retry_after_is_obeyed(value: str) -> None:
    with PaperlessServer(documents=MINUTES) as server:
        server.fail_next(status=503, headers={"Retry-After": value})
        assert pauses(server) == ([7], None)


def test_a_server_that_asks_to_wait_for_very_long_is_not_waited_for() -> None:
    with PaperlessServer(documents=MINUTES) as server:
        server.fail_next(status=503, headers={"Retry-After": "86400"})
        slept, error = pauses(server)
        assert slept == []
        assert isinstance(error, SourceFailing)
        assert "86400 seconds" in error.message


@pytest.mark.parametrize("value", ["soon", "-3", "١", "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_a_retry_after_that_makes_no_sense_changes_nothing(value: str) -> None:
    with PaperlessServer(documents=MINUTES) as server:
        server.fail_next(status=503, headers={"Retry-After": value.encode().decode("latin-1")})
        assert pauses(server) == ([0.5], None)


# --------------------------------------------------------------------------------------------- refused, wrong address


@pytest.mark.parametrize("token", ["deadbeef", "0" * 40])
def test_a_wrong_token_is_refused_at_once(token: str) -> None:
    with PaperlessServer(documents=MINUTES) as server:
        server.token = token
        error = failure(lambda: pull(server))
        assert isinstance(error, SourceRefused)
        assert "SITEGEN_SOURCE__PAPERLESS__TOKEN" in error.remedy
        assert len(server.requests) == 1


def test_the_token_of_a_deactivated_user_is_refused() -> None:
    with PaperlessServer(documents=MINUTES) as server:
        server.token = server.add_user("gone", active=False).token
        assert isinstance(failure(lambda: pull(server)), SourceRefused)


@pytest.mark.parametrize("missing", ["documents", "tags", "correspondents", "document_types"])
def test_a_permission_that_is_missing_is_forbidden_and_named(missing: str) -> None:
    with PaperlessServer(documents=MINUTES) as server:
        allowed = frozenset({"documents", "tags", "correspondents", "document_types"}) - {missing}
        server.token = server.add_user("limited", permissions=allowed).token
        error = failure(lambda: pull(server))
        assert isinstance(error, SourceForbidden)
        assert f"/api/{missing}/" in str(error)


def test_a_proxy_with_a_login_of_its_own_is_told_apart_from_a_wrong_token() -> None:
    with PaperlessServer(documents=MINUTES) as server:
        server.fail_next(status=401, headers={"WWW-Authenticate": 'Basic realm="proxy"'})
        error = failure(lambda: pull(server))
        assert isinstance(error, SourceRefused)
        assert "proxy" in error.message


@pytest.mark.parametrize("wrong", ["/api", "/nowhere", "/dashboard"])
def test_a_wrong_path_is_a_wrong_address(wrong: str) -> None:
    with PaperlessServer(documents=MINUTES, base_path="/papers") as server:
        for url in (server.url + wrong, server.url.removesuffix("/papers") + wrong):
            assert isinstance(failure(lambda url=url: pull(server, url=url)), SourceWrongAddress)  # type: ignore[misc]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_never_followed_and_its_query_never_shown(status: int) -> None:
    with PaperlessServer(documents=MINUTES) as server, PaperlessServer(documents=MINUTES) as other:
        location = other.url.replace("http://", "http://user:pass@") + "/api/tags/?session=secret#part"
        server.fail_next(status=status, headers={"Location": location})
        error = failure(lambda: pull(server))
        assert isinstance(error, SourceWrongAddress)
        assert other.requests == []
        assert "/api/tags/" in error.message
        assert not any(part in str(error) for part in ("session", "secret", "user", "pass@"))


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, SourceWrongAddress), (404, SourceWrongAddress), (405, SourceWrongAddress), (403, SourceForbidden)],
)
def test_an_html_page_with_an_error_status_is_what_its_status_says(status: int, error: type[SourceError]) -> None:
    with PaperlessServer(documents=MINUTES) as server:
        server.fail_next(status=status)
        assert type(failure(lambda: pull(server))) is error


def test_a_server_of_another_time_is_of_a_wrong_version() -> None:
    with PaperlessServer(documents=MINUTES, api_versions=[7, 8]) as server:
        assert isinstance(failure(lambda: pull(server)), SourceVersion)
        assert len(server.requests) == 2


# -------------------------------------------------------------------------------------------------- answers, hostile


def answering(body: bytes, headers: dict[str, str] | None = None) -> PaperlessSource:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Type": "application/json", **(headers or {})}, content=body)

    settings = Paperless(url="http://paperless.example", retries=0)
    return PaperlessSource(settings, "token", transport=httpx.MockTransport(answer), max_body=100_000)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"count": -1, "results": []}',
        b'{"count": 1, "results": {}}',
        b'{"count": 1, "results": [{"id": "x", "name": "y"}]}',
        b'{"count": 1, "results": [{"name": "no id"}]}',
        b'{"count": 1, "results": [{"id": 1, "name": "\xff\xfe"}]}',
        b'{"count": NaN, "results": []}',
        b"[" * 50_000,
        b'{"a":' * 9_000,
        b'{"count": ' + b"9" * 5000 + b', "results": []}',
        b"\x00\x01",
        b"<html>",
    ],
)
def test_json_that_is_not_what_the_api_promises_is_an_invalid_answer(body: bytes) -> None:
    error = failure(lambda: asyncio.run(answering(body).refs()))
    assert isinstance(error, SourceAnswerInvalid)


def test_an_answer_is_read_only_up_to_its_limit_also_when_compressed() -> None:
    bomb = gzip.compress(b"[" + b"0," * 5_000_000 + b"0]")
    error = failure(lambda: asyncio.run(answering(bomb, {"Content-Encoding": "gzip"}).refs()))
    assert isinstance(error, SourceAnswerInvalid)
    assert "larger than 100,000 bytes" in error.message
