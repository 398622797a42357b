"""Timeline: how many briefs there are of each month and year, and what became of briefs lately."""

from __future__ import annotations

import datetime as dt
import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from sitegen.site.page import Change, Page, Span

if TYPE_CHECKING:
    from sitegen.site.stored import StoredPage
    from sitegen.site.withdrawn import Withdrawn

_LATELY = 12
"""How many changes are told."""


def years(pages: Iterable[Page], archive: str = "") -> tuple[Span, ...]:
    """How many pages are of each year; ``archive`` is the address below which years have their lists."""
    counts = Counter(page.date.year for page in pages if page.date is not None)
    if not counts:
        return ()
    return tuple(
        Span(dt.date(year, 1, 1), counts[year], f"{archive}{year}/" if archive and counts[year] else "")
        for year in range(min(counts), max(counts) + 1)
    )


def months(pages: Sequence[Page], archive: str, per_page: int) -> tuple[Span, ...]:
    """How many pages, newest first, are of each month, and where the list of their year begins to tell of them."""
    counts: Counter[int] = Counter()
    first: dict[int, tuple[int, int]] = {}
    year, place = 0, 0
    for page in pages:
        if page.date is None:
            continue
        place = place + 1 if page.date.year == year else 0
        year, month = page.date.year, page.date.year * 12 + page.date.month - 1
        counts[month] += 1
        first.setdefault(month, (page.date.month, place // per_page + 1))
    return tuple(_month(month, counts[month], archive, first.get(month)) for month in _through(counts))


def _through(counts: Counter[int]) -> Sequence[int]:
    return range(min(counts), max(counts) + 1) if counts else ()


def _month(month: int, count: int, archive: str, place: tuple[int, int] | None) -> Span:
    day = dt.date(month // 12, month % 12 + 1, 1)
    if place is None:
        return Span(day, 0, "")
    number, listed = place
    tail = "" if listed == 1 else f"page/{listed}/"
    return Span(day, count, f"{archive}{day.year}/{tail}#m{number}")


def changes(briefs: Iterable[StoredPage], withdrawn: Iterable[Withdrawn], base: str) -> tuple[Change, ...]:
    """What was added, corrected and withdrawn last, the newest first. What has no day is not told."""
    every = (*_added_and_corrected(briefs), *_withdrawn(withdrawn, base))
    return tuple(change for *_, change in heapq.nlargest(_LATELY, every, key=lambda told: told[:4]))


_Told = tuple[int, bool, int, str, Change]
"""The day, whether something was wrong, the day of the document, and the address, which decide about the order."""


def _added_and_corrected(briefs: Iterable[StoredPage]) -> Iterator[_Told]:
    for page in briefs:
        of = page.record.date or 0
        if (added := _added(page)) is not None:
            yield added.toordinal(), False, of, page.url, Change(added, "added", page.title, page.url, page.language)
        for day, text in page.corrections:
            change = Change(day, "corrected", page.title, page.url, page.language, text)
            yield day.toordinal(), True, of, page.url, change


def _added(page: Page) -> dt.date | None:
    """The day from which a brief was there, as far as anything says it."""
    if page.publish_at is not None:
        return page.publish_at
    try:
        return dt.date.fromisoformat(str((page.made or {}).get("at") or "")[:10])
    except ValueError:
        return None


def _withdrawn(withdrawn: Iterable[Withdrawn], base: str) -> Iterator[_Told]:
    for found in withdrawn:
        if found.day is not None and found.notice:
            change = Change(found.day, "withdrawn", "", base + found.local, "")
            yield found.day.toordinal(), True, 0, found.local, change
