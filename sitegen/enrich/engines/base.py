"""What an engine is. Two kinds: one that summarises by itself, and chat engines, which ``summarize`` asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

from sitegen.enrich.summary import Summary
from sitegen.sources.base import Document, Finding


@dataclass(frozen=True, slots=True)
class Identity:
    """What made a summary; all of it is part of the cache key."""

    engine: str
    model: str
    digest: str
    """Of the model's weights and template; for the built-in engine, its version."""
    server: str = ""
    """The server's version: kept in provenance, not part of the cache key."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Options that change the output."""
    prompt: str = ""
    """Version and hash of the prompts."""
    weights: str = ""
    """SHA-256 of the model's weights alone, when the server tells: kept in provenance, not part of the cache key, since
    ``digest`` covers it."""


@dataclass(frozen=True, slots=True)
class Message:
    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Completion:
    """A finished answer."""

    text: str
    prompt_tokens: int = 0
    answer_tokens: int = 0
    seconds: float = 0


@dataclass(frozen=True, slots=True)
class EndpointStats:
    """How one endpoint stands and what it has done so far: for progress, the report of a run, and metrics."""

    url: str
    slots: int
    busy: int = 0
    """Requests there now."""
    up: bool = True
    """False while it is left alone, since it is down or has another model."""
    trouble: str = ""
    """What it met last, until it answers again."""
    processor: str = ""
    """``GPU``, ``CPU`` or ``40 % GPU``; empty when the server does not tell."""
    requests: int = 0
    answers: int = 0
    errors: Mapping[str, int] = field(default_factory=dict)
    """How often each error was met, by its code."""
    prompt_tokens: int = 0
    answer_tokens: int = 0
    seconds: float = 0
    """All requests together; with several slots more than the time that passed."""


class Engine(Protocol):
    """Turns a document into a checked summary."""

    @property
    def slots(self) -> int:
        """How many documents it can work on at the same time."""
        ...

    async def identity(self) -> Identity:
        """Who will answer. Raises ``EngineError`` when it cannot be used at all (unreachable, model missing)."""
        ...

    async def summarize(self, document: Document, note: str = "") -> Summary:
        """The summary of one document; ``note`` is an editor's instruction, such as "shorter; name the amounts".

        Raises ``EngineError``; never returns a failure as a result.
        """
        ...

    @property
    def stats(self) -> tuple[EndpointStats, ...]:
        """Its endpoints; none for an engine without servers."""
        ...

    async def check(self) -> list[Finding]:
        """What ``doctor`` says about the engine; never raises for an engine that is down or wrong."""
        ...

    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Line:
    """How the line before an engine stands, for metrics."""

    fits: int
    """Workers that may have work."""
    differs: int
    """Those that may not, or whose engine is down."""
    waiting: int
    """Jobs that nobody has begun."""
    held: int
    oldest_seconds: float
    """How long the job has waited that has waited longest."""
    refused: int
    """Messages that were not signed with our key, so far."""


class Attempts(Protocol):
    """What a pull keeps of attempts, for an engine that begins them itself."""

    async def begin(self, ref: str, *, again: bool) -> bool:
        """Counts an attempt at a document before it is made; ``again`` when whoever made the last one has died over it.

        Returns whether it may be made: not when there were too many already.
        """
        ...

    async def take_back(self, ref: str) -> None:
        """The attempt that was counted last was none: it never came to the model."""
        ...

    async def urgent(self, ref: str) -> bool:
        """Whether an editor waits for the document."""
        ...


@runtime_checkable
class Deferring(Protocol):
    """An engine with which documents wait in line, so that an attempt begins only when somebody takes one up."""

    @property
    def defers(self) -> bool:
        """False for one that only stands before another engine, which does not."""
        ...

    def count_with(self, attempts: Attempts) -> None:
        """Where attempts are counted from now on."""
        ...

    @property
    def line(self) -> Line | None:
        """How the line stands now; None for an engine that has none."""
        ...


@runtime_checkable
class KeepsBack(Protocol):
    """An engine that brings the site's own words along, some of which may be private."""

    def keep_back(self, private: Callable[[str], bool]) -> None:
        """Gives the model no tags that are ``private``; for one that is not in the house."""
        ...


class ChatEngine(Protocol):
    """A model behind a chat API that answers in JSON by a schema."""

    context_tokens: int
    """Prompt and answer together."""
    answer_tokens: int

    @property
    def slots(self) -> int: ...

    @property
    def stats(self) -> tuple[EndpointStats, ...]: ...

    async def identity(self) -> Identity: ...

    async def complete(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> Completion:
        """A complete answer, not yet parsed. Raises ``EngineError``: ``ContextExceeded`` when the text is too long,
        ``AnswerUnfinished`` when the answer broke off."""
        ...

    async def check(self) -> list[Finding]: ...

    async def aclose(self) -> None: ...
