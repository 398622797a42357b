"""The law: after any sequence of edits, the incremental build equals a build from nothing, byte for byte."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sitegen.errors import SitegenError
from tests.site.sites import TODAY, Site

NAMES = ["a", "b", "c", "d"]
TAGS = ["Energy", "energy", "C", "C++", "Über", "???"]
DAYS = [None, dt.date(2026, 1, 1), dt.date(2026, 5, 31), dt.date(2026, 6, 2)]

briefs = st.fixed_dictionaries(
    {
        "title": st.sampled_from(["One", "Two", "Three: <b>", "///"]),
        "slug": st.sampled_from(["", "", "", "", "same"]),
        "date": st.sampled_from(DAYS),
        "tags": st.lists(st.sampled_from(TAGS), max_size=3, unique=True),
        "status": st.sampled_from(["draft", "review", "withdrawn", *["published"] * 5]),
        "correspondent": st.sampled_from([None, "Town", "Water Board"]),
        "summary": st.sampled_from(["", "Short."]),
        "aliases": st.sampled_from([[], [], ["/old/"], ["/gone", "/was/here/"], ["/briefs/a/"]]),
        "expires": st.sampled_from([None, None, None, dt.date(2026, 5, 31), dt.date(2026, 6, 3)]),
        "publish_at": st.sampled_from([None, None, None, dt.date(2026, 5, 31), dt.date(2026, 6, 2)]),
        "withdrawn_at": st.sampled_from([None, dt.date(2026, 5, 1)]),
        "notice": st.sampled_from(["", "", "Wrong figures.", "One <b>.\n\nTwo."]),
        "corrections": st.sampled_from([[], [], [{"date": dt.date(2026, 5, 2), "text": "A sum."}]]),
        "extra": st.sampled_from([{}, {"x": "<b>"}, {"y": dt.date(2026, 1, 1)}]),
    }
)
bodies = st.sampled_from(
    [
        "Text.\n",
        "## Head\n\n[b](b.md) [gone](/nowhere/) [about](../content/about.md#head)\n",
        "## Organisations\n\n- Town\n- Water Board\n- Nobody\n",
        "- p\n  > q\n\n```python\nx\n```\n",
        "> [!note]\n> [b](b.md)\n\n- [x] done\n\nA\n: $x$ {#x}\n",
        "## Calls {#calls}\n\n{{ box('../briefs/b.md') }}\n\n{% box() %}\n> [!tip]\n> $x$\n{% end %}\n",
    ]
)
macros = st.sampled_from(
    [
        "{% macro box(href='') %}{{ link(href) if href }}{{ caller() if caller is defined }}{% endmacro %}",
        "{% macro box(href='') %}{{ caller is defined }}{{ site.briefs|map(attribute='title')|join }}{% endmacro %}",
        "{% macro box(href='') %}{% include 'partials/menu.html' %}{{ caller is defined }}{% endmacro %}",
        "{% macro box() %}{% endmacro %}",
        "",
    ]
)
names = st.sampled_from(NAMES)
templates = st.sampled_from(
    [
        "base.html",
        "brief.html",
        "partials/menu.html",
        "partials/link.html",
        "partials/card.html",
        "partials/macros.html",
        "term.html",
        "404.html",
    ]
)
LANGUAGES = """
[languages.de]
title = "T"
menu = [{title = "Start", url = "/de/"}]
[languages.ar]
"""
PLUGIN = """
from sitegen.site.hooks import Output, hook

@hook
def site_outputs(site):
    yield Output("size.txt", "size", parts=(len(site.briefs),), make=lambda: str(len(site.briefs)).encode())
"""


MACHINES = [
    "",
    '[feeds]\nformats = ["rss", "json"]\nitems = 2\ncontent = "full"\n[taxonomies.tags]\nfeed = true\n',
    '[llms]\ntwins = false\n[[redirects]]\nfrom = "/old"\nto = "/archive/"\n',
    '[llms]\nitems = 1\n[[redirects]]\nfrom = "/x/*"\nstatus = 410\n[[redirects]]\nfrom = "/y"\nto = "/was/here/"\n',
]
"""Settings for the files that machines read."""


@dataclass
class World:
    """A site, its twin on paper, and the options of its builds."""

    site: Site
    options: dict[str, Any] = field(default_factory=lambda: {"today": TODAY, "jobs": 1})
    saved: dict[Path, bytes] = field(default_factory=dict)

    def change(self, path: str, text: str) -> None:
        target = self.site.root / path
        if target.exists():
            self.saved.setdefault(target, target.read_bytes())
        self.site.write(path, text)

    def outputs(self) -> list[Path]:
        return sorted(path for path in self.site.output.rglob("*") if path.is_file())


def put(name: str, fields: dict[str, Any], body: str) -> Any:
    # Most briefs have an address of their own; some collide, and the build must fail in both worlds.
    return lambda world: world.site.brief(name, body, **{**fields, "slug": fields["slug"] or name})


def put_page(name: str, fields: dict[str, Any], body: str) -> Any:
    names = ("title", "status", "date", "publish_at", "notice", "tags", "expires", "extra")
    fields = {key: fields[key] for key in names}
    return lambda world: world.site.page(name, body, **fields)


def delete(name: str) -> Any:
    return lambda world: (world.site.root / f"briefs/{name}.md").unlink(missing_ok=True)


def rename(old: str, new: str) -> Any:
    def edit(world: World) -> None:
        source = world.site.root / f"briefs/{old}.md"
        if source.exists():
            source.rename(world.site.root / f"briefs/{new}.md")

    return edit


def set_status(name: str, status: str) -> Any:
    """An editor moves a brief from any state to another one, and nothing else."""

    def edit(world: World) -> None:
        path = world.site.root / f"briefs/{name}.md"
        if path.exists():
            path.write_text(re.sub(r"^status: .*$", f"status: {status}", path.read_text(), count=1, flags=re.MULTILINE))

    return edit


def rename_tag(old: str, new: str) -> Any:
    def edit(world: World) -> None:
        for path in (world.site.root / "briefs").glob("*.md"):
            path.write_text(path.read_text().replace(f"- {old}\n", f"- {new}\n"))

    return edit


def add_to(name: str, text: str) -> Any:
    def edit(world: World) -> None:
        path = world.site.root / f"briefs/{name}.md"
        if path.exists():
            path.write_text(path.read_text() + text)

    return edit


def touch(name: str) -> Any:
    def edit(world: World) -> None:
        path = world.site.root / f"briefs/{name}.md"
        if path.exists():
            os.utime(path)

    return edit


def change_template(name: str, mark: int) -> Any:
    def edit(world: World) -> None:
        text = (world.site.root / f"themes/tiny/templates/{name}").read_text()
        world.change(f"themes/tiny/templates/{name}", f"{text}{{# {mark} #}}<!-- {mark} -->")

    return edit


def override_template(name: str, there: bool) -> Any:
    def edit(world: World) -> None:
        path = world.site.root / f"templates/{name}"
        if there:
            world.site.write(
                f"templates/{name}", (world.site.root / f"themes/tiny/templates/{name}").read_text() + "<hr>"
            )
        else:
            path.unlink(missing_ok=True)

    return edit


def override_in_theme(name: str, kind: str) -> Any:
    def edit(world: World) -> None:
        path = world.site.root / f"themes/leaf/templates/{name}"
        if kind == "remove":
            path.unlink(missing_ok=True)
        elif kind == "extend":
            world.site.write(f"themes/leaf/templates/{name}", f'{{% extends "tiny/{name}" %}}')
        else:
            world.site.write(f"themes/leaf/templates/{name}", f'<i>{{% include "tiny/{name}" %}}</i>')

    return edit


def override_asset(path: str, text: str) -> Any:
    def edit(world: World) -> None:
        if text:
            world.site.write(path, text)
        else:
            (world.site.root / path).unlink(missing_ok=True)

    return edit


def change_back() -> Any:
    def edit(world: World) -> None:
        for path, content in world.saved.items():
            path.write_bytes(content)
        world.saved.clear()

    return edit


def change_settings(title: str, per_page: int, theme: str, accent: str, machines: str, languages: str) -> Any:
    text = f'[site]\ntitle = "{title}"\ntheme = "{theme}"\nbase_url = "https://example.org/{title}"\n'
    text += f"[build]\nper_page = {per_page}\n"
    text += f'[theme]\naccent = "{accent}"\n[markdown]\nmath = true\n' if accent else ""
    if per_page == 1:
        text = f"plugins = ['p.py']\n{text}[permalinks]\nbriefs = '/{{year}}/{{slug}}/'\n[taxonomies.series]\n"
    if per_page == 2:
        text += "[[cascade]]\nfolder = 'briefs'\nextra = {x = 1}\n[[cascade]]\nfolder='content'\ntags=['C']\n"
    return lambda world: world.change("sitegen.toml", text + machines + languages)


def translate(name: str, code: str, key: str | None, fields: dict[str, Any]) -> Any:
    """A page or brief in another language, by its name or by a key that it shares; or no such file any more."""
    path = f"{name}.{code}" if key is None else f"{name}-{code}"
    fields = {name: fields[name] for name in ("title", "status", "date", "tags")}
    if key is not None:
        fields |= {"translation": key, "language": code}

    def edit(world: World) -> None:
        if fields["title"] == "///":
            (world.site.root / f"content/{path}.md").unlink(missing_ok=True)
        else:
            world.site.page(path, **fields)

    return edit


def translate_brief(name: str, code: str, fields: dict[str, Any], body: str) -> Any:
    return lambda world: world.site.brief(f"{name}.{code}", body, **{**fields, "slug": fields["slug"] or name})


def inherit(status: str | None, tags: list[str], extra: str) -> Any:
    """A section whose pages inherit from it."""
    cascade = {key: value for key, value in {"status": status, "tags": tags, "extra": {"x": extra}}.items() if value}
    return lambda world: world.site.page("a/_index", title="Section", cascade=cascade)


def write(path: str, text: str) -> Any:
    return lambda world: world.change(path, text)


def spoil_output(number: int, how: str) -> Any:
    def edit(world: World) -> None:
        outputs = world.outputs()
        if outputs:
            path = outputs[number % len(outputs)]
            if how == "delete":
                path.unlink()
            elif how == "damage":
                path.write_bytes(path.read_bytes()[:-1] + b"?")
            else:
                shutil.rmtree(path.parent)

    return edit


def deploy(name: str, carry: bool) -> Any:
    """The site as it is becomes an earlier build, whose assets are carried forward."""

    def edit(world: World) -> None:
        folder = world.site.root.parent / f"deploy-{name}"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(world.site.output, folder)
        world.options["carry_from"] = folder if carry else None

    return edit


def set_option(name: str, value: Any) -> Any:
    return lambda world: world.options.update({name: value})


edits = st.one_of(
    st.builds(put, names, briefs, bodies),
    st.builds(put, names, briefs, bodies),
    st.builds(put, names, briefs, bodies),
    st.builds(put_page, st.sampled_from(["about", "index", "a/b", "a"]), briefs, bodies),
    st.builds(put_page, st.sampled_from(["a/_index", "tags/_index", "tags/energy/_index"]), briefs, bodies),
    st.builds(inherit, st.sampled_from(["draft", None]), st.sampled_from([[], ["Energy"]]), st.sampled_from(["", "x"])),
    st.builds(
        write, st.sampled_from(["data/a.toml", "data/b/c.toml"]), st.sampled_from(["x = 1", "x = 2", "y = 1", "x ="])
    ),
    st.builds(
        write,
        st.just("plugins/p.py"),
        st.sampled_from([PLUGIN, PLUGIN.replace("size", "length"), PLUGIN.replace("yield", "return")]),
    ),
    st.builds(add_to, names, st.sampled_from(["More.\n", "## More\n"])),
    st.builds(add_to, names, st.sampled_from(["More.\n", "## More\n"])),
    st.builds(delete, names),
    st.builds(set_status, names, st.sampled_from(["draft", "review", "published", "published", "withdrawn"])),
    st.builds(set_status, names, st.sampled_from(["draft", "review", "published", "published", "withdrawn"])),
    st.builds(
        override_asset,
        st.just("templates/withdrawn.html"),
        st.sampled_from(["", "{{ page.title }} {{ page.withdrawn_at }} {{ page.notice|join }}"]),
    ),
    st.builds(rename, names, names),
    st.builds(rename_tag, st.sampled_from(TAGS), st.sampled_from(TAGS)),
    st.builds(touch, names),
    st.builds(change_template, templates, st.integers(0, 3)),
    st.builds(override_template, templates, st.booleans()),
    st.builds(change_back),
    st.builds(
        change_settings,
        st.sampled_from(["A", "B"]),
        st.integers(1, 3),
        st.sampled_from(["tiny", "other", "leaf"]),
        st.sampled_from(["", "red", "plum"]),
        st.sampled_from(MACHINES),
        st.sampled_from(["", "[languages.de]\n", LANGUAGES]),
    ),
    st.builds(
        translate,
        st.sampled_from(["about", "index", "a/_index", "a/b", "tags/_index"]),
        st.sampled_from(["de", "de", "ar", "en"]),
        st.sampled_from([None, None, "x", "y"]),
        briefs,
    ),
    st.builds(translate_brief, names, st.sampled_from(["de", "de", "ar"]), briefs, bodies),
    st.builds(
        write,
        st.sampled_from(["i18n/de.toml", "themes/tiny/i18n/de.toml"]),
        st.sampled_from(
            ['home = "Heim"\n', 'title_archive = "Alles"\ncount = "{count}"\n', 'count = {one = "1"}\n', ""]
        ),
    ),
    st.builds(write, st.just("templates/shortcodes/box.html"), macros),
    st.builds(write, st.just("themes/tiny/templates/shortcodes/box.html"), macros),
    st.builds(override_in_theme, templates, st.sampled_from(["remove", "extend", "include"])),
    st.builds(
        override_asset,
        st.sampled_from(
            ["themes/leaf/static/css/colours.css", "static/css/colours.css", "themes/leaf/static/logo.svg"]
        ),
        st.sampled_from(["", ":root{--ink:blue}", ":root { --ink: black }\n"]),
    ),
    st.builds(
        write,
        st.just("themes/leaf/theme.toml"),
        st.sampled_from(
            [
                'extends = "tiny"\n[settings.accent]\ndefault = "blue"\n',
                'extends = "other"\n',
                'extends = "none"\n',
            ]
        ),
    ),
    st.builds(
        override_asset,
        st.sampled_from(
            ["themes/tiny/static/a.js", "themes/leaf/static/a.js", "themes/tiny/static/b.js", "static/b.js"]
        ),
        st.sampled_from(
            ["", "1;\n", "import './a.js';\n", "import './b.js';\nimport './gone.js'\n", "import './b.js';\n"]
        ),
    ),
    st.builds(
        override_asset,
        st.just("templates/partials/link.html"),
        st.sampled_from(["", '<i id="one"></i><a href="/A/briefs/a/#head">x</a>', '<a href="{{ page.url }}x/">x</a>']),
    ),
    st.builds(override_asset, st.just("templates/search.html"), st.sampled_from(["", "{{ site.search.bundle }}"])),
    st.builds(write, st.just("i18n/en.toml"), st.sampled_from(['home="Site"\n', ""])),
    st.builds(write, st.just("themes/tiny/static/css/colours.css"), st.sampled_from([":root{}", ":root{--ink:red}"])),
    st.builds(
        write,
        st.just("themes/tiny/i18n/en.toml"),
        st.sampled_from(
            [
                'home="H"\nonly_english="E"\ncount="{count}"\n',
                'home="G"\nonly_english="E"\ncount="{count}"\nadmonition_note="N"\n',
            ]
        ),
    ),
    st.builds(
        write, st.sampled_from(["static/x.txt", "content/a/p.txt", "static/logo.svg"]), st.sampled_from(["1", "2"])
    ),
    st.builds(spoil_output, st.integers(0, 30), st.sampled_from(["delete", "damage", "folder"])),
    st.builds(deploy, st.sampled_from(["one", "two"]), st.sampled_from([True, True, False])),
    st.builds(set_option, st.just("carry_days"), st.integers(1, 3)),
    st.builds(set_option, st.just("drafts"), st.booleans()),
    st.builds(set_option, st.just("future"), st.booleans()),
    st.builds(set_option, st.just("today"), st.sampled_from([TODAY, dt.date(2026, 5, 30), dt.date(2026, 6, 3)])),
)


@settings(
    max_examples=int(os.environ.get("LAW_EXAMPLES", "25")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(st.lists(edits, min_size=1, max_size=2), min_size=1, max_size=6))
def test_incremental_equals_clean(rounds: list[list[Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Site(Path(folder) / "site"))
        shutil.copytree(world.site.root / "themes/tiny", world.site.root / "themes/other")
        world.site.write("themes/other/templates/404.html", "other")
        world.site.write("themes/leaf/theme.toml", 'extends = "tiny"\n')
        for name, tags in zip(NAMES, ([], ["Energy"], ["C", "energy"], ["C++"]), strict=True):
            world.site.brief(name, "[a](a.md)\n", title=f"Brief {name}", slug=name, tags=tags, date=DAYS[1])
        world.site.page("about", "## Head\n")
        world.site.write(
            "templates/shortcodes/box.html", "{% macro box(href='') %}{{ caller() if caller is defined }}{% endmacro %}"
        )
        world.site.build(**world.options)
        for number, round_of_edits in enumerate(rounds):
            before = world.site.tree()
            for edit in round_of_edits:
                edit(world)
            spoiled = world.site.tree() != before
            compare(world, Path(folder) / f"clean-{number}", None if spoiled else before)


def compare(world: World, clean: Path, before: dict[str, bytes] | None) -> None:
    wrong: SitegenError | None = None
    try:
        expected = world.site.rebuilt(clean, **world.options)
    except SitegenError as error:
        wrong = error
    if wrong is not None:
        found = [(problem.code, problem.message) for problem in world.site.problems(**world.options)]
        assert found == [(problem.code, problem.message) for problem in wrong.problems]
        assert before in (None, world.site.tree()), "a build that fails leaves the last good site alone"
        return
    report = world.site.build(**world.options)
    assert world.site.tree() == expected
    assert report.written + report.unchanged == len(expected)
    assert [str(warning) for warning in report.warnings] == world.site.clean_warnings
    again = world.site.build(**world.options)
    assert [str(warning) for warning in again.warnings] == world.site.clean_warnings
    assert (again.written, again.removed) == (0, 0)
    assert world.site.tree() == expected
