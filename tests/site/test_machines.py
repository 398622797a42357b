"""Feeds, sitemap, linked data and llms.txt, as functions over a few pages: valid, whatever the pages say."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any
from xml.etree import ElementTree

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sitegen.site.machines import linked, llms, sitemap
from sitegen.site.machines.feeds import FORMATS, Entry, Feed
from sitegen.site.machines.markup import absolute, in_script
from sitegen.site.page import Link, Page, Paginator, SiteInfo, Taxonomy

BASE = "https://example.org/sub/"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
DAY = dt.date(2026, 1, 2)
SITE = SiteInfo(
    title="Tiny",
    description="A <site>.",
    language="en",
    author="",
    base_url=BASE,
    home_url="/sub/",
    feed_url="/sub/feed.xml",
    archive_url="/sub/archive/",
)
HOSTILE = "]]> <b> & ' \" \x00\x0b\ufffe\u2028\u202e</script><!--"

anything = st.text(max_size=30) | st.sampled_from([HOSTILE, ""])


def page(name: str = "a", **fields: Any) -> Page:
    known: dict[str, Any] = {
        "kind": "brief",
        "path": f"briefs/{name}.md",
        "url": f"/sub/briefs/{name}/",
        "permalink": f"{BASE}briefs/{name}/",
        "title": name.upper(),
        "summary": f"About {name}.",
        "date": DAY,
        "language": "en",
    }
    return Page(**{**known, **fields})


def feed(*pages: Page, **fields: Any) -> Feed:
    known: dict[str, Any] = {
        "title": "Tiny",
        "description": "All of it.",
        "language": "en",
        "author": "Us",
        "base_url": BASE,
        "permalink": BASE,
        "name": "",
        "entries": [Entry(one, f"folder:{one.title}") for one in pages],
    }
    return Feed(**{**known, **fields})


def written(kind: str, of: Feed) -> bytes:
    return FORMATS[kind].write(of, f"{BASE}{FORMATS[kind].file}")


@pytest.mark.parametrize("kind", ["atom", "rss"])
def test_a_feed_is_read_back_as_it_was_meant(kind: str) -> None:
    of = feed(
        page("a", body='<p id="x"><a href="/sub/b/">b</a></p>', tags=(Link("T & U", "/t/"),), language="de"),
        page("b", date=dt.date(2025, 12, 31), title="1 < 2", summary="3 < <b>4</b>"),
        full=True,
    )
    found = feedparser.parse(written(kind, of))
    assert not found.bozo
    assert (found.feed.title, found.feed.link) == ("Tiny", BASE)
    assert [link.href for link in found.feed.links if link.rel == "self"] == [f"{BASE}{FORMATS[kind].file}"]
    first, second = found.entries
    assert (first.title, first.link, first.tags[0].term) == ("A", f"{BASE}briefs/a/", "T & U")
    assert first.id.startswith("urn:uuid:")
    assert tuple(first.published_parsed)[:3] == (2026, 1, 2)
    assert first.content[0].value == f'<p id="x"><a href="{BASE}b/">b</a></p>'
    assert second.title == "1 < 2"
    assert second.summary in ("3 < <b>4</b>", "3 &lt; &lt;b&gt;4&lt;/b&gt;")


def test_ids_are_the_same_in_all_formats() -> None:
    of = feed(page("a"), page("b"))
    atom, rss = (feedparser.parse(written(kind, of)) for kind in ("atom", "rss"))
    ids = [entry.id for entry in atom.entries]
    assert [entry.id for entry in rss.entries] == ids
    assert [item["id"] for item in json.loads(written("json", of))["items"]] == ids
    assert len(set(ids)) == 2


def check_json_feed(data: Any) -> None:
    """What https://www.jsonfeed.org/version/1.1/ demands, and that there is nothing else."""
    kinds: dict[str, Any] = {"version": str, "authors": list, "items": list}
    kinds |= dict.fromkeys(("title", "home_page_url", "feed_url", "description", "language"), str)
    assert data["version"] == "https://jsonfeed.org/version/1.1"
    assert {"version", "title", "items"} <= data.keys() <= kinds.keys()
    assert all(isinstance(value, kinds[name]) for name, value in data.items())
    assert all(author.keys() == {"name"} for author in data["authors"])
    for item in data["items"]:
        of: dict[str, Any] = dict.fromkeys(("id", "url", "title", "summary", "language", "date_published"), str)
        of |= {"content_text": str, "content_html": str, "tags": list}
        assert isinstance(item["id"], str)
        assert ("content_text" in item) != ("content_html" in item)
        assert all(isinstance(value, of[name]) for name, value in item.items())
        assert dt.datetime.fromisoformat(item["date_published"]).tzinfo is not None


@settings(max_examples=60, deadline=None)
@given(anything, anything, anything, st.booleans())
def test_whatever_pages_say_feeds_are_well_formed(title: str, summary: str, tag: str, full: bool) -> None:
    one = page(title=title, summary=summary, tags=(Link(tag, "/t/"),), body="<p>x</p>")
    of = feed(one, title=title, description=summary, author=tag, full=full)
    for kind in ("atom", "rss"):
        ElementTree.fromstring(written(kind, of))
    check_json_feed(json.loads(written("json", of)))


def test_an_empty_feed_is_valid() -> None:
    for kind in ("atom", "rss"):
        assert not feedparser.parse(written(kind, feed())).bozo
    check_json_feed(json.loads(written("json", feed(description=""))))


def test_full_addresses_are_put_into_tags_and_nowhere_else() -> None:
    html = (
        '<p>href="/x" <a href="/sub/b/" class="y">b</a> <a href="#fn1">1</a> <a href="https://o.example/">o</a>'
        '<img src="/sub/p.png" srcset="/sub/p-1.webp 480w, /sub/p-2.webp 960w" alt=" src=&quot;/x&quot;"></p>'
    )
    assert absolute(html, f"{BASE}briefs/a/") == (
        f'<p>href="/x" <a href="{BASE}b/" class="y">b</a> <a href="{BASE}briefs/a/#fn1">1</a> '
        f'<a href="https://o.example/">o</a><img src="{BASE}p.png" srcset="{BASE}p-1.webp 480w, {BASE}p-2.webp 960w" '
        'alt=" src=&quot;/x&quot;"></p>'
    )


def entries(count: int) -> list[sitemap.Entry]:
    return [(f"{BASE}{number}/", "2026-01-02" if number % 2 else "", ()) for number in range(count)]


def check_sitemap(data: bytes) -> list[str]:
    """The rules of sitemap.xsd: urls with one loc, then at most one lastmod, then links; the addresses."""
    assert len(data) < 52_428_800
    root = ElementTree.fromstring(data)
    assert root.tag == f"{MAP}urlset"
    assert 1 <= len(root) <= 50_000
    found = []
    for url in root:
        names = [child.tag for child in url]
        assert names[:2] in ([f"{MAP}loc"], [f"{MAP}loc", f"{MAP}lastmod"]) or names[1].endswith("}link")
        text = url.findtext(f"{MAP}loc")
        assert text is not None
        assert len(text) < 2048
        found.append(text)
        if (day := url.findtext(f"{MAP}lastmod")) is not None:
            dt.date.fromisoformat(day)
    return found


def test_a_sitemap_is_one_file_until_it_is_too_long() -> None:
    (data,) = sitemap.parts(entries(50_000))
    assert len(check_sitemap(data)) == 50_000
    first, second = sitemap.parts(entries(50_001))
    assert (len(check_sitemap(first)), check_sitemap(second)) == (50_000, [f"{BASE}50000/"])


@pytest.mark.parametrize(
    "found", [[], entries(3), entries(50_000), [("https://x/" + "&" * 2000, "2026-01-02", ())] * 4000]
)
def test_what_fits_into_one_sitemap_for_certain_does(found: list[sitemap.Entry]) -> None:
    assert sitemap.fits(found)
    assert len(sitemap.parts(found)) == 1


@pytest.mark.parametrize("found", [entries(50_001), [("https://x/" + "a" * 2000, "", ())] * 40_000])
def test_what_may_not_fit_into_one_sitemap_is_not_said_to(found: list[sitemap.Entry]) -> None:
    assert not sitemap.fits(found)


def test_a_sitemap_is_split_by_its_size_too() -> None:
    parts = sitemap.parts(entries(100), largest=2000)
    assert len(parts) > 1
    assert all(len(part) <= 2000 for part in parts)
    assert [url for part in parts for url in check_sitemap(part)] == [permalink for permalink, *_ in entries(100)]


def test_the_index_names_the_parts() -> None:
    root = ElementTree.fromstring(sitemap.index([f"{BASE}sitemap-1.xml", f"{BASE}a&b.xml"]))
    assert root.tag == f"{MAP}sitemapindex"
    assert [part.findtext(f"{MAP}loc") for part in root] == [f"{BASE}sitemap-1.xml", f"{BASE}a&b.xml"]


def test_versions_in_other_languages_stand_beside_their_page() -> None:
    versions = (("en", f"{BASE}a/"), ("de", f"{BASE}de/a/"))
    (data,) = sitemap.parts([(f"{BASE}a/", "2026-01-02", versions), (f"{BASE}b/", "", ())])
    check_sitemap(data)
    links = list(ElementTree.fromstring(data).iter("{http://www.w3.org/1999/xhtml}link"))
    assert [(link.get("rel"), link.get("hreflang"), link.get("href")) for link in links] == [
        ("alternate", *version) for version in versions
    ]


def graph(of: Page, **more: Any) -> Any:
    known: dict[str, Any] = {"description": of.summary, "paginator": None, "above": None}
    return linked.graph(SITE, of, of.title, **{**known, **more})


def test_a_brief_is_a_report_and_says_how_it_came_to_be() -> None:
    report, way = graph(page(tags=(Link("T", "/sub/tags/t/"),), words=7, method="summary", edited=True))["@graph"]
    assert report == {
        "@type": "Report",
        "@id": f"{BASE}briefs/a/",
        "url": f"{BASE}briefs/a/",
        "inLanguage": "en",
        "isPartOf": {"@id": f"{BASE}#site"},
        "publisher": {"@type": "Organization", "name": "Tiny", "url": BASE},
        "datePublished": "2026-01-02",
        "keywords": ["T"],
        "wordCount": 7,
        "digitalSourceType": "https://schema.org/CompositeWithTrainedAlgorithmicMediaDigitalSource",
        "headline": "A",
        "description": "About a.",
    }
    assert [(step["position"], step["name"], step["item"]) for step in way["itemListElement"]] == [
        (1, "Tiny", BASE),
        (2, "A", f"{BASE}briefs/a/"),
    ]


def test_lists_are_collections_below_their_taxonomy() -> None:
    of = page("t", kind="term", url="/sub/tags/t/", permalink=f"{BASE}tags/t/", summary="", date=None)
    paginator = Paginator([page("b")], 1, 1, 1, "/sub/tags/t/", "/sub/tags/t/")
    listed, way = graph(of, paginator=paginator, above=Taxonomy("tags", "Topics", "/sub/tags/"))["@graph"]
    assert (listed["@type"], listed["name"]) == ("CollectionPage", "T")
    assert listed["mainEntity"]["itemListElement"] == [
        {"@type": "ListItem", "position": 1, "url": f"{BASE}briefs/b/", "name": "B"}
    ]
    assert [step["item"] for step in way["itemListElement"]] == [BASE, f"{BASE}tags/", f"{BASE}tags/t/"]


def test_the_home_page_is_the_site() -> None:
    found = graph(page(kind="home", title="Tiny"))
    assert (found["@type"], found["url"]) == ("WebSite", BASE)


@given(anything)
def test_data_stays_in_its_script(text: str) -> None:
    found = in_script({"headline": text})
    assert not set(found) & set("<>&\u2028\u2029")
    assert json.loads(found) == {"headline": text}


def test_llms_txt_has_a_title_a_summary_and_lists() -> None:
    lists = [("Pages", [llms.Entry("About [us]", f"{BASE}about/index.md", "Who *we* are")]), ("Briefs", [])]
    assert llms.llms("Tiny", "A site.", lists).decode() == (
        f"# Tiny\n\n> A site.\n\n## Pages\n\n- [About \\[us\\]]({BASE}about/index.md): Who \\*we\\* are\n"
    )
