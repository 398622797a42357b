"""Chromium: the browser that tests drive, Playwright's own where it is installed, else the one of the system.

``python -m tests.chromium`` says which one that is; ``--install`` gets one when there is none.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

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
MISSING = (
    "The browser tests need a Chromium, and there is none: neither Playwright's own nor "
    f"{', '.join(NAMES[:-1])} or {NAMES[-1]} on PATH. Run: python -m tests.chromium --install"
)


class BrowserMissing(Exception):
    """No browser is installed that the tests could drive."""


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
        raise BrowserMissing(MISSING)
    return Path(found)


def launch(playwright: Playwright) -> Browser:
    """Starts the browser without a window. Raises ``BrowserMissing``."""
    return playwright.chromium.launch(executable_path=executable(playwright), args=arguments())


def install() -> None:
    """Gets Playwright's own Chromium, else Debian's. Says nothing when both fail: ``executable`` will."""
    # Where the download is not allowed, say so soon and go on to the system's packages.
    environ = {**os.environ, "PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": "15000"}
    root, apt = os.geteuid() == 0, shutil.which("apt-get")
    libraries = ["--with-deps"] if root and apt else []
    if _succeeds([sys.executable, "-m", "playwright", "install", *libraries, "chromium"], environ):
        return
    if apt is None:
        return
    become = [] if root else ["sudo", "-n"]
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if _succeeds([*become, apt, "update", "-qq"], environ):
        _succeeds([*become, apt, "install", "-qq", "-y", "--no-install-recommends", "chromium"], environ)


def _succeeds(command: list[str], environ: dict[str, str]) -> bool:
    try:
        return subprocess.run(command, env=environ, timeout=600, stdout=sys.stderr).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def main(words: list[str]) -> int:
    """The command; returns the exit code."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        try:
            found = executable(playwright)
        except BrowserMissing as error:
            if "--install" not in words:
                sys.stderr.write(f"{error}\n")
                return 1
            install()
            try:
                found = executable(playwright)
            except BrowserMissing:
                sys.stderr.write(f"{MISSING.split(' Run:')[0]} Neither Playwright nor apt could install one.\n")
                return 1
    sys.stdout.write(f"{found}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
