"""Editions: the site in several languages, translations of pages, and what each language has of its own."""

from __future__ import annotations

import datetime as dt
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.site.sites import Site

GERMAN = '[languages.de]\ntitle = "Winzig"\ndescription = "Auf Deutsch."\n'
DAY = dt.date(2026, 3, 1)


def declare(site: Site, text: str = GERMAN, more: str = "") -> None:
    site.write(
        "sitegen.toml", f'[site]\ntitle = "Tiny"\ntheme = "tiny"\nbase_url = "https://example.org/"\n{more}\n{text}'
    )


@pytest.fixture
def shown(site: Site) -> Site:
    """A site whose pages print all that templates know of languages."""
    site.write(
        "themes/tiny/templates/page.html",
        "{{ site.title }}|{{ site.language }}|{{ site.home_url }}|{{ page.language }}|{{ t('home') }}|"
        "{% for of in page.translations %}{{ of.language }} {{ of.name }} {{ of.title }} {{ of.url }};{% endfor %}|"
        "{% for of in page.alternates %}{{ of.language }} {{ of.permalink }};{% endfor %}|"
        "{% for of in site.languages %}{{ of.language }} {{ of.name }} {{ of.url }};{% endfor %}",
    )
    return site


def test_pages_of_a_declared_language_live_under_it_and_speak_it(shown: Site) -> None:
    declare(shown)
    shown.page("about", title="About")
    shown.page("about.de", title="Über uns")
    shown.build()
    assert shown.out("about/index.html") == (
        "Tiny|en|/|en|Home|de Deutsch Über uns /de/about/;|en https://example.org/about/;"
        "de https://example.org/de/about/;|en English /;de Deutsch /de/;"
    )
    assert shown.out("de/about/index.html") == (
        "Winzig|de|/de/|de|Start|en English About /about/;|en https://example.org/about/;"
        "de https://example.org/de/about/;|en English /;de Deutsch /de/;"
    )


def test_an_undeclared_language_stays_where_it_is(shown: Site) -> None:
    shown.page("about", title="About", translation="us")
    shown.page("o-nas", title="O nas", language="pl", translation="us")
    shown.page("v1.2", title="Release")
    shown.page("menu.it", title="A menu")
    shown.build()
    assert "|en|/|pl|Home|en English About /about/;|" in shown.out("o-nas/index.html")
    assert "|pl Polski O nas /o-nas/;|" in shown.out("about/index.html")
    assert shown.has("v1-2/index.html")
    assert shown.has("menu-it/index.html")


def test_a_language_in_the_front_matter_does_as_the_name_of_a_file_does(shown: Site) -> None:
    declare(shown)
    shown.page("about", title="About", translation="us")
    shown.page("ueber-uns", title="Über uns", language="de-AT", translation="us")
    shown.build()
    assert shown.out("de/ueber-uns/index.html").startswith("Winzig|de|/de/|de-AT|Start|en English About /about/;|")
    assert "de-AT Österreichisches Deutsch Über uns /de/ueber-uns/;" in shown.out("about/index.html")


def test_an_edition_is_a_whole_site(site: Site) -> None:
    declare(site, f"[build]\nper_page = 1\n{GERMAN}")
    site.brief("a", title="A", tags=["Über"], date=DAY)
    site.brief("b.de", title="Böse", tags=["Über"], date=DAY)
    site.brief("c.de", title="C", date=dt.date(2026, 2, 1))
    site.page("index.de", "Willkommen.\n", title="Anfang")
    site.page("news/_index.de", title="Neues", section={"per_page": 1})
    site.page("news/eins.de", title="Eins")
    site.build()
    german = {path for path in site.tree() if path.startswith("de/")}
    assert german >= {
        *("de/index.html", "de/archive/index.html", "de/archive/page/2/index.html", "de/feed.xml"),
        *("de/tags/index.html", "de/tags/ueber/index.html", "de/briefs/boese/index.html", "de/news/index.html"),
        *("de/news/eins/index.html",),
    }
    assert not any(
        path.startswith("de/") and path.endswith(("404.html", "robots.txt", "_headers", "css")) for path in german
    )
    assert site.has("tags/uber/index.html")
    assert "Böse" not in site.out("archive/index.html")
    assert "Willkommen." in site.out("de/index.html")
    assert "<title>Winzig</title>" in site.out("de/feed.xml")
    assert "Böse" in site.out("de/feed.xml")
    assert "Böse" not in site.out("feed.xml")
    ids = {re.findall("<id>(.*?)</id>", site.out(path))[0] for path in ("feed.xml", "de/feed.xml")}
    assert len(ids) == 2, "each feed has an id of its own"
    assert '<html lang="de">' in site.out("de/archive/index.html")
    assert "1. März 2026" in site.out("de/archive/index.html")
    assert "https://example.org/de/briefs/boese/" in site.out("sitemap.xml")
    assert 'rel="next"' not in site.out("briefs/a/index.html")


def test_the_menu_of_an_edition_is_its_own(site: Site) -> None:
    declare(site, GERMAN)
    site.page("about", title="About")
    site.page("about.de", title="Über")
    site.build()
    assert 'href="/about/">About<' in site.out("index.html")
    menu = site.out("de/index.html").partition("<nav>")[2].partition("</nav>")[0]
    assert 'href="/de/about/">Über<' in menu
    assert "About" not in menu
    assert 'href="/de/archive/">Kurzberichte<' in menu
    declare(site, f'{GERMAN}menu = [{{title = "Hin", url = "/de/about/"}}, {{title = "Her", url = "/about/"}}]\n')
    site.build()
    menu = site.out("de/index.html").partition("<nav>")[2].partition("</nav>")[0]
    assert menu.count("<a ") == 2
    assert 'href="/about/">Her<' in menu


def test_lists_are_translations_of_each_other(site: Site) -> None:
    shows = "{% for of in page.translations %}{{ of.title }} {{ of.url }};{% endfor %}"
    for template in ("home", "list", "taxonomy", "term"):
        site.write(f"themes/tiny/templates/{template}.html", shows)
    declare(site, f"[build]\nper_page = 1\n{GERMAN}")
    for name in ("a", "b", "a.de"):
        site.brief(name, title=name, tags=["T"], date=DAY)
    site.build()
    assert site.out("index.html") == "Winzig /de/;"
    assert site.out("de/index.html") == "Tiny /;"
    assert site.out("archive/index.html") == "Kurzberichte /de/archive/;"
    assert site.out("archive/page/2/index.html") == ""
    assert site.out("de/tags/index.html") == "Topics /tags/;"
    assert site.out("tags/t/index.html") == "", "words are not translated by looking alike"
    site.page("index.de", title="Anfang")
    site.page("archive/_index.de", title="Alles")
    site.build()
    assert site.out("index.html") == "Anfang /de/;"
    assert site.out("archive/index.html") == "Alles /de/archive/;"


def test_a_translation_that_is_not_shown_is_not_named(shown: Site) -> None:
    declare(shown)
    shown.page("about", title="About")
    shown.page("about.de", title="Über", status="draft")
    shown.build()
    assert "Über" not in shown.out("about/index.html")
    shown.build(drafts=True)
    assert "Über" in shown.out("about/index.html")
    shown.build()
    assert "Über" not in shown.out("about/index.html")


def test_a_section_that_is_a_draft_in_one_language_is_shown_in_the_other(site: Site) -> None:
    declare(site)
    site.page("news/_index", title="News")
    site.page("news/_index.de", title="Neues", status="draft")
    for name in ("one", "one.de"):
        site.page(f"news/{name}", title="One")
    site.build()
    assert site.has("news/one/index.html")
    assert not site.has("de/news/one/index.html")
    site.page("news/_index", title="News", status="draft")
    site.page("news/_index.de", title="Neues")
    site.build()
    assert not site.has("news/one/index.html")
    assert site.has("de/news/one/index.html")
    site.remove("content/news/_index.de.md")
    site.build()
    assert not site.has("de/news/one/index.html"), "what is closed in the site's language is closed in others"


def test_a_file_that_says_two_languages_is_refused(site: Site) -> None:
    declare(site)
    site.page("about.de", title="About", language="en")
    (problem,) = site.problems()
    assert (problem.code, str(problem.place)) == ("SG430", "content/about.de.md")


def test_two_pages_that_are_the_same_translation_are_refused(site: Site) -> None:
    declare(site)
    site.page("about", title="About", translation="us")
    site.page("team", title="Team", translation="us")
    site.page("about.de", title="Über")
    site.page("team.de", title="Wir", translation="us")
    problems = site.problems()
    assert {problem.code for problem in problems} == {"SG431"}
    assert len(problems) == 2


@pytest.mark.parametrize("more", ["[languages.en]\n", "[languages.de]\n[languages.DE]\n"])
def test_a_language_is_declared_once(site: Site, more: str) -> None:
    site.write("sitegen.toml", f"[site]\n{more}")
    (problem,) = site.problems()
    assert problem.code == "SG103"


def test_links_lead_from_one_language_to_the_other(site: Site) -> None:
    declare(site)
    site.page("about", "[de](about.de.md) [home](/de/)\n", title="About")
    site.page("about.de", "[en](about.md) [brief](../briefs/a.de.md) [gone](gone.de.md)\n", title="Über")
    site.brief("a.de", title="Ä")
    report = site.build()
    assert 'href="/de/about/"' in site.out("about/index.html")
    assert 'href="/about/"' in site.out("de/about/index.html")
    assert 'href="/de/briefs/ae/"' in site.out("de/about/index.html")
    assert [str(warning.place) for warning in report.warnings] == ["content/about.de.md:4"]


def test_a_site_below_a_path_has_its_languages_below_it(tmp_path: Path) -> None:
    site = Site(tmp_path / "s", base_url="https://example.org/town/", more=GERMAN)
    site.page("about", title="About")
    site.page("about.de", title="Über")
    site.build()
    assert site.has("de/about/index.html")
    assert "https://example.org/town/de/about/" in site.out("de/about/index.html")
    assert 'href="/town/de/about/"' in site.out("de/index.html")


def test_a_german_site_writes_umlauts_in_addresses_as_two_letters_and_a_french_one_drops_marks(site: Site) -> None:
    site.brief("a", title="Müller", tags=["Größe"], slug=None)
    for language, paths in {
        "de": ("briefs/mueller/index.html", "tags/groesse/index.html"),
        "fr": ("briefs/muller/index.html", "tags/grosse/index.html"),
    }.items():
        declare(site, "", f'language = "{language}"')
        site.build()
        assert [path for path in paths if not site.has(path)] == []


def test_terms_stand_in_the_order_of_the_language(site: Site) -> None:
    site.brief("a", title="A", tags=["Zorn", "Ås", "Apfel"])
    for language, order in {"sv": ["Apfel", "Zorn", "Ås"], "de": ["Apfel", "Ås", "Zorn"]}.items():
        declare(site, "", f'language = "{language}"')
        site.build()
        text = site.out("tags/index.html").partition("<ul>")[2]
        assert sorted(order, key=text.index) == order


def test_a_string_of_one_language_changes_the_pages_of_that_language_only(site: Site) -> None:
    declare(site)
    site.page("about", title="About")
    site.page("about.de", title="Über")
    site.build()
    english = (site.output / "about/index.html").stat().st_ino
    site.write("i18n/de.toml", 'home = "Daheim"\n')
    before = site.tree()
    site.build()
    changed = {path for path, data in site.tree().items() if data != before[path] and path.endswith(".html")}
    assert changed == {path for path in before if path.startswith("de/") and path.endswith(".html")}
    assert "Daheim" in site.out("de/about/index.html")
    assert (site.output / "about/index.html").stat().st_ino == english
    site.write("i18n/en.toml", 'title_archive = "All of it"\n')
    site.build()
    assert "All of it" in site.out("about/index.html")
    assert "All of it" not in site.out("de/about/index.html")
    assert 'hreflang="en"' in site.out("de/archive/index.html")
    assert "All of it" in site.out("de/archive/index.html"), "the list names its translation"


def test_what_a_template_writes_follows_the_language_although_it_is_compiled_once(site: Site) -> None:
    site.write("themes/tiny/templates/404.html", "{{ 1234|number }} {{ ['a', 'b', 'c']|listed }} {{ t('home') }}")
    for language, written in {"en": "1,234 a, b and c Home", "de": "1.234 a, b und c Start"}.items():
        declare(site, "", f'language = "{language}"')
        site.build()
        assert site.out("404.html") == written


def test_a_build_after_one_edit_does_not_ask_babel(site: Site) -> None:
    declare(site)
    site.brief("a", title="A", date=DAY)
    site.brief("a.de", title="A", date=DAY)
    site.brief("pl", title="P", language="pl")
    site.build()
    site.brief("a", title="B", date=dt.date(2026, 4, 7))
    code = (
        "import datetime, pathlib, sys; from sitegen import settings; from sitegen.site.build import *;"
        f"build(settings.load(pathlib.Path({str(site.root)!r}), {{}}), BuildOptions(today=datetime.date(2026, 6, 1)));"
        "sys.exit('babel' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert "7 April 2026" in site.out("archive/index.html")
