"""What all engines with a model behind a server have in common. A further one says only what its API has of its own."""

from __future__ import annotations

import asyncio
import contextlib
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, ClassVar, Protocol

from sitegen import settings, spans
from sitegen.enrich.engines.base import Completion, EndpointStats, Identity, Message
from sitegen.enrich.engines.endpoint import Endpoint
from sitegen.enrich.engines.endpoints import Endpoints, Sleep
from sitegen.enrich.engines.models import SHOWN, Model, Models
from sitegen.enrich.engines.transport import Patience, body, lines, parsed
from sitegen.errors import EngineError, EngineRejected
from sitegen.sources.base import Finding

SLOWEST_TOKENS_PER_SECOND = 1.0
"""An answer slower than this is given up; a 14 B model on an old CPU is faster."""


def chosen_options(options: settings.ModelServers) -> dict[str, Any]:
    """The settings that change what a model answers; servers may add others."""
    return {
        "num_ctx": options.num_ctx,
        "num_predict": options.num_predict,
        "temperature": options.temperature,
        "seed": options.seed,
    }


class Answer(Protocol):
    """A streamed answer while it comes in."""

    parts: list[str]

    @property
    def spent(self) -> tuple[int, int, float]:
        """What it has cost so far, as ``EngineError`` has it."""
        ...

    def add(self, line: bytes) -> None:
        """Takes one line. Raises the ``EngineError`` that an error line stands for."""
        ...

    def finished(self) -> Completion:
        """The answer, if it came to its own end. Raises ``AnswerUnfinished`` or ``AnswerInvalid``."""
        ...


class ServerEngine(ABC):
    """A model on one or more servers. A ``ChatEngine``."""

    kind: ClassVar[str]
    """As ``engine.kind`` in the settings."""
    chat_path: ClassVar[str]

    def __init__(
        self,
        options: settings.ModelServers,
        token: str | None = None,
        *,
        sleep: Sleep = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        patience: Patience | None = None,
    ) -> None:
        self.options = options
        self.context_tokens = options.num_ctx
        self.answer_tokens = options.num_predict
        self.turn: Callable[[str], AbstractAsyncContextManager[None]] | None = None
        """Entered for each request to an endpoint, as for a share of what all machines together may ask it."""
        places = [(endpoint.url, endpoint.slots or options.slots) for endpoint in options.endpoints]
        self.endpoints = Endpoints(places, token, sleep=sleep, clock=clock, patience=patience)
        self.models = Models(self.endpoints, self.examine, self.prepare, options.digest)

    # ------------------------------------------------------------------------------------------- what each API says

    @abstractmethod
    def request(self, model: Model, messages: Sequence[Message], schema: Mapping[str, Any] | None) -> dict[str, Any]:
        """The body of a chat request."""

    @abstractmethod
    def answer(self, url: str) -> Answer: ...

    @abstractmethod
    def refusal(self, status: int, raw: bytes, url: str) -> EngineError:
        """The error that an answer with another status than 200 stands for."""

    @abstractmethod
    async def examine(self, endpoint: Endpoint) -> Model:
        """The model as this endpoint has it. Raises ``EngineError``."""

    @abstractmethod
    async def inspect(self, endpoint: Endpoint, model: Model) -> list[Finding]:
        """What else ``doctor`` says about an endpoint that has the model. Raises ``EngineError``."""

    async def prepare(self, endpoint: Endpoint, model: Model) -> None:  # noqa: B027  # most servers are ready
        """Brings the model into memory, where the server does not do so by itself. Raises ``EngineError``."""

    # ---------------------------------------------------------------------------------------------------- ChatEngine

    @property
    def slots(self) -> int:
        return self.endpoints.slots

    @property
    def stats(self) -> tuple[EndpointStats, ...]:
        return tuple(endpoint.stats for endpoint in self.endpoints.all)

    async def identity(self) -> Identity:
        """The model, asked of all endpoints once; those that have another version of it are not used.

        Raises ``EngineUnreachable`` when none answers, ``ModelMissing``, ``ModelDiffers``, ``CloudModelRefused`` or
        ``EngineRejected``.
        """
        model = await self.models.agree()
        self.context_tokens = min(self.options.num_ctx, model.context or self.options.num_ctx)
        options = {**chosen_options(self.options), **model.options}
        return Identity(self.kind, self.shown(model), model.digest, model.server, options, weights=model.weights)

    def shown(self, model: Model) -> str:
        """The model's name for people."""
        return model.name

    async def complete(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> Completion:
        """See ``ChatEngine``. Tries again by itself only where no answer was given: queue full, server down."""
        await self.identity()

        async def question(endpoint: Endpoint) -> Completion:
            with spans.span("engine", endpoint=endpoint.url, model=self.options.model or "") as asked:
                model = await self.models.admit(endpoint)
                async with self.turn(endpoint.url) if self.turn else contextlib.nullcontext():
                    completion = await self.chat(endpoint, self.request(model, messages, schema))
                asked.attributes |= {
                    "prompt_tokens": completion.prompt_tokens,
                    "answer_tokens": completion.answer_tokens,
                }
            endpoint.answered(completion)
            return completion

        return await self.endpoints.ask(question)

    async def chat(self, endpoint: Endpoint, request: Mapping[str, Any]) -> Completion:
        """One request to one endpoint. Raises ``EngineError``."""
        answer = self.answer(endpoint.url)
        first, between = self.options.timeout, endpoint.patience.between
        total = first + self.options.num_predict / SLOWEST_TOKENS_PER_SECOND
        try:
            async with endpoint.stream(self.chat_path, request, first) as response:
                if response.status_code != 200:
                    raise self.refusal(response.status_code, await body(response), endpoint.url)
                async for line in lines(response, endpoint.url, first, between, total):
                    answer.add(line)
            return answer.finished()
        except EngineError as error:
            if answer.parts:
                error.spent = answer.spent
                endpoint.spent(error)
            raise

    async def aclose(self) -> None:
        await self.endpoints.aclose()

    async def told(
        self, endpoint: Endpoint, method: str, path: str, request: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """What the server says about itself. Raises ``EngineError``."""
        response = await endpoint.json(method, path, request)
        if response.status_code != 200:
            raise self.refusal(response.status_code, response.content, endpoint.url)
        found = parsed(response.content)
        if not isinstance(found, dict):
            raise self.stranger(endpoint.url)
        return found

    @abstractmethod
    def stranger(self, url: str, said: str = "") -> EngineRejected:
        """The error for an address at which something else answers."""

    # -------------------------------------------------------------------------------------------------------- doctor

    async def check(self) -> list[Finding]:
        """Findings for each endpoint. May load the model, which can take minutes the first time."""
        try:
            await self.identity()
        except EngineError as error:
            if len(self.endpoints.all) == 1:
                return [_problem(error)]
        return [finding for endpoint in self.endpoints.all for finding in await self._endpoint(endpoint)]

    async def _endpoint(self, endpoint: Endpoint) -> list[Finding]:
        found: list[Finding] = []
        try:
            model = await self.models.seen(endpoint)
            found.append(Finding("engine", "ok", f"{endpoint.url}: {self._has(endpoint, model)}"))
            if endpoint.unfit:
                remedy = "Get the same model on all servers; until then this one is not used."
                found.append(Finding("engine", "warning", f"{endpoint.url}: {endpoint.unfit}", remedy))
            else:
                found += [*self._slots(endpoint, model), *await self.inspect(endpoint, model)]
        except EngineError as error:
            found.append(_problem(error))
        return found

    def _has(self, endpoint: Endpoint, model: Model) -> str:
        pinned = ", pinned" if self.options.digest else ""
        context = f"{min(self.options.num_ctx, model.context or self.options.num_ctx)} tokens"
        slots = f"{endpoint.slots} slot{'s' * (endpoint.slots != 1)}"
        server = f"{model.server} " if model.server else ""
        return f"{server}has {self.shown(model)} (digest {model.digest[:SHOWN]}{pinned}, context {context}, {slots})"

    def _slots(self, endpoint: Endpoint, model: Model) -> list[Finding]:
        if not model.slots or model.slots >= endpoint.slots:
            return []
        message = f"{endpoint.url}: {model.slots} requests are answered at the same time, {endpoint.slots} are made"
        remedy = f"Set `[engine.{self.kind}] slots` to {model.slots}, or start the server with more; the rest waits."
        return [Finding("engine", "warning", message, remedy)]


def _problem(error: EngineError) -> Finding:
    return Finding("engine", "error", str(error), error.remedy)
