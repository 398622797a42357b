"""Fonts: the letters that a theme asks for, taken from font packages and cut down to those that its languages need.

A theme names them in its ``theme.toml``. They are made once, into a layer below all themes, and published like any font
of a theme. Where the packages are not installed there are none, and a page is set in what its reader has.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from sitegen import files
from sitegen.errors import FontsMissing, SitegenError, ThemeBroken, raise_all
from sitegen.site.chain import FILE_NAME, Layer, line_of, manifest, shown

if TYPE_CHECKING:
    from sitegen.project import Project

SHEET = "theme-fonts.css"
"""The style sheet with the faces, for other style sheets to import; empty where there are none."""
LAYER = "(fonts)"
"""The name of the layer; no theme can have it."""
RANGES = "U+20-7E,U+A0-17F,U+218-21B,U+1E9E,U+2010-2015,U+2018-201E,U+2020-2022,U+2026,U+2030,U+2032-2033,U+2039-203A,U+2044,U+20AC,U+2116,U+2122,U+2190-2193,U+2212"  # noqa: E501
"""What is kept: Latin letters of Europe's languages, figures and punctuation; as CSS and fontTools write it."""
_FEATURES = ("kern", "liga", "locl", "lnum", "onum", "tnum")
_RECIPE = 1
"""Counts up when the same font would be made into another file."""
_FIELDS = {"family": "", "file": "", "weight": "400", "style": "normal"}
_NAME = re.compile(r"[a-z][a-z0-9-]*")
_FAMILY = re.compile(r"[A-Za-z][A-Za-z0-9 -]*")
_FILE = re.compile(r"\w+(?:/[\w-]+)*/[\w-]+\.[to]tf")
_WEIGHT = re.compile(r"[1-9]\d{0,2}(?: [1-9]\d{0,2})?")


@dataclass(frozen=True, slots=True)
class Face:
    """One font file."""

    name: str
    """Of the file that is made, ``fonts/NAME.woff2``."""
    family: str
    """What style sheets call it. Most free licences ask that a font that was changed bears another name."""
    file: str
    """The original: the package that it lies in, and the path in there."""
    weight: str
    """One, or the first and last that it is used for."""
    style: str

    @property
    def source(self) -> Path | None:
        """The original on this machine."""
        package, _, path = self.file.partition("/")
        spec = importlib.util.find_spec(package)
        folders = spec.submodule_search_locations if spec else None
        return next((Path(folder, path) for folder in folders or () if Path(folder, path).is_file()), None)

    @property
    def rule(self) -> str:
        return (
            f'@font-face {{\n  font-family: "{self.family}";\n  font-style: {self.style};\n'
            # Letters that come late are not put in place of others: no line moves under a reader's eyes.
            f"  font-weight: {self.weight};\n  font-display: optional;\n"
            f'  src: url("fonts/{self.name}.woff2") format("woff2");\n  unicode-range: {RANGES};\n}}\n'
        )


_MISSING = "the theme's own letters are not installed: pages are set in those of the reader"


@dataclass(frozen=True)
class Fonts:
    """The faces of a chain of themes, and the layer that has their files."""

    faces: Sequence[Face]
    layer: Layer | None
    """None where there are no faces, or not everything is installed that they are made with."""

    @property
    def sheet(self) -> str:
        return "".join(face.rule for face in self.faces) if self.layer else ""

    wanted: bool
    """Whether the settings insist on them."""

    @property
    def warnings(self) -> list[SitegenError]:
        missing = self.wanted and self.faces and not self.layer
        return [FontsMissing(_MISSING, place="sitegen.toml")] if missing else []

    @property
    def notes(self) -> list[str]:
        """What people might like to know."""
        missing = self.faces and not self.layer and not self.wanted
        return [f"T{_MISSING[1:]} (pip install 'sitegen[fonts]')."] if missing else []

    def make(self) -> None:
        """Makes the files, unless they are there. Raises ``StorageError`` and ``ThemeBroken``."""
        if self.layer is None or self.layer.folder.is_dir():
            return
        folder = self.layer.folder
        with files.guarded(folder):
            folder.parent.mkdir(parents=True, exist_ok=True)
            beside = Path(tempfile.mkdtemp(prefix=".", dir=folder.parent))
            try:
                (beside / "static" / "fonts").mkdir(parents=True)
                for face in self.faces:
                    _cut(face, beside / "static" / "fonts" / f"{face.name}.woff2")
                if not folder.is_dir():
                    beside.rename(folder)
            except OSError:
                if not folder.is_dir():  # else another build was faster
                    raise
            finally:
                shutil.rmtree(beside, ignore_errors=True)


def _shelf(project: Project) -> Path:
    """Where fonts are kept once they are made: among the caches of this user, for all sites, or with the site."""
    try:
        caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:  # a user without a home
        caches = project.state
    usable = caches.is_absolute() and os.access(caches, os.W_OK)
    return caches / "sitegen" / "fonts" if usable else project.state / "build" / "fonts"


def found(project: Project, chain: Iterable[Layer]) -> Fonts:
    """The fonts of the themes of a chain, the foremost first. Raises ``ThemeBroken`` for all that is wrong in them."""
    enabled = project.settings.fonts.enabled
    faces: dict[str, Face] = {}
    problems: list[SitegenError] = []
    for layer in chain if enabled != "off" else ():
        try:
            for face in _declared(project, layer):
                faces.setdefault(face.name, face)
        except SitegenError as error:
            problems += error.problems
    raise_all(problems)
    sources = [face.source for face in faces.values()]
    tools = importlib.util.find_spec("fontTools") and importlib.util.find_spec("brotli")
    if not faces or not tools or None in sources:
        return Fonts([*faces.values()], None, enabled == "on")
    stamps = [(info.st_size, info.st_mtime_ns) for source in sources if source for info in [source.stat()]]
    key = files.sha256(repr((_RECIPE, RANGES, _FEATURES, [*faces.values()], stamps, tools.origin)))[:16]
    return Fonts([*faces.values()], Layer(LAYER, _shelf(project) / key), enabled == "on")


def _declared(project: Project, layer: Layer) -> Iterator[Face]:
    """Those of one theme. Read by each build that has something to do, so it is parsed only when it may say so."""
    file = layer.folder / FILE_NAME
    try:
        raw = file.read_bytes()
    except OSError:
        return
    if b"fonts" not in raw:
        return
    told = shown(project, file)
    text = files.decode(raw, told)
    problems: list[SitegenError] = []
    for name, fields in manifest(raw, told).get("fonts", {}).items():
        place = line_of(text, told, "fonts", name)
        wrong = list(_wrong(name, fields))
        problems += [ThemeBroken(f"fonts.{name}: {what}", place=place) for what in wrong]
        if not wrong:
            yield Face(name, **{**_FIELDS, **fields})
    raise_all(problems)


def _wrong(name: str, fields: object) -> Iterator[str]:
    if not _NAME.fullmatch(name):
        yield "a name has small letters, digits and hyphens"
    if not isinstance(fields, dict) or not all(isinstance(value, str) for value in fields.values()):
        yield "must be a table of texts, as in [fonts.serif] with the lines family = … and file = …"
        return
    yield from (f"unknown key {key!r}" for key in fields if key not in _FIELDS)
    if not _FAMILY.fullmatch(fields.get("family", "")):
        yield "family must be the name for style sheets, in letters, digits and spaces"
    if not _FILE.fullmatch(fields.get("file", "")):
        yield 'file must be a package and the path of a font in it, as in "font_source_serif_pro/files/Name.ttf"'
    if not _WEIGHT.fullmatch(fields.get("weight", "400")):
        yield 'weight must be a number or two, as in "600 900"'
    if fields.get("style", "normal") not in ("normal", "italic"):
        yield "style must be normal or italic"


def _cut(face: Face, target: Path) -> None:
    """Writes the font with the letters of ``RANGES`` alone, under the name that style sheets use.

    Copyright and licence stay in the file, as the SIL Open Font License asks.
    """
    from fontTools import subset

    options = subset.Options()
    options.flavor = "woff2"
    options.layout_features = list(_FEATURES)
    options.hinting = False
    options.recalc_timestamp = False  # else each build would make another file
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    assert face.source is not None
    try:
        with contextlib.closing(subset.load_font(BytesIO(face.source.read_bytes()), options)) as font:
            for record in font["name"].names:
                if record.nameID in (1, 3, 4, 6, 16):
                    record.string = face.family.replace(" ", "") if record.nameID == 6 else face.family
            cutter = subset.Subsetter(options)
            cutter.populate(unicodes=subset.parse_unicodes(RANGES))
            cutter.subset(font)
            subset.save_font(font, str(target), options)
    except OSError:
        raise
    except Exception as error:  # whatever a font does, its theme's author must hear of it
        message = f"the font {face.file} cannot be read: {type(error).__name__}: {error}"
        raise ThemeBroken(message, place=face.file) from error
