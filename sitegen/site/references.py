"""References: what the HTML of an output refers to, and the ids that it has, found without parsing it.

Every page is looked at when it is made, so this may cost some 25 µs and no more. It relies on two things that hold for
our own HTML and hardly ever fail elsewhere: ``<`` in text is escaped, and no attribute before an address holds a ``>``.
Where the second fails, an address goes unseen; none is ever invented.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections import Counter
from html import unescape
from typing import NamedTuple
from urllib.parse import unquote, urljoin

_ATTRIBUTE = re.compile(rb""" (?:href|src|srcset|id)=(?:"[^"]*"|'[^']*'|[^ "'>]+)""")
"""Begins with a literal blank, which lets the search skip what cannot match; blanks of other kinds are replaced."""
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_NOTHING = -(1 << 62)
_I = ord("i")
_OUTSIDE = "/"
"""How the local form of an address on this host, but not of this site, begins."""


class Found(NamedTuple):
    """What one page refers to, as plain values."""

    links: bytes
    """Numbers of addresses in the table of the ``Collector``, each once, in order: an ``array("I")``."""
    ids: bytes
    """The page's ids, each once, one a line."""
    twice: tuple[str, ...]
    """Ids that stand on more than one element."""
    dead: tuple[str, ...]
    """Anchors that the page links to in itself and does not have."""


class Collector:
    """Looks at pages, and numbers the addresses of this site that they refer to."""

    def __init__(self, base_url: str, base: str) -> None:
        """``base_url`` is the full address of the site, ``base`` its path, both with a slash at the end."""
        self._base_url, self._base = base_url, base
        self.table: list[str] = []
        """Addresses in their local form: ``briefs/one/#head``, or ``/elsewhere/`` for those outside the base path."""
        self._numbers: dict[str, int] = {}
        self._anchors: list[str] = []
        self._known: dict[bytes, int] = {}
        """Attributes that mean the same on every page: the number of an address; below that of an anchor: -1 for
        the first of ``_anchors``; or ``_NOTHING``."""

    def look(self, html: bytes, path: str) -> Found:
        """What the page at the output ``path`` refers to."""
        if html.rfind(b"!") > 1 and b"<!--" in html:  # beside <!doctype there is hardly ever one
            html = _COMMENT.sub(b"", html)
        html = html.replace(b"\n", b" ")
        known, rfind = self._known.get, html.rfind
        numbers: set[int] = set()
        ids: list[bytes] = []
        others: list[bytes] = []
        for match in _ATTRIBUTE.finditer(html):
            start = match.start()
            if rfind(b"<", 0, start) > rfind(b">", 0, start):  # else it stands in a text
                attribute = match[0]
                if attribute[1] == _I:
                    ids.append(attribute)
                elif (number := known(attribute)) is not None:
                    numbers.add(number)
                else:
                    others.append(attribute)
        for attribute in others:
            numbers.update(self._read(attribute, path))
        numbers.discard(_NOTHING)
        links = sorted(numbers)
        inside = bisect_left(links, 0)
        return _found(links[inside:], ids, [self._anchors[-1 - number] for number in links[:inside]])

    def _read(self, attribute: bytes, path: str) -> list[int]:
        """The numbers that stand for an attribute."""
        text = _text(_value(attribute))
        if attribute.startswith(b" srcset"):
            candidates = [candidate.split(None, 1)[0] for candidate in text.split(",") if candidate.strip()]
            return [self._number(candidate, path) for candidate in candidates]
        number = self._number(text, path)
        if text.startswith(("#", "/")) or _SCHEME.match(text):
            self._known[attribute] = number
        return [number]

    def _number(self, address: str, path: str) -> int:
        if address.startswith("#"):
            self._anchors.append(address[1:])
            return -len(self._anchors)
        if not address or address.startswith("//"):
            return _NOTHING
        if not address.startswith("/") and not _SCHEME.match(address):
            address = urljoin(self._base + path.removesuffix("index.html"), address)
        local = self.local(address)
        return _NOTHING if local is None else self.number(local)

    def number(self, local: str) -> int:
        """The number of an address in the table."""
        found = self._numbers.setdefault(local, len(self.table))
        if found == len(self.table):
            self.table.append(local)
        return found

    def local(self, address: str) -> str | None:
        """The local form of an address; None for addresses elsewhere, and for relative ones."""
        if address.startswith(self._base_url):
            rest = address[len(self._base_url) :]
        elif address.startswith("//") or not address.startswith("/"):
            return None
        elif address.startswith(self._base):
            rest = address[len(self._base) :]
        else:
            rest = address
        path, _, fragment = rest.partition("#")
        path = unquote(path.partition("?")[0])
        fragment = unquote(fragment.partition(":~:")[0])
        return f"{path}#{fragment}" if fragment else path


def outside(local: str) -> bool:
    """Whether an address in local form is on this host, but not of this site."""
    return local.startswith(_OUTSIDE)


def _value(attribute: bytes) -> bytes:
    value = attribute.partition(b"=")[2]
    return value[1:-1] if value[:1] in (b'"', b"'") else value


def _found(links: list[int], ids: list[bytes], anchors: list[str]) -> Found:
    once = dict.fromkeys(ids)
    lines = b"\n".join(once).replace(b' id="', b"").replace(b'"', b"")
    if b"=" in lines:  # written in another way
        lines = b"\n".join(map(_value, once))
    twice: tuple[str, ...] = ()
    if len(once) < len(ids):
        twice = tuple(sorted(_text(_value(name)) for name, count in Counter(ids).items() if count > 1))
    dead: tuple[str, ...] = ()
    if missing := [anchor for anchor in anchors if b' id="%b"' % anchor.encode() not in once]:
        there = set(unescape(lines.decode("utf-8", "replace")).split("\n"))
        dead = tuple(sorted(filter(None, (_dead(anchor, there) for anchor in missing))))
    return Found(array("I", links).tobytes(), lines, twice, dead)


def _dead(anchor: str, ids: set[str]) -> str:
    """The anchor that the page does not have; empty when it has it, written in another way, or needs none."""
    name = unquote(anchor.partition(":~:")[0])
    return "" if name in ("", "top") or name in ids else name


def _text(raw: bytes) -> str:
    return unescape(raw.decode("utf-8", "replace"))
