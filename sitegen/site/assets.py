"""Assets: the static files of theme and site; styles, scripts and fonts are named by content and kept for ever."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from urllib.parse import quote

from sitegen import files
from sitegen.errors import Place, TemplateBroken
from sitegen.site.chain import Layers
from sitegen.site.inputs import Inputs
from sitegen.site.tracking import digest

FOLDER = "assets"
_FINGERPRINTED = {".css", ".js", ".mjs", ".woff", ".woff2", ".ttf", ".otf"}
_REFERENCE = re.compile(
    r"""/\*.*?\*/|url\(\s*(?P<quote>["']?)(?P<url>.*?)(?P=quote)\s*\)|(?<=@import)\s*(?P<mark>["'])(?P<sheet>.*?)(?P=mark)""",
    re.DOTALL | re.IGNORECASE,
)


@dataclass(slots=True)
class Assets:
    """The static files: where each is written, and the address by which templates find it."""

    urls: dict[str, str] = field(default_factory=dict)
    """Path in ``static/`` → root-relative address."""
    copies: dict[str, str] = field(default_factory=dict)
    """Output path → key of the input that it is a copy of."""
    texts: dict[str, bytes] = field(default_factory=dict)
    """Output path → content that was rewritten."""

    def digest(self, path: str) -> bytes:
        """What an output depends on that asked for the asset. Raises ``KeyError``."""
        return digest(self.urls[path])


def collect(inputs: Inputs, layers: Layers, base: str) -> Assets:
    """The static files of all layers.

    Styles, scripts and fonts of the theme get their hash into their names; all else keeps its name. Raises
    ``TemplateBroken`` for a style sheet that refers to a file that is not there.
    """
    themed = {path for name in layers.names for path in layers[name]}
    return _Collector(inputs, layers.merged, themed, base).collect()


class _Collector:
    def __init__(self, inputs: Inputs, keys: Mapping[str, str], themed: Set[str], base: str) -> None:
        self._inputs, self._keys, self._themed, self._base = inputs, keys, themed, base
        self._assets = Assets()
        self._outputs: dict[str, str] = {}
        self._open: set[str] = set()

    def collect(self) -> Assets:
        for path in sorted(self._keys):
            self._assets.urls[path] = self._base + quote(self._output(path), errors="surrogateescape")
        return self._assets

    def _output(self, path: str) -> str:
        """Where the file is written; it is prepared when it is asked for, since style sheets need to know of others."""
        if path not in self._outputs:
            stem, extension = posixpath.splitext(path)
            if path not in self._themed or extension.lower() not in _FINGERPRINTED:
                self._outputs[path] = path
                self._assets.copies[path] = self._keys[path]
            elif extension.lower() == ".css":
                text = self._sheet(path)
                output = f"{FOLDER}/{stem}.{files.sha256(text)[:10]}{extension}"
                self._outputs[path] = output
                self._assets.texts[output] = text
            else:
                output = f"{FOLDER}/{stem}.{self._inputs.sha(self._keys[path])[:10]}{extension}"
                self._outputs[path] = output
                self._assets.copies[output] = self._keys[path]
        return self._outputs[path]

    def _sheet(self, path: str) -> bytes:
        """A style sheet with the addresses of the files that it refers to."""
        key = self._keys[path]
        name = self._inputs.files[key].path
        if path in self._open:
            raise TemplateBroken("this style sheet imports itself, by itself or through others", place=name)
        self._open.add(path)
        text = files.decode(self._inputs.read(key), name)

        def replaced(match: re.Match[str]) -> str:
            url = match["url"] if match["url"] is not None else match["sheet"]
            if not url or url.startswith(("data:", "#", "/", "http:", "https:")):
                return match[0]
            target, mark, tail = _cut(url)
            wanted = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
            if wanted not in self._keys:
                line = text.count("\n", 0, match.start()) + 1
                raise TemplateBroken(f"the style sheet refers to {url!r}, which is not there", place=Place(name, line))
            # Both are below the root of the site, so the way from one to the other is the same under any base path.
            folder = posixpath.dirname(f"{FOLDER}/{path}")
            new = posixpath.relpath(self._output(wanted), folder) + mark + tail
            return f'url("{new}")' if match["url"] is not None else f' "{new}"'

        result = _REFERENCE.sub(replaced, text)
        self._open.discard(path)
        return result.encode()


def _cut(url: str) -> tuple[str, str, str]:
    for mark in ("?", "#"):
        if mark in url:
            return url.partition(mark)
    return url, "", ""
