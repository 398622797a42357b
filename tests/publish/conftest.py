from __future__ import annotations

from pathlib import Path

import pytest

from sitegen.publish.manifest import Manifest


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A built site."""
    folder = tmp_path / "public"
    for path, text in {
        "index.html": "home",
        "about/index.html": "about",
        "same.html": "home",
        "ü b.txt": "umlaut",
        ".well-known/security.txt": "contact",
        "_headers": "/*\n  X: 1\n",
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def edited(folder: Path, text: str) -> Manifest:
    """The site after one page was edited."""
    (folder / "about/index.html").write_text(text)
    return Manifest.of(folder)


def nothing(phase: str, done: int, total: int) -> None:
    """For those who are told how far it is."""
