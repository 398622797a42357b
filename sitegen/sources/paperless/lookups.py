"""Tags, correspondents and document types: what the ids in a document mean, and which documents may leave Paperless."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from sitegen import files
from sitegen.errors import SitegenError, SourceAnswerInvalid, SourceTagMissing, raise_all
from sitegen.settings import Paperless
from sitegen.sources.paperless.api import Api

_Entry = TypeVar("_Entry", bound="_Named")

ALL = "100000"
"""Results a page: the most that Paperless gives. One answer cannot shift while it is read."""


class _Named(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: int
    name: str


class Tag(_Named):
    """A tag; those that stand under another name it as ``parent``."""

    parent: int | None = None


@dataclass(frozen=True)
class Lookups:
    """Everything by id. Ids that are not here belong to things that the user may not see."""

    tags: Mapping[int, Tag]
    correspondents: Mapping[int, str] = field(default_factory=dict)
    document_types: Mapping[int, str] = field(default_factory=dict)

    def tag_names(self, ids: Iterable[int]) -> tuple[str, ...]:
        """The names of the tags that may be seen, sorted, each once."""
        return tuple(sorted({self.tags[tag].name for tag in ids if tag in self.tags}))

    def family(self, ids: Iterable[int]) -> frozenset[int]:
        """The tags and all that stand under them, however deep."""
        found, todo = set(ids), True
        while todo:
            children = {tag.id for tag in self.tags.values() if tag.parent in found} - found
            found |= children
            todo = bool(children)
        return frozenset(found)


@dataclass(frozen=True)
class Scope:
    """Which documents may be pulled: those with a tag of ``publish`` and none of ``never``; both are ids."""

    publish: frozenset[int]
    never: frozenset[int] = frozenset()

    def admits(self, tags: Iterable[int]) -> bool:
        carried = set(tags)
        return bool(carried & self.publish) and not carried & self.never

    @property
    def params(self) -> dict[str, str]:
        """The scope as filters, so that nothing else even travels. Paperless ignores filters that it does not know,
        so ``admits`` has the last word."""
        return self._params(self.never)

    @property
    def contradiction(self) -> dict[str, str]:
        """Filters that no document can pass; a server that gives one does not filter."""
        return self._params(self.never | self.publish)

    def _params(self, never: frozenset[int]) -> dict[str, str]:
        # Two tags may have one name when they have different owners; a document with either is meant.
        name = "tags__id__all" if len(self.publish) == 1 else "tags__id__in"
        params = {name: _listed(self.publish)}
        return {**params, "tags__id__none": _listed(never)} if never else params


async def fetch_tags(api: Api) -> dict[int, Tag]:
    """The tags that the user may see. Raises ``SourceError``."""
    return {tag.id: tag for tag in await _entries(api, "tags/", Tag)}


async def fetch(api: Api) -> Lookups:
    """All lookups. Raises ``SourceError``."""
    tags = await fetch_tags(api)
    correspondents = {entry.id: entry.name for entry in await _entries(api, "correspondents/", _Named)}
    document_types = {entry.id: entry.name for entry in await _entries(api, "document_types/", _Named)}
    return Lookups(tags, correspondents, document_types)


def scope(settings: Paperless, lookups: Lookups) -> Scope:
    """The scope that the settings describe.

    Raises ``SourceTagMissing`` also for a tag of ``never_tags``: what protects papers must not fail silently.
    """
    problems: list[SitegenError] = []
    publish = {tag.id for tag in lookups.tags.values() if tag.name == settings.publish_tag}
    if not publish:
        problems.append(_missing(settings.publish_tag, "publish_tag", lookups))
    never: set[int] = set()
    for name in settings.never_tags:
        found = {tag.id for tag in lookups.tags.values() if tag.name.casefold() == name.casefold()}
        never |= found
        if not found:
            problems.append(_missing(name, "never_tags", lookups))
    raise_all(problems)
    return Scope(frozenset(publish), lookups.family(never))


def fingerprint(lookups: Lookups, scope: Scope, url: str) -> str:
    """Changes when any document may look different although its own ``modified`` stays: a tag renamed, moved or
    deleted, a correspondent that the user may see now, another tag or server in the settings."""
    parts: dict[str, Any] = {
        "url": url,
        "scope": scope.params,
        "tags": {str(tag.id): [tag.name, tag.parent] for tag in lookups.tags.values()},
        "correspondents": {str(id_): name for id_, name in lookups.correspondents.items()},
        "document_types": {str(id_): name for id_, name in lookups.document_types.items()},
    }
    return files.sha256(json.dumps(parts, sort_keys=True))


async def _entries(api: Api, path: str, kind: type[_Entry]) -> list[_Entry]:
    found: dict[int, _Entry] = {}
    number = 1
    while page := await api.page(path, {"page_size": ALL, "page": str(number)}):
        before = len(found)
        try:
            found |= {entry.id: entry for entry in map(kind.model_validate, page.results)}
        except ValidationError as error:
            raise SourceAnswerInvalid("an entry of the list has no id or name", place=api.url(path)) from error
        if page.next is None or len(found) == before:
            break
        number += 1
    return list(found.values())


def _missing(name: str, option: str, lookups: Lookups) -> SourceTagMissing:
    near = next((tag.name for tag in lookups.tags.values() if tag.name.casefold() == name.casefold()), None)
    hint = f"; there is one named {near!r}" if near else ""
    remedy = None
    if option == "never_tags":
        remedy = "Create the tag in Paperless, let the user of the token see it, or take it out of `never_tags`."
    return SourceTagMissing(
        f"the tag {name!r} does not exist in Paperless, or may not be seen{hint}",
        place=f"source.paperless.{option}",
        remedy=remedy,
    )


def _listed(ids: Iterable[int]) -> str:
    return ",".join(str(id_) for id_ in sorted(ids))
