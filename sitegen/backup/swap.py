"""Swap: the state folder's old files out and new ones in, or nothing at all, wherever it is cut short.

``restore/new`` holds what comes, ``restore/old`` what went, ``restore/plan.json`` their names. A mark beside the
journal is there from the first rename to the last: as long as it is, nobody opens the journal, and the next restore
first puts back what was. Afterwards the old files stay for ``sitegen restore --undo``, until the next one.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from sitegen import files
from sitegen.enrich.journal_file import RESTORING
from sitegen.errors import BackupRefused


class Swap:
    """One exchange of files below ``state``."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self.folder = state / "restore"
        self.incoming = self.folder / "incoming"
        self._new, self._old = self.folder / "new", self.folder / "old"
        self._plan, self._unfinished = self.folder / "plan.json", state / RESTORING

    def begin(self) -> Path:
        """Puts back what a restore that was cut short has taken away; returns an empty folder for what is to come."""
        with files.guarded(self.folder):
            if self._unfinished.exists():
                self._back()
            shutil.rmtree(self.incoming, ignore_errors=True)
            self.incoming.mkdir(parents=True, mode=0o700)
        return self.incoming

    def run(self, coming: Sequence[str], leaving: Sequence[str]) -> None:
        """Takes away the entries ``leaving`` of the state folder, and puts in those that are ``coming``."""
        with files.guarded(self.folder):
            self._plan.unlink(missing_ok=True)
            shutil.rmtree(self._new, ignore_errors=True)
            shutil.rmtree(self._old, ignore_errors=True)
            self._old.mkdir()
            (self.incoming / "state").rename(self._new)
            files.write_atomic(self._plan, json.dumps({"leaving": [*leaving], "coming": [*coming]}))
            files.write_atomic(self._unfinished, b"")
            for name in leaving:
                (self._state / name).rename(self._old / name)
            for name in coming:
                (self._new / name).rename(self._state / name)
            files.sync_folder(self._state)
            self._finished()

    def undo(self) -> None:
        """Puts back what the last exchange took away. Raises ``BackupRefused`` when there was none."""
        if not self._plan.exists():
            raise BackupRefused("nothing was restored that could be undone", place=str(self._state))
        with files.guarded(self.folder):
            files.write_atomic(self._unfinished, b"")
            self._back()
            self._plan.unlink()

    def _back(self) -> None:
        plan = json.loads(self._plan.read_text("utf-8"))
        for name in plan["coming"]:
            if not (self._new / name).exists() and (self._state / name).exists():
                (self._state / name).rename(self._new / name)
        for name in plan["leaving"]:
            if (self._old / name).exists():
                self._clear_the_way(name)
                (self._old / name).rename(self._state / name)
        files.sync_folder(self._state)
        self._finished()

    def _clear_the_way(self, name: str) -> None:
        """Something that does not ask for the journal may have begun anew what it did not find."""
        stray = self._state / name
        if stray.is_dir():
            shutil.rmtree(stray)
        else:
            stray.unlink(missing_ok=True)

    def _finished(self) -> None:
        self._unfinished.unlink()
        files.sync_folder(self._unfinished.parent)
