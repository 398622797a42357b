"""Withdrawn: what is left of a page that was taken back: its address, which is gone, and a notice if there is one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import NamedTuple

from markupsafe import Markup

from sitegen.site.output import Output
from sitegen.site.page import Page
from sitegen.site.record import Record
from sitegen.site.scope import Scope
from sitegen.text import plain

TEMPLATE = "withdrawn.html"
GONE = "gone.html"
"""The same notice beside the page: what hosts send with the status 410. A rule that leads to its own address may count
as a circle."""


class Withdrawn(NamedTuple):
    """All that the public may still know of a page."""

    path: str
    """Of its file, for messages."""
    local: str
    """Its address, below the base path of its edition."""
    aliases: tuple[str, ...]
    notice: tuple[str, ...]
    """Paragraphs of plain text; empty when nobody wrote any."""
    day: dt.date | None


def of(path: str, local: str, entry: Record) -> Withdrawn:
    """What is left of the page that the record is of."""
    paragraphs = (plain(part) for part in entry.notice.replace("\r\n", "\n").split("\n\n"))
    day = None if entry.withdrawn_at is None else dt.date.fromordinal(entry.withdrawn_at)
    return Withdrawn(path, local, entry.aliases, tuple(filter(None, paragraphs)), day)


def outputs(found: Withdrawn, scope: Scope, title: str, template: str) -> Iterator[Output]:
    """The page with the notice; once more for hosts that answer with 410."""
    if not found.notice:
        return
    page = Page(
        kind="withdrawn",
        path="",
        url=scope.base + found.local,
        permalink=scope.base_url + found.local,
        title=title,
        summary="",
        date=None,
        language=scope.settings.site.language,
        withdrawn_at=found.day,
        notice=found.notice,
        body=_body(found),
    )
    for name in ("index.html", GONE):
        parts = ("withdrawn", template, page.url, page.permalink, title, found.notice, found.day)
        yield Output(f"{found.local}{name}", found.path, template, {"page": page}, parts)


def _body(found: Withdrawn) -> Markup:
    """For themes that have no template of their own for it."""
    day = Markup('<p><time datetime="{0}">{0}</time></p>').format(found.day.isoformat()) if found.day else Markup("")
    return day + Markup("\n").join(Markup("<p>{}</p>").format(part) for part in found.notice)
