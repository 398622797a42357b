"""Themes: how a template finds what it needs, and what its author hears when something is missing."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from tests.site.sites import Site


def the_problem(site: Site, **options: Any) -> str:
    problems = site.problems(**options)
    assert {problem.code for problem in problems} == {"SG501"}, problems
    (problem,) = problems
    return str(problem)


def test_an_undefined_name_is_told_with_template_line_and_page(site: Site) -> None:
    site.brief("a", title="A")
    site.write("themes/tiny/templates/partials/menu.html", "\n\n<p>{{ site.nope }}</p>\n")
    for problem in site.problems():
        assert str(problem.place) == "themes/tiny/templates/partials/menu.html:3"
        assert "'nope'" in problem.message
        assert "SiteInfo" in problem.message
        assert "sitegen." not in problem.message


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("{{ nope }}", "brief.html:1", "'nope' is undefined"),
        ("{{ pag.title }}", "brief.html:1", "'pag' is undefined; did you mean 'page'"),
        ("{{ page.titel }}", "brief.html:1", "no attribute 'titel'; did you mean 'title'"),
        ("\n{{ page.nope }}", "brief.html:2", "no attribute 'nope'"),
        ("\n{% if %}", "brief.html:2", "Expected an expression"),
        ("\n\n{% include 'partials/crad.html' %}", "brief.html:3", "did you mean 'partials/card.html'"),
        ("{{ t('hme') }}", "brief.html:1", "no string 'hme'; did you mean 'home'"),
        ("{{ asset('css/mian.css') }}", "brief.html:1", "did you mean 'css/main.css'"),
        ("{{ page.words / 0 }}", "brief.html:1", "ZeroDivisionError"),
        ("{{ page.title|nofilter }}", "brief.html:1", "nofilter"),
        ("{{ page.date.year }}", "brief.html:1", "no attribute 'year'"),
    ],
)
def test_whatever_is_wrong_in_a_template_has_its_line(site: Site, text: str, place: str, words: str) -> None:
    site.brief("a", title="A")
    site.build()
    before = site.tree()
    site.write("themes/tiny/templates/brief.html", text)
    told = the_problem(site)
    assert told.startswith(f"themes/tiny/templates/{place}: ")
    assert words in told
    assert site.tree() == before


def test_broken_templates_are_all_told(site: Site) -> None:
    site.brief("a", title="A")
    site.write("themes/tiny/templates/brief.html", "{% if %}")
    site.write("themes/tiny/templates/home.html", "{% for %}")
    assert len(site.problems()) == 2
    site.write("themes/tiny/templates/brief.html", "{{ nope }}")
    site.write("themes/tiny/templates/home.html", "{{ neither }}")
    assert len(site.problems()) == 2


@pytest.mark.parametrize("jobs", [1, 2])
def test_one_broken_line_is_told_once_with_the_first_pages_and_their_count(site: Site, jobs: int) -> None:
    for number in range(200):
        site.brief(f"b{number:03}", title=f"B {number}")
    site.write("themes/tiny/templates/brief.html", "\n{{ page.title.nope }}")
    assert the_problem(site, jobs=jobs) == (
        "themes/tiny/templates/brief.html:2: 'str object' has no attribute 'nope' "
        "(in 200 pages: briefs/b000.md, briefs/b001.md, briefs/b002.md, …)"
    )


def test_errors_that_differ_from_page_to_page_are_one_for_each_line(site: Site) -> None:
    for name in ("a", "b"):
        site.brief(name, title=name)
    site.write("themes/tiny/templates/brief.html", "{{ t(page.title) }}")
    assert "no string 'a' (in 2 pages: briefs/a.md, briefs/b.md)" in the_problem(site)


def test_an_error_in_a_macro_has_the_innermost_line(site: Site) -> None:
    site.brief("a", title="A")
    site.write("templates/macros.html", "{% macro m(x) %}\n{{ x.nope }}{% endmacro %}")
    site.write("templates/inner.html", '{% from "macros.html" import m %}\n\n{{ m(page) }}')
    site.write("themes/tiny/templates/brief.html", '\n{% include "inner.html" %}')
    assert the_problem(site).startswith("templates/macros.html:2: Page has no attribute 'nope'")


def test_more_broken_lines_than_anybody_reads_are_counted(site: Site) -> None:
    site.write("themes/tiny/templates/base.html", "{% block main %}{% endblock %}")
    for number in range(25):
        site.write(f"templates/t{number}.html", "{{ nope }}")
        site.page(f"p{number}", title="P", template=f"t{number}.html", menu=False)
    found = site.problems()
    assert len(found) == 21
    assert found[-1].message == "5 more places in templates are broken"


def test_the_site_overrides_single_templates(site: Site) -> None:
    site.build()
    site.write("templates/404.html", '{% extends "base.html" %}{% block main %}mine{% endblock %}')
    site.build()
    assert "mine" in site.out("404.html")
    assert "<nav>" in site.out("404.html")
    site.remove("templates/404.html")
    site.build()
    assert "mine" not in site.out("404.html")


def test_text_is_escaped_in_every_template(site: Site) -> None:
    site.write("themes/tiny/templates/brief.html", "{{ page.title }}{{ page.body }}<a title='{{ page.summary }}'>")
    site.brief("a", "*b*\n", title="<i>", summary="'\"")
    site.build()
    assert site.out("briefs/i/index.html") == "&lt;i&gt;<p><em>b</em></p>\n<a title='&#39;&#34;'>"


def test_a_missing_theme_is_told(site: Site) -> None:
    for name in ("none", "..", "../site", "a/b", "."):
        site.write("sitegen.toml", f'[site]\ntheme = "{name}"\n')
        assert [problem.code for problem in site.problems()] == ["SG502"]


def test_static_files_of_the_site_are_copied_and_replace_those_of_the_theme(site: Site) -> None:
    site.write("static/CNAME", "example.org")
    site.write("static/logo.svg", "mine")
    site.write("static/css/colours.css", ":root { --ink: mine }")
    site.build()
    assert site.out("CNAME") == "example.org"
    assert site.out("logo.svg") == "mine"
    assert [b"mine" in data for path, data in site.tree().items() if path.startswith("assets/css/colours.")] == [True]


def test_words_come_in_the_language_of_the_site(site: Site) -> None:
    site.brief("a", title="A", date=dt.date(2026, 3, 1))
    site.build()
    assert "<footer>Home Only in English" in site.out("index.html")
    assert '<time datetime="2026-03-01">1 March 2026</time>' in site.out("index.html")
    site.write("sitegen.toml", '[site]\ntitle = "Tiny"\ntheme = "tiny"\nlanguage = "de-AT"\n')
    site.build()
    assert "<footer>Start Only in English" in site.out("index.html")
    assert "1 Berichte" in site.out("index.html")
    assert "1. März 2026" in site.out("index.html")


def test_the_theme_of_sitegen_builds_every_kind_of_page(tmp_path: Path) -> None:
    site = Site(tmp_path / "s")
    site.write("sitegen.toml", '[site]\ntitle = "Continuum"\nbase_url = "https://example.org/"\n')
    path = site.brief(
        "a", "- p\n  > q\n", title="A", tags=["T"], correspondent="C", document_type="D", method="summary", source="x:1"
    )
    site.provenance("x:1", path, pages_read=1, pages_total=2, dropped=1, at="2026-01-01T00:00:00Z", prompt="p")
    site.brief("b", title="B", method="extract", date=dt.date(2026, 1, 1), language="de")
    site.page("about", "## One\n\n## Two\n\n## Three\n", title="About")
    site.build()
    assert "<h1" in site.out("briefs/a/index.html")
