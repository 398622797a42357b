"""The law for builds that stay in memory: after any sequence of edits, what is served equals a build from nothing."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sitegen import files
from sitegen import settings as stated
from sitegen.errors import SitegenError
from sitegen.serve.engine import Built, Engine
from sitegen.site.ahead import Ahead, SupersededError
from sitegen.site.build import BuildOptions
from tests.site.sites import TODAY, Site
from tests.site.test_law import (
    DAYS,
    NAMES,
    World,
    add_to,
    bodies,
    briefs,
    change_template,
    edits,
    names,
    put,
    templates,
)


class Served:
    """A site whose last build stays in memory."""

    def __init__(self, site: Site, **options: Any) -> None:
        self.site, self.ahead = site, Ahead()
        self.options = {"today": TODAY, "search": False, **options}
        asked = BuildOptions(output=site.output, wait=0, **self.options)
        self.engine = Engine(stated.load(site.root, {}), asked, self.ahead, threading.Lock())
        self._before = self.files()

    def files(self) -> dict[Path, bytes]:
        """All that the site is made from."""
        found = {}
        for entry in files.scan(self.site.root, hidden=True):
            if entry.path.split("/")[0] not in (".sitegen", "public"):
                path = self.site.root / entry.path
                found[path] = path.read_bytes()
        return found

    def changed(self) -> set[Path]:
        """The files that have changed since the last time."""
        before, self._before = self._before, self.files()
        every = before.keys() | self._before.keys()
        return {path for path in every if before.get(path) != self._before.get(path)}

    def build(self, changed: Collection[Path] | None = None) -> Built:
        return self.engine.build(self.changed() if changed is None else changed)

    def tree(self) -> dict[str, bytes]:
        """What is served."""
        return {path: self.ahead.get(path) or data for path, data in self.site.tree().items()}


@contextmanager
def served(site: Site, **options: Any) -> Iterator[Served]:
    found = Served(site, **options)
    try:
        found.engine.build()
        yield found
    finally:
        found.engine.close()


@pytest.fixture
def small(site: Site) -> Site:
    for name, tags in zip(NAMES, ([], ["Energy"], ["C", "Energy"], ["C"]), strict=True):
        site.brief(name, "[a](a.md)\n", title=f"Brief {name}", slug=name, tags=tags, date=DAYS[1])
    site.page("about", "## Head\n", title="About")
    return site


def test_another_text_is_exchanged_in_memory(small: Site, tmp_path: Path) -> None:
    with served(small) as found:
        small.brief("b", "Other *text*.\n\n## New\n", title="Brief b", slug="b", tags=["Energy"], date=DAYS[1])
        built = found.build()
        assert not built.whole
        assert "briefs/b/index.html" in built.changed
        assert len(built.changed) < 5
        assert found.tree() == small.rebuilt(tmp_path / "clean", **found.options)


def test_another_title_reaches_lists_and_neighbours(small: Site, tmp_path: Path) -> None:
    with served(small) as found:
        small.brief("b", title="New name", summary="In short.", slug="b", tags=["Energy"], date=DAYS[1])
        built = found.build()
        assert not built.whole
        assert {"briefs/a/index.html", "briefs/c/index.html", "index.html", "feed.xml"} <= {*built.changed}
        assert found.tree() == small.rebuilt(tmp_path / "clean", **found.options)


def test_another_template_is_put_on_without_a_look_at_the_pages(small: Site, tmp_path: Path) -> None:
    with served(small) as found:
        base = small.root / "themes/tiny/templates/base.html"
        base.write_text(base.read_text() + "<!-- new -->")
        built = found.build()
        assert not built.whole
        assert "briefs/a/index.html" in built.changed
        assert found.tree() == small.rebuilt(tmp_path / "clean", **found.options)


@pytest.mark.parametrize("change", ["tag", "date", "slug", "status", "file", "settings", "asset", "data"])
def test_whatever_moves_pages_or_is_no_text_is_left_to_a_whole_build(small: Site, tmp_path: Path, change: str) -> None:
    fields: dict[str, Any] = {"title": "Brief b", "slug": "b", "tags": ["Energy"], "date": DAYS[1]}
    with served(small) as found:
        if change == "file":
            small.remove("briefs/c.md")
        elif change == "settings":
            small.write("sitegen.toml", '[site]\ntitle = "Other"\ntheme = "tiny"\nbase_url = "https://example.org/"\n')
        elif change in ("asset", "data"):
            small.write(f"{'static' if change == 'asset' else change}/x.toml", "x = 1\n")
        else:
            other: dict[str, dict[str, Any]] = {
                "tag": {"tags": ["New"]},
                "date": {"date": DAYS[2]},
                "slug": {"slug": "bb"},
            }
            small.brief("b", **{**fields, **other.get(change, {"status": "draft"})})
        assert found.build().whole
        assert found.tree() == small.rebuilt(tmp_path / "clean", **found.options)


def test_what_is_wrong_is_told_until_it_is_mended_and_changes_nothing(small: Site, tmp_path: Path) -> None:
    with served(small) as found:
        before = found.tree()
        small.write("briefs/b.md", "---\ntitle: [\n---\n")
        small.brief("c", "Fine.\n", title="Brief 3", slug="c", tags=["C", "Energy"], date=DAYS[1])
        for _ in range(2):
            with pytest.raises(SitegenError, match=r"briefs/b\.md"):
                found.build()
        base = small.root / "themes/tiny/templates/base.html"
        kept = base.read_text()
        base.write_text(kept + "{% if %}")
        with pytest.raises(SitegenError):
            found.build()
        assert found.tree() == before
        base.write_text(kept + "{{ page.nothing }}")
        small.brief("b", "Mended.\n", title="Brief b", slug="b", tags=["Energy"], date=DAYS[1])
        small.brief("c", title="Brief c", slug="c", tags=["C", "Energy"], date=DAYS[1])
        with pytest.raises(SitegenError, match="nothing"):
            found.build()
        assert found.tree() == before
        base.write_text(kept)
        assert not found.build().whole
        assert b"Mended." in found.tree()["briefs/b/index.html"]
        assert found.tree() == small.rebuilt(tmp_path / "clean", **found.options)


def test_another_build_of_the_site_is_noticed(small: Site) -> None:
    with served(small) as found:
        small.brief("b", "Once.\n", title="Brief b", slug="b", tags=["Energy"], date=DAYS[1])
        small.build(search=False)
        assert found.build().whole


def test_a_lost_notice_is_found(small: Site) -> None:
    with served(small) as found:
        assert found.engine.missed() == set()
        small.brief("b", "Unheard.\n", title="Brief b", slug="b", tags=["Energy"], date=DAYS[1])
        small.brief("e", title="New")
        assert found.engine.missed() == {small.root / "briefs/b.md", small.root / "briefs/e.md"}
        found.build(found.engine.missed())
        assert b"Unheard." in found.tree()["briefs/b/index.html"]
        assert found.engine.missed() == set()


def test_something_newer_is_built_with_what_was_left_off(small: Site, tmp_path: Path) -> None:
    with served(small) as found:
        base = small.root / "themes/tiny/templates/base.html"
        base.write_text(base.read_text() + "<!-- new -->")
        found.ahead.look("briefs/a/index.html")
        hurry(found)
        with pytest.raises(SupersededError):
            found.build()
        assert b"<!-- new -->" in (found.ahead.get("briefs/a/index.html") or b""), "it is shown already"
        small.brief("b", "Newer.\n", title="Brief b", slug="b", tags=["Energy"], date=DAYS[1])
        assert not found.build().whole
        assert found.tree() == small.rebuilt(tmp_path / "clean", **found.options)


def hurry(found: Served) -> None:
    """Has something newer come when the first output has been made."""
    show = found.ahead.show

    def shown(path: str, data: bytes) -> None:
        show(path, data)
        found.ahead.supersede()
        found.ahead._began -= 1
        found.ahead.show = show  # type: ignore[method-assign]

    found.ahead.show = shown  # type: ignore[method-assign]


frequent = st.one_of(
    st.builds(add_to, names, st.sampled_from(["\nMore.\n", "\n## Head\n\n[b](b.md#head) [x](/x/)\n", "\n- [x]\n"])),
    st.builds(put, names, briefs, bodies),
    st.builds(change_template, templates, st.integers(0, 3)),
    edits,
)


@settings(
    max_examples=int(os.environ.get("LAW_EXAMPLES", "10")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(st.lists(frequent, min_size=1, max_size=2), min_size=1, max_size=6))
def test_what_is_served_equals_a_clean_build(rounds: list[list[Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Site(Path(folder) / "site"))
        world.options.pop("jobs")
        shutil.copytree(world.site.root / "themes/tiny", world.site.root / "themes/other")
        world.site.write("themes/other/templates/404.html", "other")
        world.site.write("themes/leaf/theme.toml", 'extends = "tiny"\n')
        for name, tags in zip(NAMES, ([], ["Energy"], ["C", "energy"], ["C++"]), strict=True):
            world.site.brief(name, "[a](a.md)\n", title=f"Brief {name}", slug=name, tags=tags, date=DAYS[1])
        world.site.page("about", "## Head\n")
        world.site.write(
            "templates/shortcodes/box.html", "{% macro box(href='') %}{{ caller() if caller is defined }}{% endmacro %}"
        )
        found = Served(world.site, **world.options)
        found.engine.build()
        for number, round_of_edits in enumerate(rounds):
            asked, before = dict(world.options), world.site.tree()
            for edit in round_of_edits:
                edit(world)
            spoiled = world.site.tree() != before
            if world.options != asked:  # it cannot be asked for anything else while it runs
                found.engine.close()
                found = Served(world.site, **world.options)
            compare(found, Path(folder) / f"clean-{number}", spoiled=spoiled)
        found.engine.close()


def compare(found: Served, clean: Path, *, spoiled: bool) -> None:
    before, changed = found.tree(), found.changed()
    try:
        expected = found.site.rebuilt(clean, **found.options)
    except SitegenError:
        with pytest.raises(SitegenError):
            found.engine.build(changed)
        assert spoiled or found.tree() == before
        return
    if spoiled:
        found.engine.build()
    else:
        found.engine.build(changed)
    assert found.tree() == expected
    assert found.site.tree() == expected
