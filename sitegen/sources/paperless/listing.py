"""Walking through the documents of a scope while people go on changing them.

Pages that are counted off shift when a document is deleted, and one is skipped. So each request asks for what was
modified at or after the last document seen, in that order: a deletion shifts nothing, and a change moves a document to
the end, where it is met again and left for the next listing. Only documents with the very same ``modified``, which a
bulk edit gives, are paged by number; what could slip there is found by comparing ids at the end.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, TypeGuard

from sitegen.errors import SourceAnswerInvalid, SourceVersion
from sitegen.scratch import Scratch
from sitegen.sources.paperless.api import OLDEST, Api, Page, TooLarge
from sitegen.sources.paperless.lookups import ALL, Scope

Result = Mapping[str, Any]
_FEW = 500
"""Ids that are looked up at a time."""
ROUNDS = 5
"""How often ids are compared at the end; what still appears after that is newer than the watermark."""


class Listing:
    """One walk over the documents of ``scope`` modified at or after ``since``. ``begin`` it, then read ``results``."""

    def __init__(self, api: Api, scope: Scope, since: dt.datetime | None, page_size: int) -> None:
        self._api = api
        self._scope = scope
        self._since = since
        self._start, self._number = since, 1
        self._full_size = self._size = page_size
        self._met = Met()
        self._changed: list[dt.datetime] = []
        self._requests = 0
        self._first: Page | None = None
        self._began: dt.datetime | None = None
        self._newest: dt.datetime | None = None

    async def begin(self) -> int:
        """Asks for the first page; how many documents there are. Raises ``SourceError``."""
        self._first = await self._page()
        self._began = self._api.server_time
        return self._first.count if self._first else 0

    async def results(self) -> AsyncIterator[Result]:
        """Every document once. A text that is too large is left out of its result. Raises ``SourceError``."""
        page = self._first
        while page is not None:
            for result in self._fresh(page):
                yield result
            page = await self._following(page)
        if self._requests > 1:
            async for result in self._slipped():
                yield result

    def watermark(self) -> dt.datetime | None:
        """From where the next listing must look, once this one was read to its end: the newest ``modified``, but not
        after the first change made while it was read, nor after it began by the server's clock. So a clock that once
        ran ahead hides nothing for ever."""
        if self._newest is None:
            return self._since
        began = [] if self._began is None else [self._began]
        return min([self._newest, *began, *self._changed])

    def _fresh(self, page: Page) -> list[Result]:
        fresh: list[Result] = []
        met = self._met.among([id_ for result in page.results if is_id(id_ := result.get("id"))])
        for result in page.results:
            id_, modified = result.get("id"), str(result.get("modified"))
            if not is_id(id_):
                raise SourceAnswerInvalid("a document in the list has no id", place=self._api.url("documents/"))
            when = modified_of(result)
            if id_ not in met:
                fresh.append(result)
                met[id_] = modified
            elif when is not None and met[id_] != modified:
                self._changed.append(when)
            if when is not None:
                self._newest = when if self._newest is None else max(self._newest, when)
        self._met.add({result["id"]: str(result.get("modified")) for result in fresh})
        return fresh

    async def _following(self, page: Page) -> Page | None:
        # The last condition ends the walk when a server gives the same page whatever number is asked for.
        if page.next is None or not page.results or self._number > page.count:
            return None
        last = modified_of(page.results[-1])
        if last is not None and (self._start is None or last > self._start):
            self._start, self._number = last, 1
            self._size = min(self._size * 2, self._full_size)
        else:
            self._number += 1
        return await self._page()

    async def _page(self) -> Page | None:
        """The page at hand, asked for in ever smaller parts while it is too large."""
        while True:
            self._requests += 1
            params = {**self._params(self._start), "page": str(self._number), "page_size": str(self._size)}
            try:
                return await self._api.page("documents/", params)
            except SourceAnswerInvalid as error:
                if not isinstance(error.__cause__, TooLarge):
                    raise
                if self._size == 1:
                    return await self._api.page("documents/", {**params, "fields": "id,title,modified,tags"})
                self._size, self._number = (self._size + 1) // 2, 1

    def _params(self, start: dt.datetime | None) -> dict[str, str]:
        params = {**self._scope.params, "ordering": "modified,id"}
        return params if start is None else {**params, "modified__gte": utc_text(start)}

    async def _slipped(self) -> AsyncIterator[Result]:
        """The documents that exist but were not met. ``_size`` fits, since the last page did."""
        for _ in range(ROUNDS):
            missing = self._met.lacking(await ids(self._api, self._scope, self._since))
            if not missing:
                return
            for first in range(0, len(missing), self._size):
                some = missing[first : first + self._size]
                wanted = {**self._scope.params, "id__in": ",".join(map(str, some)), "page_size": str(self._size)}
                page = await self._api.page("documents/", wanted)
                for result in self._fresh(page) if page else ():
                    yield result
                # Those that did not come are gone again; they must not be asked for for ever.
                self._met.add(dict.fromkeys(some, ""))


class Met:
    """The documents that a walk has met, with their ``modified`` at that time: in a temporary file, since there may be
    very many."""

    def __init__(self) -> None:
        self._kept = Scratch("CREATE TABLE met (id INTEGER PRIMARY KEY, modified TEXT)", "the list of documents")

    def add(self, met: Mapping[int, str]) -> None:
        """Those that are there already stay as they are."""
        self._kept.do_many("INSERT OR IGNORE INTO met VALUES (?, ?)", met.items())

    def among(self, ids: Sequence[int]) -> dict[int, str]:
        """Those of some documents that were met."""
        found: dict[int, str] = {}
        for first in range(0, len(ids), _FEW):
            some = ids[first : first + _FEW]
            marks = ",".join("?" * len(some))
            found.update(self._kept.rows(f"SELECT id, modified FROM met WHERE id IN ({marks})", *some))  # noqa: S608  # only marks
        return found

    def lacking(self, ids: Sequence[int]) -> list[int]:
        """Those of very many documents that were not met, sorted."""
        found: list[int] = []
        for first in range(0, len(ids), _FEW):
            some = ids[first : first + _FEW]
            found += {*some} - self.among(some).keys()
        return sorted(found)


def is_id(value: object) -> TypeGuard[int]:
    """Whether it is what a database numbers its rows with."""
    return isinstance(value, int) and 0 <= value < 2**63


async def ids(api: Api, scope: Scope, since: dt.datetime | None = None) -> list[int]:
    """The ids of all documents of the scope, as of one moment. Raises ``SourceError``."""
    params = scope.params if since is None else {**scope.params, "modified__gte": utc_text(since)}
    with contextlib.suppress(SourceVersion):
        page = await api.page("documents/", {**params, "page_size": "1", "fields": "id"}, version=OLDEST)
        if page is not None and page.ids is not None and len(page.ids) == page.count:
            return [id_ for id_ in page.ids if is_id(id_)]
    for _ in range(ROUNDS):
        found, count = await _by_page(api, params)
        if len(found) == count:
            return [id_ for id_, result in found.items() if admitted(result, scope)]
    # An id that is missing here would count as a deleted document.
    raise SourceAnswerInvalid("the list of ids changes faster than it can be read", place=api.url("documents/"))


async def _by_page(api: Api, params: Mapping[str, str]) -> tuple[dict[int, Result], int]:
    """For servers without version 9: 100,000 ids a request. Shifts only beyond that, and then the count differs."""
    found: dict[int, Result] = {}
    number, count = 1, 0
    wanted = {**params, "ordering": "id", "fields": "id,tags", "page_size": ALL}
    while page := await api.page("documents/", {**wanted, "page": str(number)}):
        before, count = len(found), page.count
        found |= {id_: result for result in page.results if is_id(id_ := result.get("id"))}
        if page.next is None or len(found) == before:
            break
        number += 1
    return found, count


def admitted(result: Result, scope: Scope) -> bool:
    """Whether the document itself says that it may be pulled; the server's filters are not believed."""
    tags = result.get("tags")
    return isinstance(tags, list) and scope.admits(tag for tag in tags if isinstance(tag, int))


def modified_of(result: Result) -> dt.datetime | None:
    """When the document was modified, in UTC; None when the server does not say it properly."""
    return parse_utc(result.get("modified"))


def parse_utc(value: object) -> dt.datetime | None:
    """An ISO 8601 time with a zone, in UTC."""
    if not isinstance(value, str):
        return None
    with contextlib.suppress(ValueError, OverflowError):
        found = dt.datetime.fromisoformat(value)
        return found.astimezone(dt.UTC) if found.tzinfo else None
    return None


def utc_text(when: dt.datetime) -> str:
    """``2026-11-21T22:43:37.739023Z``; a ``+01:00`` would need escaping, a time without zone means the server's."""
    return when.astimezone(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
