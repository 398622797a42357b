"""Trails: the way of each document through a pull, from the poll on, as spans: waiting, work, and what became of it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from sitegen import spans
from sitegen.enrich.journal import Entry
from sitegen.enrich.report import Result
from sitegen.spans import Span


@dataclass(slots=True)
class _Trail:
    whole: Span
    part: Span
    """What happens to it now: ``queue``, then ``work``."""


class Trails:
    """The documents that a pull has in hand. Nothing is kept of those that are done."""

    def __init__(self) -> None:
        self._trails: dict[str, _Trail] = {}

    def listed(self, ref: str) -> None:
        """The document needs work, and waits for its turn."""
        whole = spans.begin("document", document=ref)
        self._trails[ref] = _Trail(whole, spans.begin("queue", within=whole))

    def begun(self, ref: str) -> None:
        """Its turn has come."""
        if trail := self._trails.get(ref):
            spans.end(trail.part)
            trail.part = spans.begin("work", within=trail.whole)

    def found(self, entry: Entry | None, now: float) -> None:
        """What the journal knew of it then: since when it could have been worked on. May be told at the desk."""
        if entry is not None and (trail := self._trails.get(entry.ref)):
            since = max(entry.updated, entry.next_try)  # found, given back, or due to be tried again
            trail.part.attributes["waited"] = max(now - since, 0)

    def inside(self, ref: str) -> contextlib.AbstractContextManager[None]:
        """What is done in the block is a part of the work on this document."""
        trail = self._trails.get(ref)
        return spans.inside(trail.part) if trail else contextlib.nullcontext()

    def ended(self, result: Result) -> None:
        """The document is done, or has failed."""
        if trail := self._trails.pop(result.ref, None):
            spans.end(trail.part, result.code if result.bad else "", result=result.done)
            spans.end(trail.whole, result.code if result.bad else "", result=result.done)

    def close(self) -> None:
        """What is still in hand has been put down."""
        for trail in self._trails.values():
            spans.end(trail.part, result="put down")
            spans.end(trail.whole, result="put down")
        self._trails.clear()
