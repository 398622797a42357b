"""Ollama: ``/api/chat``, streamed, answers by JSON schema, nothing cut silently, only local models.

Written to the server's source at v0.33.0-rc2. What it does is decided there by heuristics that a client cannot see, so
every request says everything: ``truncate`` and ``shift`` false (else a long text is cut and the answer is still 200),
``think`` false (else a thinking model puts its JSON elsewhere), and the same options each time (else it reloads).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sitegen import settings
from sitegen.enrich.engines.base import Completion, Identity, Message
from sitegen.enrich.engines.endpoints import Endpoint, Endpoints, Sleep, body, brief, lines, parsed
from sitegen.enrich.engines.models import Models
from sitegen.enrich.engines.ollama_answer import WRONG_ADDRESS, Answer, refusal
from sitegen.errors import (
    CloudModelRefused,
    ContextExceeded,
    EngineRejected,
    ModelMissing,
)
from sitegen.sources.base import Finding

SLOWEST_TOKENS_PER_SECOND = 1.0
"""An answer slower than this is given up; a 14 B model on an old CPU is faster."""


@dataclass(frozen=True, slots=True)
class Model:
    """The model as one endpoint has it."""

    digest: str
    """SHA-256 of the manifest, which names weights, template, system text and parameters."""
    server: str
    quantization: str = ""
    format: str = ""
    trained_context: int | None = None


class Ollama:
    """A model on one or more Ollama servers. A ``ChatEngine``."""

    def __init__(
        self,
        options: settings.Ollama,
        token: str | None = None,
        *,
        sleep: Sleep = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.options = options
        self.context_tokens = options.num_ctx
        self.answer_tokens = options.num_predict
        self.endpoints = Endpoints(options.endpoints, options.slots, token, sleep=sleep, clock=clock)
        self._models = Models(self.endpoints, self.examine)

    @property
    def slots(self) -> int:
        return self.endpoints.slots

    async def identity(self) -> Identity:
        """The model, asked of all endpoints once. Those that have another version of it are not used.

        Raises ``EngineUnreachable`` when none answers, ``ModelMissing``, ``CloudModelRefused`` or ``EngineRejected``.
        """
        if self.options.model.lower().endswith((":cloud", "-cloud")):
            raise CloudModelRefused(f"{self.options.model} is a cloud model")
        model = await self._models.agree()
        if model.trained_context:
            self.context_tokens = min(self.options.num_ctx, model.trained_context)
        return self._describe(model)

    async def complete(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> Completion:
        """See ``ChatEngine``. Tries again by itself only where no answer was given: queue full, server down."""
        await self.identity()
        request = self.request(messages, schema)

        async def question(endpoint: Endpoint) -> Completion:
            await self._models.admit(endpoint)
            return await self._chat(endpoint, request)

        return await self.endpoints.ask(question)

    async def check(self) -> list[Finding]:
        from sitegen.enrich.engines.ollama_check import check

        return await check(self)

    async def aclose(self) -> None:
        await self.endpoints.aclose()

    # ------------------------------------------------------------------------------------------------------- request

    def request(self, messages: Sequence[Message], schema: Mapping[str, Any] | None) -> dict[str, Any]:
        """The body of ``/api/chat``; without messages it only loads the model, with the same options."""
        return {
            "model": self.options.model,
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "stream": True,
            "think": False,
            "truncate": False,
            "shift": False,
            "keep_alive": self.options.keep_alive,
            "options": {
                "num_ctx": self.options.num_ctx,
                "num_predict": self.options.num_predict,
                "temperature": self.options.temperature,
                "seed": self.options.seed,
            },
            **({"format": schema} if schema else {}),
        }

    async def _chat(self, endpoint: Endpoint, request: Mapping[str, Any]) -> Completion:
        answer = Answer(endpoint.url)
        total = self.options.timeout + self.options.num_predict / SLOWEST_TOKENS_PER_SECOND
        async with endpoint.stream("api/chat", request, self.options.timeout) as response:
            if response.status_code != 200:
                raise refusal(response.status_code, await body(response), endpoint.url, self.options.model)
            async for line in lines(response, endpoint.url, self.options.timeout, total):
                answer.add(line)
        completion = answer.finished()
        self._refuse_silent_cut(completion, request, endpoint.url)
        return completion

    def _refuse_silent_cut(self, completion: Completion, request: Mapping[str, Any], url: str) -> None:
        # A server before 0.13 does not know `truncate`: it keeps half of num_ctx and answers from that.
        kept = self.context_tokens // 2
        length = sum(len(message["content"]) for message in request["messages"])
        if kept <= completion.prompt_tokens <= kept + 8 and length > 5.5 * completion.prompt_tokens:
            raise ContextExceeded("the server cut the text without saying so", place=url, remedy="Update Ollama.")

    async def load(self, endpoint: Endpoint) -> None:
        """Brings the model into memory, with the options that all requests have. Raises ``EngineError``."""
        await self._chat(endpoint, self.request((), None))

    # --------------------------------------------------------------------------------------------------------- model

    def _describe(self, model: Model) -> Identity:
        options = {
            "num_ctx": self.options.num_ctx,
            "num_predict": self.options.num_predict,
            "temperature": self.options.temperature,
            "seed": self.options.seed,
            "quantization": model.quantization,
        }
        return Identity("ollama", self.options.model, model.digest, f"ollama {model.server}", options)

    async def examine(self, endpoint: Endpoint) -> Model:
        """The model as this endpoint has it: from the version, the list of models, and the model's description."""
        version = (await _ask(endpoint, "GET", "api/version")).get("version")
        tags = (await _ask(endpoint, "GET", "api/tags")).get("models")
        if not isinstance(version, str) or not isinstance(tags, list):
            raise EngineRejected("what answers is not Ollama", place=endpoint.url, remedy=WRONG_ADDRESS)
        entries = [tag for tag in tags if isinstance(tag, dict)]
        entry = next((tag for tag in entries if same_model(str(tag.get("name", "")), self.options.model)), None)
        if entry is None:
            have = ", ".join(sorted(brief(str(tag.get("name"))) for tag in entries)[:8]) or "none"
            raise ModelMissing(
                f"there is no model {self.options.model}; there is {have}",
                place=endpoint.url,
                remedy=f"Run `ollama pull {self.options.model}` on that machine, or set `[engine.ollama] model`.",
            )
        shown = await _ask(endpoint, "POST", "api/show", {"model": self.options.model})
        if remote := entry.get("remote_host") or shown.get("remote_host"):
            raise CloudModelRefused(f"{self.options.model} runs at {brief(str(remote))}", place=endpoint.url)
        details = entry.get("details")
        details = details if isinstance(details, dict) else {}
        return Model(
            digest=str(entry.get("digest", "")),
            server=brief(version),
            quantization=str(details.get("quantization_level", "")),
            format=str(details.get("format", "")),
            trained_context=_trained_context(shown.get("model_info")),
        )


def same_model(listed: str, wanted: str) -> bool:
    """Whether two names mean one model to the server: case does not count and ``:latest`` goes without saying."""

    def full(name: str) -> str:
        return name.lower() if ":" in name.rsplit("/", 1)[-1] else f"{name.lower()}:latest"

    return full(listed) == full(wanted)


async def _ask(endpoint: Endpoint, method: str, path: str, request: Mapping[str, Any] | None = None) -> dict[str, Any]:
    response = await endpoint.json(method, path, request)
    if response.status_code != 200:
        raise refusal(response.status_code, response.content, endpoint.url, str((request or {}).get("model", "")))
    found = parsed(response.content)
    if not isinstance(found, dict):
        raise EngineRejected("what answers is not Ollama", place=endpoint.url, remedy=WRONG_ADDRESS)
    return found


def _trained_context(info: object) -> int | None:
    if not isinstance(info, dict):
        return None
    length = info.get(f"{info.get('general.architecture')}.context_length")
    return length if isinstance(length, int) and length > 0 else None
