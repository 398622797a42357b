"""Outputs: the files for machines that a site consists of, and what each is made from.

None of them is made from a template, so none depends on the theme; ``parts`` names all that a file depends on, so that
it is made again only when that changes. They are made from pages that are shown, and from no drafts, even where those
are shown: what is not public is in none of them.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from sitegen import files, head
from sitegen.site.hooks import Output, hook
from sitegen.site.languages import Language
from sitegen.site.machines import headers, llms, pictures, sitemap, table
from sitegen.site.machines.cards import Cards
from sitegen.site.machines.feeds import FORMATS, Entry, Feed
from sitegen.site.machines.pictures import Artist
from sitegen.site.page import Page, Taxonomy, Term
from sitegen.site.stored import StoredPage
from sitegen.site.tracking import digest
from sitegen.site.whole import Site

if TYPE_CHECKING:
    import jinja2

    from sitegen.settings import Settings
    from sitegen.site.markdown import Profile

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Machines:
    """The hooks that make them; for one build."""

    def __init__(self, artist: Artist | None = None) -> None:
        """``artist`` draws pictures for cards, where the settings want them."""
        self._artist = artist
        self._fed: set[str] = set()
        self._settings: Settings | None = None

    @hook
    def site_outputs(self, site: Site) -> Iterator[Output]:
        """Feeds, sitemap, robots.txt, the headers for hosts, llms.txt and the twins of all pages."""
        if site.main:
            self._settings = site.settings
        self._fed |= set(fed(site))
        yield from _outputs(site)
        if self._artist is not None:
            yield from (_picture(page, site, self._artist) for page in site.all if not page.draft and not page.image)

    @hook
    def templates_ready(self, environment: jinja2.Environment) -> None:
        """``cards()`` for the heads of pages."""
        stated = self._settings
        if stated is None:  # no outputs were asked for
            from sitegen.settings import Settings

            stated = Settings()
        cards = Cards(
            *(stated.feeds.formats, self._fed),
            twins=stated.llms.twins,
            index=stated.llms.index,
            drawn=self._artist is not None,
        )
        environment.globals["cards"] = cards


def _outputs(site: Site) -> Iterator[Output]:
    yield from _feeds(site)
    if site.main:  # one for all languages
        yield from _sitemap(site)
        permalink = f"{site.base_url}sitemap.xml"
        yield Output("robots.txt", "robots.txt", parts=("robots", permalink), make=lambda: sitemap.robots(permalink))
        folders = [*_searched(site)]
        made = functools.partial(headers.headers, site.base, folders)
        yield Output("_headers", "_headers", parts=("headers", site.base, folders), make=made)
    if site.settings.table.enabled:
        public = [page for page in site.briefs if not page.draft]
        make = functools.partial(table.table, public)
        yield Output(table.NAME, "the table of all briefs", parts=("table", *public), make=make)
    if site.settings.llms.index:
        yield _llms(site)
    if site.settings.llms.twins:
        for page in site.all:
            if not page.draft:
                yield _twin(page, site)


def _searched(site: Site) -> Iterator[str]:
    """The folders with an index of the search, one for each language."""
    for found in (edition.info.search for edition in site.editions or (site,)):
        if found is not None:
            yield found.bundle[len(site.base) :]


def fed(site: Site) -> dict[str, tuple[str, Sequence[StoredPage]]]:
    """The lists that have feeds of their own: address → title and pages."""
    found: dict[str, tuple[str, Sequence[StoredPage]]] = {}
    for node in site.sections:
        if node.settings.feed and not node.page.draft:
            found[node.page.url] = node.page.title, node.pages
    for taxonomy in site.taxonomies.values():
        stated = site.settings.taxonomies.get(taxonomy.name)
        if stated and stated.feed:
            for term in _public(taxonomy):
                found[term.url] = term.name, [page for page in term.pages if isinstance(page, StoredPage)]
    return found


def _public(taxonomy: Taxonomy) -> Iterator[Term]:
    """The terms that pages carry which everybody may read."""
    return (term for term in taxonomy.terms if any(not page.draft for page in term.pages))


def _feeds(site: Site) -> Iterator[Output]:
    stated = site.settings.feeds
    lists = {site.base: ("", site.briefs), **(fed(site) if stated.formats else {})}
    for url, (title, pages) in lists.items():
        local = url[len(site.base) :]
        dated = sorted(
            (page for page in pages if page.date is not None and not page.draft),
            key=lambda page: (-(page.record.date or 0), page.url),
        )[: stated.items]
        feed = _feed(site, local, title, dated)
        for kind in dict.fromkeys(stated.formats):
            file = FORMATS[kind].file
            owner = f"the feed of {title}" if title else "the feed"
            parts = ("feed", kind, feed.title, feed.description, feed.language, feed.author, feed.permalink, feed.full)
            make = functools.partial(FORMATS[kind].write, feed, f"{site.base_url}{local}{file}")
            yield Output(f"{local}{file}", owner, parts=(*parts, *dated), make=make)


def _feed(site: Site, local: str, title: str, pages: Sequence[StoredPage]) -> Feed:
    info = site.info
    place = local if site.main else f"{info.language}:{local}"
    return Feed(
        title=f"{info.title}: {title}" if title else info.title,
        description=info.description if not title else "",
        language=info.language,
        author=info.author or info.title,
        base_url=site.base_url,
        permalink=site.base_url + local,
        name=f"feed:{place}" if place else "",
        entries=[Entry(page, page.record.source) for page in pages],
        full=site.settings.feeds.content == "full",
    )


def _sitemap(site: Site) -> Iterator[Output]:
    entries = [entry for edition in site.editions or (site,) for entry in _entries(edition).values()]
    if sitemap.fits(entries):
        yield Output(
            "sitemap.xml", "the sitemap", parts=("sitemap", digest(entries)), make=lambda: sitemap.parts(entries)[0]
        )
        return
    parts = sitemap.parts(entries)
    names = ["sitemap.xml"] if len(parts) == 1 else [f"sitemap-{number}.xml" for number in range(1, len(parts) + 1)]
    if len(parts) > 1:
        index = sitemap.index(site.base_url + name for name in names)
        yield Output("sitemap.xml", "the sitemap", parts=("sitemap", index), make=lambda: index)
    for name, data in zip(names, parts, strict=True):
        yield Output(name, "the sitemap", parts=("sitemap", digest(data)), make=functools.partial(bytes, data))


def _entries(site: Site) -> dict[str, sitemap.Entry]:
    """All that search engines are to find, by address: no draft, and nothing that only leads on."""
    lists = ["", "archive/"]
    for taxonomy in site.taxonomies.values():
        lists += (url[len(site.base) :] for url in (taxonomy.url, *(term.url for term in _public(taxonomy))))
    found: dict[str, sitemap.Entry] = {local: (site.base_url + local, "", ()) for local in lists}
    base = len(site.base_url)
    for page in site.all:
        if not page.draft:
            versions: tuple[tuple[str, str], ...] = ()
            if page.alternates:
                versions = tuple((version.language, version.permalink) for version in page.alternates)
            found[page.permalink[base:]] = (page.permalink, _changed(page), versions)
    return found


def _changed(page: Page) -> str:
    """The day of the text as it stands: when it was generated, or the date of what somebody wrote.

    Nobody knows when an editor last touched a generated brief; search engines stop to believe a site that guesses.
    """
    if page.made is not None:
        found = _DAY.match(str(page.made.get("at") or ""))
        return found[0] if found and not page.edited else ""
    return page.date.isoformat() if page.date is not None and page.method == "written" else ""


def _llms(site: Site) -> Output:
    public = [page for page in (*site.pages, *(node.page for node in site.sections)) if not page.draft]
    briefs = [page for page in site.briefs if not page.draft][: site.settings.llms.items]
    twins = site.settings.llms.twins
    topics = site.taxonomies.get("tags")
    base = site.base_url.removesuffix(site.base)
    terms = tuple((term.name, base + term.url) for term in (_public(topics) if topics else ()))
    root = site.editions[0].base_url if site.editions else site.base_url
    optional = [("Sitemap", f"{root}sitemap.xml"), ("Archive", f"{site.base_url}archive/")]
    optional += [(FORMATS[kind].title, f"{site.base_url}{FORMATS[kind].file}") for kind in site.settings.feeds.formats]

    def make() -> bytes:
        lists = [
            ("Pages", [_entry(page, twins) for page in public]),
            ("Briefs", [_entry(page, twins) for page in briefs]),
            ("Topics", [llms.Entry(*term) for term in terms]),
            ("Optional", [llms.Entry(*link) for link in optional]),
        ]
        return llms.llms(site.info.title, site.info.description, lists)

    parts = ("llms", site.info.title, site.info.description, twins, terms, optional, *public, *briefs)
    return Output("llms.txt", "llms.txt", parts=parts, make=make)


def _entry(page: Page, twins: bool) -> llms.Entry:
    return llms.Entry(page.title, f"{page.permalink}index.md" if twins else page.permalink, page.summary)


def _twin(page: StoredPage, site: Site) -> Output:
    path = f"{page.url[len(site.base) :]}index.md"
    return Output(
        path,
        page.path,
        parts=("twin", page, site.settings.markdown.math),
        make=functools.partial(_make_twin, page, site),
    )


def _picture(page: StoredPage, site: Site, artist: Artist) -> Output:
    sender = page.correspondent.title if page.correspondent else ""
    language = site.info.language if page.language == "und" else page.language
    told = (page.title, site.info.title, sender, "" if page.date is None else page.date.isoformat(), language)
    return Output(
        f"{page.url[len(site.base) :]}{pictures.NAME}",
        page.path,
        parts=("picture", *told, artist.digest),
        make=functools.partial(_drawn, artist, *told),
    )


def _drawn(artist: Artist, title: str, name: str, sender: str, date: str, language: str) -> bytes:
    day = _language(language).date(dt.date.fromisoformat(date)) if date else ""
    return artist.draw(pictures.Words(title, name, " · ".join(part for part in (sender, day) if part)))


@functools.cache
def _language(code: str) -> Language:
    from sitegen.site import cldr  # with Babel, which builds without changes do not need

    return Language(cldr.facts(code))


def _make_twin(page: StoredPage, site: Site) -> bytes:
    from sitegen.site.machines import twins  # with the parser of Markdown, which few builds need

    text = files.decode(site.inputs.read(page.key), page.path)
    links = {}
    for number, ((href, _), target) in enumerate(zip(page.record.links, page.targets, strict=True)):
        # An image that is copied in sizes may not be published itself.
        image = page.gallery.image(href, page.path) if number in page.images else None
        links[href] = urljoin(page.permalink, image.url if image else target)
    profile: Profile = "brief" if page.kind == "brief" else "page"
    return twins.twin(page, head.body(text), links, profile, math=site.settings.markdown.math)
