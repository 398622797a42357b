"""Acts: what an editor does at the desk to a brief, or to many, done as the commands do it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sitegen import files
from sitegen.briefs import findings, states, verdicts
from sitegen.briefs.merge import Choice
from sitegen.briefs.signature import signature
from sitegen.briefs.states import Wish
from sitegen.briefs.store import Brief, Store
from sitegen.briefs.undo import Decision, Past
from sitegen.errors import BriefChanged, FieldRefused, FormRefused, SitegenError, UndoRefused
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
    "reword": "Taken over in your words.",
    "reject": "Rejected; the brief is as it was.",
    "allow": "Allowed in this brief; everybody may read it.",
    "disallow": "Not allowed any more.",
    "undo": "Undone; it is as it was before.",
    "regenerating": "The text is being made anew.",
}
"""What is said when something is done; nothing else that an address asks for."""
MOVES = ("approve", "publish", "withdraw")
FOR_MANY = (*MOVES, "reject")
"""What can be done to many briefs at once."""


def do(catalogue: Catalogue, path: str, act: str, given: Form) -> str:
    """Does it, and returns which of ``DONE`` to say. Raises ``BriefChanged``, ``FormRefused`` or ``SitegenError``."""
    brief, store = catalogue.brief(path), catalogue.store
    expected = needed(given, "expected")
    with Past(catalogue.project.state).keeping(store, act):
        if act == "save":
            return "saved" if editing.save(store, brief, editing.Words.sent(given), expected) else "same"
        if act == "allow":
            findings.allow(store, brief, [needed(given, "what")], catalogue.guard(), expected=expected)
        elif act == "disallow":
            findings.disallow(store, brief, [needed(given, "what")], expected=expected)
        elif act in ("accept", "reject"):
            _settle(store, brief, act, _choice(needed(given, "what")), expected)
        elif act == "reword":
            _settle(store, brief, act, _choice(needed(given, "what")), expected, needed(given, "instead"))
        elif act in MOVES:
            _Mover(catalogue, act, given).move(brief, expected)
        else:
            raise FormRefused(f"there is no act {act!r}")
    return act


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one of many briefs."""

    path: str
    title: str
    status: str
    """As it is now."""
    problems: Sequence[SitegenError] = ()


def do_all(catalogue: Catalogue, act: str, picked: Sequence[tuple[str, str]], given: Form) -> list[Outcome]:
    """Does it to each brief by itself: what cannot be done to one keeps nobody from the next.

    ``picked`` are files and the hashes that they had when they were shown. Raises ``FormRefused`` for an act that is
    none, or ``FieldRefused`` for a day that is none, before anything is done.
    """
    if act not in FOR_MANY:
        raise FormRefused(f"there is no act {act!r} for many")
    mover = _Mover(catalogue, act, given) if act in MOVES else None
    with Past(catalogue.project.state).keeping(catalogue.store, act):
        return [_tried(catalogue, mover, act, path, expected) for path, expected in picked]


def _tried(catalogue: Catalogue, mover: _Mover | None, act: str, path: str, expected: str) -> Outcome:
    title = path
    try:
        brief = catalogue.brief(path)
        title = brief.matter.title or path
        if mover is not None:
            status = mover.move(brief, expected)
        else:
            _settle(catalogue.store, brief, act, None, expected)
            status = brief.matter.status
    except SitegenError as error:
        return Outcome(path, title, "", error.problems)
    return Outcome(path, title, status)


def undo(catalogue: Catalogue, given: Form) -> Decision:
    """Takes a decision back. Raises ``UndoRefused``."""
    number, past = needed(given, "number"), Past(catalogue.project.state)
    found = past.decision(int(number)) if number.isdecimal() and len(number) < 9 else None
    if found is None:
        raise UndoRefused("it was undone already, or is too long ago")
    past.undo(catalogue.store, found)
    return found


def source_of(catalogue: Catalogue, path: str) -> str:
    """The document of a brief. Raises ``FieldRefused`` where there is none."""
    source = catalogue.brief(path).matter.source
    if source is None:
        raise FieldRefused("this brief has no document to be made from", place=path)
    return source


class _Mover:
    """Moves briefs between states, all by the same wish. Raises ``FieldRefused``."""

    def __init__(self, catalogue: Catalogue, act: str, given: Form) -> None:
        self._store = catalogue.store
        self._wish = _wish(act, given, signature(catalogue.project.root, catalogue.project.settings.briefs.sign))
        self._guard = catalogue.guard() if act == "publish" else None

    def move(self, brief: Brief, expected: str) -> str:
        """Returns the new state."""
        (moved,) = states.move(self._store, [brief], replace(self._wish, expected=expected), guard=self._guard)
        return moved.after


def _wish(act: str, given: Form, by: str) -> Wish:
    now = dt.datetime.now(dt.UTC)
    if act == "withdraw":
        return Wish("withdraw", now, by, notice=given.get("notice", "").strip() or None)
    if act == "approve":
        return Wish("approve", now, by)
    day = given.get("publish_at", "").strip()
    try:
        first = dt.date.fromisoformat(day) if day else None
    except ValueError:
        raise FieldRefused(f"{day!r} is no day such as 2026-12-01") from None
    return Wish("publish", now, by, approve="approve" in given, publish_at=first)


def _settle(
    store: Store, brief: Brief, act: str, choice: Choice | None, expected: str, instead: str | None = None
) -> None:
    ref, seen = brief.matter.source or brief.path, _seen(store, brief, expected)
    if act == "reject":
        verdicts.reject(store, ref, choice, expected=seen)
    else:
        verdicts.accept(store, ref, choice, expected=seen, instead=instead)


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
