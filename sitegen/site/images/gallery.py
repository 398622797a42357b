"""Gallery: the images of a site, as pages and templates ask for them.

Each question is a recorded read (``image:`` and the key of the image), so that an output is made again when an image
that it shows has changed, and so that just those variants are written which some output shows.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from sitegen.errors import ContentError, ImageBroken, ImageForeign, ImageMisnamed, ImageTooLarge, Place, SitegenError
from sitegen.site import tracking
from sitegen.site.images.probe import ENDINGS, FOREIGN, RASTER, Probe
from sitegen.site.images.variants import Variant, Variants, lay_out

if TYPE_CHECKING:
    from sitegen.settings import Images

READ = "image:"
"""How the names of reads begin; the key of the image follows."""
_ANY = "?"


@dataclass(frozen=True, slots=True)
class Image:
    """One image in one file: for cards, feeds, and whoever wants more than a ``<picture>``."""

    url: str
    """Root-relative, with the base path."""
    width: int
    height: int
    mime: str


@dataclass(frozen=True, slots=True)
class _Shown:
    """What is known of one image of the site."""

    name: str
    """Its path below the site's folder, for people."""
    sha: str
    probe: Probe
    url: str
    """Where the file itself is published; empty when it is not."""


class Gallery:
    """The images that pages may show, by the keys of their inputs."""

    def __init__(self, recipe: Images | None = None, base: str = "/") -> None:
        self._stated, self._base = recipe, base
        self._images: dict[str, _Shown] = {}
        self._by_name: dict[str, str] = {}
        self._roots: dict[str, str] = {}
        self._laid_out: dict[str, Variants] = {}
        self._places: dict[str, list[Place]] = {}

    @cached_property
    def _recipe(self) -> Images:
        if self._stated is None:
            from sitegen.settings import Images

            return Images()
        return self._stated

    @cached_property
    def _recipe_digest(self) -> str:
        """What variants there are follows from it; outputs without a template depend on no settings otherwise."""
        return repr(self._recipe)

    def add(self, key: str, name: str, sha: str, probe: Probe, url: str) -> None:
        """Offers an image; ``name`` is its path below the site's folder, ``url`` where the file itself is published."""
        self._images[key] = _Shown(name, sha, probe, url)
        self._by_name[name] = key
        tree, _, path = key.partition("/")
        if tree in ("content", "static"):
            self._roots[f"/{path}"] = key

    def __contains__(self, key: object) -> bool:
        return key in self._images

    def __len__(self) -> int:
        return len(self._images)

    def find(self, href: str, path: str) -> str | None:
        """The key of the image that ``href``, written in the file ``path``, leads to.

        It is sought from there, or in ``content/`` and ``static/`` when ``href`` begins with a slash.
        """
        try:
            target = unquote(urlsplit(href).path)
        except ValueError:
            return None
        if target.startswith("/"):
            return self._roots.get(posixpath.normpath(target))
        return self._by_name.get(posixpath.normpath(posixpath.join(posixpath.dirname(path), target)))

    @property
    def names(self) -> Iterable[str]:
        """The images as they may be written in templates: from ``content/``, with a slash before."""
        return self._roots.keys()

    def show(self, key: str, place: Place) -> ContentError | None:
        """Notes that the page at ``place`` shows an image; returns what makes that impossible."""
        self._places.setdefault(key, []).append(place)
        return self.fault(key, place)

    def forget(self, path: str) -> None:
        """The page at ``path`` shows nothing any more, until it says so again."""
        for key, places in self._places.items():
            self._places[key] = [place for place in places if place.name != path]

    def told(self, key: str, problem: SitegenError) -> list[SitegenError]:
        """A problem of an image, for each place at which a page shows it."""
        kind, places = type(problem), self._places.get(key)
        return [kind(problem.message, place=place) for place in places or ()]

    def fault(self, key: str, place: Place | None = None) -> ContentError | None:
        """What makes it impossible to show an image; ``place`` is where it was to be shown."""
        shown = self._images[key]
        place = place or Place(shown.name)
        ending = posixpath.splitext(key)[1].lower()
        probe = shown.probe
        if ending in FOREIGN:
            told = f"most browsers do not show {ending[1:].upper()} images such as {shown.name}"
            return ImageForeign(told, place=place)
        if probe.fault:
            return ImageBroken(f"the image {shown.name} cannot be read: {probe.fault}", place=place)
        if ending not in ENDINGS[probe.kind]:
            told = f"the image {shown.name} is {probe.kind.upper()}, which its name does not say"
            return ImageMisnamed(told, place=place)
        if probe.width * probe.height > self._recipe.max_megapixels * 1e6:
            size = f"{probe.width} × {probe.height} pixels"
            limit = f"{self._recipe.max_megapixels:g} million"
            return ImageTooLarge(f"the image {shown.name} has {size}, more than {limit}", place=place)
        return None

    def digest(self, key: str) -> bytes:
        """Of all that an output can show of an image, there or not; ``?`` stands for which there are."""
        if key == _ANY:
            return tracking.digest(sorted(self._images))
        shown = self._images.get(key)
        return tracking.digest(
            None if shown is None else (shown.sha, tuple(shown.probe), shown.url, self._recipe_digest)
        )

    def picture(self, key: str, attributes: str, sizes: str = "") -> str:
        """The HTML that shows an image. ``attributes`` are those of ``<img>``, escaped: ``alt="A harbour"``."""
        tracking.note(READ + key)
        shown, variants = self._images[key], self._variants(key)
        sizes = escape(sizes or self._recipe.sizes)
        if 'loading="lazy"' not in attributes:
            sizes = sizes.removeprefix("auto, ")  # means the width after layout, which only lazy images can wait for
        sources = "".join(
            f'<source type="{source[0].mime}" srcset="{self._set(source)}" sizes="{sizes}">'
            for source in variants.sources
        )
        more = f' srcset="{self._set(variants.fallbacks)}" sizes="{sizes}"' if len(variants.fallbacks) > 1 else ""
        size = f'width="{shown.probe.width}" height="{shown.probe.height}"'
        img = f'<img src="{escape(self._plain(key).url)}"{more} {size} {attributes} decoding="async">'
        return f"<picture>{sources}{img}</picture>" if sources else img

    def image(self, href: str, path: str) -> Image | None:
        """An image as one plain file of at most 1200 pixels' width, for other programs than browsers.

        ``href`` is written in the file ``path``. None when it leads to no image, or to one that cannot be shown.
        """
        key = self.find(href, path)
        tracking.note(READ + (key or _ANY))
        return None if key is None or self.fault(key) else self._plain(key)

    def shown(self, reads: Iterable[str]) -> set[str]:
        """The keys of the images among recorded reads."""
        found = {name.removeprefix(READ) for name in reads if name.startswith(READ)}
        return {key for key in found if key in self._images and self.fault(key) is None}

    def files(self, key: str) -> tuple[Variant, ...]:
        """The variants that are written when an image is shown."""
        shown = self._images[key]
        return tuple(variant for variant in self._variants(key).all if variant.format != "same" or not shown.url)

    def every(self) -> Iterator[Variant]:
        """The variants of all images, shown or not."""
        for key in self._images:
            if self.fault(key) is None:
                yield from self.files(key)

    def probe(self, key: str) -> Probe:
        return self._images[key].probe

    def sha(self, key: str) -> str:
        """The hash of the image's content."""
        return self._images[key].sha

    def name(self, key: str) -> str:
        """The image's path below the site's folder."""
        return self._images[key].name

    def _variants(self, key: str) -> Variants:
        if key not in self._laid_out:
            shown = self._images[key]
            self._laid_out[key] = lay_out(key, shown.sha, shown.probe, self._recipe)
        return self._laid_out[key]

    def _plain(self, key: str) -> Image:
        fallback = self._variants(key).fallback
        url = self._images[key].url if fallback.format == "same" else ""
        return Image(url or self._url(fallback), fallback.width, fallback.height, fallback.mime)

    def _set(self, variants: Iterable[Variant]) -> str:
        return ", ".join(f"{escape(self._url(variant))} {variant.width}w" for variant in variants)

    def _url(self, variant: Variant) -> str:
        return self._base + quote(variant.path)


def attributes(values: Mapping[str, Any]) -> str:
    """HTML attributes, escaped, in the order given; those that are None or False are left out."""
    kept = ((name, value) for name, value in values.items() if value is not None and value is not False)
    return " ".join(f'{name}="{escape(str(value))}"' for name, value in kept)


def is_image(key: str) -> bool:
    """Whether the name of a file says that it is a raster image."""
    return key.lower().endswith(RASTER)
