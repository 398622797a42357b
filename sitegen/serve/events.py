"""Events: what happens while the site is served, for whoever shows it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sitegen.errors import SitegenError

if TYPE_CHECKING:
    from sitegen.console import Console
    from sitegen.serve.engine import Built


@dataclass(frozen=True, slots=True)
class Event:
    """``listening`` once, ``mounted`` for each application beside the site, ``open`` when others on the network can
    read the site, ``built`` or ``failed`` after each build, ``stopped`` at the end."""

    kind: Literal["listening", "mounted", "open", "built", "failed", "stopped"]
    url: str
    built: Built | None = None
    error: SitegenError | None = None


OnEvent = Callable[[Event], None]


def shown_on(console: Console) -> OnEvent:
    """Tells a person at a terminal."""

    def show(event: Event) -> None:
        if event.kind == "listening":
            console.say(f"Serving at {event.url} (Ctrl-C to stop)")
        elif event.kind == "mounted":
            console.say(f"Beside it: {event.url}")
        elif event.kind == "open":
            console.warn("everybody on this network can read the site, drafts too if they are shown")
            if sys.stderr.isatty():
                console.say(qr(event.url))
        elif event.kind == "failed" and event.error is not None:
            console.error(event.error)
            console.say("Until this is mended, the last good site is served, if there is one.", "dim")
        elif event.kind == "built" and event.built is not None:
            for warning in event.built.warnings:
                console.warn(str(warning))
            console.say(f"Built: {len(event.built.changed)} changed in {event.built.seconds * 1000:.0f} ms.")

    return show


def qr(url: str) -> str:
    """The address as a square that a phone's camera reads, two rows of it in each line of text."""
    import io

    import segno

    drawn = io.StringIO()
    segno.make(url, micro=False).terminal(drawn, compact=True)
    return drawn.getvalue()
