"""Workers: the same work on several cores, by processes that are forked when all they need is in memory."""

from __future__ import annotations

import os
import signal
import struct
import sys
import threading
import traceback
from collections.abc import Callable, Generator, Sequence
from typing import Any, TypeVar

from sitegen.errors import SitegenError

Item = TypeVar("Item")
Result = TypeVar("Result")
Steps = Generator[Result, Any, None]
"""The work on one share: yields a result for each step, and is sent what all shares are told before the next."""

_LEAST = 64
"""A share of fewer items is not worth a process."""


def cores() -> int:
    """How many processes may run at the same time."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def shares(items: Sequence[Item], jobs: int) -> list[Sequence[Item]]:
    """``items`` dealt like cards to at most ``jobs`` workers (0: one a core); one share where forking is unsafe."""
    wanted = min(jobs or cores(), len(items) // _LEAST)
    if wanted < 2 or sys.platform != "linux" or threading.active_count() > 1:
        return [items]
    return [items[number::wanted] for number in range(wanted)]


def together(work: Callable[[Sequence[Item]], Steps[Result]], dealt: Sequence[Sequence[Item]]) -> Steps[list[Result]]:
    """Works on all shares at once, the first one in this process; yields the results of each step, in order of shares.

    What is sent to it goes to all of them. An error in any share is raised here and ends the others.
    """
    children = [_Child(work, share) for share in dealt[1:]]
    try:
        mine = work(dealt[0])
        reply: Any = None
        while True:
            try:
                result = mine.send(reply)
            except StopIteration:
                break
            reply = yield [result, *(child.receive() for child in children)]
            for child in children:
                child.send(reply)
        for child in children:
            child.receive()
    finally:
        for child in children:
            child.end()


class _Child:
    def __init__(self, work: Callable[[Sequence[Item]], Steps[Result]], share: Sequence[Item]) -> None:
        up, self._up_end = os.pipe()
        self._down_end, down = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(up)
            os.close(down)
            _live(work, share, self._down_end, self._up_end)
        os.close(self._up_end)
        os.close(self._down_end)
        self._up, self._down = up, down
        self.alive = True

    def receive(self) -> Any:
        """The child's next result. Raises the error that it met."""
        kind, value = _take(self._up)
        if kind == "error":
            raise value
        if kind == "crash":
            raise RuntimeError(f"a worker failed:\n{value}")
        return value

    def send(self, value: Any) -> None:
        _put(self._down, value)

    def end(self) -> None:
        os.close(self._up)
        os.close(self._down)
        try:
            if os.waitpid(self.pid, os.WNOHANG)[0] == 0:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
        except (ChildProcessError, ProcessLookupError):
            pass


def _live(work: Callable[[Sequence[Item]], Steps[Result]], share: Sequence[Item], down: int, up: int) -> None:
    """The life of a child; never returns, and runs nothing of what its parent registered for its own end."""
    try:
        try:
            mine = work(share)
            reply: Any = None
            while True:
                try:
                    result = mine.send(reply)
                except StopIteration:
                    break
                _put(up, ("result", result))
                reply = _take(down)
            _put(up, ("result", None))
        except SitegenError as error:
            _put(up, ("error", error.problems[0]))
        except Exception:
            _put(up, ("crash", traceback.format_exc()))
    except BaseException:  # noqa: S110  # interrupted, or the parent is gone: nobody is left to tell
        pass
    finally:
        os._exit(0)


def _put(fd: int, value: Any) -> None:
    import pickle

    data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    view = memoryview(struct.pack("<Q", len(data)) + data)
    while view:
        view = view[os.write(fd, view) :]


def _take(fd: int) -> Any:
    (length,) = struct.unpack("<Q", _read(fd, 8))
    import pickle

    return pickle.loads(_read(fd, length))  # noqa: S301  # from our own child


def _read(fd: int, length: int) -> bytes:
    parts = []
    while length:
        part = os.read(fd, min(length, 1 << 20))
        if not part:
            raise RuntimeError("a worker ended before its work was done")
        parts.append(part)
        length -= len(part)
    return b"".join(parts)
