"""Contenders: the engines and prompts that are compared, each a site whose settings say so."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sitegen import settings
from sitegen.settings import Project

KINDS = ("ollama", "openai", "extractive")


@dataclass(frozen=True, slots=True)
class Contender:
    """One engine with one set of prompts."""

    label: str
    project: Project
    """The site with this engine in its settings."""


def contenders(project: Project, engines: Sequence[str], prompts: Sequence[Path]) -> list[Contender]:
    """Every engine of ``engines`` (``ollama``, ``ollama:qwen3:8b``) with every folder of ``prompts``.

    Without engines, the site's own; without prompts, the site's own. The built-in engine has no prompts, so it competes
    once. Raises ``ValueError`` for an engine that there is not.
    """
    names = list(dict.fromkeys(engines)) or [_own(project)]
    found: list[Contender] = []
    folders: list[Path | None] = [*dict.fromkeys(prompts)] or [None]
    for name, folder in itertools.product(names, folders):
        chosen = _with_engine(project, name)
        label = _label(chosen)
        if folder is not None and chosen.settings.engine.kind != "extractive":
            chosen = _with_prompts(chosen, folder)
            label = f"{label}, prompts {folder.name}"
        if label not in [other.label for other in found]:
            found.append(Contender(label, chosen))
    return found


def _own(project: Project) -> str:
    return project.settings.engine.kind


def _with_engine(project: Project, name: str) -> Project:
    kind, _, model = name.partition(":")
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is no engine: they are {', '.join(KINDS)}")
    if kind == "extractive" and model:
        raise ValueError("the built-in engine has no models: extractive")
    engine = project.settings.engine
    changes: dict[str, object] = {"kind": kind}
    if model:
        servers: settings.Ollama | settings.OpenAI = engine.ollama if kind == "ollama" else engine.openai
        # A digest pins the model of the settings; another one has another.
        changes[kind] = servers.model_copy(update={"model": model, "digest": None})
    return _with(project, changes)


def _with_prompts(project: Project, folder: Path) -> Project:
    return _with(project, {"prompts": folder.resolve()})


def _with(project: Project, changes: dict[str, object]) -> Project:
    engine = project.settings.engine.model_copy(update=changes)
    return replace(project, settings=project.settings.model_copy(update={"engine": engine}))


def _label(project: Project) -> str:
    engine = project.settings.engine
    if engine.kind == "extractive":
        return "extractive"
    return f"{engine.kind} {engine.ollama.model if engine.kind == 'ollama' else engine.openai.model}"
