"""What was not read, in words."""

from __future__ import annotations

from collections.abc import Sequence

from sitegen.enrich.summary import LeftOut, LeftOutKind

MOST_PAGES = 8
_WORDS: dict[LeftOutKind, tuple[str, str]] = {
    "table": ("table of figures", "tables of figures"),
    "encoded": ("stretch of encoded data", "stretches of encoded data"),
    "unreadable": ("part without readable sentences", "parts without readable sentences"),
    "unanswered": ("part that the model gave no usable answer to", "parts that the model gave no usable answers to"),
}


def described(left_out: Sequence[LeftOut]) -> list[str]:
    """A sentence for each kind of what was left out: how often, and on which pages."""
    said = []
    for kind, (one, more) in _WORDS.items():
        found = [part for part in left_out if part.kind == kind]
        if not found:
            continue
        rows = sum(part.rows for part in found)
        size = f" ({rows:,} rows)" if rows else ""
        verb = "was" if len(found) == 1 else "were"
        said.append(f"{len(found)} {one if len(found) == 1 else more}{size} {verb} left out{_where(found)}.")
    return said


def _where(found: Sequence[LeftOut]) -> str:
    pages = list(dict.fromkeys(part.page for part in found if part.page is not None))
    if not pages:
        return ""
    named = ", ".join(map(str, pages[:MOST_PAGES])) + (" …" if len(pages) > MOST_PAGES else "")
    return f" (page {named})" if len(pages) == 1 else f" (pages {named})"
