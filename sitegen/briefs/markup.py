"""Text of documents and models as Markdown that shows just that text and nothing else."""

from __future__ import annotations

import re

from sitegen.text import plain

_ACTIVE = re.compile(r"[\\`*\[\]<~|]")
_ENTITY = re.compile(r"&(?=#?\w{1,32};)")
_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_LINE_START = re.compile(r"^([-+=#>:]|(?P<number>\d{1,9})(?P<dot>[.)]))")


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
