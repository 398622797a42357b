"""Visit: a site at an address, and what there is to look at in it."""

from __future__ import annotations

import re
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import unescape
from urllib.parse import urljoin, urlsplit

import httpx

UNCHECKED = "not checked: "
"""How the reason of a check begins that was left out though the site may need it; not so what a site does not have."""
SECONDS_EACH = 10.0
"""That one answer, or one page, may take, unless somebody says otherwise."""
SECONDS = 20.0
"""That a host may take for one answer."""
MOST_FEED_BYTES = 20 << 20
MOST_LOOKS, SECONDS_BETWEEN = 15, 2.0
"""How often a host is asked which build it shows."""


@dataclass
class Visit:
    """The site at ``url``, which ends with a slash; the addresses that it names itself may be those of another host."""

    url: str
    build: str | None = None
    """The build that must be shown."""
    cdn: bool = False
    """Whether what only a host does must be there: what would be skipped fails."""
    redirects: Sequence[tuple[str, str, int]] | None = None
    """Some of the site's rules: from, to, status; None when they are not known."""
    seconds: float = SECONDS_EACH
    """That an answer, or a page with all that it needs, may take."""
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        # A connection that fails is tried again: no good deploy shall be taken back for a hiccup on the way to it.
        self.client = httpx.Client(
            timeout=SECONDS,
            follow_redirects=False,
            headers={"User-Agent": "sitegen smoke"},
            transport=httpx.HTTPTransport(retries=2),
        )

    def get(self, path: str) -> httpx.Response:
        """The answer to a path below the site, or to an address that the site names for itself; one that is late is a
        failure."""
        answer = self.client.get(self.at(path))
        self.in_time(path, answer.elapsed.total_seconds())
        return answer

    def shown(self, sleep: Callable[[float], object] = time.sleep) -> tuple[int, str]:
        """The status and the build that the host names. One with many machines may take a moment until all of them show
        what was promoted, and is asked again for a while."""
        for _ in range(MOST_LOOKS if self.url.startswith("https:") else 1):
            answer = self.client.get(self.at("build.json"))
            found = answer.status_code, _build_of(answer)
            if found[1] == self.build:
                break
            sleep(SECONDS_BETWEEN)
        return found

    def in_time(self, path: str, took: float) -> None:
        assert took <= self.seconds, f"{path or 'the home page'} took {took:.1f} s, more than {self.seconds:g}"

    def at(self, path: str) -> str:
        """The address on this host of one that may be on the site's own."""
        found = urlsplit(path)
        if found.scheme:
            below = found.path.removeprefix(self._own_base)
            return urljoin(self.url, below) + (f"?{found.query}" if found.query else "")
        return urljoin(self.url, path)

    @cached_property
    def home(self) -> str:
        return self.get("").text

    @cached_property
    def _own_base(self) -> str:
        """The path of the home page at the address that the site has for the public."""
        found = re.search(r'<link[^>]+rel="?canonical"?[^>]+href="?([^">\s]+)', self.home)
        base = urlsplit(unescape(found[1])).path if found else "/"
        return base if base.endswith("/") else f"{base}/"

    @cached_property
    def feeds(self) -> list[str]:
        """The addresses of the site's feeds, as its home page names them."""
        links = re.findall(r"<link\b[^>]*>", self.home)
        kinds = ("application/atom+xml", "application/rss+xml", "application/feed+json")
        found = [re.search(r'href="?([^">\s]+)', link) for link in links if any(kind in link for kind in kinds)]
        return [unescape(one[1]) for one in found if one]

    @cached_property
    def sitemap(self) -> list[str]:
        """All addresses of the sitemap, of its parts when it has some."""
        tree = parsed(self.get("sitemap.xml").content)
        places = [(one.text or "").strip() for one in tree.iter() if one.tag.endswith("}loc") or one.tag == "loc"]
        if not tree.tag.endswith("sitemapindex"):
            return places
        return [place for part in places for place in self._part(part)]

    def _part(self, address: str) -> list[str]:
        tree = parsed(self.get(address).content)
        return [(one.text or "").strip() for one in tree.iter() if one.tag.endswith("}loc")]

    @cached_property
    def sample(self) -> list[str]:
        """Up to 25 addresses from all over the sitemap."""
        step = max(len(self.sitemap) // 25, 1)
        return self.sitemap[::step][:25]

    @cached_property
    def brief(self) -> tuple[str, str] | None:
        """The address and title of the newest brief, as the feed has it."""
        for feed in self.feeds:
            answer = self.get(feed)
            if "xml" not in answer.headers.get("content-type", "") or len(answer.content) > MOST_FEED_BYTES:
                continue
            tree = parsed(answer.content)
            for entry in tree.iter():
                if entry.tag.rpartition("}")[2] in ("entry", "item"):
                    parts = {child.tag.rpartition("}")[2]: child for child in entry}
                    link = parts["link"].get("href") or (parts["link"].text or "").strip()
                    return link, (parts["title"].text or "").strip()
        return None

    @cached_property
    def lists(self) -> list[str]:
        """The addresses that the home page leads to on this site, its own files aside."""
        return list(dict.fromkeys(urljoin(urlsplit(self.url).path, link) for link in links(self.home)))

    @cached_property
    def term(self) -> str | None:
        """A list of what has something in common with the newest brief, such as a topic: the brief leads to it, and it
        lies below a list that is not that of the briefs."""
        if self.brief is None:
            return None
        brief = urlsplit(self.at(self.brief[0])).path
        base = urlsplit(self.url).path
        for link in links(self.get(self.brief[0]).text):
            path = urljoin(brief, link)
            parts = path.removeprefix(base).strip("/").split("/")
            if len(parts) == 2 and parts[0] != brief.removeprefix(base).split("/")[0] and path.startswith(base):
                return path
        return None


def _build_of(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["build"])
    except (ValueError, KeyError, TypeError):
        return ""


def links(html: str) -> list[str]:
    """The addresses that a page leads to on its own site, files aside."""
    found = [unescape(link) for link in re.findall(r'<a\b[^>]*\bhref="?([^"#>\s]+)', html)]
    return [link for link in found if not urlsplit(link).scheme and link.endswith("/")]


def parsed(xml: bytes) -> ET.Element:
    """The root of a feed or sitemap. One with a document type is refused: it could grow without end."""
    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
        raise ValueError("it has a document type, which no feed or sitemap needs")
    return ET.fromstring(xml)  # noqa: S314  # what makes it dangerous was refused
