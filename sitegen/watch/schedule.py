"""Schedule: what is to be done next. Many wishes for the same job are one, and each job runs alone."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from typing import Literal

Job = Literal["pull", "build", "publish"]
ORDER: tuple[Job, ...] = ("pull", "build", "publish")
"""What is wanted at the same time is done in this order, since each may want the next."""
JITTER = 0.1
"""Share of an interval by which it is longer or shorter, so that many machines do not ask at once."""
LONGEST_BACK_OFF = 15 * 60.0


class Schedule:
    """Jobs with the reasons why they are wanted, and when they may begin."""

    def __init__(self, every: float, clock: Callable[[], float] = time.monotonic) -> None:
        """``every`` is how often the source is asked, in seconds."""
        self.every = every
        self._clock = clock
        self._due: dict[Job, float] = {}
        self._reasons: dict[Job, list[str]] = {}
        self._failures: dict[Job, int] = {}
        self._changed = asyncio.Event()

    def want(self, job: Job, reason: str, *, after: float = 0) -> None:
        """Wishes for a job, in ``after`` seconds at the latest."""
        due = self._clock() + max(after, self._patience(job))
        self._due[job] = min(due, self._due.get(job, due))
        reasons = self._reasons.setdefault(job, [])
        if reason not in reasons:
            reasons.append(reason)
        self._changed.set()

    def ended(self, job: Job, *, well: bool) -> None:
        """A job that failed is tried again later and later; a pull is wanted again in any case."""
        self._failures[job] = 0 if well else self._failures.get(job, 0) + 1
        if job == "pull":
            self.want("pull", "time", after=self.every * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311

    def _patience(self, job: Job) -> float:
        """How long a job that failed is left alone. A build is not: what was saved just now may have mended it."""
        failures = 0 if job == "build" else self._failures.get(job, 0)
        return min(self.every * 2.0 ** (failures - 1), LONGEST_BACK_OFF) if failures else 0

    def waiting(self) -> dict[Job, float]:
        """Seconds until each wanted job may begin."""
        now = self._clock()
        return {job: max(due - now, 0) for job, due in self._due.items()}

    def take(self, *jobs: Job) -> tuple[Job, list[str]] | None:
        """The next job that is due, of these or of all, with its reasons."""
        now = self._clock()
        for job in ORDER:
            if (not jobs or job in jobs) and self._due.get(job, now + 1) <= now:
                del self._due[job]
                return job, self._reasons.pop(job, [])
        return None

    async def next(self, *jobs: Job) -> tuple[Job, list[str]]:
        """Waits for the next job that is due, of these or of all."""
        while (found := self.take(*jobs)) is None:
            self._changed.clear()
            wait = min((left for job, left in self.waiting().items() if not jobs or job in jobs), default=None)
            try:
                async with asyncio.timeout(wait):
                    await self._changed.wait()
            except TimeoutError:
                continue
        return found
