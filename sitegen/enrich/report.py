"""What a pull is asked, what it tells while it runs, and what it did."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

Done = Literal["created", "updated", "unchanged", "proposed", "deleted", "empty", "failed", "dead"]


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


@dataclass
class Report:
    """What a pull did."""

    results: list[Result] = field(default_factory=list)
    skipped: int = 0
    """Documents that the source named and that had not changed."""
    gone: list[str] = field(default_factory=list)
    dead: int = 0
    """Documents that have been given up, in this pull or an earlier one."""
    seconds: float = 0
    dry_run: bool = False

    def count(self, *done: Done) -> int:
        return sum(result.done in done for result in self.results)

    @property
    def failed(self) -> list[Result]:
        return [result for result in self.results if result.done in ("failed", "dead")]

    def as_dict(self) -> dict[str, object]:
        counts = Counter(result.done for result in self.results)
        return {
            "dry_run": self.dry_run,
            "counts": dict(sorted(counts.items())),
            "skipped": self.skipped,
            "engine_calls": sum(result.from_engine for result in self.results),
            "gone": self.gone,
            "dead": self.dead,
            "seconds": round(self.seconds, 3),
            "documents": [
                {
                    "ref": result.ref,
                    "title": result.title,
                    "result": result.done,
                    "brief": result.brief,
                    "from_engine": result.from_engine,
                    "code": result.code or None,
                    "reason": result.reason or None,
                }
                for result in self.results
            ],
        }


@dataclass(frozen=True)
class Progress:
    """What a pull tells while it runs: how many documents there will be, and each result."""

    total: Callable[[int | None], None] = lambda count: None
    result: Callable[[Result], None] = lambda result: None
