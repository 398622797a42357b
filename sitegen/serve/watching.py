"""Watching: tells when a file that the site is made from has changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from watchfiles import Change, awatch

from sitegen import files
from sitegen.errors import SitegenError
from sitegen.project import Project
from sitegen.root import FILE_NAME
from sitegen.site import chain, folders

_STEP_MS = 15
"""A batch ends when nothing has changed for so long. Short, since a build that came too early is not the last one."""
_LONGEST_MS = 400
"""A batch ends after so long even if changes go on, as in a large checkout."""


def trees(project: Project) -> list[Path]:
    """The folders of a site that are worth watching, also when its theme cannot be found: an edit may mend that."""
    try:
        layers = chain.themes(project)
    except SitegenError:
        layers = (chain.Layer("", project.root / "themes"),)
    return [path for name, path in folders.trees(project, layers).items() if name != "provenance"]


async def changes(root: Path, trees: Sequence[Path], stop: asyncio.Event) -> AsyncGenerator[None]:
    """Yields whenever something below ``trees``, or the sitegen.toml in ``root``, has changed, until ``stop`` is set.

    Yields once when the watch has begun, since something may have changed before. What changed is not said: the build
    finds out for itself, so that a lost notice does no harm. Ends also when one of the trees appears or vanishes; then
    call it again.
    """
    watched = [path for path in trees if path.is_dir()]
    absent = {path for path in trees if not path.is_dir()}
    ended = asyncio.Event()
    queue: asyncio.Queue[bool] = asyncio.Queue()

    async def follow(paths: list[Path], *, recursive: bool) -> None:
        def wanted(_: Change, name: str) -> bool:
            return _deep(name) if recursive else _shallow(Path(name), root, absent)

        async for _batch in awatch(
            *paths, watch_filter=wanted, debounce=_LONGEST_MS, step=_STEP_MS, stop_event=ended, recursive=recursive
        ):
            queue.put_nowait(True)

    tasks = [asyncio.create_task(follow([root], recursive=False))]
    if watched:
        tasks.append(asyncio.create_task(follow(watched, recursive=True)))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.sleep(0)  # the tasks have their turn, and begin to watch
        yield
        while True:
            waiting = asyncio.create_task(queue.get())
            done, _ = await asyncio.wait({waiting, stopping, *tasks}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            if stopping in done or done.intersection(tasks):
                return
            while not queue.empty():
                queue.get_nowait()
            yield
            if any(path.is_dir() for path in absent) or not all(path.is_dir() for path in watched):
                return
    finally:
        ended.set()
        stopping.cancel()
        await asyncio.gather(*tasks, stopping, return_exceptions=True)


def _deep(name: str) -> bool:
    base = name.rpartition("/")[2]
    return not (files.is_temporary(base) or base.endswith(("~", ".swp", ".swx")) or base == "4913")


def _shallow(path: Path, root: Path, absent: set[Path]) -> bool:
    return path == root / FILE_NAME or path in absent
