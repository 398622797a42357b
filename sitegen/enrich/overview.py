"""What there is: every brief and every unfinished document, its state and why."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from sitegen import files
from sitegen.briefs.provenance import Record
from sitegen.briefs.store import Brief, Store
from sitegen.enrich.journal import FILE_NAME, Entry, Journal
from sitegen.settings import Engine, Project

FLAGS = ("edited", "proposal", "stale", "source gone")
STATUSES = ("draft", "published", "pending", "empty", "failed", "dead")


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

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def overview(project: Project) -> tuple[list[Line], Store]:
    """All briefs by title, then all documents without one; and the store they were read from."""
    store = Store.open(project.briefs)
    entries = _entries(project)
    lines = [line_of(project, store, brief, entries.get(brief.matter.source or "")) for brief in store.briefs.values()]
    lines.sort(key=lambda line: (line.title.casefold(), line.brief or ""))
    lines += [
        Line(
            "pending" if entry.state == "running" else entry.state,
            entry.title,
            entry.ref,
            None,
            _gone(entry),
            _why(entry),
        )
        for entry in entries.values()
        if entry.state != "done" and store.by_source(entry.ref) is None
    ]
    return lines, store


def line_of(project: Project, store: Store, brief: Brief, entry: Entry | None) -> Line:
    """One brief's line, with all that an editor should know about it."""
    flags: list[str] = []
    why: list[str] = []
    record = store.record(brief.matter.source) if brief.matter.source else None
    if record is not None:
        if record.generated is not None and files.sha256(brief.text) != record.generated.sha256:
            flags.append("edited")
        if record.proposal is not None:
            flags.append("proposal")
            why.append("a newer text waits, since the brief was edited")
        if reason := stale(record, project.settings.engine):
            flags.append("stale")
            why.append(reason)
    if entry is not None:
        flags += _gone(entry)
        if entry.state in ("failed", "dead"):
            why.append(_why(entry))
    path = str(Path(project.settings.build.briefs, brief.path))
    return Line(brief.matter.status, brief.matter.title, brief.matter.source, path, tuple(flags), "; ".join(why))


def stale(record: Record, engine: Engine) -> str:
    """Why a brief is not what the settings would make today; empty when it is."""
    made = record.proposal.made if record.proposal else record.made
    if made is None:
        return ""
    if made.engine != engine.kind:
        return f"made by {made.engine}, the settings say {engine.kind}"
    model = {"ollama": engine.ollama.model, "openai": engine.openai.model}.get(engine.kind, made.model)
    if model.removesuffix(":latest") != made.model.removesuffix(":latest"):
        return f"made with {made.model}, the settings say {model}"
    return ""


def _entries(project: Project) -> dict[str, Entry]:
    path = project.state / FILE_NAME
    if not path.exists():
        return {}
    journal = Journal(path)
    try:
        return {entry.ref: entry for entry in journal.entries()}
    finally:
        journal.close()


def _gone(entry: Entry) -> tuple[str, ...]:
    return ("source gone",) if entry.gone else ()


def _why(entry: Entry) -> str:
    if entry.state == "empty":
        return "the document has no text"
    if entry.state in ("failed", "dead"):
        tries = f"after {entry.attempts} tries" if entry.attempts != 1 else "after 1 try"
        return f"{entry.reason} [{entry.code}], {tries}"
    return ""
