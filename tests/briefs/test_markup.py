"""markup: text from outside shows as just that text."""

from __future__ import annotations

import html
import re

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from sitegen.briefs.markup import escape
from sitegen.text import plain

RENDER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def shown(markdown: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", RENDER.render(markdown))).strip()


@given(st.text(st.characters(codec="utf-8")))
@example("1. one")
@example("# head")
@example("- item")
@example("--- ")
@example("a_b_ _c_ __d__ *e* **f** ~~g~~ `h` ``")
@example("[x](javascript:alert(1)) ![i](y) <script>alert(1)</script> <http://a.b>")
@example("&amp; &#60; & &copy")
@example("> quote")
@example("a | b")
@example("[^1]: note")
@example("\\")
@example("text\n\n    code")
def test_escaped_text_renders_to_itself_as_one_paragraph(text: str) -> None:
    rendered = RENDER.render(escape(text))
    assert shown(escape(text)) == plain(text)
    assert re.fullmatch(r"(<p>[^<]*</p>\n)?", rendered), rendered


def test_readable_text_stays_readable_for_editors() -> None:
    line = "On 12 March 2025 (page 3) the council's snake_case_plan cost EUR 4.2 million - 50% more; see § 4!"
    assert escape(line) == line
