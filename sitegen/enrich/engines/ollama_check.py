"""What ``doctor`` says about Ollama: is it there, is the model, does it run on the GPU, does the context suffice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sitegen.enrich.engines.endpoints import Endpoint, parsed
from sitegen.errors import EngineError
from sitegen.sources.base import Finding

if TYPE_CHECKING:
    from sitegen.enrich.engines.ollama import Model, Ollama

OLDEST = (0, 13)
"""Before it, ``truncate: false`` is not known, and a text that is too long is cut without a word."""


async def check(engine: Ollama) -> list[Finding]:
    """Findings for each endpoint. Loads the model, which can take minutes the first time."""
    try:
        await engine.identity()
    except EngineError as error:
        if len(engine.endpoints.all) == 1 or not error.place:
            return [_problem(error)]
    findings: list[Finding] = []
    for endpoint in engine.endpoints.all:
        try:
            findings += await _endpoint(engine, endpoint)
        except EngineError as error:
            findings.append(_problem(error))
    return findings


def _problem(error: EngineError) -> Finding:
    return Finding("engine", "error", str(error), error.remedy)


async def _endpoint(engine: Ollama, endpoint: Endpoint) -> list[Finding]:
    model = await engine.examine(endpoint)
    name = engine.options.model
    found = [
        Finding("engine", "ok", f"{endpoint.url}: Ollama {model.server} has {name} ({model.digest[:12]})"),
        *_version(model),
        *_format(model, name),
        *_trained(model, engine.options.num_ctx, name),
    ]
    if endpoint.unfit:
        remedy = f"Run `ollama pull {name}` on each machine, so that all have the same; until then it is not used."
        found.append(Finding("engine", "warning", f"{endpoint.url}: {endpoint.unfit}", remedy))
        return found
    await engine.load(endpoint)
    return [*found, *_loaded(await _running(endpoint, name), endpoint.url, engine.context_tokens)]


def _version(model: Model) -> list[Finding]:
    numbers = tuple(map(int, re.findall(r"\d+", model.server)[:2]))
    if not (0, 0) < numbers < OLDEST:  # 0.0.0 is what a build from source says
        return []
    remedy = "Update Ollama: this version may cut a long text without saying so."
    return [Finding("engine", "warning", f"Ollama {model.server} is old", remedy)]


def _format(model: Model, name: str) -> list[Finding]:
    if model.format != "safetensors":
        return []
    remedy = "Choose a GGUF model: Ollama does not hold models of this kind to the JSON asked for."
    return [Finding("engine", "warning", f"{name} is a safetensors model", remedy)]


def _trained(model: Model, num_ctx: int, name: str) -> list[Finding]:
    if not model.trained_context or model.trained_context >= num_ctx:
        return []
    remedy = f"Set `[engine.ollama] num_ctx = {model.trained_context}`; it is what the model can do."
    message = f"{name} was trained for {model.trained_context} tokens, num_ctx is {num_ctx}"
    return [Finding("engine", "warning", message, remedy)]


async def _running(endpoint: Endpoint, name: str) -> dict[str, Any] | None:
    from sitegen.enrich.engines.ollama import same_model

    found = parsed((await endpoint.json("GET", "api/ps")).content)
    models = found.get("models") if isinstance(found, dict) else None
    entries = models if isinstance(models, list) else []
    return next((one for one in entries if isinstance(one, dict) and same_model(str(one.get("name")), name)), None)


def _loaded(running: dict[str, Any] | None, url: str, context: int) -> list[Finding]:
    """How the loaded model runs, by the rule that ``ollama ps`` itself uses."""
    if running is None:
        return [Finding("engine", "warning", f"{url}: the model was unloaded at once", "Another program may use it.")]
    findings = [_processor(running, url)]
    length = running.get("context_length")
    if isinstance(length, int) and 0 < length < context:
        remedy = "Set `[engine.ollama] num_ctx` to that, or lower OLLAMA_NUM_PARALLEL on the server."
        findings.append(Finding("engine", "warning", f"{url}: the context is {length} tokens, not {context}", remedy))
    return findings


def _processor(running: dict[str, Any], url: str) -> Finding:
    size, on_gpu = running.get("size", 0), running.get("size_vram", 0)
    if not isinstance(size, int) or not isinstance(on_gpu, int) or size <= 0 or on_gpu > size:
        return Finding("engine", "ok", f"{url}: the model is loaded")
    if on_gpu == size:
        return Finding("engine", "ok", f"{url}: the model runs on the GPU")
    if on_gpu == 0:
        remedy = "It works, but a document takes minutes. See the Ollama log for why it found no GPU."
        return Finding("engine", "warning", f"{url}: the model runs on the CPU", remedy)
    remedy = (
        "Lower `[engine.ollama] num_ctx` or OLLAMA_NUM_PARALLEL, or choose a smaller model, so that all of it fits."
    )
    return Finding("engine", "warning", f"{url}: only {on_gpu * 100 // size} % of the model is on the GPU", remedy)
