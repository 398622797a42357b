"""Image files for tests: small, different from each other, with all that phones write into theirs."""

from __future__ import annotations

import functools
import io
import struct
from typing import Any

from PIL import ExifTags, Image, ImageCms

SECRET = b"N 52 31 12 secret place"
"""Stands in each piece of metadata; must never be published."""


@functools.cache
def pixels(width: int, height: int, seed: int = 0, mode: str = "RGB") -> Image.Image:
    """A soft colour gradient, like a photo of fog; the left upper corner is the darkest."""
    across = Image.linear_gradient("L").rotate(90).resize((width, height))
    down = Image.linear_gradient("L").resize((width, height))
    third = Image.new("L", (width, height), 40 + seed * 16 % 200)
    return Image.merge("RGB", (across, down, third)).convert(mode)


def exif(orientation: int = 1) -> bytes:
    """What a phone writes: camera, comment, place, and how the picture must be turned."""
    found = Image.Exif()
    if orientation != 1:
        found[ExifTags.Base.Orientation] = orientation
    found[ExifTags.Base.Make] = SECRET.decode()
    found[ExifTags.Base.ImageDescription] = SECRET.decode()
    gps = found.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitudeRef] = "N"
    gps[ExifTags.GPS.GPSLatitude] = (52.0, 31.0, 12.0)
    gps[ExifTags.GPS.GPSAreaInformation] = SECRET
    return found.tobytes()


def encoded(image: Image.Image, form: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def photo(width: int = 640, height: int = 480, seed: int = 0, orientation: int = 1) -> bytes:
    """A JPEG without metadata but the orientation."""
    more = {} if orientation == 1 else {"exif": turned(orientation)}
    return encoded(pixels(width, height, seed), "JPEG", quality=85, **more)


def turned(orientation: int) -> bytes:
    found = Image.Exif()
    found[ExifTags.Base.Orientation] = orientation
    return found.tobytes()


def drawing(width: int = 200, height: int = 100, seed: int = 0) -> bytes:
    """A PNG with few colours and sharp edges."""
    image = Image.new("RGB", (width, height), "white")
    image.paste((200, 30 + seed % 200, 30), (width // 4, height // 4, width // 2, height // 2))
    return encoded(image, "PNG")


def film(form: str, width: int = 40, height: int = 30) -> bytes:
    """An animation of two frames."""
    return encoded(
        pixels(width, height), form, save_all=True, append_images=[pixels(width, height, 5)], duration=100, loop=0
    )


def revealing(form: str, orientation: int = 1) -> bytes:
    """An image with its secret in every place that the format has for metadata."""
    image = pixels(64, 48)
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + SECRET + b"</x:xmpmeta>"
    if form == "JPEG":
        raw = encoded(image, form, exif=exif(orientation), xmp=xmp, comment=SECRET, icc_profile=profile())
        iptc = b"\xff\xed" + struct.pack(">H", len(SECRET) + 2) + SECRET
        return raw[:2] + iptc + raw[2:] + b"and a film: " + SECRET
    if form == "PNG":
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        info.add_text("Comment", SECRET.decode())
        info.add_itxt("XML:com.adobe.xmp", xmp.decode())
        return encoded(image, form, exif=exif(orientation), pnginfo=info, icc_profile=profile()) + SECRET
    if form == "GIF":
        return encoded(image, form, comment=SECRET) + SECRET
    raw = encoded(image, form, exif=exif(orientation), xmp=xmp, icc_profile=profile())
    if form == "AVIF":
        return raw + struct.pack(">I4s", 8 + len(SECRET), b"mpvd") + SECRET
    return raw + SECRET


@functools.cache
def profile() -> bytes:
    """A colour profile that takes red for blue."""
    raw = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for name in ("XYZ", "TRC"):
        raw = raw.replace(f"r{name}".encode(), b"????", 1)
        raw = raw.replace(f"b{name}".encode(), f"r{name}".encode(), 1).replace(b"????", f"b{name}".encode(), 1)
    return raw.replace("sRGB".encode("utf-16-be"), "mine".encode("utf-16-be"))


def shape(raw: bytes) -> tuple[str, int, int]:
    """Format, width and height of an image file."""
    with Image.open(io.BytesIO(raw)) as image:
        image.load()
        return str(image.format), *image.size
