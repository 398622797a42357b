"""The folder of briefs: found by source, written once, and never overwritten after an editor touched them."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from slugify import slugify

from sitegen import files, frontmatter
from sitegen.briefs import provenance
from sitegen.briefs.model import Generated
from sitegen.briefs.provenance import Made, Proposal, Record, Text
from sitegen.errors import BriefMissing, Place, SitegenError, SourceClaimedTwice, raise_all
from sitegen.text import plain

SLUG_LIMIT = 70

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
        """As the site uses it when the front matter has one; else the file's name."""
        return self.matter.slug or Path(self.path).stem


@dataclass
class Store:
    """The briefs of one site, read once; ``save`` keeps the picture true."""

    root: Path
    briefs: dict[str, Brief] = field(default_factory=dict)
    """By path."""
    broken: list[SitegenError] = field(default_factory=list)
    """Files that cannot be read; they are left alone."""
    _broken_sources: dict[str, SitegenError] = field(default_factory=dict)

    @classmethod
    def open(cls, root: Path) -> Store:
        """Reads all briefs below ``root``. Raises when two files claim one source."""
        store = cls(root)
        for entry in files.scan(root):
            if entry.path.endswith(".md"):
                store._load(entry.path)
        store._index()
        return store

    def _load(self, path: str) -> None:
        name = f"{self.root.name}/{path}"
        try:
            text = files.read_text(self.root / path)
            parsed = frontmatter.split(text, name)
            matter = frontmatter.validate(parsed.fields, name, text)
        except SitegenError as error:
            self.broken.extend(error.problems)
            self._broken_sources.update((source, error) for source in _claims(self.root / path))
        else:
            self.briefs[path] = Brief(path, matter, parsed.body, text)

    def _index(self) -> None:
        self._by_source: dict[str, str] = {}
        self._slugs = {brief.slug for brief in self.briefs.values()}
        problems: list[SitegenError] = []
        for path, brief in self.briefs.items():
            source = brief.matter.source
            if source is None:
                continue
            other = self._by_source.setdefault(source, path)
            if other != path:
                place = Place(f"{self.root.name}/{path}", frontmatter.line_of(brief.text, "source"))
                message = f"the document {source} already has the brief {self.root.name}/{other}"
                problems.append(SourceClaimedTwice(message, place=place))
        raise_all(problems)

    def check(self, ref: str) -> None:
        """Raises what is wrong with the document's brief, when that cannot be read: it must not get a second one."""
        if ref in self._broken_sources:
            raise self._broken_sources[ref]

    def by_source(self, ref: str) -> Brief | None:
        """The brief of a document."""
        path = self._by_source.get(ref)
        return None if path is None else self.briefs[path]

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

    def slug_for(self, ref: str, title: str, language: str = "") -> str:
        """The slug of a document's brief: the one it has, else a new one that is free."""
        existing = self.by_source(ref)
        if existing:
            return existing.slug
        base = slugify(
            plain(title), max_length=SLUG_LIMIT, word_boundary=True, save_order=True, replacements=_letters(language)
        )
        if not base or base == "index":
            base = slugify(f"document {ref.split(':', 1)[-1]}", max_length=SLUG_LIMIT) or "document"
        slug, number = base, 1
        while slug in self._slugs or (self.root / f"{slug}.md").exists():
            number += 1
            slug = f"{base}-{number}"
        return slug

    def save(self, ref: str, generated: Generated, made: Made) -> Outcome:
        """Writes a generated brief, or files it as a proposal when an editor has changed the file.

        The brief is written before its record: after a crash between the two the same text is found and adopted.
        """
        record = self.record(ref)
        existing = self.by_source(ref)
        if existing is None:
            if record is not None and record.generated is not None:
                return "deleted"
            return self._create(ref, generated, made)
        path = self.root / existing.path
        current = files.read_text(path) if path.exists() else existing.text
        if current == generated.text:
            self._write(existing.path, ref, generated, made, current)
            return "unchanged" if record and record.generated else "created"
        if record is None or record.generated is None:
            return self._propose(existing, generated, made, record or Record(source=ref, brief=existing.path))
        if files.sha256(current) == record.generated.sha256:
            self._write(existing.path, ref, generated, made, current)
            return "updated"
        return self._propose(existing, generated, made, record)

    def _create(self, ref: str, generated: Generated, made: Made) -> Outcome:
        path = f"{generated.fields['slug']}.md"
        files.confined(self.root, path)
        self._write(path, ref, generated, made)
        return "created"

    def _write(self, path: str, ref: str, generated: Generated, made: Made, current: str | None = None) -> None:
        if current != generated.text:
            files.write_atomic(self.root / path, generated.text)
        record = Record(source=ref, brief=path, made=made, generated=Text.of(generated))
        if self.record(ref) != record:
            provenance.write(self.root, record)
        self._load(path)
        self._by_source[ref] = path
        self._slugs.add(str(generated.fields["slug"]))

    def _propose(self, existing: Brief, generated: Generated, made: Made, record: Record) -> Outcome:
        """Files the text beside the edited brief, unless it says what was generated or proposed before."""
        text = Text.of(generated)
        if record.generated is not None and text.sha256 == record.generated.sha256:
            proposal = None
        elif record.proposal is not None and text.sha256 == record.proposal.text.sha256:
            proposal = record.proposal
        else:
            proposal = Proposal(text=text, made=made)
        if proposal != record.proposal:
            provenance.write(self.root, record.model_copy(update={"proposal": proposal, "brief": existing.path}))
        return "unchanged" if proposal in (None, record.proposal) else "proposed"


def _claims(path: Path) -> list[str]:
    """The sources that a broken brief seems to claim, found without understanding it."""
    with contextlib.suppress(OSError):
        text = path.read_bytes().decode("utf-8", "replace")
        return [found.strip("'\"") for found in re.findall(r"^source:[ \t]*(\S.*?)[ \t]*\r?$", text, re.M)]
    return []


def _letters(language: str) -> list[tuple[str, str]]:
    """German writes its umlauts in two letters where it has only ASCII; other languages drop the dots."""
    if not language.startswith("de"):
        return []
    return [("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("Ä", "Ae"), ("Ö", "Oe"), ("Ü", "Ue")]
