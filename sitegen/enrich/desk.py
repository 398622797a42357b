"""The desk: one thread for files and databases, so that the event loop, and with it the engine, never waits for a disk.

One thread and not several: what goes over the desk needs no locks, and comes to the disk in the order of its coming.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


SWITCH_SECONDS = 0.0005
"""How long one of our threads lets the other wait. Python's own 5 ms are a long time for an event loop that gives its
turn away at each look at a socket, while the desk reckons."""


@contextlib.contextmanager
def quick_turns() -> Iterator[None]:
    """Threads change more often inside the block."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


class Desk:
    """Work that is laid on it is done one after another, off the event loop."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="desk")

    async def __call__(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What ``work`` returns or raises, done on the desk."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: work(*args, **kwargs))

    def close(self, last: Callable[[], object] | None = None) -> None:
        """Returns when everything that was laid on it has been done, and ``last`` after it."""
        if last is not None:
            self._thread.submit(last)
        self._thread.shutdown(wait=True)
