"""What the tests of backups share: a site with briefs that a model made, and what it was asked."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sitegen.cli import run
from tests.servers.ollama import OllamaServer


@dataclass
class Site:
    """A site of five documents, and the server of its model."""

    root: Path
    server: OllamaServer

    def run(self, *words: str) -> int:
        return run(["--site", str(self.root), "--quiet", *words])

    @property
    def questions(self) -> int:
        """How often the model was asked."""
        return sum(isinstance(one.body, dict) and bool(one.body.get("messages")) for one in self.server.requests)

    @property
    def state(self) -> Path:
        return self.root / ".sitegen"

    def briefs(self) -> dict[str, bytes]:
        folder = self.root / "briefs"
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    def settings(self) -> str:
        return f'[engine]\nkind = "ollama"\n[engine.ollama]\nendpoints = ["{self.server.url}"]\n'


def documents(root: Path, count: int = 5) -> None:
    (root / "documents").mkdir(parents=True, exist_ok=True)
    for number in range(count):
        (root / "documents" / f"{number}.txt").write_text(
            f"Report {number}\n\nThe council of district {number} met on {number + 1} March 2026. The members approved "
            f"a budget of EUR {number + 2},500. The inspectors found {number + 3} cracks and asked for a repair.\n"
        )


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with OllamaServer(model="qwen3:8b") as server:
        found = Site(tmp_path / "site", server)
        documents(found.root)
        (found.root / "sitegen.toml").write_text(found.settings())
        yield found


@pytest.fixture
def pulled(site: Site) -> Site:
    assert site.run("pull") == 0
    return site


def git(folder: Path, *words: str) -> None:
    own = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *own, *words], cwd=folder, check=True, capture_output=True)
