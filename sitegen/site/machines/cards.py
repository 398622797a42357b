"""Cards: what other places show of a page that is linked there, and what they find by it; for the head of a page.

Themes print all of it with ``{{ cards() }}``: description, robots, canonical address, neighbours in a list, feeds, the
Markdown twin, OpenGraph (https://ogp.me), Twitter's card and linked data (see ``linked``). Everything that is read
here belongs to the page, or to the settings, on which each output depends anyway.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin

import jinja2
from markupsafe import Markup, escape

from sitegen.site.machines import linked, pictures
from sitegen.site.machines.feeds import FORMATS
from sitegen.site.machines.markup import in_script
from sitegen.site.page import Page, Paginator, SiteInfo

_HIDDEN = ("404", "withdrawn")
"""Kinds of pages that nobody is to find."""
_Image = tuple[str, int, int]
"""Full address, width and height; 0 where nobody knows it."""


@dataclass(frozen=True, slots=True)
class Cards:
    """Makes the cards of all pages; bound to templates as ``cards``."""

    formats: Sequence[str] = ()
    """Of feeds."""
    fed: Collection[str] = ()
    """The addresses of lists, below the site's own, that have feeds."""
    twins: bool = False
    index: bool = False
    """Whether there is an llms.txt."""
    drawn: bool = False
    """Whether pages without a picture have one with their headline beside them."""

    @jinja2.pass_context
    def __call__(self, context: jinja2.runtime.Context, title: str = "", description: str = "") -> Markup:
        """The tags for the page that is being rendered; ``title`` and ``description`` replace its own."""
        site: SiteInfo = context["site"]
        page: Page = context["page"]
        paginator: Paginator | None = context.get("paginator")
        above = context.get("taxonomy") if page.kind == "term" else None
        title = title or (site.title if page.kind == "home" else page.title)
        description = description or page.summary or site.description
        image = _picture(context, page) if page.image else self._drawn(page)
        tags = [*_about(site, page, description), *self._places(site, page, paginator)]
        tags += _card(site, page, title, description, image)
        if page.kind not in _HIDDEN and not page.draft:
            data = linked.graph(site, page, title, description, paginator, above, image and image[0])
            tags.append(f'<script type="application/ld+json">{in_script(data)}</script>')
        return Markup("\n".join(tags))  # noqa: S704  # each value in it is escaped

    def _drawn(self, page: Page) -> _Image | None:
        if not self.drawn or page.draft or page.kind not in ("brief", "page"):
            return None
        return f"{page.permalink}{pictures.NAME}", *pictures.SIZE

    def _places(self, site: SiteInfo, page: Page, paginator: Paginator | None) -> Iterator[str]:
        """Where else to look: the neighbours of a list, feeds, the same text as Markdown."""
        if paginator is not None and page.kind != "home":
            for relation, url in (("prev", paginator.newer_url), ("next", paginator.older_url)):
                if url:
                    yield f'<link rel="{relation}" href="{escape(url)}">'
            if paginator.first_url in self.fed:
                yield from self._feeds(paginator.first_url, f"{site.title}: {page.title}")
        yield from self._feeds(site.home_url, site.title)
        if self.twins and page.path and not page.draft:
            yield f'<link rel="alternate" type="text/markdown" href="{escape(page.url)}index.md">'
        if self.index:
            yield f'<link rel="describedby" type="text/plain" href="{escape(site.home_url)}llms.txt">'

    def _feeds(self, url: str, title: str) -> Iterator[str]:
        for name in self.formats:
            kind = FORMATS[name]
            href = f"{escape(url)}{kind.file}"
            yield f'<link rel="alternate" type="{kind.media_type}" href="{href}" title="{escape(title)}">'


def _about(site: SiteInfo, page: Page, description: str) -> Iterator[str]:
    if description:
        yield f'<meta name="description" content="{escape(description)}">'
    if site.author:
        yield f'<meta name="author" content="{escape(site.author)}">'
    if page.draft or page.kind in _HIDDEN:
        yield '<meta name="robots" content="noindex">'
        return
    yield f'<link rel="canonical" href="{escape(page.permalink)}">'
    for version in page.alternates:
        yield f'<link rel="alternate" hreflang="{escape(version.language)}" href="{escape(version.permalink)}">'
    if page.alternates:
        yield f'<link rel="alternate" hreflang="x-default" href="{escape(page.alternates[0].permalink)}">'


def _card(
    site: SiteInfo, page: Page, title: str, description: str, image: tuple[str, int, int] | None
) -> Iterator[str]:
    yield f'<meta property="og:site_name" content="{escape(site.title)}">'
    yield f'<meta property="og:title" content="{escape(title)}">'
    article = page.kind == "brief" or (page.kind == "page" and page.date is not None)
    yield f'<meta property="og:type" content="{"article" if article else "website"}">'
    if page.kind != "404":
        yield f'<meta property="og:url" content="{escape(page.permalink)}">'
    if description:
        yield f'<meta property="og:description" content="{escape(description)}">'
    if "-" in page.language:
        yield f'<meta property="og:locale" content="{escape(page.language.replace("-", "_"))}">'
    if article and page.date is not None:
        yield f'<meta property="article:published_time" content="{page.date.isoformat()}">'
    if article:
        for tag in page.tags:
            yield f'<meta property="article:tag" content="{escape(tag.title)}">'
    if image:
        url, width, height = image
        yield f'<meta property="og:image" content="{escape(url)}">'
        if width:
            yield f'<meta property="og:image:width" content="{width}">'
            yield f'<meta property="og:image:height" content="{height}">'
    yield f'<meta name="twitter:card" content="{"summary_large_image" if image else "summary"}">'


def _picture(context: jinja2.runtime.Context, page: Page) -> _Image | None:
    """The picture for cards."""
    if page.image and page.image.startswith(("http://", "https://")):
        return page.image, 0, 0
    found = context.environment.globals["image"](page.image, page)  # type: ignore[operator]
    return (urljoin(page.permalink, found.url), found.width, found.height) if found else None
