"""The golden site comes out as it is committed; a difference is a change that somebody must have wanted."""

from __future__ import annotations

import difflib

from tests.golden import EXPECTED, built, tree


def test_the_golden_site_comes_out_as_committed() -> None:
    found, expected = built(), tree(EXPECTED)
    assert sorted(found) == sorted(expected), "other files; look at them, then run: python -m tests.golden"
    for path, data in found.items():
        if data != expected[path]:
            before, after = (text.decode(errors="replace").splitlines() for text in (expected[path], data))
            lines = difflib.unified_diff(before, after, f"expected/{path}", f"built/{path}", lineterm="")
            difference = "\n".join(lines)
            raise AssertionError(f"{difference[:4000]}\nIf that is meant, run: python -m tests.golden")
