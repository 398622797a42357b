"""``metadata.jsonl``: what is known of the documents of a folder, one JSON object a line."""

from __future__ import annotations

import datetime as dt
import json
import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Any

from sitegen import files

NAME = "metadata.jsonl"


@dataclass(frozen=True, slots=True)
class Metadata:
    """One line: which files a document consists of, and what is known about it."""

    path: str
    """The file that gives the document its identity."""
    text_path: str | None = None
    """The file that holds its text, when that is another."""
    title: str | None = None
    created: dt.date | None = None
    correspondent: str | None = None
    document_type: str | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None
    digest: str = ""
    """Changes whenever one of the fields above does."""

    @property
    def paths(self) -> tuple[str, ...]:
        """All files of the document, the one that names it first."""
        return (self.path,) if self.text_path is None else (self.path, self.text_path)


class Wrong(Exception):
    """A line, or a field of it, that cannot be used."""


def entry(line: str) -> Metadata:
    """What a line says; fields that are not known are ignored. Raises ``Wrong``."""
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Wrong(f"not JSON: {error}") from None
    if not isinstance(fields, dict):
        raise Wrong('not a JSON object, such as {"file": "minutes.pdf", "title": "Minutes"}')
    path, text_path = _paths(fields)
    said = Metadata(
        path=path,
        text_path=text_path,
        title=_text(fields, "title"),
        created=_date(fields),
        correspondent=_text(fields, "correspondent"),
        document_type=_text(fields, "document_type"),
        tags=_tags(fields),
        language=_language(fields),
    )
    return replace(said, digest=files.sha256(repr(said)))


def _paths(fields: dict[str, Any]) -> tuple[str, str | None]:
    single, pdf, text = (_path(fields, key) for key in ("file", "pdf_file", "text_file"))
    names = [path for path in (single or pdf, text) if path is not None]
    if not names:
        raise Wrong("no file is named: `file`, `pdf_file` or `text_file` is needed")
    if single and pdf and single != pdf:
        raise Wrong("`file` and `pdf_file` name two different files")
    return (names[0], names[1]) if len(names) == 2 and names[0] != names[1] else (names[0], None)


def _path(fields: dict[str, Any], key: str) -> str | None:
    value = _text(fields, key)
    return None if value is None else unicodedata.normalize("NFC", value.removeprefix("./"))


def _text(fields: dict[str, Any], key: str) -> str | None:
    value = fields.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        raise Wrong(f"`{key}` must be text, not {json.dumps(value)[:40]}")
    value = " ".join(value.encode("utf-8", "replace").decode().replace("\0", " ").split())
    return value or None


def _date(fields: dict[str, Any]) -> dt.date | None:
    value = _text(fields, "created")
    try:
        return dt.date.fromisoformat(value[:10]) if value else None
    except ValueError:
        raise Wrong(f"`created` must be a date such as 2025-03-14, not {value!r}") from None


def _tags(fields: dict[str, Any]) -> tuple[str, ...]:
    value = fields.get("tags")
    if value is None:
        return ()
    if not isinstance(value, list) or any(not isinstance(tag, str) for tag in value):
        raise Wrong("`tags` must be a list of texts")
    tags = (" ".join(tag.encode("utf-8", "replace").decode().split()) for tag in value)
    return tuple(sorted({tag for tag in tags if tag}))


def _language(fields: dict[str, Any]) -> str | None:
    value = _text(fields, "language")
    if value is None or value.lower() in ("und", "unknown"):
        return None
    if not re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*", value):
        raise Wrong(f"`language` must be two letters such as en, not {value!r}")
    return re.split("[-_]", value)[0].lower()
