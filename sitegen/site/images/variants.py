"""Variants: the files that are made of one image, known by name and size before any of them is encoded."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from sitegen import files
from sitegen.site.images.probe import Probe
from sitegen.text import slug

if TYPE_CHECKING:
    from sitegen.settings import Images

FOLDER = "assets/images"
FALLBACK_WIDTH = 1200
"""Of the plain JPEG or PNG, which old browsers, feeds and cards on social networks show."""

_RECIPE = 1
"""Counts the changes to how variants look, so that they get new names: browsers keep them for ever."""
_LONGEST = {"webp": 16_383, "jpeg": 65_500, "avif": 65_535, "png": 1_000_000}
"""The longest side that a format, or what we encode it with, can have, in pixels."""
_ENDINGS = {"jpeg": "jpg"}

Format = Literal["avif", "webp", "jpeg", "png"]


class Variant(NamedTuple):
    """One file made of an image."""

    path: str
    """In the output folder. Says what the variant is made from and how, so that it never has to be looked at again."""
    format: str
    """``avif``, ``webp``, ``jpeg``, ``png``; or ``same`` for the file itself without its metadata."""
    width: int
    height: int
    quality: int
    lossless: bool = False

    @property
    def mime(self) -> str:
        ending = self.path.rpartition(".")[2]
        return f"image/{ {'jpg': 'jpeg', 'jpe': 'jpeg', 'jfif': 'jpeg', 'apng': 'png'}.get(ending, ending) }"


@dataclass(frozen=True, slots=True)
class Variants:
    """All variants of one image."""

    sources: tuple[tuple[Variant, ...], ...]
    """By format, the best one first; in each the widths, small to large."""
    fallback: Variant
    fallbacks: tuple[Variant, ...] = ()
    """The fallback in more widths, where there are no sources."""

    @property
    def all(self) -> tuple[Variant, ...]:
        """Each variant once."""
        every = (*(variant for source in self.sources for variant in source), *self.fallbacks, self.fallback)
        return tuple(dict.fromkeys(every))


def lay_out(key: str, sha: str, probe: Probe, recipe: Images) -> Variants:
    """The variants of the sound image ``key`` whose content has the hash ``sha``."""
    made = _Layout(key, sha, probe, recipe)
    if not recipe.enabled or probe.animated:
        return Variants((), made.same())
    sources = tuple(source for name in recipe.formats if (source := made.source(name)))
    fallback = made.fallback()
    return Variants(sources, fallback, () if sources else made.fallbacks())


def widths(own: int, wanted: tuple[int, ...]) -> tuple[int, ...]:
    """The widths of an image that is ``own`` pixels wide: never more than it has, and none that is nearly all of it."""
    if own > max(wanted):
        return tuple(sorted(set(wanted)))
    return (*(width for width in sorted(set(wanted)) if width < own * 0.9), own)


class _Layout:
    def __init__(self, key: str, sha: str, probe: Probe, recipe: Images) -> None:
        self._key, self._sha, self._probe, self._recipe = key, sha, probe, recipe
        name = posixpath.splitext(posixpath.basename(key))[0]
        self._stem = slug(name)[:40].strip("-") or "image"
        self._widths = widths(probe.width, recipe.widths)

    def source(self, name: str) -> tuple[Variant, ...]:
        if name == "avif" and self._probe.drawing:
            return ()  # WebP without loss is smaller and exact
        found = tuple(self._variant(name, width) for width in self._widths)
        return tuple(variant for variant in found if max(variant.width, variant.height) <= _LONGEST[name])

    def fallback(self) -> Variant:
        probe = self._probe
        if probe.kind in ("jpeg", "png") and probe.orientation == 1 and probe.width <= FALLBACK_WIDTH:
            return self.same()
        return self._variant(self._plain(), min(probe.width, FALLBACK_WIDTH))

    def fallbacks(self) -> tuple[Variant, ...]:
        return tuple(self._variant(self._plain(), width) for width in self._widths)

    def same(self) -> Variant:
        ending = posixpath.splitext(self._key)[1].lower()
        path = f"{FOLDER}/{self._stem}.{self._hash('same')}.{self._probe.width}{ending}"
        return Variant(path, "same", self._probe.width, self._probe.height, 0)

    def _plain(self) -> str:
        probe = self._probe
        tall = probe.height * FALLBACK_WIDTH // probe.width > _LONGEST["jpeg"]
        return "jpeg" if probe.opaque and not probe.drawing and not tall else "png"

    def _variant(self, name: str, width: int) -> Variant:
        lossless = self._probe.drawing and name in ("webp", "png")
        quality = 100 if lossless or name == "png" else quality_of(name, self._recipe.quality)
        height = max(1, round(self._probe.height * width / self._probe.width))
        path = f"{FOLDER}/{self._stem}.{self._hash(name, quality)}.{width}.{_ENDINGS.get(name, name)}"
        return Variant(path, name, width, height, quality, lossless)

    def _hash(self, *how: object) -> str:
        return files.sha256(repr((_RECIPE, self._sha, how)))[:10]


def quality_of(name: str, quality: int) -> int:
    """The encoder's own scale for one quality: at these figures the formats come out about equally faithful.

    Measured as the noise (PSNR) that each adds to the same photo; AVIF's scale lies below that of WebP, JPEG's above.
    """
    return {"avif": max(1, quality - 15), "jpeg": min(95, quality + 5)}.get(name, quality)
