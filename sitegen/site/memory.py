"""Memory: what a build leaves for the next one, and whether that one would do the same again."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sitegen import errors
from sitegen.errors import Place, SitegenError
from sitegen.site import store
from sitegen.site.inputs import Inputs, Stamp, trusted
from sitegen.site.outputs import NEVER, Folder, Made


@dataclass(slots=True)
class State:
    """What a build leaves for the next one."""

    run: str
    first_day: int
    last_day: int
    """The days on which the same pages are shown, as ordinals."""
    inputs: dict[str, tuple[Stamp, str]] = field(default_factory=dict)
    outputs: dict[str, Made] = field(default_factory=dict)
    warnings: list[tuple[Any, ...]] = field(default_factory=list)
    pages: int = 0

    @classmethod
    def load(cls, path: Path, versions: str) -> State | None:
        kept = store.load(path, versions)
        if kept is None:
            return None
        run, first, last, inputs, outputs, warnings, pages = kept
        return cls(
            run, first, last, inputs, {name: Made._make(made) for name, made in outputs.items()}, warnings, pages
        )

    def save(self, path: Path, versions: str) -> None:
        outputs = {name: tuple(made) for name, made in self.outputs.items()}
        kept = (self.run, self.first_day, self.last_day, self.inputs, outputs, self.warnings, self.pages)
        store.save(path, versions, kept)

    def holds(self, run: str, today: dt.date, inputs: Inputs, target: Folder, save: Callable[[], None]) -> bool:
        """Whether a build that does ``run`` would do what the last one did, and all that it made is still there.

        Stamps that are others now, for the same content, are taken over; then ``save`` is called.
        """
        if self.run != run or not self.first_day <= today.toordinal() <= self.last_day or target.unfinished:
            return False
        if not inputs.unchanged({key: sha for key, (_, sha) in self.inputs.items()}):
            return False
        now = time.time_ns()
        moved = {}
        for path, made in self.outputs.items():
            stamp = target.stamp(path)
            if stamp != made.stamp:
                if stamp is None or not target.intact(path, made):
                    return False
                moved[path] = made._replace(stamp=stamp if trusted(stamp, now) else NEVER)
        stamps = inputs.stamps()
        if moved or stamps != self.inputs:
            self.inputs, self.outputs = stamps, self.outputs | moved
            save()
        return True


def freeze(warning: SitegenError) -> tuple[Any, ...]:
    place = warning.place and (warning.place.name, warning.place.line, warning.place.column)
    return (warning.code, warning.message, place, warning.remedy)


def thaw(frozen: tuple[Any, ...]) -> SitegenError:
    code, message, place, remedy = frozen
    return errors.named(code)(message, place=Place(*place) if place else None, remedy=remedy)
