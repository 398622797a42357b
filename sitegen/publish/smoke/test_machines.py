"""What machines read: feeds, sitemap, headers, redirects, the 404 page, the build."""

from __future__ import annotations

import json
import re
from urllib.parse import urljoin, urlsplit

import pytest

from sitegen.publish.smoke.visit import UNCHECKED, Visit, parsed


def test_the_build_is_the_expected_one(visit: Visit) -> None:
    if visit.build is None:
        pytest.skip(f"{UNCHECKED}no build was named")
    status, shown = visit.shown()
    assert status == 200, f"build.json: HTTP {status}"
    assert shown == visit.build, f"the host shows build {shown}, not {visit.build}"


def test_each_feed_can_be_read(visit: Visit) -> None:
    if not visit.feeds:
        pytest.skip("the home page names no feed")
    for feed in visit.feeds:
        answer = visit.get(feed)
        assert answer.status_code == 200, f"{feed}: HTTP {answer.status_code}"
        if "json" in answer.headers.get("content-type", ""):
            assert isinstance(json.loads(answer.text)["items"], list), feed
        else:
            assert parsed(answer.content).tag.rpartition("}")[2] in ("feed", "rss"), feed


def test_the_addresses_of_the_sitemap_answer(visit: Visit) -> None:
    assert visit.sitemap, "the sitemap is empty"
    lost = [place for place in visit.sample if visit.get(place).status_code != 200]
    assert not lost, f"no page at {', '.join(lost[:5])}"


def test_the_newest_brief_of_the_feed_is_there(visit: Visit) -> None:
    if visit.brief is None:
        pytest.skip("there is no brief")
    place, title = visit.brief
    answer = visit.get(place)
    assert answer.status_code == 200, f"{place}: HTTP {answer.status_code}"
    assert "<h1" in answer.text, f"{title} ({place}) has no headline"


def test_what_is_not_there_is_404(visit: Visit) -> None:
    for path in ("no-such-page-6f1d/", "no-such-page-6f1d.html", "assets/no-such-file-6f1d.css"):
        answer = visit.get(path)
        assert answer.status_code == 404, f"/{path}: HTTP {answer.status_code}"


def test_a_page_is_found_without_its_slash(visit: Visit) -> None:
    place = visit.brief[0] if visit.brief else next(iter(visit.lists), "")
    if not place.endswith("/"):
        pytest.skip("no page has an address that ends with a slash")
    answer = visit.client.get(visit.at(place).rstrip("/"), follow_redirects=True)
    assert answer.status_code == 200, f"{place.rstrip('/')}: HTTP {answer.status_code}"


def test_the_security_headers_are_sent(visit: Visit) -> None:
    headers = visit.get("").headers
    policy = headers.get("content-security-policy", "")
    assert "default-src" in policy, "the home page has no content security policy"
    assert "unsafe-inline" not in policy, "the policy allows inline scripts or styles"
    assert headers.get("x-content-type-options") == "nosniff", "X-Content-Type-Options is not nosniff"
    assert headers.get("referrer-policy"), "there is no Referrer-Policy"
    if visit.cdn and visit.url.startswith("https:"):
        assert "strict-transport-security" in headers, "there is no Strict-Transport-Security"


def test_files_with_a_fingerprint_may_be_kept(visit: Visit) -> None:
    found = re.findall(r'(?:href|src)="?([^">\s]*/assets/[^">\s]+\.(?:css|js))', visit.home)
    if not found:
        pytest.skip("the home page has no assets")
    kept = visit.get(urljoin(urlsplit(visit.url).path, found[0])).headers.get("cache-control", "")
    assert "immutable" in kept, f"{found[0]}: Cache-Control is {kept!r}"
    page = visit.get("").headers.get("cache-control", "")
    assert "immutable" not in page, "the home page may be kept for ever"


def test_former_addresses_lead_on(visit: Visit) -> None:
    if visit.redirects is None:
        pytest.skip(f"{UNCHECKED}the site's rules are not at hand")
    for old, new, status in visit.redirects:
        answer = visit.get(old)
        assert answer.status_code == status, f"{old}: HTTP {answer.status_code}, not {status}"
        if 300 <= status < 400:
            led = urlsplit(urljoin(visit.at(old), answer.headers["location"]))
            wanted = urlsplit(urljoin(visit.at(old), new))
            assert led.path == wanted.path, f"{old} leads to {led.path}, not {wanted.path}"
