"""Shortcodes: calls of the theme's macros in the pages of a site's own author.

``{{ name("text", width=3) }}`` stands in a line or on one of its own. ``{% name(…) %}`` on a line of its own begins a
body of Markdown that ``{% end %}`` ends. Arguments are literals, never code. In code, and behind a backslash, all of it
is text. What is rendered here is a placeholder; the macro is called when a template asks for the page's body.
"""

from __future__ import annotations

import ast
import re
import warnings
from typing import TYPE_CHECKING, Any

from sitegen.errors import ShortcodeBroken
from sitegen.site.markdown.rendered import Call

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererProtocol
    from markdown_it.ruler import RuleOptionsType
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_core import StateCore
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict

    from sitegen.site.markdown.rendered import Rendered

_BEGIN = re.compile(r"\{([{%])\s*([A-Za-z_]\w*)\s*\(", re.ASCII)
_END = re.compile(r"\{%\s*end\s*%\}\s*", re.ASCII)
_PIECE = re.compile(r"""[^()\[\]{}"']+|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[()\[\]{}]""", re.DOTALL)
_CLOSE = {"{": re.compile(r"\s*\}\}"), "%": re.compile(r"\s*%\}")}
_LONGEST = 20_000
"""Characters of one call."""
_MOST_LINES = 200
_INTERRUPTS: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}

_Found = tuple[str, tuple[Any, ...], tuple[tuple[str, Any], ...], int]
"""Name, arguments, named arguments, and where the call ends."""


class _Wrong(Exception):
    """A call that cannot be read, and why."""


def shortcodes_plugin(md: MarkdownIt) -> None:
    """Finds calls and leaves placeholders for them."""
    md.block.ruler.before("attr", "shortcode_body", _body_line, _INTERRUPTS)
    md.block.ruler.before("attr", "shortcode", _line)
    md.inline.ruler.before("escape", "shortcode", _inline)
    md.core.ruler.push("shortcodes", _pair)
    md.add_render_rule("shortcode", _print)


def call_end(text: str, at: int) -> int | None:
    """Where the call, or the end of a body, is over that begins at ``at``; None when none begins there."""
    if (closes := _END.match(text, at)) is not None:
        return closes.end()
    try:
        found = _read(text, at)
    except _Wrong:
        return None
    return None if found is None else found[3]


def _read(text: str, at: int) -> _Found | None:
    """The call that begins at ``at``; None when none does. Raises ``_Wrong``."""
    begin = _BEGIN.match(text, at)
    if begin is None:
        return None
    name, end = begin[2], _closing(text, begin.end(), begin[2])
    close = _CLOSE[begin[1]].match(text, end)
    if close is None:
        raise _Wrong(f"{name}(…) is not followed by {'}}' if begin[1] == '{' else '%}'}")
    return name, *_arguments(name, text[begin.end() : end - 1]), close.end()


def _closing(text: str, at: int, name: str) -> int:
    """Where the arguments that begin at ``at`` are over, behind their last parenthesis."""
    depth, limit = 1, at + _LONGEST
    while depth:
        piece = _PIECE.match(text, at)
        if piece is None or at > limit:
            raise _Wrong(f"the parenthesis of {name}( is not closed")
        depth += (piece[0] in "([{") - (piece[0] in ")]}")
        at = piece.end()
    return at


def _arguments(name: str, source: str) -> tuple[tuple[Any, ...], tuple[tuple[str, Any], ...]]:
    try:
        with warnings.catch_warnings(action="ignore"):  # of backslashes that mean nothing
            call = ast.parse(f"f({source}\n)", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _Wrong(f"the arguments of {name}(…) cannot be read: {' '.join(source.split())[:80]}") from None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        raise _Wrong(f"the parentheses of {name}(…) do not match")
    named = [(keyword.arg, _literal(keyword.value, name)) for keyword in call.keywords if keyword.arg is not None]
    if len(dict(named)) < len(call.keywords):
        raise _Wrong(f"{name}(…) has an argument twice, or ** among them")
    return tuple(_literal(node, name) for node in call.args), tuple(named)


def _literal(node: ast.expr, name: str) -> Any:
    """The value of an argument: text, a number, true or false, none, or lists and tables of those."""
    match node:
        case ast.Constant(value=str() | int() | float() | None as value):
            return value
        case ast.Name(id="true" | "false" as word):
            return word == "true"
        case ast.Name(id="none"):
            return None
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [_literal(item, name) for item in items]
        case ast.Dict(keys=keys, values=values) if all(isinstance(key, ast.Constant) for key in keys):
            return {str(key.value): _literal(value, name) for key, value in zip(keys, values, strict=True)}  # type: ignore[union-attr]
    raise _Wrong(f"{ast.unparse(node)[:80]!r} is not a text in quotes, a number, true, false, none or a list of those")


def _inline(state: StateInline, silent: bool) -> bool:
    if not state.src.startswith("{{", state.pos):
        return False
    wrong = ""
    try:
        found = _read(state.src, state.pos)
    except _Wrong as error:
        found, wrong = ("", (), (), state.posMax), str(error)
    if found is None:
        return False
    if not silent:
        token = state.push("shortcode", "sitegen-call", 0)
        # The line is not known here: the core rule below goes over the lines.
        token.meta = {"wrong": wrong, "lines": state.src.count("\n", state.pos, found[3])}
        _note(token, state.env["seen"], found, 0, body=False)
    state.pos = found[3]
    return True


def _line(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A call that has its line, or lines, for itself."""
    begin = state.bMarks[start] + state.tShift[start]
    if not state.src.startswith("{{", begin) or state.is_code_block(start):
        return False
    text = state.getLines(start, min(end, start + _MOST_LINES), state.blkIndent, False).lstrip()
    try:
        found = _read(text, 0)
    except _Wrong:
        return False  # the rule for calls within a line tells what is wrong
    if found is None or text[found[3] :].partition("\n")[0].strip():
        return False
    if not silent:
        _note(state.push("shortcode", "sitegen-call", 0), state.env["seen"], found, start, body=False)
        state.line = start + text.count("\n", 0, found[3]) + 1
    return True


def _body_line(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """The line that begins a body, or ends it."""
    begin = state.bMarks[start] + state.tShift[start]
    if not state.src.startswith("{%", begin) or state.is_code_block(start):
        return False
    closes = _END.fullmatch(state.src, begin, state.eMarks[start])
    if not closes and not _BEGIN.match(state.src, begin):
        return False
    if silent:
        return True
    state.line = start + 1
    if closes:
        token = state.push("shortcode_close", "sitegen-call", 0)
    else:
        token = state.push("shortcode_open", "sitegen-call", 0)
        _open(state, token, start, end)
    # As an opening and a closing tag; pushed without, so that what is between them stays on its level.
    token.nesting = -1 if closes else 1
    token.map, token.block = [start, state.line], True
    return True


def _open(state: StateBlock, token: Token, start: int, end: int) -> None:
    text = state.getLines(start, min(end, start + _MOST_LINES), state.blkIndent, False).lstrip()
    seen: Rendered = state.env["seen"]
    try:
        found = _read(text, 0)
        assert found is not None
        if text[found[3] :].partition("\n")[0].strip():
            raise _Wrong(f"more stands behind {found[0]}(…) on a line that begins a body")
    except _Wrong as wrong:
        seen.fault(ShortcodeBroken, str(wrong), start)
        found = ("", (), (), 0)
    _note(token, seen, found, start, body=True)
    state.line = start + text.count("\n", 0, found[3]) + 1


def _note(token: Token, seen: Rendered, found: _Found, line: int, *, body: bool) -> None:
    name, values, named, _ = found
    token.attrs = {"n": len(seen.calls)}
    seen.calls.append(Call(name, values, named, line, body))


def _print(_self: RendererProtocol, tokens: Sequence[Token], number: int, _options: OptionsDict, _env: EnvType) -> str:
    token = tokens[number]
    return f'<sitegen-call n="{token.attrs["n"]}"></sitegen-call>' + ("\n" if token.block else "")


def _pair(state: StateCore) -> None:
    """Sees to it that each body ends, in the list item or quotation in which it begins; tells calls their lines."""
    seen: Rendered = state.env["seen"]
    open_bodies: list[Token] = []
    line = 0
    for token in state.tokens:
        line = token.map[0] if token.map else line
        if token.type == "shortcode_open":
            open_bodies.append(token)
        elif token.type == "shortcode_close":
            if not open_bodies or open_bodies[-1].level != token.level:
                seen.fault(ShortcodeBroken, "{% end %} ends nothing", line)
            else:
                open_bodies.pop()
        elif token.nesting < 0 and open_bodies and open_bodies[-1].level > token.level:
            _unclosed(seen, open_bodies.pop())
        _tell_lines(token, line, seen)
    for token in open_bodies:
        _unclosed(seen, token)


def _unclosed(seen: Rendered, token: Token) -> None:
    call = seen.calls[int(token.attrs["n"])]
    seen.fault(ShortcodeBroken, f"the body of {call.name or 'the shortcode'} has no {{% end %}}", call.line)


def _tell_lines(token: Token, line: int, seen: Rendered) -> None:
    for child in token.children or ():
        line += child.type in ("softbreak", "hardbreak")
        if child.type == "shortcode":
            if child.meta["wrong"]:
                seen.fault(ShortcodeBroken, child.meta["wrong"], line)
            number = int(child.attrs["n"])
            seen.calls[number] = seen.calls[number]._replace(line=line)
            line += child.meta["lines"]
