"""Ahead: outputs that are shown before the rest of a build is made, to those who look at them.

A build writes nothing before everything is made, which takes seconds when a template changes that all pages are made
from. Whoever serves the site meanwhile is shown what is made already, and what is asked for is made first. When the
build fails, all of it is taken back; when its outputs are written, nobody needs it any more.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sitegen.site.output import Output

_LOOKED_AT = 16
"""So many pages that were looked at last are made first."""
_AFTER_A_FAULT = 0.5
"""Seconds: when an output cannot be made, a build looks for more faults for so long."""

_UNDISTURBED = 0.1
"""Seconds that a build has for itself, so that one edit after the other does not keep it from its end."""


class SupersededError(Exception):
    """There is something newer to build."""


class Ahead:
    """What a build has made so far. One thread builds, others look."""

    def __init__(self, on_show: Callable[[str], None] | None = None) -> None:
        """``on_show`` is told the paths of outputs that were looked at lately, as they are made."""
        self._on_show = on_show
        self._news = threading.Condition()
        self._made: dict[str, bytes] = {}
        """What is taken back when something else cannot be made."""
        self._kept: dict[str, bytes] = {}
        """What is only to be written yet."""
        self._stale: set[str] = set()
        self._asked: dict[str, None] = {}
        self._looked_at: dict[str, None] = {}
        self._newer = False
        self._began = 0.0
        self._fault: float | None = None

    # Of those who look.

    def get(self, path: str) -> bytes | None:
        """An output that is made and not written yet."""
        return self._made.get(path) or self._kept.get(path)

    def look(self, path: str) -> None:
        """Somebody looks at an output."""
        with self._news:
            self._looked_at.pop(path, None)
            self._looked_at[path] = None
            while len(self._looked_at) > _LOOKED_AT:
                del self._looked_at[next(iter(self._looked_at))]

    @property
    def busy(self) -> bool:
        """Whether anything is going to be made anew, or written."""
        return bool(self._stale or self._made or self._kept)

    def knows(self, path: str) -> bool:
        """Whether an output is made, or going to be made, that may not be there yet."""
        return path in self._stale or path in self._made or path in self._kept

    def is_stale(self, path: str) -> bool:
        """Whether an output is going to be made anew."""
        return path in self._stale

    def wait(self, path: str, seconds: float) -> None:
        """Has a stale output made next; returns when it is, or is not going to be, or after some seconds."""
        with self._news:
            self._asked[path] = None
            self._news.wait_for(lambda: path not in self._stale, seconds)
            self._asked.pop(path, None)

    def supersede(self) -> None:
        """Says that there is something newer: what is being built is left off soon."""
        self._newer = True

    # Of the thread that builds.

    def begin(self, *, firm: bool = False) -> None:
        """What was newer is being built now; a ``firm`` build is not left off."""
        self._newer = False
        self._began = float("inf") if firm else time.monotonic()

    def check(self) -> None:
        """Raises ``SupersededError`` when there is something newer, and this takes long."""
        if self._newer and time.monotonic() > self._began + _UNDISTURBED:
            raise SupersededError

    def expect(self, outputs: Iterable[Output]) -> None:
        """These are going to be made anew."""
        with self._news:
            self._stale.update(output.path for output in outputs)
            for path in self._stale & self._made.keys():
                del self._made[path]

    def order(self, share: Sequence[Output]) -> Iterator[Output]:
        """Outputs in the order in which they are wanted. Raises ``SupersededError``.

        Ends early some time after the first fault, so that a broken template is told before it has broken all pages.
        """
        self.expect(share)
        self._fault = None
        left = {output.path: output for output in share}
        with self._news:
            first = [path for path in reversed(self._looked_at) if path in left]
        paths = iter([*first, *(path for path in left if path not in first)])
        while left:
            self.check()
            if self._enough():
                return
            path = next((path for path in tuple(self._asked) if path in left), None) or next(paths)
            if (output := left.pop(path, None)) is not None:
                yield output

    def _enough(self) -> bool:
        """Whether something is wrong, and what else is has been looked for."""
        return self._fault is not None and time.monotonic() > self._fault + _AFTER_A_FAULT

    def show(self, path: str, data: bytes) -> None:
        """An output is made."""
        with self._news:
            self._made[path] = data
            self._stale.discard(path)
            self._news.notify_all()
        if self._on_show is not None and path in self._looked_at:
            self._on_show(path)

    def fail(self, path: str) -> None:
        """An output cannot be made."""
        self._fault = self._fault or time.monotonic()
        with self._news:
            self._stale.discard(path)
            self._news.notify_all()

    def keep(self, made: Mapping[str, bytes]) -> None:
        """All is made; this is still to be written."""
        with self._news:
            self._kept.update(made)
            self._end()

    def written(self, path: str) -> None:
        """What was kept is on disk."""
        self._kept.pop(path, None)

    def fail_all(self) -> None:
        """The build has failed."""
        with self._news:
            self._end()

    def end(self) -> None:
        """All is on disk."""
        with self._news:
            self._kept.clear()
            self._end()

    def _end(self) -> None:
        self._made.clear()
        self._stale.clear()
        self._news.notify_all()
