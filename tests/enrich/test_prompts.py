"""Prompts of the site's own: used when they are there, refused with file and line when they cannot be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sitegen.cli import run
from sitegen.enrich.engines import open_engine
from sitegen.enrich.prompts import NAMES, SHIPPED, VERSION, Prompts
from sitegen.errors import ExitCode, PromptBroken, Several
from sitegen.settings import load


def own(folder: Path, name: str, text: str) -> Prompts:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.jinja").write_text(text)
    return Prompts(folder)


def test_the_shipped_prompts_pass_the_test_that_own_ones_must(tmp_path: Path) -> None:
    for name in NAMES:
        own(tmp_path, name, SHIPPED.source(name)).check()
        assert SHIPPED.version(name) == VERSION


def test_a_prompt_of_the_site_takes_the_place_of_ours_and_changes_the_hash(tmp_path: Path) -> None:
    before = SHIPPED.fingerprint({})
    assert Prompts(tmp_path).fingerprint({}) == before
    changed = own(tmp_path, "write", SHIPPED.source("write").replace("short, sober", "long, merry"))
    assert changed.fingerprint({}) != before
    assert changed.fingerprint({}).startswith(f"{VERSION}:")
    assert "merry" in changed.source("write")
    assert changed.source("extract") == SHIPPED.source("extract")


@pytest.mark.parametrize("head", ["{#- version: 17. Ours. -#}", "{# Version 17 #}"])
def test_the_version_is_the_one_that_the_file_states(tmp_path: Path, head: str) -> None:
    prompts = own(tmp_path, "write", SHIPPED.source("write").replace("{#- version: 2.", f"{head}\n{{#-", 1))
    assert prompts.version("write") == 17
    assert prompts.fingerprint({}).startswith("17:")


LINE = SHIPPED.source("extract").split("\n").index("{{ text }}") + 1
BROKEN = {
    "syntax": ("{% block system %}\n{% if %}\n{% endblock %}", 2, "xpected"),
    "blocks": ("{% block user %}{% endblock %}", None, "no block system, again"),
    "unknown value": (SHIPPED.source("extract").replace("{{ text }}", "{{ txet }}", 1), LINE, "'txet' is undefined"),
    "no fence": (
        SHIPPED.source("extract").replace("[{{ fence }} BEGINS]\n{{ text }}", "{{ text }}", 1),
        None,
        "block user",
    ),
    "text twice": (SHIPPED.source("extract").replace("Note in JSON", "{{ text }} Note in JSON", 1), None, "block user"),
    "no text": (SHIPPED.source("extract").replace("{{ text }}", "", 1), None, "block user"),
    "escape": (SHIPPED.source("extract").replace("{{ text }}", "{{ ''.__class__.__mro__ }}", 1), LINE, "unsafe"),
}


@pytest.mark.parametrize(("text", "line", "words"), BROKEN.values(), ids=BROKEN)
def test_a_prompt_that_cannot_be_used_is_refused_with_its_place(
    tmp_path: Path, text: str, line: int | None, words: str
) -> None:
    with pytest.raises(PromptBroken, match=words) as caught:
        own(tmp_path, "extract", text).check()
    assert caught.value.place is not None
    assert caught.value.place.name == str(tmp_path / "extract.jinja")
    assert caught.value.place.line == line


def test_all_broken_prompts_are_told_at_once(tmp_path: Path) -> None:
    own(tmp_path, "extract", "x")
    own(tmp_path, "choose", "{% block")
    with pytest.raises(Several) as caught:
        own(tmp_path, "write", "\ufeff").check()
    assert len(caught.value.problems) == 3
    assert caught.value.exit_code == ExitCode.ENGINE


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "write.jinja").write_bytes(b"\xff\xfe")
    with pytest.raises(PromptBroken, match="cannot be read"):
        Prompts(tmp_path).check()


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "sitegen.toml").write_text('[engine]\nkind = "ollama"\nprompts = "asks"\n')
    return tmp_path


def test_the_engine_looks_into_the_folder_that_the_settings_name(site: Path) -> None:
    (site / "asks").mkdir()
    (site / "asks" / "write.jinja").write_text("{% block user %}")
    with pytest.raises(PromptBroken, match="Unexpected end"):
        open_engine(load(site, {}))


def test_a_prompt_is_copied_once_and_shown(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--site", str(site), "prompt", "copy", "write"]) == 0
    assert run(["--site", str(site), "prompt", "copy", "write"]) == ExitCode.USAGE
    copy = site / "asks" / "write.jinja"
    assert copy.read_text() == SHIPPED.source("write")
    copy.write_text(copy.read_text().replace("version: 2", "version: 9").replace("sober", "merry"))
    capsys.readouterr()
    assert run(["--site", str(site), "--json", "prompt", "list"]) == 0
    rows = {row["prompt"]: row for row in json.loads(capsys.readouterr().out)}
    assert (rows["write"]["version"], rows["write"]["own"]) == (9, True)
    assert (rows["extract"]["version"], rows["extract"]["own"]) == (VERSION, False)
    assert run(["--site", str(site), "prompt", "show", "write"]) == 0
    assert "merry" in capsys.readouterr().out
    assert run(["--site", str(site), "prompt", "show", "write", "--shipped"]) == 0
    assert "sober" in capsys.readouterr().out
    copy.write_text("{% block")
    assert run(["--site", str(site), "prompt", "list"]) == ExitCode.ENGINE
