"""How a daemon may stand, for tests of its pages."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from sitegen.enrich.engines.base import EndpointStats
from sitegen.watch.standing import Failure, Run, Standing, now

HOSTILE = "folder:<script>alert(1)</script>/minutes-of-a-very-long-name-that-does-not-come-to-an-end.pdf"


def well(root: Path, clock: float = 1_000_000) -> Standing:
    """Everything is well, and a pull is in hand."""
    standing = Standing(root, "The Weirbridge Papers", 60, started=now() - dt.timedelta(hours=31))
    standing.throughput.clock = lambda: hour * 3600
    for hour in range(int(clock // 3600) - 30, int(clock // 3600) + 1):
        for _ in range(hour % 7 * 6):
            standing.throughput.add("done")
    for minute, (job, said, reason) in enumerate([("pull", "3 created", "time"), ("build", "41 written", "pull")] * 8):
        standing.ended(Run(job, now() - dt.timedelta(minutes=minute), 5.8, True, said, 3, (reason,)))
    standing.ended(Run("pull", now(), 0.1, True, "nothing new"))
    standing.endpoints = (EndpointStats("http://gpu.example:11434", 2, busy=1, requests=321, processor="GPU"),)
    standing.doing, standing.hand, standing.hand_total, standing.pending = {"pull": now()}, 12, 40, 28
    return standing


def unwell(root: Path) -> Standing:
    """As much as can be is wrong, and what is said of it is hostile."""
    standing = well(root)
    standing.troubles = {"source": "https://paperless.example: HTTP 500 <b>&", "build": "content/new.md:2:8: no YAML"}
    standing.failed(Failure(HOSTILE, now(), "SG211", "it is encrypted"))
    standing.failed(Failure("paperless:412", now(), "SG309", "http://gpu.example:11434: refused", dead=True))
    for _ in range(9):
        standing.throughput.add("failed")
    standing.dead, standing.later = 1, 1
    standing.endpoints = (
        EndpointStats("http://gpu.example:11434", 2, up=False, trouble="refused", errors={"SG301": 9}),
    )
    standing.ended(Run("pull", now(), 33.2, False, "https://paperless.example/api/tags/: HTTP 500", 0, ("time",)))
    return standing
