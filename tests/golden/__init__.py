"""The golden site: every feature once, and the output that it must have, compared as a directory.

``python -m tests.golden`` writes the expected output anew; read its difference before you commit it.
"""

from __future__ import annotations

import datetime as dt
import re
import shutil
import tempfile
from pathlib import Path

from sitegen import files, settings
from sitegen.site import carry
from sitegen.site.build import BuildOptions, build
from sitegen.site.images.variants import FOLDER as IMAGES
from tests.site.pictures import shape

HERE = Path(__file__).parent
EXPECTED = HERE / "expected"
TODAY = dt.date(2026, 6, 1)


def built() -> dict[str, bytes]:
    """The output of the golden site, by path."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "golden"
        shutil.copytree(HERE / "site", root)
        build(settings.load(root, {}), BuildOptions(today=TODAY, strict=True))
        return {path: _comparable(path, data) for path, data in tree(root / "public").items()}


def _comparable(path: str, data: bytes) -> bytes:
    """Encoded images as their format and size, since their bytes depend on the version of Pillow."""
    if path.startswith(IMAGES):
        return "{} {} × {}\n".format(*shape(data)).encode()
    if path == carry.LIST:
        return re.sub(rb'("%s[^"]+": \{\s*"sha256": )"\w+"' % IMAGES.encode(), rb'\1""', data)
    return data


def tree(root: Path) -> dict[str, bytes]:
    return {entry.path: (root / entry.path).read_bytes() for entry in files.scan(root, hidden=True)}
