"""What a pull is asked, what it tells while it runs, and what it did."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

Done = Literal["created", "updated", "merged", "unchanged", "proposed", "deleted", "empty", "failed", "dead"]


@dataclass(frozen=True, slots=True)
class Request:
    """What a pull is asked to do."""

    limit: int | None = None
    """At most so many new or changed documents."""
    documents: tuple[str, ...] = ()
    """Only these refs."""
    since: dt.date | None = None
    dry_run: bool = False
    refresh: bool = False
    """Look at unchanged documents too, and renew briefs that another engine, model or prompt made."""

    @property
    def partial(self) -> bool:
        """Whether it leaves documents out on purpose, so that the cursor must not move."""
        return bool(self.documents or self.since or self.dry_run)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one document."""

    ref: str
    title: str
    done: Done
    brief: str | None = None
    """The file, below the folder of briefs."""
    from_engine: bool = False
    """Whether the engine was asked; otherwise the summary was there already."""
    code: str = ""
    reason: str = ""
    tokens: int = 0
    """Of prompts and answers, when the engine was asked."""

    @property
    def bad(self) -> bool:
        return self.done in ("failed", "dead")

    def as_dict(self) -> dict[str, object]:
        return {
            "ref": self.ref,
            "title": self.title,
            "result": self.done,
            "brief": self.brief,
            "from_engine": self.from_engine,
            "code": self.code or None,
            "reason": self.reason or None,
        }


MOST_RESULTS = 5000
"""Single results that a report keeps, of those that failed and of all others; the counts know of every one."""


@dataclass
class Report:
    """What a pull did. It stays small however many documents there are."""

    skipped: int = 0
    """Documents that the source named and that had not changed."""
    gone: list[str] = field(default_factory=list)
    dead: int = 0
    """Documents that have been given up, in this pull or an earlier one."""
    seconds: float = 0
    dry_run: bool = False
    counts: Counter[Done] = field(default_factory=Counter)
    asked: int = 0
    """Summaries that the engine made."""
    tokens: int = 0
    _failed: list[Result] = field(default_factory=list)
    _others: list[Result] = field(default_factory=list)

    def add(self, result: Result) -> None:
        self.counts[result.done] += 1
        self.asked += result.from_engine
        self.tokens += result.tokens
        kept = self._failed if result.bad else self._others
        if len(kept) < MOST_RESULTS:
            kept.append(result)

    @property
    def total(self) -> int:
        """How many documents were worked on."""
        return self.counts.total()

    def count(self, *done: Done) -> int:
        return sum(self.counts[one] for one in done)

    @property
    def results(self) -> list[Result]:
        """Single results by ref; not all when there are very many."""
        return sorted([*self._failed, *self._others], key=lambda result: result.ref)

    @property
    def failed(self) -> list[Result]:
        """Those that failed, by ref; not all when there are very many."""
        return sorted(self._failed, key=lambda result: result.ref)

    def as_dict(self) -> dict[str, object]:
        results = self.results
        return {
            "dry_run": self.dry_run,
            "counts": dict(sorted(self.counts.items())),
            "skipped": self.skipped,
            "engine_calls": self.asked,
            "tokens": self.tokens,
            "gone": self.gone,
            "dead": self.dead,
            "seconds": round(self.seconds, 3),
            "documents": [result.as_dict() for result in results],
            "documents_left_out": self.total - len(results),
        }


@dataclass(frozen=True)
class Progress:
    """What a pull tells while it runs: how many documents there will be, and each result."""

    total: Callable[[int | None], None] = lambda count: None
    result: Callable[[Result], None] = lambda result: None
