"""Link book: which page refers to what, kept between builds, and what is wrong with it.

It is apart from the rest of what a build remembers, so that a build without changes need not load it. An entry is valid
for one content of an output, whose hash it begins with; a book that is lost costs a look at all pages.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sitegen.site.references import Found, outside
from sitegen.site.register import Register
from sitegen.site.tracking import digest

_CHECK = 16
"""Hexadecimal digits of the hash of an output that an entry begins with."""


class Entry(NamedTuple):
    """One page of the book."""

    check: bytes
    links: bytes
    """As in ``Found``, numbered by the table of the book."""
    ids: bytes
    twice: tuple[str, ...]
    dead: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong on one page or many."""

    kind: str
    """``link``: a link leads nowhere; ``anchor``: to a page without that anchor; ``outside``: below another path;
    ``id``: an id stands twice."""
    target: str
    """An address in local form, or an id."""
    pages: tuple[str, ...]
    """The outputs that have it, in order."""


@dataclass(slots=True)
class Sheet:
    """What one worker found: pages with their entries, numbered by a table of its own."""

    table: Sequence[str] = ()
    entries: list[tuple[str, Entry]] = field(default_factory=list)


def entry(sha: str, found: Found) -> Entry:
    """What is kept of a page whose content has the hash ``sha``."""
    return Entry(bytes.fromhex(sha[:_CHECK]), *found)


Verdict = tuple[bytes, list[tuple[str, str, tuple[str, ...]]]]
"""The digest of what outputs there were, and the faults that were found."""


class Book:
    """The entries of all pages of one output folder."""

    def __init__(self, table: list[str], entries: dict[str, Entry], verdict: Verdict | None = None) -> None:
        self._table = table
        self._entries = entries
        self._verdict = verdict

    @classmethod
    def load(cls, register: Register) -> Book:
        """The book of the last build; an empty one when there is none."""
        kept = register.load()
        if kept is None:
            return cls([], {})
        verdict, (table, entries) = kept
        return cls(
            sorted(table, key=table.__getitem__),
            {page: Entry._make(values) for page, values in entries.items()},
            verdict,
        )

    def save(self, register: Register) -> None:
        register.save(self._verdict, [{target: number for number, target in enumerate(self._table)}, self._entries])

    def missing(self, pages: Mapping[str, str]) -> Iterator[str]:
        """Those of ``pages`` (output path → hash of its content) that the book does not know in that state."""
        entries = self._entries
        for page, sha in pages.items():
            known = entries.get(page)
            if known is None or known.check != bytes.fromhex(sha[:_CHECK]):
                yield page

    def renewed(self, pages: Collection[str], sheets: Iterable[Sheet]) -> Book:
        """The book after a build whose HTML outputs are ``pages``, of which ``sheets`` hold those that were made."""
        numbers = {target: number for number, target in enumerate(self._table)}
        fresh: dict[str, Entry] = {}
        for sheet in sheets:
            places = [numbers.setdefault(target, len(numbers)) for target in sheet.table]
            for page, made in sheet.entries:
                fresh[page] = made._replace(links=_renumbered(made.links, places))
        entries = {page: fresh.get(page) or self._entries[page] for page in pages}
        if self._says_the_same(entries, fresh):
            return Book(list(numbers), entries, self._verdict)
        return Book(list(numbers), entries)._pruned()

    def _says_the_same(self, entries: Mapping[str, Entry], fresh: Mapping[str, Entry]) -> bool:
        """Whether pages that were made anew have the same links and ids as before, and there are no others."""
        before = self._entries
        return entries.keys() == before.keys() and all(before[page][1:] == made[1:] for page, made in fresh.items())

    def _pruned(self) -> Book:
        """The same book without the addresses that no page refers to, when they are many."""
        used = self._used()
        if len(self._table) <= 2 * len(used) + 1000:
            return self
        places = [0] * len(self._table)
        kept = sorted(used)
        for number, old in enumerate(kept):
            places[old] = number
        entries = {page: made._replace(links=_renumbered(made.links, places)) for page, made in self._entries.items()}
        return Book([self._table[old] for old in kept], entries)

    def _used(self) -> set[int]:
        return set(array("I", b"".join(made.links for made in self._entries.values())))

    def faults(self, outputs: Collection[str], elsewhere: Collection[str] = ()) -> list[Fault]:
        """All that is wrong when the site consists of ``outputs``; ``elsewhere`` are paths that redirects answer."""
        asked = _digest(outputs, elsewhere)
        if self._verdict is not None and self._verdict[0] == asked:
            return [Fault(*fault) for fault in self._verdict[1]]
        found = self._faults(outputs, elsewhere)
        self._verdict = (asked, [(fault.kind, fault.target, fault.pages) for fault in found])
        return found

    def _faults(self, outputs: Collection[str], elsewhere: Collection[str]) -> list[Fault]:
        wrong: dict[int, str] = {}
        for number in self._used():
            kind = self._kind(self._table[number], outputs, elsewhere)
            if kind:
                wrong[number] = kind
        found = [Fault(kind, self._table[number], self._holding(number)) for number, kind in wrong.items()]
        found += self._inside()
        return sorted(found, key=lambda fault: (fault.kind, fault.target))

    def _kind(self, local: str, outputs: Collection[str], elsewhere: Collection[str]) -> str:
        if outside(local):
            return "outside"
        path, _, anchor = local.partition("#")
        if path in outputs and not path.endswith(".html"):
            return ""
        page = path if path in outputs else f"{path}index.html" if path[-1:] in ("/", "") else f"{path}/index.html"
        if page not in outputs:
            return "" if path in elsewhere else "link"
        known = self._entries.get(page)
        return "anchor" if anchor and known is not None and anchor not in _lines(known.ids) else ""

    def _holding(self, number: int) -> tuple[str, ...]:
        sign = array("I", (number,)).tobytes()
        return _in_order(
            page
            for page, made in self._entries.items()
            if sign in made.links and number in array("I", made.links)  # the bytes of two others may look like it
        )

    def _inside(self) -> Iterator[Fault]:
        twice: dict[str, list[str]] = {}
        dead: dict[str, list[str]] = {}
        for page, made in self._entries.items():
            for name in made.twice:
                twice.setdefault(name, []).append(page)
            for name in made.dead:
                dead.setdefault(name, []).append(page)
        yield from (Fault("id", name, _in_order(pages)) for name, pages in twice.items())
        yield from (Fault("anchor", f"#{name}", _in_order(pages)) for name, pages in dead.items())


def _digest(outputs: Collection[str], elsewhere: Collection[str]) -> bytes:
    return digest(sorted(outputs), sorted(elsewhere))


def _in_order(pages: Iterable[str]) -> tuple[str, ...]:
    """By address, the home page first."""
    return tuple(sorted(pages, key=lambda page: (page == "404.html", page.removesuffix("index.html"))))


def _renumbered(links: bytes, places: Sequence[int]) -> bytes:
    return array("I", sorted(places[number] for number in array("I", links))).tobytes()


def _lines(ids: bytes) -> list[str]:
    from html import unescape

    return unescape(ids.decode("utf-8", "replace")).split("\n")
