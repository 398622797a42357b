"""What servers with the OpenAI chat API say: a streamed answer put together, and errors as ours."""

from __future__ import annotations

import re
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

WRONG_ADDRESS = "Check `[engine.openai] endpoints`: the address goes up to and with /v1."
LARGER = "Start the server with a larger context (llama.cpp: `-c`, times `-np`), and set `[engine.openai] num_ctx`."
NO_THOUGHTS = (
    "Turn the model's thinking off (llama.cpp: `--reasoning-budget 0`), take away vLLM's `--reasoning-parser`, or use "
    "a model that does not think."
)
_TOO_LONG = re.compile(
    r"maximum context length is \d+|context length is only \d+|exceeds? the available context|"
    r"loaded with context length of only \d+"
)
"""How vLLM, in its versions, and LM Studio say that a text is too long; they have no code for it."""
_COUNTED = re.compile(
    r"(?:\((\d+) in the messages|has (\d+) input tokens|passed (\d+) input tokens|keep the first (\d+) tokens)"
)
_THOUGHT = re.compile(r"\s*<think>.*?(?:</think>|\Z)", re.DOTALL)


@dataclass
class Answer:
    """A streamed answer while it comes in, as server-sent events."""

    url: str
    parts: list[str] = field(default_factory=list)
    thought: bool = False
    reason: str | None = None
    usage: Mapping[str, Any] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)

    def add(self, line: bytes) -> None:
        """Takes one line. Raises the ``EngineError`` that an error stands for."""
        kind, _, data = line.partition(b":")
        if kind == b"data" and data.strip() == b"[DONE]":
            return
        value = parsed(data if kind in (b"data", b"error") else line)
        if kind not in (b"data", b"error") and not (isinstance(value, dict) and "error" in value):
            if kind in (b"event", b"id", b"retry", b""):  # parts of the format that say nothing to us
                return
            raise stranger(self.url)
        if not isinstance(value, dict):
            raise AnswerInvalid("a part of the answer is not JSON", place=self.url)
        if kind == b"error" or value.get("error"):
            raise failure(500, value.get("error", value), self.url)
        self._take(value)

    def _take(self, value: Mapping[str, Any]) -> None:
        for choice in value.get("choices") or []:
            delta = choice.get("delta") or {}
            self.parts.append(str(delta.get("content") or ""))
            self.thought |= bool(delta.get("reasoning_content") or delta.get("reasoning"))
            self.reason = choice.get("finish_reason") or self.reason
        self.usage = value.get("usage") or self.usage

    @property
    def spent(self) -> tuple[int, int, float]:
        """As ``EngineError`` has it. A server counts at the end; until then each part of an answer is about a token."""
        return (
            _count(self.usage, "prompt_tokens"),
            _count(self.usage, "completion_tokens") or len(self.parts),
            time.monotonic() - self.started,
        )

    def finished(self) -> Completion:
        """The answer, if it came to its own end. Raises ``AnswerUnfinished`` or ``AnswerInvalid``."""
        said = "".join(self.parts)
        text = _THOUGHT.sub("", said, count=1) if said.lstrip().startswith("<think>") else said
        only_thought = (self.thought or text != said) and not text.strip()
        if self.reason == "length":
            what = "the model only thought and gave no answer" if only_thought else "it ran out of room"
            remedy = "The document is tried again; raise `[engine.openai] num_predict` if the answer ran out of room."
            raise AnswerUnfinished(
                f"the answer was cut off at its longest: {what}",
                place=self.url,
                remedy=NO_THOUGHTS if only_thought else remedy,
            )
        if self.reason is None:
            raise AnswerUnfinished("the answer ended before it was complete", place=self.url)
        if self.reason != "stop":
            raise AnswerUnfinished(f"the answer ended for the reason {brief(str(self.reason))!r}", place=self.url)
        if only_thought:
            raise AnswerInvalid("the model put its answer into its thoughts", place=self.url, remedy=NO_THOUGHTS)
        return Completion(
            text,
            prompt_tokens=_count(self.usage, "prompt_tokens"),
            answer_tokens=_count(self.usage, "completion_tokens"),
            seconds=time.monotonic() - self.started,
        )


def stranger(url: str, said: str = "") -> EngineRejected:
    """The error for an address at which something else answers."""
    return EngineRejected(f"what answers is not an OpenAI API{said}", place=url, remedy=WRONG_ADDRESS)


def refusal(status: int, raw: bytes, url: str) -> EngineError:
    """The error that an answer with another status than 200 stands for."""
    found = parsed(raw)
    said = found.get("error", found) if isinstance(found, dict) else None
    if said is None and (status == 404 or 300 <= status < 400):
        return stranger(url, f" (HTTP {status})")
    return failure(status, said if said is not None else f"HTTP {status}", url)


def failure(status: int, said: object, url: str) -> EngineError:
    """The error that a server's error stands for: an object of llama.cpp's or vLLM's, words of LM Studio."""
    error = said if isinstance(said, dict) else {}
    words = brief(str(error.get("message") or said))
    if too_long := _too_long(error, words, url):
        return too_long
    if status in (401, 403):
        remedy = "The server wants a key: set SITEGEN_ENGINE__OPENAI__TOKEN."
        return EngineRejected(f"access refused: {words}", place=url, remedy=remedy)
    if status == 404:
        return ModelMissing(words, place=url, remedy="Set `[engine.openai] model` to a model that the server has.")
    if status in (429, 503):  # 503 is also what llama.cpp says while it loads the model
        remedy = "The document is tried again later; lower `[engine.openai] slots` if this goes on."
        return EngineBusy(words, place=url, remedy=remedy)
    return EngineFailing(words, place=url) if status >= 500 else EngineRejected(words, place=url)


def _too_long(error: Mapping[str, Any], words: str, url: str) -> ContextExceeded | None:
    named = error.get("type") == "exceed_context_size_error" or error.get("code") == "context_length_exceeded"
    if not named and not _TOO_LONG.search(words):
        return None
    found = _COUNTED.search(words)
    said = int(next(filter(None, found.groups()))) if found else None
    return ContextExceeded(words, place=url, remedy=LARGER, prompt_tokens=_count(error, "n_prompt_tokens") or said)


def _count(values: Mapping[str, Any], name: str) -> int:
    value = values.get(name, 0)
    return value if isinstance(value, int) else 0
