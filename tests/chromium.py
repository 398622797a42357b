"""Chromium: the browser that tests drive, Playwright's own where it is installed, else the one of the system.

``python -m tests.chromium`` says which one that is; ``--install`` gets one when there is none.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from sitegen.errors import BrowserMissing
from sitegen.publish.browser import executable, launch

__all__ = ["BrowserMissing", "executable", "launch"]
MISSING = "The browser tests need a Chromium, and there is none. Run: python -m tests.chromium --install"


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
