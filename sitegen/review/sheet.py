"""Sheet: all that an editor is shown of one brief."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from markupsafe import Markup

from sitegen import files
from sitegen.briefs.difference import Difference
from sitegen.briefs.provenance import Record
from sitegen.briefs.store import Brief
from sitegen.briefs.undo import Decision
from sitegen.enrich.overview import record_of
from sitegen.enrich.scores import percent
from sitegen.enrich.summary import Dropped
from sitegen.errors import SitegenError
from sitegen.review import passages
from sitegen.review.catalogue import Catalogue
from sitegen.review.editing import Clash, Words
from sitegen.review.listing import LOW, Row, row
from sitegen.review.passages import Point
from sitegen.review.private import Private, Spot
from sitegen.sources.base import Document


@dataclass
class Sheet:
    """One brief as it is on disk now."""

    brief: Brief
    text: str
    row: Row
    difference: Difference
    record: Record | None
    words: Words
    """What the form begins with."""
    was: Words
    """What stands in the file."""
    clashes: Sequence[Clash] = ()
    problems: Sequence[SitegenError] = ()
    editing: bool = False
    mine: Words | None = None
    """What was sent, when it could not be saved."""
    sent: Mapping[str, str] = field(default_factory=dict)
    """The form that it was sent in."""
    unsaved: str = ""
    """What an editor wrote in the place of a proposal, when it could not be taken over."""
    private: Private = field(default_factory=Private)
    undo: Decision | None = None
    """What was done last to it, if it can be undone."""
    wanted: str = ""
    """The fingerprint of the finding that the form begins at."""

    @classmethod
    def of(cls, catalogue: Catalogue, path: str) -> Sheet:
        """Raises ``BriefMissing``, or another ``SitegenError`` for what cannot be read."""
        brief = catalogue.brief(path)
        text = catalogue.store.text(path)
        line = catalogue.line(brief)
        name = f"{catalogue.store.root.name}/{path}"
        words = Words.of(text, name)
        record = record_of(catalogue.store, brief)
        difference = Difference.of(catalogue.store, brief)
        private, undo = Private.of(catalogue, text, name), catalogue.undo(path)
        shown = row(line, path, private=bool(private.stops))
        return cls(brief, text, shown, difference, record, words, words, private=private, undo=undo)

    @property
    def path(self) -> str:
        return self.brief.path

    @property
    def expected(self) -> str:
        """The hash by which the file is recognised when a form comes back."""
        return files.sha256(self.text)

    @property
    def status(self) -> str:
        return self.brief.matter.status

    @property
    def spot(self) -> Spot | None:
        """Where the form begins, when somebody came for a finding."""
        found = (spot for spot in self.private.spots if spot.told.fingerprint == self.wanted and spot.editable)
        return next(found, None)

    @cached_property
    def html(self) -> str:
        return passages.rendered(self.words.body)

    @cached_property
    def points(self) -> list[Point]:
        return passages.points(self.html, extract=self.brief.matter.method == "extract")

    @property
    def body(self) -> Markup:
        """The text as the site shows it, each point with a link to its passage."""
        return passages.linked(self.html, self.points if self.brief.matter.source else ())

    @property
    def scores(self) -> list[tuple[str, str, bool]]:
        """Name, share, and whether it is low."""
        made = self.record.made if self.record else None
        if made is None or made.scores is None:
            return []
        shares = made.scores.shares().items()
        return [(name, percent(share), share < LOW) for name, share in shares if share is not None]

    @property
    def dropped(self) -> tuple[Dropped, ...]:
        return self.record.made.dropped_points if self.record and self.record.made else ()

    @property
    def notes(self) -> tuple[str, ...]:
        return self.record.made.notes if self.record and self.record.made else ()

    @property
    def note(self) -> str:
        """The editor's instruction to the engine that holds now."""
        if self.record is None or self.record.latest is None:
            return ""
        return self.record.latest[1].note


@dataclass(frozen=True, slots=True)
class Passages:
    """The document's text with the passages marked that the points of a brief rest on."""

    pages: Sequence[tuple[int, Markup]]
    missing: Sequence[Point]
    """Points whose quotation does not stand there."""
    changed: bool
    """The text is not the one that was read last for the brief."""
    cut: bool
    """The rest is left out."""

    @classmethod
    def of(cls, sheet: Sheet, document: Document) -> Passages:
        spans = passages.grounded(document.text, sheet.points)
        shown = [span if span and span.end <= passages.LONGEST else None for span in spans]
        missing = [point for point, span in zip(sheet.points, spans, strict=True) if span is None]
        latest = sheet.record.latest if sheet.record else None
        changed = latest is not None and latest[1].text_hash != document.text_hash
        pages = list(passages.marked(document.text, shown))
        return cls(pages, missing, changed, len(document.text) > passages.LONGEST)
