"""Renewal: bringing one document's brief up to date, at no more cost than it takes."""

from __future__ import annotations

import asyncio
import datetime as dt

from sitegen.briefs.model import Generated, generate, with_metadata
from sitegen.briefs.provenance import Made
from sitegen.briefs.store import Store
from sitegen.enrich.cache import SummaryCache, cache_key
from sitegen.enrich.engines.base import Engine, Identity
from sitegen.enrich.journal import Journal
from sitegen.enrich.report import Done, Request, Result
from sitegen.enrich.scores import score
from sitegen.enrich.summary import Summary
from sitegen.enrich.worklist import fingerprint
from sitegen.errors import EngineError
from sitegen.settings import Project
from sitegen.sources.base import Document


class Renewal:
    """Makes briefs out of documents, one at a time or several at once."""

    def __init__(
        self, project: Project, engine: Engine, store: Store, journal: Journal, cache: SummaryCache, request: Request
    ) -> None:
        self._status: str = project.settings.briefs.initial_status
        self._engine, self._store, self._journal, self._cache = engine, store, journal, cache
        self._request = request
        self._identity: Identity | None = None
        self._asked: dict[str, asyncio.Future[Summary]] = {}
        """Summaries that are being made, by cache key: equal texts are paid for once."""
        self.engine_error: EngineError | None = None
        """Why the engine cannot be used at all."""

    async def identity(self) -> Identity:
        """Who summarises; asked for only when a document needs it, so that a quiet day needs no engine."""
        if self._identity is None:
            try:
                self._identity = await self._engine.identity()
            except EngineError as error:
                self.engine_error = error
                raise
        return self._identity

    async def fresh(self, document: Document) -> bool:
        """Whether the document's last generated text is what the engine would make today."""
        record = self._store.record(document.ref)
        if record is None:
            return False
        made = record.proposal.made if record.proposal else record.made
        return made is not None and made.cache_key == await self._key(document)

    async def _key(self, document: Document) -> str:
        return cache_key(document.text_hash, document.language, await self.identity())

    async def renew(self, document: Document) -> Result:
        """Writes the brief of a document, or a proposal, or nothing. Raises ``SitegenError``."""
        from sitegen.enrich.engines.extractive import is_empty

        if is_empty(document.text):
            return self._finish(document, "empty", reason="it has no text")
        self._store.check(document.ref)
        if self._store.deleted(document.ref):
            return self._finish(document, "deleted")
        asked = False
        kept = await self._kept(document)
        if kept is not None:
            generated, made = kept
        else:
            key, identity = await self._key(document), await self.identity()
            summary, asked = await self._summary(document, key, identity)
            made = await asyncio.to_thread(_made, document, summary, key, identity)  # scores take time
            generated = self._generate(document, summary)
        entry = self._journal.entry(document.ref)
        self._journal.intend(document.ref, generated.sha256)
        outcome = self._store.save(document.ref, generated, made, ours=entry.writing if entry else "")
        return self._finish(document, outcome, asked=asked)

    def _finish(self, document: Document, done: Done, *, asked: bool = False, reason: str = "") -> Result:
        self._journal.finish(document.ref, "empty" if done == "empty" else "done", fingerprint(document))
        brief = self._store.by_source(document.ref)
        return Result(document.ref, document.title, done, brief.path if brief else None, asked, reason=reason)

    async def _kept(self, document: Document) -> tuple[Generated, Made] | None:
        """The text there is, with new metadata, when the document's own text is the one it was made from.

        The record in git is enough for this: a fresh clone, without cache or journal, makes no engine call.
        """
        record = self._store.record(document.ref)
        if record is None or record.generated is None or record.made is None:
            return None
        text, made = record.generated, record.made
        if record.proposal is not None:
            text, made = record.proposal.text, record.proposal.made
        if made.text_hash != document.text_hash:
            return None
        if self._request.refresh and made.cache_key != await self._key(document):
            return None
        return with_metadata(text.generated(), document), made

    async def _summary(self, document: Document, key: str, identity: Identity) -> tuple[Summary, bool]:
        """From the cache, else from the engine; whether the engine was asked."""
        if (under_way := self._asked.get(key)) is not None:
            return await asyncio.shield(under_way), False
        cached = self._cache.get(key)
        if cached is not None:
            return cached, False
        self._asked[key] = asyncio.get_running_loop().create_future()
        try:
            summary = await self._engine.summarize(document)
            self._cache.put(key, summary, identity)
        except BaseException as error:
            self._asked[key].set_exception(error if isinstance(error, Exception) else asyncio.CancelledError())
            self._asked[key].exception()  # looked at, so that nobody waiting is no news
            raise
        else:
            self._asked[key].set_result(summary)
        finally:
            del self._asked[key]
        return summary, True

    def _generate(self, document: Document, summary: Summary) -> Generated:
        record, brief = self._store.record(document.ref), self._store.by_source(document.ref)
        title = summary.title if summary.method == "summary" and summary.title else document.title
        slug, status = self._store.slug_for(document.ref, title, summary.language), self._status
        # Once it exists, address and status of a brief are the editor's; a setting changed later must not publish it.
        if record is not None and record.generated is not None:
            slug, status = record.generated.fields["slug"], record.generated.fields["status"]
        elif brief is not None:
            status = brief.matter.status
        return generate(document, summary, slug=slug, status=status)


def _made(document: Document, summary: Summary, key: str, identity: Identity) -> Made:
    usage = summary.usage
    return Made(
        method=summary.method,
        engine=identity.engine,
        model=identity.model,
        digest=identity.digest,
        server=identity.server,
        prompt=identity.prompt,
        at=dt.datetime.now(dt.UTC).replace(microsecond=0),
        text_hash=document.text_hash,
        cache_key=key,
        pages_read=summary.pages_read,
        pages_total=summary.pages_total,
        dropped=summary.dropped,
        notes=summary.notes,
        calls=usage.calls,
        prompt_tokens=usage.prompt_tokens,
        answer_tokens=usage.answer_tokens,
        seconds=round(usage.seconds, 3),
        scores=score(document.text, summary),
    )
