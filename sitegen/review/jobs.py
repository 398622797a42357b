"""Jobs: a text is made anew while the editor goes on reading; one at a time."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from sitegen.enrich.report import Progress, Report, Request, Status
from sitegen.errors import DeskBusy, SitegenError, Unexpected
from sitegen.settings import Project

WORDS = {
    "updated": "Made anew.",
    "merged": "Made anew; what you had changed is as it was.",
    "proposed": "Made anew; what you and the new text both changed waits as a proposal.",
    "unchanged": "The engine says the same.",
    "waiting": "The engine could not be reached; the brief is as it was.",
    "deleted": "The brief was deleted meanwhile.",
    "empty": "The document has no text.",
}


@dataclass(frozen=True, slots=True)
class Job:
    """How the making of a text stands."""

    number: int
    path: str
    """The brief, below the folder of briefs."""
    began: float
    note: str = "Waiting for the engine."
    ended: bool = False
    error: str = ""

    def as_dict(self) -> dict[str, object]:
        seconds = round(time.monotonic() - self.began)
        return {
            "number": self.number,
            "path": self.path,
            "note": self.note,
            "ended": self.ended,
            "error": self.error,
            "seconds": seconds,
        }


Run = Callable[[Project, Request, Progress], Report]


def run(project: Project, request: Request, progress: Progress) -> Report:
    """A pull, on a loop of its own. Raises ``SitegenError``."""
    from sitegen.enrich.engines import open_engine
    from sitegen.enrich.pipeline import pull
    from sitegen.sources import open_source

    async def work() -> Report:
        source = open_source(project)
        try:
            engine = open_engine(project)
            try:
                return await pull(project, source, engine, request, progress)
            finally:
                await engine.aclose()
        finally:
            await source.aclose()

    return asyncio.run(work())


class Jobs:
    """At most one job is under way; the last one is remembered."""

    def __init__(self, run: Run = run) -> None:
        self._run = run
        self._lock = threading.Lock()
        self._heard: list[Callable[[], object]] = []
        self.last: Job | None = None

    def begin(self, project: Project, path: str, source: str, note: str | None) -> Job:
        """Has the text of a document made anew. Raises ``DeskBusy``.

        The thread ends with the process, as a pull may at any time: the next one goes on from there.
        """
        with self._lock:
            if self.last is not None and not self.last.ended:
                raise DeskBusy("another text is being made", place=self.last.path)
            job = self.last = Job((self.last.number if self.last else 0) + 1, path, time.monotonic())
        request = Request(documents=(source,), refresh=True, note=note)
        threading.Thread(target=self._work, args=(project, request), name="regenerate", daemon=True).start()
        return job

    @contextmanager
    def heard(self, call: Callable[[], object]) -> Iterator[None]:
        """Calls it, in any thread, whenever there are news of a job while the block runs."""
        self._heard.append(call)
        try:
            yield
        finally:
            self._heard.remove(call)

    def _work(self, project: Project, request: Request) -> None:
        note, error = "", ""
        try:
            note, error = _outcome(self._run(project, request, Progress(status=self._stand)))
        except SitegenError as problem:
            error = "; ".join(f"{one} [{one.code}]. {one.remedy}" for one in problem.problems)
        except Exception as problem:  # a fault of ours must not leave the job under way for ever
            error = str(Unexpected(f"{type(problem).__name__}: {problem}"))
        finally:
            self._tell(note=note, error=error or ("" if note else "it ended without a result"), ended=True)

    def _stand(self, status: Status) -> None:
        if status.tokens_per_second:
            self._tell(note=f"The engine is at work, {status.tokens_per_second:.0f} tokens/s.")

    def _tell(self, **news: object) -> None:
        with self._lock:
            assert self.last is not None
            self.last = replace(self.last, **news)  # type: ignore[arg-type]
        for call in tuple(self._heard):
            with suppress(RuntimeError):  # whose loop has ended
                call()


def _outcome(report: Report) -> tuple[str, str]:
    """What to say of a run, and what went wrong."""
    if report.engine_error is not None:
        problem = report.engine_error
        return "", f"{problem} [{problem.code}]. {problem.remedy}"
    if not report.results:
        return WORDS["unchanged"], ""
    result = report.results[0]
    if result.bad:
        return "", f"{result.reason} [{result.code}]"
    return WORDS.get(result.done, result.done), ""
