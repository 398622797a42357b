"""Sites built by the real engine from the real theme, servers for them, and a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal, Protocol
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from sitegen import settings
from sitegen.site.build import BuildOptions, build
from tests import chromium
from tests.browser import host, town

Built = Callable[..., Path]


class Visit(Protocol):
    """Opens a fresh page of the browser."""

    def __call__(
        self,
        *,
        width: int = 1280,
        scheme: Literal["light", "dark"] = "light",
        media: Literal["screen", "print"] = "screen",
        language: str = "en",
        drafts: bool = False,
    ) -> Visitor: ...


@dataclass
class Visitor:
    """A page of the browser that remembers what went wrong and where it was led."""

    page: Page
    address: str
    """Of the site, without a slash at its end."""
    complaints: list[str] = field(default_factory=list)
    """What the console said, and what could not be run."""
    strangers: list[str] = field(default_factory=list)
    """Addresses on other hosts that were asked for."""

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self._note(request.url))

    def _note(self, url: str) -> None:
        if not url.startswith("data:") and urlsplit(url).netloc != urlsplit(self.address).netloc:
            self.strangers.append(url)

    def open(self, path: str) -> int:
        """Goes to a path of the site; returns the status of the answer."""
        answer = self.page.goto(self.address + path, wait_until="load")
        assert answer is not None
        return answer.status


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Builds the town's site, once for each language and with or without drafts; gives its output folder."""

    @cache
    def built(language: str = "en", drafts: bool = False) -> Path:
        folder = town.write(tmp_path_factory.mktemp("town") / "site", language)
        project = settings.load(folder, environ={})
        build(project, BuildOptions(drafts=drafts))
        return project.output

    return built


# Not for the whole session: Playwright keeps an event loop running, beside which no other test could start its own.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        try:
            started = chromium.launch(playwright)
        except chromium.BrowserMissing as error:
            pytest.fail(str(error), pytrace=False)
        yield started
        started.close()


@pytest.fixture(scope="session")
def addresses(built: Built) -> Iterator[Callable[[str, bool], str]]:
    """The addresses of servers for the town's sites."""
    with ExitStack() as servers:
        yield cache(lambda language, drafts: servers.enter_context(host.serve(built(language, drafts))))


@pytest.fixture
def visit(browser: Browser, addresses: Callable[[str, bool], str]) -> Iterator[Visit]:
    with ExitStack() as pages:

        def visit(
            *,
            width: int = 1280,
            scheme: Literal["light", "dark"] = "light",
            media: Literal["screen", "print"] = "screen",
            language: str = "en",
            drafts: bool = False,
        ) -> Visitor:
            page = browser.new_page(viewport={"width": width, "height": 800})
            pages.callback(page.close)
            page.emulate_media(color_scheme=scheme, media=media)
            return Visitor(page, addresses(language, drafts))

        yield visit
