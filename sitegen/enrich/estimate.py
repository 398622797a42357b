"""The estimate: how many calls and tokens a run would take, and about how long, from what earlier ones took."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import nsmallest
from pathlib import Path

from sitegen.briefs import provenance
from sitegen.briefs.provenance import Made
from sitegen.enrich.engines.base import Identity
from sitegen.errors import ProvenanceBroken
from sitegen.sources.base import Document

SAMPLE = 500
"""Records that an average is made of, at most."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one document cost, or will."""

    calls: float = 0
    tokens: float = 0
    seconds: float = 0

    @classmethod
    def of(cls, made: Made) -> Cost:
        return cls(made.calls, made.prompt_tokens + made.answer_tokens, made.seconds)


@dataclass
class Estimate:
    """The sum over the documents of a dry run."""

    slots: int = 1
    summaries: int = 0
    """Documents for which the engine would be asked."""
    unknown: int = 0
    """Of those, documents of which nothing can be said, since this engine and model has made nothing yet."""
    calls: float = 0
    tokens: float = 0
    seconds: float = 0
    """Of all calls together; with several slots it takes less."""

    @property
    def minutes(self) -> float:
        """From beginning to end, with all slots busy."""
        return self.seconds / max(self.slots, 1) / 60

    def add(self, cost: Cost | None) -> None:
        """One more document that the engine would be asked for."""
        self.summaries += 1
        self.unknown += cost is None
        if cost is not None:
            self.calls += cost.calls
            self.tokens += cost.tokens
            self.seconds += cost.seconds

    def as_dict(self) -> dict[str, object]:
        return {
            "summaries": self.summaries,
            "unknown": self.unknown,
            "calls": round(self.calls),
            "tokens": round(self.tokens),
            "minutes": round(self.minutes, 1),
        }


class Experience:
    """What an engine with a model has taken so far, by the provenance records of a site."""

    def __init__(self, briefs: Path) -> None:
        self._briefs = briefs
        self._identity: Identity | None = None
        self._mean: Cost | None = None
        self._asked = False

    def cost(self, document: Document, identity: Identity | None) -> Cost | None:
        """What the document took this engine and model before, else what documents take in the mean; None when there is
        nothing to go by. Without ``identity``, which no engine gave, any engine and model will do.
        """
        self._identity = identity
        if identity is not None and identity.engine == "extractive":
            return Cost()
        record = provenance.read(self._briefs, document.ref)
        made = None if record is None else record.made
        if made is not None and self._ours(made) and made.text_hash == document.text_hash:
            return Cost.of(made)
        if not self._asked:
            self._asked, self._mean = True, self._average()
        return self._mean

    def _ours(self, made: Made) -> bool:
        who = self._identity
        return made.calls > 0 and (who is None or (made.engine, made.model) == (who.engine, who.model))

    def _average(self) -> Cost | None:
        """Of some records of this engine and model."""
        made = [record.made for record in self._records() if record.made and record.made.calls]
        costs = [Cost.of(one) for one in made if self._ours(one)]
        if not costs:
            return None
        count = len(costs)
        return Cost(
            sum(cost.calls for cost in costs) / count,
            sum(cost.tokens for cost in costs) / count,
            sum(cost.seconds for cost in costs) / count,
        )

    def _records(self) -> list[provenance.Record]:
        try:
            return [provenance.read_path(path) for path in nsmallest(SAMPLE, provenance.paths(self._briefs))]
        except ProvenanceBroken:
            return []
