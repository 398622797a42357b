"""Private: what the privacy guard found in a brief, and where an editor finds it in the form. Never the value."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from sitegen import frontmatter
from sitegen.briefs.file import BOM, File
from sitegen.briefs.findings import Findings
from sitegen.errors import SitegenError
from sitegen.privacy.finding import WORDS
from sitegen.privacy.guard import Told
from sitegen.review.catalogue import Catalogue

BODY = "body"
_IN_FORM = frozenset({"title", "summary", "tags", BODY})


@dataclass(frozen=True, slots=True)
class Spot:
    """One finding, and where it stands."""

    told: Told
    field: str
    """The field of the front matter that it stands in, or ``body``."""
    row: int
    """Of the body as the form shows it, from 0."""

    @property
    def what(self) -> str:
        return WORDS[self.told.kind]

    @property
    def editable(self) -> bool:
        """Whether the form has the field."""
        return self.field in _IN_FORM


@dataclass(frozen=True, slots=True)
class Private:
    """All that the guard says of one brief."""

    stops: Sequence[Spot] = ()
    hints: Sequence[Spot] = ()
    allowed: Sequence[Spot] = ()
    idle: Sequence[str] = ()
    error: SitegenError | None = None
    """Why the guard cannot look; nothing is published then."""

    @classmethod
    def of(cls, catalogue: Catalogue, text: str, name: str) -> Private:
        """Raises ``ContentError`` for front matter that cannot be read."""
        try:
            guard = catalogue.guard()
        except SitegenError as error:
            return cls(error=error)
        found = Findings.of(guard, text, name)
        if not found.all:
            return cls(idle=found.idle)
        places = _Places(text, name)
        stops, hints, allowed = (
            [places.of(one) for one in group] for group in (found.stops, found.hints, found.allowed)
        )
        return cls(stops, hints, allowed, found.idle)

    def __bool__(self) -> bool:
        return bool(self.stops or self.hints or self.allowed or self.idle or self.error)

    @property
    def spots(self) -> Sequence[Spot]:
        return [*self.stops, *self.hints, *self.allowed]


class _Places:
    """Which field of a file a line belongs to."""

    def __init__(self, text: str, name: str) -> None:
        file = File(text, name)
        lines = text.removeprefix(BOM).replace("\r\n", "\n").replace("\r", "\n")
        starts = [(frontmatter.line_of(lines, key), str(key)) for key in file.fields]
        self._fields = sorted((line, key) for line, key in starts if line is not None)
        self._body = file.line_of(0)

    def of(self, told: Told) -> Spot:
        if told.line >= self._body:
            return Spot(told, BODY, told.line - self._body)
        at = bisect_right(self._fields, told.line, key=lambda pair: pair[0]) - 1
        return Spot(told, self._fields[at][1] if at >= 0 else "the front matter", 0)
