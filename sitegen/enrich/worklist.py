"""The worklist: which documents need work, each noted in the journal before it is handed on."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable

from sitegen import files
from sitegen.briefs.store import Store
from sitegen.enrich.journal import Entry, Journal
from sitegen.enrich.report import Request
from sitegen.errors import BriefMissing, DocumentMissing, DocumentUnreadable
from sitegen.sources.base import Document, Source, Unreadable

Fresh = Callable[[Document], Awaitable[bool]]
"""Whether the brief of an unchanged document is what the engine would make today."""


class Worklist:
    """The documents of one pull: what the source says has changed, then what earlier runs left unfinished."""

    def __init__(self, source: Source, journal: Journal, store: Store, request: Request, fresh: Fresh) -> None:
        self._source, self._journal, self._store, self._request = source, journal, store, request
        self._fresh = fresh
        self.skipped = 0
        """Documents that the source named and that need no work."""
        self.gone: list[str] = []
        self.total: int | None = None
        """About how many documents will come, once that is known."""

    async def documents(self) -> AsyncGenerator[Document | Unreadable, None]:
        """What needs work. Raises ``SourceError`` when the source as a whole breaks down."""
        listing = self._named(self._request.documents) if self._request.documents else self._listed()
        async for found in listing:
            if await self._needs_work(found):
                yield found

    def is_new(self, ref: str) -> bool:
        """Whether a document has no brief yet."""
        return self._store.by_source(ref) is None

    async def _named(self, names: Iterable[str]) -> AsyncIterator[Document | Unreadable]:
        refs = list(dict.fromkeys(map(self._ref, names)))
        self.total = len(refs)
        for ref in refs:
            yield await self._fetch(ref, ref)

    def _ref(self, name: str) -> str:
        """A document by its ref, by its number or path in the source, or by its brief."""
        prefix = f"{self._source.kind}:"
        if name.startswith(prefix) or self._journal.entry(f"{prefix}{name}"):
            return name if name.startswith(prefix) else f"{prefix}{name}"
        try:
            return self._store.find(name).matter.source or f"{prefix}{name}"
        except BriefMissing:
            return f"{prefix}{name}"

    async def _fetch(self, ref: str, title: str) -> Document | Unreadable:
        try:
            return await self._source.document(ref)
        except (DocumentMissing, DocumentUnreadable) as error:
            return Unreadable(ref, title, error.code, error.message)

    async def _listed(self) -> AsyncIterator[Document | Unreadable]:
        kind, request = self._source.kind, self._request
        cursor = None if request.refresh or request.since else self._journal.cursor(kind)
        left = {entry.ref: entry for entry in self._unfinished()}
        changes = await self._source.changes(cursor, since=request.since)
        self.total = changes.total
        seen: set[str] = set()
        async for found in changes.documents:
            seen.add(found.ref)
            entry = left.get(found.ref)
            # What failed before and has not changed waits behind what is new.
            if entry is None or entry.state != "failed" or entry.fingerprint != fingerprint(found):
                left.pop(found.ref, None)
                yield found
        if not request.partial:
            present = frozenset(seen) if changes.complete else await self._source.refs()
            self.gone = self._journal.mark_gone(present, f"{kind}:")
            self._journal.save_cursor(kind, changes.cursor)
        if request.since is None:
            for entry in left.values():
                again = await self._fetch(entry.ref, entry.title)
                if not isinstance(again, Unreadable) or again.code != DocumentMissing.code:
                    yield again

    def _unfinished(self) -> list[Entry]:
        """Documents that wait, and those whose brief and record have both vanished since they were done."""
        lost = (entry for entry in self._journal.entries("done") if not entry.gone and self._store.unknown(entry.ref))
        prefix = f"{self._source.kind}:"
        return [entry for entry in (*self._journal.waiting(), *lost) if entry.ref.startswith(prefix)]

    async def _needs_work(self, found: Document | Unreadable) -> bool:
        """Whether there is something to do for a document; the journal knows of it before this returns."""
        if isinstance(found, Unreadable) and found.code == DocumentMissing.code:
            return True  # reported, but no document of ours
        entry = self._journal.entry(found.ref)
        mark = fingerprint(found)
        known = entry is not None and entry.fingerprint == mark
        if entry is not None and known and not self._request.documents and await self._finished(found, entry):
            self.skipped += 1
            return False
        asked_for = bool(self._request.documents) or (self._request.refresh and not _failed(entry))
        if (not known or asked_for or _done(entry)) and not self._request.dry_run:
            self._journal.discover(found.ref, found.title, mark)
        return True

    async def _finished(self, found: Document | Unreadable, entry: Entry) -> bool:
        """Whether nothing is to be done for a document that has not changed."""
        if entry.state == "dead":
            return not self._request.refresh
        if entry.state == "empty":
            return True
        if entry.state != "done" or self._store.unknown(found.ref):
            return False
        return not self._request.refresh or (isinstance(found, Document) and await self._fresh(found))


def fingerprint(found: Document | Unreadable) -> str:
    """Of everything in a document that its brief depends on."""
    if isinstance(found, Unreadable):
        return files.sha256(f"{found.code} {found.reason}")
    created = found.created.isoformat() if found.created else None
    parts = [
        found.text_hash, found.title, created, found.tags, found.correspondent, found.document_type, found.language,
        found.page_count,
    ]  # fmt: skip
    return files.sha256(json.dumps(parts, ensure_ascii=True))


def _failed(entry: Entry | None) -> bool:
    return entry is not None and entry.state == "failed"


def _done(entry: Entry | None) -> bool:
    return entry is not None and entry.state in ("done", "dead")
