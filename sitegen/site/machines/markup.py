"""Markup: text and addresses as they may stand in XML, in a script element and in feeds."""

from __future__ import annotations

import json
import re
from html import escape
from typing import Any
from urllib.parse import urljoin

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 may not hold, not even escaped: https://www.w3.org/TR/xml/#charsets."""
_SPECIAL = re.compile(r"([\\`*_\[\]<>#&|~^$!{}])")
_TAG = re.compile(r'<[a-zA-Z](?:[^>"]|"[^"]*")*>')
_ADDRESS = re.compile(r'( (?:href|src|srcset)=")([^"]*)"')
_IN_ATTRIBUTE = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
)
_IN_SCRIPT = str.maketrans({char: f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"})
"""What would end a script element, begin a comment in it, or end a line of old JavaScript."""


def text(value: str) -> str:
    """``value`` as the text of an XML element."""
    return escape(_NOT_XML.sub("", value), quote=False)


def attribute(value: str) -> str:
    """``value`` as an XML attribute, with its quotation marks."""
    return f'"{_NOT_XML.sub("", value).translate(_IN_ATTRIBUTE)}"'


def as_markdown(value: str) -> str:
    """One line of plain text as Markdown."""
    return _SPECIAL.sub(r"\\\1", value)


def in_script(data: Any) -> str:
    """``data`` as JSON that may stand in a script element of HTML."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(_IN_SCRIPT)


def absolute(html: str, permalink: str) -> str:
    """The HTML of a page with full addresses, so that it can be read elsewhere; ``permalink`` is that of the page."""

    def joined(match: re.Match[str]) -> str:
        if match[1] == ' srcset="':
            found = ", ".join(_candidate(candidate, permalink) for candidate in match[2].split(", "))
        else:
            found = urljoin(permalink, match[2])
        return f'{match[1]}{found}"'

    return _TAG.sub(lambda tag: _ADDRESS.sub(joined, tag[0]), html)


def _candidate(candidate: str, permalink: str) -> str:
    """One picture of a ``srcset``: an address and a width."""
    url, _, size = candidate.strip().partition(" ")
    return f"{urljoin(permalink, url)} {size}".rstrip()
