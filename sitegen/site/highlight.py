"""Highlighted code: Pygments, with classes instead of colours, so that the theme decides and no style stands inline."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pygments.formatters import HtmlFormatter
    from pygments.lexer import Lexer

_LONGEST = 50_000
"""Characters of one block. Longer ones are no code that somebody reads, and some lexers take quadratic time."""
_LONGEST_LINE = 2_000


def highlight(code: str, language: str, marked: tuple[int, ...] = ()) -> str | None:
    """``code`` as HTML of a ``pre``, or None when the language is unknown or the code too long.

    The lines ``marked`` (from 1) become ``span.hll``.
    """
    if not language or len(code) > _LONGEST or max(map(len, code.split("\n"))) > _LONGEST_LINE:
        return None
    lexer = _lexer(language.lower())
    if lexer is None:
        return None
    from pygments import highlight as render

    alias = lexer.aliases[0] if lexer.aliases else "text"
    return (
        f'<pre class="highlight"><code class="language-{alias}">{render(code, lexer, _formatter(marked))}</code></pre>'
    )


@functools.lru_cache(maxsize=256)
def _lexer(language: str) -> Lexer | None:
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return None


@functools.lru_cache(maxsize=64)
def _formatter(marked: tuple[int, ...]) -> HtmlFormatter[str]:
    from pygments.formatters import HtmlFormatter

    return HtmlFormatter(nowrap=True, hl_lines=marked)
