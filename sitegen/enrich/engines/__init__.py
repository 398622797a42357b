"""What turns a document's text into a summary. ``base`` says what an engine is; each other module is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sitegen.settings import ModelServers, Project, secret

if TYPE_CHECKING:
    from sitegen.enrich.engines.base import ChatEngine, Engine
    from sitegen.enrich.summarize import ModelSummarizer


def open_engine(project: Project) -> Engine:
    """The engine that the settings name. Raises ``SettingsError`` when its secret cannot be read, ``PromptBroken`` when
    a prompt of the site cannot be used."""
    settings = project.settings.engine
    if settings.kind == "extractive":
        from sitegen.enrich.engines.extractive import Extractive

        return Extractive(sentences=settings.extractive.sentences, points=settings.extractive.points)
    from sitegen.enrich.engines.redacting import guarded

    if settings.kind == "ollama":
        from sitegen.enrich.engines.ollama import Ollama

        ollama = Ollama(settings.ollama, _token(project, settings.ollama))
        return guarded(_summarizer(project, ollama), settings.ollama, project)
    from sitegen.enrich.engines.openai import OpenAI

    openai = OpenAI(settings.openai, _token(project, settings.openai))
    return guarded(_summarizer(project, openai), settings.openai, project)


def _summarizer(project: Project, chat: ChatEngine) -> ModelSummarizer:
    """The model with what the site brings along: its prompts, its tags, and the answers given before."""
    from functools import partial

    from sitegen.enrich.cache import FOLDER
    from sitegen.enrich.prompts import Prompts
    from sitegen.enrich.recall import Recall
    from sitegen.enrich.summarize import ModelSummarizer
    from sitegen.enrich.vocabulary import of_site

    prompts = Prompts(project.path(project.settings.engine.prompts))
    prompts.check()
    recall = Recall(project.state / FOLDER)
    return ModelSummarizer(chat, recall=recall, prompts=prompts, vocabulary=partial(of_site, project))


def _token(project: Project, servers: ModelServers) -> str | None:
    option = f"engine.{type(servers).__name__.lower()}.token"
    return secret(servers.token, servers.token_file, option, project.root)
