"""What Ollama says: a streamed answer put together, and its refusals and failures as our errors."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sitegen.enrich.engines.base import Completion
from sitegen.enrich.engines.transport import brief, parsed
from sitegen.errors import (
    AnswerInvalid,
    AnswerUnfinished,
    ContextExceeded,
    EngineBusy,
    EngineError,
    EngineFailing,
    EngineRejected,
    ModelMissing,
)

WRONG_ADDRESS = (
    "Check `[engine.ollama] endpoints`: it is the address of Ollama itself, without a path such as /api or /v1."
)


@dataclass
class Answer:
    """A streamed answer while it comes in."""

    url: str
    parts: list[str] = field(default_factory=list)
    thought: bool = False
    last: Mapping[str, Any] | None = None
    started: float = field(default_factory=time.monotonic)

    def add(self, line: bytes) -> None:
        """Takes one line. Raises the ``EngineError`` that an error line stands for."""
        value = parsed(line)
        if not isinstance(value, dict):
            raise stranger(self.url)
        if "error" in value:
            raise failure(str(value["error"]), self.url)
        message = value.get("message")
        if isinstance(message, dict):
            self.parts.append(str(message.get("content") or ""))
            self.thought |= bool(message.get("thinking"))
        if value.get("done") is True:
            self.last = value

    @property
    def spent(self) -> tuple[int, int, float]:
        """As ``EngineError`` has it. A server counts at the end; until then each part of an answer is about a token."""
        last = self.last or {}
        return (
            _count(last, "prompt_eval_count"),
            _count(last, "eval_count") or len(self.parts),
            time.monotonic() - self.started,
        )

    def finished(self) -> Completion:
        """The answer, if it came to its own end. Raises ``AnswerUnfinished`` or ``AnswerInvalid``."""
        text = "".join(self.parts)
        if self.last is None:
            # What the server does when the model repeats itself for ever, up to and with 0.33.
            raise AnswerUnfinished("the answer ended before it was complete", place=self.url, remedy=None)
        reason = self.last.get("done_reason")
        if reason == "length":
            what = "the model only thought and gave no answer" if self.thought and not text else "it ran out of room"
            raise AnswerUnfinished(f"the answer was cut off at its longest: {what}", place=self.url)
        if reason not in ("stop", "load"):
            raise AnswerUnfinished(f"the answer ended for the reason {brief(str(reason))!r}", place=self.url)
        if self.thought and not text:
            raise AnswerInvalid("the model put its answer into its thoughts", place=self.url, remedy="Update Ollama.")
        return Completion(
            text,
            prompt_tokens=_count(self.last, "prompt_eval_count"),
            answer_tokens=_count(self.last, "eval_count"),
            seconds=_count(self.last, "total_duration") / 1e9 or time.monotonic() - self.started,
        )


def stranger(url: str, said: str = "") -> EngineRejected:
    """The error for an address at which something else answers."""
    return EngineRejected(f"what answers is not Ollama{said}", place=url, remedy=WRONG_ADDRESS)


def refusal(status: int, raw: bytes, url: str, model: str) -> EngineError:
    """The error that an answer with another status than 200 stands for."""
    found = parsed(raw)
    text = str(found.get("error", "")) if isinstance(found, dict) else ""
    said = brief(text) or f"HTTP {status}"
    if status in (429, 503):
        return EngineBusy(said, place=url)
    if status == 404 and text:
        return ModelMissing(said, place=url, remedy=f"Get it with `ollama pull {model}` on that machine.")
    if status == 404 or 300 <= status < 400:
        return stranger(url, f" (HTTP {status})")
    if status in (401, 407):
        remedy = "The proxy before Ollama wants a token: set SITEGEN_ENGINE__OLLAMA__TOKEN."
        return EngineRejected(f"access refused (HTTP {status})", place=url, remedy=remedy)
    if status == 403:
        remedy = (
            "Ollama answers only to the names localhost, its own and IP addresses; use one of these, or OLLAMA_HOST."
        )
        return EngineRejected(f"access refused: {said}", place=url, remedy=remedy)
    if status >= 500:
        return failure(text or said, url)
    return _too_long(text, url) or EngineRejected(said, place=url)


def failure(text: str, url: str) -> EngineError:
    """The error that the server's words stand for. It gives no codes, so the words, from its source, must do."""
    if too_long := _too_long(text, url):
        return too_long
    if text.startswith('option "') or text.startswith("invalid format"):
        return EngineRejected(brief(text), place=url)
    if "token repeat limit" in text:
        return AnswerUnfinished(f"the model repeated itself: {brief(text)}", place=url)
    return EngineFailing(brief(text), place=url)


def _too_long(text: str, url: str) -> ContextExceeded | None:
    inner = parsed(text.encode()) if text.lstrip().startswith("{") else None
    error = inner.get("error") if isinstance(inner, dict) else None
    if isinstance(error, dict) and error.get("type") == "exceed_context_size_error":
        tokens = error.get("n_prompt_tokens")
        count = tokens if isinstance(tokens, int) else None
        return ContextExceeded(brief(str(error.get("message"))), place=url, prompt_tokens=count)
    if "longer than the context length" in text:
        return ContextExceeded(brief(text), place=url)
    return None


def _count(answer: Mapping[str, Any], name: str) -> int:
    value = answer.get(name, 0)
    return value if isinstance(value, int) else 0
