"""Plan: every output of an edition that is made from a template, and what each one depends on."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import Any

from sitegen.site import data, timeline, withdrawn
from sitegen.site.content import Content
from sitegen.site.inputs import Inputs
from sitegen.site.machines import feeds, table
from sitegen.site.output import Output
from sitegen.site.page import Link, Page, PageKind, Paginator, Search, Section, SiteInfo, Taxonomy, Term, Translation
from sitegen.site.sections import Node
from sitegen.site.stored import StoredPage
from sitegen.site.tracking import Late, Tracked, TrackedMapping, digest
from sitegen.site.whole import Site
from sitegen.site.words import Words

_LONG = 20
"""Pages of the list of a term from which on each of its years has a list, too."""


class Planner:
    """Lays out the outputs of an edition."""

    def __init__(
        self,
        content: Content,
        words: Words,
        homes: tuple[Translation, ...],
        inputs: Inputs,
        tree: data.Tree,
        sites: Sequence[Site],
    ) -> None:
        """``homes`` are the home pages of all editions, ``sites`` will be all sites."""
        self.edition, scope = content.edition, content.edition.scope
        self._scope, self._content, self._words, self._inputs, self._data = scope, content, words, inputs, tree
        self._per_page = scope.settings.build.per_page
        self._homes = homes
        self._heads = {page.url: page for page in content.section_pages}
        self._taxonomies = {
            name: index.taxonomy(*(self._title_of(name), self._heads, self.edition.prefix, _LONG * self._size_of(name)))
            for name, index in content.indexes.items()
        }
        self._sections = {node.page.url: node for node in content.sections.values()}
        self.site = Site(
            *(scope, self._info(), content.home, content.briefs, content.pages, list(content.sections.values())),
            *(self._taxonomies, inputs, content.withdrawn, sites),
        )
        self.lists = {"archive/": self._head_title("archive/", words.title("archive"))}
        """The lists that every edition has, and their titles, by address below the edition's."""
        for found in self._taxonomies.values():
            local = found.url[len(scope.base) :]
            self.lists[local] = self._head_title(local, found.title)
        self.siblings: Mapping[str, tuple[Translation, ...]] = {}
        """The lists in all languages, where there is more than one."""

    def _title_of(self, name: str) -> str:
        stated = self._scope.settings.taxonomies.get(name)
        return self._words.title(name, stated.title if stated else "", own=not self.edition.prefix)

    def _size_of(self, name: str) -> int:
        """How many pages stand on one page of the list of a term."""
        stated = self._scope.settings.taxonomies.get(name)
        return (stated and stated.per_page) or self._per_page

    def _head_title(self, local: str, title: str) -> str:
        head = self._heads.get(self._scope.base + local)
        return head.title if head else title

    def digest(self, shared: bytes) -> bytes:
        """Of what all templates of the edition depend on; ``shared`` is that of what all depend on."""
        info = self.site.info
        heads = [(found.name, found.title, found.url, _digest(found.page)) for found in self._taxonomies.values()]
        menu = [(link.title, link.url) for link in info.menu]
        return digest(shared, heads, menu, self._homes, self._words.digest, info.search is not None)

    def _info(self) -> SiteInfo:
        settings, base, mark = self._scope.settings.site, self._scope.base, self.edition.prefix
        return SiteInfo(
            title=settings.title,
            description=settings.description,
            language=settings.language,
            author=settings.author,
            base_url=self._scope.base_url,
            home_url=base,
            feed_url=feeds.address(self._scope.settings.feeds.formats, base),
            archive_url=f"{base}archive/",
            menu=tuple(self._menu()),
            taxonomies=self._taxonomies,
            briefs=Tracked(f"{mark}briefs", self._content.briefs),
            pages=Tracked(f"{mark}pages", self._content.pages),
            sections=TrackedMapping(
                f"{mark}sections", {folder: _section(node) for folder, node in self._content.sections.items()}
            ),
            data=data.Data(self._data),
            **{name: Tracked(f"{mark}{name}", found, length=False) for name, found in self._times.items()},
            languages=self._homes,
            feeds=feeds.links(self._scope.settings.feeds.formats, base),
            twins=self._scope.settings.llms.twins,
            table_url=f"{base}{table.NAME}" if self._scope.settings.table.enabled else "",
            search=Search(f"{base}search/", f"{base}pagefind/") if self._scope.search else None,
        )

    def retitled(self) -> None:
        """A brief has another title."""
        self._times["changes"].forget()

    @cached_property
    def _times(self) -> dict[str, Late[Any]]:
        """What is told of all briefs by time."""
        briefs, base, archive = self._content.briefs, self._scope.base, f"{self._scope.base}archive/"
        return {
            "months": Late(lambda: timeline.months(briefs, archive, self._per_page)),
            "years": Late(lambda: timeline.years(briefs, archive)),
            "changes": Late(lambda: timeline.changes(briefs, self._content.withdrawn, base)),
        }

    def _menu(self) -> Iterator[Link]:
        base = self._scope.base
        if self._scope.settings.site.menu:
            for entry in self._scope.settings.site.menu:
                yield Link(entry.title, self.edition.root + entry.url[1:] if entry.url.startswith("/") else entry.url)
            return
        yield Link(self._words.title("home"), base)
        yield Link(self._words.title("archive"), f"{base}archive/")
        if "tags" in self._content.indexes and self._content.indexes["tags"].links:
            yield Link(self._title_of("tags"), f"{base}tags/")
        # Pages in folders are left to the pages above them, or a site of a hundred pages would be all menu.
        every = (*self._content.pages, *self._content.section_pages)
        top = [page for page in every if page.url[len(base) :].count("/") == 1 and page.record.menu]
        for page in sorted(top, key=lambda page: (page.record.weight, page.title, page.url)):
            yield Link(page.title, page.url)

    def sources(self) -> dict[str, Callable[[], bytes]]:
        """What templates of the edition may read, by the names of the reads, with what works out its digest."""

        def every() -> bytes:
            return digest(b"".join(page.digest for site in self.site.editions for page in site.all))

        def terms(taxonomy: Taxonomy) -> Callable[[], bytes]:
            return lambda: digest([(term.name, term.url, term.count, _digest(term.page)) for term in taxonomy.terms])

        def sections() -> bytes:
            return digest(
                [(folder, len(node.pages), node.page.digest) for folder, node in self._content.sections.items()]
            )

        mark = self.edition.prefix
        # Pages of a section or a term are not told apart by edition: whoever reads them depends on all pages.
        sources: dict[str, Callable[[], bytes]] = {"pages": every}
        sources |= {f"{mark}briefs": every, f"{mark}pages": every, f"{mark}sections": sections}
        sizes = {f"{mark}briefs": len(self._content.briefs), f"{mark}pages": len(self._content.pages)}
        for name, found in self._taxonomies.items():
            sources[f"{mark}terms:{name}"] = terms(found)
            sizes[f"{mark}terms:{name}"] = len(found.terms)
            for term in found.terms:
                sources[f"{mark}years:{name}:{term.url}"] = partial(_digest_of, term)
        for name, times in self._times.items():
            sources[f"{mark}{name}"] = lambda times=times: digest(repr(tuple(times)))  # type: ignore[misc]
        for name, size in sizes.items():
            sources[f"{name}#"] = lambda size=size: digest(size)  # type: ignore[misc]
            sources[f"{name}?"] = lambda size=size: digest(bool(size))  # type: ignore[misc]
        return sources

    def outputs(self) -> Iterator[Output]:
        """All of them, with paths below the edition's own, not yet sealed."""
        yield from self._home_and_archive()
        templates = {id(page): node.settings.template for node in self._sections.values() for page in node.pages}
        for page in self._content.briefs:
            inherited = page.record.template if "template" not in page.record.said else None
            yield self._page_output(page, inherited or "brief.html")
        for page in self._content.pages:
            yield self._page_output(page, page.record.template or templates.get(id(page)) or "page.html")
        for found in self._taxonomies.values():
            yield from self._taxonomy_outputs(found)
        yield from self._section_outputs()
        yield from self._notices()
        if self.site.main:  # hosts know only one
            missing = {"page": self._plain("404", "404.html", self._words.title("404"))}
            yield Output("404.html", "the page for missing pages", "404.html", missing, ("404",))

    def _notices(self) -> Iterator[Output]:
        """The pages that say why something is not there; what has come to an address since comes first."""
        if not self._content.withdrawn:
            return
        base = self._scope.base
        there = {page.url[len(base) :] for page in self.site.all}
        template = withdrawn.TEMPLATE if self._has(withdrawn.TEMPLATE) else "page.html"
        for found in self._content.withdrawn:
            if found.local not in there:
                yield from withdrawn.outputs(found, self._scope, self._words.title("withdrawn"), template)

    def _page(self, kind: PageKind, local: str, title: str) -> Page:
        """The page of a list: the one that ``content/`` has for its address, or a bare one."""
        head = self._heads.pop(self._scope.base + local, None)
        if head is None:
            return _spoken(self._plain(kind, local, title), self.siblings.get(local, ()))
        head.kind = kind
        return _spoken(head, self.siblings.get(local, ()))

    def _plain(self, kind: PageKind, local: str, title: str) -> Page:
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
        path = f"{page.url[len(self._scope.base) :]}index.html"
        return Output(path, page.path, template, {"page": page}, ("page", template, page))

    def _home_and_archive(self) -> Iterator[Output]:
        briefs, url = self._content.briefs, f"{self._scope.base}archive/"
        lists = list(paginate(briefs, url, self._per_page))
        home: Page = self._content.home or self._plain("home", "", self._scope.settings.site.title)
        home = _spoken(home, self._homes if len(self._homes) > 1 else ())
        owner = self._content.home.path if self._content.home else "the home page"
        context = {"page": home, "paginator": lists[0]}
        template = (self._content.home and self._content.home.record.template) or "home.html"
        yield Output(
            "index.html",
            owner,
            template,
            context,
            ("home", template, _stored(home), home.alternates, *_listed(lists[0])),
        )
        archive = self._page("list", "archive/", self._words.title("archive"))
        yield from self._lists(lists, archive, "list.html", {}, "the list of briefs")
        yield from self._years(url)

    def _years(self, archive: str) -> Iterator[Output]:
        """A list of the briefs of each year."""
        base = len(self._scope.base)
        for year, pages in itertools.groupby(self._content.briefs, lambda page: page.date and page.date.year):
            if year:
                lists = list(paginate(tuple(pages), f"{archive}{year}/", self._per_page))
                page = self._page("list", f"{archive[base:]}{year}/", str(year))
                yield from self._lists(
                    lists, page, "list.html", {"year": year}, f"the briefs of {year}", ("year", year)
                )

    def _taxonomy_outputs(self, taxonomy: Taxonomy) -> Iterator[Output]:
        base = len(self._scope.base)
        page = self._page("taxonomy", taxonomy.url[base:], taxonomy.title)
        context = {"page": page, "taxonomy": taxonomy}
        parts = ("taxonomy", taxonomy.name, taxonomy.url, _stored(page), page.alternates)
        yield Output(
            f"{taxonomy.url[base:]}index.html", f"the list of {taxonomy.name}", "taxonomy.html", context, parts
        )
        size = self._size_of(taxonomy.name)
        for term in taxonomy.terms:
            lists = list(paginate(term.pages, term.url, size))
            more = {"taxonomy": taxonomy, "term": term}
            page = self._page("term", term.url[base:], term.name)
            yield from self._lists(lists, page, "term.html", more, f"the {taxonomy.name} {term.name!r}")
            if len(lists) >= _LONG:
                yield from self._years_of(term, size, more)

    def _years_of(self, term: Term, size: int, more: Mapping[str, Any]) -> Iterator[Output]:
        """A list for each year of a term that many pages carry."""
        for year, pages in itertools.groupby(term.pages, lambda page: page.date and page.date.year):
            if year:
                lists = list(paginate(tuple(pages), f"{term.url}{year}/", size))
                page = self._page("term", f"{term.url[len(self._scope.base) :]}{year}/", f"{term.name}, {year}")
                owner = f"the briefs of {year} of {term.name!r}"
                yield from self._lists(lists, page, "term.html", {**more, "year": year}, owner, ("year", year))

    def _section_outputs(self) -> Iterator[Output]:
        """The lists of sections; those whose addresses are those of other lists have been used up as their pages."""
        for url in [url for url in self._heads if url in self._sections]:
            node = self._sections[url]
            page = self._heads.pop(url)
            template = page.record.template or ("section.html" if self._has_section_template else "list.html")
            lists = list(paginate(node.pages, url, node.settings.per_page or self._per_page))
            section = self.site.info.sections[node.folder]
            below = ("below", tuple((link.title, link.url) for link in section.sections))
            yield from self._lists(lists, page, template, {"section": section}, page.path, below)

    @cached_property
    def _has_section_template(self) -> bool:
        return self._has("section.html")

    def _has(self, template: str) -> bool:
        return any(key.endswith(f"templates/{template}") for key in self._inputs.files)

    def _lists(
        self,
        lists: Sequence[Paginator],
        page: Page,
        template: str,
        more: Mapping[str, Any],
        owner: str,
        parts: tuple[object, ...] = (),
    ) -> Iterator[Output]:
        base = len(self._scope.base)
        for paginator in lists:
            tail = "" if paginator.number == 1 else f"page/{paginator.number}/"
            local = f"{paginator.first_url[base:]}{tail}"
            here = page
            if tail:
                here = self._plain(page.kind, local, page.title)
            context = {"page": here, "paginator": paginator, **more}
            own = (template, page.kind, page.title, local, _stored(page), page.alternates, *_listed(paginator), *parts)
            yield Output(f"{local}index.html", owner, template, context, own)


def _spoken(page: Page, siblings: tuple[Translation, ...]) -> Page:
    """The page of a list, which knows that list in other languages, and what is a translation by itself."""
    if siblings:
        known = {link.language for link in siblings}
        page.alternates = (*siblings, *(link for link in page.alternates if link.language not in known))
    return page


def _listed(paginator: Paginator) -> tuple[object, ...]:
    return (paginator.number, paginator.total, paginator.count, *paginator.pages)


def _stored(page: Page) -> StoredPage | None:
    """A page for the parts of an output; what is to say of one without a file stands there already."""
    return page if isinstance(page, StoredPage) else None


def _section(node: Node) -> Section:
    below = tuple(child.link for child in node.below)
    return Section(
        node.page.title, node.page.url, node.page, Tracked("pages", node.pages, length=False), below, node.settings.sort
    )


def _digest_of(term: Term) -> bytes:
    return digest(repr(tuple(term.years)))


def _digest(page: Page | None) -> bytes:
    return page.digest if isinstance(page, StoredPage) else b""


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
