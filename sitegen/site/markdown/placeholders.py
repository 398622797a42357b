"""Placeholders: what a rendered text leaves to the theme, so that it can be kept whatever the theme says.

They are real tags, with quotation marks: in text ``<`` is escaped, and in attributes ``"`` is, so nobody can write one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

PLACEHOLDER = "<sitegen-"
"""How all of them begin."""
_WORD = re.compile(r'<sitegen-word key="([a-z]+)"></sitegen-word>')


def worded(html: str, word: Callable[[str], str]) -> str:
    """Rendered HTML with the theme's words for what has no title of its own."""
    return _WORD.sub(lambda match: escape(word(match[1])), html)
