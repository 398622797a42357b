"""Output: one file of the built site, and how it is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sitegen.site.tracking import digest

_PLAIN = frozenset({str, int, bool, tuple, type(None)})
"""Types of parts that have no digest, and need not be asked."""


@dataclass(slots=True)
class Output:
    """One file of the built site: from a template, by a function, or as a copy of an input."""

    path: str
    owner: str
    """What it comes from, for people: a file, or the name of a list."""
    template: str = ""
    context: dict[str, Any] = field(default_factory=dict)
    parts: tuple[object, ...] | None = None
    """What it is made from beside that which templates read: plain values, and pages or whatever else has a ``digest``,
    which stand for that. None for outputs that are made in each build."""
    make: Callable[[], bytes] | None = None
    copy_of: str = ""
    """The key of an input."""
    make_last: Callable[[Mapping[str, str]], bytes] | None = None
    """Makes a file that tells of others: it is given the SHA-256 of all other outputs by path, when they are made."""
    language: str = ""
    """In which its template speaks; empty for the site's own."""
    own: bytes = b""
    """The digest of the parts; empty until ``seal``, and for outputs that are made in each build."""

    def seal(self, shared: bytes, code: bytes) -> None:
        """Works out the digest, when all pages are sealed.

        ``shared`` is the digest of what all templates depend on, ``code`` that of plugins, on which all else does.
        """
        if self.parts is not None:
            parts = [part if type(part) in _PLAIN else getattr(part, "digest", part) for part in self.parts]
            self.own = digest(shared if self.template else code, *parts)
