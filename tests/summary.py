"""What the gates found, as Markdown for a job's summary: ``python -m tests.summary FOLDER [REPORTS]``.

``STEPS`` may hold the steps of a job as GitHub tells them, in JSON: each with its outcome.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from sitegen.publish.manifest import Manifest

MARKS = {"success": "✓", "failure": "✗", "skipped": "–", "cancelled": "–"}


def told(folder: Path, reports: Path, steps: str) -> Iterator[str]:
    """Lines of Markdown about the built site in ``folder``."""
    gates = {name: one["outcome"] for name, one in json.loads(steps or "{}").items() if "outcome" in one}
    if gates:
        yield "| gate | outcome |"
        yield "|---|---|"
        yield from (f"| {name} | {MARKS.get(outcome, '')} {outcome} |" for name, outcome in gates.items())
        yield ""
    if folder.is_dir():
        files = [path for path in folder.rglob("*") if path.is_file()]
        pages = sum(path.suffix == ".html" for path in files)
        size = sum(path.stat().st_size for path in files)
        yield "| build | pages | files | MB |"
        yield "|---|---|---|---|"
        yield f"| {Manifest.of(folder).build} | {pages} | {len(files)} | {size / 1e6:.1f} |"
        yield ""
    found = reports / "lighthouse.md"
    if found.is_file():
        yield found.read_text(encoding="utf-8")


def main(words: list[str]) -> int:
    """The command; returns the exit code."""
    folder, reports = Path(words[0]), Path(words[1] if len(words) > 1 else "build/gates")
    sys.stdout.write("".join(f"{line}\n" for line in told(folder, reports, os.environ.get("STEPS", ""))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
