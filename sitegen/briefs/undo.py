"""Undo: the last decisions of editors can be taken back, as long as nothing else has touched what they changed.

A decision keeps the files and records as they were before it, below the site's state folder. Undoing it puts them back,
all or none, if they are still what the decision left. It is for slips of the hand; git is the history.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from sitegen import files
from sitegen.briefs.provenance import Record
from sitegen.briefs.store import Change, Store, Update
from sitegen.errors import SitegenError, UndoRefused, raise_all

FOLDER = "undo"
KEPT = 50
"""Decisions."""


class Step(BaseModel):
    """What a decision did to one brief."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    path: str
    before: str
    """The whole file."""
    after: str
    """The hash of the file that the decision left."""
    was: Record | None = None
    record: str = ""
    """The hash of the record that it left; empty when it has none."""

    @classmethod
    def of(cls, change: Change) -> Step:
        return cls(
            path=change.path,
            before=change.before,
            after=files.sha256(change.after),
            was=change.was,
            record=_hash(change.record),
        )


class Decision(BaseModel):
    """Something that an editor did, to one brief or to many at once."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    number: int
    act: str
    at: dt.datetime
    steps: tuple[Step, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(step.path for step in self.steps)


class Past:
    """The last decisions about the briefs of one site."""

    def __init__(self, state: Path) -> None:
        self._folder = state / FOLDER

    def decisions(self) -> Iterator[Decision]:
        """The newest first; what cannot be read is left out."""
        for number in sorted(self._numbers(), reverse=True):
            if (found := self.decision(number)) is not None:
                yield found

    def decision(self, number: int) -> Decision | None:
        with contextlib.suppress(SitegenError, ValidationError):
            return Decision.model_validate_json(files.read_text(self._path(number)))
        return None

    def last(self, path: str) -> Decision | None:
        """The newest decision about the brief in a file."""
        return next((found for found in self.decisions() if path in found.paths), None)

    @contextlib.contextmanager
    def keeping(self, store: Store, act: str) -> Iterator[None]:
        """Keeps what the block does to the briefs of ``store`` as one decision, unless it raises.

        What is done is done, also when there is no room to keep how it was.
        """
        changes = store.changes = []
        try:
            yield
        finally:
            store.changes = None
        if changes:
            with contextlib.suppress(SitegenError):
                self._keep(store, act, changes)

    def _keep(self, store: Store, act: str, changes: Sequence[Change]) -> None:
        # Another process may decide at the same time; both wait for the folder of briefs.
        with files.held(store.root):
            numbers = sorted(self._numbers())
            number = numbers[-1] + 1 if numbers else 1
            steps = tuple(map(Step.of, changes))
            decision = Decision(number=number, act=act, at=dt.datetime.now(dt.UTC), steps=steps)
            files.write_atomic(self._path(number), decision.model_dump_json(exclude_none=True))
            for old in numbers[: max(0, len(numbers) + 1 - KEPT)]:
                files.remove(self._path(old))

    def why_not(self, store: Store, decision: Decision) -> list[SitegenError]:
        """What keeps a decision from being undone; empty when nothing does."""
        return [problem for step in decision.steps for problem in _problems(store, step)]

    def undo(self, store: Store, decision: Decision) -> None:
        """Puts back what a decision changed, and forgets it; goes on with what was interrupted.

        Raises ``UndoRefused``, ``Several`` of them when more briefs than one were changed since; then nothing is
        written.
        """
        with files.held(store.root):
            raise_all(self.why_not(store, decision))
            done: list[tuple[Step, Change]] = []
            try:
                for step in decision.steps:
                    if not _is_back(store, step):
                        done.append((step, _put_back(store, step)))
            except BaseException:
                for step, change in reversed(done):
                    with contextlib.suppress(SitegenError):
                        _write(store, step.path, change.before, change.after, change.record)
                raise
            files.remove(self._path(decision.number))

    def _numbers(self) -> Iterator[int]:
        if self._folder.is_dir():
            for path in self._folder.glob("*.json"):
                if path.stem.isdecimal():
                    yield int(path.stem)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:08}.json"


def _is_back(store: Store, step: Step) -> bool:
    return _is(store, step, files.sha256(step.before), _hash(step.was))


def _is(store: Store, step: Step, text: str, record: str) -> bool:
    """Whether file and record have these hashes."""
    if files.sha256(store.text(step.path)) != text:
        return False
    return step.was is None or _hash(store.record(step.was.source)) == record


def _problems(store: Store, step: Step) -> Iterator[SitegenError]:
    place = f"{store.root.name}/{step.path}"
    try:
        same = _is(store, step, step.after, step.record) or _is_back(store, step)
    except SitegenError as error:
        yield from error.problems
        return
    if not same:
        yield UndoRefused("it was changed again since, and nothing was undone", place=place)


def _put_back(store: Store, step: Step) -> Change:
    """Returns the way back from that."""
    now = store.text(step.path)
    record = store.record(step.was.source) if step.was is not None else None
    if not _write(store, step.path, now, step.before, step.was):
        raise UndoRefused("it was changed at the same moment, and nothing was undone", place=step.path)
    return Change(step.path, step.before, now, step.was, record)


def _write(store: Store, path: str, before: str, after: str, record: Record | None) -> bool:
    if record is not None:
        return store.write(path, Update(before, after, record, "updated"))
    return store.exchange(path, before, after)


def _hash(record: Record | None) -> str:
    """The same for a record that was written and read again."""
    if record is None:
        return ""
    read = Record.model_validate_json(record.model_dump_json(exclude_none=True))
    return files.sha256(read.model_dump_json(exclude_none=True))
