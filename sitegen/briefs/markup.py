"""Text of documents and models as Markdown that shows just that text and nothing else."""

from __future__ import annotations

import re
import unicodedata

_ACTIVE = re.compile(r"[\\`*\[\]<~|]")
_ENTITY = re.compile(r"&(?=#?\w{1,32};)")
_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_LINE_START = re.compile(r"^([-+=#>:]|(?P<number>\d{1,9})(?P<dot>[.)]))")
_KEPT_FORMATS = {"\u200c", "\u200d", "\u00ad"}
"""Joiners that Persian and Indic words need, and the soft hyphen."""


def plain(text: str) -> str:
    """``text`` on one line: white space folded; control, bidi, zero-width and unassigned characters removed."""
    kept = "".join(char if _shown(char) else " " if char.isspace() else "" for char in text)
    return " ".join(kept.split())


def _shown(char: str) -> bool:
    if char in _KEPT_FORMATS:
        return True
    return unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def shorten(text: str, limit: int) -> str:
    """``text`` cut at a word to at most ``limit`` characters, with an ellipsis when something is missing."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    head, _, _ = cut.rpartition(" ")
    return (head if len(head) > limit // 2 else cut).rstrip(" ,;:.-–—") + "…"


def escape(text: str) -> str:
    """``text`` as a line of Markdown that renders to it; only characters that would act are escaped."""
    return _LINE_START.sub(_escape_start, escape_cell(text))


def escape_cell(text: str) -> str:
    """The same for text that does not begin a line, such as a cell of a table."""
    line = plain(text)
    line = _ACTIVE.sub(lambda match: f"\\{match[0]}", line)
    line = _ENTITY.sub(r"\\&", line)
    line = _UNDERSCORE.sub(r"\\_", line)
    return line.replace("![", "\\![")


def _escape_start(match: re.Match[str]) -> str:
    if match["number"]:
        return f"{match['number']}\\{match['dot']}"
    return f"\\{match[0]}"
