"""A source: the front matter of one document and the blocks of its body."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, cast

from .markup import Expander, Fact, Language

BlockKind = Literal[
    "h1", "h2", "h3", "paragraph", "item", "address", "note", "table", "rule", "break", "toc", "sign", "chart"
]
FileKind = Literal["txt", "md", "printed", "scanned"]
Row = tuple[str, ...]
_ITEM = re.compile(r"(?P<mark>-|\d+\.|\([a-z0-9]+\)) (?P<text>.*)", re.S)
_EMPHASIS = re.compile(r"(?<!\*)\*(?!\*)")
_CELL = re.compile(r"\|(?![^{]*\})")
_HEADS: dict[str, BlockKind] = {
    "# ": "h1",
    "## ": "h2",
    "### ": "h3",
    "> ": "address",
    "^ ": "note",
    "@sign ": "sign",
    "@chart ": "chart",
}
_SINGLE: dict[str, BlockKind] = {"---": "rule", "@page": "break", "@toc": "toc"}


@dataclass(frozen=True)
class Block:
    """One piece of a document's body."""

    kind: BlockKind
    text: str = ""
    mark: str = ""
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True)
class Source:
    """A document before it is written: what is known about it, its blocks, and the facts marked in it."""

    name: str
    fields: dict[str, str]
    blocks: tuple[Block, ...]
    facts: tuple[Fact, ...]

    @property
    def language(self) -> Language:
        """The language of the document."""
        return cast(Language, self.fields["language"])

    @property
    def kind(self) -> FileKind:
        """The kind of file it becomes."""
        return cast(FileKind, self.fields["kind"])

    @property
    def file(self) -> str:
        """The name of that file."""
        suffix = self.kind if self.kind in ("txt", "md") else "pdf"
        return f"{self.name}.{suffix}"

    def field(self, key: str) -> str:
        """One field of the front matter, empty when it is absent."""
        return self.fields.get(key, "")


def parse_source(name: str, text: str) -> Source:
    """Read one source: ``key: value`` lines, a line ``---``, then the body."""
    head, _, body = text.partition("\n---\n")
    fields = dict(line.split(": ", 1) for line in head.strip().splitlines())
    expander = Expander(cast(Language, fields["language"]))
    fields = {key: value if key == "created" else expander.expand(value) for key, value in fields.items()}
    expander.facts.clear()
    if fields["kind"] != "md":
        body = _EMPHASIS.sub("", body)
    for key in ("masthead", "header", "footer", "stamp"):
        expander.expand(dict(line.split(": ", 1) for line in head.strip().splitlines()).get(key, ""))
    blocks = tuple(block for chunk in re.split(r"\n\s*\n", body.strip()) for block in _parse_chunk(chunk, expander))
    return Source(name, fields, blocks, tuple(expander.facts))


def _parse_chunk(chunk: str, expander: Expander) -> list[Block]:
    """Read the lines between two empty lines."""
    chunk = chunk.strip("\n")
    if chunk in _SINGLE:
        return [Block(_SINGLE[chunk])]
    if chunk.startswith("|"):
        lines = [line for line in chunk.splitlines() if not set(line) <= set("|-: ")]
        rows = tuple(
            tuple(expander.expand(cell.strip()) for cell in _CELL.split(line.strip().strip("|"))) for line in lines
        )
        return [Block("table", rows=rows)]
    for prefix, kind in _HEADS.items():
        if chunk.startswith(prefix):
            if kind == "address":
                return _address(chunk.splitlines(), expander)
            return [Block(kind, expander.expand(" ".join(chunk.splitlines()).removeprefix(prefix)))]
    if _ITEM.match(chunk):
        return [_item(part, expander) for part in re.split(r"\n(?=- |\d+\. |\([a-z0-9]+\) )", chunk)]
    return [Block("paragraph", expander.expand(" ".join(chunk.splitlines())))]


def _address(lines: list[str], expander: Expander) -> list[Block]:
    marks = ["first", *[""] * (len(lines) - 2), "last"] if len(lines) > 1 else ["first"]
    return [Block("address", expander.expand(line[2:]), mark) for line, mark in zip(lines, marks, strict=True)]


def _item(part: str, expander: Expander) -> Block:
    match = _ITEM.match(part)
    assert match is not None
    return Block("item", expander.expand(" ".join(match["text"].split())), mark=match["mark"])
