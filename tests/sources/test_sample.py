"""The folder source and the built-in engine on 34 real documents that lie beside the project, where they do."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from sitegen.enrich.engines.extractive import extract, is_empty
from sitegen.sources.base import Document, Unreadable
from sitegen.sources.folder import FolderSource

SAMPLE = Path(os.environ.get("SITEGEN_SAMPLE", Path(__file__).parents[3] / "shared" / "data" / "sample"))
pytestmark = pytest.mark.skipif(not SAMPLE.is_dir(), reason=f"no real documents at {SAMPLE.name}")


def read(folder: Path) -> list[Document | Unreadable]:
    async def all_of_them() -> list[Document | Unreadable]:
        changes = await FolderSource(folder).changes(None)
        return [entry async for entry in changes.documents]

    return asyncio.run(all_of_them())


def test_all_34_documents_are_read_and_give_an_extract() -> None:
    found = read(SAMPLE)
    assert len(found) == 34
    assert not [entry for entry in found if isinstance(entry, Unreadable)]
    for entry in found:
        assert isinstance(entry, Document)
        assert not is_empty(entry.text), entry.ref
        summary = extract(entry)
        assert summary.title, entry.ref
        assert summary.dek, entry.ref
        assert summary.language == entry.language, entry.ref
        for point in summary.points:
            span = entry.text[point.evidence.start : point.evidence.end]
            assert (span[0], span[-1]) == (point.text[0], point.text[-1]), entry.ref


def test_the_language_of_all_of_them_is_found_without_being_told() -> None:
    for entry in read(SAMPLE):
        assert isinstance(entry, Document)
        without = Document(entry.ref, entry.title, entry.text)
        if entry.title.startswith(("HHS and USDA", "NICS", "National Weekly", "Report of the Secretary")):
            continue  # lists and tables have few words of grammar
        assert extract(without).language == entry.language, entry.ref


def test_the_bare_pdfs_give_text_or_say_why_not() -> None:
    """Without metadata and texts beside them: 14 with a text layer, one of those with a damaged page; 5 scans."""
    found = read(SAMPLE / "pdf")
    assert len(found) == 19
    assert [entry for entry in found if isinstance(entry, Unreadable)] == []
    assert [entry.unread for entry in found if isinstance(entry, Document) and entry.unread] == [(11,)]
    assert sum(is_empty(entry.text) for entry in found if isinstance(entry, Document)) == 5
