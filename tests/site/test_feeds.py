"""The files for machines are valid, and say what the pages say."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from xml.etree import ElementTree

from tests.site.sites import Site

ATOM = "{http://www.w3.org/2005/Atom}"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def feed_of(site: Site) -> ElementTree.Element:
    return ElementTree.fromstring(site.out("feed.xml"))


def entries(site: Site) -> dict[str | None, ElementTree.Element]:
    return {entry.findtext(f"{ATOM}title"): entry for entry in feed_of(site).iter(f"{ATOM}entry")}


def test_the_feed_holds_the_newest_briefs(site: Site) -> None:
    site.write("sitegen.toml", (site.root / "sitegen.toml").read_text() + "[build]\nfeed_items = 2\n")
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
    assert text.startswith("/sub/*\n  Content-Security-Policy: default-src 'none';")
    assert "unsafe" not in text
    assert "/sub/assets/*\n  Cache-Control: public, max-age=31536000, immutable" in text
