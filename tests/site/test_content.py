"""Which pages there are, where they are, and what is said when something is wrong with their files."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Callable
from typing import Any

import pytest

from sitegen.errors import AddressTaken, ProvenanceBroken, SitegenError
from tests.site.pictures import drawing
from tests.site.sites import Site


def codes(problems: Any) -> list[str]:
    return sorted(problem.code for problem in problems)


def test_a_site_has_its_pages_where_readers_expect_them(site: Site) -> None:
    site.page("index", "Welcome.\n", title="Front")
    site.page("about", title="About us")
    site.page("help/how-to", title="How to")
    site.brief(
        "one", title="Budget 2026", date=dt.date(2026, 1, 2), tags=["Money"], correspondent="Town", document_type="Plan"
    )
    report = site.build()
    assert report.pages == 4
    assert report.warnings == ()
    assert {path for path in site.tree() if path.endswith(".html")} == {
        "index.html",
        "404.html",
        "about/index.html",
        "archive/index.html",
        "archive/2026/index.html",
        "briefs/budget-2026/index.html",
        "correspondents/index.html",
        "correspondents/town/index.html",
        "help/how-to/index.html",
        "tags/index.html",
        "tags/money/index.html",
        "types/index.html",
        "types/plan/index.html",
    }
    assert "Welcome." in site.out("index.html")
    assert "<title>Front · Tiny</title>" in site.out("index.html")


def test_an_empty_site_is_a_site(site: Site) -> None:
    report = site.build()
    assert report.pages == 0
    assert "<h1>Tiny</h1>" in site.out("index.html")
    assert "1 of 1 (0)" in site.out("archive/index.html")


def test_drafts_and_the_future_stay_at_home(site: Site) -> None:
    site.brief("a", title="Shown", date=dt.date(2026, 6, 1), tags=["Open"])
    site.brief("b", title="Secret draft", status="draft", tags=["Hidden"])
    site.brief("c", title="Secret tomorrow", date=dt.date(2026, 6, 2), tags=["Later"])
    site.page("plan", title="Secret page", status="draft")
    site.build()
    assert not [path for path, data in site.tree().items() if b"ecret" in data or b"idden" in data or b"Later" in data]
    site.build(drafts=True)
    assert site.has("briefs/secret-draft/index.html")
    assert not site.has("briefs/secret-tomorrow/index.html")
    site.build(future=True)
    assert not site.has("briefs/secret-draft/index.html")
    assert site.has("briefs/secret-tomorrow/index.html")


def test_a_page_of_the_future_appears_on_its_day_and_nothing_else_need_change(site: Site) -> None:
    site.brief("a", title="Tomorrow", date=dt.date(2026, 6, 2))
    site.build()
    assert not site.has("briefs/tomorrow/index.html")
    site.build(today=dt.date(2026, 6, 2))
    assert site.has("briefs/tomorrow/index.html")


def test_files_of_hidden_pages_are_not_copied(site: Site) -> None:
    site.write("content/open.txt", "open")
    site.write("content/trip/index.md", "---\ntitle: Trip\nstatus: draft\n---\n")
    private = drawing(20, 10)
    site.write("content/trip/photo.png", private)
    site.page("plan", "![x](figure.png) [y](shared.txt)\n", title="Plan", status="draft")
    site.page("about", "[y](shared.txt)\n", title="About")
    site.write("content/plan/data.csv", "private")
    site.write("content/figure.png", private)
    site.write("content/shared.txt", "shared")
    site.build()
    assert site.out("open.txt") == "open"
    assert site.out("shared.txt") == "shared"
    assert not [path for path, data in site.tree().items() if data in (b"private", private)]
    assert not [path for path in site.tree() if path.startswith("assets/images/")]
    site.build(drafts=True)
    assert site.out("plan/data.csv") == "private"
    assert site.tree()["trip/photo.png"] == site.tree()["figure.png"] == private


def test_hidden_files_and_files_beside_briefs_are_not_copied(site: Site) -> None:
    site.write("content/.secret", "x")
    site.write("content/.git/config", "x")
    site.write("briefs/notes.txt", "x")
    site.build()
    assert not [path for path, data in site.tree().items() if data == b"x"]


@pytest.mark.parametrize(
    ("fields", "address"),
    [
        ({"title": "../../etc/passwd"}, "etc-passwd"),
        ({"title": "T", "slug": "../../etc/passwd"}, "etc-passwd"),
        ({"title": "T", "slug": "/"}, "t"),
        ({"title": "T", "slug": ".."}, "t"),
        ({"title": "?!…"}, "the-file"),
        ({"title": ""}, "the-file"),
        ({"title": "index"}, "index-1"),
        ({"title": "Ünïcödé straße 東京"}, "unicode-strasse-dong-jing"),
        ({"title": "a" * 500}, "a" * 80),
        ({"title": "word " * 100}, "word-" * 15 + "word"),
        ({"title": "\u202egnp.exe"}, "gnp-exe"),
        ({"title": "a\0b"}, "ab"),
        ({"title": "<b>&amp;</b>"}, "b-b"),
        ({"title": 2024}, "2024"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_every_title_gives_an_address_inside_the_site(site: Site, fields: dict[str, Any], address: str) -> None:
    site.brief("The File", **fields)
    site.build()
    found = [path for path in site.tree() if path.startswith("briefs/")]
    assert found == [f"briefs/{address}/index.html", f"briefs/{address}/index.md"]


def test_hostile_words_are_shown_as_words(site: Site) -> None:
    site.brief(
        "a", title="<script>x</script>", summary='"><img src=x onerror=y>', tags=["<b>{{ 7 * 7 }}"], correspondent="'\""
    )
    site.build()
    pages = b"".join(data for path, data in site.tree().items() if path.endswith((".html", ".xml")))
    assert b"<script" not in pages.replace(b'<script type="application/ld+json">', b"")
    assert b"<img" not in pages
    assert b"{{ 7 * 7 }}" in pages


def test_invisible_characters_do_not_reach_the_page(site: Site) -> None:
    site.brief("a", title="Invoice\u202e\u2066 \u200bcod\0.exe\u2069", summary="a\nb\u2028c")
    site.build()
    text = site.out("briefs/invoice-cod-exe/index.html")
    assert "<h1>Invoice cod.exe</h1>" in text
    assert "<p>a b c " in text


def test_a_file_without_any_usable_name_still_has_an_address(site: Site) -> None:
    site.brief("…", title="!!!")
    site.write("content/¿.md", "text")
    site.build()
    assert len([path for path in site.tree() if path.startswith(("briefs/brief-", "page-"))]) == 4


def test_two_pages_at_one_address_are_both_named(site: Site) -> None:
    site.brief("a", title="Same title")
    site.brief("b", title="Same Title!")
    site.page("archive", title="Mine")
    site.page("About", title="x")
    site.write("content/about.md", "y")
    site.write("content/feed.xml", "z")
    problems = site.problems()
    assert {type(problem) for problem in problems} == {AddressTaken}
    told = "\n".join(map(str, problems))
    assert told.count("briefs/b.md: the address") == 1  # and not once more for its twin
    for name in (
        "briefs/a.md",
        "briefs/b.md",
        "content/archive.md",
        "content/About.md",
        "content/about.md",
        "feed.xml",
    ):
        assert name in told, told
    assert not site.output.exists()


def test_one_source_belongs_to_one_brief_draft_or_not(site: Site) -> None:
    site.brief("a", title="A", source="paperless:12")
    site.brief("b", title="B", source="paperless:12", status="draft")
    (problem,) = site.problems()
    assert problem.code == "SG405"
    assert "briefs/a.md" in str(problem)
    assert "briefs/b.md" in str(problem)


def test_all_broken_files_are_reported_at_once_with_their_lines(site: Site) -> None:
    site.brief("good", title="Good")
    site.write("briefs/a.md", "---\ntitle: A\ntittle: B\ndate: never\n---\n")
    site.write("briefs/b.md", "---\ntitle: [\n---\n")
    site.write("briefs/c.md", "---\ntitle: C\n")
    site.write("briefs/d.md", "---\ntitle: D\ntitle: E\n---\n")
    site.write("content/e.md", b"---\ntitle: E\n---\n\nbad \xff byte\n")
    problems = site.problems()
    assert codes(problems) == ["SG401", "SG402", "SG402", "SG403", "SG404", "SG406"]
    places = {str(problem.place) for problem in problems}
    assert {"briefs/a.md:3", "briefs/a.md:4", "briefs/c.md:1", "briefs/d.md:3", "content/e.md:5"} <= places
    assert not site.output.exists()
    for name in "abcd":
        site.remove(f"briefs/{name}.md")
    site.remove("content/e.md")
    assert site.build().pages == 1


@pytest.mark.parametrize(
    "text", ["", "\ufeff---\ntitle: BOM\n---\nx", "---\r\ntitle: CRLF\r\n---\r\nx", "no front matter", "---\n---\n"]
)
def test_odd_but_sound_files_are_pages(site: Site, text: str) -> None:
    site.write("content/odd.md", text.encode())
    assert site.build().pages == 1


def test_provenance_is_shown_but_only_the_fields_meant_for_it(site: Site) -> None:
    path = site.brief("a", title="A", method="summary", source="paperless:7")
    site.provenance(
        "paperless:7", path, model="qwen:8b", notes=["page 3 unreadable"], text_hash="secret-hash", server="10.0.0.7"
    )
    assert site.build().warnings == ()
    assert "made with qwen:8b, page 3 unreadable" in site.out("briefs/a/index.html")
    assert "edited" not in site.out("briefs/a/index.html")
    assert not [path for path, data in site.tree().items() if b"secret-hash" in data or b"10.0.0.7" in data]
    path.write_text(path.read_text() + "More.\n")
    site.build()
    assert ", edited" in site.out("briefs/a/index.html")


def test_publishing_a_brief_is_no_edit_of_its_text(site: Site) -> None:
    path = site.brief("a", "Text.\n", title="A", summary="S", method="summary", source="x:1", status="draft")
    record = json.loads(site.provenance("x:1", path).read_text())
    record["generated"] |= {"fields": {"title": "A", "summary": "S"}, "body": "Text.\n"}
    (record_path,) = (site.root / "briefs/.provenance").iterdir()
    record_path.write_text(json.dumps(record))
    path.write_text(path.read_text().replace("status: draft", "status: published"))
    site.build()
    assert "edited" not in site.out("briefs/a/index.html")
    path.write_text(path.read_text().replace("Text.", "Other text."))
    site.build()
    assert "edited" in site.out("briefs/a/index.html")


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"made": {}}', '{"source": "x:1", "made": []}', '{"source": "x:1", "made": {"model": []}}']
)
def test_a_broken_provenance_record_is_a_warning(site: Site, text: str) -> None:
    site.brief("a", title="A", method="summary", source="x:1")
    site.write("briefs/.provenance/x.json", text)
    warnings = site.build().warnings
    assert {type(warning) for warning in warnings} == {ProvenanceBroken}
    assert any("briefs/.provenance/x.json" in str(warning) for warning in warnings)
    assert any("briefs/a.md" in str(warning) for warning in warnings)
    assert site.build().warnings[0].message == warnings[0].message, "a build without changes warns as well"
    assert codes(site.problems(strict=True)) == codes(warnings)


def test_what_privacy_hides_is_nowhere(tmp_path: Any) -> None:
    site = Site(tmp_path / "s", more="[privacy]\nshow_correspondent = false\nshow_document_type = false\n")
    site.brief("a", title="A", correspondent="Dr Secret", document_type="Diagnosis")
    site.build()
    assert not [path for path, data in site.tree().items() if b"Secret" in data or b"Diagnosis" in data]
    assert not site.has("correspondents/index.html")
    assert not site.has("types/index.html")


def test_links_between_files_become_addresses(tmp_path: Any) -> None:
    site = Site(tmp_path / "s", base_url="https://example.org/sub")
    site.page(
        "about", "[a](../briefs/a.md#here) [b](help/index.md) [c](data.csv) [d](/tags/) [e](#top2) [f](../archive/)\n"
    )
    site.page("help/index", "[up](../about.md)\n", title="Help")
    site.write("content/data.csv", "1")
    site.brief("a", "## Here\n\n[x](a.md) [y](../content/about.md)\n", title="Some brief")
    assert [str(warning) for warning in site.build().warnings] == [
        "content/about.md:4: the link to '#top2' leads to a page without the anchor 'top2'"
    ]
    text = site.out("about/index.html")
    for href in ("/sub/briefs/some-brief/#here", "/sub/help/", "/sub/data.csv", "/sub/tags/", "#top2", "/sub/archive/"):
        assert f'href="{href}"' in text
    assert 'href="/sub/about/"' in site.out("help/index.html")


def test_files_with_odd_names_are_copied_and_linked(site: Site) -> None:
    site.page("about", "[a](<a b#1?.txt>) [b](%C3%BC%22.txt) [c](<../content/100%25.txt>)\n", title="About")
    site.write("content/a b#1?.txt", "1")
    site.write('content/ü".txt', "2")
    site.write("content/100%.txt", "3")
    (site.root / "content" / os.fsdecode(b"\xff.txt")).write_text("4")
    warnings = site.build().warnings
    assert [warning.message for warning in warnings] == [
        "the link to 'a%20b#1?.txt' leads nowhere: this site has no such page"
    ], "a # must be written as %23"
    assert 'href="/%C3%BC%22.txt"' in site.out("about/index.html")
    assert 'href="/100%25.txt"' in site.out("about/index.html")
    assert b"4" in site.tree().values()
    assert site.build().written == 0


def test_a_link_out_of_the_site_is_refused(site: Site, tmp_path: Any) -> None:
    (tmp_path / "private.txt").write_text("private")
    site.page("about", title="About")
    (site.root / "content/innocent.txt").symlink_to(tmp_path / "private.txt")
    (problem,) = site.problems()
    assert problem.code == "SG603"
    assert "innocent.txt" in problem.message
    assert problem.remedy.startswith("Replace the link")
    site.remove("content/innocent.txt")
    (site.root / "content/same.md").symlink_to(site.root / "content/about.md")
    (site.root / "content/folder").symlink_to(tmp_path)
    assert site.build().pages == 2
    assert not [path for path, data in site.tree().items() if data == b"private"]


def test_the_site_may_have_its_own_files_for_machines(site: Site) -> None:
    site.write("static/robots.txt", "User-agent: *\nDisallow: /\n")
    site.build()
    assert "Disallow" in site.out("robots.txt")


def test_broken_links_are_warnings_and_errors_when_strict(site: Site) -> None:
    site.brief("a", "x\n\n- [one](/nowhere/)\n- [two](gone.md)\n- [three](draft.md)\n- ![img](no.png)\n", title="A")
    site.brief("draft", title="D", status="draft")
    warnings = site.build().warnings
    assert [str(warning.place) for warning in warnings] == [f"briefs/a.md:{line}" for line in (7, 8, 9, 10)]
    assert "is not published" in warnings[2].message
    before = site.tree()
    site.brief("b", title="B")
    problems = site.problems(strict=True)
    assert codes(problems) == ["SG504"] * 4
    assert site.tree() == before, "a strict build that fails writes nothing"


def test_the_menu_is_made_of_the_pages_unless_the_settings_have_one(site: Site) -> None:
    site.page("zeta", title="Zeta", weight=1)
    site.page("alpha", title="Alpha", weight=2)
    site.page("quiet", title="Quiet", menu=False)
    site.page("deep/er", title="Deeper")
    site.brief("a", title="A", tags=["T"])
    site.build()
    nav = site.out("index.html").split("<nav>")[1].split("</nav>")[0]
    assert [part.split("<")[0] for part in nav.split('/">')[1:]] == ["Home", "Briefs", "Topics", "Zeta", "Alpha"]
    site.write(
        "sitegen.toml",
        (site.root / "sitegen.toml").read_text()
        + 'menu = [{title = "Mine", url = "/zeta/"}, {title = "Gone", url = "/x/"}]\n',
    )
    warnings = site.build().warnings
    assert [warning.message for warning in warnings] == ["the menu's 'Gone' leads to /x/, which is not there"]
    assert '<nav><a href="/zeta/">Mine</a>' in site.out("404.html")


def test_terms_with_one_spelling_or_one_address(site: Site) -> None:
    site.brief("a", title="A", tags=["Energy", "C++", "c"])
    site.brief("b", title="B", tags=["energy", "C"])
    site.brief("c", title="C", tags=["Energy", "???", "index"])
    site.build()
    terms = [path for path in site.tree() if path.startswith("tags/")]
    assert len(terms) == len(set(terms)) == 6
    assert "Energy: 3 in Topics" in site.out("tags/energy/index.html")
    assert "C: 2" in site.out("tags/c/index.html") or "c: 2" in site.out("tags/c/index.html")


def test_long_lists_have_pages(site: Site) -> None:
    site.write("sitegen.toml", (site.root / "sitegen.toml").read_text() + "[build]\nper_page = 2\n")
    for number in range(5):
        site.brief(f"b{number}", title=f"Brief {number}", date=dt.date(2026, 1, number + 1), tags=["T"])
    site.build()
    assert "Brief 4" in site.out("index.html")
    assert '<a href="/archive/page/2/">older</a>' in site.out("index.html")
    assert "Brief 0" in site.out("archive/page/3/index.html")
    assert "Brief 0" in site.out("tags/t/page/3/index.html")
    assert '<a href="/archive/">newer</a>' in site.out("archive/page/2/index.html")
    assert not site.has("archive/page/1/index.html")
    site.remove("briefs/b0.md")
    site.build()
    assert not (site.output / "archive/page/3").exists()


def test_a_page_may_choose_its_template(site: Site) -> None:
    site.write("templates/special.html", "special {{ page.title }}")
    site.page("about", title="About", template="special.html")
    site.build()
    assert site.out("about/index.html") == "special About"
    site.page("about", title="About", template="none.html")
    (problem,) = site.problems()
    assert problem.code == "SG501"
    assert "none.html" in problem.message
    assert "content/about.md" in problem.message


def test_an_unreadable_base_url_is_refused(site: Site) -> None:
    with pytest.raises(SitegenError, match="base URL"):
        site.build(base_url="ftp://x")


SLIPS: dict[str, Callable[[str], str]] = {
    "the line is lost": lambda text: text.replace("status: draft\n", ""),
    "a blank line before the fence": lambda text: f"\n{text}",
    "a blank before the fence": lambda text: f" {text}",
    "four dashes": lambda text: text.replace("---", "----"),
    "pluses": lambda text: text.replace("---", "+++", 1),
    "nothing is left": lambda text: "",
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_of_the_pen_publishes_no_draft(site: Site, slip: str) -> None:
    path = site.brief("a", "Hidden words.\n", title="A", status="draft")
    path.write_text(SLIPS[slip](path.read_text()))
    with pytest.raises(SitegenError, match=r"briefs/a\.md"):
        site.build()
    assert "Hidden words" not in "".join(page.read_text() for page in site.root.rglob("public/**/*.html"))
