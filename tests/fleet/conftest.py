"""A Redis of its own for each test, and nobody there who takes a rest between two looks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.redis import MISSING, RedisServer, executable


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RedisServer]:
    if executable() is None:
        pytest.skip(MISSING)
    with RedisServer(tmp_path / "redis") as server:
        yield server


@pytest.fixture(autouse=True)
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is here looks ten times as often; how long somebody may be silent stays as it is."""
    from sitegen.fleet import coordinator, worker

    monkeypatch.setattr(worker, "IDLE_MS", 20)
    for module in (worker, coordinator):
        monkeypatch.setattr(module, "BEAT_SECONDS", 0.2)
