"""What pages look like, against pictures of what they looked like when somebody last looked at them.

``python -m tests.browser.test_references`` makes the pictures anew, all or those of the kinds that are named (``search
404``); look at them before they are committed. They are small on purpose: a third of the size, few colours. So they
show what moved, vanished or changed its colour, not how a letter is drawn, and they say nothing where the letters of
the pictures are not installed.
"""

from __future__ import annotations

import io
import itertools
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import Literal

import pytest
from PIL import Image, ImageChops, ImageFilter
from playwright.sync_api import Page, sync_playwright

from sitegen import settings
from sitegen.site.build import BuildOptions, build
from tests import chromium
from tests.browser import host, town
from tests.browser.conftest import Built, Visit

pytestmark = [pytest.mark.browser, pytest.mark.slow]

REFERENCES = Path(__file__).parent / "references"
KINDS = {
    "home": "/",
    "brief": "/briefs/council/",
    "extract": "/briefs/inspection/",
    "arabic": "/briefs/arabic/",
    "list": "/archive/",
    "year": "/archive/2025/",
    "taxonomy": "/tags/",
    "term": "/tags/bridges/",
    "page": "/method/",
    "search": "/search/",
    "withdrawn": "/briefs/back/",
    "404": "/404.html",
}
WIDTHS = (360, 768, 1440)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
LANGUAGES = ("en", "de", "ar")
FONTS = ("Liberation Sans", "Liberation Mono", "DejaVu Sans")
"""The letters of the pictures that the theme does not bring along: for Arabic, and for code."""
OWN_FONTS = 5
"""Files with letters that the theme takes from a package."""
SCALE = 3
TALLEST = 2400
"""Pixels of a page that are looked at."""
COLOURS = 24
TOLERANCE = 0.01
"""The share of the picture that may differ clearly."""
LEEWAY = 8
"""Pixels of a small picture's height."""
CLEARLY = 32
"""Of 255, in any colour."""


def missing_font(site: Path) -> str:
    """Which of the letters of the pictures is missing; empty when none is."""
    if len(list(site.glob("assets/fonts/*.woff2"))) != OWN_FONTS:
        return "those that the theme takes from a package"
    program = shutil.which("fc-list")
    if program is None:
        return "fc-list, which would tell what letters there are"
    known = subprocess.run([program, ":", "family"], capture_output=True, text=True, check=True).stdout
    return next((font for font in FONTS if font not in known), "")


def strip(page: Page, address: str) -> Image.Image:
    """The page in all widths and schemes, side by side, small and in few colours."""
    shots: list[Image.Image] = []
    for scheme, width in itertools.product(SCHEMES, WIDTHS):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        # To see that nothing more comes takes half a second; only the page with the search asks for things by itself.
        page.goto(address, wait_until="networkidle" if "/search/" in address else "load")
        page.evaluate("document.fonts.ready.then(() => true)")
        height = min(TALLEST, page.evaluate("document.documentElement.scrollHeight"))
        page.set_viewport_size({"width": width, "height": height})
        large = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        shots.append(large.resize((width // SCALE, height // SCALE), Image.Resampling.BOX))
    whole = Image.new("RGB", (sum(WIDTHS) // SCALE * len(SCHEMES), max(shot.height for shot in shots)), "white")
    at = 0
    for shot in shots:
        whole.paste(shot, (at, 0))
        at += shot.width
    return whole


def difference(one: Image.Image, other: Image.Image) -> float:
    """The share of the picture that differs clearly; 1 for pictures of another size."""
    if one.width != other.width or abs(one.height - other.height) > LEEWAY:
        return 1
    size = (one.width, min(one.height, other.height))
    soft = [image.crop((0, 0, *size)).filter(ImageFilter.BoxBlur(1)) for image in (one, other)]
    apart = ImageChops.difference(*soft)
    clear = (
        apart.point(lambda value: 255 if value > CLEARLY else 0).convert("L").point(lambda value: 255 if value else 0)
    )
    return clear.histogram()[255] / (size[0] * size[1])


# German pages differ from English ones in their words alone: they are looked at when there is time.
@pytest.mark.parametrize(
    "language", [pytest.param(of, marks=pytest.mark.soak if of == "de" else ()) for of in LANGUAGES]
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_page_looks_as_it_did(built: Built, visit: Visit, tmp_path: Path, kind: str, language: str) -> None:
    if missing := missing_font(built(language)):
        pytest.skip(f"the pictures were made with letters that are not here: {missing}")
    visitor = visit(language=language)
    reference = REFERENCES / f"{kind}-{language}.png"
    wanted = Image.open(reference).convert("RGB")
    for _ in range(3):  # letters that come late are not waited for, but are there at the next look
        found = strip(visitor.page, visitor.address + KINDS[kind])
        apart = difference(found, wanted)
        if apart <= TOLERANCE:
            break
    if apart > TOLERANCE:
        found.save(tmp_path / reference.name)
    assert apart <= TOLERANCE, f"{apart:.1%} of it differ from {reference.name}; as it is now: {tmp_path}"


def test_what_moves_vanishes_or_changes_its_colour_is_noticed() -> None:
    reference = Image.open(REFERENCES / "brief-en.png").convert("RGB")
    assert difference(reference, reference.copy()) == 0
    width = reference.width
    moved = Image.new("RGB", reference.size, "white")
    moved.paste(reference, (0, 5))
    emptied = reference.copy()
    emptied.paste((255, 255, 255), (0, 0, width // 4, 400))
    for changed in (moved, emptied, ImageChops.invert(reference)):
        assert difference(reference, changed) > TOLERANCE


def test_all_references_together_stay_small() -> None:
    assert sum(path.stat().st_size for path in REFERENCES.glob("*.png")) <= 3_000_000
    assert {path.stem for path in REFERENCES.glob("*.png")} == {f"{k}-{of}" for k in KINDS for of in LANGUAGES}


def _make(kinds: Collection[str]) -> None:
    """Makes the pictures of ``kinds`` anew."""
    REFERENCES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page = chromium.launch(playwright).new_page()
        for language in LANGUAGES:
            root = town.write(Path(folder) / language, language)
            project = settings.load(root, environ={})
            build(project, BuildOptions())
            with host.serve(project.output) as address:
                page.goto(address, wait_until="networkidle")  # so that the letters are there
                for kind in kinds:
                    found = strip(page, address + KINDS[kind])
                    few = found.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
                    few.save(REFERENCES / f"{kind}-{language}.png", optimize=True)


if __name__ == "__main__":
    _make(sys.argv[1:] or KINDS)
