"""Root: the folder of a site, and what its settings are read from. Loads nothing, so that it can be asked first."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from sitegen import files

FILE_NAME = "sitegen.toml"
STATE_FOLDER = ".sitegen"
ENV_PREFIX = "SITEGEN_"


def above(start: Path) -> Path | None:
    """The nearest folder from ``start`` upwards that holds a sitegen.toml."""
    start = start.resolve()
    return next((folder for folder in (start, *start.parents) if (folder / FILE_NAME).is_file()), None)


def fingerprint(root: Path, environ: Mapping[str, str] | None = None) -> str:
    """A hash of all that settings are read from: the file and the environment; empty when there is no file."""
    try:
        text = (root / FILE_NAME).read_bytes()
    except OSError:
        return ""
    environ = os.environ if environ is None else environ
    return files.sha256(repr((text, sorted(pair for pair in environ.items() if pair[0].startswith(ENV_PREFIX)))))
