"""A folder of documents: text, Markdown and PDF files, with what ``metadata.jsonl`` at its root says about them."""

from __future__ import annotations

import asyncio
import datetime as dt
import unicodedata
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

from sitegen import files
from sitegen.errors import DocumentMissing, DocumentUnreadable, SitegenError
from sitegen.sources import metadata, plain_text
from sitegen.sources.base import Changes, Cursor, Document, Finding, Unreadable
from sitegen.sources.marks import Marks
from sitegen.sources.metadata import Metadata
from sitegen.sources.pdf import MAX_BYTES, PdfReader, PdfText
from sitegen.sources.survey import File, Item, Survey


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
        survey, marks = await asyncio.to_thread(_compared, self.path, cursor, since)
        known, total = bool(marks), survey.chosen_count()
        filled: dict[str, object] = {}
        documents = self._read_all(survey, marks, filled)
        # A file that was only touched is looked at, but not named again: what was known before says who is gone.
        return Changes(documents, total=total, cursor=filled, complete=not known and total == survey.count)

    async def _read_all(
        self, survey: Survey, marks: Marks, filled: dict[str, object]
    ) -> AsyncIterator[Document | Unreadable]:
        with PdfReader() as reader:
            todo = survey.chosen()

            def following() -> tuple[Item | None, Document | Unreadable | None]:
                item = next(todo, None)
                return item, None if item is None else self._news(item, reader, marks)

            while True:
                item, found = await asyncio.to_thread(following)
                if item is None:
                    break
                if found is not None:
                    yield found
        filled["documents"] = marks

    def _news(self, item: Item, reader: PdfReader, marks: Marks) -> Document | Unreadable | None:
        """What is to be told of a document; None when it holds what it held before."""
        outcome = self._outcome(item, reader)
        if isinstance(outcome, Unreadable):  # not remembered, so that the next pull tries again
            marks.drop(item.path)
            return outcome
        document, checksums = outcome
        before = marks.get(item.path, "")
        marks.put(item.path, item.mark(checksums))
        return None if item.same(before, checksums) else document

    async def refs(self) -> Iterator[str]:
        """The refs of all documents in the folder, readable or not. Raises as ``changes`` does."""
        survey = await asyncio.to_thread(Survey, self.path)
        return map(self._ref, survey.paths())

    async def document(self, ref: str) -> Document:
        """One document, read now. Raises ``DocumentMissing`` or ``DocumentUnreadable``."""
        path = unicodedata.normalize("NFC", ref.removeprefix("folder:"))
        item = (await asyncio.to_thread(Survey, self.path)).item(path)
        if item is None:
            raise DocumentMissing(f"there is no document {ref!r} in {self.path}", place=str(self.path))
        with PdfReader() as reader:
            document, _ = await asyncio.to_thread(self._read, item, reader)
        return document

    async def check(self) -> list[Finding]:
        """How many documents there are, or each thing that is wrong; and which lines of metadata go unused."""
        try:
            survey = await asyncio.to_thread(Survey, self.path)
        except SitegenError as error:
            return [Finding("folder", "error", str(problem), problem.remedy) for problem in error.problems]
        unused = [_unused(survey)] if survey.unused else []
        if not survey.count:
            remedy = "Put text, Markdown or PDF files into it; hidden files and a README are not documents."
            return [Finding("folder", "warning", f"{self.path} holds no documents", remedy), *unused]
        note = f", {survey.described} of them described in {metadata.NAME}" if survey.described else ""
        return [
            Finding("folder", "ok", f"{self.path} holds {survey.count} document{'s' * (survey.count != 1)}{note}"),
            *unused,
        ]

    async def aclose(self) -> None:
        """Nothing stays open between calls."""

    @staticmethod
    def _ref(path: str) -> str:
        return f"folder:{path}"

    def _outcome(self, item: Item, reader: PdfReader) -> tuple[Document, list[str]] | Unreadable:
        try:
            return self._read(item, reader)
        except DocumentUnreadable as error:
            title = (item.metadata and item.metadata.title) or plain_text.title_of_name(Path(item.path).stem)
            return Unreadable(self._ref(item.path), title, error.code, error.message)

    def _read(self, item: Item, reader: PdfReader) -> tuple[Document, list[str]]:
        raws = [self._bytes(file) for file in item.files]
        checksums = [files.sha256(raw) for raw in raws]
        raw, path = raws[-1], item.text_file.path
        if path.lower().endswith(".pdf"):
            document = self._from_pdf(item, reader.read(raw, path))
        else:
            document = self._from_text(item, plain_text.decode(raw))
        return _described(document, item.metadata, checksums[0]), checksums

    def _bytes(self, file: File) -> bytes:
        if file.size > MAX_BYTES:
            raise DocumentUnreadable(f"it has more than {MAX_BYTES // 2**20} MB", place=file.path)
        try:
            return (self.path / file.name).read_bytes()
        except OSError as error:
            raise DocumentUnreadable(error.strerror or str(error), place=file.path) from error

    def _from_pdf(self, item: Item, pdf: PdfText) -> Document:
        text = unicodedata.normalize("NFC", pdf.text)
        title = plain_text.usable_title(pdf.title) or _title(text, item.path)
        return Document(self._ref(item.path), title, text, created=pdf.created, page_count=pdf.pages, unread=pdf.unread)

    def _from_text(self, item: Item, text: str) -> Document:
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


def _compared(folder: Path, cursor: Cursor | None, since: dt.date | None) -> tuple[Survey, Marks]:
    """The folder as it is, with the documents chosen that must be read; and what is known of all of them."""
    survey, marks, here = Survey(folder), _marks(cursor), 0
    with survey.together(), marks.together():
        for item in survey.items():
            known = marks.get(item.path)
            here += known is not None
            if known is not None and item.untouched(known):
                continue
            if since is None or any(file.modified >= since for file in item.files):
                survey.choose(item.path)
        if here < len(marks):
            for path in marks:
                if path not in survey:
                    marks.drop(path)
    return survey, marks


def _marks(cursor: Cursor | None) -> Marks:
    """What the cursor knows; of one as it was kept once, in full and perhaps with a table for each document, too."""
    known = (cursor or {}).get("documents")
    if isinstance(known, Marks):
        return known
    rows = known.items() if isinstance(known, dict) else ()
    return Marks((path, entry if isinstance(entry, str) else _mark_of(entry)) for path, entry in rows)


def _mark_of(entry: Mapping[str, Any]) -> str:
    """Of an entry as it was kept once, with a table for each document."""
    try:
        stats = " ".join(f"{size}:{mtime_ns}" for size, mtime_ns in entry["files"].values())
        return f"{stats}|{entry['metadata']}|{' '.join(entry['sha256'].values())}"
    except (KeyError, TypeError, ValueError, AttributeError):
        return ""


def _unused(survey: Survey) -> Finding:
    shown = [f"line {line} ({name!r})" for line, name in survey.unused.items()]
    more = f" and {survey.unused_count - len(shown)} more" if survey.unused_count > len(shown) else ""
    return Finding(
        "folder",
        "warning",
        f"{metadata.NAME} has lines that go unused: no such document for {', '.join(shown)}{more}",
        "Remove the lines, or mend the names; documents are text, Markdown or PDF files that are not hidden.",
    )


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
