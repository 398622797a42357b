"""Servers with the OpenAI chat API: llama.cpp's server, vLLM, LM Studio. Answers by JSON schema, streamed.

The API has no digest of a model, so what the server says about it (name, size, vocabulary, context) is hashed instead:
another quantisation of the same size under the same name goes unnoticed. Ollama's own API, see ``ollama``, knows more.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sitegen import files, settings
from sitegen.enrich.engines.base import Completion, Identity, Message
from sitegen.enrich.engines.endpoints import Endpoint, Endpoints, Sleep, body, brief, lines, parsed
from sitegen.enrich.engines.models import Models
from sitegen.enrich.engines.openai_answer import LARGER, WRONG_ADDRESS, Answer, refusal
from sitegen.errors import EngineError, EngineRejected, ModelMissing
from sitegen.sources.base import Finding

SLOWEST_TOKENS_PER_SECOND = 1.0
ANY_MODEL = "default"
"""The model's name in the settings that stands for the only one that the server has."""


@dataclass(frozen=True, slots=True)
class Model:
    """The model as one endpoint has it."""

    name: str
    """As requests must name it."""
    digest: str
    """Of what the server says about it."""
    server: str
    context: int | None = None
    """What one request may have, when the server says it."""


class OpenAI:
    """A model on one or more servers. A ``ChatEngine``."""

    def __init__(
        self,
        options: settings.OpenAI,
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
        """The model, asked of all endpoints once; those that have another one are not used.

        Raises ``EngineUnreachable`` when none answers, ``ModelMissing`` or ``EngineRejected``.
        """
        model = await self._models.agree()
        if model.context:
            self.context_tokens = min(self.options.num_ctx, model.context)
        return self._describe(model)

    async def complete(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> Completion:
        """See ``ChatEngine``. Tries again by itself only where no answer was given: queue full, server down."""
        await self.identity()

        async def question(endpoint: Endpoint) -> Completion:
            model = await self._models.admit(endpoint)
            return await self._chat(endpoint, self.request(model.name, messages, schema))

        return await self.endpoints.ask(question)

    async def check(self) -> list[Finding]:
        """What ``doctor`` says about each endpoint."""
        try:
            await self.identity()
        except EngineError as error:
            if len(self.endpoints.all) == 1:
                return [Finding("engine", "error", str(error), error.remedy)]
        return [finding for endpoint in self.endpoints.all for finding in await self._check(endpoint)]

    async def aclose(self) -> None:
        await self.endpoints.aclose()

    def request(self, model: str, messages: Sequence[Message], schema: Mapping[str, Any]) -> dict[str, Any]:
        """The body of ``/chat/completions``."""
        return {
            "model": model,
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "answer", "strict": True, "schema": schema},
            },
            "temperature": self.options.temperature,
            "seed": self.options.seed,
            "max_tokens": self.options.num_predict,
            "stream": True,
            "stream_options": {"include_usage": True},
            # llama.cpp and vLLM hand this to the model's template: no thinking before the answer.
            "chat_template_kwargs": {"enable_thinking": False},
        }

    async def _chat(self, endpoint: Endpoint, request: Mapping[str, Any]) -> Completion:
        answer = Answer(endpoint.url)
        total = self.options.timeout + self.options.num_predict / SLOWEST_TOKENS_PER_SECOND
        async with endpoint.stream("chat/completions", request, self.options.timeout) as response:
            if response.status_code != 200:
                raise refusal(response.status_code, await body(response), endpoint.url)
            async for line in lines(response, endpoint.url, self.options.timeout, total):
                answer.add(line)
        return answer.finished()

    # --------------------------------------------------------------------------------------------------------- model

    def _describe(self, model: Model) -> Identity:
        options = {
            "num_ctx": self.options.num_ctx,
            "num_predict": self.options.num_predict,
            "temperature": self.options.temperature,
            "seed": self.options.seed,
        }
        return Identity("openai", _base_name(model.name), model.digest, model.server, options)

    async def examine(self, endpoint: Endpoint) -> Model:
        """The model as this endpoint has it. Raises ``EngineError``."""
        response = await endpoint.json("GET", "models")
        if response.status_code != 200:
            raise refusal(response.status_code, response.content, endpoint.url)
        found = parsed(response.content)
        listed = found.get("data") if isinstance(found, dict) else None
        if not isinstance(listed, list):
            raise EngineRejected("what answers is not an OpenAI API", place=endpoint.url, remedy=WRONG_ADDRESS)
        entry = self._choose([one for one in listed if isinstance(one, dict)], endpoint.url)
        server, context = await _server(endpoint)
        longest = entry.get("max_model_len")  # vLLM
        context = context or (longest if isinstance(longest, int) and longest > 0 else None)
        return Model(str(entry.get("id", "")), _digest(entry), server, context)

    def _choose(self, entries: Sequence[Mapping[str, Any]], url: str) -> Mapping[str, Any]:
        wanted = self.options.model
        ids = [str(entry.get("id", "")) for entry in entries]
        for entry, name in zip(entries, ids, strict=True):
            if wanted in (name, _base_name(name)):
                return entry
        if wanted == ANY_MODEL and len(entries) == 1:
            return entries[0]
        have = ", ".join(sorted(brief(_base_name(name)) for name in ids)[:8]) or "none"
        remedy = "Set `[engine.openai] model` to one of them, or load the model there."
        raise ModelMissing(f"there is no model {wanted}; there is {have}", place=url, remedy=remedy)

    async def _check(self, endpoint: Endpoint) -> list[Finding]:
        try:
            model = await self.examine(endpoint)
        except EngineError as error:
            return [Finding("engine", "error", str(error), error.remedy)]
        server = f"{model.server} " if model.server else ""
        found = [Finding("engine", "ok", f"{endpoint.url}: {server}has {_base_name(model.name)}")]
        if endpoint.unfit:
            remedy = "Load the same model on all servers; until then this one is not used."
            found.append(Finding("engine", "warning", f"{endpoint.url}: {endpoint.unfit}", remedy))
        if model.context and model.context < self.options.num_ctx:
            message = f"{endpoint.url}: the context is {model.context} tokens, num_ctx is {self.options.num_ctx}"
            found.append(Finding("engine", "warning", message, f"{LARGER} Until then {model.context} is used."))
        return found


async def _server(endpoint: Endpoint) -> tuple[str, int | None]:
    """Which server it is, and the context of a request, where it tells: llama.cpp does at /props, vLLM at /version."""
    root = endpoint.url.removesuffix("/v1")
    for path, key, name in (("/props", "build_info", "llama.cpp"), ("/version", "version", "vLLM")):
        response = await endpoint.json("GET", root + path)
        found = parsed(response.content) if response.status_code == 200 else None
        if isinstance(found, dict) and isinstance(found.get(key), str):
            defaults = found.get("default_generation_settings")
            context = defaults.get("n_ctx") if isinstance(defaults, dict) else None
            return f"{name} {brief(found[key])}", context if isinstance(context, int) and context > 0 else None
    return "", None


def _digest(entry: Mapping[str, Any]) -> str:
    """Of what stays the same as long as the model does; servers also send times and random ids."""
    told = {key: entry.get(key) for key in ("root", "parent", "max_model_len", "meta") if entry.get(key) is not None}
    told["id"] = _base_name(str(entry.get("id", "")))
    if "root" in told:
        told["root"] = _base_name(str(told["root"]))
    return files.sha256(json.dumps(told, sort_keys=True))


def _base_name(name: str) -> str:
    """Without folders: llama.cpp calls a model by the path of its file, which is nobody's business."""
    return name.replace("\\", "/").rsplit("/", 1)[-1] if name.startswith(("/", ".", "~")) or "\\" in name else name
