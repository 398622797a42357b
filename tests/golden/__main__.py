"""Writes ``tests/golden/expected`` anew."""

from __future__ import annotations

import shutil

from tests.golden import EXPECTED, built

shutil.rmtree(EXPECTED, ignore_errors=True)
for path, data in built().items():
    target = EXPECTED / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
