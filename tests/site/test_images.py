"""Images in pages: what is shown, what is written for it, what is kept, and what is refused."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from sitegen import files
from sitegen.site.images import encode
from tests.site.pictures import SECRET, drawing, encoded, film, photo, pixels, revealing, shape
from tests.site.sites import Site

SMALL = '[images]\nwidths = [40, 80]\nsizes = "100vw"\n'


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site whose variants are small, so that they are made fast."""
    return Site(tmp_path / "site", more=SMALL)


def variants(site: Site) -> list[str]:
    return sorted(path for path in site.tree() if path.startswith("assets/images/"))


def sizes(site: Site) -> dict[str, tuple[str, int, int]]:
    return {re.sub(r"\.[0-9a-f]{10}\.", ".", path): shape((site.output / path).read_bytes()) for path in variants(site)}


def test_a_page_shows_an_image_in_all_sizes_and_formats(site: Site) -> None:
    site.write("content/trip/Old Harbour.jpg", photo(100, 75))
    site.page("trip/index", '![The *old* harbour](Old%20Harbour.jpg "1904")\n')
    site.build(strict=True)
    assert {name[-12:]: size for name, size in sizes(site).items()} == {
        "bour.40.avif": ("AVIF", 40, 30),
        "bour.80.avif": ("AVIF", 80, 60),
        "bour.40.webp": ("WEBP", 40, 30),
        "bour.80.webp": ("WEBP", 80, 60),
    }
    avif = [f"/{path} {path.split('.')[-2]}w" for path in variants(site) if path.endswith("avif")]
    webp = [f"/{path} {path.split('.')[-2]}w" for path in variants(site) if path.endswith("webp")]
    assert (
        f'<picture><source type="image/avif" srcset="{", ".join(avif)}" sizes="100vw">'
        f'<source type="image/webp" srcset="{", ".join(webp)}" sizes="100vw">'
        '<img src="/trip/Old%20Harbour.jpg" width="100" height="75" alt="The old harbour" title="1904" loading="lazy" '
        'decoding="async"></picture>'
    ) in site.out("trip/index.html")


def test_the_base_path_stands_before_all_addresses(tmp_path: Path) -> None:
    site = Site(tmp_path / "site", base_url="https://example.org/docs/", more=SMALL)
    site.write("content/a.jpg", photo(1300, 20))
    site.page("about", "![A](a.jpg) ![A again](/a.jpg)\n")
    site.build(strict=True)
    addresses = re.findall(r'(?:src|srcset)="([^"]+)"', site.out("about/index.html"))
    found = [address.split(" ")[0] for value in addresses for address in value.split(", ")]
    assert len(found) == 2 * 5
    assert all(site.has(address.removeprefix("/docs/")) for address in found)


def test_a_large_photo_has_a_plain_jpeg_for_old_browsers(site: Site) -> None:
    site.write("content/a.jpg", photo(1500, 30))
    site.page("about", "![A](a.jpg)\n")
    site.build()
    assert sizes(site)["assets/images/a.1200.jpg"] == ("JPEG", 1200, 24)
    assert re.search(
        r'<img src="/assets/images/a\.\w+\.1200\.jpg" width="1500" height="30"', site.out("about/index.html")
    )


def test_a_photo_on_its_side_is_shown_upright(site: Site) -> None:
    site.write("content/a.jpg", photo(100, 60, orientation=6))
    site.page("about", "![A](a.jpg)\n")
    site.build()
    assert 'width="60" height="100"' in site.out("about/index.html")
    assert sizes(site)["assets/images/a.60.webp"] == ("WEBP", 60, 100)


def test_no_byte_of_metadata_leaves_the_house(site: Site) -> None:
    for form in ("jpeg", "png", "webp", "gif", "avif"):
        site.write(f"content/a.{form}", revealing(form.upper()))
        site.write(f"static/b.{form}", revealing(form.upper()))
        site.write(f"briefs/c.{form}", revealing(form.upper()))
    site.page(
        "about", "".join(f"![a](a.{form}) ![c](../briefs/c.{form})\n" for form in ("jpeg", "png", "webp", "avif"))
    )
    site.build()
    assert site.has("a.jpeg")
    assert [path for path, data in site.tree().items() if SECRET in data] == []


def test_metadata_is_published_only_where_the_settings_say_so(tmp_path: Path) -> None:
    site = Site(tmp_path / "site", more=f"{SMALL}keep_metadata = true\n")
    site.write("content/a.jpg", revealing("JPEG"))
    site.page("about", "![A](a.jpg)\n")
    site.build()
    assert SECRET in (site.output / "a.jpg").read_bytes()
    assert [path for path in variants(site) if SECRET in (site.output / path).read_bytes()] == []


def test_what_cannot_be_cleaned_is_not_published(site: Site) -> None:
    site.write("content/scan.tif", encoded(pixels(8, 8), "TIFF", exif=revealing_exif()))
    site.write("content/note.jpg", b"no image")
    site.write("static/plan.psd", b"8BPS")
    assert [(problem.code, str(problem.place)) for problem in site.problems()] == [
        ("SG424", "content/note.jpg"),
        ("SG424", "content/scan.tif"),
        ("SG424", "static/plan.psd"),
    ]
    assert not site.output.exists()


def revealing_exif() -> bytes:
    from tests.site.pictures import exif

    return exif()


def test_animations_and_drawings_of_vectors_are_left_as_they_are(site: Site) -> None:
    site.write("content/a.gif", film("GIF", 30, 20))
    site.write("content/b.svg", '<svg xmlns="http://www.w3.org/2000/svg"/>')
    site.page("about", "![A](a.gif) ![B](b.svg)\n")
    site.build(strict=True)
    assert '<img src="/a.gif" width="30" height="20" alt="A" loading="lazy" decoding="async">' in site.out(
        "about/index.html"
    )
    assert '<img src="/b.svg" alt="B" loading="lazy">' in site.out("about/index.html")
    assert variants(site) == []


def test_switched_off_images_still_have_their_size(tmp_path: Path) -> None:
    site = Site(tmp_path / "site", more="[images]\nenabled = false\n")
    site.write("content/a.jpg", photo(100, 75))
    site.write("briefs/b.png", drawing(30, 20))
    site.page("about", "![A](a.jpg) ![B](../briefs/b.png)\n")
    site.build()
    assert '<img src="/a.jpg" width="100" height="75"' in site.out("about/index.html")
    assert list(sizes(site)) == ["assets/images/b.30.png"]


def test_one_format_and_none(tmp_path: Path) -> None:
    for number, (formats, endings) in enumerate((('["webp"]', {"webp"}), ("[]", {"png"}))):
        site = Site(tmp_path / str(number), more=f"{SMALL}formats = {formats}\n")
        site.write("content/a.png", drawing(100, 60))
        site.page("about", "![A](a.png)\n")
        site.build()
        assert {path.rpartition(".")[2] for path in variants(site)} == endings
        assert ("<picture>" in site.out("about/index.html")) == bool(number == 0)


def test_an_image_beside_a_brief_is_shown_and_only_what_is_shown_is_published(site: Site) -> None:
    site.write("briefs/2024/plan.png", drawing(100, 60))
    site.write("briefs/2024/private.png", drawing(90, 60))
    site.brief("2024/budget", "![The plan](plan.png) ![Theirs](https://elsewhere.example/x.png)\n", title="Budget")
    site.build(strict=True)
    assert {name.split("/")[-1] for name in sizes(site)} == {"plan.40.webp", "plan.80.webp", "plan.100.png"}
    assert not [path for path in site.tree() if "private" in path]
    assert 'src="https://elsewhere.example/x.png"' in site.out("briefs/budget/index.html")


def test_a_link_to_an_image_leads_to_the_file_itself(site: Site) -> None:
    site.write("content/a.jpg", photo(100, 75))
    site.page("about", "[![A](a.jpg)](a.jpg) and [the photo](a.jpg)\n")
    site.build(strict=True)
    assert site.out("about/index.html").count('<a href="/a.jpg">') == 2
    assert site.out("about/index.html").count("<picture>") == 1


def test_images_of_drafts_stay_in_the_house(site: Site) -> None:
    site.write("content/a.jpg", photo(100, 75))
    site.page("about", "![A](a.jpg)\n", status="draft")
    site.build()
    assert variants(site) == []
    assert not site.has("a.jpg")
    site.build(drafts=True)
    assert len(variants(site)) == 4
    site.build()
    assert variants(site) == []


def test_variants_that_nobody_shows_any_more_vanish(site: Site) -> None:
    site.write("content/a.jpg", photo(100, 75))
    site.page("one", "![A](a.jpg)\n")
    site.page("two", "![A](a.jpg)\n")
    site.build()
    before = variants(site)
    site.page("one")
    site.build()
    assert variants(site) == before
    site.write("content/a.jpg", photo(100, 75, seed=3))
    site.build()
    assert len(variants(site)) == len(before)
    assert not set(variants(site)) & set(before)
    site.page("two")
    site.build()
    assert variants(site) == []
    assert site.has("a.jpg")


def test_nothing_is_encoded_twice(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.write("content/a.jpg", photo(100, 75))
    site.page("about", "![A](a.jpg)\n")
    site.build()
    before = site.tree()

    def never(*_: Any) -> Any:
        raise AssertionError("encoded again")

    monkeypatch.setattr(encode, "encoded", never)
    site.page("other", "![A](a.jpg) New.\n")
    (site.root / "content/a.jpg").rename(site.root / "content/renamed.jpg")
    site.page("about", "![A](renamed.jpg)\n")
    site.page("other")
    for path in variants(site)[:1]:
        (site.output / path).write_bytes(b"damaged")
    site.build()
    assert len(variants(site)) == 4
    assert {files.sha256((site.output / path).read_bytes()) for path in variants(site)} == {
        files.sha256(data) for path, data in before.items() if path.startswith("assets/images/")
    }


def test_a_lost_or_damaged_cache_does_no_harm(site: Site) -> None:
    site.write("content/a.jpg", photo(100, 75))
    site.page("about", "![A](a.jpg)\n")
    site.build()
    before = site.tree()
    for file in (site.root / ".sitegen/build/images").rglob("*"):
        if file.is_file():
            file.write_bytes(file.read_bytes()[:-1])
    for path in variants(site):
        (site.output / path).unlink()
    site.build()
    assert site.tree() == before


def test_the_cache_holds_only_what_images_of_the_site_may_need(site: Site) -> None:
    def kept() -> int:
        return sum(path.is_file() for path in (site.root / ".sitegen/build/images").rglob("*"))

    site.write("content/a.jpg", photo(100, 75))
    site.write("content/b.jpg", photo(100, 75, seed=2))
    site.page("about", "![A](a.jpg) ![B](b.jpg)\n")
    site.build()
    assert kept() == 8
    site.remove("content/b.jpg")
    site.page("about", "![A](a.jpg)\n")
    site.build()
    assert kept() == 4


def test_broken_images_are_refused_at_the_place_that_shows_them(site: Site) -> None:
    site.write("content/cut.jpg", photo(100, 75)[:-300])
    site.write("content/text.png", b"<html>")
    site.write("content/named.png", photo())
    site.write("content/a.heic", b"\0\0\0\x18ftypheic" + bytes(12))
    site.page("about", "![1](cut.jpg)\n\n![2](text.png)\n![3](named.png)\n\n![4](a.heic)\n", title="About")
    head = len((site.root / "content/about.md").read_text().split("![1]")[0].splitlines())
    found = [(problem.code, str(problem.place)) for problem in site.problems()]
    assert found == [
        ("SG420", f"content/about.md:{head + 3}"),
        ("SG422", f"content/about.md:{head + 4}"),
        ("SG423", f"content/about.md:{head + 6}"),
    ]
    for name in ("text.png", "named.png", "a.heic"):
        site.remove(f"content/{name}")
    site.page("about", "![1](cut.jpg)\n", title="About")
    assert [(problem.code, str(problem.place)) for problem in site.problems()] == [("SG420", "content/about.md:4")]


def test_an_image_whose_end_is_damaged_is_refused_before_anything_is_written(site: Site) -> None:
    raw = bytearray(encoded(pixels(100, 75), "PNG"))
    raw[raw.index(b"IDAT") + 40] ^= 0xFF
    site.write("content/a.png", bytes(raw))
    site.page("about", "![A](a.png)\n", title="About")
    site.page("two", "![A](a.png)\n", title="Two")
    problems = site.problems()
    assert [(problem.code, str(problem.place)) for problem in problems] == [
        ("SG420", "content/about.md:4"),
        ("SG420", "content/two.md:4"),
    ]
    assert "content/a.png" in problems[0].message
    assert not site.output.exists()


def test_too_many_pixels(tmp_path: Path) -> None:
    site = Site(tmp_path / "site", more=f"{SMALL}max_megapixels = 0.001\n")
    site.write("content/a.png", drawing(100, 11))
    site.page("about", "![A](a.png)\n", title="About")
    (problem,) = site.problems()
    assert (problem.code, str(problem.place)) == ("SG421", "content/about.md:4")


def test_a_missing_image_is_a_warning_as_any_broken_link(site: Site) -> None:
    site.page("about", "![A](gone.jpg)\n")
    (warning,) = site.build().warnings
    assert warning.code == "SG504"
    site.write("content/gone.jpg", photo(100, 75))
    assert site.build(strict=True).warnings == ()
    assert "<picture>" in site.out("about/index.html")


def test_templates_show_images(site: Site) -> None:
    site.write("content/trip/a.jpg", photo(100, 75))
    site.write(
        "templates/show.html",
        '{{ picture("a.jpg", "An <A>", page, sizes="50vw", class="wide") }}'
        '|{{ picture("/trip/a.jpg", "", lazy=false) }}'
        "|{% with found = image(page.image, page) %}{{ found.url }} {{ found.width }} {{ found.mime }}{% endwith %}"
        '|{{ image("nothing.jpg") is none }}',
    )
    site.page("trip/index", template="show.html", image="a.jpg")
    site.build(strict=True)
    first, second, card, gone = site.out("trip/index.html").split("|")
    assert 'sizes="50vw"' in first
    assert 'alt="An &lt;A&gt;" class="wide" loading="lazy" decoding="async"></picture>' in first
    assert 'alt="" decoding="async"' in second
    assert card == "/trip/a.jpg 100 image/jpeg"
    assert gone.strip() == "True"
    assert len(variants(site)) == 4


def test_a_template_that_shows_what_is_not_there(site: Site) -> None:
    site.write("content/harbour.jpg", photo(100, 75))
    site.write("templates/show.html", 'Text\n{{ picture("/harbor.jpg", "A") }}')
    site.page("about", template="show.html")
    (problem,) = site.problems()
    assert (problem.code, str(problem.place)) == ("SG501", "templates/show.html:2")
    assert "'/harbour.jpg'" in problem.message


def test_without_an_encoder_the_build_says_so(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.write("content/a.jpg", photo(100, 75))
    site.page("about", "![A](a.jpg)\n")
    monkeypatch.setattr(encode, "missing", lambda formats: [name for name in formats if name == "avif"])
    (problem,) = site.problems()
    assert problem.code == "SG510"


def test_a_site_without_images_never_loads_pillow(site: Site) -> None:
    import subprocess

    site.page("about")
    code = (
        "import sys, datetime as dt; from pathlib import Path; from sitegen import settings;"
        "from sitegen.site.build import build, BuildOptions;"
        "build(settings.load(Path(sys.argv[1]), {}), BuildOptions(today=dt.date(2026, 6, 1)));"
        "assert 'PIL' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(site.root)], check=True)


def test_images_come_out_the_same_from_one_process_and_many(site: Site, tmp_path: Path) -> None:
    for number in range(6):
        site.write(f"content/{number}.jpg", photo(100, 75, seed=number))
        site.page(f"page-{number}", f"![A]({number}.jpg)\n")
    site.build(jobs=4)
    assert site.tree() == site.rebuilt(tmp_path / "other", jobs=1)


def test_pictures_are_not_carried_forward(site: Site, tmp_path: Path) -> None:
    """One that a page does not show any more may be one that was taken back."""
    site.write("content/a.jpg", photo(100, 75))
    site.write("content/b.jpg", photo(100, 75, seed=2))
    site.page("about", "![A](a.jpg) ![B](b.jpg)\n")
    site.build()
    before = variants(site)
    shutil.copytree(site.output, tmp_path / "deployed")
    site.page("about", "![A](a.jpg)\n")
    options: dict[str, Any] = {"carry_from": tmp_path / "deployed"}
    site.build(**options)
    assert {*variants(site)} == {path for path in before if "/b." not in path}
    assert site.tree() == site.rebuilt(tmp_path / "clean", **options)
    assert site.build(**options).written == 0


def test_the_picture_of_a_page_is_checked_and_belongs_to_it(site: Site) -> None:
    site.write("content/card.png", drawing(40, 20))
    site.page("about", image="card.png", status="draft")
    site.build()
    assert not site.has("card.png")
    site.page("about", image="/card.png")
    assert site.build(strict=True).warnings == ()
    site.page("about", image="gone.png")
    (warning,) = site.build().warnings
    assert (warning.code, str(warning.place)) == ("SG504", "content/about.md")
    assert "gone.png" in warning.message
    site.page("about", image="https://elsewhere.example/x.png")
    assert site.build(strict=True).warnings == ()
    site.page("about", image="card.png")
    site.write("content/card.png", b"no image")
    assert [(problem.code, str(problem.place)) for problem in site.problems()] == [("SG420", "content/about.md")]
