"""Ollama: ``/api/chat``, streamed, answers by JSON schema, nothing cut silently, only local models.

Written to the server's source at v0.33.0-rc2. What it does is decided there by heuristics that a client cannot see, so
every request says everything: ``truncate`` and ``shift`` false (else a long text is cut and the answer is still 200),
``think`` false (else a thinking model puts its JSON elsewhere), and the same options each time (else it reloads).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from sitegen import settings
from sitegen.enrich.engines import ollama_answer
from sitegen.enrich.engines.base import Completion, Message
from sitegen.enrich.engines.endpoint import Endpoint
from sitegen.enrich.engines.models import Model
from sitegen.enrich.engines.server import ServerEngine
from sitegen.enrich.engines.transport import brief
from sitegen.errors import CloudModelRefused, ContextExceeded, EngineError, EngineRejected, ModelMissing
from sitegen.sources.base import Finding

CANNOT_BUT_THINK = "gptoss"
"""The family whose thoughts can be made short and not be turned off."""


class Ollama(ServerEngine):
    """A model on one or more Ollama servers. A ``ChatEngine``."""

    kind = "ollama"
    chat_path = "api/chat"
    options: settings.Ollama

    def request(self, model: Model, messages: Sequence[Message], schema: Mapping[str, Any] | None) -> dict[str, Any]:
        """The body of ``/api/chat``; without messages it only loads the model, with the same options."""
        think: Literal["low", False] = "low" if model.family == CANNOT_BUT_THINK else False
        return {
            "model": model.name,
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "stream": True,
            "think": think,
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

    def answer(self, url: str) -> ollama_answer.Answer:
        return ollama_answer.Answer(url)

    def refusal(self, status: int, raw: bytes, url: str) -> EngineError:
        return ollama_answer.refusal(status, raw, url, self.options.model)

    def stranger(self, url: str, said: str = "") -> EngineRejected:
        return ollama_answer.stranger(url, said)

    async def chat(self, endpoint: Endpoint, request: Mapping[str, Any]) -> Completion:
        completion = await super().chat(endpoint, request)
        # A server before 0.13 does not know `truncate`: it keeps half of num_ctx and answers from that.
        kept = self.context_tokens // 2
        length = sum(len(message["content"]) for message in request["messages"])
        if kept <= completion.prompt_tokens <= kept + 8 and length > 5.5 * completion.prompt_tokens:
            raise ContextExceeded(
                "the server cut the text without saying so", place=endpoint.url, remedy="Update Ollama."
            )
        return completion

    async def prepare(self, endpoint: Endpoint, model: Model) -> None:
        """Loads the model, with the options that all requests have, and sees where it runs. Raises ``EngineError``.

        So no document waits for the load or is blamed when it fails.
        """
        from sitegen.enrich.engines.ollama_check import processor, running

        await self.chat(endpoint, self.request(model, (), None))
        endpoint.processor = processor(await running(endpoint, model.name))

    async def inspect(self, endpoint: Endpoint, model: Model) -> list[Finding]:
        from sitegen.enrich.engines.ollama_check import inspect

        await self.models.admit(endpoint)
        return await inspect(self, endpoint, model)

    async def examine(self, endpoint: Endpoint) -> Model:
        """The model as this endpoint has it: from the version, the list of models, and the model's description."""
        name = self.options.model
        if name.lower().endswith((":cloud", "-cloud")):
            raise CloudModelRefused(f"{name} is a cloud model", place=endpoint.url)
        version = (await self.told(endpoint, "GET", "api/version")).get("version")
        tags = (await self.told(endpoint, "GET", "api/tags")).get("models")
        if not isinstance(version, str) or not isinstance(tags, list):
            raise self.stranger(endpoint.url)
        entry = self._choose([tag for tag in tags if isinstance(tag, dict)], endpoint.url)
        shown = await self.told(endpoint, "POST", "api/show", {"model": name})
        if remote := entry.get("remote_host") or shown.get("remote_host"):
            raise CloudModelRefused(f"{name} runs at {brief(str(remote))}", place=endpoint.url)
        details = entry.get("details")
        details = details if isinstance(details, dict) else {}
        return Model(
            name,
            digest=str(entry.get("digest", "")),
            server=f"ollama {brief(version)}",
            weights=_weights(shown.get("modelfile")),
            context=_trained_context(shown.get("model_info")),
            family=str(details.get("family", "")),
            format=str(details.get("format", "")),
            options={"quantization": str(details.get("quantization_level", ""))},
        )

    def _choose(self, tags: Sequence[Mapping[str, Any]], url: str) -> Mapping[str, Any]:
        wanted = self.options.model
        for tag in tags:
            if same_model(str(tag.get("name", "")), wanted):
                return tag
        have = ", ".join(sorted(brief(str(tag.get("name"))) for tag in tags)[:8]) or "none"
        remedy = f"Run `ollama pull {wanted}` on that machine, or set `[engine.ollama] model`."
        raise ModelMissing(f"there is no model {wanted}; there is {have}", place=url, remedy=remedy)


def same_model(listed: str, wanted: str) -> bool:
    """Whether two names mean one model to the server: case does not count and ``:latest`` goes without saying."""

    def full(name: str) -> str:
        return name.lower() if ":" in name.rsplit("/", 1)[-1] else f"{name.lower()}:latest"

    return full(listed) == full(wanted)


def _weights(modelfile: object) -> str:
    """The SHA-256 of the file of weights: the server names that file in the description of a model."""
    text = modelfile if isinstance(modelfile, str) else ""
    found = re.search(r"^FROM\s.*\bsha256[-:]([0-9a-f]{64})\s*$", text, re.M)
    return found[1] if found else ""


def _trained_context(info: object) -> int | None:
    if not isinstance(info, dict):
        return None
    length = info.get(f"{info.get('general.architecture')}.context_length")
    return length if isinstance(length, int) and length > 0 else None
