"""The golden site: every feature once, and the output that it must have, compared as a directory.

``python -m tests.golden`` writes the expected output anew; read its difference before you commit it.
"""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from pathlib import Path

from sitegen import files, settings
from sitegen.site.build import BuildOptions, build

HERE = Path(__file__).parent
EXPECTED = HERE / "expected"
TODAY = dt.date(2026, 6, 1)


def built() -> dict[str, bytes]:
    """The output of the golden site, by path."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "golden"
        shutil.copytree(HERE / "site", root)
        build(settings.load(root, {}), BuildOptions(today=TODAY, strict=True))
        return tree(root / "public")


def tree(root: Path) -> dict[str, bytes]:
    return {entry.path: (root / entry.path).read_bytes() for entry in files.scan(root, hidden=True)}
