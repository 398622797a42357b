"""What turns a document's text into a summary. ``base`` says what an engine is; each other module is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sitegen.settings import ModelServers, Project, secret

if TYPE_CHECKING:
    from sitegen.enrich.engines.base import ChatEngine, Engine
    from sitegen.enrich.summarize import ModelSummarizer


def open_engine(project: Project) -> Engine:
    """The engine that the settings name, in this process or on the machines of a fleet.

    Raises ``SettingsError`` when its secret cannot be read, ``PromptBroken`` when a prompt of the site cannot be used.
    """
    if project.settings.fleet.broker:
        from sitegen.fleet import open_fleet

        engine: Engine = open_fleet(project)
    else:
        engine = open_here(project)
    if (servers := servers_of(project)) is None:
        return engine
    from sitegen.enrich.engines.redacting import guarded

    return guarded(engine, servers, project)


def servers_of(project: Project) -> ModelServers | None:
    """The servers of the engine that the settings name; None for one without a model."""
    settings = project.settings.engine
    return {"ollama": settings.ollama, "openai": settings.openai}.get(settings.kind)


def open_here(project: Project) -> Engine:
    """The engine in this process, as it is: whoever opens it answers for what is sent to it. Raises as
    ``open_engine``."""
    settings = project.settings.engine
    if settings.kind == "extractive":
        from sitegen.enrich.engines.extractive import Extractive

        return Extractive(sentences=settings.extractive.sentences, points=settings.extractive.points)
    if settings.kind == "ollama":
        from sitegen.enrich.engines.ollama import Ollama

        return _summarizer(project, Ollama(settings.ollama, _token(project, settings.ollama)))
    from sitegen.enrich.engines.openai import OpenAI

    return _summarizer(project, OpenAI(settings.openai, _token(project, settings.openai)))


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
