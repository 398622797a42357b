"""Composes the study."""

from __future__ import annotations

from pathlib import Path


def compose_study(folder: Path) -> str:
    """Compose."""
    return (folder / "study.src").read_text(encoding="utf-8")
