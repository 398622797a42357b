"""The folder of briefs: found by source, written once, and never overwritten after an editor touched them."""

from __future__ import annotations

import contextlib
import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from sitegen import files, frontmatter
from sitegen.briefs import provenance
from sitegen.briefs.model import Generated
from sitegen.briefs.provenance import Made, Proposal, Record, Text, text_sha
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

SLUG_LIMIT = 70
"""Leaves room for a number behind it."""

Outcome = Literal["created", "updated", "unchanged", "proposed", "deleted"]
"""``proposed``: the file was edited by hand, so the new text waits in the record. ``deleted``: an editor removed it."""


@dataclass(frozen=True, slots=True)
class Brief:
    """A brief on disk."""

    path: str
    """Below the folder of briefs, with ``/``."""
    matter: frontmatter.Matter
    body: str
    text: str

    @property
    def slug(self) -> str:
        """As the site makes the address: from the field, else from the title, else from the file's name."""
        return slug(self.matter.slug or "") or slug(self.matter.title) or slug(Path(self.path).stem)


class Shelf(Mapping[str, Brief]):
    """Briefs by path, in the order in which they were found. At most ``keep`` of them stay in memory (None: all); the
    others are read again when they are asked for, so that a run over very many keeps little."""

    def __init__(self, read: Callable[[str], Brief], keep: int | None) -> None:
        self._read, self._keep = read, keep
        self._paths: dict[str, None] = {}
        self._kept: OrderedDict[str, Brief] = OrderedDict()

    def __getitem__(self, path: str) -> Brief:
        """Raises what ``Store.read`` does when the file has been broken since it was found."""
        if path not in self._paths:
            raise KeyError(path)
        if path not in self._kept:
            self.put(path, self._read(path))
        return self._kept[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def put(self, path: str, brief: Brief | None) -> None:
        """Takes a brief in, or only its path; what was known of it before is forgotten."""
        self._paths[path] = None
        self._kept.pop(path, None)
        if brief is not None:
            self._kept[path] = brief
        while self._keep is not None and len(self._kept) > self._keep:
            self._kept.popitem(last=False)


@dataclass
class Store:
    """The briefs of one site, found once; ``save`` keeps the picture true."""

    root: Path
    keep: int | None = None
    """How many briefs stay in memory at most."""
    briefs: Shelf = field(init=False)
    """By path."""
    broken: list[SitegenError] = field(default_factory=list)
    """What is wrong with files that cannot be read; they are left alone."""
    _broken_paths: dict[str, SitegenError] = field(default_factory=dict)
    _broken_sources: dict[str, SitegenError] = field(default_factory=dict)
    _by_source: dict[str, str] = field(default_factory=dict)
    _claimed: list[tuple[str, str]] = field(default_factory=list)
    """Sources and paths that are not in ``_by_source`` yet."""
    _taken: set[str] = field(default_factory=set)
    """Slugs and file names in use, without regard to capitals: some file systems have none."""

    def __post_init__(self) -> None:
        self.briefs = Shelf(self.read, self.keep)

    @classmethod
    def open(cls, root: Path, *, keep: int | None = None) -> Store:
        """Reads all briefs below ``root``. Raises when two files claim one source."""
        store = cls(root, keep)
        for entry in files.scan(root):
            if entry.path.endswith(".md"):
                store._load(entry.path)
        store._index()
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

    def _load(self, path: str) -> None:
        self._taken.add(Path(path).stem.casefold())
        try:
            brief = self.read(path)
        except SitegenError as error:
            self.broken.extend(error.problems)
            self._broken_paths[path] = error
            self._broken_sources.update((source, error) for source in _claims(self.root / path))
        else:
            self.briefs.put(path, brief)
            self._taken.add(brief.slug)
            if brief.matter.source is not None:
                self._claimed.append((brief.matter.source, path))

    def _index(self) -> None:
        problems: list[SitegenError] = []
        for source, path in self._claimed:
            other = self._by_source.setdefault(source, path)
            if other != path:
                place = Place(f"{self.root.name}/{path}", frontmatter.line_of(self.briefs[path].text, "source"))
                message = f"the document {source} already has the brief {self.root.name}/{other}"
                problems.append(SourceClaimedTwice(message, place=place))
        self._claimed.clear()
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
        return self._by_source.get(ref)

    def find(self, ref: str) -> Brief:
        """The brief that a person means by a slug, a file name or a source. Raises ``BriefMissing``."""
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
        raise BriefMissing(f"no brief is called {ref!r}")

    def record(self, ref: str) -> Record | None:
        """The provenance record of a document."""
        return provenance.read(self.root, ref)

    def deleted(self, ref: str) -> bool:
        """Whether an editor removed the brief of a document: its record is there, its file is not."""
        if self.path_of(ref) is not None:
            return False
        record = self.record(ref)
        return record is not None and record.generated is not None

    def unknown(self, ref: str) -> bool:
        """Whether there is neither a brief nor a record of a document."""
        return self.path_of(ref) is None and not provenance.record_path(self.root, ref).exists()

    def slug_for(self, ref: str, title: str, language: str = "") -> str:
        """The slug of a document's brief: the one it has, else a new one that is free."""
        existing = self.by_source(ref)
        if existing:
            return existing.slug
        base = slug(plain(title), language) or slug(f"document {ref.split(':', 1)[-1]}") or "document"
        if len(base) > SLUG_LIMIT:
            head, _, _ = base[: SLUG_LIMIT + 1].rpartition("-")
            base = head or base[:SLUG_LIMIT]
        found, number = base, 1
        while found in self._taken or (self.root / f"{found}.md").exists():
            number += 1
            found = f"{base}-{number}"
        return found

    def save(self, ref: str, generated: Generated, made: Made, *, ours: str = "") -> Outcome:
        """Writes a generated brief, or files it as a proposal when an editor has changed the file.

        The brief is written before its record. ``ours`` is the hash of a text that an earlier run, which was killed,
        may have written without recording it.
        """
        record, existing = self.record(ref), self._present(ref)
        if existing is None:
            if record is not None and record.generated is not None:
                return "deleted"
            return self._create(ref, generated, made)
        raw = self._raw(existing.path)
        current = files.decode(raw, f"{self.root.name}/{existing.path}")
        if text_sha(current) == generated.sha256:
            self._record(existing.path, ref, generated, made)
            return "unchanged" if record and record.generated else "created"
        untouched = record is not None and not record.edited(current)
        if untouched or text_sha(current) == ours:
            text = generated.text.replace("\n", "\r\n") if "\r\n" in current else generated.text
            if files.replace(self.root / existing.path, text, expected=files.sha256(raw)):
                self._record(existing.path, ref, generated, made)
                return "updated"
        return self._propose(existing, generated, made, record or Record(source=ref, brief=existing.path))

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

    def _record(self, path: str, ref: str, generated: Generated, made: Made) -> None:
        record = Record(source=ref, brief=path, made=made, generated=Text.of(generated))
        if self.record(ref) != record:
            provenance.write(self.root, record)
        self.briefs.put(path, None)
        self._by_source[ref] = path
        self._taken.update((Path(path).stem.casefold(), str(generated.fields["slug"])))

    def _propose(self, existing: Brief, generated: Generated, made: Made, record: Record) -> Outcome:
        """Files the text beside the edited brief, unless it says what was generated or proposed before."""
        text = Text.of(generated)
        update: dict[str, object] = {"brief": existing.path, "proposal": Proposal(text=text, made=made)}
        if record.generated is not None and text.sha256 == record.generated.sha256:
            update |= {"proposal": None, "made": made}
        elif record.proposal is not None and text.sha256 == record.proposal.text.sha256:
            update["proposal"] = record.proposal.model_copy(update={"made": made})
        changed = record.model_copy(update=update)
        if changed != record:
            provenance.write(self.root, changed)
        known = {record.generated and record.generated.sha256, record.proposal and record.proposal.text.sha256}
        return "unchanged" if text.sha256 in known else "proposed"


def _claims(path: Path) -> list[str]:
    """The sources that a broken brief seems to claim, found without understanding it."""
    with contextlib.suppress(OSError):
        raw = path.read_bytes()
        text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "replace")
        head = re.split(r"^---[ \t]*\r?$", text, maxsplit=2, flags=re.M)
        lines = re.findall(r"^[\"']?source[\"']?[ \t]*:[ \t]*(\S.*?)[ \t]*\r?$", "".join(head[:2]), re.M)
        return [re.sub(r"[ \t]+#.*$", "", found).strip("'\"") for found in lines]
    return []
