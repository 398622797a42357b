"""Attachments: the files beside Markdown files that are published with them, and the images that pages may show."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from sitegen.site.address import INDEX, SECTION, quoted
from sitegen.site.images.gallery import Gallery
from sitegen.site.images.probe import Probe
from sitegen.site.inputs import Inputs
from sitegen.site.record import Record
from sitegen.site.scope import Names, Scope

if TYPE_CHECKING:
    from sitegen.site.content import Content
    from sitegen.site.editions import Editions


def copies(inputs: Inputs, content: Content, editions: Editions, names: Names) -> dict[str, str]:
    """The files of ``content/`` that are no Markdown: all but those that belong to pages which are not shown."""
    folders = set()
    shown = {page.bare for page in content.all} if content.hidden else set()
    for key in content.hidden:
        path = PurePosixPath(editions.named(key)[0])
        if path.parts[0] == "content" and path.as_posix() not in shown:
            folders.add(f"{path.parent if path.stem in (INDEX, SECTION) else path.with_suffix('')}/")
    folders.discard("content/")
    withheld = linked(content.hidden.items(), names)
    if withheld:
        withheld -= linked(((page.key, page.record) for page in content.all), names)
    return {
        key.removeprefix("content/"): key
        for key in inputs.of("content")
        if not key.endswith(".md") and names(key) not in withheld and not key.startswith(tuple(folders))
    }


def linked(entries: Iterable[tuple[str, Record]], names: Names) -> set[str]:
    """The files that pages link to, or may link to by shortcodes, by their paths below the site's folder."""
    return {
        posixpath.normpath(posixpath.join(posixpath.dirname(names(key)), href.partition("#")[0].partition("?")[0]))
        for key, entry in entries
        for href in (*(href for href, _ in entry.links), *_texts(entry.calls), *((entry.image,) if entry.image else ()))
    }


def _texts(values: object) -> Iterator[str]:
    """All text in plain values."""
    if isinstance(values, str):
        yield values
    elif isinstance(values, Mapping):
        yield from _texts([*values, *values.values()])
    elif isinstance(values, Sequence):
        for value in values:
            yield from _texts(value)


def gallery(scope: Scope, inputs: Inputs, images: Mapping[str, Probe], copies: Mapping[str, str]) -> Gallery:
    """The images that pages may show: of what is published, and what lies beside briefs."""
    found = Gallery(scope.settings.images, scope.base)
    if images:
        urls = {key: scope.base + quoted(output) for output, key in copies.items() if key in images}
        for key, probe in images.items():
            if key.startswith("static/"):
                urls[key] = scope.base + quoted(key.removeprefix("static/"))
            if key in urls or key.startswith("briefs/"):
                found.add(key, scope.name_of(key), inputs.sha(key), probe, urls.get(key, ""))
    return found
