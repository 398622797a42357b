"""Scanner: all that may be private in a text. Cheap looks decide which of the costly ones are taken."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib import import_module
from itertools import chain
from typing import TYPE_CHECKING, cast

from sitegen.privacy.columns import cells
from sitegen.privacy.finding import Finding
from sitegen.privacy.reading import Reading
from sitegen.privacy.triggers import Look, Sort
from sitegen.shapes import PrivateKind

if TYPE_CHECKING:
    from sitegen.privacy.names import Names

Find = Callable[[str, int, int], Iterator[Finding]]
"""Looks into a text between two offsets."""

_FIRST: Sequence[PrivateKind] = ("credential", "iban", "card", "id", "email", "phone", "birth", "address", "name")
"""What something is when it looks like two kinds."""
_FINDERS: Mapping[PrivateKind, Sequence[tuple[Sort, str, str]]] = {
    "credential": [("credential", "credentials", "find")],
    "iban": [("iban", "accounts", "find_ibans")],
    "card": [("card", "accounts", "find_cards")],
    "id": [("id", "identities", "find")],
    "email": [("email", "mails", "find")],
    "phone": [("phone", "phones", "find")],
    "birth": [("birth", "births", "find")],
    "address": [
        ("english", "addresses", "find_english"),
        ("box", "addresses", "find_boxes"),
        ("german", "addresses", "find_german"),
        ("french", "addresses", "find_french"),
        ("home", "addresses", "find_homes"),
    ],
}
"""What is looked for, and the modules of this room and their functions that read closely; loaded when a text asks."""


class Scanner:
    """Looks for the kinds that it is asked for."""

    def __init__(
        self,
        kinds: Iterable[PrivateKind],
        *,
        regions: Sequence[str] = ("US", "GB", "DE", "FR"),
        names: Names | None = None,
    ) -> None:
        """``regions`` are the countries whose own way to write phone numbers counts."""
        wanted = set(kinds)
        self._kinds = [kind for kind in _FIRST if kind in wanted]
        self._regions, self._names = regions, names

    def scan(self, text: str) -> list[Finding]:
        """What may be private in ``text``, in its order; no two of them overlap."""
        reading = Reading(text)
        found: list[Finding] = []
        taken = bytearray(len(reading.text))
        look = Look(reading.text)
        for finding in chain(self._all(reading.text, look), self._in_columns(reading.text, look)):
            if taken.find(1, finding.start, finding.end) < 0:
                taken[finding.start : finding.end] = b"\1" * (finding.end - finding.start)
                found.append(finding)
        found.sort(key=lambda finding: finding.start)
        return [_placed(finding, reading) for finding in found]

    def _all(self, text: str, look: Look) -> Iterator[Finding]:
        """Likelier kinds first, what is certain first, the longer of two first."""
        for kind in self._kinds:
            if found := list(self._of(kind, text, look)):
                yield from sorted(found, key=lambda one: (not one.certain, one.start - one.end))

    def _in_columns(self, text: str, look: Look) -> Iterator[Finding]:
        """What only the head of its column tells of."""
        parts: list[str] = []
        places: list[tuple[int, int, int]] = []
        at = 0
        for cell in cells(text, look.low):
            begin = at + len(cell.head) + 2
            places.append((begin, begin + len(cell.text), cell.start))
            parts.append(f"{cell.head}: {cell.text}\n\n")
            at += len(parts[-1])
        read = "".join(parts)
        for finding in self._all(read, Look(read)) if parts else ():
            begin, end, start = places[bisect_right(places, (finding.start, at, at)) - 1]
            if begin <= finding.start and finding.end <= end:
                there = finding.start - begin + start
                yield replace(finding, start=there, end=there + finding.end - finding.start)

    def _of(self, kind: PrivateKind, text: str, look: Look) -> Iterator[Finding]:
        if kind == "name":
            yield from self._names.find(text) if self._names else ()
            return
        for sort, module, function in _FINDERS[kind]:
            if spans := look.spans(sort):
                find = self._finder(module, function)
                for start, end in spans:
                    yield from find(text, start, end)

    def _finder(self, module: str, function: str) -> Find:
        find = getattr(import_module(f"sitegen.privacy.{module}"), function)
        return partial(find, self._regions) if module == "phones" else cast("Find", find)


def _placed(finding: Finding, reading: Reading) -> Finding:
    start, end = reading.raw_span(finding.start, finding.end)
    return Finding(finding.kind, start, end, finding.value, finding.certain)
