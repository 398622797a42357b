"""The endpoints of an engine: an HTTP client each, the least loaded first, broken ones left alone for a while."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import httpx

from sitegen.errors import AnswerInvalid, AnswerUnfinished, EngineBusy, EngineFailing, EngineRejected, EngineUnreachable

CONNECT_SECONDS = 10.0
METADATA_SECONDS = 30.0
"""For questions about the server and its models, which need no model in memory."""
BETWEEN_CHUNKS_SECONDS = 120.0
"""Once an answer has begun, the longest pause inside it."""
BODY_LIMIT = 8 * 1024 * 1024
"""Bytes of one answer; a finished one has a few thousand."""
LINE_LIMIT = 4 * 1024 * 1024
BROKEN_SECONDS = 30.0
"""For so long an endpoint that did not connect is left alone while another one works."""
PAUSES = (0.5, 2.0, 6.0)
"""Seconds before a request is made again that met a full queue, a crashed runner or no server."""
MESSAGE_LIMIT = 300

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[object]]


class TooSlow(AnswerUnfinished):
    """An answer that did not come, or stood still, for so long that asking again at once would not help."""


class Endpoint:
    """One server: its address, its client, and how busy it is."""

    def __init__(self, url: str, slots: int, token: str | None) -> None:
        self.url = url.rstrip("/")
        self.slots = slots
        self.busy = 0
        self.broken_until = 0.0
        self.unfit = ""
        """Why it must not be used at all, such as another version of the model."""
        self._token = token
        self._client: httpx.AsyncClient | None = None

    @property
    def client(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = _client(self.url, self.slots, self._token)
        return self._client

    async def json(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> httpx.Response:
        """A short question about the server. Raises ``EngineUnreachable``; the status is the caller's matter."""
        with reached(self.url):
            return await self.client.request(method, path, content=None if body is None else encode(body))

    @contextlib.asynccontextmanager
    async def stream(self, path: str, body: Mapping[str, Any], first: float) -> AsyncIterator[httpx.Response]:
        """A question whose answer comes in parts; ``first`` seconds for its head. See ``lines`` for the rest.

        Raises ``EngineUnreachable`` when no connection comes about, ``EngineFailing`` when the server drops it before
        it answers (a request may be the cause, so this is not the end of all), ``TooSlow`` after ``first``.
        """
        timeout = httpx.Timeout(None, connect=CONNECT_SECONDS, write=METADATA_SECONDS)
        request = self.client.build_request("POST", path, content=encode(body), timeout=timeout)
        try:
            async with asyncio.timeout(first):
                response = await self.client.send(request, stream=True)
        except TimeoutError as error:
            raise TooSlow(
                f"no answer began within {first:.0f} seconds",
                place=self.url,
                remedy="Raise the engine's `timeout`, or lower `slots`: surplus requests wait at the server.",
            ) from error
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol) as error:
            raise EngineUnreachable(f"no connection: {brief(str(error)) or 'no answer'}", place=self.url) from error
        except httpx.HTTPError as error:
            raise EngineFailing(f"the server dropped the request: {brief(str(error))}", place=self.url) from error
        try:
            yield response
        finally:
            await response.aclose()

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()


def _client(url: str, slots: int, token: str | None) -> httpx.AsyncClient:
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    # The system's certificates for https; none need loading for http. The environment's proxies are not
    # used: a document must not take a way that nobody has named in the settings.
    context = ssl.create_default_context() if url.startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx.AsyncClient(
        base_url=url + "/",
        headers=headers,
        timeout=httpx.Timeout(METADATA_SECONDS, connect=CONNECT_SECONDS),
        limits=httpx.Limits(max_connections=slots + 2, max_keepalive_connections=slots + 2),
        follow_redirects=False,
        trust_env=False,
        verify=context,
    )


class Endpoints:
    """All endpoints of an engine, each with ``slots`` requests at a time."""

    def __init__(
        self,
        urls: Sequence[str],
        slots: int,
        token: str | None,
        *,
        sleep: Sleep = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.all = tuple(Endpoint(url, slots, token) for url in dict.fromkeys(url.rstrip("/") for url in urls))
        self._sleep = sleep
        self._clock = clock
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def slots(self) -> int:
        return sum(endpoint.slots for endpoint in self.all)

    @property
    def healthy(self) -> list[Endpoint]:
        """Those that may be used now."""
        now = self._clock()
        return [endpoint for endpoint in self.all if not endpoint.unfit and endpoint.broken_until <= now]

    async def ask(self, question: Callable[[Endpoint], Awaitable[T]]) -> T:
        """The answer of the least loaded endpoint; of another one when it does not connect; after a pause, a few times,
        when the queue is full or the server fails. Raises what the last try met."""
        pauses, hops = iter(PAUSES), 0
        while True:
            try:
                async with self.lease() as endpoint:
                    return await question(endpoint)
            except (EngineUnreachable, EngineBusy, EngineFailing) as error:
                hops += 1
                if isinstance(error, EngineUnreachable) and self.healthy and hops < len(self.all):
                    continue
                if (pause := next(pauses, None)) is None:
                    raise
            await self._sleep(pause)

    @contextlib.asynccontextmanager
    async def lease(self) -> AsyncIterator[Endpoint]:
        """A free slot at the least loaded endpoint; waits for one. An ``EngineUnreachable`` inside the block marks the
        endpoint as broken. Raises ``EngineRejected`` when none is fit for use."""
        while (endpoint := self._choose()) is None:
            await self._freed()
        endpoint.busy += 1
        try:
            yield endpoint
            endpoint.broken_until = 0.0
        except EngineUnreachable:
            endpoint.broken_until = self._clock() + BROKEN_SECONDS
            raise
        finally:
            endpoint.busy -= 1
            for waiter in self._waiting:
                if not waiter.done():
                    waiter.set_result(None)

    async def _freed(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            await waiter
        finally:
            self._waiting.remove(waiter)

    def _choose(self) -> Endpoint | None:
        fit = [endpoint for endpoint in self.all if not endpoint.unfit]
        if not fit:
            raise EngineRejected("; ".join(f"{endpoint.url}: {endpoint.unfit}" for endpoint in self.all))
        # When all are broken there is nothing to lose by trying: that is also how they are found to be well again.
        free = [endpoint for endpoint in self.healthy or fit if endpoint.busy < endpoint.slots]
        return min(free, key=lambda endpoint: endpoint.busy / endpoint.slots, default=None)

    async def aclose(self) -> None:
        for endpoint in self.all:
            await endpoint.aclose()


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


async def lines(response: httpx.Response, url: str, first: float, total: float) -> AsyncIterator[bytes]:
    """The lines of a streamed answer, without their ends and without empty ones.

    ``first`` seconds for the first part, ``BETWEEN_CHUNKS_SECONDS`` for each next one, ``total`` for all.
    Raises ``TooSlow`` when it takes longer, ``AnswerUnfinished`` when it breaks off, ``AnswerInvalid`` when it is huge.
    """
    buffer, size, ends = b"", 0, time.monotonic() + total
    parts = response.aiter_bytes()
    wait = first
    while True:
        part = await _next(parts, url, min(wait, max(ends - time.monotonic(), 0)))
        if part is None:
            break
        wait = BETWEEN_CHUNKS_SECONDS
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
        raise AnswerUnfinished(f"the answer broke off: {brief(str(error))}", place=url) from error


async def body(response: httpx.Response, limit: int = 64 * 1024) -> bytes:
    """The body of an error answer, at most ``limit`` bytes of it."""
    found = b""
    with contextlib.suppress(httpx.HTTPError, TimeoutError):
        async with asyncio.timeout(METADATA_SECONDS):
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
