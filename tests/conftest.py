"""What holds for all tests."""

from __future__ import annotations

import os

import hypothesis
import pytest

# A busy machine is no fault of ours. In continuous integration the same examples come each time, so that a failure
# there is one of the change; at a desk new ones do.
hypothesis.settings.register_profile("sitegen", deadline=None, derandomize=bool(os.environ.get("CI")))
hypothesis.settings.load_profile("sitegen")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: the browser's driver keeps an event loop running, beside which no other can run."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.fixture
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """For what an engine that fails leads to, and not for how long it is waited for."""
    from sitegen.enrich.engines import endpoints

    monkeypatch.setattr(endpoints, "PAUSES", tuple(pause / 50 for pause in endpoints.PAUSES))
