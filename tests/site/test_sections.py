"""Sections, what pages inherit, addresses by pattern, and the site's own taxonomies."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from tests.site.sites import TODAY, Site


def links(html: str) -> list[str]:
    return [part.split('"')[0] for part in html.split('<li><a href="')[1:]]


def settings(site: Site, more: str) -> None:
    site.write("sitegen.toml", f'{more}\n[site]\ntitle = "Tiny"\ntheme = "tiny"\nbase_url = "https://example.org/"\n')


def listing(site: Site) -> None:
    site.write(
        "themes/tiny/templates/list.html",
        "<h1>{{ page.title }}</h1>{{ page.body }}{% if section %}{% for s in section.sections %}[{{ s.title }}]"
        '{% endfor %}{% endif %}{% for of in paginator.pages %}<li><a href="{{ of.url }}">{{ of.title }}</a>'
        "{% endfor %} {{ paginator.number }}/{{ paginator.total }}",
    )


def test_a_folder_with_an_index_is_a_section_that_lists_its_pages(site: Site) -> None:
    listing(site)
    site.page("news/_index", "About the *news*.\n", title="News", section={"per_page": 2})
    for day in (1, 2, 3):
        site.page(f"news/day-{day}", title=f"Day {day}", date=dt.date(2026, 1, day))
    site.page("news/deep/er", title="Deeper", date=dt.date(2025, 1, 1))
    site.page("news/sport/_index", title="Sport")
    site.page("news/sport/match", title="Match")
    site.build()
    first = site.out("news/index.html")
    assert "<em>news</em>" in first
    assert "[Sport]" in first
    assert links(first) == ["/news/day-3/", "/news/day-2/"]
    assert links(site.out("news/page/2/index.html")) == ["/news/day-1/", "/news/deep/er/"]
    assert links(site.out("news/sport/index.html")) == ["/news/sport/match/"]
    assert 'rel="next"' not in site.out("news/day-3/index.html")


def test_pages_know_their_section_and_their_neighbours(site: Site) -> None:
    site.write(
        "themes/tiny/templates/page.html",
        "{{ page.section.title }}|{{ page.previous.title if page.previous }}|{{ page.next.title if page.next }}",
    )
    site.page("guide/_index", title="Guide", section={"sort": "weight"})
    site.page("guide/b", title="B", weight=2)
    site.page("guide/a", title="A", weight=3)
    site.page("guide/c/index", title="C", weight=1)
    site.build()
    assert site.out("guide/c/index.html") == "Guide||B"
    assert site.out("guide/b/index.html") == "Guide|C|A"
    assert site.out("guide/a/index.html") == "Guide|B|"


def test_a_section_that_is_a_draft_hides_all_that_stands_in_it(site: Site) -> None:
    site.page("news/_index", title="News", status="draft")
    site.page("news/a", title="A")
    site.write("content/news/a.txt", "private")
    site.build()
    assert not [path for path in site.tree() if path.startswith("news/")]
    site.build(drafts=True)
    assert site.has("news/a/index.html")


def test_pages_inherit_from_settings_and_sections_what_they_do_not_say(site: Site) -> None:
    settings(
        site,
        '[[cascade]]\nfolder = "content"\ntags = ["All"]\nlanguage = "fr"\n'
        'extra = {mood = {a = 1, b = 1}, ink = "black"}\n'
        '[[cascade]]\nfolder = "content/news"\nextra = {ink = "blue"}',
    )
    site.write(
        "themes/tiny/templates/page.html",
        "{{ page.extra }} {{ page.language }} {% for t in page.tags %}{{ t.title }}{% endfor %}",
    )
    site.write("themes/tiny/templates/own.html", "own {{ page.title }}")
    site.page("news/_index", title="News", cascade={"template": "own.html", "extra": {"mood": {"b": 2}}})
    site.page("news/a", title="A")
    site.page("news/b", title="B", template="page.html", tags=[], language="de", extra={"mood": {"c": 3}})
    site.page("other", title="Other")
    site.build()
    assert site.out("news/a/index.html") == "own A"
    assert site.out("news/b/index.html") == "{'mood': {'a': 1, 'b': 2, 'c': 3}, 'ink': 'blue'} de ".replace(
        "'", "&#39;"
    )
    assert site.out("other/index.html") == "{'mood': {'a': 1, 'b': 1}, 'ink': 'black'} fr All".replace("'", "&#39;")


def test_what_belongs_to_sections_is_refused_elsewhere(site: Site) -> None:
    site.page("a", title="A", cascade={"template": "x.html"})
    site.page("b", title="B", section={"sort": "weight"})
    site.page("c/_index", title="C", section={"sort": "size"}, cascade={"colour": "red"})
    found = [(problem.code, str(problem.place), problem.message) for problem in site.problems()]
    assert found == [
        ("SG402", "content/c/_index.md:4", "section.sort: must be 'date', 'title' or 'weight'"),
        ("SG402", "content/c/_index.md:2", "unknown field 'cascade.colour'"),
        ("SG402", "content/a.md", "the field 'cascade' belongs into a file named _index.md"),
        ("SG402", "content/b.md", "the field 'section' belongs into a file named _index.md"),
    ]


def test_addresses_follow_the_patterns_of_the_settings(site: Site) -> None:
    settings(
        site,
        '[permalinks]\nbriefs = "/{year}/{month}/{slug}/"\n'
        'news = "/n/{year}-{day}/{slug}/"\npages = "/p/{folder}/{slug}/"',
    )
    site.brief("in/a", title="The Budget", date=dt.date(2026, 3, 5))
    site.page("news/_index", title="News")
    site.page("news/deep/x", title="X", date=dt.date(2026, 1, 9))
    site.page("about", title="About")
    site.page("a/b/c", title="C", slug="sea")
    site.build()
    for path in ("2026/03/the-budget", "news", "n/2026-09/x", "p/about", "p/a/b/sea"):
        assert site.has(f"{path}/index.html"), path
    assert 'href="/2026/03/the-budget/"' in site.out("index.html")
    site.brief("undated", title="Undated")
    (problem,) = site.problems()
    assert problem.code == "SG402"
    assert str(problem.place) == "briefs/undated.md"


def test_a_site_has_taxonomies_of_its_own(site: Site) -> None:
    settings(site, '[taxonomies.series]\ntitle = "Series"\nper_page = 1\n[taxonomies.types]\nenabled = false')
    listing(site)
    site.write(
        "themes/tiny/templates/term.html",
        "{{ page.title }}: {{ term.page.body if term.page }}" + "{{ paginator.total }}",
    )
    site.brief("a", title="A", series=["Budget 2026", 7], document_type="Letter")
    site.page("b", title="B", series="Budget 2026")
    site.page("series/_index", "All of them.\n", title="Long stories")
    site.page("series/budget-2026/_index", "The whole *story*.\n", title="The budget")
    site.build()
    assert "Long stories" in site.out("series/index.html")
    assert site.out("series/budget-2026/index.html") == "The budget: <p>The whole <em>story</em>.</p>\n2"
    assert site.has("series/7/index.html")
    assert not site.has("types/index.html")
    site.brief("a", title="A", serie=["x"])
    site.brief("c", title="C", series=[{"a": 1}])
    problems = site.problems()
    assert ["unknown field 'serie'" in problems[0].message, "series: must be words" in problems[1].message] == [
        True
    ] * 2
    assert str(problems[1].place) == "briefs/c.md:2"


def test_pages_expire(site: Site) -> None:
    site.page("sale", title="Sale", expires=TODAY)
    site.page("later", title="Later", expires=TODAY + dt.timedelta(days=1))
    site.build()
    assert not site.has("sale/index.html")
    assert site.has("later/index.html")
    assert site.build(today=TODAY + dt.timedelta(days=1)).removed == 2
    site.build(expired=True)
    assert site.has("sale/index.html")
    site.build(today=TODAY - dt.timedelta(days=1))
    assert site.has("sale/index.html")


def test_lists_take_title_and_text_from_a_file_at_their_address(site: Site) -> None:
    listing(site)
    site.page("archive/_index", "Everything.\n", title="All we have")
    site.brief("a", title="A")
    site.build()
    assert "<h1>All we have</h1><p>Everything.</p>" in site.out("archive/index.html")
    site.page("archive/_index", "Everything else.\n", title="All we have")
    site.build()
    assert "Everything else." in site.out("archive/index.html")


def test_the_theme_that_comes_with_sitegen_shows_sections(tmp_path: Path) -> None:
    site = Site(tmp_path / "site")
    site.write("sitegen.toml", '[site]\ntitle = "C"\nbase_url = "https://example.org/"\n')
    site.page("news/_index", "What *we* do.\n", title="News", summary="All of it.", section={"per_page": 1})
    site.page("news/one", title="One", date=dt.date(2026, 1, 1))
    site.page("news/two", title="Two", date=dt.date(2026, 1, 2))
    site.page("news/deep/_index", title="Deep")
    site.page("tags/water/_index", "On *water*.\n", title="Water and wells")
    site.brief("a", title="A", tags=["Water"])
    site.build(strict=True)
    first = site.out("news/index.html")
    for part in ("<em>we</em>", "All of it.", ">Deep</a>", ">Two</a>"):
        assert part in first
    assert "<em>we</em>" not in site.out("news/page/2/index.html")
    assert "<em>water</em>" in site.out("tags/water/index.html")
    assert ">Water and wells</h1>" in site.out("tags/water/index.html")
