"""Builds the archive: every source becomes a document, a line of metadata and an entry of facts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from .facts import Facts, collect
from .layout import set_pages
from .names import Lexicon
from .noise import Reader
from .plain import write_markdown, write_text
from .printed import write_printed
from .scanned import write_scanned
from .source import Source, parse_source
from .study import compose_study


@dataclass(frozen=True)
class Built:
    """A document with its facts."""

    source: Source
    content: bytes
    facts: Facts


def read_sources(folder: Path) -> list[Source]:
    """Read every source of the folder, and compose the study."""
    sources = [parse_source(path.stem, path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.src"))]
    if (folder / "study" / "study.src").exists():
        sources.append(parse_source("settled-ground-study-2025", compose_study(folder / "study")))
    return sorted(sources, key=lambda source: (source.fields["created"], source.name))


def build_document(source: Source, lexicon: Lexicon) -> Built:
    """Write one source as the kind of file it is."""
    if source.kind in ("txt", "md"):
        text = write_markdown(source) if source.kind == "md" else write_text(source)
        marked = "\n".join([source.field("masthead"), *(block_text for block_text in _block_texts(source))])
        return Built(source, text.encode(), collect(marked, source.facts, lexicon, source.language))
    pages = set_pages(source, Reader("", lexicon.words).is_kept)
    scanned = source.kind == "scanned"
    content = write_scanned(source, pages, lexicon.words) if scanned else write_printed(source, pages)
    text = "\n".join([source.field("stamp"), *(page.text for page in pages)])
    return Built(source, content, collect(text, source.facts, lexicon, source.language))


def _block_texts(source: Source) -> list[str]:
    """The text of every block, cells of tables included."""
    return [
        part
        for block in source.blocks
        for part in (block.mark if block.kind == "item" else "", block.text, *(c for row in block.rows for c in row))
    ]


def describe(source: Source) -> dict[str, object]:
    """The metadata of one document."""
    return {
        "id": source.name,
        "title": source.fields["title"].replace("\u00a0", " "),
        "created": source.fields["created"],
        "correspondent": source.fields["correspondent"],
        "document_type": source.fields["type"],
        "tags": source.fields["tags"].split(", "),
        "language": source.language,
        "file": source.file,
    }


def build_archive(sources: Path, target: Path) -> list[Built]:
    """Build everything: ``documents/``, ``documents/metadata.jsonl`` and ``facts.json`` below the target folder."""
    lexicon = Lexicon.read(sources / "names.toml")
    built = [build_document(source, lexicon) for source in read_sources(sources)]
    documents = target / "documents"
    documents.mkdir(parents=True, exist_ok=True)
    wanted = {document.source.file for document in built} | {"metadata.jsonl"}
    for path in documents.iterdir():
        if path.name not in wanted:
            path.unlink()
    for document in built:
        (documents / document.source.file).write_bytes(document.content)
    lines = [json.dumps(describe(document.source), ensure_ascii=False) + "\n" for document in built]
    (documents / "metadata.jsonl").write_text("".join(lines), encoding="utf-8")
    facts = {document.source.file: document.facts for document in built}
    (target / "facts.json").write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return built
