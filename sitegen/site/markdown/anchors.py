"""Anchors: the ids of headings."""

from __future__ import annotations

import re
import unicodedata

_NOT_IN_ID = re.compile(r"[^\w\s-]")
_RESERVED_ID = re.compile(r"fn(ref)?\d.*")
_RESERVED = {"", "main", "content", "top", "toc", "menu", "nav", "search", "made"}
"""Names that themes like to give to parts of a page."""


def anchor(text: str, taken: set[str]) -> str:
    """The id of a heading: its words with hyphens, in any script, made unique among ``taken``."""
    words = _NOT_IN_ID.sub("", unicodedata.normalize("NFC", text).lower()).split()
    wanted = "-".join(words)[:80].strip("-")
    if wanted in _RESERVED or _RESERVED_ID.fullmatch(wanted):
        wanted = f"section-{wanted}".rstrip("-")
    found, number = wanted, 1
    while found in taken:
        number += 1
        found = f"{wanted}-{number}"
    taken.add(found)
    return found
