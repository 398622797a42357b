"""``sitegen new``: a file to begin with, from an archetype, and never over another."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from sitegen import frontmatter
from sitegen.cli import run


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "sitegen.toml").write_text('[site]\ntitle = "T"\n')
    return tmp_path


def new(site: Path, *arguments: str) -> int:
    return run(["--site", str(site), "new", *arguments])


def fields(path: Path) -> dict[str, object]:
    return frontmatter.split(path.read_text(), path.name).fields


def test_a_new_brief_is_a_draft_and_its_name_is_printed(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert new(site, "briefs/bridge-opens") == 0
    assert capsys.readouterr().out == "briefs/bridge-opens.md\n"
    found = fields(site / "briefs/bridge-opens.md")
    assert (found["title"], found["status"], found["method"]) == ("Bridge opens", "draft", "written")
    assert "date" in found
    assert run(["--site", str(site), "build", "--strict"]) == 0
    assert not (site / "public/briefs").exists()


def test_a_path_without_a_folder_is_a_page(site: Path) -> None:
    assert new(site, "news/2026/opening.md", "--title", 'The "old": bridge') == 0
    assert fields(site / "content/news/2026/opening.md")["title"] == 'The "old": bridge'


def test_the_archetype_of_the_section_goes_before_the_general_one(site: Path) -> None:
    (site / "archetypes").mkdir()
    (site / "archetypes/default.md").write_text("---\ntitle: {{ title }}\n---\nGeneral {{ slug }}\n")
    (site / "archetypes/news.md").write_text("---\ntitle: 'News: {{ title }}'\ndate: {{ date }}\n---\nNews\n")
    assert [new(site, "news/a"), new(site, "other/b"), new(site, "c"), new(site, "briefs/d")] == [0] * 4
    assert fields(site / "content/news/a.md")["title"] == "News: A"
    assert (site / "content/other/b.md").read_text().endswith("General b\n")
    assert "General" in (site / "content/c.md").read_text()
    assert fields(site / "briefs/d.md")["status"] == "draft", "a brief is never begun from the archetype of pages"


def test_the_theme_has_archetypes_too_and_the_site_goes_first(site: Path) -> None:
    theme = site / "themes/own"
    (theme / "templates").mkdir(parents=True)
    (theme / "archetypes").mkdir()
    (theme / "archetypes/default.md").write_text("theme\n")
    (site / "sitegen.toml").write_text('[site]\ntheme = "own"\n')
    assert new(site, "a") == 0
    assert (site / "content/a.md").read_text() == "theme\n"
    (site / "archetypes").mkdir()
    (site / "archetypes/default.md").write_text("site\n")
    assert new(site, "b") == 0
    assert (site / "content/b.md").read_text() == "site\n"


def test_a_file_that_is_there_is_never_overwritten(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "content").mkdir()
    (site / "content/a.md").write_text("mine")
    assert new(site, "a") == 2
    assert (site / "content/a.md").read_text() == "mine"
    assert "SG804" in capsys.readouterr().err


@pytest.mark.parametrize("path", ["../x", "/etc/x", "content/../../x", ".hidden", "a/.b/c", "briefs/.provenance/x"])
def test_a_path_that_leads_elsewhere_is_refused(site: Path, path: str) -> None:
    assert new(site, path) == 1
    assert sorted(entry.name for entry in site.iterdir()) == ["sitegen.toml"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("---\ntitle: {{ titel }}\n---\n", "archetypes/default.md:2: there is no placeholder {{ titel }}"),
        ("---\ntitle: x\n---\n\n{{ nothing }}\n", "archetypes/default.md:5: there is no placeholder"),
        ("---\ntitle: x\nwrong: y\n---\n", "archetypes/default.md:3: "),
    ],
)
def test_a_broken_archetype_is_named_with_its_line(
    site: Path, text: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (site / "archetypes").mkdir()
    (site / "archetypes/default.md").write_text(text)
    assert new(site, "a") == 1
    assert message in capsys.readouterr().err
    assert not (site / "content").exists()


def test_an_archetype_for_briefs_must_say_the_status(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "archetypes").mkdir()
    (site / "archetypes/briefs.md").write_text("---\ntitle: {{ title }}\n---\n")
    assert new(site, "briefs/a") == 1
    assert "status" in capsys.readouterr().err


@given(title=st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20).filter(str.strip))
@how(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_title_is_kept_as_it_is(site: Path, title: str) -> None:
    (site / "content/t.md").unlink(missing_ok=True)
    assert new(site, "t", "--title", title, "--quiet") == 0
    assert fields(site / "content/t.md")["title"] == title


def theme(site: Path, name: str) -> None:
    (site / "sitegen.toml").write_text(f'[site]\ntitle = "T"\ntheme = "{name}"\n')


def test_a_new_theme_builds_at_once_and_is_the_sites_own(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert new(site, "theme", "town") == 0
    assert "themes/town/templates/brief.html" in capsys.readouterr().out.splitlines()
    assert (site / "themes/town/theme.toml").read_text().startswith('name = "town"\n')
    new(site, "about")
    theme(site, "town")
    assert run(["--site", str(site), "build", "--strict", "--drafts"]) == 0
    (site / "themes/town/templates/page.html").write_text("the town's own page")
    assert run(["--site", str(site), "build", "--drafts"]) == 0
    assert (site / "public/about/index.html").read_text() == "the town's own page"


def test_a_theme_that_extends_another_has_only_what_it_changes(site: Path) -> None:
    assert new(site, "theme", "town", "--extends", "continuum") == 0
    assert [path.name for path in (site / "themes/town").iterdir()] == ["theme.toml"]
    theme(site, "town")
    assert run(["--site", str(site), "build", "--strict"]) == 0


@pytest.mark.parametrize("name", ["plain", "continuum", "there"])
def test_no_theme_takes_the_place_of_another(site: Path, name: str) -> None:
    (site / "themes/there").mkdir(parents=True)
    assert new(site, "theme", name) == 2
    assert [path.name for path in (site / "themes").iterdir()] == ["there"]


@pytest.mark.parametrize("name", ["../x", "A b", ".x", "", "a/b", "x" * 70])
def test_a_name_that_is_none_makes_nothing(site: Path, name: str) -> None:
    assert new(site, "theme", name) != 0
    assert not (site / "themes").exists()


def test_a_theme_that_is_not_there_cannot_be_extended(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert new(site, "theme", "town", "--extends", "continum") == 1
    assert "continum" in capsys.readouterr().err
    assert not (site / "themes").exists()


def test_words_that_fit_no_form_are_a_usage_error(site: Path) -> None:
    assert [
        new(site, "news/a", "b"),
        new(site, "theme", "town", "--title", "Town"),
        new(site, "a", "--extends", "plain"),
    ] == [2, 2, 2]
    assert not (site / "themes").exists()
