"""Chain: the theme of a site, the themes that it extends, and the site's own files in front of them all.

Each of them may have ``templates/``, ``static/`` and ``i18n/``. What is asked for is taken from the first that has it,
so that a theme or a site replaces single files. Every theme is an input tree of its own, ``theme/NAME``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sitegen import files
from sitegen.errors import Place, SitegenError, ThemeBroken, ThemeMissing, raise_all
from sitegen.site.inputs import Inputs

if TYPE_CHECKING:
    from sitegen.project import Project

FILE_NAME = "theme.toml"
_PACKAGE = Path(__file__).resolve().parent.parent
_TABLES = ("fonts", "settings")
_KEYS = ("name", "description", "extends", "author", "license", "version", "homepage", *_TABLES)
_LONGEST = 8
"""More themes in a chain than anybody can follow."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One theme of the chain."""

    name: str
    folder: Path

    @property
    def tree(self) -> str:
        """What the keys of its inputs begin with."""
        return f"theme/{self.name}"


def themes(project: Project) -> tuple[Layer, ...]:
    """The site's theme, the one that it extends, and so on. Raises ``ThemeMissing`` and ``ThemeBroken``."""
    site = project.settings.site
    found = find(project.root, site.theme)
    if found is None:
        message = f"there is no theme {site.theme!r} with a folder `templates`"
        raise ThemeMissing(f"{message}{_near(site.theme, _known(project))}", place=project.origins.get("site.theme"))
    chain = [found]
    while (parent := _parent(project, chain[-1].folder / FILE_NAME)) is not None:
        name, place = parent
        if name in [layer.name for layer in chain] or len(chain) == _LONGEST:
            way = " → ".join([*(layer.name for layer in chain), name])
            raise ThemeBroken(f"the theme extends itself, or has too many above it: {way}", place=place)
        above = find(project.root, name)
        if above is None:
            guess = _near(name, _known(project))
            raise ThemeMissing(
                f"the theme extends {name!r}, which is not there{guess}",
                place=place,
                remedy="Put the theme into themes/, or extend one that is there.",
            )
        chain.append(above)
    return tuple(chain)


def find(root: Path, name: str) -> Layer | None:
    """The theme of that name for the site in the folder ``root``: its own, else one that comes with sitegen."""
    if name.strip(".") and "/" not in name and "\\" not in name and "\0" not in name:
        for folder in _shelves(root):
            if (folder / name / FILE_NAME).is_file() or (folder / name / "templates").is_dir():
                return Layer(name, folder / name)
    return None


def _shelves(root: Path) -> tuple[Path, ...]:
    return (root / "themes", _PACKAGE / "themes", _PACKAGE.parent / "themes")


def _known(project: Project) -> list[str]:
    return sorted({entry.name for folder in _shelves(project.root) if folder.is_dir() for entry in folder.iterdir()})


def _parent(project: Project, file: Path) -> tuple[str, Place] | None:
    """What a theme.toml says that the theme extends. Read by each build, so it is parsed only when it may say so."""
    try:
        raw = file.read_bytes()
    except OSError:
        return None
    if b"extends" not in raw and b"\\" not in raw:
        return None
    told = shown(project, file)
    name = manifest(raw, told).get("extends", "")
    return (name, line_of(raw.decode(errors="replace"), told, "extends")) if name else None


def shown(project: Project, file: Path) -> str:
    """How messages name a file: from the site's folder on when it is in there."""
    return str(file.relative_to(project.root)) if file.is_relative_to(project.root) else str(file)


def manifest(raw: bytes, name: str) -> dict[str, Any]:
    """What a theme.toml says. Raises ``ThemeBroken`` for all that is wrong with it but its settings."""
    text = files.decode(raw, name)
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ThemeBroken(f"is not TOML: {error}", place=name) from None
    problems: list[SitegenError] = []
    for key, value in found.items():
        if key not in _KEYS:
            problems.append(ThemeBroken(f"unknown key {key!r}{_near(key, _KEYS)}", place=line_of(text, name, key)))
        elif not isinstance(value, dict if key in _TABLES else str):
            kind = "a table" if key in _TABLES else "text"
            problems.append(ThemeBroken(f"{key} must be {kind}", place=line_of(text, name, key)))
    raise_all(problems)
    return found


def line_of(text: str, name: str, *keys: str) -> Place:
    """The place of a key in TOML: the line of its own, else of the table that it stands in."""
    table: list[str] = []
    best, depth = None, 0
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[\s*([^\[\]]+?)\s*\]", line)
        assigned = re.match(r"\s*([A-Za-z0-9_.\"'-]+)\s*=", line)
        if header:
            table = _parts(header[1])
        here = table if header else table + _parts(assigned[1]) if assigned else []
        if here and here == list(keys[: len(here)]) and len(here) > depth:
            best, depth = number, len(here)
    return Place(name, best)


def _parts(key: str) -> list[str]:
    return [part.strip().strip("\"'") for part in key.split(".")]


class Layers:
    """The files of a kind (``templates``, ``static``, ``i18n``) in all layers, the foremost first."""

    def __init__(self, inputs: Inputs, kind: str, chain: Iterable[Layer]) -> None:
        self._trees = {"": f"{kind}/", **{layer.name: f"{layer.tree}/{kind}/" for layer in chain}}
        self._keys: dict[str, dict[str, str]] = {
            name: {key.removeprefix(prefix): key for key in inputs.of(prefix.removesuffix("/"))}
            for name, prefix in self._trees.items()
        }
        self.merged: dict[str, str] = {}
        """Path → key of the file that counts."""
        for files_of in reversed(self._keys.values()):
            self.merged |= files_of

    def __getitem__(self, name: str) -> Mapping[str, str]:
        """The files of one layer, path → key; that of the site is called ``""``."""
        return self._keys[name]

    @property
    def names(self) -> list[str]:
        """The themes, the site's own first."""
        return [name for name in self._keys if name]

    def seen_by(self, name: str, path: str) -> str | None:
        """The key of the file as the theme ``name`` alone would have it: its own, else that of one it extends."""
        after = self.names.index(name)
        return next((self._keys[layer][path] for layer in self.names[after:] if path in self._keys[layer]), None)

    def every(self, path: str) -> list[str]:
        """The keys of all files of that path, the foremost first."""
        return [files_of[path] for files_of in self._keys.values() if path in files_of]

    def keys(self) -> Iterator[str]:
        """The keys of all files, hidden ones too."""
        for files_of in self._keys.values():
            yield from files_of.values()


def _near(wanted: str, known: Iterable[str]) -> str:
    from sitegen.site.words import near  # the languages that come with it are not for builds that do nothing

    return near(wanted, known)
