"""The names of the archive: people, organisations and places, and where they occur in a text."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

KINDS = ("people", "organisations", "places")


def _pattern(name: str) -> re.Pattern[str]:
    """Match a name as a whole, over line breaks, with a German or English genitive ending."""
    spaced = r"\s+".join(re.escape(part) for part in name.split())
    return re.compile(rf"(?<!\w){spaced}(?=(?:e?s|en|n)?(?!\w))")


@dataclass(frozen=True)
class Lexicon:
    """Every name that the archive uses."""

    people: tuple[str, ...]
    organisations: tuple[str, ...]
    places: tuple[str, ...]

    @classmethod
    def read(cls, path: Path) -> Lexicon:
        """Read the lexicon from a TOML file with one list for each kind."""
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        return cls(*(tuple(data[kind]) for kind in KINDS))

    def find(self, text: str) -> dict[str, list[str]]:
        """List the names that occur in the text; a person is also found by surname alone."""
        return {
            "people": _occurring([*self.people, *self.surnames], text, mask=True),
            "organisations": _occurring(self.organisations, text),
            "places": _occurring(self.places, text),
        }

    @cached_property
    def surnames(self) -> tuple[str, ...]:
        """The last word of every person's name."""
        return tuple(sorted({name.split()[-1] for name in self.people}))

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word of every name; these words are never disfigured in a scan."""
        names = (*self.people, *self.organisations, *self.places)
        return frozenset(word for name in names for word in re.findall(r"\w+", name))


def _occurring(names: tuple[str, ...] | list[str], text: str, *, mask: bool = False) -> list[str]:
    """List the names found in the text; with ``mask``, a longer name hides the shorter ones inside it."""
    found = []
    for name in sorted(names, key=lambda name: (-len(name), name)):
        pattern = _pattern(name)
        if pattern.search(text):
            found.append(name)
            text = pattern.sub("\0", text) if mask else text
    return sorted(found)
