"""Style sheets: what one imports put into it, addresses made right, and all that browsers skip left out.

Sheets are parsed with tinycss2, after CSS Syntax Level 3 (https://www.w3.org/TR/css-syntax-3/), and written token by
token: no value is changed, no rule moved, so that what a browser of tomorrow understands is still there. What an
``@import`` says about media, features and layers becomes a rule around the imported sheet
(https://www.w3.org/TR/css-cascade-5/#at-import).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any, Protocol

import tinycss2
from tinycss2.serializer import serialize_identifier, serialize_string_value

from sitegen.errors import AssetBroken, Place, SitegenError

_EMBEDDED = ("data:", "#", "/")
"""How addresses begin that are left alone; ``//host`` is not one of them."""
_TIGHT = {"qualified-rule": frozenset(",>~"), "at-rule": frozenset(","), "declaration": frozenset(",")}
"""Signs around which white space means nothing, by what they stand in."""
_PICTURES = ("image-set", "-webkit-image-set")


class Sources(Protocol):
    """Where sheets and the files that they refer to are found."""

    def sheet(self, importer: Sheet, url: str) -> Sheet | None:
        """The sheet that an ``@import`` means."""
        ...

    def address(self, sheet: Sheet, url: str, root: Sheet) -> str | None:
        """The address of a file, as ``root`` must write it."""
        ...


@dataclass(frozen=True, slots=True)
class Sheet:
    """One style sheet."""

    path: str
    """In ``static/``."""
    key: str
    """Which of the files of that path it is."""
    name: str = field(compare=False)
    """For messages."""
    text: str = field(compare=False)


def bundle(root: Sheet, sources: Sources, problems: list[SitegenError]) -> str:
    """The sheet with all that it imports, small. What is wrong is added to ``problems``."""
    return _Bundle(root, sources, problems).of(root)


class _Bundle:
    def __init__(self, root: Sheet, sources: Sources, problems: list[SitegenError]) -> None:
        self._root, self._sources, self._problems = root, sources, problems
        self._open: list[Sheet] = []

    def of(self, sheet: Sheet) -> str:
        """The text of a sheet and of all that it imports."""
        self._open.append(sheet)
        parts, head = [], True
        rules = tinycss2.parse_stylesheet(self._closed(sheet), skip_comments=False, skip_whitespace=True)
        imports = [rule for rule in rules if _is(rule, "import")]
        for rule in rules:
            if _is(rule, "charset"):
                continue
            if _is(rule, "import"):
                parts.append(self._import(sheet, rule, head))
                continue
            if _is(rule, "namespace") and (imports or sheet is not self._root):
                self._wrong(sheet, rule, "@namespace and @import cannot stand together in what becomes one sheet")
            head = head and (rule.type == "comment" or (_is(rule, "layer") and rule.content is None))
            parts.append(self._rule(sheet, rule))
        self._open.pop()
        return "".join(parts)

    def _closed(self, sheet: Sheet) -> list[Any]:
        """The tokens of a sheet. What is not closed would swallow a bracket that is put at the end."""
        tokens: list[Any] = tinycss2.parse_component_value_list(f"{sheet.text}\n}}")
        if tokens[-1].type == "error" and tokens[-1].kind == "}":
            tokens.pop()
        else:
            self._wrong(sheet, tokens[-1], "what begins in this line is not closed")
        return tokens

    def _wrong(self, sheet: Sheet, node: Any, message: str) -> None:
        self._problems.append(AssetBroken(message, place=Place(sheet.name, node.source_line)))

    # ------------------------------------------------------------------------------------------------------- imports

    def _import(self, sheet: Sheet, rule: Any, head: bool) -> str:
        prelude = [token for token in rule.prelude if token.type not in ("whitespace", "comment")]
        url = _url_of(prelude[0]) if prelude else None
        if url is None:
            self._wrong(sheet, rule, "@import names no style sheet")
        elif any(_fault(token) for token in prelude):
            self._wrong(sheet, rule, f"what stands after @import {url!r} is not CSS")
        elif not head:
            self._wrong(sheet, rule, f"@import {url!r} stands after other rules, where browsers ignore it")
        elif _remote(url):
            self._wrong(
                sheet, rule, f"@import of {url!r}: style sheets of other sites are forbidden by the page's policy"
            )
        elif (found := self._sources.sheet(sheet, url)) is None:
            self._wrong(sheet, rule, f"the style sheet imports {url!r}, which is not there")
        elif found in self._open:
            self._wrong(sheet, rule, f"the style sheet imports itself, by itself or through others: {url!r}")
        else:
            return _wrapped(self.of(found), prelude[1:], rule.prelude)
        return ""

    # --------------------------------------------------------------------------------------------------------- rules

    def _rule(self, sheet: Sheet, rule: Any) -> str:
        """One rule, without what browsers skip."""
        if rule.type == "comment":
            return f"/*{rule.value}*/" if rule.value.startswith("!") else ""
        if rule.type == "error":
            self._wrong(sheet, rule, f"this is neither a declaration nor a rule: {rule.message}")
            return ""
        if rule.type == "declaration":
            return self._declaration(sheet, rule)
        self._rewrite(sheet, rule.prelude)
        prelude = _tokens(rule.prelude, _TIGHT[rule.type])
        if rule.type == "at-rule":
            prelude = f"@{serialize_identifier(rule.at_keyword)}{' ' if prelude else ''}{prelude}"
        if rule.content is None:
            return f"{prelude};"
        return f"{prelude}{{{self._block(sheet, rule.content)}}}"

    def _block(self, sheet: Sheet, content: Sequence[Any]) -> str:
        found = tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True)
        text = "".join(self._rule(sheet, rule) for rule in found)
        return text.removesuffix(";")

    def _declaration(self, sheet: Sheet, rule: Any) -> str:
        self._rewrite(sheet, rule.value)
        custom = rule.name.startswith("--")
        value = _tokens(rule.value, frozenset() if custom else _TIGHT["declaration"])
        important = "!important" if rule.important else ""
        # A custom property may be empty, which is another thing than not being there.
        return f"{serialize_identifier(rule.name)}:{value or (' ' if custom else '')}{important};"

    # ----------------------------------------------------------------------------------------------------- addresses

    def _rewrite(self, sheet: Sheet, tokens: Iterable[Any]) -> None:
        """Makes the addresses in ``tokens`` right for where the bundle will be; wrong tokens are told."""
        for token in tokens:
            if reason := _fault(token):
                self._wrong(sheet, token, f"this is not CSS: {reason}")
            elif token.type == "url":
                token.representation = f'url("{serialize_string_value(self._address(sheet, token, token.value))}")'
            elif token.type == "function":
                for text in _addresses_in(token):
                    text.representation = f'"{serialize_string_value(self._address(sheet, text, text.value))}"'
                self._rewrite(sheet, token.arguments)
            elif hasattr(token, "content") and isinstance(token.content, list):
                self._rewrite(sheet, token.content)

    def _address(self, sheet: Sheet, token: Any, url: str) -> str:
        if not url or (url.startswith(_EMBEDDED) and not url.startswith("//")):
            return url
        if _remote(url):
            self._wrong(sheet, token, f"{url!r}: files of other sites are forbidden by the page's policy")
            return url
        found = self._sources.address(sheet, url, self._root)
        if found is None:
            self._wrong(sheet, token, f"the style sheet refers to {url!r}, which is not there")
        return found or url


def _fault(token: Any) -> str:
    """Why a token is none; empty for others."""
    if token.type == "error":
        return str(token.message)
    return "a backslash with nothing after it" if token.type == "literal" and token.value == "\\" else ""


def _is(rule: Any, keyword: str) -> bool:
    return bool(rule.type == "at-rule" and rule.lower_at_keyword == keyword)


def _remote(url: str) -> bool:
    return url.startswith("//") or url.lower().startswith(("http:", "https:"))


def _url_of(token: Any) -> str | None:
    """The address that a token is: a string, ``url(…)`` or ``url("…")``."""
    if token.type in ("string", "url"):
        return str(token.value)
    if token.type == "function" and token.lower_name in ("url", "src"):
        return next((str(inner.value) for inner in token.arguments if inner.type == "string"), None)
    return None


def _addresses_in(function: Any) -> Iterator[Any]:
    """The strings among the arguments of a function that are addresses."""
    if function.lower_name in ("url", "src"):
        yield from [token for token in function.arguments if token.type == "string"][:1]
    elif function.lower_name in _PICTURES:
        yield from (token for token in function.arguments if token.type == "string")


def _wrapped(text: str, conditions: Sequence[Any], prelude: Sequence[Any]) -> str:
    """An imported sheet inside the rules that its ``@import`` asks for: layer innermost, media outermost."""
    rest = list(conditions)
    layer = supports = None
    if rest and rest[0].type == "ident" and rest[0].lower_value == "layer":
        layer = ""
        rest.pop(0)
    elif rest and rest[0].type == "function" and rest[0].lower_name == "layer":
        layer = _tokens(rest.pop(0).arguments, frozenset(","))
    if rest and rest[0].type == "function" and rest[0].lower_name == "supports":
        supports = _condition(rest.pop(0).arguments)
    # White space between the words of a media query counts, so what is left is taken as it was written.
    media = _tokens(prelude[prelude.index(rest[0]) :], frozenset(",")) if rest else ""
    if layer is not None:
        text = f"@layer{' ' if layer else ''}{layer}{{{text}}}"
    if supports:
        text = f"@supports {supports}{{{text}}}"
    return f"@media {media}{{{text}}}" if media else text


def _condition(arguments: Sequence[Any]) -> str:
    """What stands in ``supports(…)``: a condition, or a declaration, which gets brackets."""
    first = next((token for token in arguments if token.type not in ("whitespace", "comment")), None)
    text = _tokens(arguments, frozenset())
    condition = first is not None and (
        first.type in ("() block", "function") or (first.type == "ident" and first.lower_value == "not")
    )
    return text if condition else f"({text})"


def _tokens(tokens: Iterable[Any], tight: frozenset[str]) -> str:
    """Tokens as text: one space where there was white space, none where it means nothing, no comments."""
    kept: list[Any] = []
    for token in tokens:
        if token.type == "comment":
            continue
        if token.type == "whitespace":
            if not kept or kept[-1].type == "whitespace" or _sign(kept[-1]) in tight:
                continue
            token = copy(token)
            token.value = " "
        elif _sign(token) in tight and kept and kept[-1].type == "whitespace":
            kept.pop()
        kept.append(_inside(token, tight))
    if kept and kept[-1].type == "whitespace":
        kept.pop()
    return str(tinycss2.serialize(kept))


def _sign(token: Any) -> str:
    return str(token.value) if token.type == "literal" else ""


def _inside(token: Any, tight: frozenset[str]) -> Any:
    """A function or block with its inner white space gone; inside brackets only commas are sure to need none."""
    inner = tight & {","}
    if token.type == "function":
        return _Written(token, f"{serialize_identifier(token.name)}({_tokens(token.arguments, inner)})")
    if token.type in ("() block", "[] block", "{} block"):
        return _Written(token, f"{token.type[0]}{_tokens(token.content, inner)}{token.type[1]}")
    return token


class _Written:
    """A token whose text is known already."""

    def __init__(self, token: Any, text: str) -> None:
        self.type, self._text = token.type, text

    def _serialize_to(self, write: Any) -> None:
        write(self._text)
