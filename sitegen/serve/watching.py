"""Watching: tells which files that the site is made from have changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

from watchfiles import Change, awatch
from watchfiles._rust_notify import WatchfilesRustInternalError

from sitegen import files
from sitegen.errors import SitegenError
from sitegen.project import Project
from sitegen.root import FILE_NAME
from sitegen.serve import drives
from sitegen.site import chain, folders

_STEP_MS = 5
"""A batch ends when nothing has changed for so long. Short, since a build that came too early is not the last one."""
_POLL_MS = 300
"""How often it is looked where nobody tells."""
_LONGEST_MS = 400
"""A batch ends after so long even if changes go on, as in a large checkout."""
_MANY = 5
"""So many files at once are no one's typing: more are to come, and one build is made for all of them."""
_QUIET = 0.06
"""Seconds without a change after which there are no more to come."""
_LONGEST = 3.0
"""Seconds after which one build is made at any rate."""


def trees(project: Project) -> list[Path]:
    """The folders of a site that are worth watching, also when its theme cannot be found: an edit may mend that."""
    try:
        layers = chain.themes(project)
    except SitegenError:
        layers = (chain.Layer("", project.root / "themes"),)
    return [path for name, path in folders.trees(project, layers).items() if name != "provenance"]


class Due:
    """The files that have changed since the last build began."""

    def __init__(self) -> None:
        self._paths: set[Path] | None = set()
        self._news = asyncio.Event()

    def add(self, paths: Iterable[Path] | None) -> None:
        """None for whatever may have changed."""
        if paths is None or self._paths is None:
            self._paths = None
        else:
            self._paths.update(paths)
        self._news.set()

    async def take(self) -> Collection[Path] | None:
        """Waits for changes."""
        await self._news.wait()
        self._news.clear()
        found, self._paths = self._paths, set()
        return found


async def changes(
    root: Path,
    trees: Sequence[Path],
    stop: asyncio.Event,
    moved: asyncio.Event | None = None,
    *,
    poll: bool | None = None,
) -> AsyncGenerator[Collection[Path] | None]:
    """Yields what has changed below ``trees``, or the sitegen.toml in ``root``, until ``stop`` or ``moved`` is set.

    Yields None, for whatever may have changed before, when the watch has begun. Ends also when one of the trees appears
    or vanishes; then call it again. With ``poll``, all files are looked at again and again; None does so where the
    kernel would not tell: on network drives, and when it watches as many folders as it can already.
    """
    poll = drives.silent([root, *trees]) if poll is None else poll
    watched = [path for path in trees if path.is_dir()]
    absent = {path for path in trees if not path.is_dir()}
    ended = asyncio.Event()
    queue: asyncio.Queue[set[Path]] = asyncio.Queue()

    async def follow(paths: list[Path], *, recursive: bool) -> None:
        def wanted(_: Change, name: str) -> bool:
            return _deep(name) if recursive else _shallow(Path(name), root, absent)

        steps: dict[str, Any] = {"debounce": _LONGEST_MS, "step": _STEP_MS, "poll_delay_ms": _POLL_MS}
        for polling in (True,) if poll else (None, True):
            batches = awatch(
                *paths, watch_filter=wanted, stop_event=ended, recursive=recursive, force_polling=polling, **steps
            )
            try:
                async for batch in batches:
                    queue.put_nowait({Path(name) for _, name in batch})
            except (OSError, WatchfilesRustInternalError):
                if polling:
                    raise
            else:
                return

    tasks: list[asyncio.Task[object]] = [asyncio.create_task(follow([root], recursive=False))]
    if watched:
        tasks.append(asyncio.create_task(follow(watched, recursive=True)))
    tasks += [asyncio.create_task(stop.wait()), asyncio.create_task((moved or asyncio.Event()).wait())]
    try:
        await asyncio.sleep(0)  # the tasks have their turn, and begin to watch
        yield None
        while (found := await _next(queue, tasks)) is not None:
            yield found
            if any(path.is_dir() for path in absent) or not all(path.is_dir() for path in watched):
                return
    finally:
        ended.set()
        for task in tasks[-2:]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _next(queue: asyncio.Queue[set[Path]], tasks: Sequence[asyncio.Task[object]]) -> set[Path] | None:
    """All that changes in one go; None when one of ``tasks`` has ended."""
    waiting = asyncio.create_task(queue.get())
    done, _ = await asyncio.wait({waiting, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    if waiting not in done:
        waiting.cancel()
        return None
    found = waiting.result()
    end = asyncio.get_running_loop().time() + _LONGEST
    while len(found) > _MANY and asyncio.get_running_loop().time() < end:
        try:
            async with asyncio.timeout(_QUIET):
                found |= await queue.get()
        except TimeoutError:
            break
    while not queue.empty():
        found |= queue.get_nowait()
    return found


def _deep(name: str) -> bool:
    base = name.rpartition("/")[2]
    return not (files.is_temporary(base) or base.endswith(("~", ".swp", ".swx")) or base == "4913")


def _shallow(path: Path, root: Path, absent: set[Path]) -> bool:
    return path == root / FILE_NAME or path in absent
