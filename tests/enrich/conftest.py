"""A small site to pull into."""

from __future__ import annotations

from pathlib import Path

import pytest

from sitegen import settings
from sitegen.settings import Project
from tests.enrich.pulls import TEXT


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "sitegen.toml").write_text("[engine]\nattempts = 3\n")
    (tmp_path / "documents").mkdir()
    for name in ("a", "b", "c"):
        (tmp_path / "documents" / f"{name}.txt").write_text(f"Report {name}\n\n{TEXT} It is number {name}.\n")
    return settings.load(tmp_path, {})
