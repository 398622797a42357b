"""Sudden ends: kill -9 at any instant, a power cut in the middle of a write, a full disk. The next pull goes on: no
document is lost, none is half-written, and none is paid for twice beyond the calls that were under way.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sitegen.errors import ExitCode
from tests.enrich.kills import (
    DOCUMENTS,
    ERRORS,
    SLOTS,
    How,
    Model,
    Tally,
    all_is_done,
    boundaries_of,
    briefs,
    limit_files,
    model,
    new_site,
    nothing_is_half_written,
    pull,
    pull_for,
    pull_until,
)

UNDER_WAY = SLOTS + 2
"""Calls that a sudden end may cost: one of each document in hand, being answered or with an answer not yet kept."""


@dataclass
class Reference:
    """A pull that nobody disturbed."""

    server: Model
    briefs: dict[str, str]
    questions: Counter[str]
    boundaries: int


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reference]:
    folder = tmp_path_factory.mktemp("reference")
    with model() as server:
        site = new_site(folder / "site", server)
        passed = boundaries_of(site)
        questions = server.questions()
        assert len(briefs(site)) == DOCUMENTS
        yield Reference(server, briefs(site), questions, passed)
    ERRORS.unlink(missing_ok=True)


def tell(where: str, tally: Tally) -> None:
    """The count, for whoever looks: ``pytest -s``."""
    ends = ", ".join(f"{count} {how}" for how, count in tally.ends.items())
    sys.stderr.write(
        f"\nsudden ends {where}: {ends}; {tally.repeated} calls repeated, {tally.worst:.1f} an end at most\n"
    )


def goes_on(site: Path, reference: Reference, ends: int, tally: Tally) -> None:
    """An undisturbed pull after so many sudden ends makes everything as it should be."""
    assert pull(site) == 0, ERRORS.read_text()
    all_is_done(site, reference.briefs)
    asked = reference.server.questions()
    assert asked.keys() == reference.questions.keys()
    repeated = (asked - reference.questions).total()
    assert repeated <= ends * UNDER_WAY
    tally.worst = max(tally.worst, repeated / max(ends, 1))
    tally.repeated += repeated


def end_at(boundaries: list[int], how: How, folder: Path, reference: Reference, tally: Tally) -> None:
    """Pulls on a fresh site that end suddenly one after another, and the one that goes on."""
    shutil.rmtree(folder, ignore_errors=True)
    site = new_site(folder, reference.server)
    ends = 0
    for boundary in boundaries:
        if pull_until(site, boundary, how):
            ends += 1
            tally.ends[how] += 1
        nothing_is_half_written(site, reference.briefs)
    goes_on(site, reference, ends, tally)


def test_a_pull_that_ends_suddenly_is_gone_on_with(tmp_path: Path, reference: Reference) -> None:
    tally, chance = Tally(), random.Random(5)
    for how in ("killed", "torn", "power"):
        for _ in range(2):
            boundaries = chance.sample(range(1, reference.boundaries), 2)
            end_at(boundaries, how, tmp_path / "site", reference, tally)
    assert tally.killed >= 8


@pytest.mark.soak
@pytest.mark.parametrize("how", ["killed", "torn", "power"])
def test_hundreds_of_sudden_ends_at_boundaries(tmp_path: Path, reference: Reference, how: How) -> None:
    tally = Tally()
    for boundary in range(1, reference.boundaries, 3 if how == "killed" else 9):
        end_at([boundary], how, tmp_path / "site", reference, tally)
    tell(f"at some of {reference.boundaries} boundaries", tally)
    assert tally.killed >= (250 if how == "killed" else 80)


@pytest.mark.soak
def test_hundreds_of_kills_at_any_time(tmp_path: Path, reference: Reference) -> None:
    tally, chance = Tally(), random.Random(11)
    while tally.killed < 100:
        shutil.rmtree(tmp_path / "site", ignore_errors=True)
        site = new_site(tmp_path / "site", reference.server)
        ends = 0
        for _ in range(4):
            if pull_for(site, chance.uniform(0.02, 1.0)):
                ends += 1
                tally.ends["killed at any time"] += 1
            nothing_is_half_written(site, reference.briefs)
        goes_on(site, reference, ends, tally)
    tell("at random times", tally)


# --------------------------------------------------------------------------------------------------------- a full disk


@pytest.mark.parametrize("size", [1_000, 3_000, 20_000, 70_000])
def test_files_that_cannot_grow_are_a_clear_error_and_nothing_is_lost(
    tmp_path: Path, reference: Reference, size: int
) -> None:
    site = new_site(tmp_path / "site", reference.server)
    code = pull(site, limit_files(size))
    assert code in (0, ExitCode.PROBLEMS)
    assert "Traceback" not in ERRORS.read_text()
    nothing_is_half_written(site, reference.briefs)
    goes_on(site, reference, 1, Tally())


def full_disks() -> list[int]:
    return [*range(0, 100, 10), *range(100, 500, 50)]


@pytest.mark.soak
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
def test_a_disk_that_is_full_at_any_point_is_a_clear_error_and_nothing_is_lost(
    tmp_path: Path, reference: Reference
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", disk], capture_output=True)
    if mounted.returncode:
        pytest.skip("a small disk cannot be mounted here")
    try:
        codes = Counter(full_disk(disk, kilobytes, reference) for kilobytes in full_disks())
    finally:
        subprocess.run(["umount", disk], check=True)
    assert codes[ExitCode.PROBLEMS] > 5


def full_disk(disk: Path, kilobytes: int, reference: Reference) -> int:
    """A pull with so much room, then one with enough; the exit code of the first."""
    site = new_site(disk / "site", reference.server)
    free = os.statvfs(disk)
    with (disk / "ballast").open("wb") as ballast:
        ballast.write(b"\0" * (free.f_bavail * free.f_frsize - kilobytes * 1024))
    code = pull(site)
    assert "Traceback" not in ERRORS.read_text()
    (disk / "ballast").unlink()
    nothing_is_half_written(site, reference.briefs)
    goes_on(site, reference, 1, Tally())
    shutil.rmtree(site)
    return code
