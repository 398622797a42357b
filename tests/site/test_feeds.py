"""The files for machines are valid, and say what the pages say."""

from __future__ import annotations

import datetime as dt
import json
import re
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sitegen.site.machines import feeds, llms, twins
from tests.site import pictures
from tests.site.sites import Site

ATOM = "{http://www.w3.org/2005/Atom}"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def feed_of(site: Site) -> ElementTree.Element:
    return ElementTree.fromstring(site.out("feed.xml"))


def entries(site: Site) -> dict[str | None, ElementTree.Element]:
    return {entry.findtext(f"{ATOM}title"): entry for entry in feed_of(site).iter(f"{ATOM}entry")}


def test_the_feed_holds_the_newest_briefs(site: Site) -> None:
    site.write("sitegen.toml", (site.root / "sitegen.toml").read_text() + "[feeds]\nitems = 2\n")
    for day in (1, 2, 3):
        site.brief(f"b{day}", title=f"Day {day}", date=dt.date(2026, 1, day), summary=f"S{day}", tags=["T & U"])
    site.brief("undated", title="Undated")
    site.brief("draft", title="Draft", date=dt.date(2026, 1, 9), status="draft")
    site.build(drafts=True)
    root = feed_of(site)
    assert root.findtext(f"{ATOM}updated") == "2026-01-03T00:00:00Z"
    assert root.findtext(f"{ATOM}author/{ATOM}name") == "Tiny"
    assert list(entries(site)) == ["Day 3", "Day 2"]
    entry = entries(site)["Day 3"]
    assert entry.findtext(f"{ATOM}summary") == "S3"
    link, category = entry.find(f"{ATOM}link"), entry.find(f"{ATOM}category")
    assert link is not None
    assert link.get("href") == "https://example.org/briefs/day-3/"
    assert category is not None
    assert category.get("term") == "T & U"


def test_an_entry_keeps_its_id_when_title_and_address_change(site: Site) -> None:
    site.brief("a", title="Before", date=dt.date(2026, 1, 1), source="paperless:12")
    site.build()
    before = entries(site)["Before"].findtext(f"{ATOM}id")
    site.remove("briefs/a.md")
    site.brief("b", title="After", date=dt.date(2026, 1, 1), source="paperless:12")
    site.build()
    assert entries(site)["After"].findtext(f"{ATOM}id") == before
    assert "paperless" not in site.out("feed.xml")


def test_hostile_words_leave_the_feed_well_formed(site: Site) -> None:
    site.brief("a", title="]]> <b> & \x0b \ufffe \u202e", date=dt.date(2026, 1, 1), summary='"\x01', tags=['"<>&'])
    site.build()
    assert len(entries(site)) == 1


def test_an_empty_feed_is_valid(site: Site) -> None:
    site.build()
    assert feed_of(site).findtext(f"{ATOM}updated") is not None


def test_the_sitemap_lists_what_is_shown(tmp_path: Path) -> None:
    site = Site(tmp_path / "s", base_url="https://example.org/sub/")
    site.brief("a", title="A", date=dt.date(2026, 1, 1), tags=["T"])
    site.brief("b", title="B", status="draft")
    site.page("about", title="About")
    site.build(drafts=True)
    root = ElementTree.fromstring(site.out("sitemap.xml"))
    found = {url.findtext(f"{MAP}loc"): url.findtext(f"{MAP}lastmod") for url in root.iter(f"{MAP}url")}
    for local in ("", "archive/", "briefs/a/", "about/", "tags/", "tags/t/"):
        assert f"https://example.org/sub/{local}" in found
    assert "https://example.org/sub/briefs/b/" not in found
    assert found["https://example.org/sub/briefs/a/"] == "2026-01-01"
    assert "Sitemap: https://example.org/sub/sitemap.xml" in site.out("robots.txt")


def test_hosts_are_told_a_strict_policy(tmp_path: Path) -> None:
    site = Site(tmp_path / "s", base_url="https://example.org/sub/")
    site.build()
    text = site.out("_headers")
    assert "/sub/*.md\n  Content-Type: text/markdown; charset=utf-8\n  X-Robots-Tag: noindex" in text
    assert "/sub/*feed.json\n  Content-Type: application/feed+json; charset=utf-8" in text
    assert text.startswith("/sub/*\n  Content-Security-Policy: default-src 'none';")
    assert "unsafe" not in text
    assert "/sub/assets/*\n  Cache-Control: public, max-age=31536000, immutable" in text


def settle(site: Site, text: str) -> None:
    """Adds to the settings."""
    site.write("sitegen.toml", (site.root / "sitegen.toml").read_text() + text)


def linked(html: str, kind: str) -> list[str]:
    return re.findall(rf'<link rel="alternate" type="{re.escape(kind)}" href="([^"]*)"', html)


def test_sections_and_terms_have_feeds_of_their_own(site: Site) -> None:
    settle(site, '[feeds]\nformats = ["json", "rss"]\n[taxonomies.tags]\nfeed = true\n')
    site.page("news/_index", title="News", section={"feed": True})
    site.page("news/old", title="Old", date=dt.date(2026, 1, 1))
    site.page("news/new", title="New", date=dt.date(2026, 2, 1))
    site.page("news/undated", title="Undated")
    site.brief("a", title="A", date=dt.date(2026, 1, 3), tags=["Water"])
    site.build()
    news = json.loads(site.out("news/feed.json"))
    assert (news["title"], news["home_page_url"]) == ("Tiny: News", "https://example.org/news/")
    assert [item["title"] for item in news["items"]] == ["New", "Old"]
    assert [item["title"] for item in json.loads(site.out("tags/water/feed.json"))["items"]] == ["A"]
    assert [item["title"] for item in json.loads(site.out("feed.json"))["items"]] == ["A"]
    assert site.has("tags/water/rss.xml")
    assert not site.has("feed.xml")
    assert not site.has("correspondents/feed.json")
    kind = "application/feed+json"
    assert linked(site.out("tags/water/index.html"), kind) == ["/tags/water/feed.json", "/feed.json"]
    assert linked(site.out("news/index.html"), kind) == ["/news/feed.json", "/feed.json"]
    assert linked(site.out("briefs/a/index.html"), kind) == ["/feed.json"]


def test_a_site_can_have_no_feed(site: Site) -> None:
    settle(site, "[feeds]\nformats = []\n")
    site.brief("a", title="A", date=dt.date(2026, 1, 3))
    site.build()
    assert not site.has("feed.xml")
    assert linked(site.out("index.html"), "application/atom+xml") == []


def test_whole_texts_stand_in_feeds_with_full_addresses(site: Site) -> None:
    settle(site, '[feeds]\ncontent = "full"\n')
    site.brief("a", "[b](b.md) [^1]\n\n[^1]: Note\n", title="A", date=dt.date(2026, 1, 3))
    site.brief("b", title="B")
    site.build()
    content = entries(site)["A"].findtext(f"{ATOM}content") or ""
    assert '<a href="https://example.org/briefs/b/">b</a>' in content
    assert 'href="https://example.org/briefs/a/#fn1"' in content


def test_each_page_has_a_twin(site: Site) -> None:
    site.brief("a", "[b](b.md)\n", title="A & <b>", source="paperless:12", tags=["T"])
    site.brief("b", title="B", status="draft")
    site.page("index", "Welcome to [it](about.md#x).\n")
    site.page("about", "## X\n", title="About")
    site.page("news/_index", "All of it.\n", title="News")
    site.build(drafts=True)
    assert site.out("briefs/a-b/index.md") == (
        '---\ntitle: "A & <b>"\npermalink: "https://example.org/briefs/a-b/"\nlanguage: "en"\ntags: ["T"]\n'
        'method: "written"\n---\n\n# A \\& \\<b\\>\n\n[b](https://example.org/briefs/b/)\n'
    )
    assert "[it](https://example.org/about/#x)" in site.out("index.md")
    assert site.has("news/index.md")
    assert not site.has("briefs/b/index.md")
    assert linked(site.out("briefs/a-b/index.html"), "text/markdown") == ["/briefs/a-b/index.md"]
    assert linked(site.out("briefs/b/index.html"), "text/markdown") == []
    assert linked(site.out("archive/index.html"), "text/markdown") == []
    assert '<link rel="describedby" type="text/plain" href="/llms.txt">' in site.out("archive/index.html")
    assert "- [About](https://example.org/about/index.md)\n" in site.out("llms.txt")
    assert "briefs/b" not in site.out("llms.txt")


def test_twins_and_llms_can_be_switched_off(site: Site) -> None:
    settle(site, "[llms]\ntwins = false\nindex = false\n")
    site.brief("a", title="A")
    site.build()
    assert not [path for path in site.tree() if path.endswith((".md", "llms.txt"))]
    assert "markdown" not in site.out("briefs/a/index.html")
    assert "llms.txt" not in site.out("briefs/a/index.html")


def test_hostile_words_stay_in_the_cards(site: Site) -> None:
    title = "</script><script>alert(1)</script> \" ' --> &amp;"
    site.brief("a", title=title, slug="a", summary='"><b>', date=dt.date(2026, 1, 1), tags=["</title>"])
    site.build()
    html = site.out("briefs/a/index.html")
    head = html[: html.index("</head>")]
    (data,) = re.findall(r"<script[^>]*>(.*?)</script>", head)
    assert json.loads(data)["@graph"][0]["headline"] == title
    assert "<b>" not in head
    assert '<meta property="og:description" content="&#34;&gt;&lt;b&gt;">' in head
    assert '<link rel="canonical" href="https://example.org/briefs/a/">' in head


@pytest.mark.parametrize("image", ["/me.png", "../me.png"])
def test_a_card_has_the_picture_of_its_page(tmp_path: Path, image: str) -> None:
    site = Site(tmp_path / "s", base_url="https://example.org/sub/")
    site.write("content/me.png", pictures.drawing())
    site.page("news/a", "![Me](../me.png)\n", title="A", image=image)
    site.build(strict=True)
    html = site.out("news/a/index.html")
    (address,) = re.findall('<meta property="og:image" content="([^"]*)"', html)
    assert site.has(address.removeprefix("https://example.org/sub/"))
    assert '<meta property="og:image:width" content="200">' in html
    assert f'"image":"{address}"' in html
    assert '"twitter:card" content="summary_large_image"' in html
    assert f"![Me]({address})" in site.out("news/a/index.md")
    site.write("content/me.png", pictures.drawing(seed=1))
    site.build()
    assert site.tree() == site.rebuilt(tmp_path / "clean")


def test_a_card_can_have_a_picture_from_elsewhere_and_none_that_is_not_there(site: Site) -> None:
    site.page("a", title="A", image="https://other.example/x.png")
    site.page("b", title="B", image="gone.png")
    report = site.build()
    assert '"og:image" content="https://other.example/x.png"' in site.out("a/index.html")
    assert "og:image" not in site.out("b/index.html")
    assert [str(warning) for warning in report.warnings] == [
        "content/b.md: the picture 'gone.png' leads nowhere: this site has no such file"
    ]


def test_a_twin_is_without_the_calls_of_shortcodes(site: Site) -> None:
    site.write("templates/shortcodes/box.html", "{% macro box(x) %}<b>{{ x }}</b>{% endmacro %}")
    body = 'A {{ box("one") }} and `{{ box("two") }}`.\n\n{{ box(\n  "three"\n) }}\n\nEnd {{ not one.\n'
    site.page("a", body, title="A")
    site.build()
    assert site.out("a/index.md").endswith('# A\n\nA  and `{{ box("two") }}`.\n\n\n\nEnd {{ not one.\n')


def test_every_language_has_feeds_and_an_index_of_its_own(site: Site) -> None:
    settle(site, '[languages.de]\ntitle = "Klein"\n')
    site.page("about", "Text.\n", title="About", aliases=["/old/about/"])
    site.page("about.de", "Text.\n", title="Über", aliases=["/alt/"])
    site.brief("a.de", title="A", date=dt.date(2026, 1, 1))
    site.build()
    assert "https://example.org/de/briefs/a/" in site.out("de/feed.xml")
    assert "https://example.org/de/about/index.md" in site.out("de/llms.txt")
    assert "/de/" not in site.out("llms.txt")
    assert 'hreflang="de" href="https://example.org/de/about/"' in site.out("sitemap.xml")
    assert 'hreflang="x-default" href="https://example.org/about/"' in site.out("de/about/index.html")
    assert not site.has("de/sitemap.xml")
    assert not site.has("de/_headers")
    assert site.out("_redirects") == "/old/about/ /about/ 301!\n/alt/ /de/about/ 301!\n"
    assert 'lang="de"' in site.out("alt/index.html")


def test_drafts_and_the_404_page_are_for_nobody(site: Site) -> None:
    site.brief("a", title="A", status="draft")
    site.build(drafts=True)
    for path in ("404.html", "briefs/a/index.html"):
        assert '<meta name="robots" content="noindex">' in site.out(path)
        assert "ld+json" not in site.out(path)
        assert "canonical" not in site.out(path)


def test_a_sitemap_knows_only_days_that_mean_something(site: Site) -> None:
    untouched = site.brief("a", title="A", date=dt.date(1998, 1, 1), source="x:1", method="summary")
    site.provenance("x:1", untouched, at="2026-05-01T12:00:00Z")
    edited = site.brief("b", title="B", date=dt.date(1998, 1, 1), source="x:2", method="summary")
    site.provenance("x:2", edited, at="2026-05-01T12:00:00Z")
    edited.write_text(edited.read_text() + "More.\n")
    site.brief("c", title="C", date=dt.date(2026, 1, 1))
    site.build()
    root = ElementTree.fromstring(site.out("sitemap.xml"))
    days = {url.findtext(f"{MAP}loc"): url.findtext(f"{MAP}lastmod") for url in root.iter(f"{MAP}url")}
    assert [days[f"https://example.org/briefs/{name}/"] for name in "abc"] == ["2026-05-01", None, "2026-01-01"]
    assert days["https://example.org/archive/"] is None


def test_former_addresses_lead_on(tmp_path: Path) -> None:
    site = Site(tmp_path / "s", base_url="https://example.org/sub/")
    settle(site, '[[redirects]]\nfrom = "/news/*"\nto = "/briefs/:splat"\n[[redirects]]\nfrom = "/x"\nto = "/old/a/"\n')
    site.brief("a", "[before](/old/a/)\n", title="A", aliases=["/old/a"])
    report = site.build()
    assert [warning.code for warning in report.warnings] == ["SG429"]
    assert str(report.warnings[0].place).endswith("sitegen.toml:9")
    assert site.out("_redirects") == (
        "/sub/old/a/ /sub/briefs/a/ 301!\n/sub/news/* /sub/briefs/:splat 301\n/sub/x/ /sub/briefs/a/ 301!\n"
    )
    assert 'content="0; url=/sub/briefs/a/"' in site.out("old/a/index.html")
    assert "old/a" not in site.out("sitemap.xml")
    site.brief("a", title="A", aliases=[])
    settle_back = (site.root / "sitegen.toml").read_text().split("[[")[0]
    site.write("sitegen.toml", settle_back)
    site.build()
    assert not site.has("old/a/index.html")
    assert not site.has("_redirects")


def test_a_former_address_that_cannot_be_is_refused_with_its_line(site: Site) -> None:
    settle(site, '[[redirects]]\nfrom = "/b"\nto = "/"\n[[redirects]]\nfrom = "c"\nto = "/"\n')
    site.brief("a", title="A", slug="a", aliases=["/briefs/b/", "/b/"])
    site.brief("b", title="B", slug="b")
    found = [(problem.code, str(problem.place).rpartition("/")[2]) for problem in site.problems()]
    assert found == [("SG427", "a.md:2"), ("SG426", "sitegen.toml:6"), ("SG425", "sitegen.toml:9")]


def test_files_of_the_site_take_the_place_of_those_for_machines(site: Site) -> None:
    for name in ("robots.txt", "_headers", "_redirects", "llms.txt", "feed.xml"):
        site.write(f"static/{name}", "mine")
    site.brief("a", title="A", aliases=["/old/"])
    site.build()
    assert {site.out(name) for name in ("robots.txt", "_headers", "_redirects", "llms.txt", "feed.xml")} == {"mine"}
    assert site.has("old/index.html")


def test_only_what_an_edit_shows_in_is_made_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    for name in ("twin", "llms"):
        module = twins if name == "twin" else llms
        monkeypatch.setattr(module, name, noted(getattr(module, name), name, made))
    kind = feeds.FORMATS["atom"]
    monkeypatch.setitem(feeds.FORMATS, "atom", replace(kind, write=noted(kind.write, "atom", made)))
    settle(site, "[feeds]\nitems = 1\n[llms]\nitems = 1\n")
    site.brief("a", title="A", date=dt.date(2026, 1, 1))
    site.brief("b", title="B", date=dt.date(2026, 1, 2))
    site.build(jobs=1)
    assert sorted(made) == ["atom", "llms", "twin", "twin"]
    made.clear()
    site.brief("a", "New.\n", title="A", date=dt.date(2026, 1, 1))
    site.build(jobs=1)
    assert made == ["twin"]


def noted(function: Callable[..., Any], name: str, calls: list[str]) -> Callable[..., Any]:
    def called(*arguments: Any, **options: Any) -> Any:
        calls.append(name)
        return function(*arguments, **options)

    return called


SECRET = "Xylophonquark"
secret_fields = st.fixed_dictionaries(
    {},
    optional={
        "title": st.just(f"About {SECRET}"),
        "slug": st.just(SECRET.lower()),
        "summary": st.just(SECRET),
        "tags": st.just([SECRET, "Water"]),
        "correspondent": st.just(SECRET),
        "document_type": st.just(SECRET),
        "source": st.just(f"paperless:{SECRET}"),
        "aliases": st.just([f"/old/{SECRET}/"]),
        "extra": st.just({"note": SECRET}),
        "image": st.just(f"/{SECRET}.png"),
        "date": st.sampled_from([dt.date(2026, 1, 1), dt.date(2026, 5, 1)]),
    },
)
hidden = st.sampled_from(
    [{"status": "draft"}, {"date": dt.date(2027, 1, 1)}, {"date": dt.date(2020, 1, 1), "expires": dt.date(2026, 6, 1)}]
)


@settings(max_examples=12, deadline=None)
@given(secret_fields, hidden, st.booleans(), st.booleans())
def test_nothing_of_what_is_not_public_is_in_any_file(
    fields: dict[str, Any], why: dict[str, Any], is_page: bool, was_public: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder) / "s")
        settle(site, '[feeds]\nformats = ["atom", "rss", "json"]\ncontent = "full"\n[taxonomies.tags]\nfeed = true\n')
        site.brief("a", title="A", tags=["Water"], date=dt.date(2026, 2, 1))
        write = site.page if is_page else site.brief
        if was_public:
            write("b", f"{SECRET}.\n", **fields)
            site.build()
        write("b", f"{SECRET}.\n", **{**fields, **why})
        site.build()
        for path, data in site.tree().items():
            assert SECRET.lower() not in path.lower()
            assert SECRET.lower().encode() not in data.lower(), path


@pytest.mark.parametrize("kind", ["feeds", "llms", "redirects"])
def test_settings_for_machines_are_followed(site: Site, tmp_path: Path, kind: str) -> None:
    texts = {
        "feeds": '[feeds]\nformats = ["rss"]\ncontent = "full"\n',
        "llms": "[llms]\nitems = 1\n",
        "redirects": '[[redirects]]\nfrom = "/x"\nstatus = 410\n',
    }
    site.brief("a", "Text.\n", title="A", date=dt.date(2026, 1, 1))
    site.brief("b", title="B", date=dt.date(2026, 1, 2))
    site.build()
    settle(site, texts[kind])
    site.build()
    assert site.tree() == site.rebuilt(tmp_path / "clean")
