"""Addresses: where each page is, by the pattern of its folder or by the name of its file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import PurePosixPath
from urllib.parse import quote

from sitegen import files
from sitegen.errors import FrontMatterInvalid
from sitegen.site.record import Record
from sitegen.text import slug

INDEX = "index"
SECTION = "_index"


class Addresses:
    """Works out addresses below the base path, such as ``news/2026/harbour/``; that of the home page is empty."""

    def __init__(self, permalinks: Mapping[str, str], language: str) -> None:
        """``language`` is that of pages which do not state theirs."""
        self._patterns, self._language = permalinks, language

    def of(self, key: str, name: str, entry: Record) -> str:
        """The address of the page whose input is ``key``; ``name`` is used in the error.

        Raises ``FrontMatterInvalid`` for a page without a date whose pattern has one.
        """
        tree, _, path = key.partition("/")
        language = entry.language or self._language
        if tree == "briefs":
            pattern = self._patterns.get("briefs")
            last = entry.slug or _title_slug(entry, language) or slug(PurePosixPath(path).stem, language)
            last = last or f"brief-{files.sha256(path)[:8]}"
            folders = _slugs(path.split("/")[:-1], language) if pattern else ()
            return _fill(pattern, folders, last, entry, name) if pattern else f"briefs/{last}/"
        *above, file = path.removesuffix(".md").split("/")
        if file in (INDEX, SECTION):
            folders = _slugs(above, language)
            if entry.slug and folders:
                folders[-1] = entry.slug
            leaf = file == INDEX and bool(folders)
            above = above[:-1] if leaf else above
        else:
            folders = [*_slugs(above, language), entry.slug or slug(file, language) or f"page-{files.sha256(file)[:8]}"]
            leaf = True
        pattern = self._pattern(above) if leaf else None
        if pattern:
            return _fill(pattern, folders[:-1], folders[-1], entry, name)
        return "".join(f"{part}/" for part in folders)

    def _pattern(self, folders: list[str]) -> str | None:
        if not self._patterns:
            return None
        for end in range(len(folders), 0, -1):
            if found := self._patterns.get("/".join(folders[:end])):
                return found
        return self._patterns.get("pages")


def _title_slug(entry: Record, language: str) -> str:
    # That of the record knows nothing of the site's language; only German writes its letters in another way.
    german = language.lower().partition("-")[0] == "de" and not entry.title.isascii()
    return slug(entry.title, language) if german else entry.title_slug


def _slugs(folders: list[str], language: str) -> list[str]:
    return [slug(part, language) or f"folder-{files.sha256(part)[:8]}" for part in folders]


def _fill(pattern: str, folders: list[str] | tuple[str, ...], last: str, entry: Record, name: str) -> str:
    dated = any(part in pattern for part in ("{year}", "{month}", "{day}"))
    if dated and entry.date is None:
        message = f"the address of this page is {pattern}, and it has no date"
        raise FrontMatterInvalid(message, place=name, remedy="Add `date:`, or change `permalinks` in sitegen.toml.")
    date = dt.date.fromordinal(entry.date or 1)
    days = {"year": f"{date.year:04}", "month": f"{date.month:02}", "day": f"{date.day:02}"}
    filled = pattern.format(slug=last, folder="/".join(folders), **days)
    return "".join(f"{part}/" for part in filled.split("/") if part)


def quoted(output: str) -> str:
    """An output path as part of an address."""
    return quote(output, errors="surrogateescape")
