"""An outage of the engine in the middle of a run: documents do without it, and now and then one tries whether it is
back; then those that had to do without have their turn again."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from sitegen.enrich.report import Report, Result
from sitegen.errors import EngineUnreachable
from sitegen.scratch import Scratch

FIRST_PAUSE, LONGEST_PAUSE = 15.0, 240.0
"""Seconds until one document tries the engine again; twice as many after each try in vain."""
_SCHEMA = """
CREATE TABLE results (
    ref TEXT PRIMARY KEY, title TEXT, done TEXT, brief TEXT, code TEXT, reason TEXT, provisional INTEGER
) WITHOUT ROWID;
"""


class Outage:
    """Whether the engine can be reached, as far as this run knows."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._next, self._pause, self._trying = 0.0, FIRST_PAUSE, False
        self.why: EngineUnreachable | None = None
        """Why it cannot be reached now."""
        self.last: EngineUnreachable | None = None
        """Why it could not be reached, now or earlier in this run."""

    @contextlib.contextmanager
    def may_try(self) -> Iterator[bool]:
        """Whether a document may ask the engine: each while it is well, else one of them after a pause."""
        tries_again = self.why is not None and not self._trying and self._clock() >= self._next
        self._trying |= tries_again
        try:
            yield self.why is None or tries_again
        finally:
            if tries_again:
                self._trying = False
                self._pause = min(self._pause * 2, LONGEST_PAUSE)
                self._next = self._clock() + self._pause

    def met(self, error: EngineUnreachable) -> bool:
        """Notes that a document could not reach the engine. Returns whether it was the first one."""
        if self.why is not None:
            return False
        self.why = self.last = error
        self._pause = FIRST_PAUSE
        self._next = self._clock() + self._pause
        return True

    def over(self) -> bool:
        """Notes that the engine gave an answer. Returns whether that ends an outage."""
        ended, self.why = self.why is not None, None
        return ended


class StandIns:
    """What became of the documents that had to do without the engine in this run; on disk, there may be very many."""

    def __init__(self) -> None:
        self._kept: Scratch | None = None

    def add(self, report: Report, result: Result) -> Result:
        """Counts a result in the report, in place of the one that a document had before, if it did without the engine
        then. Returns the result as it is to be told."""
        before = self._take(result.ref)
        if before is not None and result.stands_in:
            result = replace(before, tokens=result.tokens)  # it still has what it had
        elif before is not None and before.done == "created" and result.done in ("updated", "merged"):
            result = replace(result, done="created")
        if before is not None:
            report.take_back(before)
        if result.stands_in:
            self._put(result)
        report.add(result)
        return result

    def _put(self, result: Result) -> None:
        if self._kept is None:
            self._kept = Scratch(_SCHEMA, "the list of documents that wait for the engine")
        self._kept.do(
            "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?, ?)",
            result.ref, result.title, result.done, result.brief, result.code, result.reason, result.provisional,
        )  # fmt: skip

    def _take(self, ref: str) -> Result | None:
        if self._kept is None:
            return None
        rows = self._kept.rows("DELETE FROM results WHERE ref = ? RETURNING *", ref)
        if not rows:
            return None
        ref, title, done, brief, code, reason, provisional = rows[0]
        return Result(ref, title, done, brief, code=code, reason=reason, provisional=bool(provisional))
