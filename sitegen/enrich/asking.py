"""Asking a model for JSON: counted, calibrated, and a second time when the answer was no answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sitegen.enrich.answers import A, Schema, read
from sitegen.enrich.chunks import Tokens
from sitegen.enrich.engines.base import ChatEngine, Message
from sitegen.enrich.engines.transport import TooSlow
from sitegen.enrich.summary import Usage
from sitegen.errors import AnswerInvalid, AnswerUnfinished, ContextExceeded

SPARE_TOKENS = 64
"""For what a chat template adds."""

Question = Callable[[bool], tuple[Sequence[Message], Schema]]
"""Makes the messages and the schema; True for the second try, which asks for a shorter answer."""


class Asker:
    """Asks on behalf of one document, and keeps count."""

    def __init__(self, chat: ChatEngine, tokens: Tokens) -> None:
        self._chat = chat
        self.tokens = tokens
        self.usage = Usage()

    @property
    def answer_tokens(self) -> int:
        return self._chat.answer_tokens

    @property
    def room(self) -> int:
        """Tokens for a whole prompt."""
        return self._chat.context_tokens - self._chat.answer_tokens - SPARE_TOKENS

    async def ask(self, question: Question, kind: type[A]) -> A:
        """The answer as ``kind``. An answer that broke off or is not what was asked for is asked for once more,
        shorter, since the same question would get the same answer. Raises ``EngineError``."""
        try:
            return await self._once(question(False), kind)
        except TooSlow:
            raise
        except (AnswerInvalid, AnswerUnfinished):
            return await self._once(question(True), kind)

    async def _once(self, question: tuple[Sequence[Message], Schema], kind: type[A]) -> A:
        messages, schema = question
        prompt = "\n".join(message.content for message in messages)
        self.usage = self.usage.model_copy(update={"calls": self.usage.calls + 1})
        try:
            completion = await self._chat.complete(messages, schema)
        except ContextExceeded as error:
            self.tokens.learn(prompt, error.prompt_tokens or 0)
            raise
        self.tokens.learn(prompt, completion.prompt_tokens)
        self.usage = Usage(
            calls=self.usage.calls,
            prompt_tokens=self.usage.prompt_tokens + completion.prompt_tokens,
            answer_tokens=self.usage.answer_tokens + completion.answer_tokens,
            seconds=round(self.usage.seconds + completion.seconds, 3),
        )
        return read(completion.text, kind)
