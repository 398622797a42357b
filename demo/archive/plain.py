"""Plain text and Markdown files."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

from .markup import plain
from .source import Block, Row, Source

_WIDTH = 78


def write_markdown(source: Source) -> str:
    """Write the document as Markdown."""
    return _join(source, _markdown)


def write_text(source: Source) -> str:
    """Write the document as plain text, wrapped, with underlined headings."""
    return _join(source, _text).replace("**", "")


def _join(source: Source, write: Callable[[Block], str]) -> str:
    """Write the blocks with empty lines between them, except between the lines of a list or an address."""
    parts: list[str] = []
    before = ""
    if source.field("masthead"):
        parts.append(source.field("masthead").replace(" | ", "\n"))
        before = "masthead"
    for block in source.blocks:
        close = block.kind == before and (block.kind == "item" or (block.kind == "address" and block.mark != "first"))
        parts.append(("\n" if close else "\n\n" if before else "") + write(block))
        before = block.kind
    return plain("".join(parts)) + "\n"


def _markdown(block: Block) -> str:
    heads = {"h1": "# ", "h2": "## ", "h3": "### "}
    if block.kind in heads:
        return heads[block.kind] + block.text
    if block.kind == "table":
        head, *body = ("| " + " | ".join(row) + " |" for row in block.rows)
        return "\n".join([head, "|" + " --- |" * len(block.rows[0]), *body])
    if block.kind == "item":
        return f"{block.mark} {block.text}"
    if block.kind == "address":
        return f"{block.text}  "
    return {"rule": "---", "note": f"<small>{block.text}</small>"}.get(block.kind, block.text)


def _text(block: Block) -> str:
    if block.kind in ("h1", "h2", "h3"):
        title = _wrap(block.text)
        return title + "\n" + {"h1": "=", "h2": "-", "h3": "."}[block.kind] * min(_WIDTH, len(block.text))
    if block.kind == "table":
        return _text_table(block.rows)
    if block.kind == "item":
        return _wrap(f"{block.mark} {block.text}", indent=" " * (len(block.mark) + 1))
    if block.kind == "rule":
        return "-" * _WIDTH
    return block.text if block.kind == "address" else _wrap(block.text)


def _wrap(text: str, indent: str = "") -> str:
    return textwrap.fill(text, _WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _text_table(rows: tuple[Row, ...]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])
