"""The rules of hosts: as Netlify's own tools were seen to follow them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitegen.serve.rules import Rules, opened


def led(
    redirects: str, address: str, *, there: bool = False, languages: tuple[str, ...] = ()
) -> tuple[int, str] | None:
    path, _, query = address.partition("?")
    found = Rules.read("", redirects).redirect(path, query, languages, there=there)
    return None if found is None else (found[0].status, found[1])


@pytest.mark.parametrize(
    ("rule", "address", "expected"),
    [
        ("/a /b", "/a", (301, "/b")),
        ("/a /b 302", "/a/", (302, "/b")),
        ("/a/ /b 301!", "/a", (301, "/b")),
        ("/a /b 200", "/a", (200, "/b")),
        ("/a /b 404", "/a", (404, "/b")),
        ("/a /404.html 410!", "/a", (410, "/404.html")),
        ("/a /b # former", "/a", (301, "/b")),
        ("# /a /b", "/a", None),
        ("/a", "/a", None),
        ("/a b", "/a", None),
        ("/a /b", "/A", None),
        ("/a /b", "/a/c", None),
        ("/a /b", "/a?x=1&y=2", (301, "/b?x=1&y=2")),
        ("/a /b?z=3", "/a?x=1", (301, "/b?z=3")),
        ("/a/* /b/:splat", "/a/c/d", (301, "/b/c/d")),
        ("/a/* /b/:splat", "/a", (301, "/b/")),
        ("/a/* /b", "/ab", None),
        ("/* /index.html 200", "/any/thing", (200, "/index.html")),
        ("/n/:year/:name /briefs/:name/?y=:year", "/n/2020/x", (301, "/briefs/x/?y=2020")),
        ("/n/:year /b", "/n/2020/x", None),
        ("/q k=:k /found/:k", "/q?k=v", (301, "/found/v")),
        ("/q k=v /found", "/q?k=w", None),
        ("/q k=v /found", "/q", None),
        ("/a https://example.org/x/:splat", "/a", (301, "https://example.org/x/:splat")),
        ("/a/* https://example.org/x/:splat", "/a/b", (301, "https://example.org/x/b")),
        ("/a%20b /c", "/a b", (301, "/c")),
        ("/a /a/", "/a", None),
        ("/a /b 301 Country=de", "/a", None),
        ("/a /b 301 Role=admin", "/a", None),
        ("/a /de 302 Language=de\n/a /en", "/a", (301, "/en")),
        ("/a /b\n/a /c", "/a", (301, "/b")),
    ],
)
def test_the_first_rule_that_fits_decides(rule: str, address: str, expected: tuple[int, str] | None) -> None:
    assert led(rule, address) == expected


def test_a_language_is_the_first_that_the_reader_wants() -> None:
    rules = "/a /de 302 Language=de,fr\n/a /en"
    assert led(rules, "/a", languages=("fr", "de")) == (302, "/de")
    assert led(rules, "/a", languages=("en", "de")) == (301, "/en")


def test_a_file_that_is_there_wins_unless_the_rule_is_forced() -> None:
    assert led("/a /b", "/a", there=True) is None
    assert led("/a /b 301!", "/a", there=True) == (301, "/b")


def test_what_a_part_stands_for_cannot_lead_elsewhere() -> None:
    assert led("/go/* /:splat", "/go/%2Fevil.example") == (301, "/evil.example")
    assert led("/go/:name /to/:name", "/go/a%0D%0Ab") == (301, "/to/a%0D%0Ab")


def test_headers_of_all_paths_that_fit_come_together_and_later_ones_count() -> None:
    rules = Rules.read(
        "# all\n/*\n  X-A: 1\n  X-B: 1\n/docs/*\n  X-A: 2\n  Link: </a>\n  Link: </b>\n/:one/end\n  X-C: 3\n"
        "  Date: x\n",
        "",
    )
    assert rules.headers_for("/") == {"x-a": "1", "x-b": "1"}
    assert rules.headers_for("/docs/x/y") == {"x-a": "2", "x-b": "1", "link": "</a>, </b>"}
    assert rules.headers_for("/docs/end")["x-c"] == "3"
    assert "x-c" not in rules.headers_for("/docs/x/end")


@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=50))
def test_no_text_breaks_the_rules(headers: str, redirects: str, path: str) -> None:
    rules = Rules.read(headers, redirects)
    rules.headers_for(f"/{path}")
    rules.redirect(f"/{path}", path, [path], there=False)


def test_the_policy_is_opened_no_further_than_needed() -> None:
    strict = "default-src 'none'; style-src 'self'; script-src 'self'; base-uri 'none'"
    assert opened(strict) == f"{strict}; connect-src 'self'"
    assert opened("img-src 'self'") == "img-src 'self'"
    assert opened("default-src https:; script-src 'none'").startswith("default-src https:; script-src 'self'")
