"""Former addresses lead on, and none stands in the way of a page or in a circle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from sitegen.errors import Place, SitegenError
from sitegen.site.machines import redirects
from sitegen.site.machines.redirects import Redirects, Rule

OUTPUTS = {"index.html": "the home page", "about/index.html": "content/about.md", "logo.svg": "static/logo.svg"}


def rule(old: str, new: str = "/about/", status: int = 301, **more: Any) -> Rule:
    return Rule(old, new, status, lambda: Place("sitegen.toml", 7), **more)


def gather(*rules: Rule) -> Redirects:
    return redirects.gather(rules, OUTPUTS, {"/", "/about/", "/logo.svg"}.__contains__)


def told(problems: Sequence[SitegenError]) -> list[str]:
    return [f"{problem.code} {problem}" for problem in problems]


def lines(*rules: Rule, base: str = "/") -> list[str]:
    found = gather(*rules)
    assert (found.problems, found.warnings) == ([], [])
    return redirects.lines(found.rules, base).decode().splitlines()


def test_a_former_address_is_a_line_and_a_page() -> None:
    found = gather(rule("/old/name", title="About <us>", language="de"))
    assert redirects.lines(found.rules, "/sub/") == b"/sub/old/name/ /sub/about/ 301!\n"
    ((path, of),) = found.pages.items()
    assert path == "old/name/index.html"
    page = redirects.page(of, "/sub/", "https://example.org/sub/", "en").decode()
    assert '<html lang="de">' in page
    assert '<meta name="robots" content="noindex">' in page
    assert '<link rel="canonical" href="https://example.org/sub/about/">' in page
    assert '<meta http-equiv="refresh" content="0; url=/sub/about/">' in page
    assert '<a href="/sub/about/">About &lt;us&gt;</a>' in page


def test_lines_of_every_kind() -> None:
    assert lines(
        rule("/a.html"),
        rule("/b.php", "/about/#team"),
        rule("/c/", "https://other.example/x?y=1", 302),
        rule("/d/", "", 410),
        rule("/news/*", "/about/:splat"),
        rule("/über uns".replace(" ", "%20")),
    ) == [
        "/a.html /about/ 301!",
        "/b.php /about/#team 301!",
        "/c/ https://other.example/x?y=1 302!",
        "/d/ /404.html 410!",
        "/news/* /about/:splat 301",
        "/%C3%BCber%20uns/ /about/ 301!",
    ]


def test_only_what_can_have_a_page_has_one() -> None:
    found = gather(rule("/a.html"), rule("/b.php"), rule("/d/", "", 410), rule("/news/*"), rule("/e"))
    assert sorted(found.pages) == ["a.html", "e/index.html"]


@pytest.mark.parametrize(
    "old",
    [
        *(
            "old/",
            "",
            "/",
            "/a b/",
            "/a?b",
            "/a#b",
            "/../x/",
            "/a/../b",
            "/./a",
            "//host/",
            "/a//b",
            "/:slug/",
            "/a/:b",
        ),
        *("/a/%2e%2e/b", "/a%2Fb", "/a%00", "/a\\b", "/a*b", "/*/b", "/<a>", "/a\nb", '/"'),
    ],
)
def test_what_cannot_be_a_former_address_is_refused(old: str) -> None:
    found = gather(rule(old))
    assert [problem.code for problem in found.problems] == ["SG425"]
    assert found.rules == []


@pytest.mark.parametrize(("new", "status"), [("", 301), ("about", 301), ("//x.example/", 301), ("javascript:x", 301)])
def test_what_leads_nowhere_is_refused(new: str, status: int) -> None:
    assert [problem.code for problem in gather(rule("/a/", new, status)).problems] == ["SG425"]


def test_what_is_gone_leads_nowhere() -> None:
    assert [problem.code for problem in gather(rule("/a/", "/about/", 410)).problems] == ["SG425"]


def test_an_address_is_claimed_once() -> None:
    assert told(gather(rule("/a/"), rule("/A", "/")).problems) == [
        "SG426 sitegen.toml:7: the former address /A/ is already redirected to /about/, by sitegen.toml:7"
    ]


@pytest.mark.parametrize("old", ["/about/", "/About", "/about/index.html", "/logo.svg", "/logo.svg/x/"])
def test_a_page_is_not_hidden(old: str) -> None:
    assert [problem.code for problem in gather(rule(old, "/")).problems] == ["SG427"]


def test_circles_are_refused() -> None:
    found = gather(rule("/a/", "/b/"), rule("/b/", "/c"), rule("/c", "/a/"), rule("/d/", "/d/"))
    assert [problem.code for problem in found.problems] == ["SG428"] * 4
    assert "/a/ → /b/ → /c/ → /a/" in str(found.problems[0])


def test_chains_are_shortened_and_told() -> None:
    found = gather(rule("/a/", "/b"), rule("/b/", "/c/"), rule("/c/", "/about/"))
    assert [of.new for of in found.rules] == ["/about/"] * 3
    assert [problem.code for problem in found.warnings] == ["SG429"] * 2
    assert found.warnings[0].remedy == "Let it lead to /about/ at once; the built site does so already."


def test_targets_that_are_not_there_are_told() -> None:
    assert told(gather(rule("/a/", "/nowhere/#x")).warnings) == [
        "SG429 sitegen.toml:7: the redirect from /a/ leads to /nowhere/#x, where nothing is"
    ]


def test_more_than_hosts_take_is_told() -> None:
    found = gather(*(rule(f"/{number}/") for number in range(10_001)))
    assert [problem.code for problem in found.warnings] == ["SG520"]
