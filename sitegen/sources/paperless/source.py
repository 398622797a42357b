"""``PaperlessSource``: what changed, what exists, one document, and how the server is."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import httpx

from sitegen.errors import DocumentMissing, SourceAnswerInvalid
from sitegen.settings import Paperless
from sitegen.sources.base import Changes, Cursor, Document, Finding, Unreadable
from sitegen.sources.paperless import doctor, lookups, paper
from sitegen.sources.paperless.api import MAX_BODY, Api, Clock, Sleep, now
from sitegen.sources.paperless.listing import Listing, admitted, ids, parse_utc, utc_text
from sitegen.sources.paperless.lookups import Lookups

FORMAT = 1
"""Of the cursor; one of another format is not used, and everything is listed again."""


@dataclass(frozen=True, slots=True)
class _Known:
    """The cursor: what was seen so far. Everything is None or empty where the cursor does not say it properly."""

    watermark: dt.datetime | None = None
    """The newest ``modified`` seen."""
    compared: dt.datetime | None = None
    """When everything was listed for the last time, by this machine's clock."""
    fingerprint: str = ""
    """Of lookups and scope."""

    @classmethod
    def of(cls, cursor: Cursor | None) -> _Known:
        if cursor is None or cursor.get("format") != FORMAT:
            return cls()
        return cls(
            parse_utc(cursor.get("watermark")), parse_utc(cursor.get("compared")), str(cursor.get("fingerprint"))
        )

    def as_cursor(self) -> dict[str, object]:
        times = {"watermark": self.watermark, "compared": self.compared}
        told = {name: utc_text(when) for name, when in times.items() if when is not None}
        return {"format": FORMAT, **told, "fingerprint": self.fingerprint}


class PaperlessSource:
    """The documents of a Paperless-ngx server that carry the tag for publication.

    Raises ``SecretMissing``, ``SourceRefused`` or ``SettingsInvalid`` when token or address cannot be right; speaks to
    the server only when asked something. ``root`` is the site's folder, in which ``ca_file`` is looked up. The other
    arguments are seams for tests.
    """

    kind = paper.KIND

    def __init__(
        self,
        settings: Paperless,
        token: str,
        *,
        root: Path | None = None,
        clock: Clock = now,
        sleep: Sleep = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
        transport: httpx.AsyncBaseTransport | None = None,
        max_body: int = MAX_BODY,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._api = Api(
            settings,
            token,
            ca_file=settings.ca_file if root is None or settings.ca_file is None else root / settings.ca_file,
            clock=clock,
            sleep=sleep,
            jitter=jitter,
            transport=transport,
            max_body=max_body,
        )

    async def changes(self, cursor: Cursor | None, *, since: dt.date | None = None) -> Changes:
        """See ``Source.changes``. Each document comes once; when it changes meanwhile, the next call gives it again.

        ``since`` is a day of this machine's time zone. A call that leaves documents out because of it keeps the cursor.
        """
        names = await lookups.fetch(self._api)
        scope = lookups.scope(self._settings, names)
        known = _Known.of(cursor)
        fingerprint = lookups.fingerprint(names, scope, self._settings.url)
        everything = known.watermark is None or known.fingerprint != fingerprint or self._compare_is_due(known)
        start = None if everything or known.watermark is None else self._overlapped(known.watermark)
        first_day = None if since is None else _midnight(since)
        partial = first_day is not None and (start is None or start < first_day)
        listing = Listing(self._api, scope, first_day if partial else start, self._settings.page_size)
        compared = self._clock() if everything else known.compared
        total = await listing.begin()
        kept: dict[str, object] = dict(cursor or {}) if partial else {}

        async def documents() -> AsyncIterator[Document | Unreadable]:
            async for result in listing.results():
                if admitted(result, scope):
                    yield paper.document_or_unreadable(result, names, scope)
            if not partial:
                kept.update(_Known(listing.watermark(), compared, fingerprint).as_cursor())

        return Changes(documents(), total, kept, complete=everything and not partial)

    async def refs(self) -> Iterable[str]:
        """See ``Source.refs``. Raises ``SourceAnswerInvalid`` when the server does not filter by tag: every document
        would seem to be public still."""
        scope = lookups.scope(self._settings, Lookups(await lookups.fetch_tags(self._api)))
        found = await ids(self._api, scope)
        params = {**scope.contradiction, "page_size": "1", "fields": "id"}
        probe = await self._api.page("documents/", params)
        if probe is not None and probe.count:
            raise SourceAnswerInvalid("Paperless ignores the filter by tag", place=self._api.url("documents/"))
        return map(paper.ref_of, found)

    async def document(self, ref: str) -> Document:
        """See ``Source.document``."""
        number = paper.id_of(ref)
        names = await lookups.fetch(self._api)
        scope = lookups.scope(self._settings, names)
        result = None if number is None else await self._api.find(f"documents/{number}/")
        if result is None:
            raise DocumentMissing("Paperless has no such document, or the user may not see it", place=ref)
        if result.get("id") != number:
            raise SourceAnswerInvalid("the answer is another document than the one asked for", place=ref)
        if not admitted(result, scope):
            raise DocumentMissing("the document is not marked for publication", place=ref)
        return paper.document(result, names, scope)

    async def check(self) -> list[Finding]:
        """See ``Source.check``."""
        self._api.retries = 0  # who asks what is wrong wants to know it now
        try:
            return await doctor.check(self._api, self._settings)
        finally:
            self._api.retries = self._settings.retries

    async def aclose(self) -> None:
        await self._api.aclose()

    def _overlapped(self, watermark: dt.datetime) -> dt.datetime:
        try:
            return watermark - dt.timedelta(seconds=self._settings.overlap)
        except OverflowError:
            return watermark

    def _compare_is_due(self, known: _Known) -> bool:
        if known.compared is None:
            return True
        passed = self._clock() - known.compared
        # A last compare in the future comes from a clock that was wrong.
        return not dt.timedelta(0) <= passed < dt.timedelta(hours=self._settings.full_compare_hours)


def _midnight(day: dt.date) -> dt.datetime:
    """When the day begins in this machine's time zone."""
    try:
        return dt.datetime.combine(day, dt.time()).astimezone()
    except (OverflowError, ValueError, OSError):  # at the ends of the calendar
        return dt.datetime.combine(day, dt.time(), dt.UTC)
