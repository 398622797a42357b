"""Editions: the site in each of its languages. An edition is a whole site under its own path, ``/de/``.

The language of ``[site]`` has the root; each ``[languages.de]`` has an edition. A page belongs to the edition that the
name of its file ends with, ``about.de.md``, else to that of its language; pages in other languages stay at the root.
Pages whose files differ in that end only are translations of each other, as are those that share a `translation`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from sitegen.errors import LanguageUnclear, SitegenError, TranslationTwice
from sitegen.site.languages import Languages
from sitegen.site.page import Page, Translation
from sitegen.site.record import Record
from sitegen.site.scope import Scope
from sitegen.site.stored import StoredPage

if TYPE_CHECKING:
    from sitegen.settings import Language as Stated
    from sitegen.settings import Settings


@dataclass(frozen=True)
class Edition:
    """The site in one language."""

    code: str
    prefix: str
    """Of its addresses and outputs, below the base path: ``de/``; empty for the site's own language."""
    scope: Scope
    """That of the build, with the settings and the base path of the edition."""

    @property
    def root(self) -> str:
        """The base path of the whole site."""
        return self.scope.base.removesuffix(self.prefix)


class Editions(Mapping[str, Edition]):
    """All editions by language, the site's own first."""

    def __init__(self, scope: Scope) -> None:
        own = scope.settings.site.language
        self.default = Edition(own, "", scope)
        self._editions = {own: self.default}
        for code, stated in scope.settings.languages.items():
            self._editions[code] = _edition(code, stated, scope)
        self._codes = {code.lower(): code for code in self._editions}

    def __getitem__(self, code: str) -> Edition:
        return self._editions[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._editions)

    def __len__(self) -> int:
        return len(self._editions)

    @cached_property
    def _several(self) -> bool:
        return len(self._editions) > 1

    def nearest(self, language: str) -> str | None:
        """The language of the edition for pages in ``language``: ``de`` for ``de-AT``; None where there is none."""
        parts = language.lower().split("-")
        codes = ("-".join(parts[:end]) for end in range(len(parts), 0, -1))
        return next((self._codes[code] for code in codes if code in self._codes), None)

    def named(self, key: str) -> tuple[str, str]:
        """The key of an input without the language that its name ends with, and that language; else empty."""
        if self._several and key.endswith(".md"):
            stem, dot, end = key[:-3].rpartition(".")
            if dot and (code := self._codes.get(end.lower())) and not stem.endswith("/"):
                return f"{stem}.md", code
        return key, ""

    def code(self, key: str, entry: Record) -> str:
        """The language of the edition of a page."""
        if not self._several:
            return self.default.code
        return self.named(key)[1] or (entry.language and self.nearest(entry.language)) or self.default.code

    def of(self, key: str, entry: Record, name: str) -> Edition:
        """The edition of a page; ``name`` stands in the error. Raises ``LanguageUnclear``."""
        code = self.code(key, entry)
        stated = entry.language if self._several and "language" in entry.said else None
        if stated and self.named(key)[1] and self.nearest(stated) != code:
            raise LanguageUnclear(f"the name of the file says {code!r}, its front matter {stated!r}", place=name)
        return self._editions[code]


def _edition(code: str, stated: Stated, scope: Scope) -> Edition:
    prefix = f"{code.lower()}/"
    own = scope.settings.site
    fields = {
        "language": code,
        "title": stated.title or own.title,
        "description": stated.description or own.description,
        "menu": stated.menu,
    }
    settings: Settings = scope.settings.model_copy(update={"site": own.model_copy(update=fields)})
    inner = replace(scope, settings=settings, base=scope.base + prefix, base_url=scope.base_url + prefix)
    return Edition(code, prefix, inner)


def translate(pages: Iterable[StoredPage], editions: Editions, languages: Languages) -> Iterator[SitegenError]:
    """Tells each page its translations. Yields a problem for each that is one into a language that there is already."""
    every = [page for page in pages if len(editions) > 1 or page.record.translation]
    keys = {page.bare: page.record.translation for page in every if page.record.translation}
    groups: dict[str, dict[str, StoredPage]] = {}
    for page in every:
        key = page.record.translation or keys.get(page.bare) or f"\0{page.bare}"
        group = groups.setdefault(key, {})
        first = group.setdefault(page.language, page)
        if first is not page:
            yield TranslationTwice(
                f"{first.path} is the same text in the same language, {page.language!r}", place=page.path
            )
    order = {code: number for number, code in enumerate(editions)}
    for group in groups.values():
        if len(group) > 1:
            members = sorted(group.values(), key=lambda page: (order.get(page.language, len(order)), page.language))
            links = tuple(link(page, languages) for page in members)
            for page in members:
                page.alternates = links


def link(page: Page, languages: Languages) -> Translation:
    """A page as one of its languages."""
    return Translation(page.language, languages[page.language].name, page.title, page.url, page.permalink)
