"""The lease: one coordinator at a time has the workers of a fleet."""

from __future__ import annotations

import json
import os
import socket
import uuid
from typing import Any

import redis.asyncio

from sitegen import files
from sitegen.errors import FleetTaken
from sitegen.fleet.broker import Link
from sitegen.settings import Project

LEASE_SECONDS = 30
RENEW_SECONDS = 5.0

_TAKE = """
local found = redis.call('get', KEYS[1])
if found and found ~= ARGV[1] then
  local known, there = pcall(cjson.decode, found)
  local us = cjson.decode(ARGV[1])
  if not known or type(there) ~= 'table' or there.site ~= us.site or ARGV[3] == 'renew' then
    return {found, redis.call('pttl', KEYS[1])}
  end
end
redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2])
return false
"""
"""A pull of the same site takes the lease over when it begins: the site's own lock says that it is the only one."""
_LEAVE = "if redis.call('get', KEYS[1]) == ARGV[1] then redis.call('del', KEYS[1]) end"
_PUBLISH = """
local found = redis.call('get', KEYS[1])
if found and found ~= ARGV[1] then return end
redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[4])
redis.call('set', KEYS[2], ARGV[2], 'EX', ARGV[3])
"""
SITE_FILE = "fleet.site"
"""In the site's state: who it is. Names of machines and paths do not tell, since containers share them."""


class Lease:
    """The lease of one coordinator."""

    def __init__(self, project: Project, link: Link, client: redis.asyncio.Redis, run: str) -> None:
        self._client, self._key = client, link.key("coordinator")
        name = f"{socket.gethostname()}, process {os.getpid()}"
        self._ours = json.dumps({"site": _site(project), "name": name, "run": run})

    async def take(self, *, renew: bool = False) -> None:
        """Takes or keeps it. Raises ``FleetTaken``, and what redis-py raises."""
        words = (self._ours, LEASE_SECONDS * 1000, "renew" if renew else "take")
        answer: Any = await self._client.eval(_TAKE, 1, self._key, *words)
        if answer:
            raise FleetTaken(f"the fleet belongs to a pull on {_holder(answer[0])}", place=self._key)

    async def held(self) -> bool:
        """Whether it is still ours: others may have come while we were away."""
        found = await self._client.get(self._key)
        return bool(found == self._ours.encode())

    async def publish(self, key: str, words: bytes, seconds: int) -> None:
        """Writes for the workers, unless the lease is another's; nobody's is ours."""
        lease = LEASE_SECONDS * 1000
        await self._client.eval(_PUBLISH, 2, self._key, key, self._ours, words, str(seconds), lease)

    async def leave(self) -> None:
        await self._client.eval(_LEAVE, 1, self._key, self._ours)


def _site(project: Project) -> str:
    """Who the site is, the same from one pull to the next. Raises ``StorageError``."""
    path = project.state / SITE_FILE
    if not path.exists():
        files.create(path, f"{uuid.uuid4().hex}\n")
    return files.read_text(path).strip()


def _holder(raw: bytes) -> str:
    try:
        return "".join(char for char in str(json.loads(raw)["name"])[:200] if char.isprintable())
    except (ValueError, KeyError, TypeError):
        return "another machine"
