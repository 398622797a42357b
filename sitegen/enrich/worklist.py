"""The worklist: which documents need work, each noted in the journal before it is handed on."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Sequence

from sitegen import files
from sitegen.enrich.desk import Desk
from sitegen.enrich.journal import NEW, RENEWAL, Entry, Journal
from sitegen.enrich.renewal import Renewal
from sitegen.enrich.report import Request
from sitegen.errors import BriefMissing, DocumentMissing, DocumentUnreadable
from sitegen.sources.base import Changes, Document, Source, Unreadable

Found = Document | Unreadable

AHEAD = 100
"""Documents that are fetched before anybody asks for them, at most."""
FEW = 100
"""So many documents are asked for one by one; when more were left unfinished, everything is listed again."""


class Worklist:
    """The documents of one pull: what editors asked for, what is new or changed, what earlier runs left unfinished or
    is to be renewed, and what failed before.
    """

    def __init__(self, source: Source, journal: Journal, renewal: Renewal, request: Request, desk: Desk) -> None:
        self._source, self._journal, self._renewal, self._request = source, journal, renewal, request
        self._desk = desk
        self._prefix = f"{source.kind}:"
        self._changes = Changes(_nothing())
        self._many_left = False
        self.skipped = 0
        """Documents that the source named and that need no work."""
        self.gone: list[str] = []
        self.withdrawn: list[str] = []
        """The files of briefs that were withdrawn since their documents are gone."""
        self.total: int | None = None
        """About how many documents will come, once that is known."""
        self._named_so_far = 0

    async def documents(self) -> AsyncGenerator[Found, None]:
        """What needs work. Raises ``SourceError`` when the source as a whole breaks down."""
        for begin, needs_work, after in self._passes():
            found_now = await begin()
            if found_now is not None:
                async with contextlib.aclosing(ahead(found_now)) as batches:
                    async for batch in batches:
                        self._named_so_far += len(batch)
                        for found in await self._desk(self._needing, batch, needs_work):
                            yield found
                if after is not None:
                    await after()

    @property
    def unlisted(self) -> int:
        """About how many documents of the list that is being read have not come yet."""
        return max((self.total or 0) - self._named_so_far, 0)

    def _passes(self) -> list[_Pass]:
        """Each pass: what begins it, whether a document needs work (asked on the desk), and what is done after it."""
        if self._request.documents:
            return [(self._named, self._wanted, None)]
        if self._request.where:
            return [(self._everything, self._is_selected, None)]
        passes: list[_Pass] = [(self._asked_for, self._taken, None), (self._changed, self._is_new, self._listed)]
        if self._request.since is None:
            passes += [(self._everything, self._is_unfinished, None), (self._left, self._taken, None)]
            passes += [(self._lost, self._wanted, None)]
            passes += [(self._left, self._taken, None)]  # what the engine was away for, if it has come back
        return passes

    # --------------------------------------------------------------------------------------------- what passes begin

    async def _named(self) -> AsyncIterator[Found]:
        refs = list(dict.fromkeys([await self._desk(self._ref, name) for name in self._request.documents]))
        self.total = len(refs)
        return self._fetched(refs)

    def _ref(self, name: str) -> str:
        """A document by its ref, by its number or path in the source, or by its brief."""
        if name.startswith(self._prefix) or self._journal.entry(f"{self._prefix}{name}"):
            return name if name.startswith(self._prefix) else f"{self._prefix}{name}"
        try:
            return self._renewal.store.find(name).matter.source or f"{self._prefix}{name}"
        except BriefMissing:
            return f"{self._prefix}{name}"

    async def _fetched(self, refs: Iterable[str]) -> AsyncIterator[Found]:
        for ref in refs:
            yield await self._fetch(ref, ref)

    async def _fetch(self, ref: str, title: str) -> Found:
        try:
            return await self._source.document(ref)
        except (DocumentMissing, DocumentUnreadable) as error:
            return Unreadable(ref, title, error.code, error.message)

    async def _asked_for(self) -> AsyncIterator[Found]:
        """What editors asked for comes before all."""
        return self._from_journal(asked=True)

    async def _left(self) -> AsyncIterator[Found]:
        """What earlier runs left unfinished, with what failed at the end."""
        return self._from_journal(asked=False)

    async def _from_journal(self, *, asked: bool) -> AsyncIterator[Found]:
        while entries := await self._desk(self._journal.take, self._prefix, asked=asked, due=self._request.due):
            for entry in entries:
                found = await self._fetch(entry.ref, entry.title)
                if not _missing(found):
                    yield found

    async def _changed(self) -> AsyncIterator[Found]:
        """What is new or has changed since the last pull."""
        cursor = None if self._request.since else await self._desk(self._journal.cursor, self._source.kind)
        self._changes = await self._source.changes(cursor, since=self._request.since)
        self.total, self._named_so_far = self._changes.total, 0
        return self._changes.documents

    async def _listed(self) -> None:
        """After ``_changed``: every document in the list is in the journal, so that the cursor may be kept."""
        if self._request.partial:
            return
        if not self._changes.complete:
            await self._desk(self._journal.saw, await self._source.refs())
        before = set(await self._desk(self._journal.gone, self._prefix))
        self.gone = await self._desk(self._journal.mark_gone, self._prefix)
        after = await self._desk(self._journal.gone, self._prefix)
        self.withdrawn = await self._desk(self._renewal.departures, after, before.difference(after))
        await self._desk(self._journal.save_cursor, self._source.kind, self._changes.cursor)

    async def _everything(self) -> AsyncIterator[Found] | None:
        """All documents once more, when they are to be renewed, or when that is cheaper than to ask for many singly."""
        self._many_left = await self._desk(self._journal.left, self._prefix, due=self._request.due) > FEW
        if not self._request.refresh and not self._many_left:
            return None
        if self._request.refresh:
            await self._renewal.identity()
        changes = await self._source.changes(None)
        self.total, self.skipped, self._named_so_far = changes.total, 0, 0
        return changes.documents

    async def _lost(self) -> AsyncIterator[Found]:
        """Documents whose brief and record have both vanished since they were done."""

        async def lost() -> AsyncIterator[Found]:
            last = ""
            while refs := await self._desk(self._journal.refs, "done", self._prefix, last):
                last = refs[-1]
                for ref in await self._desk(self._unknown, refs):
                    found = await self._fetch(ref, ref)
                    if not _missing(found):
                        yield found

        return lost()

    def _unknown(self, refs: Sequence[str]) -> list[str]:
        return [ref for ref in refs if self._renewal.unknown(ref)]

    # ------------------------------------------------------------------------------------ whether a document needs work

    def _needing(self, batch: Sequence[Found], needs_work: _NeedsWork) -> list[Found]:
        """Those of a batch that need work; the journal knows of them before this returns."""
        with self._journal.together():
            if needs_work == self._is_new and not self._request.partial:
                self._journal.saw(found.ref for found in batch)
            return [found for found in batch if needs_work(found, self._journal.entry(found.ref))]

    def _wanted(self, found: Found, _: Entry | None) -> bool:
        """A document that is worked on whatever its state; a mistyped one is reported, and is no document of ours."""
        if not _missing(found):
            self._journal.discover(found.ref, found.title, fingerprint(found))
        return True

    def _taken(self, found: Found, entry: Entry | None) -> bool:
        """A document that the journal named: it begins anew when it has changed meanwhile."""
        if entry is None or entry.fingerprint != fingerprint(found):
            self._journal.discover(found.ref, found.title, fingerprint(found))
        return True

    def _is_new(self, found: Found, entry: Entry | None) -> bool:
        """A document of the list of changes. What is as it was, and failed or has something for now, waits."""
        mark = fingerprint(found)
        if entry is None or entry.fingerprint != mark:
            self._journal.discover(found.ref, found.title, mark)
            return True
        if entry.state in ("dead", "empty") or (entry.state == "done" and not self._renewal.unknown(found.ref)):
            self.skipped += 1
            return False
        if self._journal.taken(entry) or entry.state == "failed" or _waits(entry):
            return False
        self._take(found, entry, mark)
        return True

    def _is_unfinished(self, found: Found, entry: Entry | None) -> bool:
        """A document of the list of everything, after all that is new: it is unfinished, or to be renewed."""
        mark = fingerprint(found)
        if entry is not None and (self._journal.taken(entry) or (entry.state == "failed" and not self._many_left)):
            return False
        if (
            self._request.due
            and entry is not None
            and entry.state == "failed"
            and entry.next_try > self._journal.clock()
        ):
            return False
        if entry is not None and entry.fingerprint == mark and self._finished(found, entry):
            self.skipped += 1
            return False
        if entry is None or entry.fingerprint != mark:
            self._journal.discover(found.ref, found.title, mark)
        else:
            self._take(found, entry, mark)
        return True

    def _is_selected(self, found: Found, entry: Entry | None) -> bool:
        """A document whose brief was made as the request says, and would be made otherwise today."""
        if isinstance(found, Unreadable) or not self._renewal.selected(found.ref) or self._renewal.fresh(found):
            self.skipped += 1
            return False
        mark = fingerprint(found)
        known = entry is not None and entry.fingerprint == mark
        self._journal.discover(found.ref, found.title, mark, priority=RENEWAL if known else NEW)
        return True

    def _take(self, found: Found, entry: Entry, mark: str) -> None:
        if entry.state in ("done", "dead"):
            self._journal.discover(found.ref, found.title, mark, priority=RENEWAL)
        else:
            self._journal.take_up([found.ref])

    def _finished(self, found: Found, entry: Entry) -> bool:
        """Whether nothing is to be done for a document that has not changed."""
        if entry.state == "dead":
            return not self._request.refresh
        if entry.state == "empty":
            return True
        if entry.state != "done" or self._renewal.unknown(found.ref):
            return False
        return not self._request.refresh or (isinstance(found, Document) and self._renewal.fresh(found))


_NeedsWork = Callable[[Found, Entry | None], bool]
_Pass = tuple[Callable[[], Awaitable[AsyncIterator[Found] | None]], _NeedsWork, Callable[[], Awaitable[None]] | None]


async def ahead(documents: AsyncIterator[Found]) -> AsyncGenerator[list[Found], None]:
    """The documents in batches: all that have come while the last batch was in hand, ``AHEAD`` at most.

    Fetching goes on meanwhile, until so many wait. What ``documents`` raises comes after what it gave.
    """
    queue: asyncio.Queue[Found | Exception | None] = asyncio.Queue(AHEAD)

    async def fetch() -> None:
        try:
            async for found in documents:
                await queue.put(found)
        except Exception as error:
            await queue.put(error)
        else:
            await queue.put(None)

    fetching = asyncio.create_task(fetch())
    try:
        while True:
            batch, end = await _batch(queue)
            if batch:
                yield batch
            if isinstance(end, Exception):
                raise end
            if end is None:
                return
    finally:
        fetching.cancel()
        await asyncio.wait([fetching])
        if isinstance(documents, AsyncGenerator):
            await documents.aclose()


async def _batch(queue: asyncio.Queue[Found | Exception | None]) -> tuple[list[Found], Exception | bool | None]:
    """What waits, one at least, and what came behind it: an error, None for the end, True when there is no end yet."""
    batch: list[Found] = []
    while not batch or not queue.empty():
        item = await queue.get()
        if item is None or isinstance(item, Exception):
            return batch, item
        batch.append(item)
    return batch, True


async def _nothing() -> AsyncIterator[Found]:
    return
    yield


def fingerprint(found: Found) -> str:
    """Of everything in a document that its brief depends on."""
    if isinstance(found, Unreadable):
        return files.sha256(f"{found.code} {found.reason}")
    created = found.created.isoformat() if found.created else None
    parts = [
        found.text_hash, found.title, created, found.tags, found.correspondent, found.document_type, found.language,
        found.page_count,
    ]  # fmt: skip
    return files.sha256(json.dumps(parts, ensure_ascii=True))


def _waits(entry: Entry) -> bool:
    """Whether it has something for now, and gives way to what is new."""
    return entry.state == "pending" and entry.priority == RENEWAL


def _missing(found: Found) -> bool:
    return isinstance(found, Unreadable) and found.code == DocumentMissing.code
