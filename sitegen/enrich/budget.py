"""The budget of a run: how many documents, minutes and tokens it may take before it ends; and how fast it goes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from sitegen.enrich.report import Request
from sitegen.settings import Pull

WINDOW = 60.0
"""Seconds over which rates are reckoned."""


class Budget:
    """What the command says goes before what the settings say."""

    def __init__(self, request: Request, settings: Pull, clock: Callable[[], float] = time.monotonic) -> None:
        self._documents = settings.max_documents if request.limit is None else request.limit
        minutes = settings.max_minutes if request.max_minutes is None else request.max_minutes
        self._tokens = settings.max_tokens if request.max_tokens is None else request.max_tokens
        self._clock, self._started = clock, clock()
        self._ends = None if minutes is None else self._started + minutes * 60
        self._taken = 0

    @property
    def documents(self) -> int | None:
        """How many documents may be taken at most."""
        return self._documents

    @property
    def seconds(self) -> float:
        """Since the run began."""
        return self._clock() - self._started

    def take(self) -> bool:
        """Takes one document out of the budget; False when there are none left."""
        if self._documents is not None and self._taken >= self._documents:
            return False
        self._taken += 1
        return True

    def over(self, tokens: int) -> str:
        """What has been used up, when so many tokens were spent: ``minutes`` or ``tokens``; empty when nothing has."""
        if self._ends is not None and self._clock() >= self._ends:
            return "minutes"
        return "tokens" if self._tokens is not None and tokens >= self._tokens else ""


class Rate:
    """How fast something grows, over the last minute."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, float]] = deque([(0.0, 0.0)])

    def per_second(self, seconds: float, count: float) -> float:
        """``count`` so far, ``seconds`` after the beginning."""
        self._seen.append((seconds, count))
        while len(self._seen) > 2 and seconds - self._seen[0][0] > WINDOW:
            self._seen.popleft()
        first, before = self._seen[0]
        return (count - before) / (seconds - first) if seconds > first else 0.0
