"""A Markdown twin says what its page says, and no more."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from sitegen.site.machines import twins
from sitegen.site.markdown import filled, render
from sitegen.site.page import Link, Page


def page(**fields: Any) -> Page:
    known: dict[str, Any] = {
        "kind": "brief",
        "path": "briefs/a.md",
        "url": "/briefs/a/",
        "permalink": "https://example.org/briefs/a/",
        "title": "A",
        "summary": "",
        "date": None,
        "language": "en",
    }
    return Page(**{**known, **fields})


def body(source: str, links: dict[str, str] | None = None) -> str:
    return twins.body(source, render(source, "brief").html, links or {}, "brief")


def words(html: str) -> list[str]:
    return re.findall(r"\w+", re.sub(r"<[^>]*>|&#?\w+;", " ", html))


def shown(source: str) -> list[str]:
    """The words that a page made of ``source`` shows."""
    rendered = render(source, "brief")
    return words(filled(rendered.html, [""] * len(rendered.links)))


def said(source: str) -> list[str]:
    """The same without the numbers of footnotes."""
    rendered = render(source, "brief")
    return words(filled(re.sub(r'<sup class="footnote-ref">.*?</sup>', " ", rendered.html), [""] * len(rendered.links)))


def test_the_head_says_what_the_page_shows() -> None:
    made = page(
        title='Say "no": # to *this*',
        summary="Short _one_.",
        date=dt.date(2026, 1, 2),
        tags=(Link("Ä: b", "/tags/a/"),),
        correspondent=Link("Town", "/c/"),
        method="summary",
    )
    text = twins.twin(made, "Text.\n", {}, "brief").decode()
    _, head, rest = text.split("---\n", 2)
    assert yaml.safe_load(head) == {
        "title": 'Say "no": # to *this*',
        "permalink": "https://example.org/briefs/a/",
        "date": "2026-01-02",
        "language": "en",
        "tags": ["Ä: b"],
        "correspondent": "Town",
        "method": "summary",
    }
    assert words(MarkdownIt().render(rest)) == words("Say no to this Short _one_ Text")


def test_links_are_full_addresses_wherever_a_program_reads_them() -> None:
    links = {
        "b.md": "https://example.org/briefs/b/",
        "b.md#x": "https://example.org/briefs/b/#x",
        "/p%20q.png": "https://example.org/p%20q.png",
        "a_(b).md": "https://example.org/c/",
        "#fn": "https://example.org/briefs/a/#fn",
    }
    source = '[b](b.md) [b](b.md#x "T") ![p](</p q.png>) [c](a_(b).md) [r][] [d](#fn)\n\n[r]: b.md\n'
    made = body(source, links)
    assert made == (
        '[b](https://example.org/briefs/b/) [b](https://example.org/briefs/b/#x "T") '
        "![p](https://example.org/p%20q.png) [c](https://example.org/c/) [r][] "
        "[d](https://example.org/briefs/a/#fn)\n\n[r]: https://example.org/briefs/b/\n"
    )


@pytest.mark.parametrize("code", ["`[b](b.md)`", "```\n[b](b.md)\n```", "- ```md\n  [b](b.md)\n  ```"])
def test_code_stays_as_it_is(code: str) -> None:
    assert body(f"{code}\n", {"b.md": "https://example.org/"}).strip() == code


@pytest.mark.parametrize(
    "secret",
    [
        "[//]: # (secret)",
        "[secret]: https://intranet.example/secret",
        "[used]: /secret",
        "[^1]: secret",
        "[^9]: Long\n\n    secret paragraph",
        "> [secret]: /x",
        "- [secret]: /x",
        '[x]: /y "secret"\n[x]: /z "secret"',
    ],
)
def test_what_the_page_does_not_show_is_left_out(secret: str) -> None:
    source = f"Text with `[secret_in_code]: x`.\n\n{secret}\n\nMore.[^2]\n\n[^2]: A note.\n"
    assert "secret" not in body(source).replace("`[secret_in_code]: x`", "")
    assert "A note" in body(source)


def test_a_used_definition_stays() -> None:
    source = "[Text][a b] and [^1].\n\n[A  b]: https://example.org/ 'Title'\n[^1]: Note\n"
    assert body(source) == source


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ("a <b>c</b> <!-- d -->\n", "a \\<b>c\\</b> \\<!-- d -->\n"),
        ("<script>\nalert(1)\n</script>\n", "\\<script>\nalert(1)\n\\</script>\n"),
        ("1 < 2, <https://a.example/> <x@y.example>\n", "1 < 2, <https://a.example/> <x@y.example>\n"),
        ("<javascript:alert(1)>\n", "\\<javascript:alert(1)>\n"),
        ("`<b>` and <b>\n", "`<b>` and \\<b>\n"),
        ("    <b>\n\n<b>\n", "    <b>\n\n\\<b>\n"),
        ("| a |\n| --- |\n| `x | <b>` |\n", "| a |\n| --- |\n| `x | \\<b>` |\n"),
        ("[x](javascript:alert(1))\n", "[x]\\(javascript:alert(1))\n"),
        ("[x](java&#115;cript:alert(1))\n", "[x]\\(java&#115;cript:alert(1))\n"),
        ("[x](javascript:a((1)))\n", "[x]\\(javascript:a((1)))\n"),
        ("[x]\n\n[x]: javascript:a\n", "[x]\n\n[x]\\: javascript:a\n"),
    ],
)
def test_text_of_strangers_is_text_for_every_reader(source: str, made: str) -> None:
    found = body(source)
    assert found == made
    strict = MarkdownIt("commonmark", {"html": True})
    tokens = [child.type for token in strict.parse(found) for child in (token, *(token.children or ()))]
    assert not {"html_block", "html_inline"} & set(tokens)


def squeezed(html: str) -> str:
    return re.sub(r"\s+", "", html)


PIECES = [
    *("word ", "\n", "\n\n", "`", "``", "```\n", "~~~\n", "<b>", "</b>", "<!--", "-->", "<?x", "\\", "*", "_", "$"),
    *("> ", "- ", "1. ", "    ", "|", "\n| a | b |\n| --- | --- |\n", "[t](", ")", "]", "[", "[x]: ", "[x]", "[^1]"),
    *("<https://a.example/>", "<javascript:x>", "javascript:x", "/y", "&lt;", "&#60;", '"t"', "(", "# ", "\t", "!"),
    *("[^1]: ", "<b", ">", "<a@b.c>", "{", "}", ":"),
]


@settings(max_examples=400, deadline=None)
@example("- >[x]: <!--")
@example("word [^1]: [^1]: \n[^1]: [x]: word ")
@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_whatever_is_written_the_twin_is_plain_and_says_the_same(source: str) -> None:
    found = body(source)
    strict = MarkdownIt("commonmark", {"html": True}).enable("table")
    strict.validateLink = lambda url: True  # type: ignore[method-assign]
    tokens = [child for token in strict.parse(found) for child in (token, *(token.children or ()))]
    assert not [token.content for token in tokens if token.type in ("html_block", "html_inline")]
    assert not [token.attrs for token in tokens if str(token.attrs.get("href")).startswith("javascript")]
    assert said(found) == said(source)
    if "]:" in source:
        return  # where a definition was the whole of a list's item, what follows may lose its place
    assert squeezed(render(found, "brief").html) == squeezed(render(source, "brief").html)
