"""Collector: what is made of the static files of a site that are not just copied."""

from __future__ import annotations

import posixpath
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha384
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from sitegen import files
from sitegen.errors import AssetBroken, Place, SitegenError, raise_all
from sitegen.site.assets import FOLDER, Assets, misplaced
from sitegen.site.chain import Layers, shown
from sitegen.site.inputs import Inputs
from sitegen.site.modules import Modules
from sitegen.site.styles import Sheet, bundle

if TYPE_CHECKING:
    from sitegen.project import Project

_SCRIPTS = (".js", ".mjs")
_FINGERPRINTED = (".css", *_SCRIPTS, ".woff", ".woff2", ".ttf", ".otf")
_GUARDED = (".css", *_SCRIPTS)
"""What browsers check the integrity of."""


class Collector:
    """Prepares each file when it is asked for, since style sheets and scripts need to know where others are."""

    def __init__(self, project: Project, inputs: Inputs, layers: Layers, base: str, made: Mapping[str, str]) -> None:
        self._project, self._inputs, self._layers, self._base, self._made = project, inputs, layers, base, made
        self._themed = {path for name in layers.names for path in layers[name]}
        self._assets = Assets()
        self._outputs: dict[str, str] = {}
        self._problems: list[SitegenError] = []
        scripts = {
            path: self._text(layers.merged[path]) for path in sorted(self._themed) if _extension(path) in _SCRIPTS
        }
        self._modules = Modules(scripts, self)

    def collect(self) -> Assets:
        for path in sorted(self._layers.merged):
            if not self._is_part(path):
                output = self.output(path)
                self._assets.urls[path] = self._base + quote(output, errors="surrogateescape")
                if _extension(path) in _GUARDED:
                    made = self._assets.texts.get(output)
                    content = self._inputs.read(self._layers.merged[path]) if made is None else made
                    self._assets.integrity[path] = f"sha384-{b64encode(sha384(content).digest()).decode()}"
        raise_all(list({str(problem): problem for problem in self._problems}.values()))
        return self._assets

    def _is_part(self, path: str) -> bool:
        """Whether a style sheet is only there for others to import."""
        return path in self._themed and _extension(path) == ".css" and posixpath.basename(path).startswith("_")

    def output(self, path: str) -> str:
        """Where a file is written."""
        if path not in self._outputs:
            key = self._layers.merged[path]
            extension = _extension(path)
            if path not in self._themed or extension not in _FINGERPRINTED:
                self._problems += misplaced({path: self._name(key)})
                self._outputs[path] = path
                self._assets.copies[path] = key
            elif extension == ".css":
                sheet = Sheet(path, key, self._name(key), self._text(key))
                self._publish(path, bundle(sheet, self, self._problems).encode())
            elif extension in _SCRIPTS:
                self._outputs[path] = fingerprinted(path, self._modules.mark(path))
                self._assets.texts[self._outputs[path]] = self._modules.text(path).encode()
            else:
                self._outputs[path] = fingerprinted(path, self._inputs.sha(key))
                self._assets.copies[self._outputs[path]] = key
        return self._outputs[path]

    def _publish(self, path: str, content: bytes) -> None:
        self._outputs[path] = fingerprinted(path, files.sha256(content))
        self._assets.texts[self._outputs[path]] = content

    def sheet(self, importer: Sheet, url: str) -> Sheet | None:
        """The sheet that an ``@import`` means: a path, or ``theme:path`` for the file as that theme has it."""
        theme, colon, rest = url.partition(":")
        if colon and theme in self._layers.names:
            path, key = rest, self._layers.seen_by(theme, rest)
        else:
            path = _joined(importer.path, url)[0]
            key = self._layers.merged.get(path)
        if key is not None:
            return Sheet(path, key, self._name(key), self._text(key))
        return Sheet(path, "", path, self._made[path]) if path in self._made else None

    def address(self, sheet: Sheet, url: str, root: Sheet) -> str | None:
        """The address of a file that a style sheet refers to, as the published sheet must write it."""
        path, tail = _joined(sheet.path, url)
        return self._way(root.path, path) + tail if path in self._layers.merged else None

    def script(self, importer: str, target: str) -> str | None:
        """The path of the file that a script means."""
        path = _joined(importer, target)[0]
        return path if path in self._layers.merged else None

    def _way(self, start: str, path: str) -> str:
        """The relative address of a file from a published style sheet or script: the same under any base path."""
        found = posixpath.relpath(self.output(path), posixpath.dirname(f"{FOLDER}/{start}"))
        return quote(found, errors="surrogateescape")

    def way(self, start: str, path: str) -> str:
        found = self._way(start, path)
        return found if found.startswith(".") else f"./{found}"

    def tell(self, path: str, line: int, message: str) -> None:
        """Notes what is wrong in a script."""
        self._problems.append(AssetBroken(message, place=Place(self._name(self._layers.merged[path]), line)))

    def _text(self, key: str) -> str:
        try:
            return files.decode(self._inputs.read(key), self._name(key))
        except SitegenError as error:
            self._problems.append(error)
            return ""

    def _name(self, key: str) -> str:
        return shown(self._project, Path(self._inputs.files[key].path))


def fingerprinted(path: str, sha: str) -> str:
    """The path of an output whose name says what is in it."""
    stem, extension = posixpath.splitext(path)
    return f"{FOLDER}/{stem}.{sha[:10]}{extension}"


def _extension(path: str) -> str:
    return posixpath.splitext(path)[1].lower()


def _joined(start: str, url: str) -> tuple[str, str]:
    """The path in ``static/`` that a relative address means, and what follows it: a query, a fragment."""
    cut = min((url.index(mark) for mark in "?#" if mark in url), default=len(url))
    return posixpath.normpath(posixpath.join(posixpath.dirname(start), unquote(url[:cut]))), url[cut:]
