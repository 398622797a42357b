"""What turns a document's text into a summary. ``base`` says what an engine is; each other module is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sitegen.settings import ModelServers, Project, secret

if TYPE_CHECKING:
    from sitegen.enrich.engines.base import Engine


def open_engine(project: Project) -> Engine:
    """The engine that the settings name. Raises ``SettingsError`` when its secret cannot be read."""
    settings = project.settings.engine
    if settings.kind == "extractive":
        from sitegen.enrich.engines.extractive import Extractive

        return Extractive(sentences=settings.extractive.sentences, points=settings.extractive.points)
    from sitegen.enrich.engines.redacting import guarded
    from sitegen.enrich.summarize import ModelSummarizer

    if settings.kind == "ollama":
        from sitegen.enrich.engines.ollama import Ollama

        ollama = Ollama(settings.ollama, _token(project, settings.ollama))
        return guarded(ModelSummarizer(ollama), settings.ollama, project)
    from sitegen.enrich.engines.openai import OpenAI

    openai = OpenAI(settings.openai, _token(project, settings.openai))
    return guarded(ModelSummarizer(openai), settings.openai, project)


def _token(project: Project, servers: ModelServers) -> str | None:
    option = f"engine.{type(servers).__name__.lower()}.token"
    return secret(servers.token, servers.token_file, option, project.root)
