"""Shortcodes: pages call macros of the theme, and nothing else can."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitegen.errors import SitegenError
from sitegen.site.markdown import Rendered, render
from tests.site.pictures import drawing
from tests.site.sites import Site


def page(text: str) -> Rendered:
    return render(text, "page")


def only(text: str) -> tuple[str, tuple[Any, ...], dict[str, Any], bool]:
    """The only call in a text."""
    seen = page(text)
    assert seen.faults == []
    (call,) = seen.calls
    return call.name, call.values, dict(call.named), call.body


# ------------------------------------------------------------------------------------------------------------- syntax


@pytest.mark.parametrize(
    ("text", "values", "named"),
    [
        ("{{ a() }}", (), {}),
        ("{{a()}}", (), {}),
        ("{{ a('x', \"y\") }}", ("x", "y"), {}),
        ("{{ a(1, -2.5, true, False, none) }}", (1, -2.5, True, False, None), {}),
        ("{{ a([1, ['x']], b={'c': 2}) }}", ([1, ["x"]],), {"b": {"c": 2}}),
        ("{{ a('}} \\' ) {{ b() }} `') }}", ("}} ' ) {{ b() }} `",), {}),
        ("{{ a(\n  'x',\n  b='y',\n) }}", ("x",), {"b": "y"}),
        ("{{ a('<b> & \\u00e4 \\d') }}", ("<b> & ä \\d",), {}),
    ],
)
def test_arguments_are_literals(text: str, values: tuple[Any, ...], named: dict[str, Any]) -> None:
    assert only(text) == ("a", values, named, False)
    assert only(f"In {text} text.") == ("a", values, named, False)


@pytest.mark.parametrize(
    "arguments",
    [
        *("x", "x.y", "f()", "1 + 1", "__import__('os')", "lambda: 0", "[x for x in y]", "*a", "**a", "f'{x}'", "b'x'"),
        *("1j", "...", "{1, 2}", "x := 1", "'a' if 1 else 2", "'a'.upper()", "a=1, a=2", "a=1, 2", "'", "(", ")(", "["),
        *("[)]", ") + a(", "{{ b() }}", "1 2", "{**a}", "{x: 1}", "-'a'", "not 1"),
    ],
)
def test_whatever_is_no_literal_is_refused_with_its_line(arguments: str) -> None:
    for text, line in ((f"a\n\n{{{{ a({arguments}) }}}}\n", 2), (f"a\nb {{{{ a({arguments}) }}}}\n", 1)):
        seen = page(text)
        assert [(kind.code, at) for kind, _, at in seen.faults] == [("SG413", line)], seen


@pytest.mark.parametrize(
    "text",
    [
        *("`{{ a() }}`", "```\n{{ a() }}\n```", "    {{ a() }}", "\\{{ a() }}", "{{ a }}", "{{ a.b }}", "{ { a() } }"),
        *("{{ () }}", "{{ a | b }}", "{% if a %}", "{% end", "`{% a() %}`", "```\n{% a() %}\n{% end %}\n```"),
        *("&#123;{ a() }}", "{{ a-b() }}", "{{ 1a() }}", "x {% a() %} y"),
    ],
)
def test_code_and_other_braces_are_text(text: str) -> None:
    seen = page(text)
    assert (seen.calls, seen.faults) == ([], [])
    assert "sitegen-call" not in seen.html


@given(st.text(st.sampled_from("{}%() \n`'\"\\a1,=*[]-end"), max_size=60))
def test_any_text_is_text_calls_or_faults(text: str) -> None:
    seen = page(text)
    assert seen.html.count("<sitegen-call") == seen.html.count("</sitegen-call>")
    if not seen.faults:
        assert seen.html.count("<sitegen-call") <= len(seen.calls)


def test_a_line_of_its_own_is_no_paragraph() -> None:
    html = page("a\n\n{{ b() }}\n{{ c(\n 1) }}\nd {{ e() }}\n").html
    assert html.startswith(
        '<p>a</p>\n<sitegen-call n="0"></sitegen-call>\n<sitegen-call n="1"></sitegen-call>\n<p>d <sitegen-call n="2">'
    )


def test_bodies_are_markdown_and_nest() -> None:
    seen = page("{% a(1) %}\n## Head\n\n- *x*\n  {% b() %}\n  y\n  {% end %}\n\n```\n{% end %}\n```\n{% end %}\n\nz\n")
    assert seen.faults == []
    assert [(call.name, call.body, call.line) for call in seen.calls] == [("a", True, 0), ("b", True, 4)]
    assert [name for name, _, _ in seen.headings] == ["head"]
    assert seen.html.endswith("</sitegen-call>\n<p>z</p>\n")


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("{% a() %}\nx\n", [0]),
        ("x\n\n{% end %}\n", [2]),
        ("- {% a() %}\n  x\n\n{% end %}\n", [0, 3]),
        ("{% a() %}\n> {% end %}\n", [1, 0]),
        ("{% a() %} x\n{% end %}\n", [0]),
        ("{% a( %}\n{% end %}\n", [0]),
        ("{% a() %}\n{% b() %}\n{% end %}\n", [0]),
    ],
)
def test_bodies_begin_and_end_in_the_same_place(text: str, lines: list[int]) -> None:
    assert [line for _, _, line in page(text).faults] == lines


def test_lines_are_those_of_the_file() -> None:
    text = "a\nb {{ c() }} {{ d(\nx=1) }} {{ e() }}\nf [l](l.md) {{ g() }}\n\n- {{ h() }}\n\n  {% i() %}\n  {% end %}\n"
    seen = page(text)
    assert {call.name: call.line for call in seen.calls} == {"c": 1, "d": 1, "e": 2, "g": 3, "h": 5, "i": 7}
    assert seen.links == [("l.md", 3)]


@pytest.mark.parametrize(
    "unit", ["{{ a() }} ", "{{ a() }}\n\n", "{{ a(", "{% a() %}\n", "{% end %}\n", "[{{ a() }}", "{{ a('"]
)
def test_time_grows_with_length(unit: str) -> None:
    import time

    def seconds(times: int) -> float:
        started = time.process_time()
        page(unit * times)
        return time.process_time() - started

    assert seconds(2_000) < 0.1 or min(seconds(2_000) for _ in range(3)) < 9 * max(seconds(500), 0.01)


@pytest.mark.parametrize("text", ["{{ a(" + "[" * 9_000 + "]" * 9_000 + ") }}", "{{ a(" + "-" * 9_000 + "1) }}"])
def test_nested_arguments_are_refused(text: str) -> None:
    assert [kind.code for kind, _, _ in page(text).faults] == ["SG413"]


# -------------------------------------------------------------------------------------------------------------- macros


def shortcode(site: Site, name: str, text: str) -> None:
    site.write(f"templates/shortcodes/{name}.html", text)


def main(site: Site, path: str = "a/index.html") -> str:
    return site.out(path).partition("<main>")[2].partition("</main>")[0]


def test_a_macro_of_the_theme_writes_html(site: Site) -> None:
    site.write(
        "themes/tiny/templates/shortcodes/hi.html",
        "{% macro hi(name, big=false) %}<b{{ ' class=big' if big }}>{{ name }}</b>{% endmacro %}",
    )
    site.page("a", 'Say {{ hi("<you>", big=true) }}!\n', title="A")
    site.build()
    assert "<p>Say <b class=big>&lt;you&gt;</b>!</p>" in main(site)
    shortcode(site, "hi", "{% macro hi(name, big=false) %}own {{ name }}{% endmacro %}")
    site.build()
    assert "<p>Say own &lt;you&gt;!</p>" in main(site)


def test_a_body_is_what_caller_gives(site: Site) -> None:
    shortcode(site, "box", "{% macro box(title) %}<div><p>{{ title }}</p>{{ caller() }}</div>{% endmacro %}")
    site.page(
        "a", "{% box('T') %}\n*b* [l](a.md)\n\n> [!note]\n> n\n\n{% box('U') %}\nc\n{% end %}\n{% end %}\n", title="A"
    )
    site.build()
    assert '<div><p>T</p><p><em>b</em> <a href="/a/">l</a></p>' in main(site)
    assert '<p class="admonition-title">Note</p>' in main(site)
    assert "<div><p>U</p><p>c</p></div></div>" in main(site)


def test_macros_see_the_page_the_site_and_links_as_markdown_writes_them(site: Site) -> None:
    shortcode(
        site,
        "all",
        '{% macro all(href) %}{{ page.title }} {{ site.title }} {{ link(href) }} {{ t("home") }}{% endmacro %}',
    )
    site.write("content/a/plan.txt", "plan")
    site.page("a/index", "{{ all('plan.txt') }} {{ all('../b.md#h') }} {{ all('https://x.example/') }}\n", title="<A>")
    site.page("b", "## H\n", title="B", slug="bee")
    site.build()
    assert "&lt;A&gt; Tiny /a/plan.txt Home" in main(site)
    assert "&lt;A&gt; Tiny /bee/#h Home" in main(site)
    assert "&lt;A&gt; Tiny https://x.example/ Home" in main(site)


def test_outputs_follow_what_shortcodes_read(site: Site, tmp_path: Path) -> None:
    loop = "{% for brief in site.briefs %}{{ one(brief) }}{% endfor %}"
    shortcode(site, "list", f'{{% from "partials/one.html" import one %}}{{% macro list() %}}{loop}{{% endmacro %}}')
    site.write("templates/partials/one.html", "{% macro one(of) %}[{{ of.title }}]{% endmacro %}")
    shortcode(site, "to", "{% macro to(href) %}{{ link(href) }}{% endmacro %}")
    site.page("a", "{{ list() }}\n\n{{ to('../briefs/m.md') }}\n", title="A")
    site.page("other", "Text.\n", title="Other", template="reads-a.html")
    site.write("templates/reads-a.html", "{% for page in site.briefs %}{{ page.title }}{% endfor %}")
    site.brief("m", title="M")
    site.build()
    edits: list[Callable[[], object]] = [
        lambda: site.brief("m", title="Mm"),
        lambda: site.brief("n", title="N"),
        lambda: site.brief("m", title="M", slug="elsewhere"),
        lambda: site.write("templates/partials/one.html", "{% macro one(of) %}({{ of.title }}){% endmacro %}"),
        lambda: shortcode(site, "to", "{% macro to(href) %}<a href='{{ link(href) }}'>b</a>{% endmacro %}"),
        lambda: site.remove("briefs/n.md"),
        lambda: site.write("themes/tiny/i18n/en.toml", 'home="Start"\nonly_english="E"\ncount="{count}"\n'),
    ]
    for number, edit in enumerate(edits):
        edit()
        site.build()
        assert site.tree() == site.rebuilt(tmp_path / f"clean-{number}")
    assert site.build().written == 0
    assert "(M)" in main(site)
    assert "<a href='/briefs/elsewhere/'>b</a>" in main(site)


def test_only_pages_that_use_a_shortcode_are_made_again_when_it_changes(site: Site) -> None:
    shortcode(site, "hi", "{% macro hi() %}1{% endmacro %}")
    site.page("a", "{{ hi() }}\n", title="A")
    site.page("b", "Text.\n", title="B")
    site.build()
    shortcode(site, "hi", "{% macro hi() %}2{% endmacro %}")
    assert site.build().written == 1
    assert "2" in main(site)


@pytest.mark.parametrize(
    ("call", "code", "words"),
    [
        ("{{ figrue('x') }}", "SG414", "there is no shortcode 'figrue'; did you mean 'figure'?"),
        ("{{ figure('x', atl='y') }}", "SG415", "has no argument 'atl'; did you mean 'alt'?"),
        ("{{ figure('x', 'y', 'z') }}", "SG415", "takes 2 values, not 3"),
        ("{{ figure('x', src='y') }}", "SG415", "is given 'src' twice"),
        ("{{ figure() }}", "SG415", "parameter 'src' was not provided (templates/shortcodes/figure.html:2)"),
        ("{% figure('x') %}\n{% end %}", "SG415", "takes no body"),
        ("{{ figure('gone.png') }}", "SG415", "the link to 'gone.png' leads nowhere"),
        ("{{ figure(1/0) }}", "SG413", "is not a text in quotes"),
    ],
)
def test_a_wrong_call_is_told_with_file_line_and_the_nearest_name(site: Site, call: str, code: str, words: str) -> None:
    shortcode(
        site, "figure", "{% macro figure(src, alt='') %}\n<img src='{{ link(src) }}' alt='{{ alt }}'>{% endmacro %}"
    )
    site.page("a", f"Text.\n\n{call}\n", title="A")
    (problem,) = site.problems()
    assert (problem.code, str(problem.place)) == (code, "content/a.md:6")
    assert words in problem.message


def test_all_wrong_calls_are_told_at_once(site: Site) -> None:
    shortcode(site, "b", "{% macro other() %}{% endmacro %}")
    site.page("a", "{{ x() }} {{ y() }}\n", title="A")
    site.page("b", "{{ x() }}\n\n{{ b() }}\n", title="B")

    def told(problem: SitegenError) -> tuple[str, str]:
        return problem.code, str(problem.place)

    assert sorted(map(told, site.problems())) == [
        ("SG414", "content/a.md:4"),
        ("SG414", "content/a.md:4"),
        ("SG414", "content/b.md:4"),
        ("SG501", "templates/shortcodes/b.html"),
    ]


def test_a_text_that_asks_for_itself_is_an_error(site: Site) -> None:
    shortcode(site, "me", "{% macro me() %}{{ page.body }}{% endmacro %}")
    site.page("a", "{{ me() }}\n", title="A")
    (problem,) = site.problems()
    assert problem.code == "SG415"
    assert "asks for this text" in problem.message


def test_briefs_show_shortcodes_as_text(site: Site) -> None:
    shortcode(site, "hi", "{% macro hi() %}CALLED{% endmacro %}")
    site.brief("a", '{{ hi() }}\n\n{% hi() %}\nx\n{% end %}\n\n<sitegen-call n="0"></sitegen-call>\n', title="A")
    site.build()
    html = main(site, "briefs/a/index.html")
    assert "{{ hi() }}" in html
    assert "CALLED" not in html
    assert "&lt;sitegen-call" in html


def test_a_page_cannot_forge_a_call(site: Site) -> None:
    shortcode(site, "hi", "{% macro hi(text='') %}CALLED {{ text }}{% endmacro %}")
    forged = '<sitegen-call n="0"></sitegen-call>'
    site.page(
        "a", f"{{{{ hi('{forged}') }}}} {forged} `{forged}` ![{forged}](https://x.example/ '{forged}')\n", title="A"
    )
    site.build()
    assert main(site).count("CALLED") == 1


def test_a_file_that_only_a_draft_shows_by_a_shortcode_stays_in_the_house(site: Site) -> None:
    shortcode(site, "show", "{% macro show(src) %}{{ link(src) }}{% endmacro %}")
    site.write("content/plan.png", drawing())
    site.page("a", "{{ show('plan.png') }}\n", title="A", status="draft")
    site.build()
    assert not site.has("plan.png")
    site.build(drafts=True)
    assert site.has("plan.png")
