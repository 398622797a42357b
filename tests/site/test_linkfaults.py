"""Every build checks the links of what it made: what templates got wrong is told, once, by the name of the template."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.site.sites import Site

BASE = "themes/tiny/templates/base.html"


def add(site: Site, text: str, template: str = BASE) -> None:
    path = site.root / template
    path.write_text(path.read_text().replace("</main>", f"{text}\n</main>"))


def told(site: Site, **options: object) -> list[str]:
    return [str(warning) for warning in site.build(**options).warnings]


def test_a_broken_link_of_a_template_is_told_once_with_its_line_and_the_count_of_pages(site: Site) -> None:
    site.brief("a", title="A")
    add(site, '<a href="/nowhere/">x</a>\n<img src="/gone.png" alt="">')
    assert told(site) == [
        f"{BASE}:15: the link to '/gone.png' leads nowhere: this site has no such page (on 7 pages, the first is /)",
        f"{BASE}:14: the link to '/nowhere/' leads nowhere: this site has no such page (on 7 pages, the first is /)",
    ]


def test_a_link_that_a_template_works_out_is_told_with_the_page(site: Site) -> None:
    site.page("about", title="About")
    add(site, '<a href="{{ page.url }}more/">x</a>', "themes/tiny/templates/page.html")
    (site.root / "themes/tiny/templates/page.html").write_text('<a href="{{ page.url }}more/#x">x</a>')
    assert told(site) == [
        "content/about.md: the link to '/about/more/#x' leads nowhere: this site has no such page (on the page /about/)"
    ]


def test_what_a_markdown_file_got_wrong_is_told_with_its_line_and_not_again(site: Site) -> None:
    site.page("about", "[x](/nowhere/) ![y](gone.png) [z](#no) [w](../briefs/a.md#no)\n", title="About")
    site.brief("a", "[hidden](b.md)\n", title="A")
    site.brief("b", title="B", status="draft")
    found = told(site)
    assert [line.partition(": ")[0] for line in found] == ["briefs/a.md:5", *["content/about.md:4"] * 4]


def test_ids_and_anchors_are_checked(site: Site) -> None:
    site.page("about", "## Head\n\n## Main\n", title="About")
    add(site, '<a href="/about/#head">ok</a><a href="/about/#gone">no</a><p id="section-main">x</p>')
    assert told(site) == [
        f"{BASE}:14: the link to '/about/#gone' leads to a page without the anchor 'gone' (on 7 pages, the first is /)",
        f"{BASE}:14: the id 'section-main' stands on more than one element (on the page /about/)",
    ]


def test_a_link_beside_the_base_path_is_told(tmp_path: Path) -> None:
    site = Site(tmp_path / "site", base_url="https://example.org/docs/")
    add(site, '<a href="/about/">x</a><a href="/docs/">y</a>')
    assert told(site) == [
        f"{BASE}:14: the link to '/about/' leads out of the site, whose addresses begin with /docs/ "
        "(on 6 pages, the first is /docs/)"
    ]


def test_strict_builds_fail_and_write_nothing(site: Site) -> None:
    site.build()
    before = site.tree()
    add(site, '<a href="/nowhere/">x</a>')
    assert [problem.code for problem in site.problems(strict=True)] == ["SG504"]
    assert site.tree() == before


def test_warnings_follow_what_pages_become_and_outlive_builds_without_changes(site: Site) -> None:
    add(site, '<a href="/briefs/a/">x</a>')
    assert len(told(site)) == 1
    site.brief("a", title="A")
    assert told(site) == []
    site.remove("briefs/a.md")
    assert len(told(site)) == 1
    assert len(told(site)) == 1, "nothing has changed"


@pytest.mark.parametrize("damage", ["lost", "damaged"])
def test_a_book_that_is_gone_is_made_again(site: Site, damage: str) -> None:
    add(site, '<a href="/nowhere/">x</a>')
    site.brief("a", title="A")
    site.build()
    (book,) = (site.root / ".sitegen/build").glob("links-*[!s]")
    book.unlink() if damage == "lost" else book.write_bytes(book.read_bytes()[:-5])
    site.brief("b", title="B")
    assert ["on 8 pages" in line for line in told(site)] == [True]


def test_a_menu_entry_that_leads_nowhere_is_told_once(tmp_path: Path) -> None:
    site = Site(tmp_path / "site", more='[[site.menu]]\ntitle = "Gone"\nurl = "/gone/"\n')
    assert [line.partition(":")[0] for line in told(site)] == ["sitegen.toml"]


def test_links_to_notes_are_checked_like_all_others(site: Site) -> None:
    text = "A[^1] b[^1] c[^2].\n\n[ok](#fn1) [ok](#fnref1) [ok](#fnref1:1) [ok](#fn2)\n[no](#fn3) [no](#fnref2:1)\n"
    site.page("about", f"{text}\n[^1]: One.\n[^2]: *Two*.\n", title="About")
    site.brief("a", f"{text}\n[^1]: One.\n[^2]: Two.\n", title="A")
    assert told(site) == [
        f"{path}: the link to {anchor!r} leads to a page without the anchor {anchor[1:]!r}"
        for path, anchor in [
            *(("briefs/a.md:8", anchor) for anchor in ("#fn3", "#fnref2:1")),
            *(("content/about.md:7", anchor) for anchor in ("#fn3", "#fnref2:1")),
        ]
    ]
