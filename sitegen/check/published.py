"""Published: the text of each file of a built site, as those can read it who get the file."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from html import unescape
from pathlib import PurePosixPath
from typing import Any

_MARKUP = {".html", ".htm", ".xhtml", ".svg", ".xml", ".atom", ".rss"}
_TEXTS = {".txt", ".md", ".css", ".csv", ".tsv", ".ics", ".vcf", ".js", ".mjs", ".map", ".toml", ".yaml", ".yml", ""}
_JSON = {".json", ".webmanifest", ".jsonld", ".geojson"}
_PACKED = {".gz", ".pf_fragment", ".pf_meta", ".pf_index", ".pf_filter"}
"""Compressed with gzip: those of Pagefind hold the words of every page."""
_NO_TEXT = {".woff", ".woff2", ".ttf", ".otf", ".eot", ".wasm", ".pagefind"}
_IMAGES = {".jpg", ".jpeg", ".png", ".webp", ".avif", ".gif", ".heic", ".heif", ".tif", ".tiff", ".bmp", ".ico"}

_UNSEEN = re.compile(r"(?is)<style\b[^>]*>.*?</style\s*>|<!\[CDATA\[|\]\]>|<\?.*?\?>")
_SCRIPT = re.compile(r"(?is)<script\b([^>]*)>(.*?)</script\s*>")
_TAG = re.compile(r"(?s)<!--(.*?)-->|</?([A-Za-z][\w:-]*)((?:\"[^\"]*\"|'[^']*'|[^\"'>])*)>")
_ATTRIBUTE = re.compile(r"(?s)([\w:@.-]+)\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s\"'>]+)")
_INLINE = {
    *(
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "cite",
        "code",
        "dfn",
        "em",
        "font",
        "i",
        "kbd",
        "mark",
        "q",
        "s",
        "samp",
    ),
    *("small", "span", "strong", "sub", "sup", "time", "u", "var", "wbr", "ins", "del", "tspan"),
}
_CELLS = {"td", "th", "data"}
"""What stands in one belongs to no other words: ``Am Markt <data>3</data>`` is a place with a count, and no address."""
_NUMBERS_ONLY = {
    *("d", "points", "transform", "viewbox", "integrity", "style", "class", "sizes", "nonce", "width", "height"),
    *("gradienttransform", "patterntransform"),
}
"""Attributes that hold no words: of drawings, hashes, and those for style sheets."""
_MOST_LAYERS = 3


def is_image(path: str) -> bool:
    return PurePosixPath(path).suffix.lower() in _IMAGES


def is_pdf(path: str) -> bool:
    return PurePosixPath(path).suffix.lower() == ".pdf"


def text_of(path: str, raw: bytes) -> str | None:
    """What can be read in a file; None for one of an unknown kind. A damaged one gives what can be read of it."""
    suffix = PurePosixPath(path).suffix.lower()
    if suffix in _PACKED:
        inner = path.removesuffix(".gz") if suffix == ".gz" else f"{path}.txt"
        return text_of(inner, _unpacked(raw))
    if suffix in _NO_TEXT:
        return ""
    text = raw.decode("utf-8-sig", "replace")
    if suffix in _MARKUP:
        return "\n".join(seen(text))
    if suffix in _JSON:
        return _of_json(text)
    return text if suffix in _TEXTS or path.rpartition("/")[2].startswith((".", "_")) else None


def seen(markup: str) -> Iterator[str]:
    """The texts of HTML or XML: what is shown, what attributes, comments and scripts say, and what is escaped in it."""
    markup = _UNSEEN.sub("", markup)
    scripts: list[str] = []

    def taken(match: re.Match[str]) -> str:
        scripts.append(_of_json(match[2]) if "json" in match[1] else match[2])
        return f"<script{match[1]}>"

    shown, said = _taken_apart(_SCRIPT.sub(taken, markup))
    yield shown
    yield from said
    yield from scripts
    yield from _layers(shown)


def _layers(shown: str) -> Iterator[str]:
    """Markup that stands in a text, escaped, as in a feed."""
    for _ in range(_MOST_LAYERS):
        plain = unescape(shown)
        if plain == shown or "<" not in plain:
            return
        shown, said = _taken_apart(plain)
        yield shown
        yield from said


def _taken_apart(markup: str) -> tuple[str, list[str]]:
    """The text without its tags, and what comments and attributes say."""
    said: list[str] = []

    def replaced(match: re.Match[str]) -> str:
        if match[2] is None:
            said.append(match[1])
            return ""
        if match[3]:
            for attribute in _ATTRIBUTE.finditer(match[3]):
                if attribute[1].lower() not in _NUMBERS_ONLY and len(attribute[2]) > 3:
                    said.append(unescape(attribute[2].strip("\"'")))
        name = match[2].lower()
        return "" if name in _INLINE else " | " if name in _CELLS else "\n"

    return _TAG.sub(replaced, markup), said


def _of_json(text: str) -> str:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return "\n".join(part for words in _words(value) for part in (seen(words) if "<" in words else (words,)))


def _words(value: Any) -> Iterator[str]:
    """All text in a value of JSON, and the numbers, which may be phone numbers."""
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, dict):
            for key, inner in reversed(item.items()):
                todo += (inner, key)
        elif isinstance(item, list):
            todo += reversed(item)
        elif isinstance(item, str):
            yield item
        elif isinstance(item, int) and not isinstance(item, bool):
            yield str(item)


def _unpacked(raw: bytes) -> bytes:
    try:
        return gzip.decompress(raw)
    except (OSError, EOFError, zlib.error):
        return raw
