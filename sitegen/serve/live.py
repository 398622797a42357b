"""Live: tells the pages that are open in a browser what a build changed, by server-sent events.

Each page of HTML gets one script, ``/_sitegen/live.js``, which listens. Nothing of it is in what ``build`` writes.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from sitegen.errors import SitegenError, StorageError

PREFIX = "_sitegen/"
_KINDS = {"live.js": "text/javascript; charset=utf-8", "live.css": "text/css; charset=utf-8"}
_HEAD = re.compile(rb"<head(?:\s[^>]*)?>", re.I)
_BEAT_SECONDS = 15.0
"""A comment as often as this keeps the connection, and shows which of them have gone."""
_AROUND = 3
"""Lines shown before and after the one with the problem."""
_LONGEST_LINE = 400
_LARGEST_FILE = 4 << 20

OutputOf = Callable[[str], str]
"""The path of the output that answers an address."""


@dataclass(eq=False, slots=True)
class _Tab:
    page: str
    loop: asyncio.AbstractEventLoop
    news: asyncio.Queue[tuple[str, object]] = field(default_factory=asyncio.Queue)

    def tell(self, event: str, data: object) -> None:
        # Builds run in a thread of their own; a loop that has ended has no tabs to tell.
        with contextlib.suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self.news.put_nowait, (event, data))


class Live:
    """The open pages, and what there is to tell them. ``output_of`` finds the output behind an address."""

    def __init__(self, output_of: OutputOf) -> None:
        self.build = 1
        self._output_of = output_of
        self._problems: list[dict[str, object]] = []
        self._tabs: set[_Tab] = set()
        self._ended = False
        self._renewed: set[str] = set()
        """Outputs that were told to have changed before their build had ended."""
        self._doubtful: set[str] = set()
        """Those of a build that failed then."""

    def renewed(self, output: str) -> None:
        """An output is another one; the build that made it goes on."""
        self.build += 1
        self._renewed.add(output)
        for tab in tuple(self._tabs):
            if self._output_of(tab.page) == output:
                tab.tell("changed", self.build)

    def built(self, changed: Collection[str], *, everything: bool = False) -> None:
        """A build went well, and these outputs are others than before; or all pages are."""
        changed = (frozenset(changed) - self._renewed) | self._doubtful
        self.build += bool(changed) or everything
        self._renewed.clear()
        self._doubtful.clear()
        mended, self._problems = bool(self._problems), []
        for tab in tuple(self._tabs):
            if mended:
                tab.tell("problems", [])
            if everything or self._output_of(tab.page) in changed:
                tab.tell("changed", self.build)

    def failed(self, error: SitegenError, root: Path) -> None:
        """A build did not; ``root`` is the folder of the site."""
        self._doubtful |= self._renewed
        self._renewed.clear()
        self._problems = [problem_of(problem, root) for problem in error.problems]
        for tab in tuple(self._tabs):
            tab.tell("problems", self._problems)

    def close(self) -> None:
        """Ends all connections, so that the server can end."""
        self._ended = True
        for tab in tuple(self._tabs):
            tab.tell("", None)

    def injected(self, data: bytes) -> bytes:
        """A page of HTML with the script in it, first in its head."""
        found = _HEAD.search(data)
        at = found.end() if found else 0
        return data[:at] + f'<script src="/{PREFIX}live.js" data-build="{self.build}"></script>'.encode() + data[at:]

    def answer(self, request: Request, name: str) -> Response:
        """What is below ``/_sitegen/``."""
        if name == "events":
            headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
            events = self._events(request.query_params.get("page", "/"))
            return StreamingResponse(events, headers=headers, media_type="text/event-stream")
        if name not in _KINDS:
            return Response("There is no such page.\n", 404, media_type="text/plain")
        data = (resources.files("sitegen.serve") / "assets" / name).read_bytes()
        headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff", "Content-Type": _KINDS[name]}
        return Response(data, headers=headers)

    async def _events(self, page: str) -> AsyncIterator[str]:
        tab = _Tab(page, asyncio.get_running_loop())
        self._tabs.add(tab)
        try:
            yield _event("state", {"build": self.build, "problems": self._problems})
            while not (self._ended and tab.news.empty()):
                try:
                    async with asyncio.timeout(_BEAT_SECONDS):
                        event, data = await tab.news.get()
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                if not event:
                    return
                yield _event(event, data)
        finally:
            self._tabs.discard(tab)


def problem_of(problem: SitegenError, root: Path) -> dict[str, object]:
    """A problem for the browser, with the lines of the file around it."""
    place = problem.place
    line = place.line if place else None
    return {
        "code": problem.code,
        "message": problem.message,
        "remedy": problem.remedy,
        "file": place.name if place else "",
        "line": line,
        "lines": _lines(root, place.name, line) if place and line else [],
    }


def _lines(root: Path, name: str, line: int) -> list[dict[str, object]]:
    """The lines around ``line`` of a file of the site; none of any other file."""
    from sitegen import files

    try:
        path = files.confined(root, name)
        if path.stat().st_size > _LARGEST_FILE:
            return []
        text = path.read_text("utf-8-sig", "replace").splitlines()
    except (StorageError, OSError, ValueError):
        return []
    first = max(line - _AROUND, 1)
    found = text[first - 1 : line + _AROUND]
    return [{"number": first + place, "text": words[:_LONGEST_LINE]} for place, words in enumerate(found)]


def _event(name: str, data: object) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
