"""Formulas: LaTeX between dollars, or in a block of code named ``math``, as MathML, which browsers show by themselves.

math-core writes MathML Core with inline styles where that has no attribute. A strict content security policy refuses
those, so they become classes (``math-…``) for the theme to style, or presentation attributes.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from mdit_py_plugins.dollarmath import dollarmath_plugin

from sitegen.errors import FormulaBroken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererProtocol
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict
    from math_core import LatexToMathML

    from sitegen.site.markdown.rendered import Rendered

_LONGEST = 4_000
"""Characters. The converter descends into each brace, and the stack of a thread has an end."""
_STYLE = re.compile(r' style="([^"]*)"')
_BOX = re.compile(r'<menclose notation="([a-z]+)">')
_ID = re.compile(r' id="([^"]*)"')
_COLOUR = re.compile(r"color:(#[0-9A-Fa-f]{6})")
_SIZE = re.compile(r"font-size:(\d+%)")
_CLASSES = {
    "text-align: left": "math-left",
    "text-align: right": "math-right",
    "padding-left: 0": "math-start-0",
    "padding-right: 0": "math-end-0",
    "padding-left:1em": "math-apart",
    "padding-top: 0": "math-tight",
    "width: 100%": "math-wide",
    "width: 50%": "math-half",
    "width: 7.5%": "math-edge",
    "padding-left:0.2778em": "math-relation",
    "margin-left:-0.16666667em": "math-back",
    "font-variant-caps: small-caps": "math-caps",
    **{
        f"border-{side}: 0.05em {kind} currentcolor": f"math-{kind}-{side}"
        for side in ("left", "right", "top")
        for kind in ("solid", "dashed")
    },
}


def formulas_plugin(md: MarkdownIt) -> None:
    """Finds formulas and converts them."""
    dollarmath_plugin(md, allow_labels=False, allow_space=False, allow_digits=False, allow_blank_lines=False)
    md.core.ruler.push("formulas", _convert)
    for name in ("math_inline", "math_block"):
        md.add_render_rule(name, _print)


def _print(_self: RendererProtocol, tokens: Sequence[Token], number: int, _options: OptionsDict, _env: EnvType) -> str:
    return str(tokens[number].meta["html"])


def _convert(state: StateCore) -> None:
    if "$" not in state.src and "math" not in state.src:
        return
    from math_core import LatexToMathML

    # One converter a text: equations are numbered, and commands defined in one formula serve those after it.
    converter = LatexToMathML(fancy_error=False, global_group=True, max_expansions=200, id_prefix="eq-")
    seen: Rendered = state.env["seen"]
    line = 0
    for token in state.tokens:
        line = token.map[0] if token.map else line
        if token.type == "fence" and token.info.strip() == "math":
            token.type = "math_block"
        if token.type == "math_block":
            token.meta["html"] = f"{_mathml(token.content, converter, seen, line, block=True)}\n"
        at = line
        for child in token.children or ():
            at += child.type in ("softbreak", "hardbreak")
            if child.type == "math_inline":
                child.meta["html"] = _mathml(child.content, converter, seen, at, block=False)


def _mathml(tex: str, converter: LatexToMathML, seen: Rendered, line: int, *, block: bool) -> str:
    from math_core import LatexError

    tex = tex.strip()
    try:
        if len(tex) > _LONGEST:
            raise LatexError(f": it is longer than {_LONGEST} characters")
        html = converter.convert_with_global_state(tex, displaystyle=block)
    except LatexError as error:
        reason = str(error).partition(": ")[2]
        seen.remark(FormulaBroken, f'the formula "{" ".join(tex.split())[:80]}" cannot be read: {reason[:200]}', line)
        return f'<code class="math-broken">{escape(tex)}</code>'
    seen.anchors += _ID.findall(html)
    # Only some browsers know menclose, so that a class must do.
    html = _BOX.sub(r'<mrow class="math-\1">', html).replace("</menclose>", "</mrow>")
    return _STYLE.sub(_restyled, html)


def _restyled(match: re.Match[str]) -> str:
    declarations = [part.strip() for part in match[1].split(";")]
    classes = [_CLASSES[part] for part in declarations if part in _CLASSES]
    found = f' class="{" ".join(classes)}"' if classes else ""
    for part in declarations:
        if colour := _COLOUR.fullmatch(part):
            found += f' mathcolor="{colour[1]}"'
        elif size := _SIZE.fullmatch(part):
            found += f' mathsize="{size[1]}"'
    return found
