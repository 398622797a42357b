"""Assets: the static files of theme and site; styles, scripts and fonts are named by content and kept for ever."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sitegen.errors import AssetBroken
from sitegen.site import store
from sitegen.site.chain import Layers
from sitegen.site.inputs import Inputs
from sitegen.site.tracking import digest

if TYPE_CHECKING:
    from sitegen.project import Project

FOLDER = "assets"
"""Where files are published whose names say what is in them. Browsers are told to keep them for ever."""


class Asset(str):
    """The address of a static file."""

    integrity: str = ""
    """What HTML's ``integrity`` takes (https://www.w3.org/TR/SRI/); empty but for styles and scripts."""


@dataclass(slots=True)
class Assets:
    """The static files: where each is written, and the address by which templates find it."""

    urls: dict[str, str] = field(default_factory=dict)
    """Path in ``static/`` → root-relative address."""
    copies: dict[str, str] = field(default_factory=dict)
    """Output path → key of the input that it is a copy of."""
    texts: dict[str, bytes] = field(default_factory=dict)
    """Output path → content that was rewritten."""
    integrity: dict[str, str] = field(default_factory=dict)
    """Path in ``static/`` → hash, of styles and scripts."""
    _known: dict[str, Asset] = field(default_factory=dict)

    def __getitem__(self, path: str) -> Asset:
        """What templates get. Raises ``KeyError``."""
        if path not in self._known:
            self._known[path] = found = Asset(self.urls[path])
            found.integrity = self.integrity.get(path, "")
        return self._known[path]

    def digest(self, path: str) -> bytes:
        """What an output depends on that asked for the asset."""
        return digest(self.urls.get(path), self.integrity.get(path))


def misplaced(copies: Mapping[str, str]) -> Iterator[AssetBroken]:
    """The problems of files that keep their names and would yet be kept for ever: output path → name for people."""
    for path, name in copies.items():
        if path.startswith(f"{FOLDER}/"):
            yield AssetBroken(
                f"/{FOLDER}/ is for files whose names say what is in them; browsers never ask for those again",
                place=name,
                remedy=f"Give the folder {FOLDER}/ another name, such as files/.",
            )


def collect(
    project: Project, inputs: Inputs, layers: Layers, base: str, made: Mapping[str, str], versions: str
) -> Assets:
    """The static files of all layers; those of ``made`` (path → text) can be imported beside them.

    Styles, scripts and fonts of a theme get their hash into their names; all else keeps its name. What was made of the
    same files before is taken from memory. Raises ``AssetBroken`` for all style sheets and scripts that are wrong or
    refer to files that are not there.
    """
    memory = project.state / "build" / "assets"
    hashes = [(key, inputs.sha(key)) for key in layers.keys()]  # noqa: SIM118  # no mapping
    key = repr((versions, base, layers.names, hashes, sorted(made.items())))
    kept = store.load(memory, key)
    if kept is not None:
        return Assets(*kept)
    from sitegen.site.collector import Collector

    found = Collector(project, inputs, layers, base, made).collect()
    store.save(memory, key, (found.urls, found.copies, found.texts, found.integrity))
    return found
