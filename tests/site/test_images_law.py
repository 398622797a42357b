"""The law for images: after any edits of images, pages that show them and settings, a build equals one from nothing."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.site.pictures import drawing, film, photo
from tests.site.sites import Site
from tests.site.test_law import World, compare, set_option, spoil_output

FILES = ["content/x.jpg", "content/a/y.png", "briefs/x.jpg", "static/s.jpg"]
PHOTOS = [photo(40, 20), photo(40, 20, seed=5), photo(20, 40, orientation=6), photo(10, 10)]
DRAWINGS = [drawing(30, 10), drawing(30, 10, seed=5), film("PNG", 8, 8)]
BODIES = [
    "Text.\n",
    "![x](x.jpg)\n",
    "![x](x.jpg) [link](x.jpg) ![s](/s.jpg)\n",
    "![y](a/y.png) ![x](/x.jpg) ![gone](gone.jpg)\n",
    "![x](../content/x.jpg) ![y](../content/a/y.png)\n",
]
TEMPLATES = [
    "{{ page.body }}",
    "{{ page.title }}",
    '{{ picture("/x.jpg", "x") }}{{ page.body }}',
    '{{ (image("s.jpg") or page).url }}{% for brief in site.briefs %}{{ brief.body }}{% endfor %}',
]
IMAGES = [
    "widths = [16, 24]",
    "widths = [16, 24]",
    "widths = [16]\nformats = ['webp']",
    "widths = [16]\nenabled = false",
    "widths = [16]\nkeep_metadata = true\nmax_megapixels = 0.0005",
]


def put_image(path: str, number: int) -> Any:
    """Number 0 is no image."""
    contents = DRAWINGS if path.endswith(".png") else PHOTOS
    return lambda world: world.site.write(path, contents[number % len(contents)] if number else b"no image")


def delete(path: str) -> Any:
    return lambda world: (world.site.root / path).unlink(missing_ok=True)


def rename(old: str, new: str) -> Any:
    def edit(world: World) -> None:
        if (world.site.root / old).exists():
            (world.site.root / old).replace(world.site.root / new)

    return edit


def show(tree: str, name: str, body: str, status: str) -> Any:
    def edit(world: World) -> None:
        put = world.site.page if tree == "content" else world.site.brief
        put(name, body, title=name, slug=name, status=status)

    return edit


def change_images(text: str) -> Any:
    head = '[site]\ntitle = "Tiny"\ntheme = "tiny"\nbase_url = "https://example.org/"\n'
    return lambda world: world.site.write("sitegen.toml", f"{head}[images]\n{text}\n")


def change_template(name: str, text: str) -> Any:
    return lambda world: world.site.write(f"templates/{name}", text)


def lose_cache() -> Any:
    return lambda world: shutil.rmtree(world.site.root / ".sitegen/build/images", ignore_errors=True)


paths = st.sampled_from(FILES)
edits = st.one_of(
    st.builds(put_image, paths, st.integers(1, 12)),
    st.builds(put_image, paths, st.integers(0, 12)),
    st.builds(delete, paths),
    st.builds(rename, paths, paths),
    st.builds(show, st.just("content"), st.sampled_from(["p", "q"]), st.sampled_from(BODIES), st.just("published")),
    st.builds(show, st.just("content"), st.just("p"), st.sampled_from(BODIES), st.sampled_from(["published", "draft"])),
    st.builds(show, st.just("briefs"), st.sampled_from(["b", "c"]), st.sampled_from(BODIES), st.just("published")),
    st.builds(change_images, st.sampled_from(IMAGES)),
    st.builds(change_template, st.sampled_from(["page.html", "brief.html"]), st.sampled_from(TEMPLATES)),
    st.builds(spoil_output, st.integers(0, 30), st.sampled_from(["delete", "damage", "folder"])),
    st.builds(set_option, st.just("drafts"), st.booleans()),
    st.builds(lose_cache),
)


@settings(
    max_examples=int(os.environ.get("LAW_EXAMPLES", "15")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(st.lists(edits, min_size=1, max_size=2), min_size=1, max_size=6))
def test_incremental_equals_clean(rounds: list[list[Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Site(Path(folder) / "site", more=f"[images]\n{IMAGES[0]}\n"))
        for number, path in enumerate(FILES, 1):
            put_image(path, number)(world)
        show("content", "p", BODIES[3].replace(" ![gone](gone.jpg)", ""), "published")(world)
        show("briefs", "b", BODIES[1], "published")(world)
        world.site.build(**world.options)
        for number, round_of_edits in enumerate(rounds):
            before = world.site.tree()
            for edit in round_of_edits:
                edit(world)
            spoiled = world.site.tree() != before
            compare(world, Path(folder) / f"clean-{number}", None if spoiled else before)
