"""Rendered: what comes of a text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from sitegen.errors import SitegenError

Profile = Literal["brief", "page"]
"""Whose text it is: of a document or model, or of the site's own author."""


class Call(NamedTuple):
    """One use of a shortcode."""

    name: str
    values: tuple[Any, ...]
    named: tuple[tuple[str, Any], ...]
    line: int
    """From 0."""
    body: bool
    """Whether Markdown belongs to it."""


@dataclass(slots=True)
class Rendered:
    """A text as HTML, and what was seen on the way."""

    html: str
    headings: list[tuple[str, str, int]] = field(default_factory=list)
    """Id, text and level of each heading that is not inside a list or quotation."""
    anchors: list[str] = field(default_factory=list)
    """All ids in the text, those of headings and footnotes."""
    links: list[tuple[str, int]] = field(default_factory=list)
    """Links into the site and images as they are written, each with its line (from 0); ``sitegen:N`` is the Nth."""
    images: list[int] = field(default_factory=list)
    """Which of the links are images that the text shows."""
    words: int = 0
    remarks: list[tuple[str, str, int]] = field(default_factory=list)
    """What is not right but can be shown: the code of the warning, its words, and the line (from 0)."""

    faults: list[tuple[type[SitegenError], str, int]] = field(default_factory=list)
    """What makes the text unusable."""
    calls: list[Call] = field(default_factory=list)
    """The shortcodes; ``<sitegen-call n="N">`` stands for the Nth."""

    def fault(self, kind: type[SitegenError], words: str, line: int) -> None:
        self.faults.append((kind, words, line))

    def remark(self, kind: type[SitegenError], words: str, line: int) -> None:
        self.remarks.append((kind.code, words, line))
