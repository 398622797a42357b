"""A folder of documents: text, Markdown and PDF files, with what ``metadata.jsonl`` at its root says about them."""

from __future__ import annotations

import asyncio
import datetime as dt
import unicodedata
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

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

    def seen(self) -> dict[str, object]:
        """What the cursor remembers, without the hashes of the files."""
        stats = {file.path: [file.size, file.mtime_ns] for file in self.files}
        return {"files": stats, "metadata": self.metadata.digest if self.metadata else ""}


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
        now: dict[str, object] = {}
        todo = []
        for item in items:
            known = before.get(item.path)
            if known is not None and {key: known.get(key) for key in ("files", "metadata")} == item.seen():
                now[item.path] = known
            elif since is None or any(file.modified >= since for file in item.files):
                todo.append(item)
            elif known is not None:
                now[item.path] = known
        filled: dict[str, object] = {}
        documents = self._read_all(todo, before, now, filled)
        # A file that was only touched is looked at, but not named again: what was known before says who is gone.
        complete = not before and len(todo) == len(items)
        return Changes(documents, total=len(todo), cursor=filled, complete=complete)

    async def _read_all(
        self, todo: Iterable[_Item], before: _Before, now: dict[str, object], filled: dict[str, object]
    ) -> AsyncIterator[Document | Unreadable]:
        with PdfReader() as reader:
            for item in todo:
                outcome = await asyncio.to_thread(self._outcome, item, reader)
                if isinstance(outcome, Unreadable):  # not remembered, so that the next pull tries again
                    yield outcome
                    continue
                document, checksums = outcome
                known = before.get(item.path, {})
                now[item.path] = {**item.seen(), "sha256": checksums}
                same = known.get("sha256") == checksums and known.get("metadata") == item.seen()["metadata"]
                if not same:
                    yield document
        filled["documents"] = dict(sorted(now.items()))

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
            entries = files.scan(self.path)
        except StorageError as error:
            raise SourceFolderMissing(f"the folder cannot be listed: {error.message}", place=error.place) from error
        return [
            _File(unicodedata.normalize("NFC", _readable(entry.path)), entry.path, entry.size, entry.mtime_ns)
            for entry in entries
            if Path(entry.path).suffix.lower() in SUFFIXES
            and entry.path.lower() not in DESCRIPTIONS
            and not self._leads_out(entry.path)
        ]

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

    def _outcome(self, item: _Item, reader: PdfReader) -> tuple[Document, dict[str, str]] | Unreadable:
        try:
            return self._read(item, reader)
        except DocumentUnreadable as error:
            title = (item.metadata and item.metadata.title) or plain_text.title_of_name(Path(item.path).stem)
            return Unreadable(self._ref(item.path), title, error.code, error.message)

    def _read(self, item: _Item, reader: PdfReader) -> tuple[Document, dict[str, str]]:
        raws = {file.path: self._bytes(file) for file in item.files}
        checksums = {path: files.sha256(raw) for path, raw in raws.items()}
        raw, path = raws[item.text_file.path], item.text_file.path
        if path.lower().endswith(".pdf"):
            document = self._from_pdf(item, reader.read(raw, path))
        else:
            document = self._from_text(item, plain_text.decode(raw))
        return _described(document, item.metadata, checksums[item.path]), checksums

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


_Before = Mapping[str, Mapping[str, object]]


def _entries(cursor: Cursor | None) -> _Before:
    documents = (cursor or {}).get("documents")
    return documents if isinstance(documents, dict) else {}


def _unused(missing: Mapping[int, str]) -> Finding:
    shown = [f"line {line} ({name!r})" for line, name in list(missing.items())[:_LINES]]
    more = f" and {len(missing) - _LINES} more" if len(missing) > _LINES else ""
    return Finding(
        "folder",
        "warning",
        f"{metadata.NAME} has lines that go unused: no such document for {', '.join(shown)}{more}",
        "Remove the lines, or mend the names; documents are text, Markdown or PDF files that are not hidden.",
    )


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
