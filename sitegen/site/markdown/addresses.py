"""Addresses of links and images: which may be used, and which are left open until all pages are known."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html import escape

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_SAFE = ("http:", "https:", "mailto:", "tel:")
_OPEN = re.compile(r'(<(?:a|img) (?:[a-z]+="[^"]*" )*?(?:href|src)=")sitegen:(\d+)"')
"""An open link. It begins with a real tag: in text, which may say ``href="sitegen:0"`` too, ``<`` is escaped."""
_IMAGE = re.compile(r'<img((?: [a-z]+="[^"]*")*?) src="sitegen:(\d+)"((?: [a-z]+="[^"]*")*)>')


def filled(html: str, urls: Sequence[str], picture: Callable[[int, str], str | None] | None = None) -> str:
    """Rendered HTML with the addresses of its open links.

    ``picture`` is given the number and the other attributes of an image, and gives what is to be shown for it, or None.
    """
    if picture is not None:
        html = _IMAGE.sub(lambda match: picture(int(match[2]), (match[1] + match[3]).strip()) or match[0], html)
    return _OPEN.sub(lambda match: f'{match[1]}{escape(urls[int(match[2])])}"', html)


def allowed(url: str) -> bool:
    """Whether an address may be linked to."""
    scheme = _SCHEME.match(url.strip())
    return scheme is None or scheme[0].lower() in _SAFE


def external(url: str) -> bool:
    """Whether an address leads out of the site."""
    return url.startswith("//") or _SCHEME.match(url) is not None
