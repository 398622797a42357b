"""Anchors: the ids of headings."""

from __future__ import annotations

import re
import unicodedata

_NOT_IN_ID = re.compile(r"[^\w\s-]")
_RESERVED_ID = re.compile(r"fn(ref)?\d.*")
_RESERVED = {"main", "content", "top", "toc", "menu", "nav", "search", "made"}
"""Names that themes like to give to parts of a page."""


def anchor(text: str, taken: set[str]) -> str:
    """The id of a heading: its words with hyphens, in any script, made unique among ``taken``."""
    words = _NOT_IN_ID.sub("", unicodedata.normalize("NFC", text).lower()).split()
    wanted = "-".join(words)[:80].strip("-")
    if not wanted or reserved(wanted):
        wanted = f"section-{wanted}".rstrip("-")
    found = wanted if wanted not in taken else f"{wanted}-{_free(wanted, taken)}"
    taken.add(found)
    return found


def _free(name: str, taken: set[str]) -> int:
    """A number with which the name is not taken: the first, where they were given in turn.

    Found by halving, since a text may have the same heading ten thousand times.
    """
    last, free = 1, 2
    while f"{name}-{free}" in taken:
        last, free = free, free * 2
    while free - last > 1:
        middle = (last + free) // 2
        last, free = (middle, free) if f"{name}-{middle}" in taken else (last, middle)
    return free


def reserved(name: str) -> bool:
    """Whether an id belongs to a footnote, or to a part of the page around the text."""
    return name in _RESERVED or _RESERVED_ID.fullmatch(name) is not None
