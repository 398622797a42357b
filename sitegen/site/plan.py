"""Plan: every output that the site consists of, and what each one depends on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sitegen.errors import PluginBroken
from sitegen.site import data, taxonomy
from sitegen.site.assets import Assets
from sitegen.site.content import Content
from sitegen.site.inputs import Inputs
from sitegen.site.output import Output
from sitegen.site.page import Link, Page, PageKind, Paginator, Section, SiteInfo, Taxonomy
from sitegen.site.scope import Scope
from sitegen.site.sections import Node
from sitegen.site.stored import StoredPage
from sitegen.site.tracking import Digests, Tracked, TrackedMapping, digest
from sitegen.site.whole import Site

if TYPE_CHECKING:
    from pluggy import PluginManager

_WORDS = {
    "en": ("Home", "Briefs", "Topics", "Correspondents", "Types", "Page not found"),
    "de": ("Start", "Kurzberichte", "Themen", "Absender", "Dokumentarten", "Seite nicht gefunden"),
    "fr": ("Accueil", "Synthèses", "Thèmes", "Correspondants", "Types", "Page introuvable"),
}
"""The titles of pages that have no file: home, archive, tags, correspondents, types, 404."""


@dataclass(slots=True)
class Plan:
    """All outputs, and what templates may read beside their own page."""

    outputs: list[Output]
    site: SiteInfo
    digests: Digests


class Planner:
    """Lays out the outputs of a site."""

    def __init__(self, scope: Scope, content: Content, assets: Assets, inputs: Inputs, tree: data.Tree) -> None:
        self._scope, self._content, self._assets, self._inputs, self._data = scope, content, assets, inputs, tree
        self._per_page = scope.settings.build.per_page
        language = scope.settings.site.language.split("-")[0].lower()
        words = _WORDS.get(language, _WORDS["en"])
        self._home, self._archive, *titles, self._missing = words
        self._titles = dict(zip(taxonomy.BUILT_IN, titles, strict=True))
        self._heads = {page.url: page for page in content.section_pages}
        self._taxonomies = {
            name: index.taxonomy(self._title_of(name), self._heads) for name, index in content.indexes.items()
        }
        self._sections = {node.page.url: node for node in content.sections.values()}
        self._site = Site(
            *(scope, self._info(), content.home, content.briefs, content.pages, list(content.sections.values())),
            *(self._taxonomies, inputs),
        )

    def _title_of(self, name: str) -> str:
        stated = self._scope.settings.taxonomies.get(name)
        title = stated.title if stated else ""
        return title or self._titles.get(name) or name.replace("-", " ").replace("_", " ").capitalize()

    def lay_out(self, hooks: PluginManager) -> list[Output]:
        """All outputs, not yet sealed."""
        outputs = list(self._outputs())
        for found in hooks.hook.site_outputs(site=self._site):
            if not isinstance(found, Iterable):
                raise PluginBroken(f"site_outputs gave {type(found).__name__}, not outputs", place="plugins")
            # The site's own static files go first: it may have a robots.txt of its own.
            outputs += (output for output in found if output.path not in self._assets.copies)
        return outputs

    def plan(self, outputs: list[Output], shared: bytes) -> Plan:
        """Seals the outputs, whose pages are all sealed; ``shared`` is the digest of what all templates depend on."""
        info = self._site.info
        heads = [(found.name, found.title, found.url, _digest(found.page)) for found in self._taxonomies.values()]
        menu = [(link.title, link.url) for link in info.menu]
        shared = digest(shared, heads, menu)
        for output in outputs:
            output.seal(shared)
        return Plan(outputs, info, self._digests())

    def _info(self) -> SiteInfo:
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
            pages=Tracked("pages", self._content.pages),
            sections=TrackedMapping(
                "sections", {folder: _section(node) for folder, node in self._content.sections.items()}
            ),
            data=data.Data(self._data),
        )

    def _menu(self) -> Iterator[Link]:
        base = self._scope.base
        if self._scope.settings.site.menu:
            for entry in self._scope.settings.site.menu:
                yield Link(entry.title, base + entry.url[1:] if entry.url.startswith("/") else entry.url)
            return
        yield Link(self._home, base)
        yield Link(self._archive, f"{base}archive/")
        if "tags" in self._content.indexes and self._content.indexes["tags"].links:
            yield Link(self._titles["tags"], f"{base}tags/")
        # Pages in folders are left to the pages above them, or a site of a hundred pages would be all menu.
        every = (*self._content.pages, *self._content.section_pages)
        top = [page for page in every if page.url[len(base) :].count("/") == 1 and page.record.menu]
        for page in sorted(top, key=lambda page: (page.record.weight, page.title, page.url)):
            yield Link(page.title, page.url)

    def _digests(self) -> Digests:
        def every() -> bytes:
            return digest(b"".join(page.digest for page in self._content.all))

        def terms(taxonomy: Taxonomy) -> Callable[[], bytes]:
            return lambda: digest([(term.name, term.url, term.count, _digest(term.page)) for term in taxonomy.terms])

        def sections() -> bytes:
            return digest(
                [(folder, len(node.pages), node.page.digest) for folder, node in self._content.sections.items()]
            )

        sources: dict[str, Callable[[], bytes]] = {"briefs": every, "pages": every, "sections": sections}
        sizes = {"briefs": len(self._content.briefs), "pages": len(self._content.pages)}
        for name, found in self._taxonomies.items():
            sources[f"terms:{name}"] = terms(found)
            sizes[f"terms:{name}"] = len(found.terms)
        for name, size in sizes.items():
            sources[f"{name}#"] = lambda size=size: digest(size)  # type: ignore[misc]
            sources[f"{name}?"] = lambda size=size: digest(bool(size))  # type: ignore[misc]
        return Digests(sources, {data.READ: self._data.digest, "asset:": self._assets.digest})

    def _outputs(self) -> Iterator[Output]:
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
        missing = {"page": self._plain("404", "404.html", self._missing)}
        yield Output("404.html", "the page for missing pages", "404.html", missing, ("404",))
        for path, key in self._content.copies.items():
            yield self._copy(path, key)
        for path, key in self._assets.copies.items():
            yield self._copy(path, key)
        for path, text in self._assets.texts.items():
            yield Output(path, f"static/{path}", make=lambda text=text: text)  # type: ignore[misc]

    def _copy(self, path: str, key: str) -> Output:
        return Output(path, key, parts=("copy", self._inputs.sha(key)), copy_of=key)

    def _page(self, kind: PageKind, local: str, title: str) -> Page:
        """The page of a list: the one that ``content/`` has for its address, or a bare one."""
        head = self._heads.pop(self._scope.base + local, None)
        if head is None:
            return self._plain(kind, local, title)
        head.kind = kind
        return head

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
        owner = self._content.home.path if self._content.home else "the home page"
        context = {"page": home, "paginator": lists[0]}
        template = (self._content.home and self._content.home.record.template) or "home.html"
        yield Output("index.html", owner, template, context, ("home", template, self._content.home, *_listed(lists[0])))
        archive = self._page("list", "archive/", self._archive)
        yield from self._lists(lists, archive, "list.html", {}, "the list of briefs")

    def _taxonomy_outputs(self, taxonomy: Taxonomy) -> Iterator[Output]:
        base = len(self._scope.base)
        page = self._page("taxonomy", taxonomy.url[base:], taxonomy.title)
        context = {"page": page, "taxonomy": taxonomy}
        parts = ("taxonomy", taxonomy.name, taxonomy.url, page)
        yield Output(
            f"{taxonomy.url[base:]}index.html", f"the list of {taxonomy.name}", "taxonomy.html", context, parts
        )
        stated = self._scope.settings.taxonomies.get(taxonomy.name)
        size = (stated and stated.per_page) or self._per_page
        for term in taxonomy.terms:
            lists = list(paginate(term.pages, term.url, size))
            more = {"taxonomy": taxonomy, "term": term}
            page = self._page("term", term.url[base:], term.name)
            yield from self._lists(lists, page, "term.html", more, f"the {taxonomy.name} {term.name!r}")

    def _section_outputs(self) -> Iterator[Output]:
        """The lists of sections; those whose addresses are those of other lists have been used up as their pages."""
        for url in [url for url in self._heads if url in self._sections]:
            node = self._sections[url]
            page = self._heads.pop(url)
            template = page.record.template or ("section.html" if self._has_section_template else "list.html")
            lists = list(paginate(node.pages, url, node.settings.per_page or self._per_page))
            section = self._site.info.sections[node.folder]
            below = ("below", tuple((link.title, link.url) for link in section.sections))
            yield from self._lists(lists, page, template, {"section": section}, page.path, below)

    @cached_property
    def _has_section_template(self) -> bool:
        return any(key.endswith("templates/section.html") for key in self._inputs.files)

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
            own = (template, page.kind, page.title, local, page, *_listed(paginator), *parts)
            yield Output(f"{local}index.html", owner, template, context, own)


def _listed(paginator: Paginator) -> tuple[object, ...]:
    return (paginator.number, paginator.total, paginator.count, *paginator.pages)


def _section(node: Node) -> Section:
    below = tuple(child.link for child in node.below)
    return Section(
        node.page.title, node.page.url, node.page, Tracked("pages", node.pages, length=False), below, node.settings.sort
    )


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
