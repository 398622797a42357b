"""Feeds and the files for machines: Atom feed, sitemap, robots.txt and the headers that hosts are to send."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urlsplit
from xml.sax.saxutils import escape, quoteattr

from sitegen import __version__
from sitegen.site.hooks import Output, hook
from sitegen.site.page import Page, SiteInfo
from sitegen.site.whole import Site

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 may not hold, not even escaped: https://www.w3.org/TR/xml/#charsets."""

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; script-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""Nothing is loaded from anywhere else, and no script or style stands in a page."""


@hook
def site_outputs(site: Site) -> Iterator[Output]:
    """The feed, the sitemap, robots.txt and the headers."""
    yield Output("feed.xml", "the feed", make=lambda: _feed(site))
    if not site.main:
        return
    yield Output("sitemap.xml", "the sitemap", make=lambda: _sitemap(site))
    yield Output("robots.txt", "robots.txt", make=lambda: robots(site.base_url))
    yield Output("_headers", "_headers", make=lambda: headers(site.base))


def _feed(site: Site) -> bytes:
    dated = [page for page in site.briefs if page.date is not None and not page.draft]
    pages = [(page, page.record.source) for page in dated[: site.settings.build.feed_items]]
    return atom(site.info, pages, f"{site.base_url}feed.xml")


def _sitemap(site: Site) -> bytes:
    return sitemap(url for edition in site.editions for url in _addresses(edition))


def _addresses(site: Site) -> Iterator[tuple[str, dt.date | None]]:
    base = len(site.base)
    newest = site.briefs[0].date if site.briefs else None
    urls: dict[str, dt.date | None] = {"": newest, "archive/": newest}
    urls |= {page.url[base:]: page.date for page in (*site.briefs, *site.pages) if not page.draft}
    for taxonomy in site.taxonomies.values():
        urls[taxonomy.url[base:]] = None
        urls |= {term.url[base:]: _newest(term.pages) for term in taxonomy.terms}
    for node in site.sections:
        urls.setdefault(node.page.url[base:], _newest(node.pages))
    return ((f"{site.base_url}{local}", date) for local, date in urls.items())


def _newest(pages: Iterable[Page]) -> dt.date | None:
    return max((page.date for page in pages if page.date is not None), default=None)


def atom(site: SiteInfo, pages: Sequence[tuple[Page, str | None]], permalink: str) -> bytes:
    """The feed (RFC 4287) of dated ``pages``, newest first, each with its source; ``permalink`` is that of the feed.

    An entry keeps its id when its title and address change, as long as it has the same source.
    """
    host = urlsplit(site.base_url).netloc
    updated = _instant(pages[0][0].date if pages else None)
    head = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang={_attribute(site.language)}>\n'
        f"<title>{_text(site.title)}</title>\n"
        + (f"<subtitle>{_text(site.description)}</subtitle>\n" if site.description else "")
        + f"<id>{_id(host, '')}</id>\n<updated>{updated}</updated>\n"
        f"<author><name>{_text(site.author or site.title)}</name></author>\n"
        f'<link rel="self" type="application/atom+xml" href={_attribute(permalink)}/>\n'
        f'<link rel="alternate" type="text/html" href={_attribute(site.base_url)}/>\n'
        f'<generator version="{__version__}">sitegen</generator>\n'
    )
    return f"{head}{''.join(_entry(page, host, source) for page, source in pages)}</feed>\n".encode()


def _entry(page: Page, host: str, source: str | None) -> str:
    categories = "".join(f"<category term={_attribute(tag.title)}/>\n" for tag in page.tags)
    return (
        f"<entry xml:lang={_attribute(page.language)}>\n<title>{_text(page.title)}</title>\n"
        f'<link rel="alternate" type="text/html" href={_attribute(page.permalink)}/>\n'
        f"<id>{_id(host, source or page.permalink)}</id>\n"
        f"<published>{_instant(page.date)}</published>\n<updated>{_instant(page.date)}</updated>\n"
        f"{categories}<summary>{_text(page.summary or page.title)}</summary>\n</entry>\n"
    )


def sitemap(pages: Iterable[tuple[str, dt.date | None]]) -> bytes:
    """The sitemap (https://www.sitemaps.org/protocol.html) of permalinks and dates."""
    lines = ['<?xml version="1.0" encoding="utf-8"?>', '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">']
    for permalink, date in pages:
        changed = "" if date is None else f"<lastmod>{date.isoformat()}</lastmod>"
        lines.append(f"<url><loc>{_text(permalink)}</loc>{changed}</url>")
    lines.append("</urlset>\n")
    return "\n".join(lines).encode()


def robots(base_url: str) -> bytes:
    """Everybody may read everything."""
    return f"User-agent: *\nAllow: /\n\nSitemap: {base_url}sitemap.xml\n".encode()


def headers(base: str) -> bytes:
    """The ``_headers`` file that Netlify and its like obey; ``base`` is the base path."""
    return (
        f"{base}*\n"
        f"  Content-Security-Policy: {POLICY}\n"
        "  X-Content-Type-Options: nosniff\n"
        "  Referrer-Policy: strict-origin-when-cross-origin\n"
        f"{base}assets/*\n"
        "  Cache-Control: public, max-age=31536000, immutable\n"
    ).encode()


def _id(host: str, name: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_URL, f"sitegen:{host}:{name}").urn


def _instant(date: dt.date | None) -> str:
    # A feed must say when it changed; an empty one has never changed.
    return f"{(date or dt.date(1970, 1, 1)).isoformat()}T00:00:00Z"


def _text(text: str) -> str:
    return escape(_NOT_XML.sub("", text))


def _attribute(text: str) -> str:
    return quoteattr(_NOT_XML.sub("", text))
