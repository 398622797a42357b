"""The fixtures of the smoke checks, and what becomes of them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from sitegen.publish.smoke.visit import UNCHECKED, Visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

VIEWS = {"wide": (1280, 900), "phone": (360, 740)}


@dataclass
class Reader:
    """A page of the browser that remembers what went wrong and where it was led."""

    page: Page
    visit: Visit
    complaints: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self._complaint(message.type, message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self._stranger(request.url))

    def _complaint(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def _stranger(self, url: str) -> None:
        if url.startswith("http") and urlsplit(url).netloc != urlsplit(self.visit.url).netloc:
            self.strangers.append(url)

    def open(self, path: str) -> int:
        answer = self.page.goto(self.visit.at(path), wait_until="load")
        assert answer is not None, "no answer"
        took = self.page.evaluate("performance.getEntriesByType('navigation')[0].loadEventStart / 1000")
        self.visit.in_time(path, float(took))
        return answer.status


@dataclass
class Plugin:
    """Gives the checks what they need, and keeps what they said."""

    visit: Visit
    browser: Browser
    screenshots: Path | None
    results: list[dict[str, Any]] = field(default_factory=list)

    @pytest.fixture(name="visit")
    def _visit(self) -> Visit:
        return self.visit

    @pytest.fixture(name="reader", params=VIEWS)
    def _reader(self, request: pytest.FixtureRequest) -> Iterator[Reader]:
        width, height = VIEWS[request.param]
        page = self.browser.new_page(viewport={"width": width, "height": height})
        page.set_default_timeout(15_000)
        try:
            yield Reader(page, self.visit)
        finally:
            if self.screenshots is not None:
                name = request.node.name.removeprefix("test_").replace("[", "-").replace("]", "")
                with contextlib.suppress(Exception):  # a picture is no reason to fail
                    page.screenshot(path=self.screenshots / f"{name}.png", full_page=True)
            page.close()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
        outcome: Any = yield
        report: pytest.TestReport = outcome.get_result()
        if report.when == "call" or report.outcome != "passed":
            words = item.name.removeprefix("test_").replace("_", " ").replace("[", ", ").rstrip("]")
            said = ""
            if report.failed and call.excinfo is not None:
                # The first line says it; below stand the values that were compared.
                said = str(call.excinfo.value).partition("\n")[0] or call.excinfo.typename
            elif report.skipped and isinstance(report.longrepr, tuple):
                said = report.longrepr[2].removeprefix("Skipped: ")
            if report.skipped and self.visit.cdn and said.startswith(UNCHECKED):
                report.outcome = "failed"
            self.results.append(
                {"check": words, "outcome": report.outcome, "seconds": round(report.duration, 3), "said": said}
            )
