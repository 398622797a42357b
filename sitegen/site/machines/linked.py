"""Linked data: what a page is, in the words of https://schema.org, as JSON-LD."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sitegen.site.page import Link, Page, Paginator, SiteInfo, Taxonomy

_LISTS = ("list", "term", "taxonomy", "section")
_MADE = "https://schema.org/TrainedAlgorithmicMediaDigitalSource"
_MADE_AND_EDITED = "https://schema.org/CompositeWithTrainedAlgorithmicMediaDigitalSource"


def graph(
    site: SiteInfo,
    page: Page,
    title: str,
    description: str,
    paginator: Paginator | None,
    above: Taxonomy | None,
    image: str | None = None,
) -> dict[str, Any]:
    """The data of a page: the site for the home page, else the page and the way to it.

    ``above`` is the taxonomy of a term, ``image`` the full address of a picture.
    """
    if page.kind == "home":
        return {"@context": "https://schema.org", **_site(site, description)}
    what = _collection(site, page, paginator) if page.kind in _LISTS else _work(site, page)
    about = {
        "name" if page.kind in _LISTS else "headline": title,
        **({"description": description} if description else {}),
    }
    if image:
        about["image"] = image
    graph = [{**what, **about}, _way(site, page, above)]
    if site.table_url and page.url == site.archive_url and (paginator is None or paginator.number == 1):
        graph.append(_table(site, page, description))
    return {"@context": "https://schema.org", "@graph": graph}


def _site(site: SiteInfo, description: str) -> dict[str, Any]:
    return {
        "@type": "WebSite",
        "@id": f"{site.base_url}#site",
        "url": site.base_url,
        "name": site.title,
        **({"description": description} if description else {}),
        "inLanguage": site.language,
        "publisher": _publisher(site),
    }


def _publisher(site: SiteInfo) -> dict[str, Any]:
    return {"@type": "Organization", "name": site.author or site.title, "url": site.base_url}


def _work(site: SiteInfo, page: Page) -> dict[str, Any]:
    """A brief or a page. A report is an article to schema.org; a page without a date is none."""
    kind = "Report" if page.kind == "brief" else "Article" if page.date else "WebPage"
    found: dict[str, Any] = {
        "@type": kind,
        "@id": page.permalink,
        "url": page.permalink,
        "inLanguage": page.language,
        "isPartOf": {"@id": f"{site.base_url}#site"},
        "publisher": _publisher(site),
    }
    if page.date:
        found["datePublished"] = page.date.isoformat()
    if page.corrections:
        found["dateModified"] = page.corrections[0].date.isoformat()
        found["correction"] = [
            {"@type": "CorrectionComment", "datePublished": made.date.isoformat(), "text": made.text}
            for made in page.corrections
        ]
    if page.tags:
        found["keywords"] = [tag.title for tag in page.tags]
    if page.words and kind != "WebPage":
        found["wordCount"] = page.words
    if page.method == "summary":
        found["digitalSourceType"] = _MADE_AND_EDITED if page.edited else _MADE
    return found


def _collection(site: SiteInfo, page: Page, paginator: Paginator | None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "@type": "CollectionPage",
        "@id": page.permalink,
        "url": page.permalink,
        "inLanguage": page.language,
        "isPartOf": {"@id": f"{site.base_url}#site"},
    }
    if paginator is not None:
        items = [
            {"@type": "ListItem", "position": place, "url": item.permalink, "name": item.title}
            for place, item in enumerate(paginator.pages, 1)
        ]
        found["mainEntity"] = {"@type": "ItemList", "numberOfItems": paginator.count, "itemListElement": items}
    return found


def _table(site: SiteInfo, page: Page, description: str) -> dict[str, Any]:
    """All briefs as data, beside the list of them."""
    months = [month.date.isoformat()[:7] for month in site.months]
    return {
        "@type": "Dataset",
        "@id": f"{page.permalink}#table",
        "name": f"{site.title}: {page.title}",
        "description": description or site.title,
        "url": page.permalink,
        "inLanguage": page.language,
        "isAccessibleForFree": True,
        "creator": _publisher(site),
        **({"temporalCoverage": f"{months[0]}/{months[-1]}"} if months else {}),
        "distribution": {
            "@type": "DataDownload",
            "encodingFormat": "text/csv",
            "contentUrl": site.base_url.removesuffix(site.home_url) + site.table_url,
        },
    }


def _way(site: SiteInfo, page: Page, above: Taxonomy | None) -> dict[str, Any]:
    steps = [(site.title, site.base_url), *_between(site, page, above), (page.title, page.permalink)]
    items = [
        {"@type": "ListItem", "position": place, "name": name, "item": permalink}
        for place, (name, permalink) in enumerate(steps, 1)
    ]
    return {"@type": "BreadcrumbList", "itemListElement": items}


def _between(site: SiteInfo, page: Page, above: Taxonomy | None) -> Iterator[tuple[str, str]]:
    base = site.base_url.removesuffix(site.home_url)
    if above is not None:
        yield above.title, base + above.url
    section: Link | None = getattr(page, "section", None)
    if section is not None and section.url != page.url:
        yield section.title, base + section.url
