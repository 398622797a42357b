"""Scripts: where a JavaScript module names other files, so that it can name them as they are published.

Pygments tells strings, templates, comments and regular expressions apart; what is looked for is a string after
``import`` or ``from``, in ``import(…)``, and in ``new URL(…, import.meta.url)``. A name that is worked out while the
script runs is not found, and is left as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_META = ("import", ".", "meta", ".", "url")
_STOPS = frozenset(";=()`")
"""What stands in no list of imported names."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One string that names a file."""

    start: int
    end: int
    """Where it stands in the text, quotation marks included."""
    target: str
    line: int
    module: bool
    """Whether it names a script, by ``import`` or ``export … from``; else any file."""


@dataclass(frozen=True, slots=True)
class _Token:
    start: int
    text: str
    kind: str
    """``word``, ``string`` or ``sign``."""


def references(text: str) -> list[Reference]:
    """All strings of a script that name files, in their order."""
    tokens = list(_tokens(text))
    found = []
    for number, token in enumerate(tokens):
        before = tokens[number - 1].text if number else ""
        if token.kind == "string":
            if _is_url(tokens, number):
                found.append(_reference(text, token, module=False))
        elif token.text in ("import", "export") and token.kind == "word" and before != ".":
            named = _named(tokens, number)
            if named is not None:
                found.append(_reference(text, named, module=True))
    return found


def replaced(text: str, names: Sequence[tuple[Reference, str]]) -> str:
    """The script with other names in these places."""
    parts, at = [], 0
    for reference, name in names:
        parts += [text[at : reference.start], _quoted(name)]
        at = reference.end
    return "".join((*parts, text[at:]))


def _named(tokens: Sequence[_Token], number: int) -> _Token | None:
    """The string that an ``import`` or ``export`` at ``number`` takes its names from."""
    rest = tokens[number + 1 :]
    if not rest:
        return None
    if tokens[number].text == "import":
        if rest[0].kind == "string":
            return rest[0]
        if rest[0].text == "(":
            closed = len(rest) > 2 and rest[1].kind == "string" and rest[2].text in (")", ",")
            return rest[1] if closed else None
    elif rest[0].text not in ("{", "*"):
        return None
    for this, after in pairwise(rest):
        if this.text == "from" and this.kind == "word" and after.kind == "string":
            return after
        if this.kind == "sign" and this.text in _STOPS:
            return None
        if this.text == "}" and after.text != "from":
            return None
        if this.text == "." and tokens[number].text == "import":
            return None
    return None


def _is_url(tokens: Sequence[_Token], number: int) -> bool:
    """Whether the string at ``number`` stands in ``new URL("…", import.meta.url)``."""
    before = tuple(token.text for token in tokens[max(number - 3, 0) : number])
    after = tuple(token.text for token in tokens[number + 1 : number + 2 + len(_META)])
    return before == ("new", "URL", "(") and after == (",", *_META)


def _reference(text: str, token: _Token, *, module: bool) -> Reference:
    line = text.count("\n", 0, token.start) + 1
    return Reference(token.start, token.start + len(token.text), _unquoted(token.text), line, module)


def _tokens(text: str) -> Iterator[_Token]:
    """The script without white space and comments; signs one by one."""
    from pygments.lexers.javascript import JavascriptLexer
    from pygments.token import Comment, Literal, Text

    for start, kind, value in JavascriptLexer().get_tokens_unprocessed(text):
        if _is(kind, Comment, Text) or not value.strip():
            continue
        if _is(kind, Literal.String.Double, Literal.String.Single):
            yield _Token(start, value, "string")
        elif _is(kind, Literal):
            yield _Token(start, value, "literal")
        elif value[0].isalpha() or value[0] in "_$#@":
            yield _Token(start, value, "word")
        else:
            yield from (_Token(start + at, sign, "sign") for at, sign in enumerate(value) if not sign.isspace())


def _is(kind: Any, *wanted: Any) -> bool:
    """Whether a token of Pygments is of one of these types, or of one below them."""
    return any(kind in one for one in wanted)


def _unquoted(literal: str) -> str:
    def meant(match: re.Match[str]) -> str:
        code = match[1] or match[2] or match[3]
        if code:
            return chr(int(code, 16)) if int(code, 16) < 0x110000 else ""
        return {"n": "\n", "t": "\t", "r": "\r", "\n": ""}.get(match[4], match[4])

    return _ESCAPE.sub(meant, literal[1:-1])


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
