"""Strip: an image file without what cameras and editors wrote into it, its pixels untouched.

Photos say where and when they were taken, with what, and by whom; a preview in them may show what was cut away; phones
append a short film. All of it goes, but for the colour profile and the orientation, which are part of the picture. What
is kept is listed here and all else removed, so that a new kind of metadata is not published for being unknown.

Sources: JPEG (ITU T.81), PNG (third edition), the WebP container, GIF89a, ISO 14496-12 and 23008-12 (AVIF and HEIC).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator

_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""In the compressed data of a JPEG, the next marker that ends it."""
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = {b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"bKGD", b"pHYs", b"hIST", b"sPLT", b"acTL"} | {
    *(b"fcTL", b"fdAT", b"cICP", b"mDCV", b"cLLI")
}
_WEBP_KEPT = {b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"}
_GIF_KEPT = (b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012")
_BOXES = {b"ftyp", b"meta", b"mdat", b"moov"}
_FILM_BOXES = {b"mvhd", b"trak", b"tkhd", b"mdia", b"tref", b"edts"}
"""Of an image sequence; its other boxes are for people and programs, not for the picture."""
_PRIVATE_TAGS = {0x010E, 0x010F, 0x0110, 0x0132, 0x013B, 0x013C, 0x02BC, 0x83BB, 0x8298, 0x8649, 0x8769, 0x8825}
"""Of TIFF: description, camera, time, author, computer, XMP, IPTC, copyright, Photoshop, Exif, place."""
_MOST_PAGES = 10_000
_NO_EXIF = b"\0\0\0\0MM\0*\0\0\0\x08" + bytes(6)
"""An offset and a TIFF directory without entries, as HEIF wants it."""


class Malformed(ValueError):
    """The file is not what its first bytes promise."""


def kind(raw: bytes) -> str:
    """``jpeg``, ``png``, ``webp``, ``gif``, ``heif`` (AVIF and HEIC), ``tiff``, ``bmp``, or empty for anything else."""
    if raw.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if raw.startswith(_PNG):
        return "png"
    if raw.startswith(b"RIFF") and raw[8:12] == b"WEBP":
        return "webp"
    if raw.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if raw.startswith((b"II*\0", b"MM\0*")):
        return "tiff"
    if raw.startswith(b"BM"):
        return "bmp"
    return "heif" if raw[4:8] == b"ftyp" else ""


def stripped(raw: bytes) -> bytes:
    """The image without its metadata. Raises ``Malformed`` for a file that is damaged or of no kind known here."""
    strip = _KINDS.get(kind(raw))
    if strip is None:
        raise Malformed("it is of no kind that sitegen can look into")
    try:
        return strip(raw)
    except (IndexError, struct.error):
        raise Malformed("it is cut short") from None


def orientation(tiff: bytes) -> int:
    """How the picture must be turned, 1 to 8 as in Exif; 1, upright, where the directory does not say."""
    try:
        order = {b"II": "<", b"MM": ">"}[tiff[:2]]
        magic, start = struct.unpack_from(f"{order}HI", tiff, 2)
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
        for at in range(start + 2, start + 2 + 12 * count, 12):
            tag, form, _, value = struct.unpack_from(f"{order}HHIH", tiff, at)
            if magic == 42 and (tag, form) == (0x0112, 3) and 1 <= value <= 8:
                return int(value)
    except (KeyError, struct.error):
        pass
    return 1


def _turned(value: int) -> bytes:
    """A TIFF directory that says the orientation and nothing else."""
    return b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, value, 0, 0)


# --------------------------------------------------------------------------------------------------------------- JPEG


def _jpeg(raw: bytes) -> bytes:
    kept, turn, at = [raw[:2]], 1, 2
    while True:
        if raw[at] != 0xFF:
            raise Malformed("it is cut short, or a part of it is damaged")
        while raw[at + 1] == 0xFF:
            at += 1
        marker = raw[at + 1]
        if marker == 0xD9:
            kept.append(b"\xff\xd9")
            break
        end = at + 2 + struct.unpack_from(">H", raw, at + 2)[0]
        part = raw[at:end]
        if len(part) != end - at or len(part) < 4:
            raise Malformed("it is cut short")
        if marker == 0xE1 and part[4:10] == b"Exif\0\0":
            turn = orientation(part[10:])
        if _needed(marker, part):
            kept.append(part)
        at = end
        if marker == 0xDA:
            following = _MARKER.search(raw, at)
            if following is None:
                raise Malformed("it is cut short")
            kept.append(raw[at : following.start()])
            at = following.start()
    if turn != 1:
        exif = b"Exif\0\0" + _turned(turn)
        first = 2 if kept[1].startswith(b"\xff\xe0") else 1
        kept.insert(first, b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif)
    return b"".join(kept)


def _needed(marker: int, part: bytes) -> bool:
    if marker == 0xE0:
        return part[4:9] == b"JFIF\0" and len(part) == 18  # a longer one holds a preview
    if marker == 0xE2:
        return part[4:16] == b"ICC_PROFILE\0"
    if marker == 0xEE:
        return part[4:9] == b"Adobe"
    return not (0xE0 <= marker <= 0xEF or marker == 0xFE)


# ---------------------------------------------------------------------------------------------------------------- PNG


def _png(raw: bytes) -> bytes:
    kept = [_PNG]
    at, turn = len(_PNG), 1
    while True:
        (length,) = struct.unpack_from(">I", raw, at)
        name, end = raw[at + 4 : at + 8], at + 12 + length
        if end > len(raw):
            raise Malformed("it is cut short")
        if name == b"eXIf":
            turn = orientation(raw[at + 8 : end - 4])
        elif name in _PNG_KEPT or not name[0] & 0x20:  # a capital begins the name of a part that decoders need
            kept.append(raw[at:end])
        at = end
        if name == b"IEND":
            break
    if turn != 1:
        kept.insert(2, _chunk(b"eXIf", _turned(turn)))
    return b"".join(kept)


def _chunk(name: bytes, data: bytes) -> bytes:
    import zlib

    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


# --------------------------------------------------------------------------------------------------------------- WebP


def _webp(raw: bytes) -> bytes:
    end = 8 + struct.unpack_from("<I", raw, 4)[0]
    if end > len(raw):
        raise Malformed("it is cut short")
    kept: list[bytes] = []
    head, turn, at = b"", 1, 12
    while at + 8 <= end:
        name, (length,) = raw[at : at + 4], struct.unpack_from("<I", raw, at + 4)
        part = raw[at : at + 8 + length + length % 2]
        if name == b"VP8X":
            head = part
        elif name == b"EXIF":
            turn = orientation(part[8:].removeprefix(b"Exif\0\0"))
        elif name in _WEBP_KEPT:
            kept.append(part)
        at += 8 + length + length % 2
    if head:
        if turn != 1:
            exif = _turned(turn)
            kept.append(b"EXIF" + struct.pack("<I", len(exif)) + exif)
        flags = head[8] & ~0x0C | (0x08 if turn != 1 else 0)
        kept.insert(0, head[:8] + bytes([flags]) + head[9:])
    body = b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


# ---------------------------------------------------------------------------------------------------------------- GIF


def _gif(raw: bytes) -> bytes:
    at = 13 + _colours(raw[10])
    kept = [raw[:at]]
    while raw[at] != 0x3B:
        start = at
        if raw[at] == 0x21:
            label, end = raw[at + 1], _blocks(raw, at + 2)
            if label in (0xF9, 0x01) or (label == 0xFF and raw[at + 3 : at + 14] in _GIF_KEPT):
                kept.append(raw[start:end])
        elif raw[at] == 0x2C:
            end = _blocks(raw, at + 11 + _colours(raw[at + 9]))
            kept.append(raw[start:end])
        else:
            raise Malformed("a part of it is damaged")
        at = end
    return b"".join((*kept, b"\x3b"))


def _colours(flags: int) -> int:
    """Bytes of the colour table that a GIF's flags announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _blocks(raw: bytes, at: int) -> int:
    while raw[at]:
        at += raw[at] + 1
    return at + 1


# ------------------------------------------------------------------------------------------------------ AVIF and HEIC


def _heif(raw: bytes) -> bytes:
    """Metadata is overwritten where it stands, since other parts are found by their place in the file."""
    data = bytearray(raw)
    for name, start, body, end in _boxes(raw, 0, len(raw)):
        if name not in _BOXES:
            _blank(data, start, body, end)
        elif name == b"meta":
            _blank_items(raw, data, body + 4, end)
        elif name == b"moov":
            _blank_film(raw, data, body, end)
    return bytes(data)


def _blank(data: bytearray, start: int, body: int, end: int) -> None:
    data[start + 4 : start + 8] = b"free"
    data[body:end] = bytes(end - body)


def _blank_film(raw: bytes, data: bytearray, at: int, stop: int) -> None:
    for name, start, body, end in _boxes(raw, at, stop):
        if name not in _FILM_BOXES:
            _blank(data, start, body, end)
        elif name == b"trak":
            _blank_film(raw, data, body, end)


def _boxes(raw: bytes, at: int, stop: int) -> Iterator[tuple[bytes, int, int, int]]:
    """Name, start, start of the content and end of each box."""
    while at < stop:
        length, name = struct.unpack_from(">I4s", raw, at)
        body = at + 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", raw, body)
            body += 8
        end = stop if length == 0 else at + length
        if not body <= end <= stop:
            raise Malformed("it is cut short")
        yield name, at, body, end
        at = end


def _blank_items(raw: bytes, data: bytearray, at: int, stop: int) -> None:
    parts = {name: (body, end) for name, _, body, end in _boxes(raw, at, stop)}
    if b"iinf" not in parts or b"iloc" not in parts:
        return
    items = dict(_metadata_items(raw, *parts[b"iinf"]))
    inside = parts.get(b"idat", (0, 0))[0]
    total = 0
    for item, method, offset, length in _extents(raw, parts[b"iloc"][0]):
        if item not in items:
            continue
        start = offset + (inside if method == 1 else 0)
        total += length
        if method > 1 or start + length > len(raw) or total > len(raw):
            raise Malformed("its metadata cannot be found")
        filler = _NO_EXIF if items[item] == b"Exif" and length >= len(_NO_EXIF) else b""
        data[start : start + length] = filler.ljust(length, b"\0" if items[item] == b"Exif" else b" ")


def _metadata_items(raw: bytes, at: int, stop: int) -> Iterator[tuple[int, bytes]]:
    """Number and kind of each item that is metadata: ``Exif`` or, for XMP and the like, ``mime`` and ``uri``."""
    first = at + (6 if raw[at] == 0 else 8)
    for name, _, body, _ in _boxes(raw, first, stop):
        if name == b"infe" and raw[body] >= 2:
            wide = raw[body] >= 3
            number = int.from_bytes(raw[body + 4 : body + (8 if wide else 6)], "big")
            at = body + (10 if wide else 8)
            if raw[at : at + 4] in (b"Exif", b"mime", b"uri "):
                yield number, raw[at : at + 4]


def _extents(raw: bytes, at: int) -> Iterator[tuple[int, int, int, int]]:
    """Number of the item, way of counting (0: from the file's start, 1: in ``idat``), place and length of each part."""
    version, sizes, more = raw[at], raw[at + 4], raw[at + 5]
    widths = (sizes >> 4, sizes & 15, more >> 4, more & 15 if version else 0)
    at += 6
    number_size = 4 if version == 2 else 2

    def take(size: int) -> int:
        nonlocal at
        value = int.from_bytes(raw[at : at + size], "big")
        at += size
        if at > len(raw):
            raise Malformed("it is cut short")
        return value

    for _ in range(take(number_size)):
        item = take(number_size)
        method = take(2) & 15 if version else 0
        take(2)
        base = take(widths[2])
        count = take(2)
        if count > 1 and not sum(widths[:2]):
            raise Malformed("its metadata cannot be found")
        for _ in range(count):
            take(widths[3])
            offset, length = take(widths[0]), take(widths[1])
            yield item, method, base + offset, length


# ------------------------------------------------------------------------------------------------------ TIFF and BMP


def _tiff(raw: bytes) -> bytes:
    """Everything in a TIFF file is found by its place, so nothing is removed: it has no metadata, or is refused."""
    order = "<" if raw[:2] == b"II" else ">"
    (at,) = struct.unpack_from(f"{order}I", raw, 4)
    for _ in range(_MOST_PAGES):
        if not at:
            return raw
        (count,) = struct.unpack_from(f"{order}H", raw, at)
        tags = {struct.unpack_from(f"{order}H", raw, at + 2 + 12 * number)[0] for number in range(count)}
        if tags & _PRIVATE_TAGS:
            raise Malformed("it is a TIFF file that says more than its pixels")
        (at,) = struct.unpack_from(f"{order}I", raw, at + 2 + 12 * count)
    raise Malformed("it has too many pages")


def _bmp(raw: bytes) -> bytes:
    return raw  # has no place for metadata


_KINDS: dict[str, Callable[[bytes], bytes]] = {
    **{"jpeg": _jpeg, "png": _png, "webp": _webp, "gif": _gif, "heif": _heif},
    **{"tiff": _tiff, "bmp": _bmp},
}
