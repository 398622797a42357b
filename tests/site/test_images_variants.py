"""The variants of an image: never larger than it, upright, true to it, and the same wherever they are made."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageCms, ImageStat

from sitegen import files
from sitegen.settings import Images
from sitegen.site.images import encode, probe
from sitegen.site.images.cache import Cache
from sitegen.site.images.strip import stripped
from sitegen.site.images.variants import Variants, lay_out, widths
from tests.site.pictures import SECRET, drawing, encoded, film, photo, pixels, profile, revealing, shape, turned


def made(raw: bytes, key: str = "content/a.jpg", **recipe: Any) -> tuple[Variants, dict[str, bytes]]:
    """The variants of an image and their contents by path."""
    found = probe.of(raw)
    assert not found.fault
    variants = lay_out(key, files.sha256(raw), found, Images(**recipe))
    return variants, {variant.path: data for variant, data in encode.encoded(raw, found, variants.all)}


def difference(first: Image.Image, second: Image.Image) -> float:
    """The mean difference of two pictures, in steps of 256."""
    difference = ImageChops.difference(first.convert("RGB"), second.convert("RGB"))
    return max(ImageStat.Stat(difference).mean)


def opened(raw: bytes) -> Image.Image:
    with Image.open(io.BytesIO(raw)) as image:
        image.load()
        return image


@settings(deadline=None)
@given(st.integers(1, 20_000), st.lists(st.integers(16, 8192), min_size=1, max_size=8))
def test_no_variant_is_wider_than_the_image(own: int, wanted: list[int]) -> None:
    found = widths(own, tuple(wanted))
    assert found
    assert list(found) == sorted(set(found))
    assert max(found) <= own
    assert set(found) <= {own, *wanted}
    assert max(found) == min(own, max(wanted))


def test_names_sizes_and_contents() -> None:
    variants, contents = made(photo(1000, 750), "content/trip/Old Harbour!.JPG")
    assert [[(variant.width, variant.height) for variant in source] for source in variants.sources] == [
        [(480, 360), (800, 600), (1000, 750)],
        [(480, 360), (800, 600), (1000, 750)],
    ]
    assert [source[0].mime for source in variants.sources] == ["image/avif", "image/webp"]
    for variant in variants.all:
        assert variant.path.startswith("assets/images/old-harbour.")
        form = {"same": "JPEG"}.get(variant.format, variant.format.upper())
        assert shape(contents[variant.path]) == (form, variant.width, variant.height)


def test_a_large_photo_has_a_plain_fallback_of_1200_pixels() -> None:
    variants, contents = made(photo(2000, 1500))
    assert (variants.fallback.format, variants.fallback.width, variants.fallback.height) == ("jpeg", 1200, 900)
    assert shape(contents[variants.fallback.path]) == ("JPEG", 1200, 900)
    assert max(variant.width for variant in variants.all) == 1600


def test_another_image_another_recipe_another_name() -> None:
    names: set[str] = set()
    recipes: list[dict[str, Any]] = [{}, {"quality": 60}]
    for raw in (photo(seed=1), photo(seed=2)):
        for recipe in recipes:
            names.update(variant.path for variant in made(raw, **recipe)[0].sources[0])
    assert len(names) == 4 * 2


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "WEBP", "PNG", "AVIF"])
def test_pictures_stand_upright(form: str, orientation: int) -> None:
    raw = encoded(pixels(90, 60), form, exif=turned(orientation))
    found = probe.of(raw)
    assert (found.width, found.height) == ((60, 90) if orientation >= 5 else (90, 60))
    _, contents = made(raw, f"content/a.{form.lower()}")
    from PIL import ImageOps

    upright = ImageOps.exif_transpose(opened(raw))
    for path, data in contents.items():
        if path.endswith((".avif", ".webp")) and opened(data).getexif().get(0x0112, 1) == 1:
            assert opened(data).size == upright.size
            assert difference(opened(data), upright) < 6


@pytest.mark.parametrize("form", ["JPEG", "WEBP", "PNG", "AVIF", "GIF"])
def test_variants_hold_pixels_and_nothing_else(form: str) -> None:
    _, contents = made(revealing(form), f"content/a.{form.lower()}")
    assert contents
    for path, data in contents.items():
        assert SECRET not in data, path
        assert stripped(data) == data, path


def test_drawings_keep_every_pixel() -> None:
    raw = drawing(400, 300)
    variants, contents = made(raw, "content/a.png", widths=(400,))
    assert [source[0].format for source in variants.sources] == ["webp"]
    assert difference(opened(contents[variants.sources[0][0].path]), opened(raw)) == 0


def test_a_photo_saved_as_png_is_treated_as_a_photo() -> None:
    noise = Image.merge("RGB", [Image.effect_noise((64, 64), 90 + band) for band in range(3)])
    raw = encoded(noise, "PNG")
    assert not probe.of(raw).drawing
    assert [source[0].format for source in made(raw, "content/a.png")[0].sources] == ["avif", "webp"]


def test_transparency_stays() -> None:
    image = pixels(1300, 40).convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    variants, contents = made(encoded(image, "PNG"), "content/a.png")
    assert variants.fallback.format == "png"
    assert {opened(data).mode for data in contents.values()} == {"RGBA"}
    assert all(opened(data).getpixel((0, 0))[3] < 30 for data in contents.values())  # type: ignore[index]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I;16", "YCbCr"])
def test_all_ways_to_store_a_picture(mode: str) -> None:
    form = "JPEG" if mode in ("CMYK", "YCbCr") else "PNG"
    source = pixels(60, 40, mode="L") if mode == "I;16" else pixels(60, 40)
    image = source.convert("I").point(lambda value: value * 257).convert("I;16") if mode == "I;16" else source
    image = image.convert(mode)
    _, contents = made(encoded(image, form), f"content/a.{form.lower()}")
    for path, data in contents.items():
        if path.endswith((".avif", ".webp")):
            assert difference(opened(data).convert("L"), source.convert("L")) < (130 if mode == "1" else 12), path


def test_colours_of_another_profile_become_srgb() -> None:
    wanted = pixels(60, 40)
    red, green, blue = wanted.split()
    stored = Image.merge("RGB", (blue, green, red))
    _, contents = made(encoded(stored, "PNG", icc_profile=profile()), "content/a.png", widths=(60,))
    webp = next(data for path, data in contents.items() if path.endswith(".webp"))
    assert difference(stored, wanted) > 20
    assert difference(opened(webp), wanted) < 6
    assert not opened(webp).info.get("icc_profile")


def test_a_broken_profile_is_as_none() -> None:
    _, contents = made(encoded(pixels(60, 40), "PNG", icc_profile=b"nonsense"), "content/a.png")
    assert all(difference(opened(data), pixels(60, 40)) < 6 for data in contents.values())


def test_animations_are_left_as_they_are() -> None:
    for form in ("GIF", "WEBP", "PNG", "AVIF"):
        raw = film(form)
        variants, contents = made(raw, f"content/a.{form.lower()}")
        assert [variant.format for variant in variants.all] == ["same"]
        assert contents == {variants.fallback.path: stripped(raw)}


def test_the_longest_side_that_a_format_can_have() -> None:
    raw = encoded(Image.new("L", (20, 17_000)), "JPEG")
    variants, contents = made(raw, widths=(16, 20))
    assert [source[0].format for source in variants.sources] == ["avif", "webp"]
    assert [variant.width for variant in variants.sources[1]] == [16]
    assert shape(contents[variants.sources[1][0].path]) == ("WEBP", 16, 13_600)


def test_the_bytes_of_a_variant_do_not_depend_on_the_others() -> None:
    raw = photo(700, 500, orientation=6)
    first, second = made(raw, widths=(100, 200, 300))[1], made(raw, widths=(100,))[1]
    alone = made(raw, widths=(100, 300), formats=("webp",))[1]
    assert second.items() <= first.items()
    assert alone.items() <= first.items()
    assert made(raw, widths=(100, 200, 300))[1] == first


def test_what_is_no_image_is_told_and_never_raised() -> None:
    for raw in (b"", b"text", photo()[:20], drawing()[:30], b"\x89PNG\r\n\x1a\n" + bytes(40), b"GIF89a" + bytes(20)):
        assert probe.of(raw).fault


@settings(deadline=None)
@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=8), st.sampled_from(["JPEG", "PNG", "WEBP", "GIF"]))
def test_hostile_files_are_probed_in_peace(at: int, noise: bytes, form: str) -> None:
    raw = revealing(form)
    at %= len(raw)
    found = probe.of(raw[:at] + noise + raw[at + len(noise) :])
    assert found.fault or (found.width > 0 and found.height > 0)


def test_a_bomb_is_measured_not_opened() -> None:
    small = drawing()
    bomb = small[:16] + (60_000).to_bytes(4, "big") * 2 + small[24:]
    import zlib

    bomb = bomb[:29] + zlib.crc32(bomb[12:29]).to_bytes(4, "big") + bomb[33:]
    found = probe.of(bomb)
    assert (found.width, found.height) == (60_000, 60_000)


def test_the_cache_gives_back_what_it_was_given_and_nothing_else(tmp_path: Any) -> None:
    variants, contents = made(photo())
    cache = Cache(tmp_path / "images", ("1",))
    for variant in variants.all:
        assert cache.get(variant) is None
        cache.put(variant, contents[variant.path])
        assert cache.get(variant) == contents[variant.path]
        assert Cache(tmp_path / "images", ("2",)).get(variant) is None
    kept = variants.all[0]
    assert cache.prune([kept]) == len(variants.all) - 1
    (file,) = (path for path in (tmp_path / "images").rglob("*") if path.is_file())
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    assert cache.get(kept) is None


def test_profiles_of_srgb_itself_change_nothing() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    _, contents = made(encoded(pixels(60, 40), "PNG", icc_profile=profile), "content/a.png", widths=(60,))
    webp = next(data for path, data in contents.items() if path.endswith(".webp"))
    assert difference(opened(webp), pixels(60, 40)) < 3
