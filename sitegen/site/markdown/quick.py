"""Quick: the Markdown that most briefs consist of, rendered several times as fast as by the parser, to the same result.

The parser (``renderer``) defines what a text means. This module knows plain shapes only: paragraphs, headings, lists,
quotations, tables, fenced code, footnotes of one paragraph. Whatever is not certain to mean what it seems to raises
``Unsure``, and the whole text goes to the parser. That both give equal results is tested: ``tests/site/test_quick.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sitegen.site.highlight import highlight
from sitegen.site.markdown import wall
from sitegen.site.markdown.anchors import anchor
from sitegen.site.markdown.phrases import SPECIAL, WHITE, Phrases, Unsure, escaped, heading_text, text_of
from sitegen.site.markdown.rendered import Rendered

_STRANGE = re.compile("[\0-\t\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
"""Characters that parsers and browsers treat in ways of their own."""
_NOTE = re.compile(r"\[\^([\w-]+)\]: (?=[^ ])", re.ASCII)
_LABEL = re.compile(r"^\[\^([\w-]+)\]:", re.ASCII | re.MULTILINE)
_HEADING = re.compile(r"(#{1,6}) +([^ ].*)")
_FENCE = re.compile(r"(`{3,})([\w+#.-]*) *", re.ASCII)
_ITEM = re.compile(r"(?:([-*+])|([0-9]{1,9})([.)])) {1,4}(?=[^ ])")
_NEARLY_ITEM = re.compile(r"(?:[-*+]|[0-9]{1,9}[.)])(?: |$)")
_FIRST = ("1.", "1)")
_TASK = re.compile(r"\[[ xX]\]")
_RULE = re.compile(r"(?:- *){3,}|(?:\* *){3,}|(?:_ *){3,}")
_DELIMITERS = re.compile(r"[|:-][-:| ]*")
_DELIMITER = re.compile(r":?-+:?")
_PIPE = re.compile(r"(?<!\\)\|")
_ACTS = frozenset("#`~>-*+_=|:[!0123456789 ")
"""Characters at the beginning of a line that may make it something else than text."""
_DEEPEST = 5
_MOST_SPARE_CELLS = 1_000


def render(text: str) -> Rendered | None:
    """What the parser would make of ``text``; None when that is not certain."""
    if _STRANGE.search(text):
        return None
    try:
        seen = _Text(text).render()
    except Unsure:
        return None
    return seen if wall.holds(seen.html) else None


def _shape(line: str) -> str:
    """What a line begins that is not empty. Raises ``Unsure``."""
    first = line[0]
    if first not in _ACTS:
        return "text"
    if first == "#":
        if _HEADING.fullmatch(line) and not line.rstrip(" ").endswith("#"):
            return "heading"
        sure = line.lstrip("#")[:1] not in ("", " ")
    elif first in "-*+_0123456789":
        if _RULE.fullmatch(line):
            return "rule"
        if _ITEM.match(line):
            return "item"
        sure = not _NEARLY_ITEM.match(line) and not _DELIMITERS.fullmatch(line)
    elif first == "[":
        if _NOTE.match(line):
            return "note"
        sure = "]:" not in line
    elif first in "`!":
        if _FENCE.fullmatch(line):
            return "fence"
        sure = not line.startswith(("```", "!!!"))
    elif first == ">":
        return "quote"
    else:
        sure = first == "|" and not _DELIMITERS.fullmatch(line)
    if not sure:
        raise Unsure
    return "text"


class _Text:
    """One text on its way to HTML."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        labels = _LABEL.findall(text)
        self._labels = frozenset(labels)
        self._defined: dict[str, tuple[str, int]] = {}
        """The notes: label → text and line."""
        if len(labels) != len(self._labels):
            raise Unsure
        self._seen = Rendered("")
        self._phrases = Phrases(self._seen, self._labels)
        self._out: list[str] = []
        self._prose: list[str] = []
        """The HTML of all phrases, of which words are counted."""
        self._taken: set[str] = set()
        self._in_items: list[list[int]] = []
        """For each list that is open, where in ``out`` the paragraphs begin that stand right in its items."""

    def render(self) -> Rendered:
        self._blocks(self._lines, 0, ())
        if self._defined.keys() != self._labels:
            raise Unsure
        self._tail()
        seen = self._seen
        seen.anchors += sorted(self._taken)
        seen.html = "".join(self._out).replace("\xa0", "&nbsp;")
        seen.words = len(text_of("\n".join(self._prose)).split())
        return seen

    def _blocks(self, lines: Sequence[str], base: int, within: tuple[str, ...]) -> bool:
        """Renders ``lines``, the first of which has the number ``base``.

        Returns whether an empty line stands before the last block, as makes a list loose.
        """
        if len(within) > _DEEPEST:
            raise Unsure
        at, begun, gap, loose = 0, False, False, False
        while at < len(lines):
            if not lines[at].strip(" "):
                gap = begun
                at += 1
                continue
            begun, loose = True, gap
            at = self._block(lines, at, base, within)
        return loose

    def _block(self, lines: Sequence[str], at: int, base: int, within: tuple[str, ...]) -> int:
        """Renders the block that begins at ``at``, and returns where the next one may begin."""
        line = lines[at]
        shape = _shape(line)
        if "|" in line and at + 1 < len(lines) and _DELIMITERS.fullmatch(lines[at + 1].strip(" ")):
            if shape != "text" or within:
                raise Unsure
            return self._table(lines, at)
        if shape == "text":
            return self._paragraph(lines, at, base, within)
        if shape == "item":
            return self._list(lines, at, base, within)
        if shape == "quote":
            return self._quote(lines, at, base, within)
        if within:
            raise Unsure
        if shape == "heading":
            self._heading(line, at)
        elif shape == "fence":
            return self._fence(lines, at)
        elif shape == "note":
            self._note(lines, at)
        else:
            self._out.append("<hr>\n")
        return at + 1

    def _phrase(self, text: str, line: int) -> str:
        text = text.strip(WHITE)
        if SPECIAL.search(text):
            text = self._phrases.render(text, line)
        self._prose.append(text)
        return text

    def _paragraph(self, lines: Sequence[str], at: int, base: int, within: tuple[str, ...]) -> int:
        end = at + 1
        while end < len(lines) and lines[end].strip(" "):
            line = lines[end]
            shape = _shape(line)
            if shape != "text":
                if (shape == "rule" and line[0] == "-") or (
                    shape == "item" and line[0].isdigit() and line[:2] not in _FIRST
                ):
                    raise Unsure  # the line below a heading; a number that may begin a list only after an empty line
                break
            end += 1
        text = lines[at] if end == at + 1 else "\n".join(lines[at:end])
        if text[0] == "[" and "]:" in text:
            raise Unsure
        if within and within[-1] == "item":
            self._in_items[-1].append(len(self._out))
        self._out += ("<p>", self._phrase(text, base + at), "</p>\n")
        return end

    def _heading(self, line: str, at: int) -> None:
        marks, _, text = line.partition(" ")
        level = len(marks)
        html = self._phrase(text, at)
        plain = heading_text(html)
        name = anchor(plain, self._taken)
        self._seen.headings.append((name, plain.strip(), level))
        self._out.append(f'<h{level} id="{name}">{html}</h{level}>\n')

    def _fence(self, lines: Sequence[str], at: int) -> int:
        match = _FENCE.fullmatch(lines[at])
        assert match
        fence, language = match.groups()
        for end in range(at + 1, len(lines)):
            line = lines[end].strip(" ")
            if line.startswith(fence) and not line.strip("`"):
                if lines[end][0] == " ":
                    break
                code = "".join(f"{line}\n" for line in lines[at + 1 : end])
                self._out.append(_code(code, language))
                return end + 1
        raise Unsure

    def _quote(self, lines: Sequence[str], at: int, base: int, within: tuple[str, ...]) -> int:
        end = at
        while end < len(lines) and lines[end].startswith(">"):
            end += 1
        inner = [line[2:] if line[1:2] == " " else line[1:] for line in lines[at:end]]
        if (end < len(lines) and lines[end].strip(" ")) or inner[0].startswith("[!") or not any(map(str.strip, inner)):
            raise Unsure
        self._out.append('<blockquote class="evidence">\n' if "item" in within else "<blockquote>\n")
        self._blocks(inner, base + at, (*within, "quote"))
        self._out.append("</blockquote>\n")
        return end

    def _list(self, lines: Sequence[str], at: int, base: int, within: tuple[str, ...]) -> int:
        match = _ITEM.match(lines[at])
        assert match
        kind = match[1] or match[3]
        tag = "ul" if match[1] else "ol"
        first = int(match[2] or 1)
        self._out.append(f"<{tag}>\n" if first == 1 else f'<ol start="{first}">\n')
        loose = goes_on = False
        begins: list[int] = []
        self._in_items.append([])
        while True:
            item, end, following = _item(lines, at)
            begins.append(len(self._out))
            self._out.append("<li>")
            loose |= self._blocks(item, base + at, (*within, "item"))
            self._out.append("</li>\n")
            goes_on = following < len(lines) and _same_list(lines[following], kind)
            if not goes_on:
                break
            loose |= following != end
            at = following
        if following == end < len(lines):
            raise Unsure  # text right below a list belongs to its last paragraph
        self._space(begins, self._in_items.pop(), loose)
        self._out.append(f"</{tag}>\n")
        return end

    def _space(self, begins: Sequence[int], paragraphs: Sequence[int], loose: bool) -> None:
        """Puts items and their paragraphs on lines as the parser does; those of a tight list have no tags."""
        out = self._out
        bare = set() if loose else set(paragraphs)
        for place in bare:
            out[place] = ""
            out[place + 2] = "" if out[place + 3] == "</li>\n" else "\n"
        for place in begins:
            if place + 1 not in bare:
                out[place] = "<li>\n"

    def _table(self, lines: Sequence[str], at: int) -> int:
        aligned = list(_alignments(lines[at + 1]))
        heads = _cells(lines[at])
        if len(heads) != len(aligned):
            raise Unsure
        self._out.append("<table>\n<thead>\n")
        self._row("th", heads, aligned, at)
        self._out.append("</thead>\n")
        end, spare = at + 2, 0
        while end < len(lines) and lines[end].strip(" "):
            if _shape(lines[end]) != "text":
                raise Unsure
            cells = _cells(lines[end])
            spare += max(0, len(heads) - len(cells))
            if spare > _MOST_SPARE_CELLS:
                raise Unsure
            if end == at + 2:
                self._out.append("<tbody>\n")
            self._row("td", cells, aligned, end)
            end += 1
        self._out.append("</tbody>\n</table>\n" if end > at + 2 else "</table>\n")
        return end

    def _row(self, tag: str, cells: Sequence[str], aligned: Sequence[str], line: int) -> None:
        self._out.append("<tr>\n")
        for number, align in enumerate(aligned):
            html = self._phrase(cells[number], line) if number < len(cells) else ""
            self._out.append(f"<{tag}{align}>{html}</{tag}>\n")
        self._out.append("</tr>\n")

    def _note(self, lines: Sequence[str], at: int) -> None:
        match = _NOTE.match(lines[at])
        assert match
        text = lines[at][match.end() :]
        below = lines[at + 1] if at + 1 < len(lines) else ""
        if _shape(text) != "text" or "[^" in text or "^[" in text or (below.strip(" ") and _shape(below) != "note"):
            raise Unsure
        self._defined[match[1]] = (text, at)

    def _tail(self) -> None:
        """The notes that were referred to, in the order of that."""
        if not self._phrases.notes:
            return
        out = self._out
        out.append('<hr class="footnotes-sep">\n<section class="footnotes">\n<ol class="footnotes-list">\n')
        for label, (number, count) in list(self._phrases.notes.items()):
            out.append(f'<li id="fn{number}" class="footnote-item"><p>{self._phrase(*self._defined[label])}')
            for again in range(count):
                to = f"fnref{number}:{again}" if again else f"fnref{number}"
                out.append(f' <a href="#{to}" class="footnote-backref">\u21a9\ufe0e</a>')
                self._seen.anchors += [to] if again else [f"fn{number}", to]
            out.append("</p>\n</li>\n")
        out.append("</ol>\n</section>\n")


def _item(lines: Sequence[str], at: int) -> tuple[list[str], int, int]:
    """The lines of the item at ``at`` without their indent, where it ends, and the first line below that has text."""
    match = _ITEM.match(lines[at])
    assert match
    width = match.end()
    item = [lines[at][width:]]
    if _TASK.match(item[0]):
        raise Unsure
    indent, end = " " * width, at + 1
    while end < len(lines):
        following = end
        while following < len(lines) and not lines[following].strip(" "):
            following += 1
        if following == len(lines):
            return item, end, following
        line = lines[following]
        if not line.startswith(indent):
            if line[0] == " ":
                raise Unsure
            return item, end, following
        item += [""] * (following - end)
        item.append(line[width:])
        end = following + 1
    return item, end, end


def _same_list(line: str, kind: str) -> bool:
    match = _ITEM.match(line)
    return match is not None and (match[1] or match[3]) == kind and not _RULE.fullmatch(line)


def _alignments(line: str) -> Iterator[str]:
    """The attribute of each column's cells. Raises ``Unsure`` when ``line`` is not one below the head of a table."""
    if len(line) < 2 or line.startswith((" ", "- ")):
        raise Unsure
    columns = [column.strip(" ") for column in line.split("|")]
    for number, column in enumerate(columns):
        if not column and number in (0, len(columns) - 1):
            continue
        if not _DELIMITER.fullmatch(column):
            raise Unsure
        left, right = column[0] == ":", column[-1] == ":"
        name = "center" if left and right else "right" if right else "left" if left else ""
        yield f' class="align-{name}"' if name else ""


def _cells(line: str) -> list[str]:
    text = line.strip(WHITE)
    cells = [cell.replace("\\|", "|") for cell in _PIPE.split(text)] if "\\" in text else text.split("|")
    if not cells[0]:
        del cells[0]
    if cells and not cells[-1]:
        del cells[-1]
    return cells


def _code(code: str, language: str) -> str:
    """A block of code, as nh3 would write it."""
    html = highlight(code, language) if language else None
    if html is not None:
        return html.replace("&quot;", '"').replace("&#39;", "'") + "\n"
    named = f' class="language-{language}"' if language else ""
    return f"<pre><code{named}>{escaped(code)}</code></pre>\n"
