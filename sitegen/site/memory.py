"""Memory: what a build leaves for the next one, and whether that one would do the same again."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass, field
from typing import Any

from sitegen import errors
from sitegen.errors import Place, SitegenError
from sitegen.site.inputs import Inputs, Stamp, trusted
from sitegen.site.outputs import NEVER, Folder, Made
from sitegen.site.register import Register


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
    def load(cls, register: Register) -> State | None:
        kept = register.load()
        if kept is None:
            return None
        (run, first, last, warnings, pages), (inputs, outputs) = kept
        return cls(
            *(run, first, last, dict(inputs), {name: Made._make(made) for name, made in outputs.items()}),
            *(warnings, pages),
        )

    def save(self, register: Register) -> None:
        head = (self.run, self.first_day, self.last_day, self.warnings, self.pages)
        register.save(head, [self.inputs, self.outputs])

    def holds(self, run: str, today: dt.date, inputs: Inputs, target: Folder, register: Register) -> bool:
        """Whether a build that does ``run`` would do what the last one did, and all that it made is still there.

        Stamps that are others now, for the same content, are taken over; then they are kept in ``register``.
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
            self.save(register)
        return True


def freeze(warning: SitegenError) -> tuple[Any, ...]:
    place = warning.place and (warning.place.name, warning.place.line, warning.place.column)
    return (warning.code, warning.message, place, warning.remedy)


def thaw(frozen: tuple[Any, ...]) -> SitegenError:
    code, message, place, remedy = frozen
    return errors.named(code)(message, place=Place(*place) if place else None, remedy=remedy)
