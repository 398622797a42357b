"""The chain of themes: each file comes from the first that has it, and what a page is made from decides when."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from pathlib import Path

import pytest

from sitegen.errors import SitegenError
from tests.site.sites import Site


@pytest.fixture
def chained(site: Site) -> Site:
    """A site whose theme ``leaf`` extends ``twig``, which extends ``tiny``."""
    site.write("sitegen.toml", '[site]\ntitle = "Tiny"\ntheme = "leaf"\nbase_url = "https://example.org/"\n')
    site.write("themes/leaf/theme.toml", 'extends = "twig"\n')
    site.write("themes/twig/theme.toml", 'name = "Twig"\nextends = "tiny"\n')
    site.brief("a", title="A", slug="a")
    return site


def problem(site: Site) -> SitegenError:
    (found,) = site.problems()
    return found


def test_each_file_comes_from_the_first_that_has_it(chained: Site) -> None:
    chained.write("themes/twig/templates/partials/link.html", "twig")
    chained.write("themes/twig/templates/partials/card.html", "twig")
    chained.write("themes/leaf/templates/partials/card.html", "leaf")
    chained.write("themes/twig/static/logo.svg", "twig")
    chained.write("themes/twig/i18n/en.toml", 'home = "Twig"\n')
    chained.write("themes/leaf/i18n/en.toml", 'only_english = "Leaf"\n')
    chained.build()
    assert "<nav>twig" in chained.out("index.html")
    assert "<ul>leaf</ul>" in chained.out("index.html")
    assert "<footer>Twig Leaf" in chained.out("index.html")
    assert chained.out("logo.svg") == "twig"
    chained.write("templates/partials/card.html", "site")
    chained.write("i18n/en.toml", 'home = "Site"\n')
    chained.build()
    assert "<ul>site</ul>" in chained.out("index.html")
    assert "<footer>Site Leaf" in chained.out("index.html")


def test_words_of_the_language_of_the_site_go_before_english_ones(chained: Site) -> None:
    chained.write("sitegen.toml", '[site]\ntheme = "leaf"\nlanguage = "de"\n')
    chained.write("themes/leaf/i18n/en.toml", 'home = "Leaf"\nonly_english = "Leaf"\n')
    chained.build()
    assert "<footer>Start Leaf" in chained.out("index.html")
    chained.write("i18n/de.toml", 'home = "Anfang"\n')
    chained.build()
    assert "<footer>Anfang Leaf" in chained.out("index.html")


def test_a_template_extends_includes_and_imports_the_one_that_it_replaces(chained: Site) -> None:
    chained.write("themes/tiny/templates/macros.html", "{% macro m() %}tiny{% endmacro %}")
    chained.write(
        "themes/leaf/templates/macros.html",
        '{% import "tiny/macros.html" as old %}{% macro m() %}leaf+{{ old.m() }}{% endmacro %}',
    )
    chained.write(
        "templates/404.html",
        '{% extends "leaf/404.html" %}{% from "macros.html" import m %}'
        "{% block main %}{{ super() }}[{{ m() }}]{% endblock %}",
    )
    chained.write("templates/partials/link.html", '<b>{% include "twig/partials/link.html" %}</b>')
    chained.build()
    assert '<b><a href="/archive/">Briefs</a>' in chained.out("404.html")
    assert "<h1>Page not found</h1>" in chained.out("404.html")
    assert "[leaf+tiny]" in chained.out("404.html")


def test_a_template_that_extends_itself_is_told_how_to_do_it(chained: Site) -> None:
    chained.write("templates/404.html", '{% extends "404.html" %}')
    told = problem(chained)
    assert (told.code, str(told.place)) == ("SG501", "templates/404.html")
    assert '{% extends "tiny/404.html" %}' in told.remedy
    chained.write("templates/404.html", '{% extends "other.html" %}')
    chained.write("templates/other.html", '{% extends "404.html" %}')
    assert len(chained.problems()) == 2


@pytest.mark.parametrize(
    ("text", "code", "line", "words"),
    [
        ('\nextends = "leaf"\n', "SG513", 2, "leaf → twig → leaf"),
        ('extends = "twig"\n', "SG513", 1, "leaf → twig → twig"),
        ('extends = "tyny"\n', "SG502", 1, "'tyny', which is not there; did you mean 'tiny'"),
        ('extends = ".."\n', "SG502", 1, "'..'"),
        ("extends = 3\n", "SG513", 1, "extends must be text"),
        ('extends = "\n', "SG513", None, "is not TOML"),
        ('name = "Twig"\nextend = "tiny"\n', "SG513", 2, "'extend'; did you mean 'extends'"),
        ('"extends" = "tiny"\n[site]\nx = 1\n', "SG513", 2, "unknown key 'site'"),
    ],
)
def test_a_wrong_theme_toml_is_told_with_its_line(
    chained: Site, text: str, code: str, line: int | None, words: str
) -> None:
    chained.write("themes/twig/theme.toml", text)
    told = problem(chained)
    assert told.place is not None
    assert (told.code, told.place.line) == (code, line)
    assert told.place.name == "themes/twig/theme.toml"
    assert words in told.message
    assert told.remedy


def test_a_partial_remakes_only_what_uses_it(chained: Site) -> None:
    chained.build()
    chained.write("themes/tiny/templates/partials/card.html", "card")
    assert chained.build().written == 2, "home and archive show cards"
    chained.write("themes/leaf/templates/partials/card.html", "card of the leaf")
    assert chained.build().written == 2
    chained.write("themes/tiny/templates/partials/card.html", "card that nobody sees")
    assert chained.build().written == 0
    chained.write("templates/brief.html", '{% extends "tiny/brief.html" %}{% block main %}mine{% endblock %}')
    assert chained.build().written == 1
    chained.write("themes/tiny/templates/brief.html", "")
    assert chained.build().written == 1, "what a template extends by the name of its theme counts as well"


def test_a_template_that_appears_or_goes_is_noticed(chained: Site) -> None:
    chained.write("templates/404.html", '{% include ["a.html", "b.html"] ignore missing %}')
    chained.build()
    for step, expected in (("b", "b"), ("a", "a")):
        chained.write(f"templates/{step}.html", step)
        assert chained.build().written == 1
        assert chained.out("404.html") == expected
    chained.remove("templates/a.html")
    chained.build()
    assert chained.out("404.html") == "b"


def test_a_name_that_is_worked_out_may_be_any_template(chained: Site, tmp_path: Path) -> None:
    chained.write("templates/404.html", '{% set name = "x.html" %}{% include "parts/" ~ name %}')
    chained.write("templates/parts/x.html", "{% include 'parts/y.svg' %}")
    chained.write("templates/parts/y.svg", "{% include 'parts/z.txt' %}")
    chained.write("templates/parts/z.txt", "one")
    chained.build()
    chained.write("templates/parts/z.txt", "two")
    chained.build()
    assert chained.out("404.html") == "two"


def test_files_of_other_kinds_count_when_they_are_included(chained: Site) -> None:
    chained.write("templates/404.html", "{% include 'y.svg' %}")
    chained.write("templates/y.svg", "{% include 'z.txt' %}")
    chained.write("templates/z.txt", "one")
    chained.build()
    chained.write("templates/z.txt", "two")
    assert chained.build().written == 1
    assert chained.out("404.html") == "two"


def test_what_a_theme_says_about_itself_changes_nothing_twice(chained: Site) -> None:
    chained.build()
    chained.write("themes/tiny/README.md", "Words about the theme.\n")
    assert chained.build().written == 0
    assert chained.build().written == 0


GUIDE = (Path(__file__).parent.parent.parent / "docs/guide/themes.md").read_text()


def example(start: str) -> str:
    """The example of the guide that begins so."""
    texts: list[str] = re.findall(r"```\w+\n(.*?)```", GUIDE, re.DOTALL)
    (found,) = (text for text in texts if text.startswith(start))
    return found


def test_the_examples_of_the_guide_work(site: Site) -> None:
    site.write("sitegen.toml", '[site]\ntheme = "town"\n' + example("[theme]"))
    site.write("themes/town/theme.toml", example("# themes/town/theme.toml"))
    site.write("templates/brief.html", example("{# templates/brief.html"))
    site.write("static/css/_site.css", "a { color: red }")
    site.brief("a", title="A")
    site.build()
    text = site.out("briefs/a/index.html")
    assert "Write to us" in text
    assert 'data-accent="ocean"' in text
    (sheet,) = (path for path in site.tree() if path.startswith("assets/css/continuum."))
    assert "a{color:red}" in site.out(sheet)


def test_a_site_chooses_logo_licence_footer_and_what_its_home_page_shows(site: Site) -> None:
    chosen = (
        '[theme]\nlogo = "seal.svg"\nhome = ["months"]\nfooter = "Town <Hall>"\n'
        'licence = "CC BY 4.0"\nlicence_url = "https://licence.example/"\n'
    )
    site.write("sitegen.toml", f'[site]\ntitle = "Town"\nbase_url = "https://example.org/"\n{chosen}')
    site.write("static/seal.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>")
    for number in range(1, 7):
        site.brief(f"b{number}", title=f"B{number}", date=dt.date(2026, number % 2 + 1, number), tags=["Water"])
    site.build()
    home, brief = site.out("index.html"), site.out("briefs/b1/index.html")
    for page in (home, brief):
        assert re.search(r'<img class="logo" src="/[^"]*seal[^"]*\.svg" alt="">', page)
        assert "Town &lt;Hall&gt;" in page
        assert '<a href="https://licence.example/" rel="license">CC BY 4.0</a>' in page
    assert brief.count("CC BY 4.0") == 2, "below the brief, and at the foot of the page"
    assert 'class="months"' in home
    assert not any(f'class="{part}"' in home for part in ("changes", "seconds", "rail", "lead-points"))
    assert home.count("<article") == 6, "what is not told as second is among the latest"


def test_the_guide_lists_the_options_of_continuum() -> None:
    options = tomllib.loads((Path(__file__).parent.parent.parent / "themes/continuum/theme.toml").read_text())[
        "settings"
    ]
    table = GUIDE.partition("### Options of continuum")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (`\w+`|none|all) \|$", table, re.MULTILINE)
    assert [name for name, _, _ in rows] == [*options]
    for name, _, default in rows:
        option = options[name]
        wanted = {"none": "", "all": option.get("choices")}.get(default, default.strip("`"))
        assert wanted == (str(option["default"]).lower() if option["default"] is True else option["default"])
    for name, values, _ in rows:
        assert all(f"`{choice}`" in values for choice in options[name].get("choices", ())), name
