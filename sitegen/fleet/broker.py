"""The broker: Redis, and Dramatiq over it, with the settings that held.

Measured with kill -9, restarts and outages (docs/decisions/fleet.md): a worker counts as gone 15 s after its last
heartbeat and one fetch in ten looks for such; no more messages are fetched than are worked on; Dramatiq tries nothing
again by itself, since attempts are the journal's.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import dramatiq.worker
import redis
import redis.asyncio
from dramatiq.brokers.redis import RedisBroker
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import ExponentialWithJitterBackoff
from redis.retry import Retry

from sitegen.errors import BrokerUnreachable
from sitegen.settings import Project, secret

HEARTBEAT_MS = 15_000
MAINTENANCE_CHANCE = 100_000
"""Of a million fetches."""
RESTART_SECONDS = 0.5
"""Before a consumer goes on that was paused, or had lost Redis."""
ACTOR = "enrich"
CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 10.0
TROUBLES = (redis.RedisError, OSError)
"""That pass when Redis is well again: it is away, it is full, its disk is, or it has become a replica."""


class Client(redis.asyncio.Redis):
    """One that does not forget that its task was told to end.

    redis-py writes under ``asyncio.wait_for``, which before Python 3.12 loses a cancellation that comes at the moment
    when the write is done (python/cpython#86296); a loop that waits for messages would then go on for ever.
    """

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        task = asyncio.current_task()
        before = task.cancelling() if task else 0
        answer = await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
        if task and task.cancelling() > before:
            raise asyncio.CancelledError
        return answer


@dataclass(frozen=True)
class Link:
    """How to reach the Redis of a fleet, and what its keys are called."""

    url: str
    name: str
    options: dict[str, Any] = field(repr=False)
    """The password among them."""

    def key(self, *parts: str) -> str:
        return ":".join((self.name, *parts))

    def client(self) -> redis.Redis:
        retry = Retry(ExponentialWithJitterBackoff(cap=1, base=0.1), 2)
        return redis.Redis.from_url(self.url, retry=retry, **self.options)

    def async_client(self, connections: int = 32) -> Client:
        """One that has so many connections at most; who needs another waits for it."""
        retry = AsyncRetry(ExponentialWithJitterBackoff(cap=1, base=0.1), 1)
        pool: redis.asyncio.BlockingConnectionPool = redis.asyncio.BlockingConnectionPool.from_url(
            self.url, retry=retry, max_connections=connections, timeout=None, **self.options
        )
        client: Client = Client.from_pool(pool)  # type: ignore[assignment]  # redis-py says Redis, and gives the class
        return client

    def broker(self) -> RedisBroker:
        """Dramatiq's. No middleware: no retries, no time limit, nothing that writes down what failed."""
        quiet()
        dramatiq.worker.CONSUMER_RESTART_DELAY_SECS = RESTART_SECONDS
        return RedisBroker(  # type: ignore[no-untyped-call]  # dramatiq leaves that out
            client=self.client(),
            middleware=[],
            namespace=self.key("jobs"),
            heartbeat_timeout=HEARTBEAT_MS,
            maintenance_chance=MAINTENANCE_CHANCE,
        )


def link_of(project: Project) -> Link:
    """The link of the settings. Raises ``SecretMissing`` when the password's file cannot be read."""
    fleet = project.settings.fleet
    options: dict[str, Any] = {
        "socket_connect_timeout": CONNECT_SECONDS,
        "socket_timeout": ANSWER_SECONDS,
        "socket_keepalive": True,
        "health_check_interval": 15,
    }
    if fleet.user:
        options["username"] = fleet.user
    if password := secret(fleet.password, fleet.password_file, "fleet.password", project.root):
        options["password"] = password
    if fleet.broker.startswith("rediss://"):
        options |= {"ssl_cert_reqs": "required", "ssl_check_hostname": True}
        if fleet.ca_file is not None:
            options["ssl_ca_certs"] = str(project.path(fleet.ca_file))
    return Link(fleet.broker, fleet.name, options)


@contextlib.contextmanager
def reached(link: Link) -> Iterator[None]:
    """Turns what redis-py raises into ``BrokerUnreachable``."""
    try:
        yield
    except (redis.RedisError, OSError) as error:
        raise BrokerUnreachable(f"{type(error).__name__}: {error}", place=link.url) from error


def quiet() -> None:
    """Dramatiq tells of messages word for word: what it has to say is ours to say."""
    logger = logging.getLogger("dramatiq")
    logger.setLevel(logging.CRITICAL + 1)
    logger.propagate = False
