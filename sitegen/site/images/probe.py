"""Probe: what an image file is, found without decoding it. It depends on the content of the file alone."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from PIL.Image import Image

ENDINGS = {
    "jpeg": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "png": (".png", ".apng"),
    "webp": (".webp",),
    "gif": (".gif",),
    "avif": (".avif",),
}
"""The kinds of images that browsers show, and how the names of their files end."""
FOREIGN = (".heic", ".heif", ".tif", ".tiff", ".bmp", ".jp2", ".jxl", ".psd", ".dng", ".cr2", ".nef", ".arw")
"""Endings of images that most browsers do not show."""
RASTER = tuple(ending for endings in ENDINGS.values() for ending in endings) + FOREIGN

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
_ALPHA = {"RGBA", "LA", "PA", "La", "RGBa"}
_ORIENTATION = 0x0112


class Probe(NamedTuple):
    """One image file."""

    kind: str = ""
    """A key of ``ENDINGS``; empty for a file that is none of them, or broken."""
    width: int = 0
    """In pixels, as it is shown: turned as its metadata wants it."""
    height: int = 0
    orientation: int = 1
    """How the stored picture must be turned to be upright, 1 to 8 as in Exif."""
    animated: bool = False
    opaque: bool = True
    drawing: bool = False
    """A screenshot, diagram or logo: few bytes a pixel, stored without loss. Loss would smear its edges."""
    fault: str = ""
    """Why it cannot be shown."""

    @property
    def turned(self) -> bool:
        """Whether width and height change places when it is put upright."""
        return self.orientation >= 5


def of(raw: bytes) -> Probe:
    """The probe of a file's content. Nothing is raised: what is wrong is part of the result."""
    try:
        with opened(raw) as image:
            return _probe(raw, image)
    except Exception as error:  # what parsers raise for hostile input is beyond counting
        return Probe(fault=reason(error))


def opened(raw: bytes) -> Image:
    """The image, not decoded yet. Raises whatever Pillow raises for files that it does not understand."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # the settings have a limit of their own, told as an error with a place
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Image.open(io.BytesIO(raw), formats=_FORMATS)


def reason(error: Exception) -> str:
    """What a parser's error says, for people."""
    from PIL import UnidentifiedImageError

    if isinstance(error, UnidentifiedImageError):
        return "it is no JPEG, PNG, WebP, GIF or AVIF image"
    words = str(error).splitlines()[0] if str(error) else type(error).__name__
    return f"it is damaged or cut short ({words[:120]})"


def _probe(raw: bytes, image: Image) -> Probe:
    kind = {"MPO": "jpeg"}.get(image.format or "", (image.format or "").lower())
    width, height = image.size
    if not width or not height:
        return Probe(fault="it has no pixels")
    turn = _orientation(image)
    lossless = kind in ("png", "gif") or raw[12:16] == b"VP8L"
    return Probe(
        kind=kind,
        width=height if turn >= 5 else width,
        height=width if turn >= 5 else height,
        orientation=turn,
        animated=kind != "jpeg" and bool(getattr(image, "is_animated", False)),
        opaque=image.mode not in _ALPHA and "transparency" not in image.info,
        drawing=lossless and len(raw) < width * height,
    )


def _orientation(image: Image) -> int:
    from PIL.Image import Exif

    found = Exif()
    try:
        found.load(image.info.get("exif") or b"")
        value = found.get(_ORIENTATION, 1)
    except Exception:  # broken metadata is no reason to refuse a picture
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1
