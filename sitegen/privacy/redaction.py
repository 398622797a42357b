"""Redaction: a text with what may be private blacked out, every other character where it was."""

from __future__ import annotations

import re

from sitegen.privacy.guard import Guard

BLACK = "█"


def redacted(text: str, guard: Guard) -> str:
    """The same number of characters; quotations that rest on it have their places in the original too."""
    found = guard.findings(text)
    if not found:
        return text
    parts: list[str] = []
    last = 0
    for one in found:
        parts += (text[last : one.start], re.sub(r"\S", BLACK, text[one.start : one.end]))
        last = one.end
    return "".join((*parts, text[last:]))
