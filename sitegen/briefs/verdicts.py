"""Verdicts: what an editor decides about a brief: to accept or reject a proposal, to lock fields, to have it back."""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sitegen import files, frontmatter
from sitegen.briefs import fields, provenance
from sitegen.briefs.file import BOM, File
from sitegen.briefs.merge import BODY, Choice, Merge
from sitegen.briefs.provenance import Record, Text
from sitegen.briefs.store import Brief, Store, Update
from sitegen.errors import BriefChanged, BriefMissing, BriefThere, FieldNotSet, FieldUnknown, ProposalMissing
from sitegen.frontmatter import Matter
from sitegen.text import plain


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided, and what is left to decide."""

    path: str
    done: Choice
    left: Choice


def accept(
    store: Store, ref: str, choice: Choice | None, *, expected: str | None = None, instead: str | None = None
) -> Verdict:
    """Puts proposals into the file; None takes all. ``expected`` is the text that the editor saw, if that matters.

    ``instead`` is the editor's own wording of the single thing that is chosen: it is put there, and the proposal is
    done with. Raises ``ProposalMissing``, ``BriefChanged``, ``FieldNotSet`` or another ``ContentError``; then nothing
    is written.
    """
    return _decide(store, ref, choice, expected, write=True, instead=instead)


def reject(store: Store, ref: str, choice: Choice | None, *, expected: str | None = None) -> Verdict:
    """Drops proposals, all when ``choice`` is None; the file stays as it is. Raises as ``accept`` does."""
    return _decide(store, ref, choice, expected, write=False)


def _decide(
    store: Store, ref: str, choice: Choice | None, expected: str | None, *, write: bool, instead: str | None = None
) -> Verdict:
    brief = store.find(ref)
    with files.held(store.root):
        text = _present(store, brief, expected)
        record, merge = _proposed(store, brief, text)
        choice = merge.everything if choice is None else choice
        _check(choice, merge, brief)
        after = merge.accepted(choice, instead) if write else text
        if instead is not None:
            _check_own(choice, after, _name(store, brief))
        assert record.proposal is not None
        latest = record.proposal.text.generated(), record.proposal.made
        settled = record.settled(merge.settled(choice), after, latest, record.proposal.reasons)
        _write(store, brief, Update(text, after, settled, "merged"))
    left = settled.merge(after, brief.path)
    return Verdict(_name(store, brief), choice, left.everything if left else Choice())


def _present(store: Store, brief: Brief, expected: str | None) -> str:
    text = store.text(brief.path)
    if expected is not None and text != expected:
        raise BriefChanged("it was changed meanwhile, and nothing was written", place=_name(store, brief))
    return text


def _proposed(store: Store, brief: Brief, text: str) -> tuple[Record, Merge]:
    record = store.record(brief.matter.source) if brief.matter.source else None
    merge = record.merge(text, _name(store, brief)) if record else None
    if record is None or merge is None:
        raise ProposalMissing("no newer text waits for this brief", place=_name(store, brief))
    return record, merge


def _check(choice: Choice, merge: Merge, brief: Brief) -> None:
    there = merge.everything
    unknown = [repr(name) for name in sorted(choice.fields - there.fields)]
    unknown += [f"hunk {number}" for number in sorted(choice.hunks - there.hunks)]
    if unknown:
        known = [*sorted(there.fields), *(f"hunk {number}" for number in sorted(there.hunks))]
        waiting = f"what waits: {', '.join(known)}" if known else "nothing waits"
        raise ProposalMissing(f"nothing is proposed for {', '.join(unknown)}; {waiting}", place=brief.path)


def _check_own(choice: Choice, text: str, name: str) -> None:
    """What an editor worded can be anything. Raises ``FieldNotSet`` or another ``ContentError``."""
    if len(choice.fields) + len(choice.hunks) != 1:
        raise ProposalMissing("own words stand in the place of one field or hunk", place=name)
    bare = text.removeprefix(BOM)
    matter = frontmatter.validate(frontmatter.split(bare, name).fields, name, bare, more=None)
    if not plain(matter.title):
        raise FieldNotSet("the title is empty", place=name, remedy="Give it words; nothing was written.")


def _write(store: Store, brief: Brief, update: Update) -> None:
    if not store.write(brief.path, update):
        raise BriefChanged("it was changed meanwhile, and nothing was written", place=_name(store, brief))


def _name(store: Store, brief: Brief) -> str:
    return f"{store.root.name}/{brief.path}"


# --------------------------------------------------------------------------------------------------------------- locks


def lock(store: Store, ref: str, names: Sequence[str]) -> tuple[str, ...]:
    """Keeps new texts away from fields, or from the ``body``; returns all that is locked now."""
    return _lock(store, ref, lambda there: [*there, *(name for name in dict.fromkeys(names) if name not in there)])


def unlock(store: Store, ref: str, names: Sequence[str]) -> tuple[str, ...]:
    """Lets new texts at fields again; returns all that is locked still."""
    return _lock(store, ref, lambda there: [name for name in there if name not in names])


def _lock(store: Store, ref: str, change: Callable[[list[str]], list[str]]) -> tuple[str, ...]:
    brief = store.find(ref)
    with files.held(store.root):
        text = store.text(brief.path)
        file = File(text, _name(store, brief))
        locked = change(list(map(str, file.fields.get("locked") or ())))
        _refuse_unknown(locked, _name(store, brief))
        after = fields.put(text, {"locked": file.as_written("locked", locked or None)}, file.name)
        if after != text and not store.exchange(brief.path, text, after):
            raise BriefChanged("it was changed meanwhile, and nothing was written", place=_name(store, brief))
    return tuple(locked)


def _refuse_unknown(names: Sequence[str], place: str) -> None:
    known = [BODY, *Matter.model_fields]
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1, 0.6)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise FieldUnknown(f"there is no field {name!r}{hint}", place=place)


# ------------------------------------------------------------------------------------------------------------- restore


def restore(store: Store, ref: str) -> str:
    """Makes a brief again that an editor deleted, as a draft, from its record; returns its file.

    It is the text that was generated last: what the editor had changed in it only git still knows. Raises
    ``BriefThere`` or ``BriefMissing``.
    """
    with files.held(store.root):
        record = _tombstone(store, ref)
        assert record.latest is not None
        text, made = record.latest
        generated = text.generated()
        path, slug = record.brief, str(generated.fields["slug"])
        if store.taken(path, slug):
            slug = store.slug_for(record.source, str(generated.fields["title"]))
            path = f"{slug}.md"
        generated = replace(generated, fields={**generated.fields, "slug": slug, "status": "draft"})
        if not files.create(files.confined(store.root, path), generated.text):
            raise BriefThere("there is a file of this name already", place=f"{store.root.name}/{path}")
        back = Record(source=record.source, brief=path, made=made, generated=Text.of(generated), gone=record.gone)
        back = back.model_copy(update={"history": record.history})
        provenance.write(store.root, back)
    return path


def _tombstone(store: Store, ref: str) -> Record:
    """The record of a deleted brief, by its source, its file's name or its slug."""
    with contextlib.suppress(BriefMissing):
        brief = store.find(ref)
        raise BriefThere("this brief is not deleted", place=_name(store, brief))
    wanted = ref.removesuffix(".md").rstrip("/")
    for record in store.tombstones():
        names = {record.source, record.brief.removesuffix(".md"), Path(record.brief).stem}
        if wanted in names or ref in names or Path(ref).resolve() == (store.root / record.brief).resolve():
            store.check(record.source)
            return record
    raise BriefMissing(f"no brief called {ref!r} was deleted")
