"""A build that would change nothing says so before the settings are loaded, and is never wrong about it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from sitegen import settings
from sitegen.errors import LinkBroken, SettingsError
from sitegen.site import glance
from sitegen.site.build import build as build_site
from sitegen.site.report import BuildOptions
from tests.site.sites import Site

COMMAND = """
import sys
from sitegen.cli import run
code = run(["--site", sys.argv[1], "--quiet", "build"])
print(code, *sorted({"sitegen.settings", "pydantic", "jinja2", "yaml"} & sys.modules.keys()))
"""


def build(site: Site, **options: Any) -> str:
    """What the command does; whether it had to load the settings or only looked."""
    chosen = BuildOptions(**options)
    with glance.look(site.root, chosen) as seen:
        if seen.report is not None:
            return "looked"
        build_site(seen.project or settings.load(site.root), chosen, seen=seen)
    return "loaded"


@pytest.fixture
def built(site: Site) -> Site:
    site.brief("one", body="Text.\n")
    site.page("about", "# About\n")
    assert build(site) == "loaded"
    assert build(site) == "looked"
    return site


def change_settings(site: Site) -> None:
    path = site.root / "sitegen.toml"
    path.write_text(path.read_text().replace("[site]", '[site]\nauthor = "Somebody"', 1))


def lose_the_memory(site: Site) -> None:
    for path in (site.root / ".sitegen/build").glob("state-*"):
        path.unlink()


EDITS: dict[str, Callable[[Site], object]] = {
    "a brief is changed": lambda site: site.brief("one", body="Other.\n"),
    "a brief is added": lambda site: site.brief("two", body="Text.\n"),
    "a page is removed": lambda site: (site.root / "content/about.md").unlink(),
    "a setting is changed": change_settings,
    "a template is put in front": lambda site: site.write("templates/brief.html", "mine"),
    "an output is removed": lambda site: (site.output / "index.html").unlink(),
    "an output is changed": lambda site: (site.output / "index.html").write_text("broken"),
    "the memory is lost": lose_the_memory,
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_whatever_changed_is_seen(built: Site, edit: Callable[[Site], object]) -> None:
    edit(built)
    assert build(built) == "loaded"
    found = built.tree()
    assert build(built) == "looked"
    build(built, clean=True)
    assert built.tree() == found


def test_a_theme_that_is_put_in_front_of_another_is_seen(site: Site) -> None:
    site.write("sitegen.toml", '[site]\ntitle = "Tiny"\ntheme = "continuum"\nbase_url = "https://example.org/"\n')
    assert build(site) == "loaded"
    assert build(site) == "looked"
    site.write("themes/continuum/theme.toml", 'extends = "tiny"\n')
    assert build(site) == "loaded"
    assert "continuum" not in site.out("index.html")


def test_options_and_the_environment_are_settings_too(built: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assert build(built, drafts=True) == "loaded"
    assert build(built) == "loaded"
    assert build(built) == "looked"
    monkeypatch.setenv("SITEGEN_SITE__TITLE", "Other")
    assert build(built) == "loaded"
    assert "Other" in built.out("index.html")
    monkeypatch.delenv("SITEGEN_SITE__TITLE")
    assert build(built) == "loaded"
    assert "Other" not in built.out("index.html")


def test_broken_settings_are_told(built: Site) -> None:
    built.write("sitegen.toml", "broken")
    with pytest.raises(SettingsError):
        build(built)


def test_the_command_loads_nothing_to_see_that_nothing_changed(built: Site) -> None:
    result = subprocess.run([sys.executable, "-c", COMMAND, str(built.root)], capture_output=True, text=True)
    assert result.stdout == "0\n"


def test_after_an_edit_it_does_without_the_models_of_settings_and_front_matter(built: Site) -> None:
    built.brief("one", body="Other.\n", title="New")
    result = subprocess.run([sys.executable, "-c", COMMAND, str(built.root)], capture_output=True, text=True)
    assert result.stdout == "0 jinja2\n"
    assert "Other." in built.out("briefs/new/index.html")


def test_a_site_with_plugins_has_its_models(built: Site) -> None:
    built.write("plugins/p.py", "")
    settings_file = built.root / "sitegen.toml"
    settings_file.write_text(f"plugins = ['p.py']\n{settings_file.read_text()}")
    assert build(built) == "loaded"
    built.brief("one", body="Other.\n")
    with glance.look(built.root, BuildOptions()) as seen:
        assert seen.project is None


def test_warnings_are_told_again_and_fail_a_strict_build(built: Site) -> None:
    built.brief("one", body="[gone](/nowhere/)\n")
    assert build(built) == "loaded"
    with glance.look(built.root, BuildOptions()) as seen:
        assert seen.report is not None
        (warning,) = seen.report.warnings
        assert "/nowhere/" in warning.message
    for _ in range(2):
        with pytest.raises(LinkBroken):
            build(built, strict=True)
