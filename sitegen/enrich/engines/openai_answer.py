"""What servers with the OpenAI chat API say: a streamed answer put together, and errors as ours."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sitegen.enrich.engines.base import Completion
from sitegen.enrich.engines.endpoints import brief, parsed
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

WRONG_ADDRESS = "Check `[engine.openai] endpoints`: the address goes up to and with /v1."
LARGER = "Start the server with a larger context (llama.cpp: `-c`, times `-np`), and set `[engine.openai] num_ctx`."


@dataclass
class Answer:
    """A streamed answer while it comes in, as server-sent events."""

    url: str
    parts: list[str] = field(default_factory=list)
    reason: str | None = None
    ended: bool = False
    usage: Mapping[str, Any] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)

    def add(self, line: bytes) -> None:
        """Takes one line. Raises the ``EngineError`` that an error stands for."""
        kind, _, data = line.partition(b":")
        if kind == b"data" and data.strip() == b"[DONE]":
            self.ended = True
            return
        value = parsed(data if kind in (b"data", b"error") else line)
        if kind not in (b"data", b"error") and not (isinstance(value, dict) and "error" in value):
            if kind in (b"event", b"id", b"retry", b""):  # parts of the format that say nothing to us
                return
            raise EngineRejected("what answers is not an OpenAI API", place=self.url, remedy=WRONG_ADDRESS)
        if not isinstance(value, dict):
            raise AnswerInvalid("a part of the answer is not JSON", place=self.url)
        if kind == b"error" or value.get("error"):
            raise failure(500, value.get("error", value), self.url)
        self._take(value)

    def _take(self, value: Mapping[str, Any]) -> None:
        for choice in value.get("choices") or []:
            self.parts.append(str((choice.get("delta") or {}).get("content") or ""))
            self.reason = choice.get("finish_reason") or self.reason
        self.usage = value.get("usage") or self.usage

    def finished(self) -> Completion:
        """The answer, if it came to its own end. Raises ``AnswerUnfinished``."""
        if self.reason == "length":
            remedy = "The document is tried again; raise `[engine.openai] num_predict` if the answer ran out of room."
            raise AnswerUnfinished("the answer was cut off at its longest", place=self.url, remedy=remedy)
        if self.reason != "stop":
            raise AnswerUnfinished("the answer ended before it was complete", place=self.url)
        return Completion(
            "".join(self.parts),
            prompt_tokens=_count(self.usage, "prompt_tokens"),
            answer_tokens=_count(self.usage, "completion_tokens"),
            seconds=time.monotonic() - self.started,
        )


def refusal(status: int, raw: bytes, url: str) -> EngineError:
    """The error that an answer with another status than 200 stands for."""
    found = parsed(raw)
    said = found.get("error", found) if isinstance(found, dict) else None
    if said is None and (status == 404 or 300 <= status < 400):
        return EngineRejected(f"what answers is not an OpenAI API (HTTP {status})", place=url, remedy=WRONG_ADDRESS)
    return failure(status, said if said is not None else f"HTTP {status}", url)


def failure(status: int, said: object, url: str) -> EngineError:
    """The error that a server's error object stands for. Each server has its own; llama.cpp's and vLLM's are known."""
    error = said if isinstance(said, dict) else {}
    words = brief(str(error.get("message") or said))
    if error.get("type") == "exceed_context_size_error" or error.get("code") == "context_length_exceeded":
        return ContextExceeded(words, place=url, remedy=LARGER, prompt_tokens=_count(error, "n_prompt_tokens") or None)
    if status == 400 and "maximum context length" in words:  # vLLM has no code for it
        return ContextExceeded(words, place=url, remedy=LARGER)
    if status in (401, 403):
        remedy = "The server wants a key: set SITEGEN_ENGINE__OPENAI__TOKEN."
        return EngineRejected(f"access refused: {words}", place=url, remedy=remedy)
    if status == 404:
        return ModelMissing(words, place=url, remedy="Set `[engine.openai] model` to a model that the server has.")
    if status in (429, 503):  # 503 is also what llama.cpp says while it loads the model
        remedy = "The document is tried again later; lower `[engine.openai] slots` if this goes on."
        return EngineBusy(words, place=url, remedy=remedy)
    return EngineFailing(words, place=url) if status >= 500 else EngineRejected(words, place=url)


def _count(values: Mapping[str, Any], name: str) -> int:
    value = values.get(name, 0)
    return value if isinstance(value, int) else 0
