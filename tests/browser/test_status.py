"""The daemon's page for people in a real browser: nothing runs over, axe finds nothing, and it follows what happens."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from sitegen.watch.health import Health
from sitegen.watch.metrics import Metrics
from sitegen.watch.standing import Standing
from tests.watch.standings import unwell, well

pytestmark = pytest.mark.browser


@pytest.fixture
def served() -> Iterator[Callable[[Standing], str]]:
    ends: list[Callable[[], None]] = []

    def serve(standing: Standing) -> str:
        health = Health(standing, Metrics(), poke=lambda reason: None, fresh=lambda: None, secret=None)
        sock = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(health.app, log_config=None, lifespan="off", ws="none"))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[sock])))
        thread.start()

        def end() -> None:
            server.should_exit = True
            thread.join()
            sock.close()

        ends.append(end)
        while not server.started:
            time.sleep(0.01)
        return f"http://127.0.0.1:{sock.getsockname()[1]}/status"

    yield serve
    for end in ends:
        end()


@pytest.mark.parametrize("kind", [well, unwell])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 340])
def test_it_fits_and_axe_finds_nothing(
    browser: Browser,
    served: Callable[[Standing], str],
    tmp_path: Path,
    kind: Callable[[Path], Standing],
    scheme: Literal["light", "dark"],
    width: int,
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(served(kind(tmp_path)))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert [violation["id"] for violation in found] == []
    assert complaints == []
    page.close()


def test_it_shows_itself_anew(browser: Browser, served: Callable[[Standing], str], tmp_path: Path) -> None:
    standing = well(tmp_path)
    page = browser.new_page()
    page.clock.install()
    page.goto(served(standing))
    expect(page.locator(".state")).to_have_text("All is well")
    standing.troubles["build"] = "content/new.md:2: no YAML"
    page.clock.run_for(16_000)
    expect(page.locator(".state")).to_have_text("Not well")
    expect(page.locator(".problems")).to_contain_text("content/new.md:2: no YAML")
    page.close()
