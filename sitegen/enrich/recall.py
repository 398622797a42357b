"""What a model answered before: opened when it is first needed, so that looking at the settings makes no files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from sitegen.enrich.desk import Desk
from sitegen.enrich.engines.base import Completion, Identity, Message

if TYPE_CHECKING:
    from sitegen.enrich.cache import SummaryCache

P = ParamSpec("P")
T = TypeVar("T")


class Recall:
    """The answers kept in the cache of a site; without a folder none are kept. The disk is read and written at a desk
    of its own, so that no engine waits for it."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._desk: Desk | None = None
        self._cache: SummaryCache | None = None

    async def find(
        self, identity: Identity, messages: Sequence[Message], schema: Mapping[str, Any]
    ) -> Completion | None:
        """The answer to exactly this question by exactly this model. Raises ``StorageError``."""
        if self._folder is None:
            return None
        return await self._at_desk(self._find, identity, messages, schema)

    async def keep(
        self, identity: Identity, messages: Sequence[Message], schema: Mapping[str, Any], completion: Completion
    ) -> None:
        """Keeps an answer that was complete and understood. Raises ``StorageError``."""
        if self._folder is not None:
            await self._at_desk(self._keep, identity, messages, schema, completion)

    async def aclose(self) -> None:
        if self._desk is not None:
            await self._desk(self._close)
            self._desk.close()
            self._desk = None

    async def _at_desk(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._desk is None:
            self._desk = Desk()
        return await self._desk(work, *args, **kwargs)

    def _find(self, identity: Identity, messages: Sequence[Message], schema: Mapping[str, Any]) -> Completion | None:
        from sitegen.enrich.cache import answer_key

        return self._opened().answer(answer_key(identity, messages, schema))

    def _keep(
        self, identity: Identity, messages: Sequence[Message], schema: Mapping[str, Any], completion: Completion
    ) -> None:
        from sitegen.enrich.cache import answer_key

        self._opened().keep(answer_key(identity, messages, schema), completion, identity)

    def _opened(self) -> SummaryCache:
        if self._cache is None:
            from sitegen.enrich.cache import SummaryCache

            assert self._folder is not None
            self._cache = SummaryCache(self._folder)
        return self._cache

    def _close(self) -> None:
        if self._cache is not None:
            self._cache.close()
            self._cache = None
