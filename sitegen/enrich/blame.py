"""Blame: what an error means for the document that met it: another try later, an editor's affair, or the engine's."""

from __future__ import annotations

from sitegen.enrich.journal import Journal
from sitegen.enrich.report import Done, Result
from sitegen.errors import (
    CloudModelRefused,
    ContentError,
    DocumentMissing,
    EngineBusy,
    EngineError,
    EngineFailing,
    EngineRejected,
    EngineUnreachable,
    ModelMissing,
    SitegenError,
    Unexpected,
)
from sitegen.sources.base import Document, Unreadable

_ENGINE_DOWN = (EngineUnreachable, ModelMissing, CloudModelRefused)
"""Errors that the next document would meet as well."""
_ENGINE_FAULTS = (EngineBusy, EngineFailing, EngineRejected)
"""Errors of the engine that may be a document's fault; not when one document after another meets them."""
_MOST_FAULTS = 3


class Blame:
    """Notes failures in the journal. Used at the desk, but for ``engine_is_well``."""

    def __init__(self, journal: Journal, attempts_allowed: int) -> None:
        self._journal, self._allowed = journal, attempts_allowed
        self._faults: list[tuple[str, bool]] = []
        """The documents of the last answers, when all of them were faults of the engine; and which of them count."""

    def engine_is_well(self) -> None:
        """It has made a summary."""
        self._faults.clear()

    def document(self, document: Document, error: Exception, *, counted: bool) -> Result:
        """The result of a document that met an error. Raises the error when the whole run cannot go on."""
        ref = document.ref
        if not isinstance(error, SitegenError):
            error = Unexpected(f"{type(error).__name__}: {error}")
        problem = error.problems[0]
        done: Done = "failed"
        if isinstance(problem, ContentError):  # its brief is broken, which is an editor's to mend
            self._journal.excuse(ref, problem.code, str(problem), counted=counted)
        else:
            done = self._failed(ref, problem.code, problem.message)
        self._engine_fault(error, ref, counted)
        if isinstance(error, _ENGINE_DOWN):
            # The engine may have gone down over this very document: the attempt stays counted, and it waits its turn.
            raise error
        tokens = sum(error.spent[:2]) if isinstance(error, EngineError) else 0
        return Result(ref, document.title, done, code=problem.code, reason=str(problem), tokens=tokens)

    def unreadable(self, found: Unreadable, *, dry_run: bool) -> Result:
        """The result of a document that its source could not read."""
        done: Done = "failed"
        if not dry_run and found.code != DocumentMissing.code:
            self._journal.start(found.ref)
            done = self._failed(found.ref, found.code, found.reason)
        return Result(found.ref, found.title, done, code=found.code, reason=found.reason)

    def _engine_fault(self, error: Exception, ref: str, counted: bool) -> None:
        """Ends the run when document after document meets a fault of the engine: it is the engine's, not theirs."""
        if not isinstance(error, _ENGINE_FAULTS):
            self._faults.clear()
            return
        self._faults.append((ref, counted))
        if len(self._faults) >= _MOST_FAULTS:
            for blamed, was_counted in self._faults:
                self._journal.excuse(blamed, error.code, error.message, counted=was_counted)
            raise error

    def _failed(self, ref: str, code: str, reason: str) -> Done:
        return "dead" if self._journal.fail(ref, code, reason, attempts_allowed=self._allowed) == "dead" else "failed"
