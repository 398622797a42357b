"""What is imported is what is installed: no module that the lock file does not bring."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def imported(folder: Path) -> set[str]:
    """The top-level names of all modules that the code below ``folder`` imports, also inside functions."""
    names: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names.update(alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names)


def required(requirements: list[str]) -> set[str]:
    return {re.split(r"[^\w.-]", requirement)[0].lower().replace("_", "-") for requirement in requirements}


def distributions(names: set[str], own: set[str]) -> set[str]:
    found = packages_distributions()
    return {
        found.get(name, [f"nothing that is installed ({name})"])[0].lower().replace("_", "-") for name in names - own
    }


def test_sitegen_declares_all_that_it_imports() -> None:
    needed = distributions(imported(ROOT / "sitegen"), {"sitegen"})
    # jinja2 brings its own escape type; what an extra brings is told when it is missing.
    extras = PROJECT["optional-dependencies"]
    extra = set().union(*(required(extras[name]) for name in ("smoke", "fleet", "fonts", "backup", "traces")))
    assert needed - {"markupsafe"} - extra <= required(PROJECT["dependencies"])


def test_it_declares_nothing_that_it_does_not_import() -> None:
    used = distributions(imported(ROOT / "sitegen"), {"sitegen"})
    # httpcore looks for sniffio at each request, and a module that is missing is searched for each time.
    assert required(PROJECT["dependencies"]) - {"sniffio"} <= used


def test_tests_and_tools_declare_all_that_they_import() -> None:
    names = set().union(*(imported(ROOT / folder) for folder in ("tests", "benchmarks", "demo", "docs")))
    needed = distributions(names, {"sitegen", "tests", "benchmarks", "demo", "archive"})
    declared = required(PROJECT["dependencies"]) | required(PROJECT["optional-dependencies"]["dev"])
    assert needed <= declared


def test_what_the_lock_file_brings_has_search_letters_and_encryption() -> None:
    locked = (ROOT / "requirements.lock").read_text()
    assert "\npagefind-bin==" in locked
    assert "\npyrage==" in locked
    assert "\nfonttools==" in locked


def test_the_image_keeps_the_words_of_each_language_in_which_scans_are_looked_through() -> None:
    from simplemma.strategies.dictionaries.dictionary_factory import SUPPORTED_LANGUAGES

    from sitegen.enrich.language import Dictionary

    found = re.search(r"plzma' -not -regex '\.\*/\\\((.*)\\\)\\\.plzma'", (ROOT / "Dockerfile").read_text())
    assert found
    kept = found[1].split("\\|")
    assert kept == sorted(language for language in SUPPORTED_LANGUAGES if Dictionary(language).useful)


def test_no_theme_names_a_font_that_the_image_leaves_out() -> None:
    for theme in (ROOT / "themes").glob("*/theme.toml"):
        assert ".otf" not in theme.read_text()


def test_the_lock_files_pin_everything_by_hash_and_name_no_host() -> None:
    for name, least in (
        ("requirements.lock", 20),
        ("requirements-dev.lock", 20),
        ("requirements-fleet.lock", 20),
        ("requirements-llm.lock", 2),
    ):
        text = (ROOT / name).read_text()
        pins = re.findall(r"^[a-z0-9-]+==\S+", text, re.M)
        assert len(pins) > least
        assert text.count("--hash=sha256:") >= len(pins)
        assert "://" not in text
    locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements.lock").read_text(), re.M))
    assert required(PROJECT["dependencies"]) <= locked
