"""Standing: how things stand with the daemon, as it keeps it and the pages show it."""

from __future__ import annotations

import datetime as dt
import shutil
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sitegen.enrich.engines.base import EndpointStats

LEAST_FREE = 100 * 1024 * 1024
"""Bytes of disk below which the daemon is not ready."""
MOST_RUNS = 100
MOST_FAILURES = 50
HOURS = 24
"""That the throughput is kept of."""


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True, slots=True)
class Run:
    """One job that ended."""

    job: str
    at: dt.datetime
    seconds: float
    well: bool
    said: str
    documents: int = 0
    reasons: tuple[str, ...] = ()
    id: str = ""
    """As in the log."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One document that could not be done."""

    ref: str
    at: dt.datetime
    code: str
    reason: str
    dead: bool = False


@dataclass
class Throughput:
    """Documents by hour and outcome, by a clock that does not jump; a little more than ``HOURS`` are kept."""

    clock: Callable[[], float] = time.monotonic
    _hours: dict[int, Counter[str]] = field(default_factory=dict)

    def add(self, outcome: str) -> None:
        hour = int(self.clock() // 3600)
        self._hours.setdefault(hour, Counter())[outcome] += 1
        for old in [one for one in self._hours if one < hour - HOURS]:
            del self._hours[old]

    def last(self) -> list[Counter[str]]:
        """Of the last ``HOURS`` hours, the oldest first; the last one is under way."""
        hour = int(self.clock() // 3600)
        return [self._hours.get(one, Counter()) for one in range(hour - HOURS + 1, hour + 1)]


@dataclass
class Standing:
    """How things stand."""

    root: Path
    title: str
    every: float
    started: dt.datetime = field(default_factory=now)
    runs: deque[Run] = field(default_factory=lambda: deque(maxlen=MOST_RUNS))
    """The last ones that did something or failed."""
    quiet: int = 0
    """Runs since the start that found nothing to do."""
    failures: deque[Failure] = field(default_factory=lambda: deque(maxlen=MOST_FAILURES))
    throughput: Throughput = field(default_factory=Throughput)
    troubles: dict[str, str] = field(default_factory=dict)
    """What is wrong now, by topic."""
    pending: int = 0
    """Documents that could be worked on now."""
    later: int = 0
    """Documents that failed, and will be tried again at their time."""
    dead: int = 0
    doing: dict[str, dt.datetime] = field(default_factory=dict)
    """The jobs in hand, since when."""
    hand: int = 0
    """Documents done by the pull in hand."""
    hand_total: int | None = None
    """And how many there will be, when that is known."""
    endpoints: tuple[EndpointStats, ...] = ()
    """Of the engine."""
    successes: dict[str, dt.datetime] = field(default_factory=dict)
    _well: dict[str, float] = field(default_factory=dict)
    """When a job last went well, by a clock that does not jump."""
    _start: float = field(default_factory=time.monotonic)

    def ended(self, run: Run) -> None:
        """Notes a run that ended."""
        if run.well and run.said == "nothing new":
            self.quiet += 1
        else:
            self.runs.append(run)
        if run.well:
            self.successes[run.job] = now()
            self._well[run.job] = time.monotonic()

    def mended(self, ref: str) -> None:
        """A document that failed before has been done."""
        if any(failure.ref == ref for failure in self.failures):
            kept = [failure for failure in self.failures if failure.ref != ref]
            self.failures.clear()
            self.failures.extend(kept)

    def failed(self, failure: Failure) -> None:
        """Notes a document that could not be done; the last reason counts."""
        self.mended(failure.ref)
        self.failures.append(failure)

    def since(self, job: str) -> float:
        """Seconds since a job last went well, or since the start."""
        return time.monotonic() - self._well.get(job, self._start)

    @property
    def free(self) -> int:
        """Bytes of the disk that the site is on."""
        return shutil.disk_usage(self.root).free

    def checks(self) -> dict[str, str]:
        """What stands in the way of being ready; empty when nothing does."""
        found = dict(self.troubles)
        if self.free < LEAST_FREE:
            found["disk"] = "less than 100 MB are free"
        patience = max(3 * self.every, 600)
        if "pull" not in self.doing and self.since("pull") > patience:
            found.setdefault("pull", f"none went well for {patience:.0f} seconds")
        return found
