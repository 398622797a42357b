"""Stored pages: pages with a Markdown file behind them, as templates see them."""

from __future__ import annotations

from sitegen.site.images.gallery import Gallery
from sitegen.site.library import Library
from sitegen.site.page import Heading, Page
from sitegen.site.record import Record
from sitegen.site.tracking import digest


class StoredPage(Page):
    """A page with a Markdown file behind it, whose text is fetched when a template asks for it."""

    __slots__ = ("_library", "bare", "digest", "gallery", "images", "key", "record", "targets")

    @property
    def body(self) -> str:
        from sitegen.site.markdown import PLACEHOLDER, filled

        html = self._library.body(self.key, self.record)
        found = filled(html, self.targets, self._picture if self.images else None) if self.targets else html
        if PLACEHOLDER in found:
            found = self._library.finish(self, found)
        return type(html)(found)

    @body.setter
    def body(self, _: str) -> None:
        pass

    @property
    def toc(self) -> tuple[Heading, ...]:
        return tuple(Heading(*heading) for heading in self.record.headings)

    @toc.setter
    def toc(self, _: tuple[Heading, ...]) -> None:
        pass

    _library: Library
    key: str
    """Of the input behind it."""
    bare: str
    """The key without the language that the name of the file may end with: its translations have the same."""
    record: Record
    """What its file says, with what it inherits."""
    targets: tuple[str, ...]
    """Where the open links of the body lead."""
    images: dict[int, str]
    """The keys of the images that the body shows, by number of the link."""
    gallery: Gallery
    digest: bytes
    """Of all that a template can read from the page."""

    def bind(self, library: Library, key: str, bare: str, entry: Record) -> None:
        self._library, self.key, self.bare, self.record, self.targets = library, key, bare, entry, ()
        self.images = {}

    def _picture(self, number: int, attributes: str) -> str | None:
        key = self.images.get(number)
        return None if key is None else self.gallery.picture(key, attributes)

    def seal(self, sha: str) -> None:
        """Works out the digest, when everything about the page is settled; ``sha`` is that of its file."""
        made = None if self.made is None else tuple(self.made.items())
        links: list[object] = []
        for name, found in self.terms.items():
            if found:
                links += (name, len(found))
                for link in found:
                    links += link
        for around in (self.previous, self.next, self.section):
            links += around or (None,)
        related: list[object] = []
        for title, url, language, date, why in self.related:
            related += (title, url, language, None if date is None else date.toordinal())
            related += why
        self.digest = digest(
            *(sha, self.kind, self.path, self.url, self.permalink, self.title, self.language, self.state, links),
            *(made, self.edited, self.targets, self.extra or None, self.image, self.aliases),
            *((self.alternates,) if self.alternates else ()),
            *([tuple(link) for link in self.named.values()], related),
        )
