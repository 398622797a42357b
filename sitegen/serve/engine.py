"""Engine: keeps the served site up to date, by the smallest build that an edit needs."""

from __future__ import annotations

import gc
from collections.abc import Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sitegen import settings
from sitegen.errors import SitegenError
from sitegen.root import FILE_NAME
from sitegen.site.build import BuildOptions, BuildReport, build

if TYPE_CHECKING:
    from sitegen.project import Project
    from sitegen.site.ahead import Ahead
    from sitegen.site.resident import Resident
    from sitegen.site.work import Work


@dataclass(frozen=True, slots=True)
class Built:
    """What a build came to."""

    changed: tuple[str, ...]
    """The paths of outputs that are others than before."""
    seconds: float
    warnings: tuple[SitegenError, ...]
    whole: bool = True
    """Whether all files were looked at."""
    settings: SitegenError | None = None
    """What is wrong with the settings, where this was built by those from before."""


class Engine:
    """The builds of one site, one after the other."""

    def __init__(
        self, project: Project, options: BuildOptions, ahead: Ahead, gate: AbstractContextManager[object]
    ) -> None:
        """``ahead`` shows outputs as they are made; ``gate`` is held while they are written."""
        self.project = project
        self.ahead = ahead
        self._options, self._gate = options, gate
        self._resident: Resident | None = None
        self._left_off = False
        self._good = False
        self._wrong: SitegenError | None = None
        """What is wrong with the settings now."""

    def build(self, changed: Collection[Path] | None = None) -> Built:
        """Brings the site up to date: when these files have changed, or whatever may have.

        Settings that are wrong are left for those from before. Raises ``SitegenError`` for what else is wrong with the
        site, and ``SupersededError``. Then the files are as before, and the next build takes up what this one has not
        done.
        """
        from sitegen.site.ahead import SupersededError
        from sitegen.site.patch import WholeNeeded

        self.ahead.begin()
        stated = self.project.root / FILE_NAME
        try:
            before = self._wrong
            if changed is None or stated in changed or before is not None:
                self._read_settings()
            if before is not None and self._wrong is None:
                changed = None  # whatever was built by the old ones
            elif self._wrong is not None and changed is not None:
                changed = {*changed} - {stated}
            if self._resident is not None and changed is not None:
                try:
                    updated = self._resident.update(changed)
                    return Built(*updated, whole=False, settings=self._wrong)
                except WholeNeeded:
                    pass
            return self._whole()
        except SupersededError:
            self._left_off = self._resident is None
            raise
        except BaseException:
            self.ahead.fail_all()
            raise

    def missed(self) -> set[Path]:
        """The files of which no notice came, after all that had come was built."""
        return set() if self._resident is None else self._resident.missed()

    def first(self) -> Built:
        """Builds as fast as may be, before anybody looks, and remembers nothing."""
        self._read_settings()
        return self._built(keep=False)

    def _read_settings(self) -> None:
        """Raises what is wrong with them where nothing was built before."""
        try:
            self.project, self._wrong = settings.load(self.project.root), None
        except SitegenError as error:
            if not self._good:
                raise
            self._wrong = error

    def close(self) -> None:
        """Forgets what is in memory."""
        if self._resident is not None:
            self._resident.close()
            self._resident = None
            gc.unfreeze()

    def _whole(self) -> Built:
        if self._resident is not None:
            self._resident.finish()
        self.close()
        # One that was left off has nothing to show for it, and comes to its end the next time.
        self.ahead.begin(firm=self._left_off)
        self._left_off = False
        return self._built(keep=True)

    def _built(self, *, keep: bool) -> Built:
        report = build(self.project, self._options, gate=self._gate, ahead=self.ahead if keep else None)
        if keep:
            self._keep(report)
        self.ahead.end()
        self._good = True
        return Built(report.changed, report.seconds, report.warnings, settings=self._wrong)

    def _keep(self, report: BuildReport) -> None:
        from sitegen.site.resident import Resident

        if report.work is not None and not self._beyond(report.work):
            self._resident = Resident(report.work, self.ahead)
            import sitegen.site.markdown  # noqa: F401  # the first edit need not wait for it
        gc.collect()
        gc.freeze()  # what stays for long is not looked at again and again

    def _beyond(self, work: Work) -> bool:
        """Whether a site has more than can be brought up to date in memory: plugins, and an index of the search."""
        return bool(self.project.settings.plugins) or work.content.edition.scope.search
