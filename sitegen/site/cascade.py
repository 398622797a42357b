"""Cascade: front matter that pages have from the settings, and from the sections that they stand in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sitegen.site.address import SECTION
from sitegen.site.record import Record, packed
from sitegen.site.scope import Names

if TYPE_CHECKING:
    from sitegen import settings


class Inheritance:
    """Lays what a page inherits under what it says itself: the settings first, then its sections, the nearest last."""

    def __init__(self, cascades: tuple[settings.Cascade, ...], records: Mapping[str, Record], names: Names) -> None:
        self._names = names
        self._given = [
            (f"{cascade.folder.strip('/')}/" if cascade.folder.strip("/") else "", _fields(cascade))
            for cascade in cascades
        ]
        self._sections = {
            key.rpartition("/")[0]: entry.cascade
            for key, entry in records.items()
            if entry.cascade and key.endswith(f"/{SECTION}.md")
        }

    def of(self, key: str, entry: Record) -> Record:
        """The record with all that it inherits."""
        if not self._given and not self._sections:
            return entry
        found: dict[str, Any] = {}
        for fields in self._above(key):
            found |= {**fields, "extra": _merged(found.get("extra") or {}, fields.get("extra") or {})}
        extra = _merged(found.pop("extra", {}), entry.extra or {})
        said = entry.said
        changes: dict[str, Any] = {
            name: value for name, value in found.items() if name not in said and value is not None
        }
        if "tags" in changes:
            changes["tags"] = tuple(changes["tags"])
        changes["extra"] = extra or None
        return entry._replace(**changes)

    def _above(self, key: str) -> Iterator[Mapping[str, Any]]:
        path = self._names(key)
        for folder, fields in self._given:
            if path.startswith(folder):
                yield fields
        parts = key.split("/")[: -2 if key.endswith(f"/{SECTION}.md") else -1]
        for end in range(1, len(parts) + 1):
            if stated := self._sections.get("/".join(parts[:end])):
                yield stated


def _fields(cascade: settings.Cascade) -> dict[str, Any]:
    return {name: packed(getattr(cascade, name)) for name in sorted(cascade.model_fields_set - {"folder"})}


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Both mappings, ``above`` winning; mappings in them are merged in the same way."""
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged
