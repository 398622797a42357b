"""Placeholders: what a rendered text leaves to the theme, so that it can be kept whatever the theme says.

They are real tags, with quotation marks: in text ``<`` is escaped, and in attributes ``"`` is, so nobody can write one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

PLACEHOLDER = "<sitegen-"
"""How all of them begin."""
_CALL = re.compile(r'<sitegen-call n="(\d+)">|</sitegen-call>')
_WORD = re.compile(r'<sitegen-word key="([a-z]+)"></sitegen-word>')


def worded(html: str, word: Callable[[str], str]) -> str:
    """Rendered HTML with the theme's words for what has no title of its own."""
    return _WORD.sub(lambda match: escape(word(match[1])), html)


def called(html: str, call: Callable[[int, str], str]) -> str:
    """Rendered HTML with what ``call`` makes of each shortcode, by its number and the HTML of its body."""
    texts: list[list[str]] = [[]]
    """What was written so far: outside, and in each body that is open."""
    numbers: list[int] = []
    at = 0
    for tag in _CALL.finditer(html):
        texts[-1].append(html[at : tag.start()])
        at = tag.end()
        if tag[1]:
            numbers.append(int(tag[1]))
            texts.append([])
        else:
            body = "".join(texts.pop()).strip()
            texts[-1].append(call(numbers.pop(), body))
    return "".join((*texts[0], html[at:]))
