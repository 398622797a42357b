"""One model on several endpoints: asked of each, and only those used that have the same."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar

from sitegen.enrich.engines.endpoints import Endpoint, Endpoints
from sitegen.errors import (
    CloudModelRefused,
    EngineBusy,
    EngineError,
    EngineFailing,
    EngineRejected,
    EngineUnreachable,
    ModelMissing,
)


class HasDigest(Protocol):
    @property
    def digest(self) -> str: ...


M = TypeVar("M", bound=HasDigest)


class Models(Generic[M]):
    """The model as each endpoint has it. ``examine`` asks one endpoint and raises ``EngineError``."""

    def __init__(self, endpoints: Endpoints, examine: Callable[[Endpoint], Awaitable[M]]) -> None:
        self._endpoints = endpoints
        self._examine = examine
        self._found: dict[Endpoint, M] = {}
        self._reference: M | None = None

    async def agree(self) -> M:
        """The model of the first endpoint that answers. Those that have another version of it, or none, are not used.

        Raises the most telling error when no endpoint has the model.
        """
        if self._reference is not None:
            return self._reference
        results = await asyncio.gather(*map(self._examine, self._endpoints.all), return_exceptions=True)
        met: list[EngineError] = []
        for endpoint, result in zip(self._endpoints.all, results, strict=True):
            if isinstance(result, EngineError):
                met.append(result)
                endpoint.unfit = "" if isinstance(result, EngineUnreachable) else result.message
            elif isinstance(result, BaseException):
                raise result
            else:
                self._found[endpoint] = result
        if not self._found:
            for endpoint in self._endpoints.all:
                endpoint.unfit = ""  # so that the next question looks again
            raise min(met, key=_telling)
        self._reference = next(iter(self._found.values()))
        for endpoint in self._found:
            self._compare(endpoint)
        return self._reference

    async def admit(self, endpoint: Endpoint) -> M:
        """The model of an endpoint that may have been down when the others were asked.

        Raises ``EngineUnreachable``, which sends the question elsewhere, when it is not fit for use.
        """
        if endpoint not in self._found:
            try:
                self._found[endpoint] = await self._examine(endpoint)
                self._compare(endpoint)
            except EngineUnreachable:
                raise
            except EngineError as error:
                endpoint.unfit = error.message
        if endpoint.unfit:
            raise EngineUnreachable(endpoint.unfit, place=endpoint.url)
        return self._found[endpoint]

    def _compare(self, endpoint: Endpoint) -> None:
        mine, wanted = self._found[endpoint].digest, self._reference.digest if self._reference else ""
        if mine != wanted:
            endpoint.unfit = f"its model is another version ({mine[:12]}, not {wanted[:12]})"


def _telling(error: EngineError) -> int:
    order: tuple[type[EngineError], ...] = (CloudModelRefused, ModelMissing, EngineRejected, EngineBusy, EngineFailing)
    return next((place for place, kind in enumerate(order) if isinstance(error, kind)), len(order))
