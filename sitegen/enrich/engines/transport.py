"""How an engine's servers are spoken to: an HTTP client each, JSON out, a streamed answer in by lines, all bounded."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from sitegen.errors import AnswerInvalid, AnswerUnfinished, EngineUnreachable

BODY_LIMIT = 8 * 1024 * 1024
"""Bytes of one answer; a finished one has a few thousand."""
LINE_LIMIT = 4 * 1024 * 1024
MESSAGE_LIMIT = 300


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an endpoint may take over each thing, in seconds."""

    connect: float = 10.0
    metadata: float = 30.0
    """For questions about the server and its models, which need no model in memory."""
    between: float = 120.0
    """Once an answer has begun, the longest pause inside it."""
    loading: float = 600.0
    """For so long a server may say that it is busy before it answers for the first time."""
    sure: float = 60.0
    """For so long an endpoint is taken to have the model that it had."""
    watch: float = 60.0
    """While no answer begins, the server is asked so often whether it is still there."""
    rest: float = 15.0
    """For so long an endpoint that failed is left alone; each time that it fails again twice as long."""
    longest_rest: float = 240.0


class TooSlow(AnswerUnfinished):
    """An answer that did not come, or stood still, for so long that asking again at once would not help."""


class BrokenOff(AnswerUnfinished):
    """An answer that ended because the connection did."""


def client(url: str, slots: int, token: str | None, patience: Patience) -> httpx.AsyncClient:
    """The client of one server: no redirects, no proxy that nobody has named, and the token, if there is one."""
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    # The system's certificates for https; none need loading for http. The environment's proxies are not
    # used: a document must not take a way that nobody has named in the settings.
    context = ssl.create_default_context() if url.startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx.AsyncClient(
        base_url=url + "/",
        headers=headers,
        timeout=httpx.Timeout(patience.metadata, connect=patience.connect),
        follow_redirects=False,
        trust_env=False,
        transport=Lanes(lambda: httpx.AsyncHTTPTransport(verify=context, trust_env=False, limits=_ONE)),
    )


_ONE = httpx.Limits(max_connections=None, max_keepalive_connections=1)


class Lanes(httpx.AsyncBaseTransport):
    """A connection for each request that is under way; the one that was used last is taken first.

    A pool of connections looks at each of them whenever a request begins or ends, which with many slots costs more
    than the requests. How many there can be is for those who ask to say.
    """

    def __init__(self, make: Callable[[], httpx.AsyncBaseTransport]) -> None:
        self._make = make
        self._all: list[httpx.AsyncBaseTransport] = []
        self._free: list[httpx.AsyncBaseTransport] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        lane = self._free.pop() if self._free else self._new()
        try:
            response = await lane.handle_async_request(request)
        except BaseException:
            self._free.append(lane)
            raise
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _Leased(response.stream, lambda: self._free.append(lane))
        return response

    def _new(self) -> httpx.AsyncBaseTransport:
        self._all.append(lane := self._make())
        return lane

    async def aclose(self) -> None:
        for lane in self._all:
            await lane.aclose()


class _Leased(httpx.AsyncByteStream):
    """The body of an answer; its lane is free again as soon as it is closed."""

    def __init__(self, stream: httpx.AsyncByteStream, free: Callable[[], None]) -> None:
        self._stream = stream
        self._free: Callable[[], None] | None = free

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._stream)

    async def aclose(self) -> None:
        try:
            await self._stream.aclose()
        finally:
            free, self._free = self._free, None
            if free is not None:
                free()


def encode(body: Mapping[str, Any]) -> bytes:
    """The body in ASCII JSON: also half a surrogate pair, which OCR can leave in a text, gets across."""
    return json.dumps(body, separators=(",", ":")).encode("ascii")


@contextlib.contextmanager
def reached(url: str) -> Iterator[None]:
    """Turns what goes wrong between us and the server into ``EngineUnreachable``."""
    try:
        yield
    except httpx.ConnectError as error:
        raise EngineUnreachable(f"no connection: {brief(str(error)) or 'refused'}", place=url) from error
    except httpx.TimeoutException as error:
        raise EngineUnreachable("no answer in time", place=url) from error
    except (httpx.TransportError, httpx.InvalidURL, httpx.DecodingError) as error:
        raise EngineUnreachable(f"connection broken: {brief(str(error))}", place=url) from error


async def lines(response: httpx.Response, url: str, first: float, between: float, total: float) -> AsyncIterator[bytes]:
    """The lines of a streamed answer, without their ends and without empty ones.

    ``first`` seconds for the first part, ``between`` for each next one, ``total`` for all. Raises ``TooSlow`` when it
    takes longer, ``BrokenOff`` when the connection ends before the answer, ``AnswerInvalid`` when it is huge.
    """
    buffer, size, ends = b"", 0, time.monotonic() + total
    parts = response.aiter_bytes()
    wait = first
    while True:
        part = await _next(parts, url, min(wait, max(ends - time.monotonic(), 0)))
        if part is None:
            break
        wait = between
        size += len(part)
        # Split at \n only: the text inside may hold other characters that Python calls line ends.
        *whole, buffer = (buffer + part).split(b"\n")
        if size > BODY_LIMIT or len(buffer) > LINE_LIMIT:
            raise AnswerInvalid(f"the answer is larger than {BODY_LIMIT} bytes", place=url)
        for line in whole:
            if line.strip():
                yield line.strip()
    if buffer.strip():
        yield buffer.strip()


async def _next(parts: AsyncIterator[bytes], url: str, seconds: float) -> bytes | None:
    try:
        async with asyncio.timeout(seconds):
            return await anext(parts, None)
    except TimeoutError as error:
        raise TooSlow(f"the answer stood still for {seconds:.0f} seconds", place=url) from error
    except httpx.HTTPError as error:
        raise BrokenOff(f"the answer broke off: {brief(str(error))}", place=url) from error


async def body(response: httpx.Response, seconds: float = 30, limit: int = 64 * 1024) -> bytes:
    """The body of an error answer, at most ``limit`` bytes of it, and what came of it in so many seconds."""
    found = b""
    with contextlib.suppress(httpx.HTTPError, TimeoutError):
        async with asyncio.timeout(seconds):
            async for part in response.aiter_bytes():
                found += part
                if len(found) >= limit:
                    break
    return found[:limit]


def brief(text: str) -> str:
    """A server's words, fit for one line of a message: short, without control characters."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= MESSAGE_LIMIT else line[: MESSAGE_LIMIT - 1] + "…"


def parsed(raw: bytes) -> Any:
    """The JSON value in ``raw``, or None when it is none."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None
