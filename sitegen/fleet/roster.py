"""The roster: which workers there are, as their own signs of life tell it.

A worker lives while its beats grow, by the clock of the one who reads them: no clock of another machine matters, and an
old sign of life that somebody sends again is none.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from sitegen.enrich.engines.base import EndpointStats
from sitegen.errors import MessageRefused
from sitegen.fleet.messages import Standing, Wanted, differences
from sitegen.fleet.seal import Seal

BEAT_SECONDS = 2.0
GONE_SECONDS = 15.0
"""Without a new beat."""
FORGOTTEN_SECONDS = 300.0
_COUNTED = ("requests", "answers", "prompt_tokens", "answer_tokens", "seconds")


@dataclass(slots=True)
class _Seen:
    standing: Standing
    at: float


class Roster:
    """The workers of a fleet, as last read."""

    def __init__(self, seal: Seal, clock: Callable[[], float] = time.monotonic) -> None:
        self._seal, self._clock = seal, clock
        self._seen: dict[str, _Seen] = {}
        self._totals: dict[str, EndpointStats] = {}
        self.refused = 0
        """Signs of life that were not signed with our key."""

    def read(self, found: Iterable[bytes | str]) -> None:
        """Takes what lies in Redis now."""
        now, there = self._clock(), set()
        for sealed in found:
            try:
                standing = self._seal.open(Standing, sealed)
            except MessageRefused:
                self.refused += 1
                continue
            there.add(standing.worker)
            known = self._seen.get(standing.worker)
            if known is None or standing.beat > known.standing.beat:
                self._add_up(standing.endpoints, known.standing.endpoints if known else ())
                self._seen[standing.worker] = _Seen(standing, now)
        for worker in self._seen.keys() - there:  # it has said that it ends
            if now - self._seen[worker].at > BEAT_SECONDS:
                del self._seen[worker]

    def pardon(self) -> None:
        """Nobody could give signs of life for a while: all get their time anew."""
        for seen in self._seen.values():
            seen.at = self._clock()

    def forgotten(self) -> list[str]:
        """Workers that have been gone for so long that nobody need know of them."""
        return [name for name, seen in self._seen.items() if self._clock() - seen.at > FORGOTTEN_SECONDS]

    @property
    def alive(self) -> list[Standing]:
        return [seen.standing for seen in self._seen.values() if self._lives(seen)]

    def _lives(self, seen: _Seen) -> bool:
        return self._clock() - seen.at <= GONE_SECONDS

    def lives(self, worker: str) -> bool:
        seen = self._seen.get(worker)
        return seen is not None and self._lives(seen)

    def fits(self, worker: str, wanted: Wanted) -> bool:
        """Whether a worker lives and may have the work."""
        seen = self._seen.get(worker)
        return seen is not None and self._lives(seen) and _fits(seen.standing, wanted)

    def fitting(self, wanted: Wanted) -> list[Standing]:
        return [standing for standing in self.alive if _fits(standing, wanted)]

    def works_on(self, worker: str, key: str) -> bool:
        """Whether a worker says that it has a summary in hand."""
        seen = self._seen.get(worker)
        return seen is not None and key in seen.standing.busy

    def holder(self, key: str) -> str:
        """The worker that has a summary in hand; empty for none."""
        return next((standing.worker for standing in self.alive if key in standing.busy), "")

    def why_not(self, wanted: Wanted) -> str:
        """Why nobody fits, in words."""
        if not self.alive:
            return "no worker gives signs of life"
        return "; ".join(f"{standing.name}: {_why_not(standing, wanted)}" for standing in self.alive)

    def _add_up(self, now: Iterable[EndpointStats], before: Iterable[EndpointStats]) -> None:
        """What was counted at each endpoint since a worker's last beat; sums outlive the worker."""
        known = {one.url: one for one in before}
        for one in now:
            total = self._totals.get(one.url, EndpointStats(one.url, 0))
            old = known.get(one.url, EndpointStats(one.url, 0))
            grown = {name: getattr(total, name) + getattr(one, name) - getattr(old, name) for name in _COUNTED}
            errors = Counter(total.errors) + (Counter(one.errors) - Counter(old.errors))
            self._totals[one.url] = replace(total, **grown, errors=dict(sorted(errors.items())))

    @property
    def endpoints(self) -> tuple[EndpointStats, ...]:
        """The endpoints of all workers; one that several of them use is one. Counts only grow."""
        now: dict[str, list[EndpointStats]] = {}
        for standing in self.alive:
            for one in standing.endpoints:
                now.setdefault(one.url, []).append(one)
        return tuple(_standing(self._totals[url], now.get(url, [])) for url in sorted(self._totals))


def _fits(standing: Standing, wanted: Wanted) -> bool:
    return standing.offer is not None and not differences(wanted, standing.offer)


def _why_not(standing: Standing, wanted: Wanted) -> str:
    if standing.offer is None:
        return standing.trouble or "its engine cannot be used"
    return ", ".join(differences(wanted, standing.offer)) or "it fits"


def _standing(total: EndpointStats, now: Sequence[EndpointStats]) -> EndpointStats:
    """How an endpoint stands, as those say who use it now."""
    return replace(
        total,
        busy=sum(one.busy for one in now),
        slots=max((one.slots for one in now), default=0),
        up=any(one.up for one in now),
        trouble=next((one.trouble for one in now if one.trouble), "" if now else "no worker uses it"),
        processor=next((one.processor for one in now if one.processor), ""),
        seconds=round(total.seconds, 3),
    )
