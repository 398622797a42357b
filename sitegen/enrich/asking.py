"""Asking a model for JSON: counted, calibrated, remembered, and a second time when the answer was no answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sitegen.enrich.answers import A, Schema, read
from sitegen.enrich.chunks import Tokens, weight
from sitegen.enrich.engines.base import ChatEngine, Completion, Message
from sitegen.enrich.engines.transport import TooSlow
from sitegen.enrich.prompts import Prompts
from sitegen.enrich.recall import Recall
from sitegen.enrich.summary import Usage
from sitegen.errors import AnswerInvalid, AnswerUnfinished, ContextExceeded, EngineError
from sitegen.privacy.echo import unechoed

SPARE_TOKENS = 64
"""For what a chat template adds."""

Asked = tuple[Sequence[Message], Schema]
Question = Callable[[bool], Asked]
"""Makes the messages and the schema; True for the second try, which asks for a shorter answer."""


@dataclass(slots=True)
class Spent:
    """What a document has cost so far, its parts included, though they may come to nothing."""

    prompt_tokens: int = 0
    answer_tokens: int = 0
    seconds: float = 0.0

    def add(self, more: Usage) -> None:
        self.prompt_tokens += more.prompt_tokens
        self.answer_tokens += more.answer_tokens
        self.seconds += more.seconds


class Asker:
    """Asks on behalf of one document, and keeps count."""

    def __init__(self, chat: ChatEngine, tokens: Tokens, prompts: Prompts, recall: Recall) -> None:
        self._chat = chat
        self.tokens = tokens
        self.prompts = prompts
        self.usage = Usage()
        self.spent = Spent()
        self._recall = recall
        self._counted: list[tuple[float, int]] = []
        """What texts weigh, and the engine's counts of them."""

    @property
    def slots(self) -> int:
        return max(self._chat.slots, 1)

    @property
    def answer_tokens(self) -> int:
        return self._chat.answer_tokens

    @property
    def room(self) -> int:
        """Tokens for a whole prompt."""
        return self._chat.context_tokens - self._chat.answer_tokens - SPARE_TOKENS

    def part(self) -> Asker:
        """One that asks about a part of the document, with a count of its own until it is joined."""
        part = Asker(self._chat, self.tokens, self.prompts, self._recall)
        part.spent = self.spent
        return part

    def join(self, parts: Sequence[Asker]) -> None:
        """Takes over the counts of the parts, in their order, so that it is no matter which ended first."""
        for part in parts:
            self._add(part.usage)
            for expected, counted in part._counted:  # one of our own
                self.tokens.learn(expected, counted)

    async def ask(self, question: Question, kind: type[A]) -> A:
        """The answer as ``kind``. An answer that broke off or is not what was asked for is asked for once more,
        shorter, since the same question would get the same answer. Raises ``EngineError``."""
        try:
            return await self.ask_once(question(False), kind)
        except TooSlow:
            raise
        except (AnswerInvalid, AnswerUnfinished):
            return await self.ask_once(question(True), kind)

    async def ask_once(self, asked: Asked, kind: type[A]) -> A:
        """The answer as ``kind``, from before when there is one. Raises ``EngineError``."""
        messages, schema = asked
        identity = await self._chat.identity()
        known = await self._recall.find(identity, messages, schema)
        if known is not None:
            self._add(Usage(kept=1))
            self._count(messages, known.prompt_tokens)
            return read(known.text, kind)
        completion = await self._complete(messages, schema)
        answer = read(completion.text, kind)
        await self._recall.keep(identity, messages, schema, completion)
        return answer

    async def _complete(self, messages: Sequence[Message], schema: Schema) -> Completion:
        self._charge(Usage(calls=1))
        try:
            completion = await self._chat.complete(messages, schema)
        except EngineError as error:
            if isinstance(error, ContextExceeded):
                self._count(messages, error.prompt_tokens or 0)
            prompt, answer, seconds = error.spent
            self._charge(Usage(prompt_tokens=prompt, answer_tokens=answer, seconds=seconds))
            error.message = unechoed(error.message, [message.content for message in messages])
            raise
        self._count(messages, completion.prompt_tokens)
        self._charge(
            Usage(
                prompt_tokens=completion.prompt_tokens,
                answer_tokens=completion.answer_tokens,
                seconds=completion.seconds,
            )
        )
        return completion

    def _count(self, messages: Sequence[Message], counted: int) -> None:
        self._counted.append((sum(weight(message.content) for message in messages), counted))

    def _charge(self, more: Usage) -> None:
        self.spent.add(more)
        self._add(more)

    def _add(self, more: Usage) -> None:
        mine = self.usage
        self.usage = Usage(
            calls=mine.calls + more.calls,
            kept=mine.kept + more.kept,
            prompt_tokens=mine.prompt_tokens + more.prompt_tokens,
            answer_tokens=mine.answer_tokens + more.answer_tokens,
            seconds=round(mine.seconds + more.seconds, 3),
        )
