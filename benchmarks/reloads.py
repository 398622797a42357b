"""Reloads: how long it takes from saving a brief until an open browser is told, and until it shows the new text."""

from __future__ import annotations

import time
from collections.abc import Callable

from playwright.sync_api import Page, sync_playwright

from sitegen.publish import browser

_LISTEN = """page => {
    window.told = [];
    const events = new EventSource("/_sitegen/events?page=" + encodeURIComponent(page));
    events.addEventListener("changed", () => window.told.push(Date.now()));
    return new Promise((done) => events.addEventListener("state", done, {once: true}));
}"""
_SHOWS = "mark => document.body && document.body.textContent.includes(mark)"


def measure(url: str, path: str, edit: Callable[[str], None], edits: int) -> dict[str, list[float]]:
    """Milliseconds from each edit of the page at ``path`` until its event, and until the open page shows it.

    ``edit`` saves the brief with a mark in its text. The event is timed in another tab, which listens for that page;
    both clocks are those of this machine.
    """
    found: dict[str, list[float]] = {"reload event": [], "page shows": []}
    with sync_playwright() as playwright:
        started = browser.launch(playwright)
        reader, listener = started.new_page(), started.new_page()
        listener.goto(f"{url}/tags/")
        listener.evaluate(_LISTEN, path)
        reader.goto(url + path)
        for number in range(edits):
            mark = f"reload-{number}"
            before = time.time()
            edit(mark)
            reader.wait_for_function(_SHOWS, arg=mark, polling=5)
            found["page shows"].append((time.time() - before) * 1000)
            found["reload event"].append(_told(listener) - before * 1000)
            reader.wait_for_load_state("networkidle")
        started.close()
    return found


def _told(listener: Page) -> float:
    """When the last edit was told."""
    listener.wait_for_function("() => window.told.length > 0")
    return float(listener.evaluate("() => window.told.splice(0)[0]"))
