"""Feeds: the newest briefs as Atom (RFC 4287), RSS 2.0 and JSON Feed 1.1."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sitegen import __version__
from sitegen.site.machines.markup import absolute, attribute, text
from sitegen.site.page import Link, Page

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NEVER = dt.date(1970, 1, 1)
"""A feed must say when it changed; an empty one has never changed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A dated page in a feed. It keeps its id when title and address change, as long as it has the same source."""

    page: Page
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed, whatever its format."""

    title: str
    description: str
    language: str
    author: str
    base_url: str
    permalink: str
    """Of the page whose briefs the feed holds."""
    name: str
    """What its id is made of: empty for the site's own, else the part of its address below the base."""
    entries: Sequence[Entry]
    """Newest first."""
    full: bool = False
    """Whether it holds the whole texts."""

    @property
    def updated(self) -> dt.date:
        return (self.entries[0].page.date if self.entries else None) or _NEVER

    def id_of(self, name: str) -> str:
        return uuid.uuid5(uuid.NAMESPACE_URL, f"sitegen:{urlsplit(self.base_url).netloc}:{name}").urn

    def id_of_entry(self, entry: Entry) -> str:
        return self.id_of(entry.source or entry.page.permalink)


def atom(feed: Feed, permalink: str) -> bytes:
    """The feed as Atom; ``permalink`` is that of the feed itself."""
    head = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang={attribute(feed.language)}>\n'
        f"<title>{text(feed.title)}</title>\n"
        + (f"<subtitle>{text(feed.description)}</subtitle>\n" if feed.description else "")
        + f"<id>{feed.id_of(feed.name)}</id>\n<updated>{_instant(feed.updated)}</updated>\n"
        f"<author><name>{text(feed.author)}</name></author>\n"
        f'<link rel="self" type="application/atom+xml" href={attribute(permalink)}/>\n'
        f'<link rel="alternate" type="text/html" href={attribute(feed.permalink)}/>\n'
        f'<generator version="{__version__}">sitegen</generator>\n'
    )
    return f"{head}{''.join(_atom_entry(feed, entry) for entry in feed.entries)}</feed>\n".encode("utf-8", "replace")


def _atom_entry(feed: Feed, entry: Entry) -> str:
    page = entry.page
    categories = "".join(f"<category term={attribute(tag.title)}/>\n" for tag in page.tags)
    content = f'<content type="html">{text(absolute(page.body, page.permalink))}</content>\n' if feed.full else ""
    return (
        f"<entry xml:lang={attribute(page.language)}>\n<title>{text(page.title)}</title>\n"
        f'<link rel="alternate" type="text/html" href={attribute(page.permalink)}/>\n'
        f"<id>{feed.id_of_entry(entry)}</id>\n"
        f"<published>{_instant(page.date)}</published>\n<updated>{_instant(page.date)}</updated>\n"
        f"{categories}<summary>{text(page.summary or page.title)}</summary>\n{content}</entry>\n"
    )


def rss(feed: Feed, permalink: str) -> bytes:
    """The feed as RSS 2.0 (https://www.rssboard.org/rss-specification); ``permalink`` is that of the feed itself."""
    content = ' xmlns:content="http://purl.org/rss/1.0/modules/content/"' if feed.full else ""
    head = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"{content}>\n<channel>\n'
        f"<title>{text(feed.title)}</title>\n<link>{text(feed.permalink)}</link>\n"
        f"<description>{text(feed.description or feed.title)}</description>\n"
        f"<language>{text(feed.language)}</language>\n<lastBuildDate>{_rfc822(feed.updated)}</lastBuildDate>\n"
        f"<generator>sitegen {__version__}</generator>\n<docs>https://www.rssboard.org/rss-specification</docs>\n"
        f'<atom:link rel="self" type="application/rss+xml" href={attribute(permalink)}/>\n'
    )
    items = "".join(_rss_item(feed, entry) for entry in feed.entries)
    return f"{head}{items}</channel>\n</rss>\n".encode("utf-8", "replace")


def _rss_item(feed: Feed, entry: Entry) -> str:
    page = entry.page
    categories = "".join(f"<category>{text(tag.title)}</category>\n" for tag in page.tags)
    content = ""
    if feed.full:
        content = f"<content:encoded>{text(absolute(page.body, page.permalink))}</content:encoded>\n"
    return (
        f"<item>\n<title>{text(page.title)}</title>\n<link>{text(page.permalink)}</link>\n"
        f'<guid isPermaLink="false">{feed.id_of_entry(entry)}</guid>\n<pubDate>{_rfc822(page.date)}</pubDate>\n'
        # Readers take the description for HTML, so that text must be escaped twice.
        f"{categories}<description>{text(text(page.summary or page.title))}</description>\n{content}</item>\n"
    )


def json_feed(feed: Feed, permalink: str) -> bytes:
    """The feed as JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/); ``permalink`` is that of the feed itself."""
    data: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.permalink,
        "feed_url": permalink,
        **({"description": feed.description} if feed.description else {}),
        "language": feed.language,
        "authors": [{"name": feed.author}],
        "items": [_json_item(feed, entry) for entry in feed.entries],
    }
    return f"{json.dumps(data, ensure_ascii=False, indent=1)}\n".encode("utf-8", "replace")


def _json_item(feed: Feed, entry: Entry) -> dict[str, Any]:
    page = entry.page
    content = {"content_text": page.summary or page.title}
    if feed.full:
        content = {"content_html": absolute(page.body, page.permalink)}
    tags = [tag.title for tag in page.tags]
    return {
        "id": feed.id_of_entry(entry),
        "url": page.permalink,
        "title": page.title,
        **content,
        **({"summary": page.summary} if page.summary else {}),
        "date_published": _instant(page.date),
        **({"tags": tags} if tags else {}),
        "language": page.language,
    }


@dataclass(frozen=True, slots=True)
class Format:
    """A format of feeds: what it is called, the name of its files, its media type, and what writes it."""

    title: str
    file: str
    media_type: str
    write: Callable[[Feed, str], bytes]


FORMATS: Mapping[str, Format] = {
    "atom": Format("Atom feed", "feed.xml", "application/atom+xml", atom),
    "rss": Format("RSS feed", "rss.xml", "application/rss+xml", rss),
    "json": Format("JSON feed", "feed.json", "application/feed+json", json_feed),
}


def address(formats: Sequence[str], base: str) -> str:
    """Where the site's own feed is; empty when there is none. ``base`` is the base path."""
    return f"{base}{FORMATS[formats[0]].file}" if formats else ""


def links(formats: Sequence[str], base: str) -> tuple[Link, ...]:
    """The site's own feeds; ``base`` is the base path."""
    return tuple(Link(FORMATS[name].title, f"{base}{FORMATS[name].file}") for name in formats)


def _instant(date: dt.date | None) -> str:
    return f"{(date or _NEVER).isoformat()}T00:00:00Z"


def _rfc822(date: dt.date | None) -> str:
    # Not by strftime: its names are those of the machine's language.
    day = date or _NEVER
    return f"{_DAYS[day.weekday()]}, {day.day:02} {_MONTHS[day.month - 1]} {day.year:04} 00:00:00 GMT"
