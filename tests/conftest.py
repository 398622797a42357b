"""What holds for all tests."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: the browser's driver keeps an event loop running, beside which no other can run."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
