"""One model on several endpoints: asked of each, made ready there, and only those used that have the same."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sitegen.enrich.engines.endpoint import Endpoint
from sitegen.enrich.engines.endpoints import Endpoints
from sitegen.errors import (
    CloudModelRefused,
    EngineBusy,
    EngineError,
    EngineFailing,
    EngineRejected,
    EngineUnreachable,
    ModelDiffers,
    ModelMissing,
)

SHOWN = 12
"""Characters of a digest that messages show, as `ollama list` does."""
BUSY_SECONDS = 2.0
_PASSING = (EngineUnreachable, EngineBusy, EngineFailing)
"""What may be over when the endpoint is asked again."""


@dataclass(frozen=True, slots=True)
class Model:
    """The model as one endpoint has it."""

    name: str
    """As requests must name it."""
    digest: str
    """Of the weights and all that belongs to them, as far as the server tells."""
    server: str
    """What the server is, and its version."""
    context: int | None = None
    """Tokens that one request may have at most, when the server says it."""
    slots: int | None = None
    """Requests that it answers at the same time, when the server says it."""
    family: str = ""
    format: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Further facts that belong to the identity of what it answers, such as the quantisation."""
    weights: str = ""
    """Of the weights alone, when the server tells."""


@dataclass(frozen=True, slots=True)
class _Admitted:
    model: Model
    mishaps: int
    """That the endpoint had had."""
    at: float


class Models:
    """The model as each endpoint has it. ``examine`` asks one endpoint, ``prepare`` brings the model into its memory;
    both raise ``EngineError``. ``pinned`` is the digest, or its beginning, that alone may be used."""

    def __init__(
        self,
        endpoints: Endpoints,
        examine: Callable[[Endpoint], Awaitable[Model]],
        prepare: Callable[[Endpoint, Model], Awaitable[None]],
        pinned: str | None,
    ) -> None:
        self._endpoints = endpoints
        self._examine, self._prepare = examine, prepare
        self._pinned = (pinned or "").removeprefix("sha256:")
        self._admitted: dict[Endpoint, _Admitted] = {}
        self._reference: Model | None = None
        self._agreeing = asyncio.Lock()
        self._admitting: defaultdict[Endpoint, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def agree(self) -> Model:
        """The model of the first endpoint that answers. Those that have another version of it, or none, are not used.

        Raises the most telling error when no endpoint has the model.
        """
        async with self._agreeing:
            if self._reference is None:
                self._reference = await self._first()
        return self._reference

    async def _first(self) -> Model:
        found, met = await self._all_seen()
        left = self._endpoints.patience.loading
        while not found and left > 0 and any(isinstance(error, EngineBusy) for error in met.values()):
            await self._endpoints.sleep(BUSY_SECONDS)  # llama.cpp says nothing else while it loads its model
            left -= BUSY_SECONDS
            found, met = await self._all_seen()
        if not found:
            raise min(met.values(), key=_telling)
        reference = next(iter(found.values()))
        for endpoint, model in found.items():
            if why := _difference(model, reference):
                endpoint.exclude(why)
        for endpoint, error in met.items():
            if not isinstance(error, _PASSING):
                endpoint.exclude(error.message)
        return reference

    async def _all_seen(self) -> tuple[dict[Endpoint, Model], dict[Endpoint, EngineError]]:
        found: dict[Endpoint, Model] = {}
        met: dict[Endpoint, EngineError] = {}

        async def see(endpoint: Endpoint) -> None:
            try:
                found[endpoint] = await self.seen(endpoint)
            except EngineError as error:
                met[endpoint] = error
            endpoint.looked(met.get(endpoint))

        await asyncio.gather(*map(see, self._endpoints.all))
        in_order = [endpoint for endpoint in self._endpoints.all if endpoint in found]
        return {endpoint: found[endpoint] for endpoint in in_order}, met

    async def seen(self, endpoint: Endpoint) -> Model:
        """The model as the endpoint has it now. Raises ``EngineError``; ``ModelDiffers`` for one that is not pinned."""
        model = await self._examine(endpoint)
        if model.digest.startswith(self._pinned):
            return model
        raise ModelDiffers(
            f"{model.name} is another version ({model.digest[:SHOWN]}) than the one pinned ({self._pinned[:SHOWN]})",
            place=endpoint.url,
        )

    async def admit(self, endpoint: Endpoint) -> Model:
        """The model of an endpoint, in its memory; made sure of again now and then, and after each mishap.

        Raises ``EngineUnreachable``, which sends the question elsewhere, when it is not fit for use.
        """
        async with self._admitting[endpoint]:
            known = self._admitted.get(endpoint)
            now = self._endpoints.clock()
            ready = known is not None and known.mishaps == endpoint.mishaps
            if known is None or not ready or now - known.at > endpoint.patience.sure:
                model = await self._look(endpoint)
                if not ready:
                    await self._prepare(endpoint, model)
                known = self._admitted[endpoint] = _Admitted(model, endpoint.mishaps, now)
            return known.model

    async def _look(self, endpoint: Endpoint) -> Model:
        reference = await self.agree()
        try:
            model = await self.seen(endpoint)
            why = _difference(model, reference)
        except _PASSING:
            raise
        except EngineError as error:
            why = error.message
        endpoint.unfit = why
        if why:
            raise EngineUnreachable(why, place=endpoint.url)
        return model


def _difference(model: Model, wanted: Model) -> str:
    if model.digest == wanted.digest:
        return ""
    return f"its model is another version ({model.digest[:SHOWN]}, not {wanted.digest[:SHOWN]})"


def _telling(error: EngineError) -> int:
    order: tuple[type[EngineError], ...] = (
        CloudModelRefused,
        ModelDiffers,
        ModelMissing,
        EngineRejected,
        EngineBusy,
        EngineFailing,
    )
    return next((place for place, kind in enumerate(order) if isinstance(error, kind)), len(order))
