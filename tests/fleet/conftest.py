"""A Redis of its own for each test."""

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
