"""The endpoints of an engine: a free slot at the least loaded one, first come, first served; those that fail rest."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import TypeVar

from sitegen.enrich.engines.endpoint import Endpoint
from sitegen.enrich.engines.transport import BrokenOff, Patience
from sitegen.errors import EngineBusy, EngineError, EngineFailing, EngineRejected, EngineUnreachable

PAUSES = (0.5, 2.0, 6.0)
"""Seconds before a request is made again that met a full queue, a crashed runner or no server."""

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[object]]


class Endpoints:
    """All endpoints of an engine, given as addresses with their slots.

    One that cannot be reached, or fails several times in a row, is left alone for a while. Then one request tries it
    again; when that is answered, it has all its slots back. Requests wait in one line for all endpoints, so that what
    waits for one that goes down is served by the others.
    """

    def __init__(
        self,
        places: Iterable[tuple[str, int]],
        token: str | None,
        *,
        sleep: Sleep = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        patience: Patience | None = None,
    ) -> None:
        slots = {url.rstrip("/"): count for url, count in places}
        self.patience = patience = patience or Patience()
        self.all = tuple(Endpoint(url, count, token, patience, clock) for url, count in slots.items())
        self.sleep, self.clock = sleep, clock
        self._waiting: deque[asyncio.Future[Endpoint]] = deque()

    @property
    def slots(self) -> int:
        return sum(endpoint.slots for endpoint in self.all)

    async def ask(self, question: Callable[[Endpoint], Awaitable[T]]) -> T:
        """The answer of the least loaded endpoint. Where it cannot answer, that of another one, ahead of those that
        wait; after a pause, a few times, when there is no other. Raises what the last try met."""
        pauses, tried = iter(PAUSES), set[Endpoint]()
        while True:
            try:
                async with self.lease(first=bool(tried)) as endpoint:
                    tried.add(endpoint)
                    return await question(endpoint)
            except (EngineUnreachable, EngineBusy, EngineFailing, BrokenOff) as error:
                # A request that crashes its server would crash them all: it takes its time.
                other = not isinstance(error, EngineFailing) and any(
                    endpoint.closed and endpoint not in tried for endpoint in self.all
                )
                if other:
                    continue
                if isinstance(error, BrokenOff) or (pause := next(pauses, None)) is None:
                    raise
            tried.clear()
            await self.sleep(pause)

    @contextlib.asynccontextmanager
    async def lease(self, *, first: bool = False) -> AsyncIterator[Endpoint]:
        """A slot, as soon as it is one's turn. Errors inside the block count against the endpoint.

        Raises ``EngineRejected`` when no endpoint is fit for use, ``EngineUnreachable`` when all turn out to be down.
        """
        endpoint = await self._turn(first)
        begun = self.clock()
        try:
            yield endpoint
        except BaseException as error:
            self._release(endpoint, error, self.clock() - begun)
            raise
        self._release(endpoint, None, self.clock() - begun)

    async def _turn(self, first: bool) -> Endpoint:
        turn: asyncio.Future[Endpoint] = asyncio.get_running_loop().create_future()
        (self._waiting.appendleft if first else self._waiting.append)(turn)
        self._serve()
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._release(turn.result(), None, 0)
            raise
        finally:
            if turn in self._waiting:
                self._waiting.remove(turn)

    def _serve(self) -> None:
        """Gives free slots to those who wait, in their order."""
        while self._waiting:
            try:
                endpoint = self._choose()
            except EngineError as error:
                self._dismiss(error)
                return
            if endpoint is None:
                return
            turn = self._waiting.popleft()
            if not turn.done():
                endpoint.begin()
                turn.set_result(endpoint)

    def _choose(self) -> Endpoint | None:
        ready = [endpoint for endpoint in self.all if endpoint.closed or endpoint.rested]
        # When all rest there is nothing to lose by trying: that is also how they are found to be well again.
        ready = ready or [endpoint for endpoint in self.all if not endpoint.unfit]
        if not ready:
            raise EngineRejected("; ".join(f"{endpoint.url}: {endpoint.unfit}" for endpoint in self.all))
        return min((one for one in ready if one.free), key=lambda endpoint: endpoint.load, default=None)

    def _release(self, endpoint: Endpoint, error: BaseException | None, seconds: float) -> None:
        rest = endpoint.end(error, seconds)
        if rest:  # so that those who wait then do not wait for another's end
            asyncio.get_running_loop().call_later(rest, self._serve)
        if isinstance(error, EngineUnreachable) and not any(one.closed for one in self.all):
            self._dismiss(error)
        self._serve()

    def _dismiss(self, error: EngineError) -> None:
        """Tells all who wait that nobody is there, rather than let each find out after another."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_exception(type(error)(error.message, place=error.place, remedy=error.remedy))

    async def aclose(self) -> None:
        for endpoint in self.all:
            await endpoint.aclose()
