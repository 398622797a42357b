"""References: summaries that people wrote, a JSON object a line: ``{"id": "s022", "references": ["…"]}``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from sitegen import files
from sitegen.errors import Place, ReferencesInvalid, raise_all
from sitegen.sources.base import Document


@dataclass(frozen=True, slots=True)
class Reference:
    """What people wrote about one document."""

    id: str
    texts: tuple[str, ...]
    line: int


def read(path: Path) -> list[Reference]:
    """The references of a file. Raises ``ReferencesInvalid`` for every wrong line, or ``StorageError``."""
    found: list[Reference] = []
    problems: list[ReferencesInvalid] = []
    seen: set[str] = set()
    for number, line in enumerate(files.read_text(path).splitlines(), 1):
        if not line.strip():
            continue
        try:
            reference = _parsed(line, number)
            if reference.id in seen:
                raise ValueError(f"{reference.id!r} stands in an earlier line already")
            seen.add(reference.id)
            found.append(reference)
        except (ValueError, RecursionError) as error:
            problems.append(ReferencesInvalid(str(error), place=Place(str(path), number)))
    raise_all(problems)
    return found


def _parsed(line: str, number: int) -> Reference:
    try:
        value: Any = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"it is no JSON: {error.msg}") from error
    if not isinstance(value, dict):
        raise ValueError("it is no JSON object")
    name, texts = value.get("id"), value.get("references")
    if not isinstance(name, str) or not name.strip():
        raise ValueError("it has no `id`: a document's ref, its path, its file name or what that begins with")
    if not isinstance(texts, list) or not all(isinstance(text, str) and text.strip() for text in texts) or not texts:
        raise ValueError("it has no `references`: a list of texts")
    return Reference(name.strip(), tuple(texts), number)


def matched(
    references: Sequence[Reference], documents: Sequence[Document]
) -> tuple[Mapping[str, tuple[str, ...]], list[str]]:
    """The texts by the ref of the one document that they are about; and the ids that fit none, or several."""
    found: dict[str, tuple[str, ...]] = {}
    unmatched: list[str] = []
    for reference in references:
        refs = [document.ref for document in documents if _fits(reference.id, document.ref)]
        if len(refs) == 1:
            found[refs[0]] = (*found.get(refs[0], ()), *reference.texts)
        else:
            unmatched.append(reference.id)
    return found, unmatched


def _fits(name: str, ref: str) -> bool:
    path = ref.partition(":")[2]
    file = PurePosixPath(path).name
    return name in (ref, path, file) or bool(re.match(re.escape(name) + r"(?![^\W_])", file))
