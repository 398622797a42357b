"""Lighthouse on three kinds of page of a built site, with budgets: ``python -m tests.lighthouse FOLDER NODE SCRIPT``.

A score is the median of the runs. Accessibility, practices and findability must be perfect; speed may be a little
below, since the machine that measures is shared. Prints a table in Markdown; exit code 1 when a budget is broken.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

SCORES = {"performance": 95, "accessibility": 100, "best-practices": 100, "seo": 100}
"""The least that each may be, of 100."""
LIMITS = {
    "total-byte-weight": 150_000,
    "cumulative-layout-shift": 0.02,
    "largest-contentful-paint": 2_000,
}
"""The most of each: bytes, share of the window, milliseconds as on a phone far away."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One page: medians of scores and figures."""

    page: str
    scores: Mapping[str, float]
    figures: Mapping[str, float]

    def broken(self) -> Iterator[str]:
        """What is beyond its budget."""
        for name, least in SCORES.items():
            if self.scores[name] < least:
                yield f"{self.page}: {name} is {self.scores[name]:.0f}, at least {least} is wanted"
        for name, most in LIMITS.items():
            if self.figures.get(name, 0) > most:
                yield f"{self.page}: {name} is {self.figures[name]:g}, at most {most:g} is wanted"


def pages(folder: Path) -> list[str]:
    """The home page, a brief, and a list."""
    home = (folder / "index.html").read_text(encoding="utf-8")
    brief = re.search(r'href="?(?:https?://[^/"]+)?(/briefs/[^/"]+/)', home)
    lists = [path for path in ("archive", "tags", "briefs") if (folder / path / "index.html").is_file()]
    if not brief or not lists:
        raise SystemExit(f"There is no brief, or no list, in {folder}.")
    return ["", brief[1].lstrip("/"), f"{lists[0]}/"]


def report(url: str, node: str, script: str, to: Path) -> dict[str, Any]:
    """One run of Lighthouse. Raises ``CalledProcessError``, ``TimeoutExpired``."""
    from playwright.sync_api import sync_playwright

    from tests.chromium import executable

    with sync_playwright() as playwright:
        chrome = executable(playwright)
    flags = "--headless=new --disable-gpu --no-first-run --disable-background-networking --disable-component-update"
    words = [node, script, url, "--quiet", "--output=json", f"--output-path={to}"]
    root = " --no-sandbox" if os.geteuid() == 0 else ""
    subprocess.run(
        [*words, f"--chrome-flags={flags}{root}", "--throttling-method=simulate"],
        env={**os.environ, "CHROME_PATH": str(chrome)},
        timeout=180,
        check=True,
    )
    return dict(json.loads(to.read_text(encoding="utf-8")))


def measured(page: str, found: list[dict[str, Any]]) -> Measured:
    """The medians of some runs."""

    def middle(name: str) -> float:
        return float(median(one["audits"][name].get("numericValue") or 0 for one in found if name in one["audits"]))

    known = [name for name in LIMITS if all(name in one["audits"] for one in found)]
    scores = {name: 100 * median(one["categories"][name]["score"] or 0 for one in found) for name in SCORES}
    return Measured(f"/{page}", scores, {name: middle(name) for name in known})


def table(found: list[Measured]) -> str:
    """The results for people, in Markdown."""
    columns = ["page", *SCORES, *LIMITS]
    lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    for one in found:
        figures = [f"{one.figures[name]:.4g}" if name in one.figures else "" for name in LIMITS]
        lines.append("| " + " | ".join([one.page, *(f"{one.scores[name]:.0f}" for name in SCORES), *figures]) + " |")
    return "\n".join(lines) + "\n"


def main(words: list[str]) -> int:
    """The command; returns the exit code."""
    from sitegen.serve.pages import hosted

    parser = argparse.ArgumentParser(prog="python -m tests.lighthouse")
    parser.add_argument("folder", type=Path)
    parser.add_argument("node")
    parser.add_argument("script")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="Keep the reports in this folder.")
    given = parser.parse_args(words)
    kept = given.keep or Path(tempfile.mkdtemp(prefix="lighthouse-"))
    kept.mkdir(parents=True, exist_ok=True)
    found = []
    with hosted(given.folder) as address:
        for number, page in enumerate(pages(given.folder)):
            names = [kept / f"{number}-{run}.json" for run in range(given.runs)]
            found.append(measured(page, [report(address + page, given.node, given.script, to) for to in names]))
    sys.stdout.write(table(found))
    broken = [line for one in found for line in one.broken()]
    sys.stderr.write("".join(f"{line}\n" for line in broken))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
