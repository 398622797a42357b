"""An engine that is given no text but what the privacy settings let out of the house."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from sitegen import files
from sitegen.enrich.engines.base import Attempts, Deferring, EndpointStats, Engine, Identity, KeepsBack, Line
from sitegen.enrich.summary import Summary
from sitegen.privacy.folder import NamesFolder
from sitegen.privacy.guard import Guard
from sitegen.privacy.network import is_local
from sitegen.privacy.redaction import redacted
from sitegen.settings import ModelServers, Project
from sitegen.sources.base import Document, Finding


class Redacting:
    """An ``Engine`` in front of one whose server is not on the local network."""

    def __init__(self, engine: Engine, guard: Guard, beyond: Sequence[str]) -> None:
        """``beyond`` are the endpoints for whose sake it is there."""
        self._engine, self._guard, self._beyond = engine, guard, beyond

    @property
    def slots(self) -> int:
        return self._engine.slots

    @property
    def stats(self) -> tuple[EndpointStats, ...]:
        return self._engine.stats

    def count_with(self, attempts: Attempts) -> None:
        """See ``Deferring``."""
        if isinstance(self._engine, Deferring):
            self._engine.count_with(attempts)

    @property
    def line(self) -> Line | None:
        """See ``Deferring``."""
        return self._engine.line if isinstance(self._engine, Deferring) else None

    @property
    def defers(self) -> bool:
        """See ``Deferring``."""
        return isinstance(self._engine, Deferring) and self._engine.defers

    async def identity(self) -> Identity:
        """The engine's; what is blacked out changes the summary, so it is among the options."""
        identity = await self._engine.identity()
        return replace(identity, options={**identity.options, "redacted": files.sha256(self._guard.key)[:16]})

    async def summarize(self, document: Document, note: str = "") -> Summary:
        document = await asyncio.to_thread(self._redacted, document)
        return await self._engine.summarize(document, redacted(note, self._guard))

    def _redacted(self, document: Document) -> Document:
        title, text = (redacted(part, self._guard) for part in (document.title, document.text))
        return replace(document, title=title, text=text)

    async def check(self) -> list[Finding]:
        found = await self._engine.check()
        kinds = ", ".join(self._guard.kinds)
        message = f"{', '.join(self._beyond)} is not on the local network: blacked out before it is asked: {kinds}"
        return [*found, Finding("privacy", "ok", message)]

    async def aclose(self) -> None:
        await self._engine.aclose()


def guarded(engine: Engine, servers: ModelServers, project: Project) -> Engine:
    """The engine, or one that keeps back what must not leave. Raises ``NamesMissing`` or ``TextNotUtf8``."""
    settings = project.settings.privacy
    beyond = [one.url for one in servers.endpoints if not is_local(one.url, settings.local_hosts)]
    if not beyond:
        return engine
    guard = Guard.of(settings.model_copy(update={"kinds": settings.redact}), NamesFolder(project))
    if guard is None:
        return engine
    if isinstance(engine, KeepsBack):
        engine.keep_back(lambda tag: bool(guard.findings(tag)))
    return Redacting(engine, guard, beyond)
