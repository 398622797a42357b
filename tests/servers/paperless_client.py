"""The Paperless source, asked one question at a time against the stand-in."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest

from sitegen.errors import SourceError
from sitegen.sources.base import Cursor, Document, Unreadable
from sitegen.sources.paperless import PaperlessSource
from tests.servers.paperless import PaperlessServer

T = TypeVar("T")
NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Pull:
    """What one reading of the changes gave."""

    documents: dict[str, Document]
    unreadable: list[Unreadable]
    refs: list[str]
    cursor: Cursor
    complete: bool
    total: int | None

    @property
    def titles(self) -> list[str]:
        return [document.title for document in self.documents.values()]


def ask(
    server: PaperlessServer,
    question: Callable[[PaperlessSource], Awaitable[T]],
    *,
    clock: Callable[[], dt.datetime] = lambda: NOON,
    max_body: int = 1_000_000,
    **options: Any,
) -> T:
    async def run() -> T:
        source = PaperlessSource(
            server.settings(**options), server.token, clock=clock, sleep=no_sleep, jitter=lambda: 1, max_body=max_body
        )
        try:
            return await question(source)
        finally:
            await source.aclose()

    return asyncio.run(run())


async def no_sleep(seconds: float) -> None:
    """Waits for nothing."""


def pull(
    server: PaperlessServer,
    cursor: Cursor | None = None,
    *,
    since: dt.date | None = None,
    clock: Callable[[], dt.datetime] = lambda: NOON,
    max_body: int = 1_000_000,
    **options: Any,
) -> Pull:
    async def question(source: PaperlessSource) -> Pull:
        changes = await source.changes(cursor, since=since)
        found = [each async for each in changes.documents]
        return Pull(
            {each.ref: each for each in found if isinstance(each, Document)},
            [each for each in found if isinstance(each, Unreadable)],
            [each.ref for each in found],
            changes.cursor,
            changes.complete,
            changes.total,
        )

    return ask(server, question, clock=clock, max_body=max_body, **options)


def refs(server: PaperlessServer, **options: Any) -> frozenset[str]:
    return frozenset(ask(server, lambda source: source.refs(), **options))


def age(server: PaperlessServer) -> None:
    """Makes everything in the server an hour older, so that it lies behind the watermark."""
    for stored in server.archive.documents.values():
        stored.modified -= dt.timedelta(hours=1)


def failure(question: Callable[[], object]) -> SourceError:
    with pytest.raises(SourceError) as caught:
        question()
    assert caught.value.message
    assert caught.value.remedy
    return caught.value
