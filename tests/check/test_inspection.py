"""``sitegen check`` finds what a build does not stop for, and names the file and the line."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from PIL import Image

from sitegen import settings
from sitegen.check.inspection import Inspection
from sitegen.cli import run
from tests.servers.web import Web
from tests.site.sites import Site

THEME = "themes/tiny/templates"


def png() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (4, 3)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path / "site")
    site.write("static/logo.png", png())
    site.write(f"{THEME}/partials/menu.html", '<img src="/logo.png" alt="Logo"><a href="/about/">About</a>')
    site.page("about", "Who we are.\n", title="About")
    site.brief("a", "## One\n\n### Two\n", title="A", date="2026-01-01")
    return site


def found(site: Site) -> list[str]:
    """Everything but what the tiny theme itself gets wrong."""
    inspection = Inspection(settings.load(site.root, {}))
    return [f"{one.code} {one}" for one in inspection.findings() if "headings of level 1" not in one.message]


def test_a_site_in_order_has_nothing_to_find(site: Site) -> None:
    assert found(site) == []
    assert not (site.root / "public").exists(), "the site is built into a folder of its own"


def test_images_without_a_text_are_told_with_their_line(site: Site) -> None:
    site.write("content/plan.png", png())
    site.page("about", "Text\n![](plan.png)\nand ![ ](plan.png), not `![](x)` nor ![a plan](plan.png)\n", title="About")
    assert found(site) == [
        "SG435 content/about.md:5: the image 'plan.png' has no text for those who cannot see it",
        "SG435 content/about.md:6: the image 'plan.png' has no text for those who cannot see it",
    ]


def test_an_image_of_a_template_without_the_attribute_is_told_once(site: Site) -> None:
    site.write(
        f"{THEME}/partials/menu.html", '<img src="/logo.png"><img src="/logo.png" alt=""><a href="/about/">x</a>'
    )
    (line,) = found(site)
    assert line.startswith("SG435 /: the image '/logo.png' has no text")
    assert "pages, the first is /)" in line


def test_headings_that_skip_a_level_are_told_with_their_line(site: Site) -> None:
    site.page("about", "## One\n\n#### Three\n\n> # Quoted\n\n# Again\n", title="About")
    site.brief("a", "### Deep\n", title="A")
    assert found(site) == [
        "SG436 briefs/a.md:5: a heading of level 3 follows one of level 1",
        "SG436 content/about.md:6: a heading of level 4 follows one of level 2",
        "SG436 content/about.md:10: a heading of level 1 stands in the text; the title of the page is its only one",
    ]


def test_a_template_that_skips_a_level_is_told_by_its_pages(site: Site) -> None:
    site.write(f"{THEME}/page.html", "{% extends 'base.html' %}{% block main %}<h1>x</h1><h3>y</h3>{% endblock %}")
    assert found(site) == ["SG436 content/about.md: a heading of level 3 follows one of level 1 (on the page /about/)"]


def test_files_and_pages_that_nobody_refers_to_are_told(site: Site) -> None:
    site.write("content/lost.pdf", b"x")
    site.write("static/old.png", png())
    site.write("static/robots.txt", b"x")
    site.write("static/used.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>")
    site.write("static/style.css", "a{background:url(used.svg)}")
    site.page("hidden/corner", title="Corner", menu=False)
    brief = site.brief("b", title="B", source="folder:b.txt", method="summary")
    site.provenance("folder:b.txt", brief)
    site.provenance("folder:gone.txt", brief)
    assert sorted(found(site)) == [
        "SG437 content/lost.pdf: no page uses this file",
        "SG437 static/old.png: no page uses this file",
        "SG437 static/style.css: no page uses this file",
        f"SG438 briefs/.provenance/{_name('folder:gone.txt')}: no brief has the source 'folder:gone.txt'",
        "SG439 content/hidden/corner.md: no other page links to this page",
    ]


def _name(source: str) -> str:
    from sitegen import files

    return f"{files.sha256(source)[:20]}.json"


def test_broken_links_come_first(site: Site) -> None:
    site.page("about", "[x](/nowhere/)\n", title="About")
    assert found(site)[0].startswith("SG504 content/about.md:4: ")


def test_the_command_fails_for_problems_and_for_hints_only_when_asked(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.write(f"{THEME}/list.html", "{% extends 'base.html' %}{% block main %}<h1>x</h1>{% endblock %}")
    for name in ("home", "taxonomy", "term", "404"):
        site.write(f"{THEME}/{name}.html", "{% extends 'list.html' %}")
    site.write("static/old.png", png())
    at = ["--site", str(site.root)]
    assert run([*at, "check"]) == 0
    out = capsys.readouterr().out
    assert "hint" in out
    assert "static/old.png" in out
    assert run([*at, "check", "--strict"]) == 1
    assert "SG802" in capsys.readouterr().err
    assert run([*at, "--json", "check"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert {(one["code"], one["place"], one["hint"]) for one in listed} >= {("SG437", "static/old.png", True)}


def test_external_links_are_asked_for_only_when_wanted(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    with Web({"/old": [(301, {"Location": "/new"})], "/new": [(200, {})]}) as web:
        more = '[check]\nprivate = true\ndelay = 0\nignore = ["http://127.0.0.1:1/"]\n'
        site.write("sitegen.toml", (site.root / "sitegen.toml").read_text() + more)
        links = f"[gone]({web.address}/gone#part)\n[old]({web.address}/old)\n[left out](http://127.0.0.1:1/x)\n"
        site.page("about", links, title="About")
        at = ["--site", str(site.root), "--json", "check"]
        run(at)
        assert web.requests == []
        capsys.readouterr()
        assert run([*at, "--external"]) == 1
        told = [one for one in json.loads(capsys.readouterr().out) if one["code"] in ("SG531", "SG532", "SG533")]
        assert [(one["code"], one["place"], one["message"], one["hint"]) for one in told] == [
            ("SG531", "content/about.md:4", f"{web.address}/gone#part is gone (HTTP 404)", False),
            ("SG532", "content/about.md:5", f"{web.address}/old has moved for good: now {web.address}/new", True),
        ]


# --------------------------------------------------------------------------------------------------------------- list


def test_list_shows_what_the_public_does_not_see(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.brief("draft", title="D", status="draft", date="2020-01-01")
    site.brief("later", title="L", date="2999-01-01")
    site.brief("back", title="W", status="withdrawn", date="2019-01-01")
    site.brief("read", title="R", status="review", date="2018-01-01")
    site.page("over", title="O", expires="2020-01-01")
    at = ["--site", str(site.root), "--json", "list"]
    for what, expected in [
        ("drafts", ["D", "R"]),
        ("future", ["L"]),
        ("expired", ["O"]),
        ("withdrawn", ["W"]),
        ("all", ["L", "A", "D", "W", "R", "About", "O"]),
    ]:
        assert run([*at, what]) == 0
        listed = json.loads(capsys.readouterr().out)
        assert [row["title"] for row in listed] == expected
    (row,) = [row for row in listed if row["title"] == "O"]
    assert row == {
        "state": "expired",
        "date": None,
        "publish_at": None,
        "expires": "2020-01-01",
        "title": "O",
        "file": "content/over.md",
        "url": "/over/",
    }
    assert run(["--site", str(site.root), "list", "drafts"]) == 0
    assert "briefs/draft.md" in capsys.readouterr().out


def test_list_shows_the_rest_when_a_file_is_broken(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.write("briefs/broken.md", "---\ntitle: [\n---\n")
    assert run(["--site", str(site.root), "list"]) == 0
    captured = capsys.readouterr()
    assert "briefs/a.md" in captured.out
    assert "briefs/broken.md" in captured.err


def test_parts_of_style_sheets_are_used_by_those_that_import_them(site: Site) -> None:
    site.write("themes/tiny/static/css/main.css", '@import "_part.css" layer(parts);')
    site.write("themes/tiny/static/css/_part.css", "a{color:red}")
    site.write("static/css/_part.css", "a{color:green}")
    site.write("static/css/_other.css", "a{color:blue}")
    assert found(site) == ["SG437 static/css/_other.css: no page uses this file"]
