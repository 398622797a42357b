"""Browser: a Chromium to look at pages with, Playwright's own where it is installed, else the one of the system."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from sitegen.errors import BrowserMissing

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def arguments() -> list[str]:
    """What Chromium is started with. Its sandbox refuses to run as root, as which containers often run."""
    return [*ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]


def executable(playwright: Playwright) -> Path:
    """The browser to start. Raises ``BrowserMissing``."""
    own = Path(playwright.chromium.executable_path)
    if own.is_file():
        return own
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise BrowserMissing(
            f"there is neither Playwright's Chromium nor {', '.join(NAMES[:-1])} or {NAMES[-1]} on PATH"
        )
    return Path(found)


def launch(playwright: Playwright) -> Browser:
    """Starts the browser without a window. Raises ``BrowserMissing``."""
    return playwright.chromium.launch(executable_path=executable(playwright), args=arguments())
