"""The contest: every contender summarises the same documents; what it says is scored by the same rules."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sitegen.enrich.cache import FOLDER, SummaryCache, cache_key
from sitegen.enrich.engines import open_engine
from sitegen.enrich.engines.base import Engine, Identity
from sitegen.enrich.engines.extractive import is_empty
from sitegen.enrich.evaluation import reference_file, rouge
from sitegen.enrich.evaluation.baselines import BASELINES
from sitegen.enrich.evaluation.contenders import Contender
from sitegen.enrich.evaluation.outcome import Outcome, Result, Trial
from sitegen.enrich.evaluation.reference_file import Reference
from sitegen.enrich.scores import audit, statements
from sitegen.enrich.summary import Summary
from sitegen.errors import EngineError, EngineUnreachable, EvaluationEmpty, SitegenError, raise_all
from sitegen.sources.base import Document, Source, Unreadable


@dataclass(frozen=True)
class Progress:
    """What an evaluation tells while it runs."""

    total: Callable[[int], None] = lambda count: None
    trial: Callable[[str, Trial], None] = lambda label, trial: None


@dataclass
class Papers:
    """The documents that are summarised."""

    documents: list[Document] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)


async def papers(source: Source, limit: int | None = None) -> Papers:
    """The first documents of a source, at most ``limit`` with text. Raises ``SourceError``, ``EvaluationEmpty``."""
    found = Papers()
    changes = await source.changes(None)
    # Closed by hand: what is left unread must not wait for the collector.
    async with contextlib.aclosing(changes.documents) as documents:  # type: ignore[type-var]
        async for document in documents:
            if isinstance(document, Unreadable):
                found.unreadable.append((document.ref, document.reason))
            elif is_empty(document.text):
                found.empty.append(document.ref)
            else:
                found.documents.append(document)
            if limit is not None and len(found.documents) >= limit:
                break
    if not found.documents:
        raise EvaluationEmpty("there are no documents with text to summarise")
    return found


async def compare(
    contenders: Sequence[Contender],
    found: Papers,
    references: Sequence[Reference] = (),
    progress: Progress | None = None,
) -> Outcome:
    """Lets each contender summarise all documents, one contender after the other: two models at once would drive each
    other out of the GPU's memory. Summaries are taken from the site's cache and kept there.

    Raises ``EngineError`` before anything is asked when a contender cannot be used at all.
    """
    progress = progress or Progress()
    texts, unmatched = reference_file.matched(references, found.documents)
    progress.total(len(contenders) * len(found.documents))
    async with contextlib.AsyncExitStack() as stack:
        engines = []
        for contender in contenders:
            engine = open_engine(contender.project)
            stack.push_async_callback(engine.aclose)
            engines.append(engine)
        identities = await _identities(engines)
        results = []
        for contender, engine, identity in zip(contenders, engines, identities, strict=True):
            cache = None if identity.engine == "extractive" else SummaryCache(contender.project.state / FOLDER)
            with contextlib.closing(cache) if cache else contextlib.nullcontext():
                turn = _Turn(contender, engine, identity, cache, texts, progress)
                results.append(await turn.result(found.documents))
    return Outcome(
        results=tuple(results),
        empty=tuple(found.empty),
        unreadable=tuple(found.unreadable),
        baselines=await asyncio.to_thread(_baselines, found.documents, texts) if texts else {},
        references=len(texts),
        unmatched=unmatched,
    )


async def _identities(engines: Sequence[Engine]) -> list[Identity]:
    found: list[Identity] = []
    problems: list[EngineError] = []
    for engine in engines:
        try:
            found.append(await engine.identity())
        except EngineError as error:
            problems.append(error)
    raise_all(problems)
    return found


@dataclass
class _Turn:
    """One contender's turn."""

    contender: Contender
    engine: Engine
    identity: Identity
    cache: SummaryCache | None
    texts: Mapping[str, tuple[str, ...]]
    """References by ref."""
    progress: Progress
    gone: EngineError | None = None
    """Why the engine cannot be asked any more: then the rest is not tried."""

    async def result(self, documents: Sequence[Document]) -> Result:
        started = time.monotonic()
        trials: dict[str, Trial] = {}
        waiting = iter(documents)

        async def work() -> None:
            for document in waiting:
                trial = trials[document.ref] = await self._trial(document)
                self.progress.trial(self.contender.label, trial)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self.engine.slots, len(documents))):
                    group.create_task(work())
        except ExceptionGroup as several:  # such as a full disk
            raise_all([error for error in several.exceptions if isinstance(error, SitegenError)])
            raise
        took = time.monotonic() - started
        ordered = tuple(trials[document.ref] for document in documents)
        return Result(self.contender.label, self.identity, ordered, took)

    async def _trial(self, document: Document) -> Trial:
        if self.gone is not None:
            return _failed(document, self.gone)
        started = time.monotonic()
        try:
            summary, known = await self._summary(document)
        except EngineError as error:
            if isinstance(error, EngineUnreachable):
                self.gone = error
            return _failed(document, error)
        took = time.monotonic() - started
        scores, missing = await asyncio.to_thread(audit, document.text, summary)
        return Trial(
            document.ref,
            document.title,
            summary.method,
            summary,
            scores,
            missing,
            seconds=summary.usage.seconds or took,  # a document that waits for a slot costs nothing
            known=known,
            rouge2=self._likeness(document, summary),
        )

    async def _summary(self, document: Document) -> tuple[Summary, bool]:
        if self.cache is None:
            return await self.engine.summarize(document), False
        key = cache_key(document.text_hash, document.language, self.identity)
        kept = self.cache.get(key)
        if kept is not None:
            return kept, True
        summary = await self.engine.summarize(document)
        self.cache.put(key, summary, self.identity)
        return summary, False

    def _likeness(self, document: Document, summary: Summary) -> float | None:
        references = self.texts.get(document.ref)
        return rouge.rouge2(" ".join(statements(summary)), references) if references else None


def _failed(document: Document, error: EngineError) -> Trial:
    return Trial(document.ref, document.title, "failed", code=error.code, reason=error.message)


def _baselines(documents: Sequence[Document], texts: Mapping[str, tuple[str, ...]]) -> dict[str, float]:
    chosen = [document for document in documents if document.ref in texts]
    return {
        name: statistics.fmean(
            rouge.rouge2(baseline(document, max(map(rouge.budget, texts[document.ref]))), texts[document.ref])
            for document in chosen
        )
        for name, baseline in BASELINES.items()
    }
