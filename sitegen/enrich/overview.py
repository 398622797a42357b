"""What there is: every brief and every unfinished document, its state and why."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from sitegen import files
from sitegen.briefs import states
from sitegen.briefs.findings import Findings
from sitegen.briefs.provenance import Made, Proposal, Record
from sitegen.briefs.store import Brief, Store
from sitegen.enrich.journal import FILE_NAME, Entry, Journal
from sitegen.enrich.scores import Scores
from sitegen.errors import Place, PromptBroken, SitegenError, StorageError
from sitegen.privacy.folder import guard_of
from sitegen.settings import Engine, Project


@dataclass(frozen=True, slots=True)
class Line:
    """One brief, or one document that has none."""

    status: str
    title: str
    source: str | None
    brief: str | None
    """The file, below the site's folder."""
    flags: tuple[str, ...] = ()
    why: str = ""
    scores: Scores | None = None
    """Of the text as it was generated; None when there is no record of them."""
    tags: tuple[str, ...] = ()
    at: dt.datetime | None = None
    """When the brief was last made, proposed anew or moved by an editor, as its record says; without one, when its file
    was written."""

    def as_dict(self) -> dict[str, object]:
        return {
            **{name: getattr(self, name) for name in self.__slots__},
            "at": self.at and self.at.isoformat(timespec="seconds"),
            "scores": self.scores.model_dump(exclude_none=True) if self.scores else None,
        }


PRIVATE = "may be private"
KEPT = 64
"""Briefs that a list keeps in memory."""


def private(project: Project, store: Store, lines: Iterable[Line]) -> list[Line]:
    """The lines with a flag for each brief that the privacy guard keeps from being published; it looks into all texts.

    Raises ``NamesMissing`` or another ``ContentError``.
    """
    guard, found = guard_of(project), []
    for line in lines:
        path = line.brief and Path(line.brief).relative_to(project.settings.build.briefs).as_posix()
        stops = path and Findings.of(guard, store.briefs[path].text, line.brief or "").stops
        found.append(replace(line, flags=(*line.flags, PRIVATE)) if stops else line)
    return found


def worst_first(lines: Iterable[Line]) -> list[Line]:
    """Those with the lowest share of what stands in the document first; those without scores last."""
    return sorted(lines, key=lambda line: line.scores.weakest if line.scores else 2.0)


def overview(project: Project, *, deleted: bool = False, keep: int | None = None) -> tuple[list[Line], Store]:
    """All briefs by title, then all documents without one; and the store they were read from, which keeps so many of
    them in memory.

    With ``deleted`` those as well whose briefs editors deleted.

    What cannot be read is among ``Store.broken``; it does not hide the rest.
    """
    known, lines = entries(project), list[Line]()

    def tell(store: Store, brief: Brief) -> None:
        lines.append(line_of(project, store, brief, known.get(brief.matter.source or "")))

    store = Store.open(project.briefs, keep=keep, each=tell)
    lines.sort(key=lambda line: (line.title.casefold(), line.brief or ""))
    without = [entry for entry in known.values() if store.path_of(entry.ref) is None]
    lines += [_line_without(entry) for entry in without if entry.state != "done"]
    lines += [
        Line("pending", entry.title, entry.ref, None, (), "its brief is gone; the next pull makes it again")
        for entry in without
        if entry.state == "done" and _to_be_made_again(project, store, entry)
    ]
    if deleted:
        lines += map(_line_deleted, store.tombstones())
    return lines, store


def entries(project: Project) -> dict[str, Entry]:
    """What the journal knows, by ref. Reads only: the site may lie on a drive that takes no writes."""
    path = project.state / FILE_NAME
    if not path.exists():
        return {}
    with _journal(path) as journal:
        return {entry.ref: entry for entry in journal.entries()}


def record_of(store: Store, brief: Brief) -> Record | None:
    """The provenance of a brief; what is wrong with it, when it cannot be read, is put to ``Store.broken``."""
    if not brief.matter.source:
        return None
    try:
        return store.record(brief.matter.source)
    except SitegenError as error:
        told = set(map(str, store.broken))
        store.broken.extend(problem for problem in error.problems if str(problem) not in told)
        return None


def line_of(project: Project, store: Store, brief: Brief, entry: Entry | None) -> Line:
    """One brief's line, with all that an editor should know about it."""
    flags: list[str] = []
    why: list[str] = []
    record = record_of(store, brief)
    if record is not None:
        if states.reworded(record, brief.text):
            flags.append("edited")
        if (proposal := record.waiting(brief.text)) is not None:
            flags.append("proposal")
            flags += ["facts changed"] if proposal.reasons else []
            why.append(_waits(proposal, brief))
        if reason := stale(record, project.settings.engine, project.path(project.settings.engine.prompts)):
            flags.append("stale")
            why.append(reason)
    flags += _standing(brief, record)
    if entry.gone if entry is not None else record is not None and record.gone is not None:
        flags.append("source gone")
    if entry is not None and entry.state in ("failed", "dead"):
        why.append(_why(entry))
    path = str(Path(project.settings.build.briefs, brief.path))
    scores = record.made.scores if record is not None and record.made is not None else None
    matter = brief.matter
    at = _last(record) if record is not None else _written(store.root / brief.path)
    why_not = "; ".join(why)
    return Line(matter.status, matter.title, matter.source, path, tuple(flags), why_not, scores, matter.tags, at)


def _standing(brief: Brief, record: Record | None) -> Iterator[str]:
    """Whether it is approved, and whether its days keep it back."""
    found = states.standing(record, brief.text)
    if found and brief.matter.status != "withdrawn":
        yield "approved" if found == "approved" else "changed since approval"
    if brief.matter.status == "published" and (hidden := brief.matter.hidden_on(dt.date.today())):  # noqa: DTZ011
        yield hidden


def _last(record: Record) -> dt.datetime | None:
    made = (record.made, record.proposal.made if record.proposal else None, *record.history[-1:])
    return max((_zoned(part.at) for part in made if part is not None), default=None)


def _zoned(at: dt.datetime) -> dt.datetime:
    return at if at.tzinfo is not None else at.replace(tzinfo=dt.UTC)


def _written(path: Path) -> dt.datetime | None:
    with contextlib.suppress(OSError):
        return dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
    return None


def _waits(proposal: Proposal, brief: Brief) -> str:
    if proposal.reasons:
        return f"a newer text of a published brief differs in facts: {', '.join(proposal.reasons)}"
    return (
        f"a newer text waits, since the brief {'is published' if brief.matter.status == 'published' else 'was edited'}"
    )


def stale(record: Record, engine: Engine, prompts: Path | None = None) -> str:
    """Why a brief is not what would be made today, as far as that is known without asking the engine; else empty.

    Compared are engine, model and prompt; for the built-in engine its version. Other weights under the same name, and
    other options, are not seen here.
    """
    made = record.proposal.made if record.proposal else record.made
    if made is None:
        return ""
    if made.provisional:
        return "an extract for now: the engine could not be reached when it was made"
    if made.engine != engine.kind:
        return f"made by {made.engine}, the settings say {engine.kind}"
    model = {"ollama": engine.ollama.model, "openai": engine.openai.model}.get(engine.kind, made.model)
    if model.removesuffix(":latest") != made.model.removesuffix(":latest"):
        return f"made with {made.model}, the settings say {model}"
    return _outdated(made, engine, prompts)


def _outdated(made: Made, engine: Engine, prompts: Path | None) -> str:
    if engine.kind == "extractive":
        digest = _extractive_version()
        same = made.model != "lexrank" or made.digest == digest
        return "" if same else f"made by version {made.digest} of the built-in engine, this is {digest}"
    answer_tokens = engine.ollama.num_predict if engine.kind == "ollama" else engine.openai.num_predict
    try:
        now = _prompt(answer_tokens, prompts)
    except PromptBroken as error:
        return str(error)
    return "" if made.prompt == now else f"made with the prompt {made.prompt or 'of none'}, it is now {now}"


@cache
def _extractive_version() -> str:
    from sitegen.enrich.engines.extractive import VERSION

    return VERSION


@cache
def _prompt(answer_tokens: int, folder: Path | None) -> str:
    from sitegen.enrich.prompts import Prompts
    from sitegen.enrich.summarize import prompt

    return prompt(answer_tokens, Prompts(folder))


@contextlib.contextmanager
def _journal(path: Path) -> Iterator[Journal]:
    """The journal, or a copy where nothing can be written: SQLite writes beside a file even to read it."""
    with contextlib.ExitStack() as stack:
        copy = path
        if not all(os.access(place, os.W_OK, effective_ids=_EFFECTIVE) for place in (path, path.parent)):
            copy = Path(stack.enter_context(tempfile.TemporaryDirectory())) / FILE_NAME
            with files.guarded(path):
                for name in filter(os.path.exists, (str(path), f"{path}-wal")):
                    shutil.copyfile(name, copy.with_name(Path(name).name))
        try:
            journal = Journal(copy)
            stack.callback(journal.close)
            yield journal
        except StorageError as error:
            error.place = Place(str(path))
            raise


_EFFECTIVE = os.access in os.supports_effective_ids


def _line_deleted(record: Record) -> Line:
    title = "" if record.latest is None else str(record.latest[0].fields.get("title") or "")
    why = f"its file {record.brief} was deleted; `sitegen brief restore` brings it back"
    return Line("deleted", title, record.source, None, (), why)


def _line_without(entry: Entry) -> Line:
    state = "pending" if entry.state == "running" else entry.state
    return Line(state, entry.title, entry.ref, None, _gone(entry), _why(entry))


def _to_be_made_again(project: Project, store: Store, entry: Entry) -> bool:
    """Whether the brief of a finished document is lost: with a record left an editor deleted it, which stands."""
    ours = entry.ref.startswith(f"{project.settings.source.kind}:") and not entry.gone
    if not ours or not store.unknown(entry.ref):
        return False
    try:
        store.check(entry.ref)
    except SitegenError:
        return False  # it is there, and cannot be read
    return True


def _gone(entry: Entry) -> tuple[str, ...]:
    return ("source gone",) if entry.gone else ()


def _why(entry: Entry) -> str:
    if entry.state == "empty":
        return "the document has no text"
    if entry.state in ("failed", "dead"):
        tries = f", after {entry.attempts} {'try' if entry.attempts == 1 else 'tries'}" if entry.attempts else ""
        return f"{entry.reason} [{entry.code}]{tries}"
    return ""
