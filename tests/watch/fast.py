"""sitegen in a world where time passes faster: ``python -m tests.watch.fast CLOCK ARGUMENTS``.

The clocks of the process, and the waiting of its event loop, go by the file CLOCK, which the test writes: how fast, how
far the wall's clock has jumped, and how large a file may become (a disk that is full). What has to be reckoned takes as
long as ever, so that it seems to take the longer.
"""

from __future__ import annotations

import mmap
import selectors
import struct
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FORM = struct.Struct("5d")
_monotonic, _sleep = time.monotonic, time.sleep


@dataclass
class Clock:
    """The file; both sides have it in memory."""

    memory: mmap.mmap

    @classmethod
    def new(cls, path: Path, factor: float) -> Clock:
        path.write_bytes(_FORM.pack(_monotonic(), time.time(), factor, 0, 0))
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> Clock:
        with path.open("r+b") as file:
            return cls(mmap.mmap(file.fileno(), _FORM.size))

    def _read(self) -> tuple[float, float, float, float, float]:
        began, wall, factor, jumped, limit = _FORM.unpack(self.memory[:])
        return began, wall, factor, jumped, limit

    def set(self, *, jumped: float | None = None, limit: float | None = None) -> None:
        began, wall, factor, before, limited = self._read()
        jumped, limit = before if jumped is None else jumped, limited if limit is None else limit
        self.memory[:] = _FORM.pack(began, wall, factor, jumped, limit)

    @property
    def factor(self) -> float:
        return self._read()[2]

    @property
    def limit(self) -> int:
        """Bytes that a file may have; 0 for as many as it likes."""
        return int(self._read()[4])

    def passed(self) -> float:
        """Seconds of the fast world since its beginning."""
        began, _, factor, _, _ = self._read()
        return (_monotonic() - began) * factor

    def hour(self, at: float) -> float:
        """The hour of the fast world at a time of the slow one, by ``time.monotonic``."""
        began, _, factor, _, _ = self._read()
        return (at - began) * factor / 3600

    def monotonic(self) -> float:
        return self._read()[0] + self.passed()

    def time(self) -> float:
        _, wall, _, jumped, _ = self._read()
        return wall + self.passed() + jumped


def hasten(clock: Clock) -> None:
    """From now on this process lives by the clock."""
    factor = clock.factor
    time.monotonic, time.perf_counter, time.time = clock.monotonic, clock.monotonic, clock.time
    time.time_ns = lambda: int(clock.time() * 1e9)

    class Hasty(selectors.DefaultSelector):
        def select(self, timeout: float | None = None) -> Any:
            return super().select(timeout / factor if timeout and timeout > 0 else timeout)

    selectors.DefaultSelector = Hasty  # type: ignore[misc]


def be_patient(factor: float) -> None:
    """Lets servers take as long for an answer as they may in the slow world: how fast this machine is must not be felt
    as a network that is cut."""
    from sitegen.enrich.engines.transport import Patience

    patience = Patience()
    slow = {name: getattr(patience, name) * factor / 10 for name in ("connect", "metadata", "between", "watch")}
    values = (slow.get(name, getattr(patience, name)) for name in Patience.__dataclass_fields__)
    Patience.__init__.__defaults__ = tuple(values)


def limit_files(clock: Clock) -> None:
    """Keeps to the limit for files, which may change at any time."""
    import resource

    now, (_, most) = 0, resource.getrlimit(resource.RLIMIT_FSIZE)
    while True:
        if clock.limit != now:
            now = clock.limit
            resource.setrlimit(resource.RLIMIT_FSIZE, (now or most, most))
        _sleep(0.02)


def main(words: list[str], run: Callable[[list[str]], int] | None = None) -> int:
    clock = Clock.open(Path(words[0]))
    threading.Thread(target=limit_files, args=(clock,), daemon=True).start()
    hasten(clock)
    be_patient(clock.factor)
    from sitegen.cli import run as sitegen

    return (run or sitegen)(words[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
