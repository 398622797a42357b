"""Report: what is asked of a build, and what it tells of itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sitegen.errors import SitegenError

if TYPE_CHECKING:
    from sitegen.site.work import Work

Progress = Callable[[str, int, int], None]
"""Told the phase (``read``, ``render``), how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """What the command line says beyond the settings; None and False leave it to them."""

    output: Path | None = None
    drafts: bool = False
    future: bool = False
    expired: bool = False
    base_url: str | None = None
    clean: bool = False
    """Forget the last build: remove what it wrote and all rendered texts."""
    strict: bool = False
    """Warnings are errors; the settings may say so too."""
    today: dt.date | None = None
    carry_from: Path | None = None
    """An earlier build, whose assets go on being there for some days."""
    carry_days: int = 7
    """For how many days, from the first build on that does not make them any more."""
    jobs: int = 0
    """Processes; 0 for one a core."""
    wait: float = 10
    """Seconds to wait for another build of this site."""
    guard: bool = True
    """Whether a published page with something that may be private stops the build; else it is a warning."""
    search: bool = True
    """Whether the site may have search; its index can take longer than all else."""


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did."""

    output: Path
    pages: int
    """Briefs and pages of ``content/``."""
    written: int
    unchanged: int
    removed: int
    warnings: tuple[SitegenError, ...]
    seconds: float
    phases: Mapping[str, float]
    """Seconds by phase."""
    notes: tuple[str, ...] = ()
    """Remarks that are no warnings; of builds that made something."""
    changed: tuple[str, ...] = ()
    """The paths of outputs that were written or removed."""
    work: Work | None = None
    """All that the build had in memory; who is about to end anyway may keep it from being taken apart."""

    def as_dict(self) -> dict[str, object]:
        """The report for ``--json``."""
        counts = {name: getattr(self, name) for name in ("pages", "written", "unchanged", "removed", "seconds")}
        warnings = [warning.as_dict() for warning in self.warnings]
        return {
            "output": str(self.output),
            **counts,
            "phases": dict(self.phases),
            "warnings": warnings,
            "notes": list(self.notes),
        }
