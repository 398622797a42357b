"""Faults: what went wrong while outputs were made, told once for each place however many pages it breaks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sitegen.errors import Place, SitegenError, TemplateBroken

_PAGES = 3
"""How many of the pages that a fault breaks are named."""
_MOST = 20
"""How many faults are told at once."""


@dataclass(slots=True)
class Fault:
    """One place where something is wrong, and the pages that it breaks."""

    error: SitegenError
    """As the first of the pages met it."""
    pages: list[str]
    """The first pages, by name."""
    count: int = 1

    def problem(self) -> SitegenError:
        """The error that names the pages."""
        if not isinstance(self.error, TemplateBroken):
            return self.error
        named = ", ".join(self.pages)
        more = ", …" if self.count > len(self.pages) else ""
        where = f"while making {named}" if self.count == 1 else f"in {self.count:,} pages: {named}{more}"
        return type(self.error)(f"{self.error.message} ({where})", place=self.error.place, remedy=self.error.remedy)


class Faults:
    """Gathers faults; those of several workers can be put together."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, Place | None, str], Fault] = {}

    def add(self, error: SitegenError, page: str) -> None:
        """``page`` is what broke. Pages may meet different errors at one line: that of the first page counts."""
        for problem in error.problems:
            self._add(_key(problem), Fault(problem, [page]))

    def extend(self, others: Iterable[tuple[tuple[str, Place | None, str], Fault]]) -> None:
        for key, fault in others:
            self._add(key, fault)

    def _add(self, key: tuple[str, Place | None, str], fault: Fault) -> None:
        known = self.found.get(key)
        if known is None:
            self.found[key] = fault
            return
        if fault.pages[0] < known.pages[0]:
            known.error = fault.error
        known.pages = sorted({*known.pages, *fault.pages})[:_PAGES]
        known.count += fault.count

    def problems(self) -> list[SitegenError]:
        """All of them, in an order that does not depend on who met them first."""
        known = [self.found[key] for key in sorted(self.found, key=str)]
        told = [fault.problem() for fault in known[:_MOST]]
        if len(known) > _MOST:
            rest = len(known) - _MOST
            told.append(TemplateBroken(f"{rest} more places in templates are broken", remedy="Mend those above first."))
        return told


def _key(problem: SitegenError) -> tuple[str, Place | None, str]:
    told = "" if isinstance(problem, TemplateBroken) and problem.place and problem.place.line else problem.message
    return (problem.code, problem.place, told)
