"""An example of a plugin: counts the words of all briefs, and knows the days of events."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from pydantic import BaseModel

from sitegen.site.hooks import Output, hook


class Event(BaseModel):
    """The fields of an event."""

    place: str
    day: dt.date
    seats: int = 10


@hook
def site_outputs(site) -> Iterator[Output]:  # type: ignore[no-untyped-def]
    words = sum(page.words for page in site.briefs)
    yield Output("words.txt", "the number of words", parts=("words", words), make=f"{words}\n".encode)
