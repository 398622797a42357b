"""Acts: what an editor does at the desk to one brief, done as the commands do it."""

from __future__ import annotations

import datetime as dt

from sitegen import files
from sitegen.briefs import findings, states, verdicts
from sitegen.briefs.merge import Choice
from sitegen.briefs.signature import signature
from sitegen.briefs.states import Wish
from sitegen.briefs.store import Brief, Store
from sitegen.errors import BriefChanged, FieldRefused, FormRefused
from sitegen.review import editing
from sitegen.review.catalogue import Catalogue
from sitegen.review.guard import Form, needed

DONE = {
    "saved": "Saved.",
    "same": "Nothing was changed.",
    "approve": "Approved, as it is now.",
    "publish": "Published; it is public with the next build that is deployed.",
    "withdraw": "Withdrawn; its address says so with the next build that is deployed.",
    "accept": "Taken over into the brief.",
    "reject": "Rejected; the brief is as it was.",
    "allow": "Allowed in this brief; everybody may read it.",
    "disallow": "Not allowed any more.",
    "regenerating": "The text is being made anew.",
}
"""What is said when something is done; nothing else that an address asks for."""


def do(catalogue: Catalogue, path: str, act: str, given: Form) -> str:
    """Does it, and returns which of ``DONE`` to say. Raises ``BriefChanged``, ``FormRefused`` or ``SitegenError``."""
    brief, store = catalogue.brief(path), catalogue.store
    expected = needed(given, "expected")
    if act == "save":
        return "saved" if editing.save(store, brief, editing.Words.sent(given), expected) else "same"
    if act in ("approve", "publish", "withdraw"):
        by = signature(catalogue.project.root, catalogue.project.settings.briefs.sign)
        guard = catalogue.guard() if act == "publish" else None
        states.move(store, [brief], _wish(act, given, by, expected), guard=guard)
        return act
    if act == "allow":
        findings.allow(store, brief, [needed(given, "what")], catalogue.guard(), expected=expected)
        return act
    if act == "disallow":
        findings.disallow(store, brief, [needed(given, "what")], expected=expected)
        return act
    if act in ("accept", "reject"):
        decide = verdicts.accept if act == "accept" else verdicts.reject
        decide(
            store,
            brief.matter.source or brief.path,
            _choice(needed(given, "what")),
            expected=_seen(store, brief, expected),
        )
        return act
    raise FormRefused(f"there is no act {act!r}")


def source_of(catalogue: Catalogue, path: str) -> str:
    """The document of a brief. Raises ``FieldRefused`` where there is none."""
    source = catalogue.brief(path).matter.source
    if source is None:
        raise FieldRefused("this brief has no document to be made from", place=path)
    return source


def _wish(act: str, given: Form, by: str, expected: str) -> Wish:
    now = dt.datetime.now(dt.UTC)
    if act == "withdraw":
        return Wish("withdraw", now, by, notice=given.get("notice", "").strip() or None, expected=expected)
    if act == "approve":
        return Wish("approve", now, by, expected=expected)
    day = given.get("publish_at", "").strip()
    try:
        first = dt.date.fromisoformat(day) if day else None
    except ValueError:
        raise FieldRefused(f"{day!r} is no day such as 2026-12-01") from None
    return Wish("publish", now, by, approve="approve" in given, publish_at=first, expected=expected)


def _choice(what: str) -> Choice | None:
    """``all``, ``field:title`` or ``hunk:2``."""
    kind, _, name = what.partition(":")
    if what == "all":
        return None
    if kind == "field" and name:
        return Choice(frozenset({name}))
    if kind == "hunk" and name.isdecimal() and len(name) < 7:
        return Choice(frozenset(), frozenset({int(name)}))
    raise FormRefused(f"nothing is called {what!r}")


def _seen(store: Store, brief: Brief, expected: str) -> str:
    """The text that the editor saw."""
    text = store.text(brief.path)
    if files.sha256(text) != expected:
        raise BriefChanged("it was changed meanwhile, and nothing was written", place=f"{store.root.name}/{brief.path}")
    return text
