"""States: what is public is shown everywhere, and of what is not there is no byte anywhere."""

from __future__ import annotations

import datetime as dt
import gzip
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.site.pictures import photo
from tests.site.sites import TODAY, Site

TOMORROW, YESTERDAY = TODAY + dt.timedelta(1), TODAY - dt.timedelta(1)
UNPUBLISHED: dict[str, dict[str, Any]] = {
    "draft": {"status": "draft"},
    "review": {"status": "review"},
    "withdrawn": {"status": "withdrawn", "withdrawn_at": YESTERDAY},
    "withdrawn with a notice": {"status": "withdrawn", "notice": "The figures were wrong."},
    "withdrawn before its day": {"status": "withdrawn", "publish_at": TOMORROW, "notice": "Never mind."},
    "publish_at in the future": {"status": "published", "publish_at": TOMORROW},
    "date in the future": {"status": "published", "date": TOMORROW},
    "expired": {"status": "published", "expires": TODAY},
}
CANARY = "Zxqv"
"""How everything that only the unpublished brief has begins; no other text has these letters."""
MORE = """
[feeds]
formats = ["atom", "rss", "json"]
content = "full"
[taxonomies.tags]
feed = true
[taxonomies.series]
"""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path / "site", more=MORE)
    made.write("themes/tiny/templates/search.html", "<p>{{ site.search.bundle }}</p>")
    made.brief("public", "## Head\n\nWords.\n", title="Public", date=dt.date(2026, 1, 1), tags=["Roads"])
    made.brief("other", "More.\n", title="Other", date=dt.date(2026, 1, 3), tags=["Roads"], source="x:1")
    made.page("about", "About.\n", title="About")
    return made


def secret(site: Site, **state: Any) -> None:
    """A brief with a canary in everything that can be said of it, in the middle of the others."""
    site.write("content/zxqv-shared/zxqv-picture.jpg", photo(60, 40))
    site.write("briefs/zxqv-beside.jpg", photo(40, 60))
    site.write("content/zxqv-shared/zxqv-file.txt", "Zxqvattachment")
    fields: dict[str, Any] = {
        "title": "Zxqvtitle of it",
        "date": dt.date(2026, 1, 2),
        "slug": "zxqv-slug",
        "tags": ["Zxqvtag", "Roads"],
        "correspondent": "Zxqvcorrespondent",
        "document_type": "Zxqvtype",
        "series": ["Zxqvseries"],
        "summary": "Zxqvdek of it.",
        "aliases": ["/zxqv-alias/"],
        "image": "../content/zxqv-shared/zxqv-picture.jpg",
        "source": "folder:Zxqvsource.txt",
        "translation": "Zxqvkey",
        "extra": {"place": "Zxqvextra"},
    }
    body = "## Zxqvheading\n\nZxqvbody ![Zxqvalt](zxqv-beside.jpg) [Zxqvfile](../content/zxqv-shared/zxqv-file.txt)\n"
    path = site.brief("zxqv-name", body, **fields | state)
    site.provenance("folder:Zxqvsource.txt", path, model="zxqvmodel", notes=["Zxqvnote"])


def crawled(root: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of a folder with its name, and what is in it when it is unpacked as well."""
    for path in sorted(found for found in root.rglob("*") if found.is_file()):
        name, data = str(path.relative_to(root)), path.read_bytes()
        yield name, name.encode() + b"\n" + data
        for unpack in (gzip.decompress, zlib.decompress):
            try:
                yield f"{name} (unpacked)", unpack(data)
            except (OSError, EOFError, zlib.error):
                continue


def leaks(root: Path) -> set[str]:
    """The files with a byte of the unpublished brief."""
    return {name for name, data in crawled(root) if CANARY.lower().encode() in data.lower()}


def allowed(state: dict[str, Any]) -> set[str]:
    """The address of what was public once is told to hosts, as gone, and is where its notice is."""
    if state["status"] != "withdrawn" or state.get("publish_at"):
        return set()
    notice = {f"briefs/zxqv-slug/{name}" for name in ("index.html", "gone.html")} if "notice" in state else set()
    return {"_redirects", *notice}


def test_the_crawl_finds_a_published_brief_everywhere(site: Site) -> None:
    secret(site, status="published")
    site.build()
    found = leaks(site.output)
    for place in ("index.html", "feed.xml", "rss.xml", "feed.json", "sitemap.xml", "llms.txt", "_redirects"):
        assert place in found, place
    for place in ("briefs/zxqv-slug/index.html", "briefs/zxqv-slug/index.md", "tags/zxqvtag/index.html"):
        assert place in found, place
    assert any(name.startswith("pagefind/fragment/") for name in found), "also what is compressed"
    assert any(name.startswith("assets/") for name in found)


@pytest.mark.parametrize("state", UNPUBLISHED.values(), ids=UNPUBLISHED)
def test_no_byte_of_an_unpublished_brief_is_in_the_site(site: Site, state: dict[str, Any]) -> None:
    secret(site, **state)
    site.build()
    assert leaks(site.output) == allowed(state)
    assert_gone_is_all_that_is_told(site)


@pytest.mark.parametrize("state", UNPUBLISHED.values(), ids=UNPUBLISHED)
def test_a_brief_that_is_taken_back_leaves_no_byte_behind(site: Site, state: dict[str, Any]) -> None:
    secret(site, status="published")
    site.build()
    assert leaks(site.output)
    secret(site, **state)
    site.build()
    assert leaks(site.output) == allowed(state)
    assert_gone_is_all_that_is_told(site)


@pytest.mark.parametrize("state", UNPUBLISHED.values(), ids=UNPUBLISHED)
def test_an_earlier_build_that_is_carried_forward_brings_nothing_of_it_back(
    site: Site, tmp_path: Path, state: dict[str, Any]
) -> None:
    secret(site, status="published")
    site.build()
    shutil.copytree(site.output, tmp_path / "deploy")
    secret(site, **state)
    site.write("themes/tiny/static/css/main.css", "a { color: red }")
    site.build(carry_from=tmp_path / "deploy")
    assert leaks(site.output) == allowed(state)
    assert len(list(site.output.glob("assets/css/main.*.css"))) == 2, "what the theme had is carried"


def test_the_search_of_pages_that_are_open_goes_on_while_nothing_is_taken_back(site: Site, tmp_path: Path) -> None:
    site.build()
    shutil.copytree(site.output, tmp_path / "deploy")
    site.brief("public", "Other words.\n", title="Public")
    site.build(carry_from=tmp_path / "deploy")
    earlier = {path.name for path in (tmp_path / "deploy/pagefind").rglob("*.pf_*")}
    assert earlier <= {path.name for path in (site.output / "pagefind").rglob("*.pf_*")}


def test_what_is_shown_to_editors_has_a_banner_and_is_in_no_file_for_machines(site: Site) -> None:
    secret(site, status="review")
    site.write("themes/tiny/templates/brief.html", "{{ cards() }}{{ page.state }}{{ page.body }}")
    site.build(drafts=True)
    assert "review<h2" in site.out("briefs/zxqv-slug/index.html")
    machines = {
        "feed.xml",
        "rss.xml",
        "feed.json",
        "sitemap.xml",
        "llms.txt",
        "_redirects",
        "briefs/zxqv-slug/index.md",
    }
    assert not machines & leaks(site.output)
    assert not any(name.startswith("pagefind/") for name in leaks(site.output))
    assert 'content="noindex"' in site.out("briefs/zxqv-slug/index.html")


def assert_gone_is_all_that_is_told(site: Site) -> None:
    if site.has("_redirects"):
        for line in site.out("_redirects").splitlines():
            assert line in (
                "/briefs/zxqv-slug/ /404.html 410!",
                "/zxqv-alias/ /404.html 410!",
                "/briefs/zxqv-slug/ /briefs/zxqv-slug/gone.html 410!",
                "/zxqv-alias/ /briefs/zxqv-slug/gone.html 410!",
            )
    for name in ("index.html", "gone.html"):
        if site.has(f"briefs/zxqv-slug/{name}"):
            html = site.out(f"briefs/zxqv-slug/{name}").lower().replace("/briefs/zxqv-slug/", "")
            assert CANARY.lower() not in html, "its own address is all that the notice has of the brief"


@pytest.mark.parametrize("day", ["before", "after"])
def test_a_brief_comes_and_goes_on_its_days_without_being_touched(site: Site, day: str) -> None:
    secret(site, status="published", publish_at=TODAY, expires=TOMORROW)
    site.build()
    assert leaks(site.output)
    site.build(today=YESTERDAY if day == "before" else TOMORROW)
    assert not leaks(site.output)


# --------------------------------------------------------------------------------------------------------- the one rule


@pytest.mark.parametrize(
    ("date", "publish_at", "expires", "shown"),
    [
        (None, None, None, True),
        (YESTERDAY, None, None, True),
        (TODAY, None, None, True),
        (TOMORROW, None, None, False),
        (TOMORROW, TODAY, None, True),
        (YESTERDAY, TOMORROW, None, False),
        (None, TOMORROW, None, False),
        (YESTERDAY, None, TOMORROW, True),
        (YESTERDAY, None, TODAY, False),
        (TOMORROW, YESTERDAY, TODAY, False),
    ],
)
def test_a_published_page_is_shown_from_publish_at_or_else_its_date_until_it_expires(
    site: Site, date: dt.date | None, publish_at: dt.date | None, expires: dt.date | None, shown: bool
) -> None:
    days: dict[str, Any] = {"date": date, "publish_at": publish_at, "expires": expires}
    site.brief("a", title="A", **{name: day for name, day in days.items() if day is not None})
    site.build()
    assert site.has("briefs/a/index.html") == shown
    site.build(future=True, expired=True)
    assert site.has("briefs/a/index.html"), "nothing but its days keeps it back"


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ("status: ready\n", 3),
        ("status: published\npublish_at: soon\n", 4),
        ("status: published\npublish_at: 2026-06-01 08:00:00\n", 4),
        ("status: published\npublish_at: 2026-06-02\nexpires: 2026-06-02\n", 5),
    ],
)
def test_states_and_days_that_make_no_sense_are_refused_with_their_line(site: Site, fields: str, line: int) -> None:
    site.write("briefs/a.md", f"---\ntitle: A\n{fields}---\n")
    (problem,) = site.problems()
    assert (problem.code, str(problem.place)) == ("SG402", f"briefs/a.md:{line}")


# ------------------------------------------------------------------------------------------------------------ withdrawn


def withdraw(site: Site, name: str = "gone", **fields: Any) -> None:
    known: dict[str, Any] = {
        "title": "Gone",
        "status": "withdrawn",
        "withdrawn_at": dt.date(2026, 5, 31),
        "date": dt.date(2026, 1, 1),
    }
    site.brief(name, "Body.\n", **{**known, **fields})


def redirects(site: Site) -> list[str]:
    return site.out("_redirects").splitlines() if site.has("_redirects") else []


def test_a_withdrawn_brief_is_gone_and_so_are_its_former_addresses(site: Site) -> None:
    withdraw(site, aliases=["/old/"])
    site.build()
    assert redirects(site) == ["/briefs/gone/ /404.html 410!", "/old/ /404.html 410!"]
    assert not site.has("briefs/gone/index.html")
    assert not site.has("old/index.html")


def test_a_notice_stands_at_the_old_address_and_says_when_and_why_and_nothing_else(site: Site) -> None:
    withdraw(site, notice="The sums were <wrong>.\n\nA new brief will follow.", summary="Dek", tags=["Secret"])
    site.build()
    assert redirects(site) == ["/briefs/gone/ /briefs/gone/gone.html 410!"]
    html = site.out("briefs/gone/index.html")
    assert "<h1>Withdrawn</h1>" in html
    assert '<time datetime="2026-05-31">' in html
    assert "<p>The sums were &lt;wrong&gt;.</p>\n<p>A new brief will follow.</p>" in html
    assert '<meta name="robots" content="noindex">' in html
    assert "application/ld+json" not in html
    assert site.out("briefs/gone/gone.html") == html
    told = b"".join(data for path, data in site.tree().items() if not path.startswith(("briefs/gone/", "_redirects")))
    assert not {word for word in (b"Gone", b"Dek", b"Secret", b"Body.", b"briefs/gone/", b"wrong") if word in told}


def test_a_theme_may_have_a_template_for_notices(site: Site) -> None:
    withdraw(site, notice="Why.")
    site.write("templates/withdrawn.html", "{{ page.withdrawn_at|iso }} {{ page.notice|join }} {{ page.kind }}")
    site.build()
    assert site.out("briefs/gone/index.html") == "2026-05-31 Why. withdrawn"


def test_what_has_come_to_the_address_since_counts_more_than_that_something_is_gone(site: Site) -> None:
    withdraw(site, notice="Why.", aliases=["/about/", "/moved/", "/no way/", "/"])
    site.brief("better", title="Better", slug="gone", aliases=["/moved/"])
    site.build()
    assert "Better" in site.out("briefs/gone/index.html")
    assert not site.has("briefs/gone/gone.html")
    assert redirects(site) == ["/moved/ /briefs/gone/ 301!"]


def test_a_pattern_for_many_does_not_hide_that_one_is_gone(site: Site) -> None:
    withdraw(site)
    text = (site.root / "sitegen.toml").read_text()
    site.write("sitegen.toml", text + '[[redirects]]\nfrom = "/briefs/*"\nto = "/archive/"\n')
    site.build()
    assert redirects(site) == ["/briefs/gone/ /404.html 410!", "/briefs/* /archive/ 301"]


def test_pages_of_content_and_of_other_languages_are_withdrawn_in_the_same_way(site: Site) -> None:
    site.write("sitegen.toml", (site.root / "sitegen.toml").read_text() + "[languages.de]\n")
    site.page("plan", title="Plan", status="withdrawn", notice="Why.")
    site.page("plan.de", title="Plan", status="withdrawn", notice="Warum.")
    site.page("news/_index", title="News", status="withdrawn")
    site.page("news/one", title="One")
    site.page("news/two", title="Two", status="withdrawn")
    site.page("index", title="Home", status="withdrawn")
    site.build()
    assert redirects(site) == [
        "/news/ /404.html 410!",
        "/plan/ /plan/gone.html 410!",
        "/de/plan/ /de/plan/gone.html 410!",
    ]
    assert "Zurückgezogen" in site.out("de/plan/index.html")
    assert site.has("index.html")


def test_what_nobody_could_see_leaves_no_trace(site: Site) -> None:
    withdraw(site, publish_at=TOMORROW, notice="Why.")
    withdraw(site, "later", date=TOMORROW)
    site.build()
    assert redirects(site) == []
    assert not site.has("briefs/gone/index.html")
