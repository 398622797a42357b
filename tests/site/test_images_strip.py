"""What is published of an image file holds its pixels and nothing about who took it, where and when."""

from __future__ import annotations

import contextlib
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from sitegen.site.images.strip import Malformed, kind, stripped
from tests.site.pictures import SECRET, encoded, exif, film, photo, pixels, revealing

FORMATS = ["JPEG", "PNG", "WEBP", "GIF", "AVIF"]


def shown(raw: bytes) -> Image.Image:
    with Image.open(io.BytesIO(raw)) as image:
        image.load()
        return image


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_is_left_but_the_picture(form: str) -> None:
    raw = revealing(form)
    assert SECRET in raw
    clean = stripped(raw)
    assert SECRET not in clean
    assert shown(clean).tobytes() == shown(raw).tobytes()
    assert not shown(clean).getexif()
    assert not {"comment", "xmp", "Comment", "XML:com.adobe.xmp"} & shown(clean).info.keys() - {"xmp"}
    assert not shown(clean).info.get("xmp", b"").strip()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_the_colour_profile_is_part_of_the_picture(form: str) -> None:
    raw = revealing(form)
    assert shown(stripped(raw)).info["icc_profile"] == shown(raw).info["icc_profile"]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_picture_that_stands_on_its_side_is_still_turned(form: str, orientation: int) -> None:
    clean = stripped(revealing(form, orientation))
    assert SECRET not in clean
    assert shown(clean).getexif()[ExifTags.Base.Orientation] == orientation
    assert list(shown(clean).getexif()) == [ExifTags.Base.Orientation]


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG", "AVIF"])
def test_animations_still_move(form: str) -> None:
    raw = film(form)
    clean = shown(stripped(raw))
    before = shown(raw)
    assert clean.n_frames == before.n_frames == 2  # type: ignore[attr-defined]
    for frame in (0, 1):
        clean.seek(frame)
        before.seek(frame)
        assert clean.tobytes() == before.tobytes()


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_clean_stays_as_it_is(form: str) -> None:
    clean = stripped(revealing(form))
    assert stripped(clean) == clean
    plain = encoded(pixels(32, 32), form)
    assert shown(stripped(plain)).tobytes() == shown(plain).tobytes()


def test_a_progressive_photo_with_restarts_keeps_all_its_passes() -> None:
    raw = encoded(pixels(200, 100), "JPEG", progressive=True, restart_marker_rows=1, exif=exif())
    assert shown(stripped(raw)).tobytes() == shown(raw).tobytes()


def test_previews_that_may_show_what_was_cut_away_are_removed() -> None:
    small = photo(32, 24)
    raw = photo()
    preview = b"\xff\xe0" + (len(small) + 8).to_bytes(2, "big") + b"JFXX\0\x10" + small
    clean = stripped(raw[:20] + preview + raw[20:])
    assert clean.count(b"\xff\xd8\xff") == 1


@pytest.mark.parametrize("form", FORMATS)
def test_files_cut_short_are_refused_or_lose_nothing_but_the_end(form: str) -> None:
    raw = revealing(form)
    for length in range(12, len(raw), max(1, len(raw) // 60)):
        try:
            clean = stripped(raw[:length])
        except Malformed:
            continue
        assert SECRET not in clean


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(FORMATS), st.integers(0, 3000), st.binary(min_size=1, max_size=6))
def test_hostile_files_give_a_result_or_a_clear_error(form: str, at: int, noise: bytes) -> None:
    raw = revealing(form)
    at %= len(raw)
    with contextlib.suppress(Malformed):
        stripped(raw[:at] + noise + raw[at + len(noise) :])


@pytest.mark.parametrize("raw", [b"", b"\xff\xd8\xff", b"text", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP", b"GIF89a"])
def test_no_images(raw: bytes) -> None:
    if kind(raw) != "webp":
        with pytest.raises(Malformed):
            stripped(raw)


def test_a_tiff_that_says_more_than_its_pixels_is_refused() -> None:
    plain = encoded(pixels(8, 8), "TIFF")
    assert stripped(plain) == plain
    with pytest.raises(Malformed):
        stripped(encoded(pixels(8, 8), "TIFF", exif=exif()))
