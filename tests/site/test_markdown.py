"""Markdown comes out as HTML that is safe, addressable and ready for the theme."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitegen.site import markdown
from sitegen.site.markdown import Profile, Rendered, allowed, filled


def render(text: str, profile: Profile = "brief") -> Rendered:
    return markdown.render(text, profile)


def test_common_markdown_is_rendered() -> None:
    html = render("# A\n\n*b* **c** `d` ~~e~~ [f](https://example.org/)\n\n| x | y |\n|---|--:|\n| 1 | 2 |\n").html
    assert '<h1 id="a">A</h1>' in html
    assert "<em>b</em> <strong>c</strong> <code>d</code> <s>e</s>" in html
    assert '<a href="https://example.org/" class="external" rel="noopener">f</a>' in html
    assert '<td class="align-right">2</td>' in html


def test_no_inline_style_is_written() -> None:
    assert "style=" not in render("| x | y | z |\n|:--|:-:|--:|\n| 1 | 2 | 3 |\n").html


def test_raw_html_is_text() -> None:
    html = render("<script>alert(1)</script>\n\na <b onclick=x>b</b> <!-- c -->\n").html
    assert "<script" not in html
    assert "<b" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "&#106;avascript:alert(1)",
        "java&#9;script:alert(1)",
        " javascript:alert(1)",
        "data:text/html;base64,PHNjcmlwdD4=",
        "data:image/png;base64,AAAA",
        "vbscript:x",
        "file:///etc/passwd",
        "sitegen:0",
        "blob:x",
        "x-unknown:y",
    ],
)
def test_addresses_that_may_act_are_refused(url: str) -> None:
    for text in (f"[a]({url})", f"![a]({url})", f"[a]\n\n[a]: {url}", f"<{url}>", f"[a](<{url}>)"):
        html = filled(render(text).html, ["#"] * 9)
        for found in re.findall(r'(?:href|src)="([^"]*)"', html):
            assert ":" not in found.split("%")[0], (text, html)


@pytest.mark.parametrize(
    "url", ["https://a.example", "http://a.example", "mailto:a@b.example", "tel:+49", "/a", "a.md", "#x"]
)
def test_ordinary_addresses_are_allowed(url: str) -> None:
    assert allowed(url)


def test_headings_get_unique_ids_in_any_script() -> None:
    seen = render("# Über uns\n\n## Über uns\n\n## 東京\n\n## مرحبا\n\n## ???\n\n## main\n\n## fn1\n")
    ids = [name for name, _, _ in seen.headings]
    assert ids == ["über-uns", "über-uns-2", "東京", "مرحبا", "section", "section-main", "section-fn1"]
    assert len(set(seen.anchors)) == len(seen.anchors)


def test_the_table_of_contents_leaves_out_headings_in_quotations() -> None:
    assert [text for _, text, _ in render("## A `b` *c*\n\n> ## quoted\n").headings] == ["A b c"]


def test_footnotes_link_both_ways() -> None:
    html = render("A[^x].\n\n[^x]: Note.\n").html
    assert 'href="#fn1" id="fnref1"' in html
    assert '<li id="fn1" class="footnote-item">' in html
    assert 'href="#fnref1"' in html


def test_quotations_in_a_list_are_evidence() -> None:
    html = render("- point\n  > quote\n\n> not evidence\n").html
    assert html.count('<blockquote class="evidence">') == 1
    assert html.count("<blockquote>") == 1


def test_code_is_highlighted_by_classes_when_its_language_is_known() -> None:
    html = render("```python\nx = 1 # <b>\n```\n\n```nonsense\n<b>\n```\n\n    plain\n").html
    assert '<pre class="highlight"><code class="language-python"><span class="n">x</span>' in html
    assert '<pre><code class="language-nonsense">&lt;b&gt;' in html
    assert "&lt;b&gt;</span>" in html


def test_very_long_code_is_left_alone() -> None:
    assert "<span" not in render("```python\n" + "x = 1\n" * 20_000 + "```\n").html


def test_images_load_lazily_and_have_their_text() -> None:
    html = filled(render('![a "b" <c>](p.png "t")').html, ["/p.png"])
    assert html == '<p><img src="/p.png" alt="a &quot;b&quot; &lt;c&gt;" title="t" loading="lazy"></p>\n'


def test_links_of_the_site_are_filled_in_later_with_their_lines() -> None:
    seen = render("a\n[b](b.md)\n[c](/c/)\n\n| x |\n|---|\n| [d](d) |\n")
    assert seen.links == [("b.md", 1), ("/c/", 2), ("d", 6)]
    assert 'href="/B/?a=1&amp;b"' in filled(seen.html, ["/B/?a=1&b", "/C/", "/D/"])


def test_text_cannot_pose_as_an_open_link() -> None:
    seen = render(
        'He wrote href="sitegen:0" and <a href="sitegen:7"> and `src="sitegen:1"` [b](b "href=\\"sitegen:3\\"")'
    )
    html = filled(seen.html, ["/B/"])
    assert html.count("/B/") == 1
    assert 'href="/B/"' in html


def test_words_are_counted_without_addresses_and_marks() -> None:
    assert render("# Two words\n\nand [three more here](https://example.org/long/path) - **bold**\n").words == 8


NASTY: dict[str, Callable[[int], str]] = {
    "brackets": lambda n: "[" * n,
    "images": lambda n: "![" * n,
    "emphasis": lambda n: "*a **b ~~c " * n,
    "ticks": lambda n: "`" * n,
    "quotations": lambda n: "> " * n + "x",
    "lists": lambda n: "- " * n + "x",
    "one word": lambda n: "a" * n * 20,
    "cells": lambda n: "|" * n + "\n" + "|-" * n + "|\n" + "|" * n,
    "rows": lambda n: "|a|b|\n|-|-|\n" + "|a|b|\n" * n,
    "a huge table": lambda n: "|a" * 300 + "|\n" + "|-" * 300 + "|\n" + ("|a" * 300 + "|\n") * (n // 50),
    "notes": lambda n: "".join(f"[^{i}]" for i in range(n)) + "\n\n" + "".join(f"[^{i}]: x\n" for i in range(n)),
    "one note": lambda n: "[^a]" * n + "\n\n[^a]: x\n",
    "less than": lambda n: "<" * n,
    "ampersands": lambda n: "&" * n,
    "headings": lambda n: "## a\n" * n,
    "boxes": lambda n: "> [!note]\n\n" * n,
    "nested boxes": lambda n: "".join("> " * min(i, 90) + "[!note]\n" for i in range(n // 10)),
    "tasks": lambda n: "- [ ] a\n" * n,
    "definitions": lambda n: "a\n: b\n\n" * n,
    "one term": lambda n: "a\n" + ": b\n" * n,
    "nested definitions": lambda n: "a\n" + "".join("  " * min(i, 80) + ": x\n" for i in range(n // 10)),
    "colons": lambda n: "x\n" + ": " * n,
    "braces": lambda n: "`a`{" * n,
    "attributes": lambda n: "[a]{.b}" * n,
    "attributes above nothing": lambda n: "{#a}\n" * n,
    "braces in a heading": lambda n: "## a " + "{a} " * n,
    "dollars": lambda n: "$" * n,
    "money": lambda n: "$5 " * n,
    "formulas": lambda n: "$x$ " * n,
    "open formulas": lambda n: "$$a\n" * n,
    "marked lines": lambda n: "```python {1-9999,1-9999}\nx\n```\n" * (n // 50),
    "strange signs": lambda n: "\0\u202e\ufffe\ud7ff\n" * n,
}


@pytest.mark.parametrize("profile", ["brief", "page"])
@pytest.mark.parametrize("name", NASTY)
def test_hostile_texts_take_time_as_they_have_length(name: str, profile: Profile) -> None:
    def seconds(size: int) -> float:
        text = NASTY[name](size)
        started = time.process_time()
        markdown.render(text, profile, math=True)
        return time.process_time() - started

    # Four times the text takes four times as long, sixteen times if something is quadratic; noise is given its due.
    assert seconds(2_000) < 0.1 or min(seconds(2_000) for _ in range(3)) < 9 * max(seconds(500), 0.01)


TAGS = (
    r"</?(a|b|blockquote|br|code|d[dlt]|div|em|h[1-6]|hr|i|img|input|label|li|m[a-z]+|ol|p|pre|s|section|sitegen-[a-z]+"
    r"|span|strong|sup|t(able|body|d|h|head|r)|u|ul)[ >]"
)
ALLOWED_TAG = re.compile(TAGS)


@given(
    st.text(st.sampled_from("<>\"'=&[]()!*_`~#|-:\n\t aijs/\\scriptonloadhref{}%.$x"), max_size=80),
    st.sampled_from(["brief", "page"]),
)
def test_whatever_is_written_only_our_own_tags_come_out(text: str, profile: Profile) -> None:
    html = filled(markdown.render(text, profile, math=True).html, ["/x/"] * 50)
    for found in re.finditer("<", html):
        assert ALLOWED_TAG.match(html, found.start()), html
    for tag in re.findall(r"<[^>]*>", html):
        assert not re.search(r"""\s(on\w+|style|srcset)\s*=""", re.sub(r'"[^"]*"', '""', tag)), html
