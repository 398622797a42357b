"""A long day of editing: memory stays what it was, and so does what is served."""

from __future__ import annotations

import gc
import itertools
import os
import sys
import time
from pathlib import Path

import pytest

from tests.site.sites import Site
from tests.site.test_resident import served

EDITS = int(os.environ.get("SOAK_EDITS", "5000"))
SECONDS = 480
"""When time is up, the edits that were made count."""
BRIEFS = 300


def megabytes() -> float:
    """What this process holds of memory, without what it shares."""
    gc.collect()
    fields = Path("/proc/self/statm").read_text().split()
    return (int(fields[1]) - int(fields[2])) * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.mark.soak
def test_memory_stays_flat_over_thousands_of_edits(site: Site, tmp_path: Path) -> None:
    base = site.root / "themes/tiny/templates/base.html"
    template = base.read_text()
    for number in range(BRIEFS):
        site.brief(str(number), "Text.\n\n" * 40, title=f"Brief {number}", tags=[f"Tag {number % 7}"])
    curve: dict[int, float] = {}
    end = time.monotonic() + SECONDS
    with served(site) as found:
        for edit in itertools.count():
            if edit % 1000 == 0 or time.monotonic() > end:
                curve[edit] = megabytes()
                sys.stderr.write(f"{edit} edits: {curve[edit]:.1f} MB\n")
            if edit >= EDITS or time.monotonic() > end:
                break
            number = edit * 17 % BRIEFS
            fields: dict[str, object] = {"title": f"Brief {number}", "tags": [f"Tag {number % 7}"]}
            if edit % 500 == 250:
                base.write_text(f"{template}<!-- {edit} -->")
            elif edit % 500 == 499:
                fields["tags"] = [f"Tag {edit % 9}"]  # a whole build
            elif edit % 10 == 0:
                fields["summary"] = f"Summary {edit}."
            site.brief(str(number), f"Edit {edit}.\n\n" + "Text.\n\n" * 40, **fields)
            found.engine.build({site.root / f"briefs/{number}.md", base})
        assert found.tree() == site.rebuilt(tmp_path / "clean", **found.options)
    first, *_, last = (size for edit, size in curve.items() if edit >= min(1000, EDITS // 2))
    assert last < first * 1.1 + 2, curve
