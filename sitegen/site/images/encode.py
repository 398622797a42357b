"""Encode: the variants of one image from its file.

Each is made by one thread with fixed settings, so that one version of Pillow makes the same bytes wherever it runs.
Nothing but pixels goes into a variant: they are turned upright and brought to sRGB, so neither orientation nor colour
profile is missed.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sitegen.site.images import strip
from sitegen.site.images.probe import Probe, opened
from sitegen.site.images.variants import Variant

if TYPE_CHECKING:
    from PIL.Image import Image

_BASE = 2000
"""Variants up to this width are made from a picture that is at least so wide, but need not have all pixels."""
_AVIF_SPEED = 9
"""At 9 the encoder takes a tenth of the time of 6, for files of the same size with 0.5 dB more noise."""


def missing(formats: Sequence[str]) -> list[str]:
    """What the installed Pillow cannot do, of writing ``formats`` and converting colour profiles."""
    from PIL import features

    codecs = {"avif": "avif", "webp": "webp", "jpeg": "jpg", "png": "zlib"}
    found = [name for name in formats if not features.check(codecs[name])]
    return found if features.check("littlecms2") else [*found, "colour profiles"]


def versions() -> tuple[str, ...]:
    """Of all that has a say in the bytes of a variant."""
    import PIL
    from PIL import features

    codecs = ("avif", "webp", "jpg", "libjpeg_turbo", "zlib", "zlib_ng", "littlecms2")
    return (PIL.__version__, *(f"{name} {features.version(name)}" for name in codecs))


def encoded(raw: bytes, probe: Probe, variants: Sequence[Variant]) -> Iterator[tuple[Variant, bytes]]:
    """The variants with their content, one at a time. Raises whatever Pillow raises for an image that is damaged.

    The content of a variant does not depend on which others are made with it.
    """
    plain = [variant for variant in variants if variant.format == "same"]
    drawn = [variant for variant in variants if variant.format != "same"]
    if plain and not probe.animated:
        with opened(raw) as image:
            image.load()  # a damaged one must not be published either
    for variant in plain:
        yield variant, strip.stripped(raw)
    for large in (False, True):
        some = [variant for variant in drawn if (variant.width > _BASE) == large]
        if some:
            yield from _drawn(_base(raw, probe, large), some)


def _drawn(base: Image, variants: Sequence[Variant]) -> Iterator[tuple[Variant, bytes]]:
    sized: Image | None = None
    for variant in sorted(variants, key=lambda variant: -variant.width):
        size = (variant.width, variant.height)
        if sized is None or sized.size != size:
            sized = base if base.size == size else base.resize(size, _filter(), reducing_gap=3.0)
        yield variant, _save(sized, variant)


def _base(raw: bytes, probe: Probe, large: bool) -> Image:
    """The picture that variants are resized from: upright, in sRGB, in mode L, RGB or RGBA.

    Its size depends on the image alone: the decoder of JPEG halves large ones for next to nothing, and the rest of the
    work is done on a quarter of the pixels.
    """
    from PIL.Image import Transpose

    with opened(raw) as image:
        if probe.kind == "jpeg" and not large:
            height = max(1, _BASE * probe.height // probe.width)
            image.draft(None, (height, _BASE) if probe.turned else (_BASE, height))
        image.load()
        found = _in_srgb(_plain_mode(image), image.info.get("icc_profile"))
    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    return found.transpose(turns[probe.orientation]) if probe.orientation in turns else found


def _filter() -> Any:
    from PIL.Image import Resampling

    return Resampling.LANCZOS


def _plain_mode(image: Image) -> Image:
    mode = image.mode
    if mode in ("L", "RGB", "RGBA", "CMYK"):
        return image.convert("RGBA") if "transparency" in image.info else image
    if mode.startswith("I;16") or mode == "I":  # 16 bits of grey; Pillow's own conversion would cut off at 255
        return image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    if mode in ("LA", "PA", "La", "RGBa") or "transparency" in image.info:
        return image.convert("RGBA")
    return image.convert("L" if mode in ("1", "F") else "RGB")


def _in_srgb(image: Image, profile: bytes | None) -> Image:
    """The picture with its colours as sRGB; a profile that is broken counts for nothing, as in browsers."""
    if profile:
        from PIL import ImageCms

        try:
            given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if not ImageCms.getProfileDescription(given).startswith("sRGB"):
                mode = "RGBA" if image.mode == "RGBA" else "RGB"
                turned = ImageCms.profileToProfile(image, given, _srgb(), outputMode=mode)
                image = image if turned is None else turned
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass
    return image.convert("RGB") if image.mode == "CMYK" else image


@functools.cache
def _srgb() -> Any:
    from PIL import ImageCms

    return ImageCms.createProfile("sRGB")


def _save(image: Image, variant: Variant) -> bytes:
    bare = image.copy()
    bare.info = {}  # Pillow would write comments and profiles of the original
    options: dict[str, dict[str, Any]] = {
        "avif": {"quality": variant.quality, "speed": _AVIF_SPEED, "max_threads": 1, "autotiling": False},
        "webp": {"quality": variant.quality, "method": 4, "lossless": variant.lossless},
        "jpeg": {"quality": variant.quality, "progressive": True, "optimize": True},
        "png": {"optimize": True},
    }
    out = io.BytesIO()
    bare.save(out, variant.format.upper(), **options[variant.format])
    return out.getvalue()
