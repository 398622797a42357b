"""Phrases: what stands inside a paragraph, heading or cell, for ``quick``: emphasis, code, links, notes, escapes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from sitegen.site.markdown.addresses import external
from sitegen.site.markdown.rendered import Rendered


class Unsure(Exception):
    """The text may mean something else than it seems to: ask the parser."""


SPECIAL = re.compile(r"[\\`*_~\[\n&<>]|!\[|\^\[")
"""What makes a text more than its characters."""
_TOKEN = re.compile(
    # The character comes first, so that a search for it skips all others; then what it means by what surrounds it.
    r"""
    [\\`*_\[\]\n&<>~!^](?:
      (?<=\\)(?P<escaped>[!-/:-@\[-`{-~])
    | (?<=`)(?<!``)(?P<code>[^`\n]+)`(?!`)
    | (?<=\[)(?P<label>(?!\^)[^\[\]`\\<>!]+)\]\((?P<address>[^\s()<>\\"'&\x80-\uffff]+)\)
    | (?<=\[)\^(?P<note>[\w-]+)\](?!\()
    | (?<=[*_])(?P<mark>(?<=\*)\*?|(?<=_)_?)(?![*_])
    | (?<=\n)(?P<line>)
    | (?P<plain>(?<=&)(?!\#?\w+;)|(?<=<)(?=\ )|(?<=>))
    | (?P<unsure>(?<=[\\`*_&<])|(?<=~)~|(?<=[!^])\[|(?<=\])\()
    )?
    """,
    re.VERBOSE | re.ASCII,
)
_TAG = re.compile(r"<sup.*?</sup>|<[^>]*>")
_HOST = r"https?://(?!xn--)[a-z0-9]+(?:[.-](?!xn--)[a-z0-9]+)*\.[a-z]{2,}"
_PLAIN = re.compile(rf"{_HOST}(?:/[\w./-]*)?", re.ASCII)
"""Addresses that stay as they are."""
_OUTSIDE = re.compile(rf"{_HOST}(?:[/?#][\w./~%?=#:;,+@!*-]*)?|mailto:[\w.+-]+@[\w.-]+|tel:\+?[\d-]+", re.ASCII)
"""Addresses out of the site that nh3 is sure to let through."""
WHITE = "\n \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
"""White space of all kinds that ``quick`` lets through."""
_DEEPEST = 4
"""Emphasis in emphasis; the parser has limits, too."""


def escaped(text: str) -> str:
    """Text as nh3 would write it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def text_of(html: str) -> str:
    """The text in the HTML of phrases, without references to notes; a space stands for each tag."""
    return _TAG.sub(" ", html)


def heading_text(html: str) -> str:
    """The text of a heading, by which it is called."""
    if "<" in html or "&" in html:
        html = _TAG.sub("", html).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return html


class Phrases:
    """Renders phrases. ``notes`` has the place of each footnote that was referred to, in order of appearance."""

    def __init__(self, seen: Rendered, labels: Collection[str]) -> None:
        self._seen = seen
        self._labels = labels
        self.notes: dict[str, tuple[int, int]] = {}
        """Label → the number of the note, and how many times it was referred to."""

    def render(self, text: str, line: int, edge: str = " ") -> str:
        """The HTML of ``text``, which begins on ``line``; ``edge`` stands before it. Raises ``Unsure``."""
        if not SPECIAL.search(text):
            return text
        out: list[str] = []
        opened: list[tuple[str, int]] = []
        at = 0
        for match in _TOKEN.finditer(text):
            kind = match.lastgroup
            if kind is None:
                continue
            start, end = match.span()
            if start > at:
                out.append(text[at:start])
            at = end
            if kind == "mark":
                out.append(self._mark(text, start, end, opened, len(out), edge))
                if out[-1].startswith("</"):
                    mark, opener = opened.pop()
                    out[opener] = f"<{_tag(mark)}>"
            elif kind == "line":
                before = out[-1] if out else ""
                if before.endswith(" "):
                    out[-1] = before.rstrip(" ")
                out.append("<br>\n" if before.endswith("  ") else "\n")
            elif kind == "code":
                out.append(_code(match["code"]))
            elif kind == "address":
                out.append(self._link(match["label"], match["address"], line + text.count("\n", 0, start)))
            elif kind == "note":
                out.append(self._note(match["note"]))
            elif kind == "escaped":
                out.append(escaped(match[kind]))
            elif kind == "plain":
                out.append(escaped(match[0]))
            else:
                raise Unsure
        if opened:
            raise Unsure
        out.append(text[at:])
        return "".join(out)

    def _mark(self, text: str, start: int, end: int, opened: list[tuple[str, int]], place: int, edge: str) -> str:
        """A delimiter of emphasis; those that could both open and close are left to the parser."""
        before, after = _kind(text[start - 1] if start else edge), _kind(text[end : end + 1])
        if before == after and (before == " " or (before == "w" and text[start] == "_")):
            return text[start:end]
        mark = text[start:end]
        if (after == "w" and before != "w") or (after == "." and before == " "):
            if len(opened) >= _DEEPEST:
                raise Unsure
            opened.append((mark, place))
            return mark
        if ((before == "w" and after != "w") or (before == "." and after == " ")) and opened and opened[-1][0] == mark:
            return f"</{_tag(mark)}>"
        raise Unsure

    def _link(self, label: str, address: str, line: int) -> str:
        if not _PLAIN.fullmatch(address):
            from markdown_it.common.normalize_url import normalizeLink

            address = normalizeLink(address)
        more = ""
        if not external(address):
            self._seen.links.append((address, line))
            address = f"sitegen:{len(self._seen.links) - 1}"
        elif not _OUTSIDE.fullmatch(address):
            raise Unsure
        elif address[0] == "h":
            more = ' class="external" rel="noopener"'
        return f'<a href="{escaped(address)}"{more}>{self.render(label, line, "[")}</a>'

    def _note(self, label: str) -> str:
        if label not in self._labels:
            raise Unsure
        number, before = self.notes.get(label, (len(self.notes) + 1, 0))
        self.notes[label] = (number, before + 1)
        again = f":{before}" if before else ""
        return f'<sup class="footnote-ref"><a href="#fn{number}" id="fnref{number}{again}">[{number}{again}]</a></sup>'


def _tag(mark: str) -> str:
    return "strong" if len(mark) == 2 else "em"


def _code(text: str) -> str:
    if text[0] == text[-1] == " " and text.strip(" "):
        text = text[1:-1]
    return f"<code>{escaped(text)}</code>"


def _kind(character: str) -> str:
    """What stands beside a delimiter: white space or the end, punctuation, or part of a word."""
    if character in WHITE:
        return " "
    return "." if unicodedata.category(character)[0] in "PS" else "w"
