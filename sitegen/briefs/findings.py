"""Findings: what the privacy guard says of a brief, and an editor's word that everybody may read some of it.

A brief is looked into as it would be read once it is published, whatever its state is now.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sitegen import files, frontmatter
from sitegen.briefs import fields
from sitegen.briefs.file import BOM, File
from sitegen.briefs.store import Brief, Store
from sitegen.errors import BriefChanged, FindingMissing, raise_all
from sitegen.frontmatter import Matter
from sitegen.privacy.guard import Guard, Told, problems

ALLOW = "allow"


@dataclass(frozen=True, slots=True)
class Findings:
    """What may be private in one brief; without the values."""

    stops: tuple[Told, ...] = ()
    """What keeps it from being published."""
    hints: tuple[Told, ...] = ()
    """What looks private and often is not."""
    allowed: tuple[Told, ...] = ()
    """What an editor lets everybody read."""
    idle: tuple[str, ...] = ()
    """Fingerprints that are allowed, and nothing is called so."""

    @classmethod
    def of(cls, guard: Guard | None, text: str, name: str) -> Findings:
        """Of a whole file. None finds nothing. Raises ``ContentError`` for front matter that cannot be read."""
        if guard is None:
            return cls()
        bare = text.removeprefix(BOM)
        matter = _matter(bare, name)
        told, _ = guard.look(bare, matter.source or "", ())
        open_ = [one for one in told if one.fingerprint not in matter.allow]
        return cls(
            tuple(one for one in open_ if one.certain),
            tuple(one for one in open_ if not one.certain),
            tuple(one for one in told if one.fingerprint in matter.allow),
            tuple(sorted(set(matter.allow) - {one.fingerprint for one in told})),
        )

    @property
    def all(self) -> tuple[Told, ...]:
        return (*self.stops, *self.hints, *self.allowed)


def check(guard: Guard | None, text: str, name: str) -> None:
    """Raises ``PrivateFound``, ``Several`` of them, when the file ``text`` must not be published."""
    raise_all(list(problems(Findings.of(guard, text, name).stops, name)))


def allow(
    store: Store, brief: Brief, fingerprints: Sequence[str], guard: Guard | None, *, expected: str | None = None
) -> tuple[str, ...]:
    """Lets everybody read what has these fingerprints; returns all that is allowed now.

    ``expected`` is the hash of the file that the editor saw, if that matters. Raises ``FindingMissing`` when nothing in
    the file is called so, ``BriefChanged`` or ``FieldNotSet``; then nothing is written.
    """
    name = f"{store.root.name}/{brief.path}"

    def change(text: str, there: list[str]) -> list[str]:
        known = {one.fingerprint for one in Findings.of(guard, text, name).all}
        unknown = [one for one in fingerprints if one not in known]
        raise_all([FindingMissing(f"nothing in it is called {one!r}", place=name) for one in unknown])
        return [*there, *(one for one in dict.fromkeys(fingerprints) if one not in there)]

    return _allow(store, brief, change, expected)


def disallow(
    store: Store, brief: Brief, fingerprints: Sequence[str], *, expected: str | None = None
) -> tuple[str, ...]:
    """Takes such a word back; returns all that is allowed still. Raises as ``allow`` does."""
    name = f"{store.root.name}/{brief.path}"

    def change(_: str, there: list[str]) -> list[str]:
        unknown = [one for one in fingerprints if one not in there]
        raise_all([FindingMissing(f"it does not allow {one!r}", place=name) for one in unknown])
        return [one for one in there if one not in fingerprints]

    return _allow(store, brief, change, expected)


def _allow(
    store: Store, brief: Brief, change: Callable[[str, list[str]], list[str]], expected: str | None
) -> tuple[str, ...]:
    name = f"{store.root.name}/{brief.path}"
    with files.held(store.root):
        text = store.text(brief.path)
        if expected is not None and files.sha256(text) != expected:
            raise BriefChanged("it was changed meanwhile, and nothing was written", place=name)
        there = list(_matter(text.removeprefix(BOM), name).allow)
        now = change(text, there)
        if now != there:
            after = fields.put(text, {ALLOW: File(text, name).as_written(ALLOW, now or None)}, name)
            if not store.exchange(brief.path, text, after):
                raise BriefChanged("it was changed meanwhile, and nothing was written", place=name)
    return tuple(now)


def _matter(text: str, name: str) -> Matter:
    return frontmatter.validate(frontmatter.split(text, name).fields, name, text, more=None)
