"""Servers with the OpenAI chat API: llama.cpp's server, vLLM, LM Studio. Answers by JSON schema, streamed.

The API has no digest of a model, so what the server says about it (name, size, vocabulary, context) is hashed instead:
another quantisation of the same size under the same name goes unnoticed. Ollama's own API, see ``ollama``, knows more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sitegen import files, settings
from sitegen.enrich.engines import openai_answer
from sitegen.enrich.engines.base import Message
from sitegen.enrich.engines.endpoint import Endpoint
from sitegen.enrich.engines.models import Model
from sitegen.enrich.engines.openai_answer import LARGER
from sitegen.enrich.engines.server import ServerEngine
from sitegen.enrich.engines.transport import brief, parsed
from sitegen.errors import EngineError, EngineRejected, ModelMissing
from sitegen.sources.base import Finding

ANY_MODEL = "default"
"""The model's name in the settings that stands for the only one that the server has."""


class OpenAI(ServerEngine):
    """A model on one or more servers. A ``ChatEngine``."""

    kind = "openai"
    chat_path = "chat/completions"
    options: settings.OpenAI

    def request(self, model: Model, messages: Sequence[Message], schema: Mapping[str, Any] | None) -> dict[str, Any]:
        """The body of ``/chat/completions``."""
        return {
            "model": model.name,
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

    def answer(self, url: str) -> openai_answer.Answer:
        return openai_answer.Answer(url)

    def refusal(self, status: int, raw: bytes, url: str) -> EngineError:
        return openai_answer.refusal(status, raw, url)

    def stranger(self, url: str, said: str = "") -> EngineRejected:
        return openai_answer.stranger(url, said)

    def shown(self, model: Model) -> str:
        return _base_name(model.name)

    async def examine(self, endpoint: Endpoint) -> Model:
        """The model as this endpoint has it. Raises ``EngineError``."""
        listed = (await self.told(endpoint, "GET", "models")).get("data")
        if not isinstance(listed, list):
            raise self.stranger(endpoint.url)
        entry = self._choose([one for one in listed if isinstance(one, dict)], endpoint.url)
        name = str(entry.get("id", ""))
        server, slots, context = await _server(endpoint, name)
        return Model(name, _digest(entry), server, _count(entry.get("max_model_len")) or context, slots)

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

    async def inspect(self, endpoint: Endpoint, model: Model) -> list[Finding]:
        num_ctx = self.options.num_ctx
        if not model.context or model.context >= num_ctx:
            return []
        message = f"{endpoint.url}: the context is {model.context} tokens, num_ctx is {num_ctx}"
        return [Finding("engine", "warning", message, f"{LARGER} Until then {model.context} is used.")]


async def _server(endpoint: Endpoint, name: str) -> tuple[str, int | None, int | None]:
    """Which server it is, how many requests it answers at the same time, and the context of one, as far as it tells."""
    root = endpoint.url.removesuffix("/v1")

    async def told(path: str) -> dict[str, Any]:
        response = await endpoint.json("GET", root + path)
        found = parsed(response.content) if response.status_code == 200 else None
        return found if isinstance(found, dict) else {}

    props = await told("/props")
    if isinstance(build := props.get("build_info"), str):
        defaults = props.get("default_generation_settings")
        context = _count(defaults.get("n_ctx")) if isinstance(defaults, dict) else None
        return f"llama.cpp {brief(build)}", _count(props.get("total_slots")), context
    if isinstance(version := (await told("/version")).get("version"), str):
        return f"vLLM {brief(version)}", None, None
    listed = (await told("/api/v0/models")).get("data")
    entries = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    entry: dict[str, Any] = next((one for one in entries if one.get("id") == name), {})
    return ("LM Studio" if entries else ""), None, _count(entry.get("loaded_context_length"))


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and value > 0 else None


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
