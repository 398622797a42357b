"""Plan: every output that the site consists of, and what each one depends on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sitegen.site import feeds
from sitegen.site.assets import Assets
from sitegen.site.content import Content, Scope, StoredPage
from sitegen.site.inputs import Inputs
from sitegen.site.page import Link, Page, Paginator, SiteInfo, Taxonomy, Term
from sitegen.site.tracking import Digests, Tracked, digest

_WORDS = {
    "en": ("Home", "Briefs", "Topics", "Correspondents", "Types", "Page not found"),
    "de": ("Start", "Kurzberichte", "Themen", "Absender", "Dokumentarten", "Seite nicht gefunden"),
    "fr": ("Accueil", "Synthèses", "Thèmes", "Correspondants", "Types", "Page introuvable"),
}
"""The titles of pages that have no file: home, archive, tags, correspondents, types, 404."""


@dataclass(slots=True)
class Output:
    """One file of the built site, and how it is made: from a template, by a function, or as a copy of an input."""

    path: str
    owner: str
    """What it comes from, for people: a file, or the name of a list."""
    template: str = ""
    context: dict[str, Any] = field(default_factory=dict)
    own: bytes = b""
    """The digest of what it depends on, whatever the template reads; empty for outputs that are always made again."""
    make: Callable[[], bytes] | None = None
    copy_of: str = ""
    """The key of an input."""


@dataclass(slots=True)
class Plan:
    """All outputs, and what templates may read beside their own page."""

    outputs: list[Output]
    site: SiteInfo
    digests: Digests


class Planner:
    """Lays out the outputs of a site; ``shared`` is the digest of what all outputs depend on."""

    def __init__(self, scope: Scope, content: Content, assets: Assets, inputs: Inputs) -> None:
        self._scope, self._content, self._assets, self._inputs = scope, content, assets, inputs
        self._shared = b""
        self._per_page = scope.settings.build.per_page
        language = scope.settings.site.language.split("-")[0].lower()
        words = _WORDS.get(language, _WORDS["en"])
        self._home, self._archive, *titles, self._missing = words
        self._titles = dict(zip(("tags", "correspondents", "types"), titles, strict=True))
        self._taxonomies = {name: index.taxonomy(self._titles[name]) for name, index in content.indexes.items()}

    def claims(self) -> list[tuple[str, str]]:
        """All output paths with what claims each."""
        return [(output.path, output.owner) for output in self._outputs()]

    def plan(self, shared: bytes) -> Plan:
        """The outputs. All pages must be sealed."""
        site = self._site()
        heads = [(taxonomy.name, taxonomy.title, taxonomy.url) for taxonomy in self._taxonomies.values()]
        menu = [(link.title, link.url) for link in site.menu]
        self._shared = digest(shared, heads, menu)
        return Plan(list(self._outputs()), site, self._digests())

    def _site(self) -> SiteInfo:
        settings, base = self._scope.settings.site, self._scope.base
        return SiteInfo(
            title=settings.title,
            description=settings.description,
            language=settings.language,
            author=settings.author,
            base_url=self._scope.base_url,
            home_url=base,
            feed_url=f"{base}feed.xml",
            archive_url=f"{base}archive/",
            menu=tuple(self._menu()),
            taxonomies=self._taxonomies,
            briefs=Tracked("briefs", self._content.briefs),
        )

    def _menu(self) -> Iterator[Link]:
        base = self._scope.base
        if self._scope.settings.site.menu:
            for entry in self._scope.settings.site.menu:
                yield Link(entry.title, base + entry.url[1:] if entry.url.startswith("/") else entry.url)
            return
        yield Link(self._home, base)
        yield Link(self._archive, f"{base}archive/")
        if self._content.indexes["tags"].links:
            yield Link(self._titles["tags"], f"{base}tags/")
        # Pages in folders are left to the pages above them, or a site of a hundred pages would be all menu.
        top = [page for page in self._content.pages if page.url[len(base) :].count("/") == 1 and page.record.menu]
        for page in sorted(top, key=lambda page: (page.record.weight, page.title, page.url)):
            yield Link(page.title, page.url)

    def _digests(self) -> Digests:
        def every() -> bytes:
            return digest(b"".join(page.digest for page in self._content.all))

        def terms(taxonomy: Taxonomy) -> Callable[[], bytes]:
            return lambda: digest([(term.name, term.url, term.count) for term in taxonomy.terms])

        count = len(self._content.briefs)
        sources: dict[str, Callable[[], bytes]] = {
            "briefs": every,
            "pages": every,
            "briefs#": lambda: digest(count),
            "briefs?": lambda: digest(bool(count)),
        }
        for name, taxonomy in self._taxonomies.items():
            size = len(taxonomy.terms)
            sources[f"terms:{name}"] = terms(taxonomy)
            sources[f"terms:{name}#"] = lambda size=size: digest(size)  # type: ignore[misc]
            sources[f"terms:{name}?"] = lambda size=size: digest(bool(size))  # type: ignore[misc]
        return Digests(sources, {"asset:": self._assets.digest})

    def _outputs(self) -> Iterator[Output]:
        yield from self._home_and_archive()
        for page in self._content.briefs:
            yield self._page_output(page, "brief.html")
        for page in self._content.pages:
            yield self._page_output(page, page.record.template or "page.html")
        for taxonomy in self._taxonomies.values():
            yield from self._taxonomy_outputs(taxonomy)
        missing = {"page": self._plain("404", "404.html", self._missing)}
        yield Output("404.html", "the page for missing pages", "404.html", missing, self._own("404.html"))
        # The site's own static files go first: it may have a robots.txt of its own.
        yield from (output for output in self._machine_outputs() if output.path not in self._assets.copies)
        for path, key in self._content.copies.items():
            yield self._copy(path, key)
        for path, key in self._assets.copies.items():
            yield self._copy(path, key)
        for path, text in self._assets.texts.items():
            yield Output(path, f"static/{path}", make=lambda text=text: text)  # type: ignore[misc]

    def _own(self, *parts: object) -> bytes:
        return digest(self._shared, *parts)

    def _copy(self, path: str, key: str) -> Output:
        return Output(path, key, own=digest("copy", self._inputs.sha(key)), copy_of=key)

    def _plain(self, kind: Any, local: str, title: str) -> Page:
        scope = self._scope
        return Page(
            kind=kind,
            path="",
            url=scope.base + local,
            permalink=scope.base_url + local,
            title=title,
            summary="",
            date=None,
            language=scope.settings.site.language,
        )

    def _page_output(self, page: StoredPage, template: str) -> Output:
        own = self._own(template, page.digest) if self._shared else b""
        path = f"{page.url[len(self._scope.base) :]}index.html"
        return Output(path, page.path, template, {"page": page}, own)

    def _home_and_archive(self) -> Iterator[Output]:
        briefs, url = self._content.briefs, f"{self._scope.base}archive/"
        lists = list(paginate(briefs, url, self._per_page))
        home = self._content.home or self._plain("home", "", self._scope.settings.site.title)
        text = self._content.home.digest if self._content.home and self._shared else b""
        yield Output(
            "index.html",
            self._content.home.path if self._content.home else "the home page",
            "home.html",
            {"page": home, "paginator": lists[0]},
            self._own("home", text, *self._listed(lists[0])),
        )
        yield from self._lists(lists, "list", self._archive, "list.html", {}, "the list of briefs")

    def _taxonomy_outputs(self, taxonomy: Taxonomy) -> Iterator[Output]:
        local = taxonomy.url[len(self._scope.base) :]
        context = {"page": self._plain("taxonomy", local, taxonomy.title), "taxonomy": taxonomy}
        own = self._own("taxonomy", taxonomy.name, taxonomy.url)
        yield Output(f"{local}index.html", f"the list of {taxonomy.name}", "taxonomy.html", context, own)
        for term in taxonomy.terms:
            lists = list(paginate(term.pages, term.url, self._per_page))
            more = {"taxonomy": taxonomy, "term": term}
            yield from self._lists(lists, "term", term.name, "term.html", more, f"the {taxonomy.name} {term.name!r}")

    def _lists(
        self, lists: Sequence[Paginator], kind: str, title: str, template: str, more: Mapping[str, Any], owner: str
    ) -> Iterator[Output]:
        for paginator in lists:
            tail = "" if paginator.number == 1 else f"page/{paginator.number}/"
            local = f"{paginator.first_url[len(self._scope.base) :]}{tail}"
            context = {"page": self._plain(kind, local, title), "paginator": paginator, **more}
            own = self._own(kind, title, local, *self._listed(paginator))
            yield Output(f"{local}index.html", owner, template, context, own)

    def _listed(self, paginator: Paginator) -> tuple[object, ...]:
        if not self._shared:
            return ()
        pages = b"".join(page.digest for page in paginator.pages if isinstance(page, StoredPage))
        return (paginator.number, paginator.total, paginator.count, pages)

    def _machine_outputs(self) -> Iterator[Output]:
        scope = self._scope
        yield Output("feed.xml", "the feed", make=self._feed)
        yield Output("sitemap.xml", "the sitemap", make=self._sitemap)
        yield Output("robots.txt", "robots.txt", make=lambda: feeds.robots(scope.base_url))
        yield Output("_headers", "_headers", make=lambda: feeds.headers(scope.base))

    def _feed(self) -> bytes:
        dated = [page for page in self._content.briefs if page.date is not None and not page.draft]
        newest = dated[: self._scope.settings.build.feed_items]
        pages = [(page, page.record.source) for page in newest]
        return feeds.atom(self._site(), pages, f"{self._scope.base_url}feed.xml")

    def _sitemap(self) -> bytes:
        base = len(self._scope.base)
        newest = self._content.briefs[0].date if self._content.briefs else None
        urls = [("", newest), ("archive/", newest)]
        urls += [
            (page.url[base:], page.date) for page in (*self._content.briefs, *self._content.pages) if not page.draft
        ]
        for taxonomy in self._taxonomies.values():
            urls.append((taxonomy.url[base:], None))
            urls += [(term.url[base:], _newest(term)) for term in taxonomy.terms]
        return feeds.sitemap((f"{self._scope.base_url}{local}", date) for local, date in urls)


def _newest(term: Term) -> Any:
    return max((page.date for page in term.pages if page.date is not None), default=None)


def paginate(pages: Sequence[Page], url: str, size: int) -> Iterator[Paginator]:
    """``pages`` in lists of ``size``; an empty list has one page, too."""
    items = tuple(pages)
    total = max(1, -(-len(items) // size))

    def address(number: int) -> str | None:
        return None if not 1 <= number <= total else url if number == 1 else f"{url}page/{number}/"

    for number in range(1, total + 1):
        yield Paginator(
            pages=items[(number - 1) * size : number * size],
            number=number,
            total=total,
            count=len(items),
            first_url=url,
            last_url=address(total) or url,
            newer_url=address(number - 1),
            older_url=address(number + 1),
        )
