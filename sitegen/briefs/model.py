"""A brief as it is generated: front matter and Markdown made from a document and its summary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import yaml

from sitegen import files
from sitegen.briefs.markup import escape, escape_cell
from sitegen.enrich.summary import Point, Summary
from sitegen.headings import HEADINGS
from sitegen.sources.base import Document
from sitegen.text import plain, shorten

TITLE_LIMIT = 200
DEK_LIMIT = 400


@dataclass(frozen=True)
class Generated:
    """A generated brief: the fields of its front matter in order, and its Markdown."""

    fields: dict[str, Any]
    body: str
    topics: tuple[str, ...] = ()
    """Tags that the engine added to those of the document."""

    @cached_property
    def text(self) -> str:
        """The whole file."""
        return dump(self.fields, self.body)

    @cached_property
    def sha256(self) -> str:
        return files.sha256(self.text)


def generate(document: Document, summary: Summary, *, slug: str, status: str) -> Generated:
    """The brief of a document; everything that came from outside is made harmless here."""
    topics = tuple(tag for tag in map(plain, summary.tags) if tag)
    fields: dict[str, Any] = {
        "title": "",
        "date": None,
        "slug": slug,
        "status": status,
        "tags": [],
        "correspondent": None,
        "document_type": None,
        "language": None if summary.language == "und" else summary.language,
        "summary": shorten(plain(summary.dek), DEK_LIMIT),
        "method": summary.method,
        "source": document.ref,
    }
    if summary.method == "summary":
        fields["title"] = shorten(plain(summary.title), TITLE_LIMIT)
    generated = Generated(fields, "\n\n".join(_body(summary)) + "\n", topics)
    return with_metadata(generated, document)


def with_metadata(generated: Generated, document: Document) -> Generated:
    """The same brief with what the source now says of the document: no engine is needed for a renamed tag."""
    fields = dict(generated.fields)
    if fields["method"] != "summary" or not fields["title"]:
        fields["title"] = shorten(plain(document.title), TITLE_LIMIT) or document.ref
    fields["date"] = document.created
    fields["tags"] = list(dict.fromkeys([*filter(None, map(plain, document.tags)), *generated.topics]))
    fields["correspondent"] = plain(document.correspondent or "") or None
    fields["document_type"] = plain(document.document_type or "") or None
    return replace(generated, fields=fields)


def dump(fields: dict[str, Any], body: str) -> str:
    """Front matter and Markdown as a file's text. Fields without a value are left out."""
    shown = {name: value for name, value in fields.items() if value is not None}
    # PyYAML and not a YAML 1.2 writer: the reader speaks 1.1, where an unquoted `no` is a truth value.
    head = yaml.dump(shown, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000_000)
    return f"---\n{head}---\n\n{body}"


class _Dumper(yaml.SafeDumper):
    """Lists are indented below their key, as editors expect."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        return super().increase_indent(flow, False)


def _body(summary: Summary) -> Iterator[str]:
    words = HEADINGS.get(summary.language[:2], HEADINGS["en"])
    points, dates, amounts, people, organisations, places, date, amount, what, page = words
    yield from (escape(paragraph) for paragraph in summary.paragraphs if plain(paragraph))
    if summary.points:
        yield f"## {points}"
        yield "\n".join(_point(point, page, shown=summary.method == "summary") for point in summary.points).rstrip()
    if summary.dates:
        yield f"## {dates}"
        yield _table(
            (date, what),
            [(mention.text, mention.about) for mention in sorted(summary.dates, key=lambda mention: mention.iso)],
        )
    if summary.amounts:
        yield f"## {amounts}"
        yield _table((amount, what), [(mention.text, mention.about) for mention in summary.amounts])
    for heading, names in ((people, summary.people), (organisations, summary.organisations), (places, summary.places)):
        if names:
            yield f"## {heading}"
            yield "\n".join(f"- {escape(name)}" for name in names)


def _point(point: Point, page: str, *, shown: bool) -> str:
    """A point and its evidence; an extract's point is its own quotation, so that only the page is told."""
    evidence = []
    if shown:
        evidence.append(f"“{escape(point.evidence.quote)}”")
    if point.evidence.page is not None:
        evidence.append(f"{page} {point.evidence.page}")
    lines = [f"- {escape(point.text)}"]
    if evidence:
        lines += ["", f"  > {' — '.join(evidence)}", ""]
    return "\n".join(lines)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"| {' | '.join('---' for _ in head)} |"]
    lines += [f"| {' | '.join(escape_cell(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines)
