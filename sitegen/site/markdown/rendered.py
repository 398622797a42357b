"""Rendered: what comes of a text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Profile = Literal["brief", "page"]
"""Whose text it is: of a document or model, or of the site's own author."""


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
    words: int = 0
