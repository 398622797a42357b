"""The folder of briefs: found by source, written once, and merged into after an editor touched them."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple, Self

from sitegen import files, frontmatter
from sitegen.briefs import facts, provenance
from sitegen.briefs.file import BOM, File
from sitegen.briefs.index import Index
from sitegen.briefs.merge import Merge
from sitegen.briefs.model import Generated
from sitegen.briefs.provenance import Made, Record, Text, Writing, text_sha
from sitegen.briefs.shelf import Brief, Shelf
from sitegen.errors import (
    BriefMissing,
    BriefUnreadable,
    Place,
    SitegenError,
    SourceClaimedTwice,
    StorageError,
    raise_all,
)
from sitegen.text import plain, slug

__all__ = ("Brief", "Hold", "Outcome", "Store", "Update", "each")

SLUG_LIMIT = 70
"""Leaves room for a number behind it."""

Outcome = Literal["created", "updated", "merged", "unchanged", "proposed", "deleted"]
"""``merged``: the file was edited by hand, and has the new text beside the edits. ``proposed``: something of the new
text waits in the record. ``deleted``: an editor removed the file."""
Hold = Literal["facts", "all", "nothing"]
"""What of a new text waits for an editor when the brief is published."""
_ATTEMPTS = 3
_ONE_BY_ONE = 20
"""So many numbers behind a name are tried in turn; after them it is guessed where the free ones begin, since a thousand
documents of one title would otherwise ask half a million times."""


@dataclass(frozen=True, slots=True)
class Update:
    """A brief's file as it is and as it will be, and the record that goes with it."""

    before: str
    after: str
    record: Record
    outcome: Outcome


class Change(NamedTuple):
    """What was written: a brief's file before and after, and its record before and after; None when it has none."""

    path: str
    before: str
    after: str
    was: Record | None = None
    record: Record | None = None


@dataclass
class Store:
    """The briefs of one site, found once; ``save`` keeps the picture true."""

    root: Path
    keep: int | None = None
    """How many briefs stay in memory at most; with a number the index is on disk, so that memory does not grow with the
    briefs."""
    briefs: Shelf = field(init=False)
    """By path."""
    broken: list[SitegenError] = field(default_factory=list)
    """What is wrong with files that cannot be read; they are left alone."""
    changes: list[Change] | None = None
    """Gets all that is written, if somebody wants to know; see ``briefs.undo``."""
    _broken_paths: dict[str, SitegenError] = field(default_factory=dict)
    _broken_sources: dict[str, SitegenError] = field(default_factory=dict)
    _index: Index = field(init=False)
    """Slugs and file names are in it without regard to capitals: some file systems have none."""

    def __post_init__(self) -> None:
        self._index = Index(in_file=self.keep is not None)
        self.briefs = Shelf(self._index, self.read, self.keep)

    @classmethod
    def open(cls, root: Path, *, keep: int | None = None, each: Callable[[Self, Brief], None] | None = None) -> Self:
        """Reads all briefs below ``root``, and tells ``each`` of every one. Raises when two files claim one source."""
        store = cls(root, keep)
        with store._index.together():
            for path in files.names(root):
                if path.endswith(".md") and (brief := store._load(path)) is not None and each is not None:
                    each(store, brief)
        store._tell()
        return store

    def read(self, path: str) -> Brief:
        """A brief as it is on disk. Raises ``ContentError`` or ``StorageError``."""
        name = f"{self.root.name}/{path}"
        text = files.read_text(self.root / path)
        parsed = frontmatter.split(text, name)
        matter = frontmatter.validate(parsed.fields, name, text, more=None)
        if "status" not in parsed.fields:
            raise frontmatter.unstated(name)
        return Brief(path, matter, parsed.body, text)

    def _load(self, path: str) -> Brief | None:
        names, brief = [Path(path).stem.casefold()], None
        try:
            brief = self.read(path)
        except SitegenError as error:
            self._broken_paths[path] = error
        else:
            self.briefs.put(path, brief)
            names.append(brief.slug)
        self._index.take(*names)
        return brief

    def _tell(self) -> None:
        """What is wrong with files, in their order. Raises when two claim one source."""
        self._broken_paths = dict(sorted(self._broken_paths.items()))
        for path, error in self._broken_paths.items():
            self.broken.extend(error.problems)
            self._broken_sources.update((source, error) for source in _claims(self.root / path))
        problems: list[SitegenError] = []
        for source, path, other in self._index.claimed_twice():
            place = Place(f"{self.root.name}/{path}", frontmatter.line_of(self.briefs[path].text, "source"))
            message = f"the document {source} already has the brief {self.root.name}/{other}"
            problems.append(SourceClaimedTwice(message, place=place))
        raise_all(problems)

    def check(self, ref: str) -> None:
        """Raises what is wrong with the document's brief, when that cannot be read: it must not get a second one."""
        error = self._broken_sources.get(ref)
        if error is None and self._broken_paths and self.path_of(ref) is None:
            record = self.record(ref)
            error = self._broken_paths.get(record.brief) if record else None
        if isinstance(error, StorageError):
            raise BriefUnreadable(error.message, place=error.place) from error
        if error is not None:
            raise error

    def by_source(self, ref: str) -> Brief | None:
        """The brief of a document."""
        path = self.path_of(ref)
        return None if path is None else self.briefs[path]

    def path_of(self, ref: str) -> str | None:
        """The file of a document's brief, below the folder of briefs."""
        return self._index.path_of(ref)

    def sources(self) -> Iterator[str]:
        """All documents that have a brief."""
        return self._index.sources()

    def find(self, ref: str) -> Brief:
        """The brief that a person means by a slug, a file name or a source. Raises ``BriefMissing``, or what is wrong
        with the file of that name."""
        found = self.by_source(ref)
        if found:
            return found
        wanted = ref.removesuffix(".md").rstrip("/")
        for brief in self.briefs.values():
            if wanted in (brief.slug, brief.path.removesuffix(".md"), Path(brief.path).stem):
                return brief
        for brief in self.briefs.values():
            if Path(ref).resolve() == (self.root / brief.path).resolve():
                return brief
        for path, error in self._broken_paths.items():
            if wanted in (path.removesuffix(".md"), Path(path).stem):
                raise error
        raise BriefMissing(f"no brief is called {ref!r}")

    def record(self, ref: str) -> Record | None:
        """The provenance record of a document. What a process that was killed left half done is made out."""
        record = provenance.read(self.root, ref)
        if record is None or record.writing is None:
            return record
        brief = self.by_source(ref)
        with contextlib.suppress(SitegenError):
            if brief is not None and text_sha(self.text(brief.path)) == record.writing.sha256:
                return record.writing.after
        return record.model_copy(update={"writing": None})

    def deleted(self, ref: str) -> bool:
        """Whether an editor removed the brief of a document: its record is there, its file is not."""
        if self.path_of(ref) is not None:
            return False
        record = self.record(ref)
        return record is not None and record.generated is not None

    def unknown(self, ref: str) -> bool:
        """Whether there is neither a brief nor a record of a document."""
        return self.path_of(ref) is None and not provenance.record_path(self.root, ref).exists()

    def tombstones(self) -> Iterator[Record]:
        """The records of briefs that editors deleted; what is wrong with one that cannot be read goes to ``broken``."""
        known = {provenance.record_path(self.root, ref).name for ref in (*self.sources(), *self._broken_sources)}
        for path in sorted(provenance.paths(self.root)):
            if path.name in known:
                continue
            try:
                record = provenance.read_path(path)
            except SitegenError as error:
                self.broken.extend(error.problems)
                continue
            if record.latest is not None and record.brief not in self._broken_paths:
                yield record

    def taken(self, path: str, slug: str) -> bool:
        """Whether a file, or a brief's address, is in use."""
        return self._index.taken(slug) or (self.root / path).exists()

    def slug_for(self, ref: str, title: str, language: str = "") -> str:
        """The slug of a document's brief: the one it has, else a new one that is free."""
        existing = self.by_source(ref)
        if existing:
            return existing.slug
        base = slug(plain(title), language) or slug(f"document {ref.split(':', 1)[-1]}") or "document"
        if len(base) > SLUG_LIMIT:
            head, _, _ = base[: SLUG_LIMIT + 1].rpartition("-")
            base = head or base[:SLUG_LIMIT]
        return self._free(base)

    def _free(self, base: str) -> str:
        """``base``, or with the first number behind it that is free; one after many when very many bear the name."""

        def used(number: int) -> bool:
            return self.taken(f"{base}-{number}.md", f"{base}-{number}")

        if not self.taken(f"{base}.md", base):
            return base
        for number in range(2, _ONE_BY_ONE):
            if not used(number):
                return f"{base}-{number}"
        low = high = _ONE_BY_ONE
        while used(high):
            low, high = high, high * 2
        while high - low > 1:  # low is used, high is free
            middle = (low + high) // 2
            low, high = (middle, high) if used(middle) else (low, middle)
        return f"{base}-{high}"

    def save(self, ref: str, generated: Generated, made: Made, *, ours: str = "", hold: Hold = "facts") -> Outcome:
        """Writes a generated brief, or merges it into the file, or proposes it; see ``docs/decisions/merging.md``.

        A generation is merged once. A new brief is written before its record. ``ours`` is the hash of a text that an
        earlier run, which was killed, may have written without recording it.
        """
        with files.held(self.root):
            existing = self._present(ref)
            if existing is None:
                return "deleted" if self.deleted(ref) else self._create(ref, generated, made)
            for attempt in range(_ATTEMPTS):
                update = self._update(existing, generated, made, ours, hold if attempt < _ATTEMPTS - 1 else "all")
                if self.write(existing.path, update):
                    break
            return update.outcome

    def _update(self, existing: Brief, generated: Generated, made: Made, ours: str, hold: Hold) -> Update:
        """What a generated text means for a brief's file as it is now."""
        ref = str(existing.matter.source)
        text, record = self.text(existing.path), self.record(ref)
        known = record is not None and record.generated is not None
        record = (record or Record(source=ref, brief=existing.path, own=True)).model_copy(
            update={"brief": existing.path, "gone": None}
        )
        taken = record.model_copy(
            update={"made": made, "generated": Text.of(generated), "proposal": None, "own": False}
        )
        if text_sha(text) == generated.sha256:
            return Update(text, text, taken, "unchanged" if known else "created")
        if ours and text_sha(text) == ours:
            return Update(text, File(text, existing.path).filled(generated.text), taken, "updated")
        if record.latest is not None and record.latest[0].sha256 == generated.sha256:
            return Update(text, text, _made_again(record, made), "unchanged")
        return self._merge(existing, text, record, (generated, made), hold)

    def _merge(self, existing: Brief, text: str, record: Record, latest: tuple[Generated, Made], hold: Hold) -> Update:
        base = record.generated.generated() if record.generated is not None else None
        merge = Merge.of(base, text, latest[0], f"{self.root.name}/{existing.path}")
        public = merge.file.fields.get("status") == "published"
        reasons = facts.changed(base, latest[0]) if base is not None and public and hold != "nothing" else ()
        if record.own or (public and hold == "all") or reasons:
            after = record.settled(base, text, latest, reasons)
            return Update(text, text, after, "unchanged" if after.proposal is None else "proposed")
        merged, choice = merge.merged()
        after = record.settled(merge.settled(choice), merged, latest, ())
        if after.proposal is not None:
            return Update(text, merged, after, "proposed")
        if merged == text:
            return Update(text, text, after, "unchanged")
        return Update(text, merged, after, "updated" if base and merge.file.says(base) else "merged")

    def note_gone(self, ref: str, at: dt.datetime | None) -> None:
        """Notes in a document's record when it was found to be gone; None: it is there."""
        with files.held(self.root):
            record = self.record(ref)
            if record is not None and (record.gone is None) != (at is None):
                provenance.write(self.root, record.model_copy(update={"gone": at}))

    def text(self, path: str) -> str:
        """A brief's file as it is now, with its own line ends and byte-order mark."""
        raw = self._raw(path)
        text = files.decode(raw, f"{self.root.name}/{path}")
        return BOM + text if raw.startswith(BOM.encode()) else text

    def write(self, path: str, update: Update) -> bool:
        """Writes a brief and its record so that a crash between the two is seen; only under ``files.held``.

        Returns False, and leaves the brief alone, when its file is not ``update.before`` any more.
        """
        record, written = update.record, update.before != update.after
        was = self.record(record.source) if written or self.changes is not None else None
        if written:
            before = was or Record(source=record.source, brief=path)
            writing = Writing(sha256=text_sha(update.after), after=record)
            provenance.write(self.root, before.model_copy(update={"writing": writing}))
            if not files.replace(self.root / path, update.after, expected=files.sha256(update.before)):
                provenance.write(self.root, before)
                return False
            self._written(path, record.source)
        if written or provenance.read(self.root, record.source) != record:
            provenance.write(self.root, record)
            self._note(Change(path, update.before, update.after, was, record))
        self._learn(path, record.source)
        return True

    def exchange(self, path: str, before: str, after: str) -> bool:
        """Writes a brief's file and leaves its record alone; only under ``files.held``. Returns as ``write`` does."""
        if not files.replace(self.root / path, after, expected=files.sha256(before)):
            return False
        self._note(Change(path, before, after))
        return True

    def _note(self, change: Change) -> None:
        if self.changes is not None:
            self.changes.append(change)

    def _present(self, ref: str) -> Brief | None:
        """The brief of a document as it is now: editors rename and delete files while an engine works."""
        path = self.path_of(ref)
        if path is not None and not (self.root / path).exists():
            fresh = Store.open(self.root, keep=self.keep)
            self.__dict__.update(fresh.__dict__)
        return self.by_source(ref)

    def _raw(self, path: str) -> bytes:
        with files.guarded(self.root / path):
            return (self.root / path).read_bytes()

    def _create(self, ref: str, generated: Generated, made: Made) -> Outcome:
        path = f"{generated.fields['slug']}.md"
        if not files.create(files.confined(self.root, path), generated.text):
            raise SourceClaimedTwice(f"{path} was made meanwhile", place=f"{self.root.name}/{path}")
        self._record(path, ref, generated, made)
        return "created"

    def _written(self, path: str, ref: str) -> None:
        """A brief is on disk and its record is not yet."""

    def _record(self, path: str, ref: str, generated: Generated, made: Made) -> None:
        before = self.record(ref)
        record = Record(source=ref, brief=path, made=made, generated=Text.of(generated))
        provenance.write(self.root, record.model_copy(update={"history": before.history if before else ()}))
        self._index.take(str(generated.fields["slug"]))
        self._learn(path, ref)

    def _learn(self, path: str, ref: str) -> None:
        self.briefs.put(path, None, ref)
        self._index.take(Path(path).stem.casefold())


def each(root: Path) -> Iterator[Brief]:
    """All briefs that can be read, one at a time and in no order; what is wrong with others is told where they are
    opened."""
    store = Store(root, keep=0)
    for path in files.names(root):
        if path.endswith(".md"):
            try:
                brief = store.read(path)
            except SitegenError:
                continue
            yield brief


def _made_again(record: Record, made: Made) -> Record:
    """The same text was made another time, by another model perhaps."""
    if record.proposal is None:
        return record.model_copy(update={"made": made})
    return record.model_copy(update={"proposal": record.proposal.model_copy(update={"made": made})})


def _claims(path: Path) -> list[str]:
    """The sources that a broken brief seems to claim, found without understanding it."""
    with contextlib.suppress(OSError):
        raw = path.read_bytes()
        text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "replace")
        head = re.split(r"^---[ \t]*\r?$", text, maxsplit=2, flags=re.M)
        lines = re.findall(r"^[\"']?source[\"']?[ \t]*:[ \t]*(\S.*?)[ \t]*\r?$", "".join(head[:2]), re.M)
        return [re.sub(r"[ \t]+#.*$", "", found).strip("'\"") for found in lines]
    return []
