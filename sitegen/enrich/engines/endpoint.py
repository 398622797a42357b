"""One endpoint: a server, its client, how busy it is, how it has fared, and whether it is left alone for a while."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import httpx

from sitegen.enrich.engines.base import Completion, EndpointStats
from sitegen.enrich.engines.transport import BrokenOff, Patience, TooSlow, brief, client, encode, reached
from sitegen.errors import EngineBusy, EngineError, EngineFailing, EngineUnreachable

STRIKES = 3
"""After so many failures in a row an endpoint counts as down, though it connects."""
BUSY_RESTS = (0.5, 2.0, 6.0)
"""Seconds for which a server with a full queue gets one request at a time."""


class Endpoint:
    """One server. ``closed``, as circuit breakers call it: it works and takes as many requests as it has slots."""

    def __init__(self, url: str, slots: int, token: str | None, patience: Patience, clock: Callable[[], float]) -> None:
        self.url = url.rstrip("/")
        self.slots = slots
        self.busy = 0
        self.unfit = ""
        """Why it must not be used at all, such as another version of the model."""
        self.mishaps = 0
        """How often something went wrong with it: what was known of it before may have changed since."""
        self.processor = ""
        """``GPU``, ``CPU`` or a share of both, when the server has told."""
        self.patience = patience
        self.strikes = 0
        self.requests = 0
        self._token, self._clock = token, clock
        self._client: httpx.AsyncClient | None = None
        self._rests_until: float | None = None
        self._rests, self._busy_answers = 0, 0
        self._is_down, self._trouble = False, ""
        self._answers, self._prompt_tokens, self._answer_tokens, self._seconds = 0, 0, 0, 0.0
        self._errors: Counter[str] = Counter()

    # ------------------------------------------------------------------------------------------------------- breaker

    @property
    def closed(self) -> bool:
        """Whether it may have all its slots."""
        return self._rests_until is None

    @property
    def rested(self) -> bool:
        """Whether it was left alone for long enough to be tried again, with one request."""
        return self._rests_until is not None and self._rests_until <= self._clock()

    @property
    def free(self) -> bool:
        return self.busy < (self.slots if self.closed else 1)

    @property
    def load(self) -> tuple[float, int, float]:
        """The least loaded first; among equals the one that failed less, then the one that did less."""
        return self.busy / self.slots, self.strikes, self.requests / self.slots

    def begin(self) -> None:
        self.busy += 1
        self.requests += 1

    def end(self, error: BaseException | None, seconds: float) -> float:
        """Notes how a request went. Returns the seconds that the endpoint is left alone from now on, or 0."""
        self.busy -= 1
        self._seconds += seconds
        if isinstance(error, EngineError):
            self._errors[error.code] += 1
        if isinstance(error, EngineBusy):
            self._busy_answers += 1
            return self._rest(BUSY_RESTS[min(self._busy_answers, len(BUSY_RESTS)) - 1], error)
        if isinstance(error, EngineUnreachable | EngineFailing | TooSlow | BrokenOff):
            self.strikes += 1
            self.mishaps += 1
            probe = not self.closed
            return self._down(error) if probe or isinstance(error, EngineUnreachable) or self._struck_out else 0
        if error is None or isinstance(error, EngineError):  # also a refusal shows that the server is well
            self.strikes = self._rests = self._busy_answers = 0
            self._rests_until, self._is_down, self._trouble = None, False, ""
        return 0

    def looked(self, error: EngineError | None) -> None:
        """Notes how a look at the server went, before anything is asked of it; only for those who look at ``stats``."""
        if isinstance(error, EngineUnreachable):
            self._errors[error.code] += 1
            self._is_down, self._trouble = True, error.message
        elif self.closed:
            self._is_down, self._trouble = False, ""

    def exclude(self, reason: str) -> None:
        """Takes the endpoint out of use; after a rest it is looked at again."""
        self.unfit = reason
        self._down(EngineUnreachable(reason, place=self.url))

    @property
    def _struck_out(self) -> bool:
        return self.strikes >= STRIKES

    def _down(self, error: EngineError) -> float:
        self._rests += 1
        self._is_down = True
        return self._rest(min(self.patience.rest * 2 ** (self._rests - 1), self.patience.longest_rest), error)

    def _rest(self, seconds: float, error: EngineError) -> float:
        self._trouble = error.message
        self._rests_until = self._clock() + seconds
        return seconds

    # ------------------------------------------------------------------------------------------------------ counters

    def answered(self, completion: Completion) -> None:
        self._answers += 1
        self._prompt_tokens += completion.prompt_tokens
        self._answer_tokens += completion.answer_tokens

    def spent(self, error: EngineError) -> None:
        """Counts what an answer cost that came to nothing."""
        prompt, answer, _ = error.spent
        self._prompt_tokens += prompt
        self._answer_tokens += answer

    @property
    def stats(self) -> EndpointStats:
        return EndpointStats(
            url=self.url,
            slots=self.slots,
            busy=self.busy,
            up=not self._is_down,
            trouble=self.unfit or self._trouble,
            processor=self.processor,
            requests=self.requests,
            answers=self._answers,
            errors=dict(sorted(self._errors.items())),
            prompt_tokens=self._prompt_tokens,
            answer_tokens=self._answer_tokens,
            seconds=round(self._seconds, 3),
        )

    # ---------------------------------------------------------------------------------------------------------- HTTP

    @property
    def client(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = client(self.url, self.slots, self._token, self.patience)
        return self._client

    async def json(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> httpx.Response:
        """A short question about the server. Raises ``EngineUnreachable``; the status is the caller's matter."""
        with reached(self.url):
            return await self.client.request(method, path, content=None if body is None else encode(body))

    @contextlib.asynccontextmanager
    async def stream(self, path: str, body: Mapping[str, Any], first: float) -> AsyncIterator[httpx.Response]:
        """A question whose answer comes in parts; ``first`` seconds for its head. See ``transport.lines`` for the rest.

        Raises ``EngineUnreachable`` when no connection comes about or the server is gone while it is waited for,
        ``EngineFailing`` when the server drops the request before it answers (the request may be the cause, so this is
        not the end of all), ``TooSlow`` after ``first``.
        """
        timeout = httpx.Timeout(None, connect=self.patience.connect, write=self.patience.metadata)
        request = self.client.build_request("POST", path, content=encode(body), timeout=timeout)
        try:
            response = await self._head(request, first)
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

    async def _head(self, request: httpx.Request, first: float) -> httpx.Response:
        """The head of the answer. It may take minutes, and a machine without power says nothing either: so while it
        does not come, the server is asked now and then whether it is there."""
        sending = asyncio.ensure_future(self.client.send(request, stream=True))
        try:
            async with asyncio.timeout(first):
                while not (await asyncio.wait({sending}, timeout=self.patience.watch))[0]:
                    await self.json("GET", "")  # any answer will do
                return await sending
        except BaseException:
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError, httpx.HTTPError):
                await (await sending).aclose()
            raise

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()
