"""States: a brief goes from draft to review, is published and withdrawn, by an editor's word and no other way.

Several briefs move together or not at all: everything is worked out and checked before the first file is written, and a
file that somebody changes at the same moment undoes the rest.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sitegen import files, frontmatter
from sitegen.briefs import findings
from sitegen.briefs.fields import Value, put
from sitegen.briefs.file import BOM
from sitegen.briefs.history import Act, Move, added, approval, hash_of, words_hash
from sitegen.briefs.provenance import Record
from sitegen.briefs.store import Brief, Store, Update
from sitegen.errors import BriefChanged, BriefNotApproved, MoveRefused, MoveUndone, Place, SitegenError, raise_all
from sitegen.frontmatter import Matter, Status
from sitegen.privacy.guard import Guard

_TARGETS: dict[Act, dict[Status, Status]] = {
    "approve": {"draft": "review", "review": "review", "published": "published"},
    "publish": {"draft": "published", "review": "published", "published": "published", "withdrawn": "published"},
    "withdraw": {"published": "withdrawn", "withdrawn": "withdrawn"},
}
"""What an act makes of a brief in a state; other states refuse it."""
_WHY_NOT = {
    ("approve", "withdrawn"): ("it is withdrawn", "To show it again, publish it with `--approve`."),
    ("withdraw", "draft"): ("it is a draft", "Nobody saw it; leave it, or delete the file."),
    ("withdraw", "review"): ("it is in review", "Nobody saw it; write `status: draft` to stop the review."),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What an editor wants."""

    act: Act
    at: dt.datetime
    by: str = ""
    approve: bool = False
    """Of ``publish``: the editor has read it, so that it is approved by that as well."""
    publish_at: dt.date | None = None
    """Of ``publish``: the first day on which it is shown."""
    notice: str | None = None
    """Of ``withdraw``: why; None leaves what is there."""
    expected: str | None = None
    """The hash of the file that the editor saw, if it must be that one; of several files none is."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of one brief."""

    path: str
    """Below the folder of briefs."""
    source: str | None
    before: Status
    after: Status
    changed: bool
    """Whether anything was written."""

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Step:
    moved: Moved
    old: str
    new: str
    was: Record | None
    record: Record | None
    """As it is to be; None when there is none."""


def move(
    store: Store, briefs: Sequence[Brief], wish: Wish, *, guard: Guard | None = None, try_only: bool = False
) -> list[Moved]:
    """Does what is wished to all of ``briefs``; with ``try_only`` it only says what that would be.

    ``guard`` looks into what is to be published; what it stops in a build it stops here.

    Raises ``MoveRefused``, ``BriefNotApproved``, ``PrivateFound`` or another ``ContentError``, ``Several`` of them when
    a single one cannot move, and ``MoveUndone`` or ``StorageError`` when one changed or could not be written meanwhile.
    Then all are as they were.
    """
    steps: list[_Step] = []
    problems: list[SitegenError] = []
    with files.held(store.root):
        for brief in briefs:
            try:
                steps.append(_step(store, brief, wish, guard))
            except SitegenError as error:
                problems += error.problems
        raise_all(problems)
        if not try_only:
            _write(store, steps)
    return [step.moved for step in steps]


def standing(record: Record | None, text: str) -> str:
    """``approved`` when somebody approved the words of the file ``text``, ``changed`` when those were others; or empty.

    Raises ``ContentError``.
    """
    last = approval(record.history) if record is not None else None
    if last is None:
        return ""
    return "approved" if last.words == words_hash(text) else "changed"


def reworded(record: Record, text: str) -> bool:
    """Whether the file ``text`` says something else than what was generated. Raises ``ContentError``."""
    made = record.generated
    return made is not None and record.edited(text) and words_hash(text) != hash_of(made.fields, made.body)


def _step(store: Store, brief: Brief, wish: Wish, guard: Guard | None) -> _Step:
    name = f"{store.root.name}/{brief.path}"
    old = store.text(brief.path)
    if wish.expected is not None and files.sha256(old) != wish.expected:
        raise BriefChanged("it was changed meanwhile, and nothing was written", place=name)
    text = old.removeprefix(BOM)
    matter = frontmatter.validate(frontmatter.split(text, name).fields, name, text, more=None)
    place = Place(name, frontmatter.line_of(text, "status"))
    target = _TARGETS[wish.act].get(matter.status)
    if target is None:
        reason, remedy = _WHY_NOT[wish.act, matter.status]
        raise MoveRefused(f"cannot {wish.act} it: {reason}", place=place, remedy=remedy)
    record = store.record(matter.source) if matter.source else None
    if wish.act == "publish" and matter.status != "published" and not wish.approve:
        _check_approved(record, text, place)
    new = put(old, _values(wish, matter, target), name)
    frontmatter.validate(frontmatter.split(new.removeprefix(BOM), name).fields, name, new, more=None)
    if target == "published" and wish.act == "publish":
        findings.check(guard, new, name)
    after = record and _noted(record, brief.path, _moves(wish, record, matter.status, target, words_hash(text, name)))
    moved = Moved(brief.path, matter.source, matter.status, target, new != old or after != record)
    return _Step(moved, old, new, record, after)


def _noted(record: Record, path: str, moves: Sequence[Move]) -> Record:
    if not moves:
        return record
    return record.model_copy(update={"brief": path, "history": added(record.history, *moves)})


def _check_approved(record: Record | None, text: str, place: Place) -> None:
    """A brief with a record is published as it was approved; one that somebody wrote has no record."""
    if record is None:
        return
    found = standing(record, text)
    if found == "approved":
        return
    last = approval(record.history)
    if last is None:
        raise BriefNotApproved("nobody has approved it", place=place)
    by = f" by {last.by}" if last.by else ""
    raise BriefNotApproved(f"it was changed since it was approved on {last.at:%Y-%m-%d}{by}", place=place)


def _values(wish: Wish, matter: Matter, target: Status) -> dict[str, Value | None]:
    values: dict[str, Value | None] = {"status": target}
    if wish.act == "publish":
        values["withdrawn_at"] = None
        if wish.publish_at is not None:
            values["publish_at"] = wish.publish_at
    if wish.act == "withdraw":
        if matter.status != "withdrawn":
            values["withdrawn_at"] = wish.at.astimezone().date()
        if wish.notice is not None:
            values["notice"] = wish.notice or None
    return values


def _moves(wish: Wish, record: Record, before: Status, after: Status, words: str) -> tuple[Move, ...]:
    """What is worth keeping: an approval of words that have one already is none, nor is a state that stays."""
    found: list[Move] = []
    last = approval(record.history)
    approving = wish.act == "approve" or (wish.act == "publish" and wish.approve)
    if approving and (last is None or last.words != words or (wish.by and last.by != wish.by)):
        state = after if wish.act == "approve" else before
        found.append(Move(act="approve", before=before, after=state, at=wish.at, by=wish.by, words=words))
    if wish.act != "approve" and before != after:
        found.append(Move(act=wish.act, before=before, after=after, at=wish.at, by=wish.by, words=words))
    return tuple(found)


def _write(store: Store, steps: Sequence[_Step]) -> None:
    """Exchanges the files with their records; when that fails for one, those before it are put back."""
    done: list[_Step] = []
    try:
        for step in steps:
            if not step.moved.changed:
                continue
            if not _exchange(store, step.moved.path, step.old, step.new, step.record):
                place = f"{store.root.name}/{step.moved.path}"
                raise MoveUndone("somebody changed it at the same moment, so nothing was done", place=place)
            done.append(step)
    except BaseException:
        for step in reversed(done):
            with contextlib.suppress(SitegenError):
                _exchange(store, step.moved.path, step.new, step.old, step.was)
        raise


def _exchange(store: Store, path: str, old: str, new: str, record: Record | None) -> bool:
    if record is not None:
        return store.write(path, Update(old, new, record, "updated"))
    return store.exchange(path, old, new)
