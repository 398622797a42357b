"""Outcome: what an evaluation found, document by document, and its sums."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sitegen.enrich.engines.base import Identity
from sitegen.enrich.scores import Missing, Scores
from sitegen.enrich.summary import Summary

SHARES = ("quotation", "numbers", "dates", "names")
ENOUGH = 0.95
"""A share below it is worth a look; people's own summaries lie about there."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One document with one contender."""

    ref: str
    title: str
    done: Literal["summary", "extract", "failed"]
    summary: Summary | None = None
    scores: Scores | None = None
    missing: Missing = field(default_factory=dict)
    seconds: float = 0
    """Of the engine's work, when the summary was made."""
    known: bool = False
    """Whether the summary was in the cache."""
    rouge2: float | None = None
    code: str = ""
    reason: str = ""

    def as_dict(self) -> dict[str, object]:
        return {
            "ref": self.ref,
            "title": self.title,
            "result": self.done,
            "scores": self.scores.model_dump(exclude_none=True) if self.scores else None,
            "not_in_document": {name: list(found) for name, found in self.missing.items()},
            "seconds": round(self.seconds, 3),
            "from_cache": self.known,
            "rouge2": None if self.rouge2 is None else round(self.rouge2, 4),
            "code": self.code or None,
            "reason": self.reason or None,
            "summary": self.summary.model_dump(mode="json") if self.summary else None,
        }


@dataclass(frozen=True, slots=True)
class Result:
    """All documents with one contender."""

    label: str
    identity: Identity
    trials: tuple[Trial, ...]
    seconds: float
    """From the first question to the last answer."""

    def count(self, done: str) -> int:
        return sum(trial.done == done for trial in self.trials)

    @property
    def scored(self) -> list[Scores]:
        return [trial.scores for trial in self.trials if trial.scores is not None]

    def share(self, name: str) -> float | None:
        """The mean of a share over the documents that have it."""
        return _mean([share for scores in self.scored if (share := scores.shares()[name]) is not None])

    def mean(self, of: Callable[[Scores], float]) -> float | None:
        return _mean([of(scores) for scores in self.scored])

    @property
    def weak(self) -> int:
        """Documents with a share below ``ENOUGH``."""
        return sum(scores.weakest < ENOUGH for scores in self.scored)

    @property
    def dropped(self) -> int:
        return sum(scores.dropped for scores in self.scored)

    @property
    def rouge2(self) -> float | None:
        return _mean([trial.rouge2 for trial in self.trials if trial.rouge2 is not None])

    @property
    def seconds_each(self) -> float | None:
        return _mean([trial.seconds for trial in self.trials if trial.done != "failed"])

    @property
    def per_minute(self) -> float | None:
        """Documents a minute, of those that were asked for now."""
        asked = sum(not trial.known and trial.done != "failed" for trial in self.trials)
        return asked / self.seconds * 60 if asked and self.seconds else None

    def as_dict(self) -> dict[str, object]:
        who = self.identity
        return {
            "label": self.label,
            "engine": who.engine,
            "model": who.model,
            "digest": who.digest,
            "prompt": who.prompt or None,
            "server": who.server or None,
            "totals": totals(self),
            "documents": [trial.as_dict() for trial in self.trials],
        }


def totals(result: Result) -> dict[str, Any]:
    """The sums of a result, plain numbers."""
    found: dict[str, float | None] = {
        "documents": len(result.trials),
        "summaries": result.count("summary"),
        "extracts": result.count("extract"),
        "failed": result.count("failed"),
        **{name: result.share(name) for name in SHARES},
        "below_95": result.weak,
        "dropped": result.dropped,
        "coverage": result.mean(lambda scores: scores.coverage),
        "density": result.mean(lambda scores: scores.density),
        "compression": result.mean(lambda scores: scores.compression),
        "tokens_each": result.mean(lambda scores: scores.tokens),
        "seconds_each": result.seconds_each,
        "documents_per_minute": result.per_minute,
        "rouge2": result.rouge2,
    }
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in found.items()}


@dataclass(frozen=True)
class Outcome:
    """What an evaluation found."""

    results: tuple[Result, ...]
    empty: tuple[str, ...] = ()
    """Refs of documents without text, which were left out."""
    unreadable: tuple[tuple[str, str], ...] = ()
    """Refs of documents that cannot be read, and why."""
    baselines: Mapping[str, float] = field(default_factory=dict)
    """ROUGE-2 of the first sentences and of LexRank, over the documents with references."""
    references: int = 0
    unmatched: Sequence[str] = ()
    """Ids of references that fit no document, or several."""

    @property
    def failed(self) -> int:
        return len(self.unreadable) + sum(result.count("failed") for result in self.results)

    def alarms(self) -> list[str]:
        """Labels of contenders that have less in common with the references than both baselines."""
        if not self.baselines:
            return []
        low = min(self.baselines.values())
        return [result.label for result in self.results if result.rouge2 is not None and result.rouge2 < low]

    def worst_first(self) -> list[tuple[Result, Trial]]:
        """All trials: those that failed, then the lowest share first."""
        pairs = [(result, trial) for result in self.results for trial in result.trials]
        return sorted(pairs, key=lambda pair: pair[1].scores.weakest if pair[1].scores else -1.0)

    def as_dict(self) -> dict[str, object]:
        return {
            "contenders": [result.as_dict() for result in self.results],
            "baselines": {name: round(value, 4) for name, value in self.baselines.items()},
            "alarms": self.alarms(),
            "references": self.references,
            "unmatched_references": list(self.unmatched),
            "empty": list(self.empty),
            "unreadable": [{"ref": ref, "reason": reason} for ref, reason in self.unreadable],
        }


def _mean(values: Sequence[float]) -> float | None:
    return statistics.fmean(values) if values else None
