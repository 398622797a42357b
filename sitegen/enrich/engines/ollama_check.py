"""What ``doctor`` says about an Ollama server that has the model: does it run on the GPU, does the context suffice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sitegen.enrich.engines.endpoint import Endpoint
from sitegen.enrich.engines.models import Model
from sitegen.enrich.engines.transport import parsed
from sitegen.errors import EngineError
from sitegen.sources.base import Finding

if TYPE_CHECKING:
    from sitegen.enrich.engines.ollama import Ollama

OLDEST = (0, 13)
"""Before it, ``truncate: false`` is not known, and a text that is too long is cut without a word."""
_SERIAL = "mllama qwen3vl qwen3vlmoe qwen35 qwen35moe qwen3next lfm2 lfm2moe nemotron_h nemotron_h_moe nemotron_h_omni"
ONE_AT_A_TIME = frozenset(_SERIAL.split())
"""Families of models of which the server answers one request at a time, whatever OLLAMA_NUM_PARALLEL says."""


async def inspect(engine: Ollama, endpoint: Endpoint, model: Model) -> list[Finding]:
    """Findings about a server that has the model, and has it in memory."""
    num_ctx = engine.options.num_ctx
    found = [*_version(model, endpoint.url), *_format(model, endpoint.url), *_trained(model, num_ctx, endpoint.url)]
    if model.family in ONE_AT_A_TIME and endpoint.slots > 1:
        message = f"{endpoint.url}: Ollama answers one request at a time with models of the family {model.family}"
        found.append(Finding("engine", "warning", message, "Set `[engine.ollama] slots = 1`; surplus requests wait."))
    found += await _clouded(engine, endpoint)
    return [*found, *_loaded(await running(endpoint, model.name), endpoint, engine.context_tokens)]


def _version(model: Model, url: str) -> list[Finding]:
    numbers = tuple(map(int, re.findall(r"\d+", model.server)[:2]))
    if not (0, 0) < numbers < OLDEST:  # 0.0.0 is what a build from source says
        return []
    remedy = "Update Ollama: this version may cut a long text without saying so."
    return [Finding("engine", "warning", f"{url}: {model.server} is old", remedy)]


def _format(model: Model, url: str) -> list[Finding]:
    if model.format != "safetensors":
        return []
    remedy = "Choose a GGUF model: Ollama does not hold models of this kind to the JSON asked for."
    return [Finding("engine", "warning", f"{url}: {model.name} is a safetensors model", remedy)]


def _trained(model: Model, num_ctx: int, url: str) -> list[Finding]:
    if not model.context or model.context >= num_ctx:
        return []
    remedy = f"Set `[engine.ollama] num_ctx = {model.context}`; it is what the model can do."
    message = f"{url}: {model.name} was trained for {model.context} tokens, num_ctx is {num_ctx}"
    return [Finding("engine", "warning", message, remedy)]


async def _clouded(engine: Ollama, endpoint: Endpoint) -> list[Finding]:
    """Whether the server would pass texts on, to a model that runs elsewhere; an older one does not say."""
    try:
        cloud = (await engine.told(endpoint, "GET", "api/status")).get("cloud")
    except EngineError:
        return []
    if not isinstance(cloud, dict) or cloud.get("disabled") is not False:
        return []
    message = f"{endpoint.url}: Ollama may use models in the cloud; this one is local, and sitegen refuses others"
    return [Finding("engine", "warning", message, "Set OLLAMA_NO_CLOUD=1 on the Ollama service to be sure of it.")]


async def running(endpoint: Endpoint, name: str) -> dict[str, Any]:
    """What the server says of the model in memory; empty when it is not there."""
    from sitegen.enrich.engines.ollama import same_model

    found = parsed((await endpoint.json("GET", "api/ps")).content)
    models = found.get("models") if isinstance(found, dict) else None
    entries = models if isinstance(models, list) else []
    return next((one for one in entries if isinstance(one, dict) and same_model(str(one.get("name")), name)), {})


def processor(running: dict[str, Any]) -> str:
    """Where a loaded model runs, by the rule that ``ollama ps`` itself uses; empty when it cannot be told."""
    size, on_gpu = running.get("size", 0), running.get("size_vram", 0)
    if not isinstance(size, int) or not isinstance(on_gpu, int) or size <= 0 or on_gpu > size:
        return ""
    return "GPU" if on_gpu == size else f"{on_gpu * 100 // size} % GPU" if on_gpu else "CPU"


def _loaded(running: dict[str, Any], endpoint: Endpoint, context: int) -> list[Finding]:
    url = endpoint.url
    if not running:
        return [Finding("engine", "warning", f"{url}: the model was unloaded at once", "Another program may use it.")]
    findings = [_processor(processor(running), url)]
    length = running.get("context_length")
    if isinstance(length, int) and 0 < length < context:
        remedy = "Set `[engine.ollama] num_ctx` to that, or lower OLLAMA_NUM_PARALLEL on the server."
        findings.append(Finding("engine", "warning", f"{url}: the context is {length} tokens, not {context}", remedy))
    return findings


def _processor(where: str, url: str) -> Finding:
    if not where:
        return Finding("engine", "ok", f"{url}: the model is loaded")
    if where == "GPU":
        return Finding("engine", "ok", f"{url}: the model runs on the GPU")
    if where == "CPU":
        remedy = "It works, but a document takes minutes. See the Ollama log for why it found no GPU."
        return Finding("engine", "warning", f"{url}: the model runs on the CPU", remedy)
    remedy = (
        "Lower `[engine.ollama] num_ctx` or OLLAMA_NUM_PARALLEL, or choose a smaller model, so that all of it fits."
    )
    return Finding("engine", "warning", f"{url}: only {where.removesuffix(' GPU')} of the model is on the GPU", remedy)
