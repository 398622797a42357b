"""A worker that does nothing by itself: tests do by hand what it would do, and what an attacker would."""

from __future__ import annotations

import json
import time
from typing import Any

import redis

from sitegen.enrich.engines.base import Identity
from sitegen.enrich.engines.extractive import VERSION, extract
from sitegen.enrich.summary import Summary
from sitegen.fleet.dispatch import new_id
from sitegen.fleet.messages import Claim, Grant, Job, Made, Offer, Outcome, Queue, Standing
from sitegen.fleet.seal import Seal
from sitegen.sources.base import Document
from tests.fleet.machines import KEY

IDENTITY = Identity("extractive", "lexrank", VERSION, options={"sentences": 4, "points": 6})


class Hands:
    """Reads and writes Redis as a worker does; with another key, as somebody who is none."""

    def __init__(self, client: redis.Redis, key: str = KEY, name: str = "sitegen") -> None:
        self.client, self.seal, self.name = client, Seal(key), name
        self.id = new_id()
        self.beats = 0

    def key(self, *parts: str) -> str:
        return ":".join((self.name, *parts))

    def stand(self, *busy: str, identity: Identity = IDENTITY, **offer: Any) -> None:
        self.beats += 1
        standing = Standing(
            worker=self.id,
            name=f"hands {self.id[:4]}",
            beat=self.beats,
            offer=Offer(identity=identity, **offer),
            queues=("urgent", "bulk"),
            slots=1,
            busy=busy,
        )
        self.client.hset(self.key("workers"), self.id, self.seal.close(standing))

    def message(self, queue: Queue = "bulk", seconds: float = 20) -> tuple[str, str]:
        """Takes the next message of a queue; its number and what it holds."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.stand()
            if (number := self.client.lpop(self.key("jobs", queue))) is not None:
                assert isinstance(number, bytes)
                raw = self.client.hget(self.key("jobs", f"{queue}.msgs"), number.decode())
                assert isinstance(raw, bytes)
                return number.decode(), str(json.loads(raw)["args"][0])
            time.sleep(0.05)
        raise AssertionError("no message came")

    def take(self, queue: Queue = "bulk") -> Job:
        return self.seal.open(Job, self.message(queue)[1])

    def put(self, sealed: str, queue: Queue = "bulk", actor: str = "enrich", **more: Any) -> None:
        """A message as Dramatiq writes it."""
        number = new_id()
        body = {
            "queue_name": queue, "actor_name": actor, "args": [sealed], "kwargs": {}, "message_id": number,
            "message_timestamp": 1, "options": {"redis_message_id": number}, **more,
        }  # fmt: skip
        self.client.hset(self.key("jobs", f"{queue}.msgs"), number, json.dumps(body))
        self.client.rpush(self.key("jobs", queue), number)

    def claim(self, job: Job, nonce: str | None = None) -> str:
        """A claim; its nonce."""
        nonce = nonce or new_id()
        self.client.rpush(self.key("claims", job.run), self.seal.close(Claim(job=job.id, worker=self.id, nonce=nonce)))
        return nonce

    def granted(self, nonce: str, seconds: float = 5) -> Grant | None:
        found: Any = self.client.blpop([self.key("grant", nonce)], timeout=seconds)
        return None if found is None else Seal(KEY).open(Grant, found[1])

    def deliver(self, job: Job, summary: Summary, *, key: str | None = None) -> None:
        made = Made(key=key or job.key, job=job.id, summary=summary)
        self.client.set(self.key("result", job.key), self.seal.close(made))
        self.tell(job, "made")

    def tell(self, job: Job, result: Any, **more: Any) -> None:
        outcome = Outcome(job=job.id, key=job.key, worker=self.id, result=result, **more)
        self.client.rpush(self.key("outcomes", job.run), self.seal.close(outcome))


def summary_of(text: str) -> Summary:
    return extract(Document("folder:x", "X", text))
