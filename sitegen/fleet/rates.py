"""Rates: what an endpoint gets from all workers of a fleet together: requests a minute, and at the same time.

All by the clock of Redis. A place whose worker has died is free again after half a minute.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import redis.asyncio

from sitegen import files
from sitegen.fleet.broker import TROUBLES, Link

_NEXT = """
local time = redis.call('time')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local gap = tonumber(ARGV[1])
local free = tonumber(redis.call('get', KEYS[1]) or '0') or 0
if free > now + 120 then free = now end
if free > now then return string.format('%.6f', free - now) end
redis.call('set', KEYS[1], string.format('%.6f', now + gap), 'EX', 120 + math.ceil(gap))
return '0'
"""
"""One request, or the seconds until there may be one (the generic cell rate algorithm, without bursts)."""

HOLD_SECONDS, RENEW_SECONDS, LOOK_SECONDS = 30.0, 10.0, 0.2
_HOLD = """
local time = redis.call('time')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
redis.call('zremrangebyscore', KEYS[1], '-inf', now)
if not redis.call('zscore', KEYS[1], ARGV[1]) and redis.call('zcard', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('zadd', KEYS[1], now + tonumber(ARGV[3]), ARGV[1])
redis.call('expire', KEYS[1], 2 * ARGV[3])
return 1
"""
"""One place, or none; for one that has a place already, its time anew."""


class Rates:
    """What all workers together may ask of each endpoint."""

    def __init__(self, link: Link, client: redis.asyncio.Redis, per_minute: int) -> None:
        self._link, self._client, self._gap = link, client, 60 / per_minute

    async def turn(self, url: str) -> None:
        """Returns when the endpoint may be asked. While Redis is away nobody asks."""
        key = self._link.key("rate", files.sha256(url.rstrip("/"))[:16])
        while True:
            try:
                answer: Any = await self._client.eval(_NEXT, 1, key, f"{self._gap:.6f}")
                wait = float(answer)
            except TROUBLES:
                wait = 1.0
            if wait <= 0:
                return
            await asyncio.sleep(min(wait, 60))


class Places:
    """How many requests all workers together may have at each endpoint."""

    def __init__(self, link: Link, client: redis.asyncio.Redis, at_once: int) -> None:
        self._link, self._client, self._at_once = link, client, at_once

    @contextlib.asynccontextmanager
    async def place(self, url: str) -> AsyncIterator[None]:
        """Has a place at the endpoint inside the block, as soon as there is one. While Redis is away there is none;
        who has one keeps it."""
        key, holder = self._link.key("places", files.sha256(url.rstrip("/"))[:16]), uuid.uuid4().hex
        try:
            while not await self._hold(key, holder):  # noqa: ASYNC110  # it is free when another machine says so
                await asyncio.sleep(LOOK_SECONDS)
            keeping = asyncio.create_task(self._keep(key, holder))
            try:
                yield
            finally:
                keeping.cancel()
                await asyncio.gather(keeping, return_exceptions=True)
        finally:
            with contextlib.suppress(*TROUBLES):
                await self._client.zrem(key, holder)

    async def _keep(self, key: str, holder: str) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            await self._hold(key, holder)

    async def _hold(self, key: str, holder: str) -> bool:
        try:
            words = (holder, str(self._at_once), str(int(HOLD_SECONDS)))
            found: Any = await self._client.eval(_HOLD, 1, key, *words)
        except TROUBLES:
            await asyncio.sleep(1)
            return False
        return bool(found)


def turns(places: Places | None, rates: Rates | None) -> Callable[[str], contextlib.AbstractAsyncContextManager[None]]:
    """What is entered for each request."""

    @contextlib.asynccontextmanager
    async def turn(url: str) -> AsyncIterator[None]:
        async with places.place(url) if places else contextlib.nullcontext():
            if rates:
                await rates.turn(url)
            yield

    return turn
