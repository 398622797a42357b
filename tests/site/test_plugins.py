"""Plugins extend a build through hooks, collections have typed fields, and what goes wrong names the plugin's line."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from sitegen.site import hooks
from tests.site.sites import Site

READING = """
from sitegen.site.hooks import Output, hook

@hook
def pages_ready(pages):
    for page in pages:
        page.extra = {**page.extra, "loud": page.title.upper()}

@hook
def templates_ready(environment):
    environment.filters["twice"] = lambda text: text * 2

@hook
def site_outputs(site):
    titles = [page.title for page in site.briefs]
    yield Output("titles.txt", "titles", parts=("titles", site), make=lambda: "\\n".join(titles).encode())

@hook
def output_made(path, data):
    if path == "404.html":
        return data + b"!"

@hook
def markdown_parser(parser, profile):
    if profile == "page":
        parser.disable("emphasis")
"""


def plugged(site: Site, *plugins: str) -> None:
    site.write(
        "sitegen.toml",
        f'plugins = [{", ".join(repr(name) for name in plugins)}]\n[site]\ntitle = "Tiny"\ntheme = "tiny"\n'
        'base_url = "https://example.org/"\n',
    )


def test_a_plugin_changes_pages_templates_outputs_and_markdown(site: Site) -> None:
    site.write("plugins/reading.py", READING)
    plugged(site, "reading.py")
    site.write("themes/tiny/templates/404.html", "{{ 'ab'|twice }}")
    site.write("themes/tiny/templates/brief.html", "{{ page.extra.loud }} {{ page.body }}")
    site.write("themes/tiny/templates/page.html", "{{ page.body }}")
    site.brief("a", "*x*\n", title="One")
    site.page("b", "*x*\n")
    site.build()
    assert site.out("404.html") == "abab!"
    assert site.out("titles.txt") == "One"
    assert site.out("briefs/one/index.html") == "ONE <p><em>x</em></p>\n"
    assert site.out("b/index.html") == "<p>*x*</p>\n"
    assert site.build().written == 0


def test_everything_follows_a_plugin_that_changes(site: Site, tmp_path: object) -> None:
    site.write("plugins/reading.py", READING)
    plugged(site, "reading.py")
    site.brief("a", "*x*\n", title="One")
    site.page("b", "*x*\n")
    site.build()
    site.write("plugins/reading.py", READING.replace('"page"', '"brief"').replace("upper", "lower"))
    site.build()
    assert "<p>*x*</p>" in site.out("briefs/one/index.html")
    assert "<em>x</em>" in site.out("b/index.html")
    plugged(site)
    site.build()
    assert "<em>x</em>" in site.out("briefs/one/index.html")
    assert not site.has("titles.txt")


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("x = \n", "plugins/p.py:1", "invalid syntax"),
        ("\nraise ValueError('no')\n", "plugins/p.py:2", "ValueError: no"),
        (READING.replace("site.briefs]", "site.breifs]"), "plugins/p.py:15", "AttributeError"),
        (READING.replace("return data", "return 1 / 0"), "plugins/p.py:21", "ZeroDivisionError"),
    ],
)
def test_a_broken_plugin_is_named_with_its_line(site: Site, text: str, place: str, message: str) -> None:
    site.write("plugins/p.py", text)
    plugged(site, "p.py")
    (problem,) = site.problems()
    assert (problem.code, str(problem.place)) == ("SG535", place)
    assert message in problem.message


def test_a_plugin_that_is_not_there_is_named(site: Site) -> None:
    plugged(site, "gone.py", "no_such_module_anywhere")
    assert site.problems()[0].code == "SG535"


MODEL = """
from __future__ import annotations
import datetime as dt
from pydantic import BaseModel

class Event(BaseModel, extra="forbid"):
    place: str
    seats: int = 10
    day: dt.date | None = None
"""


def events(site: Site, model: str = "schemas.py:Event") -> None:
    site.write(
        "sitegen.toml",
        f'[collections.events]\nfolder = "content/events"\nmodel = "{model}"\n[site]\ntitle = "T"\ntheme = "tiny"\n',
    )


def test_a_collection_types_the_fields_of_its_pages(site: Site) -> None:
    site.write("plugins/schemas.py", MODEL)
    events(site)
    site.write(
        "themes/tiny/templates/page.html",
        "{{ page.extra.place }} {{ page.extra.seats + 1 if page.extra.seats }} "
        "{{ page.extra.day.year if page.extra.day }}",
    )
    site.write("content/events/a.md", "---\nextra:\n  place: Harbour\n  day: 2026-05-01\n---\n")
    site.write("content/other.md", "---\nextra: {place: 1, seats: null, day: null}\n---\n")
    site.build()
    assert site.out("events/a/index.html") == "Harbour 11 2026"
    assert site.out("other/index.html") == "1  "


def test_wrong_fields_are_refused_all_at_once_with_their_lines(site: Site) -> None:
    site.write("plugins/schemas.py", MODEL)
    events(site)
    site.write("content/events/a.md", "---\ntitle: A\nextra:\n  seats: many\n  plaace: x\n---\n")
    site.write("content/events/b.md", "---\ntitle: B\nextra: {place: x, seats: [1]}\n---\n")
    found = {(problem.code, str(problem.place)) for problem in site.problems()}
    assert found == {
        ("SG441", "content/events/a.md:3"),
        ("SG441", "content/events/a.md:4"),
        ("SG441", "content/events/a.md:5"),
        ("SG441", "content/events/b.md:3"),
    }


def test_a_collection_without_a_model_is_refused(site: Site) -> None:
    events(site)
    assert site.problems()[0].code == "SG535"
    site.write("plugins/schemas.py", "Event = 3")
    assert "no pydantic model 'Event'" in site.problems()[0].message


GUIDE = Path(__file__).parent.parent.parent / "docs/guide"


def code(page: str, language: str, number: int = 0) -> str:
    """A block of code of the guide."""
    return str(re.findall(rf"```{language}\n(.*?)```", (GUIDE / page).read_text(encoding="utf-8"), re.DOTALL)[number])


def test_the_plugin_of_the_guide_does_what_the_guide_says(site: Site) -> None:
    site.write("plugins/long_reads.py", code("plugins.md", "python"))
    config = (site.root / "sitegen.toml").read_text()
    site.write("sitegen.toml", code("plugins.md", "toml") + config)
    site.write("themes/tiny/templates/404.html", "{{ 'Ada Lovelace'|initials }}")
    site.brief("long", "word " * 501, title="Long")
    site.brief("short", title="Short")
    site.build()
    assert site.out("long-reads.txt") == "https://example.org/briefs/long/\n"
    assert site.out("404.html") == "AL"
    site.brief("short", "word " * 501, title="Short")
    site.build()
    assert len(site.out("long-reads.txt").splitlines()) == 2


def test_the_model_of_the_guide_types_its_collection(site: Site) -> None:
    site.write("plugins/schemas.py", code("content.md", "python"))
    config = (site.root / "sitegen.toml").read_text()
    site.write("sitegen.toml", config + code("content.md", "toml", 2))
    site.write("content/events/a.md", "---\nextra: {place: Harbour, day: soon, colour: red}\n---\n")
    assert [problem.message.split(":")[0] for problem in site.problems()] == ["extra.day", "extra.colour"]


def test_the_guide_lists_every_hook() -> None:
    specs = [name for name, found in vars(hooks).items() if hasattr(found, f"{hooks.NAME}_spec")]
    assert len(specs) == 5
    table = (GUIDE / "plugins.md").read_text(encoding="utf-8")
    for name in specs:
        arguments = ", ".join(inspect.signature(getattr(hooks, name)).parameters)
        assert f"| `{name}({arguments})` |" in table
