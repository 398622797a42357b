"""Running the smoke checks."""

from __future__ import annotations

import contextlib
import io
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx

from sitegen import files
from sitegen.errors import BrowserMissing, HostRefused, HostUnreachable, SmokeMissing

MOST_RULES = 10
TRIES = 3
"""To get an answer at all."""


@dataclass(frozen=True, slots=True)
class Smoke:
    """What became of the checks."""

    url: str
    results: tuple[dict[str, Any], ...]
    """Each with ``check``, ``outcome`` (passed, failed, skipped), ``seconds`` and what it ``said``."""
    seconds: float

    @property
    def failed(self) -> list[dict[str, Any]]:
        return [one for one in self.results if one["outcome"] == "failed"]

    def as_dict(self) -> dict[str, object]:
        return {**asdict(self), "passed": not self.failed}


def smoke(
    url: str,
    *,
    build: str | None = None,
    cdn: bool = False,
    built: Path | None = None,
    screenshots: Path | None = None,
    seconds: float | None = None,
) -> Smoke:
    """Runs all checks against the site at ``url``. ``built`` is its folder, when it is at hand: its rules are tried.
    Each answer, and each page in the browser, may take ``seconds``.

    Raises ``SmokeMissing`` without the packages that this needs, ``BrowserMissing``, ``HostUnreachable`` and
    ``HostRefused`` when there is no site to look at, and ``StorageError``.
    """
    try:
        import axe_playwright_python  # noqa: F401  # the checks need it
        import pytest
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise SmokeMissing(f"{error.name} is not installed") from error
    from sitegen.publish import browser
    from sitegen.publish.smoke.plugin import Plugin
    from sitegen.publish.smoke.visit import SECONDS_EACH, Visit

    started = time.monotonic()
    if screenshots is not None:
        with files.guarded(screenshots):
            screenshots.mkdir(parents=True, exist_ok=True)
    visit = Visit(
        url if url.endswith("/") else f"{url}/", build, cdn, rules(built) if built else None, seconds or SECONDS_EACH
    )
    with contextlib.ExitStack() as stack:
        stack.enter_context(visit.client)
        reach(visit.client, visit.url)  # before a browser is started for nothing
        playwright = stack.enter_context(sync_playwright())
        chromium = browser.launch(playwright)
        plugin = Plugin(visit, chromium, screenshots)
        folder = Path(__file__).parent
        own = ["-c", os.devnull, "--rootdir", str(folder), "-p", "no:cacheprovider", "--import-mode=importlib", "-q"]
        # What pytest prints is for its own users; the results are shown by the command.
        with contextlib.redirect_stdout(io.StringIO()) as said:
            code = pytest.main([*own, str(folder)], plugins=[plugin])
        chromium.close()
    if not plugin.results or code > 1:
        raise BrowserMissing(f"the checks did not run: {said.getvalue().strip()[-300:]}")
    return Smoke(visit.url, tuple(plugin.results), round(time.monotonic() - started, 2))


def reach(client: httpx.Client, url: str) -> None:
    """Returns when a host answers at ``url``, and does not lead elsewhere. Raises ``HostUnreachable``, ``HostRefused``.

    Twenty checks would all say the same.
    """
    for attempt in range(1, TRIES + 1):
        try:
            answer = client.get(url)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            if attempt == TRIES or not isinstance(error, httpx.TransportError):
                remedy = "Check the address, and that the site is there already."
                raise HostUnreachable(f"no answer: {error}", place=url, remedy=remedy) from error
            time.sleep(attempt)
            continue
        if answer.is_redirect:
            remedy = "Name the address that readers end at."
            raise HostRefused(f"the site is at {answer.headers.get('location', '?')[:200]}", place=url, remedy=remedy)
        return


def rules(built: Path) -> Sequence[tuple[str, str, int]]:
    """Some redirects of a built site that need nothing but their path."""
    from itertools import islice

    try:
        lines = (built / "_redirects").read_text("utf-8", "replace").splitlines()
    except OSError:
        return ()
    words = (line.split() for line in lines)
    plain = (
        (one[0], one[1], int(one[2].rstrip("!")))
        for one in words
        if len(one) == 3 and one[0].startswith("/") and not set(one[0]) & {"*", ":"} and one[2].rstrip("!").isdigit()
    )
    return tuple(islice(plain, MOST_RULES))
