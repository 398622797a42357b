"""A folder of documents: text, Markdown and PDF files, with what ``metadata.jsonl`` at its root says about them."""

from __future__ import annotations

import asyncio
import datetime as dt
import unicodedata
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sitegen import files
from sitegen.errors import (
    DocumentMissing,
    DocumentUnreadable,
    PathEscapes,
    SitegenError,
    SourceFolderMissing,
    StorageError,
)
from sitegen.sources import metadata, plain_text
from sitegen.sources.base import Changes, Cursor, Document, Finding, Unreadable
from sitegen.sources.metadata import Described, Metadata
from sitegen.sources.pdf import MAX_BYTES, PdfReader, PdfText

SUFFIXES = frozenset({".txt", ".md", ".markdown", ".pdf"})
_ENDINGS = tuple(SUFFIXES)
DESCRIPTIONS = frozenset({"readme", "readme.md", "readme.txt", "readme.markdown"})
"""Files at the root that are about the folder and not documents of it."""
_LINES = 10
"""How many lines of metadata a finding names."""


@dataclass(frozen=True, slots=True)
class _File:
    path: str
    """Below the folder, in NFC: part of the ref."""
    name: str
    """As the file system has it."""
    size: int
    mtime_ns: int

    @property
    def modified(self) -> dt.date:
        return dt.datetime.fromtimestamp(self.mtime_ns / 1e9, dt.UTC).date()


@dataclass(frozen=True, slots=True)
class _Item:
    """One document that there is: its files and its line of metadata."""

    files: tuple[_File, ...]
    metadata: Metadata | None

    @property
    def path(self) -> str:
        return self.files[0].path

    @property
    def text_file(self) -> _File:
        return self.files[-1]

    def mark(self, checksums: Sequence[str]) -> str:
        """What the cursor remembers: sizes and times of the files, the line of metadata, and what the files held. One
        short text, since there may be very many."""
        stats = " ".join(f"{file.size}:{file.mtime_ns}" for file in self.files)
        return f"{stats}|{self.metadata.digest if self.metadata else ''}|{' '.join(checksums)}"

    def untouched(self, mark: str) -> bool:
        """Whether its files and its line of metadata are as they were at the time of a mark."""
        return mark.startswith(self.mark(()))

    def same(self, mark: str, checksums: Sequence[str]) -> bool:
        """Whether nothing else than the times of its files changed since a mark."""
        return mark.partition("|")[2] == self.mark(checksums).partition("|")[2]


class FolderSource:
    """Implements ``Source`` for a folder. Refs are ``folder:`` and the path below it, with ``/`` and in NFC.

    Hidden files, a README at the root, other kinds of file, and links that lead out of the folder are left out.
    """

    kind = "folder"

    def __init__(self, path: Path) -> None:
        self.path = path

    async def changes(self, cursor: Cursor | None, *, since: dt.date | None = None) -> Changes:
        """The documents whose files or line of metadata changed since ``cursor``, ordered by path.

        ``since`` looks at the time a file was last written. Raises ``SourceFolderMissing``, and
        ``SourceMetadataInvalid`` for every wrong line of the metadata.
        """
        before = _entries(cursor)
        items = await asyncio.to_thread(self._items)
        now: dict[str, str] = {}
        todo = []
        for item in items:
            known = before.get(item.path)
            if known is not None and item.untouched(known):
                now[item.path] = known
            elif since is None or any(file.modified >= since for file in item.files):
                todo.append(item)
            elif known is not None:
                now[item.path] = known
        filled: dict[str, object] = {}
        count = len(items)
        del items  # they may be very many, and the documents take their time
        documents = self._read_all(todo, before, now, filled)
        # A file that was only touched is looked at, but not named again: what was known before says who is gone.
        complete = not before and len(todo) == count
        return Changes(documents, total=len(todo), cursor=filled, complete=complete)

    async def _read_all(
        self, todo: Iterable[_Item], before: _Before, now: dict[str, str], filled: dict[str, object]
    ) -> AsyncIterator[Document | Unreadable]:
        with PdfReader() as reader:
            for item in todo:
                outcome = await asyncio.to_thread(self._outcome, item, reader)
                if isinstance(outcome, Unreadable):  # not remembered, so that the next pull tries again
                    yield outcome
                    continue
                document, checksums = outcome
                now[item.path] = item.mark(checksums)
                if not item.same(before.get(item.path, ""), checksums):
                    yield document
        filled["documents"] = now

    async def refs(self) -> frozenset[str]:
        """The refs of all documents in the folder, readable or not. Raises as ``changes`` does."""
        items = await asyncio.to_thread(self._items)
        return frozenset(self._ref(item.path) for item in items)

    async def document(self, ref: str) -> Document:
        """One document, read now. Raises ``DocumentMissing`` or ``DocumentUnreadable``."""
        items = await asyncio.to_thread(self._items)
        path = unicodedata.normalize("NFC", ref.removeprefix("folder:"))
        item = next((item for item in items if item.path == path), None)
        if item is None:
            raise DocumentMissing(f"there is no document {ref!r} in {self.path}", place=str(self.path))
        with PdfReader() as reader:
            document, _ = await asyncio.to_thread(self._read, item, reader)
        return document

    async def check(self) -> list[Finding]:
        """How many documents there are, or each thing that is wrong; and which lines of metadata go unused."""
        try:
            items, missing = await asyncio.to_thread(self._survey)
        except SitegenError as error:
            return [Finding("folder", "error", str(problem), problem.remedy) for problem in error.problems]
        unused = [_unused(missing)] if missing else []
        if not items:
            remedy = "Put text, Markdown or PDF files into it; hidden files and a README are not documents."
            return [Finding("folder", "warning", f"{self.path} holds no documents", remedy), *unused]
        described = sum(item.metadata is not None for item in items)
        note = f", {described} of them described in {metadata.NAME}" if described else ""
        return [Finding("folder", "ok", f"{self.path} holds {len(items)} documents{note}"), *unused]

    async def aclose(self) -> None:
        """Nothing stays open between calls."""

    @staticmethod
    def _ref(path: str) -> str:
        return f"folder:{path}"

    def _items(self) -> list[_Item]:
        return self._survey()[0]

    def _survey(self) -> tuple[list[_Item], Mapping[int, str]]:
        """The documents by path, and the lines of metadata about files that are not there."""
        found = {file.path: file for file in self._files()}
        described = self._metadata(found)
        entries = described.documents.values()
        claimed = {path for entry in entries for path in entry.paths}
        items = [_Item(tuple(found[path] for path in entry.paths), entry) for entry in entries]
        items += [_Item((file,), None) for path, file in found.items() if path not in claimed]
        return sorted(items, key=lambda item: item.path), described.missing

    def _files(self) -> list[_File]:
        if not self.path.is_dir():
            raise SourceFolderMissing("the folder of documents does not exist", place=str(self.path))
        try:
            found = [
                _File(_shown(entry.path), entry.path, entry.size, entry.mtime_ns)
                for entry in files.entries(self.path)
                if entry.path.lower().endswith(_ENDINGS)
                and entry.path.lower() not in DESCRIPTIONS
                and not self._leads_out(entry.path)
            ]
        except StorageError as error:
            raise SourceFolderMissing(f"the folder cannot be listed: {error.message}", place=error.place) from error
        return sorted(found, key=lambda file: file.name)

    def _leads_out(self, name: str) -> bool:
        if not (self.path / name).is_symlink():
            return False
        try:
            files.confined(self.path, name)
        except (PathEscapes, OSError, RuntimeError):
            return True
        return False

    def _metadata(self, known: Mapping[str, _File]) -> Described:
        file = self.path / metadata.NAME
        try:
            text = plain_text.decode(file.read_bytes())
        except FileNotFoundError:
            return Described({}, {})
        except OSError as error:
            raise SourceFolderMissing(f"{metadata.NAME} cannot be read: {error.strerror}", place=str(file)) from error
        return metadata.parse(text, str(file), known)

    def _outcome(self, item: _Item, reader: PdfReader) -> tuple[Document, list[str]] | Unreadable:
        try:
            return self._read(item, reader)
        except DocumentUnreadable as error:
            title = (item.metadata and item.metadata.title) or plain_text.title_of_name(Path(item.path).stem)
            return Unreadable(self._ref(item.path), title, error.code, error.message)

    def _read(self, item: _Item, reader: PdfReader) -> tuple[Document, list[str]]:
        raws = [self._bytes(file) for file in item.files]
        checksums = [files.sha256(raw) for raw in raws]
        raw, path = raws[-1], item.text_file.path
        if path.lower().endswith(".pdf"):
            document = self._from_pdf(item, reader.read(raw, path))
        else:
            document = self._from_text(item, plain_text.decode(raw))
        return _described(document, item.metadata, checksums[0]), checksums

    def _bytes(self, file: _File) -> bytes:
        if file.size > MAX_BYTES:
            raise DocumentUnreadable(f"it has more than {MAX_BYTES // 2**20} MB", place=file.path)
        try:
            return (self.path / file.name).read_bytes()
        except OSError as error:
            raise DocumentUnreadable(error.strerror or str(error), place=file.path) from error

    def _from_pdf(self, item: _Item, pdf: PdfText) -> Document:
        text = unicodedata.normalize("NFC", pdf.text)
        title = plain_text.usable_title(pdf.title) or _title(text, item.path)
        return Document(self._ref(item.path), title, text, created=pdf.created, page_count=pdf.pages, unread=pdf.unread)

    def _from_text(self, item: _Item, text: str) -> Document:
        markdown = item.text_file.path.lower().endswith((".md", ".markdown"))
        plain = plain_text.parse(unicodedata.normalize("NFC", text), markdown=markdown)
        return Document(
            self._ref(item.path),
            plain.title or _title(plain.text, item.path),
            plain.text,
            created=plain.created,
            tags=plain.tags,
            correspondent=plain.correspondent,
            document_type=plain.document_type,
            language=plain.language,
        )


_Before = Mapping[str, str]


def _entries(cursor: Cursor | None) -> _Before:
    documents = (cursor or {}).get("documents")
    if not isinstance(documents, dict):
        return {}
    first = next(iter(documents.values()), "")
    return documents if isinstance(first, str) else {path: _mark_of(entry) for path, entry in documents.items()}


def _mark_of(entry: Mapping[str, Any]) -> str:
    """Of an entry as it was kept once, with a table for each document."""
    try:
        stats = " ".join(f"{size}:{mtime_ns}" for size, mtime_ns in entry["files"].values())
        return f"{stats}|{entry['metadata']}|{' '.join(entry['sha256'].values())}"
    except (KeyError, TypeError, ValueError, AttributeError):
        return ""


def _unused(missing: Mapping[int, str]) -> Finding:
    shown = [f"line {line} ({name!r})" for line, name in list(missing.items())[:_LINES]]
    more = f" and {len(missing) - _LINES} more" if len(missing) > _LINES else ""
    return Finding(
        "folder",
        "warning",
        f"{metadata.NAME} has lines that go unused: no such document for {', '.join(shown)}{more}",
        "Remove the lines, or mend the names; documents are text, Markdown or PDF files that are not hidden.",
    )


def _shown(name: str) -> str:
    shown = unicodedata.normalize("NFC", _readable(name))
    return name if shown == name else shown  # not two of the same


def _readable(name: str) -> str:
    # A name that is not UTF-8 holds lone surrogates, which no file and no terminal takes.
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _title(text: str, path: str) -> str:
    return plain_text.first_heading(text) or plain_text.title_of_name(Path(path).stem)


def _described(document: Document, entry: Metadata | None, checksum: str) -> Document:
    """The document with what the metadata says, which goes before what the file says of itself."""
    if entry is None:
        entry = Metadata(document.ref)
    return Document(
        ref=document.ref,
        title=entry.title or document.title,
        text=document.text,
        created=entry.created or document.created,
        tags=entry.tags or document.tags,
        correspondent=entry.correspondent or document.correspondent,
        document_type=entry.document_type or document.document_type,
        language=entry.language or document.language,
        page_count=document.page_count,
        unread=document.unread,
        checksum=checksum,
    )
