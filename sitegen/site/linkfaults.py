"""Link faults: looks at the pages of a build as they are made, and tells what is wrong with their links and ids.

The links of Markdown files have been checked before, with file and line. What is found here comes from templates, or
from what they made of a page; so the template is named, where one holds the very address.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, urljoin

from sitegen.errors import IdTwice, LinkBroken, Place, SitegenError
from sitegen.site.inputs import Inputs
from sitegen.site.linkbook import Book, Entry, Fault, Sheet, entry
from sitegen.site.outputs import Folder
from sitegen.site.references import Collector
from sitegen.site.register import Register


class LinkCheck:
    """The link check of one build."""

    def __init__(self, path: Path, key: str, base_url: str, base: str) -> None:
        """``path`` is the file of the book, and ``key`` all that its entries depend on beside the pages."""
        self._register = Register(path, repr((key, base_url)))
        self._base_url, self._base = base_url, base
        self._book = Book([], {})

    def lookout(self) -> Lookout:
        """What a worker looks at its pages with."""
        return Lookout(Collector(self._base_url, self._base))

    def faults(
        self, kept: Mapping[str, str], sheets: list[Sheet], target: Folder, outputs: Collection[str]
    ) -> list[Fault]:
        """All faults of a site of ``outputs``: ``kept`` ones (path → hash), and those made anew, on ``sheets``."""
        before = Book.load(self._register)
        pages = {path: sha for path, sha in kept.items() if is_page(path)}
        late = self.lookout()
        for path in before.missing(pages):
            late.look(path, target.read(path) or b"", pages[path])
        made = [path for sheet in sheets for path, _ in sheet.entries]
        self._book = before.renewed((*pages, *made), [*sheets, late.sheet()])
        return self._book.faults(outputs)

    def save(self) -> None:
        """Keeps what was found for the next build."""
        self._book.save(self._register)


class Lookout:
    """Looks at pages, one after another."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._entries: list[tuple[str, Entry]] = []

    def look(self, path: str, html: bytes, sha: str) -> None:
        self._entries.append((path, entry(sha, self._collector.look(html, path))))

    def sheet(self) -> Sheet:
        """All that was seen."""
        return Sheet(self._collector.table, self._entries)


def is_page(path: str) -> bool:
    """Whether an output is looked at."""
    return path.endswith(".html")


class Teller:
    """Says faults in words."""

    def __init__(self, base_url: str, base: str, root: Path, owners: Mapping[str, str], inputs: Inputs) -> None:
        """``root`` is the folder of the site; ``owners`` says what each output comes from."""
        self._local = Collector(base_url, base).local
        self._base, self._root, self._owners, self._inputs = base, root, owners, inputs

    def told(self, faults: Iterable[Fault], known: Iterable[tuple[str, str]]) -> Iterator[SitegenError]:
        """A warning for each fault that is not among the ``known`` ones: addresses of pages, with links on them."""
        said = {self._said(page, href) for page, href in known}
        for fault in faults:
            if fault.kind == "id" or fault.target not in said:
                yield self._warning(fault)

    def _said(self, page: str, href: str) -> str:
        return href if href.startswith("#") else self._local(urljoin(page, href)) or ""

    def _warning(self, fault: Fault) -> SitegenError:
        place = self._template(fault) or Place(self._owners.get(fault.pages[0], fault.pages[0]))
        where = self._where(fault.pages)
        if fault.kind == "id":
            return IdTwice(f"the id {fault.target!r} stands on more than one element {where}", place=place)
        return LinkBroken(f"the link to {self._address(fault)!r} {self._reason(fault)} {where}", place=place)

    def _reason(self, fault: Fault) -> str:
        if fault.kind == "outside":
            return f"leads out of the site, whose addresses begin with {self._base}"
        if fault.kind == "anchor":
            return f"leads to a page without the anchor {fault.target.partition('#')[2]!r}"
        return "leads nowhere: this site has no such page"

    def _address(self, fault: Fault) -> str:
        return fault.target if fault.kind == "outside" or fault.target.startswith("#") else self._base + fault.target

    def _where(self, pages: tuple[str, ...]) -> str:
        first = self._base + pages[0].removesuffix("index.html")
        return f"(on the page {first})" if len(pages) == 1 else f"(on {len(pages):,} pages, the first is {first})"

    def _template(self, fault: Fault) -> Place | None:
        """The template, or other text of the theme, that holds the address or the id as it is; the first by name."""
        wanted = self._written(fault)
        for key in self._inputs.files:
            if "templates/" in key and key.startswith(("theme/", "templates/")):
                text = self._inputs.read(key).decode("utf-8", "replace")
                if found := wanted.search(text):
                    return Place(self._shown(key), text.count("\n", 0, found.start()) + 1)
        return None

    def _shown(self, key: str) -> str:
        path = Path(self._inputs.files[key].path)
        return path.relative_to(self._root).as_posix() if path.is_relative_to(self._root) else str(path)

    def _written(self, fault: Fault) -> re.Pattern[str]:
        if fault.kind == "id":
            return re.compile(rf"""\sid=["']?{re.escape(fault.target)}["'\s>]""")
        address = self._address(fault)
        forms = {address, quote(address, safe="/#?=&;"), f"/{fault.target}"}
        return re.compile(rf"""["'](?:{"|".join(sorted(map(re.escape, forms)))})["'?]""")
