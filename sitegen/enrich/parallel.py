"""Several things at once, with a result that does not depend on which was faster."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


class _Enough(Exception):
    """Ends the others."""


async def in_order(
    works: Sequence[Callable[[], Awaitable[T]]],
    most: int,
    enough: Callable[[Sequence[T]], bool] = lambda results: False,
) -> list[T]:
    """The results of ``works`` in their order, at most ``most`` at a time.

    When one fails, the others are cancelled and its error is raised. ``enough`` is asked about the results from the
    beginning, one more each time; when it says so, the rest is cancelled and those are the result.
    """
    results: dict[int, T] = {}
    first: list[T] = []
    numbers = iter(range(len(works)))

    async def work() -> None:
        for number in numbers:
            results[number] = await works[number]()
            while len(first) in results:
                first.append(results[len(first)])
                if enough(first):
                    raise _Enough

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(most, len(works))):
                group.create_task(work())
    except ExceptionGroup as errors:
        if not (first and enough(first)):
            raise _leaf(errors) from None
    return first


def _leaf(errors: ExceptionGroup[Exception]) -> Exception:
    error = errors.exceptions[0]
    return _leaf(error) if isinstance(error, ExceptionGroup) else error
