"""Sitemap: the addresses of all pages that are to be found, in one file or in as many as it takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sitegen.site.machines.markup import attribute, text

MOST = 50_000
"""Addresses in one file: https://www.sitemaps.org/protocol.html."""
LARGEST = 50_000_000
"""Bytes of one file; the protocol allows 52,428,800."""
_XML = '<?xml version="1.0" encoding="utf-8"?>\n'
_SPACE = ' xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
_LINKS = ' xmlns:xhtml="http://www.w3.org/1999/xhtml"'


Entry = tuple[str, str, tuple[tuple[str, str], ...]]
"""One page: its permalink; the day on which it last changed, ``2026-05-31``, or nothing when nobody knows; language and
permalink of each version of a translated page, itself among them."""


def fits(entries: Sequence[Entry]) -> bool:
    """Whether they are certain to fit into one file. Without a look at each of their letters."""
    if len(entries) > MOST:
        return False
    longest = max((len(entry[0]) for entry in entries), default=0)
    return not any(entry[2] for entry in entries) and len(entries) * (6 * longest + 100) < LARGEST - 500


def parts(entries: Iterable[Entry], most: int = MOST, largest: int = LARGEST) -> list[bytes]:
    """The sitemap in files of at most ``most`` addresses and ``largest`` bytes; at least one."""
    lists: list[list[str]] = []
    count, room = most, 0
    for permalink, changed, versions in entries:  # ten thousand of them, in each build
        where = text(permalink) if not permalink.isascii() or "&" in permalink else permalink
        tail = f"<lastmod>{changed}</lastmod></url>\n" if changed else "</url>\n"
        line = f"<url><loc>{where}</loc>{tail}" if not versions else _translated(where, tail, versions)
        length = len(line) if line.isascii() else len(line.encode("utf-8", "replace"))
        if count >= most or length > room:
            lists.append([])
            count, room = 0, largest - 500
        lists[-1].append(line)
        count += 1
        room -= length
    return [_file(lines) for lines in lists] or [_file([])]


def _translated(where: str, tail: str, versions: Iterable[tuple[str, str]]) -> str:
    links = "".join(
        f'<xhtml:link rel="alternate" hreflang={attribute(language)} href={attribute(permalink)}/>'
        for language, permalink in versions
    )
    return f"<url><loc>{where}</loc>{tail[:-7]}{links}</url>\n"


def _file(lines: Sequence[str]) -> bytes:
    text = "".join(lines)
    links = _LINKS if "<xhtml:link" in text else ""
    return f"{_XML}<urlset{_SPACE}{links}>\n{text}</urlset>\n".encode("utf-8", "replace")


def index(permalinks: Iterable[str]) -> bytes:
    """The file that names the parts of a sitemap."""
    found = "".join(f"<sitemap><loc>{text(permalink)}</loc></sitemap>\n" for permalink in permalinks)
    return f"{_XML}<sitemapindex{_SPACE}>\n{found}</sitemapindex>\n".encode("utf-8", "replace")


def robots(permalink: str) -> bytes:
    """The robots.txt: everybody may read everything; ``permalink`` is that of the sitemap."""
    return f"User-agent: *\nAllow: /\n\nSitemap: {permalink}\n".encode()
