"""Docs say what the code does: every command, setting, field and error code is there."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path
from types import ModuleType

import click
import pytest

from sitegen import settings
from sitegen.cli import root
from sitegen.errors import catalogue

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


GENERATOR = generator()


@pytest.mark.parametrize("name", ["settings.md", "errors.md", "commands.md"])
def test_the_reference_is_what_the_code_says(name: str) -> None:
    committed = (DOCS / "reference" / name).read_text(encoding="utf-8")
    assert committed == GENERATOR.pages()[name], f"docs/reference/{name} is out of date; run: make docs"


def test_the_editors_guide_lists_the_fields_as_they_are() -> None:
    guide = (DOCS / "guide" / "editors.md").read_text(encoding="utf-8")
    assert guide == GENERATOR.with_table(guide), "the table of fields is out of date; run: make docs"
    assert "| `status` |" in guide


def test_every_error_code_is_documented_and_no_other() -> None:
    page = (DOCS / "reference" / "errors.md").read_text(encoding="utf-8")
    assert re.findall(r"^### (SG\d{3})$", page, re.M) == [error.code for error in catalogue()]


def test_every_setting_is_documented_with_its_environment_variable() -> None:
    page = (DOCS / "reference" / "settings.md").read_text(encoding="utf-8")
    for name, _ in settings.options(settings.Settings()):
        assert f"### `{name}`" in page
        assert f"`{settings.env_name(name)}`" in page


def test_every_command_has_help_with_examples() -> None:
    page = (DOCS / "reference" / "commands.md").read_text(encoding="utf-8")
    for section in page.split("\n## ")[1:]:
        assert "Examples:" in section or section.startswith("`sitegen`"), section.split("\n")[0]


def test_the_settings_shown_in_the_guides_and_the_readme_are_valid(tmp_path: Path) -> None:
    shown = 0
    for page in (ROOT / "README.md", DOCS / "guide" / "operators.md", DOCS / "guide" / "editors.md"):
        for block in re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.S):
            (tmp_path / "sitegen.toml").write_text(block)
            settings.load(tmp_path, {})
            shown += 1
        for block in re.findall(r"```json\n(.*?)```", page.read_text(encoding="utf-8"), re.S):
            json.loads(block)
    assert shown


def test_links_between_the_docs_lead_somewhere() -> None:
    pages = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")] + sorted(DOCS.rglob("*.md"))
    for page in pages:
        text = re.sub(r"(?s)(`{3,}).*?\1|`[^`\n]*`", "", page.read_text(encoding="utf-8"))
        links = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", text)
        for target in links + re.findall(r'src(?:set)?="([^"]+)"', text):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)}: {target}"


def wrong_options(line: str) -> list[str]:
    """The options in a command line that its own command, or the group above it, does not have."""
    command: click.Command = root
    valid = {"--help", *(name for parameter in root.params for name in parameter.opts)}
    wrong, context = [], click.Context(root)
    words = line.split()[1:]
    while words:
        word = words.pop(0)
        if word == "--site":
            words = words[1:]
        if word.startswith("--"):
            wrong += [] if word.split("=")[0] in valid else [word]
        elif isinstance(command, click.Group) and (found := command.get_command(context, word)):
            command = found
            valid |= {name for parameter in found.params for name in parameter.opts}
    return wrong


def test_options_are_looked_up_at_their_own_command() -> None:
    assert wrong_options("sitegen --site my-site brief list --status draft --json") == []
    assert wrong_options("sitegen build --limit 3") == ["--limit"]
    assert wrong_options("sitegen brief show x --status draft") == ["--status"]
    assert wrong_options("sitegen --drafts build") == ["--drafts"]


def test_options_shown_in_the_docs_exist() -> None:
    shown = 0
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((DOCS / "guide").glob("*.md"))):
        for line in re.findall(r"\bsitegen [^`\n|&;#)]*", page.read_text(encoding="utf-8")):
            assert wrong_options(line) == [], f"{page.name}: {line}"
            shown += " --" in line
    assert shown > 5


def test_the_container_writes_as_the_user_who_calls() -> None:
    for page in (ROOT / "Dockerfile", ROOT / "README.md", *sorted((DOCS / "guide").glob("*.md"))):
        for line in re.findall(r"docker run.*", page.read_text(encoding="utf-8")):
            assert '--user "$(id -u):$(id -g)"' in line, f"{page.name}: {line}"
