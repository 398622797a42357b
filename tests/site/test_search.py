"""Search: the index is an output like any other, made by Pagefind from what is meant to be found alone."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from sitegen.site import search
from tests.site.sites import Site

PAGE = "{% extends 'base.html' %}{% block main %}{{ page.title }} {{ site.search.bundle }}{% endblock %}"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path / "site")
    site.write("templates/search.html", PAGE)
    site.write(
        "templates/base.html",
        "{% if site.search %}<a href='{{ site.search.url }}'>?</a>{% endif %}{% block main %}{% endblock %}",
    )
    site.brief(
        "a",
        "## Head\n\nThe weir bridge is shut.[^1]\n\n[^1]: Note.\n",
        title="Bridge",
        tags=["Roads"],
        date="2026-02-01",
    )
    return site


def fragments(site: Site) -> dict[str, dict[str, Any]]:
    """What the index knows, by address."""
    found = [
        json.loads(gzip.decompress(path.read_bytes()).removeprefix(b"pagefind_dcd"))
        for path in (site.output / "pagefind/fragment").iterdir()
    ]
    return {entry["url"]: entry for entry in found}


def index(site: Site) -> dict[str, bytes]:
    return {path: data for path, data in site.tree().items() if path.startswith("pagefind/")}


def test_briefs_and_pages_are_found_with_what_is_known_about_them(site: Site) -> None:
    site.page("about", "Who we are.\n", title="About")
    site.build()
    found = fragments(site)
    assert sorted(found) == ["/about/", "/briefs/bridge/"]
    brief = found["/briefs/bridge/"]
    assert brief["content"].startswith("Bridge. Head. The weir bridge is shut")
    assert "[1]" not in brief["content"]
    assert brief["meta"] == {"title": "Bridge", "date": "2026-02-01", "tags": "Roads", "language": "en"}
    assert [anchor["id"] for anchor in brief["anchors"] if anchor["element"] == "h2"] == ["head"]


def test_what_nobody_may_read_and_what_asks_to_be_left_out_is_not_found(site: Site) -> None:
    site.brief("b", "Secret.\n", title="B", status="draft")
    site.brief("c", "Later.\n", title="C", date="2030-01-01")
    site.page("legal", "Small print.\n", title="Legal", search=False)
    site.build()
    assert sorted(fragments(site)) == ["/briefs/bridge/"]
    site.build(drafts=True)
    assert sorted(fragments(site)) == ["/briefs/bridge/"], "a draft is never found, even where it is shown"


def test_texts_of_documents_are_text(site: Site) -> None:
    hostile = '</main><p data-pagefind-meta="title">x</p><script>alert(1)</script> "quoted"'
    site.brief("b", f"`{hostile}`\n", title=hostile, slug="b", summary=hostile)
    site.build()
    entry = fragments(site)["/briefs/b/"]
    assert entry["meta"]["title"] == hostile
    assert entry["content"].count("<script>") == 3


def test_the_page_with_the_field_is_there_and_can_be_replaced(site: Site) -> None:
    site.build()
    assert "Search /pagefind/" in site.out("search/index.html")
    site.page("search", title="Find it", template="search.html")
    site.build()
    assert "Find it /pagefind/" in site.out("search/index.html")


def test_two_builds_give_the_same_bytes(site: Site, tmp_path: Path) -> None:
    for number in range(30):
        site.brief(f"n{number}", f"Words {number}.\n", title=f"N {number}", language=["en", "de", "fr"][number % 3])
    site.build()
    assert index(site)
    assert site.rebuilt(tmp_path / "clean") == site.tree()


def test_the_index_is_made_again_only_when_a_text_changes(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[int] = []
    real = search.Index.finish

    def counted(index: search.Index) -> dict[str, Path]:
        runs.append(1)
        return real(index)

    monkeypatch.setattr(search.Index, "finish", counted)
    site.build()
    before = index(site)
    site.write("templates/brief.html", "{{ page.body }} {{ page.title }}!")
    site.page("index", "Home.\n", title="Home")
    assert site.build().written >= 2
    assert (len(runs), index(site)) == (1, before)
    site.brief("a", "Other words.\n", title="Bridge")
    site.build()
    assert len(runs) == 2
    assert "Other words" in fragments(site)["/briefs/bridge/"]["content"]


@pytest.mark.parametrize("how", ["delete", "damage"])
def test_a_spoiled_index_is_restored(site: Site, how: str) -> None:
    site.build()
    before = index(site)
    for path in before:
        target = site.output / path
        target.unlink() if how == "delete" else target.write_bytes(b"?")
        site.build()
        assert index(site) == before
    assert site.build().written == 0


def test_search_that_is_switched_off_leaves_nothing(site: Site) -> None:
    site.build()
    site.write("sitegen.toml", (site.root / "sitegen.toml").read_text() + '[search]\nenabled = "off"\n')
    report = site.build()
    assert index(site) == {}
    assert not site.has("search/index.html")
    assert "?" not in site.out("index.html")
    assert (report.warnings, report.notes) == ((), ())


def test_a_theme_without_a_page_for_it_has_no_search(site: Site) -> None:
    site.remove("templates/search.html")
    report = site.build()
    assert (index(site), report.warnings, report.notes) == ({}, (), ())
    site.write("sitegen.toml", (site.root / "sitegen.toml").read_text() + '[search]\nenabled = "on"\n')
    assert [warning.code for warning in site.build().warnings] == ["SG528"]


def test_without_pagefind_there_is_no_search_and_one_remark(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_PACKAGES", ("no_such_package",))
    report = site.build()
    assert (index(site), report.warnings) == ({}, ())
    assert report.notes == (
        "There is no search on this site: Pagefind is not installed (pip install 'sitegen[search]').",
    )
    assert "?" not in site.out("index.html")
    site.write("sitegen.toml", (site.root / "sitegen.toml").read_text() + '[search]\nenabled = "on"\n')
    assert [problem.code for problem in site.problems(strict=True)] == ["SG528"]


def test_a_build_that_is_asked_to_leaves_the_index_out(site: Site) -> None:
    site.build(search=False)
    assert index(site) == {}
    site.build()
    assert index(site)


def test_a_failing_pagefind_changes_nothing(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site.build()
    before = site.tree()
    broken = tmp_path / "pagefind"
    broken.write_text("#!/bin/sh\necho 'out of memory' >&2\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setattr(search, "executable", lambda: broken)
    site.brief("b", title="B")
    (problem,) = site.problems()
    assert (problem.code, problem.message) == ("SG529", "Pagefind ended with 3: out of memory")
    assert site.tree() == before
    assert not list((site.root / ".sitegen/build").glob("search-*")), "nothing is left of it"


def test_a_pagefind_without_its_program_is_told(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "executable", lambda: None)
    assert [problem.code for problem in site.problems()] == ["SG529"]


def test_what_a_killed_build_left_is_swept_away(site: Site) -> None:
    left = site.write(".sitegen/build/search-old/in/x.html", "x")
    site.build()
    assert not left.exists()


def test_a_file_of_the_site_in_the_way_is_told(site: Site) -> None:
    site.write("static/pagefind/pagefind.js", "mine")
    assert [problem.code for problem in site.problems()] == ["SG409"]


def test_a_site_below_a_path(tmp_path: Path) -> None:
    site = Site(tmp_path / "site", base_url="https://example.org/docs/")
    site.write("templates/search.html", PAGE)
    site.brief("a", title="A")
    site.build()
    assert list(fragments(site)) == ["/briefs/a/"], "the script puts the base path before it"
    assert "/docs/pagefind/" in site.out("search/index.html")


def test_the_index_of_an_earlier_build_stays_for_pages_that_are_open(site: Site, tmp_path: Path) -> None:
    site.build()
    before = index(site)
    shutil.copytree(site.output, tmp_path / "deployed")
    site.brief("a", "The weir bridge is open.\n", title="Bridge", tags=["Roads"], date="2026-02-01")
    options: dict[str, Any] = {"carry_from": tmp_path / "deployed"}
    site.build(**options)
    assert site.tree() == site.rebuilt(tmp_path / "clean", **options)
    assert {path for path in before if path not in site.tree()} == set()
    (fragment,) = (path for path in before if "/fragment/" in path)
    assert index(site)[fragment] == before[fragment]
    site.page("404", "Words.\n", search=False)
    assert not [path for path in written(site, **options) if path.startswith("pagefind/")]
    site.build()
    assert fragment not in site.tree()


def written(site: Site, **options: Any) -> set[str]:
    """What a build changes."""
    before = {path: (site.output / path).stat().st_ino for path in site.tree()}
    site.build(**options)
    return {path for path in site.tree() if before.get(path) != (site.output / path).stat().st_ino}
