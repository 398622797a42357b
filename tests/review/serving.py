"""A real server with the desk beside the site, for the tests that need one."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from sitegen.review.app import PREFIX, Desk
from sitegen.review.jobs import Jobs
from sitegen.serve.app import ServeOptions, Server, listening
from sitegen.serve.events import Event
from sitegen.settings import Project


def desk_at(url: str) -> str:
    """The address of the desk beside the site at ``url``; with a slash at its end."""
    return f"http://localhost:{urlsplit(url).port}{PREFIX}/"


@contextmanager
def desk_served(project: Project, jobs: Jobs | None = None) -> Iterator[tuple[str, Desk]]:
    """The address of the site, which ends with a slash, and the desk."""
    desk, events = Desk(project, jobs), queue.Queue[Event]()
    with listening("127.0.0.1", 0, fixed=True) as sock:
        server = Server(project, sock, ServeOptions(), tell=events.put, mounts={PREFIX: desk.app})
        server.rebuild()
        thread = threading.Thread(target=lambda: asyncio.run(server.run()))
        thread.start()
        try:
            while events.get(timeout=20).kind != "listening":
                pass
            yield server.url, desk
        finally:
            server.stop()
            thread.join(20)
            assert not thread.is_alive()
