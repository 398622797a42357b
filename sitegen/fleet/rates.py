"""Rates: how many requests a minute an endpoint gets from all workers of a fleet together, by the clock of Redis."""

from __future__ import annotations

import asyncio
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
