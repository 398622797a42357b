"""What a worker tells of the time that a document took it, so that it stands in the coordinator's metrics and traces.

It comes with the result, in the message that is signed: a worker needs no way to a collector, and its clock does not
matter, since only differences are told.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from sitegen import spans
from sitegen.spans import Span, Value

MOST = 200
"""Requests of one document that are told of."""
Seconds = Annotated[float, Field(ge=0, le=10_000_000)]
_LONGEST = 300
Text = Annotated[str, Field(max_length=_LONGEST)]


class Told(BaseModel):
    """One request of a worker: to its engine, or to the source."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    name: Literal["engine", "source"]
    after: Seconds
    """Since the worker began with the document."""
    seconds: Seconds
    error: Annotated[str, Field(max_length=100)] = ""
    endpoint: Text | None = None
    model: Text | None = None
    prompt_tokens: int | None = None
    answer_tokens: int | None = None
    status: int | None = None


_ATTRIBUTES = ("endpoint", "model", "prompt_tokens", "answer_tokens", "status")


class Notes:
    """Listens to the spans of one document at a worker."""

    def __init__(self) -> None:
        self._began_at, self._began = time.time_ns(), time.perf_counter()
        self._told: list[Told] = []

    @property
    def told(self) -> tuple[Told, ...]:
        return tuple(self._told)

    @property
    def seconds(self) -> float:
        """Since it began."""
        return round(time.perf_counter() - self._began, 6)

    def began(self, span: Span) -> None:
        """What has ended is noted."""

    def ended(self, span: Span) -> None:
        """Keeps what the coordinator is to know of it."""
        if span.name not in ("engine", "source") or len(self._told) >= MOST:
            return
        known = {name: _short(span.attributes[name]) for name in _ATTRIBUTES if name in span.attributes}
        after = max(0.0, (span.began_at - self._began_at) / 1e9)
        self._told.append(
            Told.model_validate(
                {"name": span.name, "after": after, "seconds": span.seconds, "error": span.error[:100], **known}
            )
        )


def _short(value: Value) -> Value:
    return value[:_LONGEST] if isinstance(value, str) else value


def pass_on(worker: str, result: str, seconds: float, told: Sequence[Told]) -> None:
    """Tells those who listen here what a worker did in the last so many seconds, as parts of the current span."""
    began = time.time_ns() - int(seconds * 1e9)
    spans.tell("job", began, seconds, {"worker": worker, "result": result})
    for one in told:
        known = one.model_dump(include=set(_ATTRIBUTES), exclude_none=True)
        spans.tell(one.name, began + int(one.after * 1e9), one.seconds, {**known, "worker": worker}, one.error)
