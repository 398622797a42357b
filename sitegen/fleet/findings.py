"""What ``doctor`` says about a fleet."""

from __future__ import annotations

from typing import Any

import redis

from sitegen.fleet.broker import Link
from sitegen.fleet.messages import Wanted, differences
from sitegen.fleet.roster import Roster
from sitegen.sources.base import Finding

TOPIC = "fleet"


async def findings(link: Link, roster: Roster, wanted: Wanted) -> list[Finding]:
    """Redis, how it keeps what it has, and each worker. Never raises for what is down or wrong."""
    client = link.async_client()
    try:
        info: dict[str, Any] = await client.info()
        roster.read((await client.hgetall(link.key("workers"))).values())
    except (redis.RedisError, OSError) as error:
        remedy = "Start Redis and check `[fleet] broker`, `user` and the password."
        return [Finding(TOPIC, "error", f"{link.url}: {type(error).__name__}: {error}", remedy)]
    finally:
        await client.aclose()
    return [*_server(link, info), *_workers(roster, wanted)]


def _server(link: Link, info: dict[str, Any]) -> list[Finding]:
    found = [Finding(TOPIC, "ok", f"{link.url}: Redis {info.get('redis_version', '?')}")]
    if not info.get("aof_enabled"):
        remedy = "Set `appendonly yes` in redis.conf; nothing is lost without it, but more is done again."
        found.append(Finding(TOPIC, "warning", f"{link.url} forgets its jobs when it is killed", remedy))
    if (policy := info.get("maxmemory_policy", "noeviction")) != "noeviction":
        remedy = "Set `maxmemory-policy noeviction` in redis.conf."
        found.append(Finding(TOPIC, "warning", f"{link.url} throws keys away when it is full ({policy})", remedy))
    return found


def _workers(roster: Roster, wanted: Wanted) -> list[Finding]:
    found = []
    for standing in sorted(roster.alive, key=lambda one: one.name):
        why = [standing.trouble or "its engine cannot be used"]
        if standing.offer is not None:
            why = differences(wanted, standing.offer)
        queues = f"{' and '.join(standing.queues)}, {standing.slots} slot{'s' * (standing.slots != 1)}"
        if why:
            remedy = "Give all machines the same sitegen, engine settings and prompts."
            found.append(Finding(TOPIC, "warning", f"{standing.name} takes no work: {', '.join(why)}", remedy))
        else:
            found.append(Finding(TOPIC, "ok", f"{standing.name} works ({queues})"))
    if not found:
        remedy = "Start `sitegen worker` on a machine with the engine, with the same key and broker."
        found.append(Finding(TOPIC, "error", "no worker gives signs of life", remedy))
    if roster.refused:
        remedy = "Give all machines the same key."
        found.append(Finding(TOPIC, "warning", f"{roster.refused} workers have another key", remedy))
    return found
