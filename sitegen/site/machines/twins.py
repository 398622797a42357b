"""Twins: each page as Markdown, for programs that would rather not read HTML.

A twin says what its page says and no more. Links have full addresses. What the page does not show is left out: unused
definitions of links and footnotes, which editors use for notes to themselves. What is text on the page is text for
every reader of Markdown: raw HTML, and links with schemes that are not allowed, are escaped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from html import unescape
from typing import TYPE_CHECKING, Any

from sitegen.site.machines.markup import as_markdown
from sitegen.site.markdown import Profile, allowed, render
from sitegen.site.markdown.shortcodes import call_end
from sitegen.site.page import Page

if TYPE_CHECKING:
    from markdown_it.token import Token

_LEAD = r"^[ >\t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*"
"""What stands on a line before its text: marks of quotations and lists."""
_NOTE = re.compile(rf"{_LEAD}\[\^([^\]\s]+)\]:", re.MULTILINE)
_NOTES = re.compile(
    r"\[\^(?:(?<=\n\n\[\^)|(?<=\A\[\^))[^\]\s]+\]:.*(?:\n|\Z)(?:\[\^[^\]\s]+\]:.*(?:\n|\Z))*(?=\s*\Z|(?:[ \t]*\n)+\S)"
)
_SHOWN_NOTE = re.compile(r'<li[^>]* class="footnote-item"')
_DOUBTFUL = re.compile(
    r"<(?=[A-Za-z/!?])(?!(?:https?://|mailto:)[^\s<>]*>)"  # raw HTML
    r"|\]\(\s*<?(?:(?!https?:|mailto:|tel:)[A-Za-z][\w+.-]*:|[^\s()]*[&\\])"  # an address that may not be allowed
)
_FENCED = re.compile(
    r"^(?:(?P<ticks>`{3,})[^`\n]*\n(?:.*\n)*?(?: {0,3}(?P=ticks)`*[ \t]*$|\Z)"
    r"|(?P<waves>~{3,}).*\n(?:.*\n)*?(?: {0,3}(?P=waves)~*[ \t]*$|\Z))",
    re.MULTILINE,
)
"""Code at the margin: it begins and ends there whatever stands around it, so that no parser need be asked."""
_OTHER_FENCE = re.compile(r"^[ >\t*+\-\d.)]+(?:```|~~~)", re.MULTILINE)
_CODE = r"(?P<code>(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`))|(?P<run>`+)|(?P<escaped>\\[!-/:-@\[-`{-~])"
_HREF = r"(?:<[^<>\n]*>|[^\s()<][^\s()]*(?:\([^\s()]*\)[^\s()]*)*|)"
_LINK = (
    rf"(?P<head>\]\(\s*(?={_HREF}\s*(?:\)|(?<=\s)[\"'(]))|{_LEAD}\[(?!\^)(?:[^\[\]\\]|\\.)+\]:\s*)(?P<href>{_HREF})"
    r"|(?P<loose>\]\(\s*)(?=(?P<rest>\S*))"
)
_AUTO = r"(?P<auto><(?:[A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*|[\w.!#$%&'*+/=?^{|}~-]+@[\w.-]+)>)"
_LINKS = re.compile(
    r"`(?P<ticks>`*)(?!`).*?(?<!`)`(?P=ticks)(?!`)|\\.|\](?P<head>\(\s*)(?P<href>" + _HREF[3:], re.DOTALL
)
"""Links, and what hides them. Each branch begins with a letter of its own, which makes it ten times as fast."""
_INLINE = re.compile(
    rf"{_CODE}|{_AUTO}|(?P<open><)(?=[A-Za-z/!?])|(?P<call>\{{[{{%])|{_LINK}", re.MULTILINE | re.DOTALL
)
_TEXT = ("inline", "fence", "code_block", "math_block")
_json = json.JSONEncoder(ensure_ascii=False).encode
"""Which is YAML, too."""
_MARK = re.compile(r"[!-/:-@\[-`{-~]")
_BLOCK_END = re.compile(r"</(?:p|h[1-6]|li|pre|blockquote|t[dh]|d[td])>")
_FOOTNOTE_MARK = re.compile(r'<sup class="footnote-ref">.*?</sup>|<a [^>]*class="footnote-backref"[^>]*>.*?</a>')
_TAG = re.compile(r"<[^>]*>")
_BLANK = re.compile(r"\A(?:[ \t]*\n)+")
_TAG_NEXT = re.compile(r"\n[ >\t]*(?=<)")
_CELL = re.compile(r"(?<!\\)(\|)")


def twin(page: Page, source: str, links: Mapping[str, str], profile: Profile, *, math: bool = False) -> bytes:
    """The twin of ``page``, whose Markdown is ``source``; ``links`` are full addresses for those that stand in it."""
    head = "".join(f"{name}: {_json(value)}\n" for name, value in _fields(page) if value)
    summary = f"{as_markdown(page.summary)}\n\n" if page.summary else ""
    html = page.body if "[^" in source else ""
    text = body(source, html, links, profile, math=math)
    return f"---\n{head}---\n\n# {as_markdown(page.title)}\n\n{summary}{text}".encode("utf-8", "replace")


def _fields(page: Page) -> Iterator[tuple[str, Any]]:
    """What the page itself shows. Its source is not among it."""
    yield "title", page.title
    yield "permalink", page.permalink
    yield "date", page.date.isoformat() if page.date else None
    yield "language", page.language
    yield "tags", [tag.title for tag in page.tags]
    yield "correspondent", page.correspondent.title if page.correspondent else None
    yield "document_type", page.document_type.title if page.document_type else None
    yield "method", page.method if page.kind == "brief" else None


def body(source: str, html: str, links: Mapping[str, str], profile: Profile, *, math: bool = False) -> str:
    """The Markdown of a page for readers elsewhere; ``html`` is what became of it on the page, if it has footnotes."""
    calls = profile == "page" and ("{{" in source or "{%" in source)
    text = None if calls else _plain(source, html)
    # Where images are shown in sizes, the page says of them what no Markdown does.
    said = html if html and "<img" not in html else None
    if text is None or (text != source and not _says_the_same(text, source, profile, math, said)):
        text = _careful(source, links, profile, math)
    elif links:
        text = _LINKS.sub(lambda match: _with_link(match, links), text)
    text = _BLANK.sub("", text).rstrip()  # not the blanks before a first line, which may make it code
    return f"{text}\n" if text else ""


def _plain(source: str, html: str) -> str | None:
    """``source`` without what the page does not show; None when that takes the parser: the text has definitions of
    links, which may be unused, or what may be raw HTML."""
    text = source
    if "```" in source or "~~~" in source:
        if _OTHER_FENCE.search(source):
            return None
        text = _FENCED.sub("", source)
    if _DOUBTFUL.search(text):
        return None
    if "]:" not in text:
        return source
    notes = _NOTE.findall(text)
    if text.count("]:") != len(notes):
        return None
    shown = len(_SHOWN_NOTE.findall(html))
    return source if shown == len(notes) else _without_unused(source, text, notes, shown)


def _without_unused(source: str, text: str, notes: Sequence[str], shown: int) -> str | None:
    """``source`` without footnotes that nothing refers to; each must be one line, with blank lines around them all.

    ``text`` is the same without code, ``notes`` are all labels, and ``shown`` is how many notes the page shows.
    """
    unused = {label for label in notes if text.count(f"[^{label}]") == 1}
    runs = _NOTES.findall(source)
    found = sum(run.count("]:") for run in runs)
    if len(set(notes)) != len(notes) or len(notes) - len(unused) != shown or found != len(notes):
        return None

    def used(run: re.Match[str]) -> str:
        lines = run[0].splitlines(keepends=True)
        return "".join(line for line in lines if line[2 : line.index("]:")] not in unused)

    return _NOTES.sub(used, source)


def _with_link(match: re.Match[str], links: Mapping[str, str]) -> str:
    written = match["href"]
    found = links.get(_normal(written.strip("<>"))) if written else None
    return match[0] if found is None else f"]{match['head']}{_spelled(found)}"


class _Rewriter:
    """Makes the parts of a text fit for readers elsewhere."""

    def __init__(self, links: Mapping[str, str], real: Collection[str | tuple[str, str]], *, calls: bool) -> None:
        """``real`` are the addresses of all links that the parser found, and the labels and addresses of definitions.

        With ``calls``, shortcodes are left out: what they show is known to no Markdown.
        """
        self._links, self._real, self._calls = links, real, calls

    def __call__(self, text: str) -> str:
        parts: list[str] = []
        at = 0
        while match := _INLINE.search(text, at):
            made, end = self._part(match)
            parts += (text[at : match.start()], made)
            at = end
        return "".join((*parts, text[at:]))

    def _part(self, match: re.Match[str]) -> tuple[str, int]:
        """What becomes of a part, and where the text goes on."""
        groups = match.groupdict()
        if groups["head"] is not None:
            return self._link(match, groups["head"], groups["href"])
        if groups["loose"] is not None:
            real = _normal(_balanced(groups["rest"])) in self._real
            return (groups["loose"] if real else _escaped(groups["loose"])), match.end()
        if groups["code"]:
            # A line of it that begins like a tag would end the paragraph for those who know raw HTML.
            return _TAG_NEXT.sub(" ", match[0]), match.end()
        if groups["call"]:
            end = call_end(match.string, match.start()) if self._calls else None
            return ("", end) if end else (match[0], match.end())
        auto = groups.get("auto")
        plain = groups.get("open") or (auto and not allowed(auto[1:-1]))
        return (f"\\{match[0]}" if plain else match[0]), match.end()

    def _link(self, match: re.Match[str], head: str, written: str) -> tuple[str, int]:
        href = _normal(written[1:-1] if written.startswith("<") else written)
        if (href if head.startswith("](") else (_label(head), href)) not in self._real:
            if "`" in head:  # the bracket may be in code, which goes on behind it
                at = head.index("[")
                return f"{head[:at]}\\[", match.start("head") + at + 1
            return _escaped(head), match.end("head")
        found = self._links.get(href)
        same = not href or (found is None and not written.startswith("<"))
        return f"{head}{written if same else _spelled(found or href)}", match.end()


def _escaped(head: str) -> str:
    """The beginning of what looks like a link and is text on the page, so that it is text everywhere."""
    return head.replace("](", "]\\(") if head.startswith("](") else head.replace("]:", "]\\:")


def _label(head: str) -> str:
    from markdown_it.common.utils import normalizeReference

    return normalizeReference(head[head.index("[") + 1 : head.rindex("]:")])


def _balanced(text: str) -> str:
    """The beginning of ``text`` up to the bracket that closes a link."""
    depth = 0
    for number, char in enumerate(text):
        if char in "()" and text[number - 1 : number] != "\\":
            depth += 1 if char == "(" else -1
            if depth < 0:
                return text[:number]
    return text


def _spelled(url: str) -> str:
    """An address as a link has it without pointed brackets, which could be taken for a tag."""
    return re.sub(r"[()\s<>]", lambda match: f"%{ord(match[0]):02X}", url)


def _normal(href: str) -> str:
    """An address as the parser understands it."""
    if href.isascii() and not re.search(r"[&\\%\"<>^`{|} \[\]]", href):
        return href
    from markdown_it.common.normalize_url import normalizeLink

    return normalizeLink(unescape(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", href)))


def _careful(source: str, links: Mapping[str, str], profile: Profile, math: bool) -> str:
    """The same for a text that the parser has to be asked about, block by block."""
    from sitegen.site.machines.definitions import addresses, hidden_lines
    from sitegen.site.markdown.renderer import parsed
    from sitegen.site.markdown.renderer import tokens as tokens_of

    tokens, env = tokens_of(source, profile, math=math)
    lines = source.split("\n")
    hidden = hidden_lines(source, tokens, env)
    rewrite = _Rewriter(links, addresses(tokens, env), calls=profile == "page")
    rows = {line for token in tokens if token.type == "table_open" and token.map for line in range(*token.map)}
    done = 0
    found: list[str] = []
    for start, end, verbatim in _blocks(tokens, env, lines, rows):
        start = max(start, done)
        if start >= end:
            continue
        done = end
        shown = "\n".join(_hollow(line) if start + at in hidden else line for at, line in enumerate(lines[start:end]))
        if not verbatim:
            cells = _CELL.split(shown) if start in rows else [shown]  # code cannot reach across cells
            shown = "".join(rewrite(cell) for cell in cells)
        found.append(shown)
    text = "\n".join(found)
    # Leaving out and escaping can, in odd texts, make a definition of what was words. Then the words alone are given.
    if _says_the_same(text, source, profile, math):
        return text
    return "\n\n".join(_said(parsed(source, profile, math=math).html))


def _says_the_same(text: str, source: str, profile: Profile, math: bool, html: str | None = None) -> bool:
    """Whether ``text`` has the words of ``source``, which are those of ``html`` where that is known."""
    html = render(source, profile, math=math).html if html is None else html
    other = render(text, profile, math=math).html
    return _text(other) == _text(html) or _words(other) == _words(html)


def _text(html: str) -> list[str]:
    """The words of a page as they stand there. Where these are the same, all words are."""
    return _TAG.sub(" ", _FOOTNOTE_MARK.sub(" ", html)).split()


def _said(html: str) -> Iterator[str]:
    """The words of each block of a page, with nothing in them that Markdown knows, and without marks of footnotes."""
    for block in _BLOCK_END.split(_FOOTNOTE_MARK.sub(" ", html)):
        if words := " ".join(unescape(_TAG.sub(" ", block)).split()):
            yield _MARK.sub(r"\\\g<0>", words)


def _words(html: str) -> list[str]:
    return [word for block in _said(html) for word in re.findall(r"\w+", block)]


def _hollow(line: str) -> str:
    """What remains of a line that is not shown: the marks of the list or quotation that it is in."""
    marks = re.match(_LEAD, line)
    quotes = re.match(r"[ >\t]*", line)
    assert marks is not None
    assert quotes is not None
    # A mark right below a paragraph would belong to it, or make it a heading.
    return marks[0] if marks[0] == quotes[0] else f"{quotes[0].rstrip()}\n{marks[0]}"


def _blocks(
    tokens: Sequence[Token], env: Mapping[str, Any], lines: Sequence[str], rows: Collection[int]
) -> Iterator[tuple[int, int, bool]]:
    """Runs of lines: paragraphs and definitions, code (``True``), rows of tables, and what nothing is known of."""
    runs = [
        (token.map[0], token.map[1], token.type != "inline") for token in tokens if token.type in _TEXT and token.map
    ]
    known = (*env.get("references", {}).values(), *env.get("duplicate_refs", ()))
    runs += [(found["map"][0], found["map"][1], False) for found in known]
    at = 0
    for start, end, verbatim in (*sorted(runs), (len(lines), len(lines), False)):
        while at < start:
            until = at + 1
            while until < start and at not in rows and lines[at].strip() and lines[until].strip():
                until += 1
            yield at, until, False
            at = until
        yield start, end, verbatim
        at = max(at, end)
