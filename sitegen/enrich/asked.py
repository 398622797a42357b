"""What editors ask of the journal: that documents are tried again before all others, or are forgotten."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sitegen import files
from sitegen.briefs import provenance
from sitegen.briefs.store import Store
from sitegen.enrich.journal import FILE_NAME, Entry, Journal, State
from sitegen.errors import BriefMissing, SitegenError, raise_all
from sitegen.settings import Project


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What goes when a document is forgotten."""

    ref: str
    title: str
    state: State | None
    """In the journal; None when it is not there."""
    record: bool
    """Whether its provenance record goes too: nobody has its brief any more."""
    brief: str | None
    """The file that stays."""


def retry(project: Project, names: Sequence[str], states: Sequence[State]) -> list[Entry]:
    """Has documents tried again by the next pull, before all others: those named, and all in the states.

    Raises ``BriefMissing`` for each name that means no document. Returns what the journal knew of them.
    """
    with _journal(project) as journal:
        entries = {entry.ref: entry for entry in journal.entries(*states)} if states else {}
        for ref in _refs(project, journal, names):
            if (entry := journal.entry(ref)) is not None:
                entries[ref] = entry
        journal.ask(entries)
        return list(entries.values())


def known(project: Project, names: Sequence[str]) -> list[Forgotten]:
    """What would go if these documents were forgotten. Raises ``BriefMissing`` for each name that means none."""
    store = Store.open(project.briefs)
    with _journal(project) as journal:
        found = []
        for ref in _refs(project, journal, names, store):
            entry, brief = journal.entry(ref), store.path_of(ref)
            record = brief is None and provenance.record_path(project.briefs, ref).exists()
            found.append(Forgotten(ref, entry.title if entry else ref, entry.state if entry else None, record, brief))
        return found


def forget(project: Project, forgotten: Sequence[Forgotten]) -> None:
    """Removes what the journal knows of documents, and the records of those without a brief. The next pull lists its
    source from the beginning, and takes those that are still there for new ones. No pull may run meanwhile."""
    with files.lock(project.state / "pull.lock", "pull"), _journal(project) as journal:
        for one in forgotten:
            if one.record:
                files.remove(provenance.record_path(project.briefs, one.ref))
        journal.forget([one.ref for one in forgotten])


def _refs(project: Project, journal: Journal, names: Sequence[str], store: Store | None = None) -> list[str]:
    """The documents that people mean by a ref, by its part after the colon, or by a brief."""
    found: list[str] = []
    problems: list[SitegenError] = []
    for name in names:
        refs = (name, f"{project.settings.source.kind}:{name}")
        ref = next((ref for ref in refs if journal.entry(ref) or _recorded(project, ref)), None)
        if ref is None:
            store = store or Store.open(project.briefs)
            try:
                ref = store.find(name).matter.source
            except BriefMissing:
                ref = None
        if ref is None:
            problems.append(BriefMissing(f"no document and no brief of one is called {name!r}"))
        else:
            found.append(ref)
    raise_all(problems)
    return list(dict.fromkeys(found))


def _recorded(project: Project, ref: str) -> bool:
    return provenance.record_path(project.briefs, ref).exists()


@contextlib.contextmanager
def _journal(project: Project) -> Iterator[Journal]:
    with contextlib.closing(Journal(project.state / FILE_NAME)) as journal:
        yield journal
