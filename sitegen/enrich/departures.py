"""Departures: what becomes of the briefs whose documents left their source, or came back to it.

A brief is flagged and, only if the settings say so, withdrawn. Where a source has lost very many at once, somebody is
likelier to have unplugged a drive or renamed a tag than to have taken back all papers: then nothing is withdrawn.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from sitegen.briefs import provenance, states
from sitegen.briefs.store import Store
from sitegen.errors import SitegenError
from sitegen.settings import Project

FEW = 5
SHARE = 0.2
"""More documents than ``FEW``, and than this share of all briefs, that are newly gone are very many."""


def gone(project: Project, store: Store, refs: Sequence[str], now: dt.datetime) -> list[str]:
    """Notes in the records of documents that they are gone; returns the files that were withdrawn for it."""
    fresh = [ref for ref in refs if (record := provenance.read(project.briefs, ref)) and record.gone is None]
    withdraw = project.settings.briefs.when_gone == "withdraw"
    if withdraw and len(fresh) > max(FEW, SHARE * len(store.briefs)):
        return []
    return [path for ref in fresh if (path := _leave(store, ref, now, withdraw=withdraw))]


def _leave(store: Store, ref: str, now: dt.datetime, *, withdraw: bool) -> str:
    brief, withdrawn = store.by_source(ref), ""
    if withdraw and brief is not None and brief.matter.status == "published":
        try:
            states.move(store, [brief], states.Wish("withdraw", now, by="its document is gone"))
        except SitegenError:  # somebody is at it this moment, or the field cannot be set: it is still flagged
            return ""
        withdrawn = brief.path
    store.note_gone(ref, now)
    return withdrawn


def back(store: Store, refs: Iterable[str]) -> None:
    """Takes back what ``gone`` noted; a brief that was withdrawn for it stays so until an editor publishes it."""
    for ref in refs:
        store.note_gone(ref, None)
