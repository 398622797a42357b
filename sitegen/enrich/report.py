"""What a pull is asked, what it tells while it runs, and what it did."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Literal

from sitegen.enrich.engines.base import EndpointStats

if TYPE_CHECKING:
    from sitegen.enrich.conditions import Condition
    from sitegen.enrich.estimate import Estimate
    from sitegen.errors import EngineError

Done = Literal["created", "updated", "merged", "unchanged", "proposed", "deleted", "empty", "waiting", "failed", "dead"]
"""``waiting``: for an engine that could not be reached; there is a brief, which is left as it is."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a pull is asked to do."""

    limit: int | None = None
    """At most so many new or changed documents."""
    documents: tuple[str, ...] = ()
    """Only these refs."""
    since: dt.date | None = None
    dry_run: bool = False
    due: bool = False
    """Leave documents that failed until their next try is due, as a daemon should."""
    refresh: bool = False
    """Look at unchanged documents too, and renew briefs that another engine, model or prompt made."""
    where: tuple[Condition, ...] = ()
    """With ``refresh``: only briefs that were made so. New and changed documents are left for another time."""
    note: str | None = None
    """An editor's instruction to the engine; empty takes back an earlier one, None leaves it."""
    max_minutes: float | None = None
    max_tokens: int | None = None

    @property
    def partial(self) -> bool:
        """Whether it leaves documents out on purpose, so that the cursor must not move."""
        return bool(self.documents or self.since or self.dry_run or self.where)


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
    provisional: bool = False
    """An extract for now, since the engine could not be reached."""

    @property
    def bad(self) -> bool:
        return self.done in ("failed", "dead")

    @property
    def stands_in(self) -> bool:
        """Whether the document had to do without the engine."""
        return self.provisional or self.done == "waiting"

    def as_dict(self) -> dict[str, object]:
        return {
            "ref": self.ref,
            "title": self.title,
            "result": self.done,
            "brief": self.brief,
            "from_engine": self.from_engine,
            "provisional": self.provisional,
            "code": self.code or None,
            "reason": self.reason or None,
        }


MOST_RESULTS = 1000
"""Single results that a report keeps, of those that failed and of all others; the counts know of every one."""


@dataclass
class Report:
    """What a pull did. It stays small however many documents there are."""

    skipped: int = 0
    """Documents that the source named and that had not changed."""
    gone: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    """The files of briefs that were withdrawn since their documents are gone, below the folder of briefs."""
    dead: int = 0
    """Documents that have been given up, in this pull or an earlier one."""
    seconds: float = 0
    dry_run: bool = False
    counts: Counter[Done] = field(default_factory=Counter)
    asked: int = 0
    """Summaries that the engine made."""
    tokens: int = 0
    provisional: int = 0
    """Extracts that stand in for summaries until the engine can be reached."""
    engine_error: EngineError | None = None
    """Why the engine could not be reached; documents wait for it."""
    ended_by: str = ""
    """Which limit ended the run before everything was done: ``documents``, ``minutes`` or ``tokens``."""
    left: int = 0
    """About how many documents are left then."""
    endpoints: tuple[EndpointStats, ...] = ()
    estimate: Estimate | None = None
    """Of a dry run."""
    _failed: list[Result] = field(default_factory=list)
    _others: list[Result] = field(default_factory=list)

    def add(self, result: Result) -> None:
        self.counts[result.done] += 1
        self.asked += result.from_engine
        self.tokens += result.tokens
        self.provisional += result.provisional
        kept = self._failed if result.bad else self._others
        if len(kept) < MOST_RESULTS:
            kept.append(result)

    def take_back(self, result: Result) -> None:
        """Forgets a result that another one takes the place of; what it cost stays."""
        self.counts[result.done] -= 1
        self.counts += Counter()  # without those of which there are none left
        self.provisional -= result.provisional
        kept = self._failed if result.bad else self._others
        kept[:] = [one for one in kept if one.ref != result.ref]

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
            "provisional": self.provisional,
            "engine_error": self.engine_error and self.engine_error.as_dict(),
            "ended_by": self.ended_by or None,
            "left": self.left,
            "estimate": self.estimate and self.estimate.as_dict(),
            "endpoints": [asdict(endpoint) for endpoint in self.endpoints],
            "gone": self.gone,
            "withdrawn": self.withdrawn,
            "dead": self.dead,
            "seconds": round(self.seconds, 3),
            "documents": [result.as_dict() for result in results],
            "documents_left_out": self.total - len(results),
        }


@dataclass(frozen=True, slots=True)
class Status:
    """How a pull stands, about once a second; rates are those of the last minute."""

    done: int
    total: int | None
    failed: int
    per_minute: float
    tokens_per_second: float
    endpoints: tuple[EndpointStats, ...] = ()

    @property
    def seconds_left(self) -> float | None:
        if self.total is None or not self.per_minute:
            return None
        return max(self.total - self.done, 0) * 60 / self.per_minute


@dataclass(frozen=True)
class Progress:
    """What a pull tells while it runs: how many documents there will be, each result, and how it stands.

    All of it is told on the event loop of the pull.
    """

    total: Callable[[int | None], None] = lambda count: None
    result: Callable[[Result], None] = lambda result: None
    status: Callable[[Status], None] = lambda status: None
