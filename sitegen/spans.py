"""Spans: what takes time, told to those who listen (metrics, traces). They cost next to nothing when nobody does.

A span says what was done, how long it took and how it ended; never what a document says.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Literal, Protocol

Name = Literal["pull", "build", "publish", "document", "queue", "work", "engine", "source", "job"]
"""The daemon's jobs; a document's way, its waiting in it and the work on it; a request to an engine or a source; what a
worker of a fleet did for a document."""
Value = str | int | float | bool


@dataclass(eq=False, slots=True)
class Span:
    """Something that takes time. The wall's clock says when it began, another one, which never jumps, how long."""

    name: Name
    attributes: dict[str, Value]
    parent: Span | None
    occasion: Span | None = None
    """Of one that stands on its own: what was going on when it began."""
    began_at: int = field(default_factory=time.time_ns)
    """Nanoseconds since 1970."""
    seconds: float = 0
    """How long it took, once it has ended."""
    error: str = ""
    """The code of the error that it ended with, or the name of its class."""
    _began: float = field(default_factory=time.perf_counter)

    @property
    def ended_at(self) -> int:
        """Nanoseconds since 1970."""
        return self.began_at + int(self.seconds * 1e9)


class Listener(Protocol):
    """Is told of spans, on the thread that they happen on. Must not raise, and not take long."""

    def began(self, span: Span) -> None: ...

    def ended(self, span: Span) -> None: ...


_listeners: ContextVar[tuple[Listener, ...]] = ContextVar("listeners", default=())
_current: ContextVar[Span | None] = ContextVar("current", default=None)


@contextlib.contextmanager
def listening(*listeners: Listener) -> Iterator[None]:
    """These are told of every span in the block and in the tasks that it starts, together with those outside it."""
    token = _listeners.set((*_listeners.get(), *listeners))
    try:
        yield
    finally:
        _listeners.reset(token)


def begin(name: Name, *, within: Span | None = None, **attributes: Value) -> Span:
    """A span that ends elsewhere, by ``end``. It stands on its own, or is a part of another one."""
    span = Span(name, attributes, within, None if within else _current.get())
    for listener in _listeners.get():
        listener.began(span)
    return span


def end(span: Span, error: str = "", **attributes: Value) -> None:
    """Ends a span, with the code of an error if it met one."""
    span.seconds = time.perf_counter() - span._began
    span.error = error
    span.attributes.update(attributes)
    for listener in _listeners.get():
        listener.ended(span)


def tell(name: Name, began_at: int, seconds: float, attributes: Mapping[str, Value], error: str = "") -> None:
    """A part of the current span that was measured elsewhere, and is over."""
    told = Span(name, dict(attributes), _current.get(), began_at=began_at)
    for listener in _listeners.get():
        listener.began(told)
    told.seconds, told.error = seconds, error
    for listener in _listeners.get():
        listener.ended(told)


@contextlib.contextmanager
def inside(span: Span | None) -> Iterator[None]:
    """Spans of the block are parts of this one."""
    token = _current.set(span)
    try:
        yield
    finally:
        _current.reset(token)


@contextlib.contextmanager
def span(name: Name, **attributes: Value) -> Iterator[Span]:
    """A span that takes as long as the block; it ends badly when the block raises."""
    opened = begin(name, within=_current.get(), **attributes)
    error = ""
    try:
        with inside(opened):
            yield opened
    except BaseException as met:
        error = str(getattr(met, "code", "")) or type(met).__name__
        raise
    finally:
        end(opened, error)
