"""Documents: the text that a brief was made from, fetched from its source when somebody wants to see it."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict

from sitegen.errors import DocumentMissing
from sitegen.settings import Project
from sitegen.sources.base import Document

KEPT = 8
KEPT_SECONDS = 120.0
PATIENCE_SECONDS = 60.0


class Documents:
    """The last few documents stay in memory for a while, and nowhere else."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[float, Document]] = OrderedDict()

    async def get(self, project: Project, ref: str) -> Document:
        """The document, as its source has it. Raises ``SitegenError`` when it cannot be had."""
        at, document = self._kept.get(ref, (0.0, None))
        if document is not None and time.monotonic() - at < KEPT_SECONDS:
            return document
        document = await _fetched(project, ref)
        self._kept[ref] = time.monotonic(), document
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return document

    def forget(self) -> None:
        self._kept.clear()


async def _fetched(project: Project, ref: str) -> Document:
    from sitegen.sources import open_source

    kind = ref.partition(":")[0]
    if kind != project.settings.source.kind:
        message = f"it is from the source {kind!r}, and the settings name {project.settings.source.kind!r}"
        raise DocumentMissing(message, place=ref)
    source = open_source(project)
    try:
        return await asyncio.wait_for(source.document(ref), PATIENCE_SECONDS)
    except TimeoutError as error:
        raise DocumentMissing(f"the source did not answer within {PATIENCE_SECONDS:.0f} s", place=ref) from error
    finally:
        await source.aclose()
