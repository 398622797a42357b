"""Facts: whether a new text of a brief says other numbers, dates or names than the old, or denies what that did not.

A published brief is read by the public, so that such a text waits for an editor. Found by rule and generously: a false
alarm costs a look, a missed one a wrong figure in public. Not seen: a fact put in other words without any of these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sitegen.briefs import blocks
from sitegen.briefs.blocks import Block
from sitegen.briefs.file import canonical
from sitegen.briefs.model import Generated
from sitegen.briefs.regions import changes
from sitegen.enrich import claims, figures

MOST = 6
"""So many reasons are told; an editor looks anyway."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


def changed(old: Generated, new: Generated) -> tuple[str, ...]:
    """What differs in facts, in words for an editor; empty when nothing does."""
    found = list(dict.fromkeys([*_fields(old, new), *_figures(old, new), *_names(old, new), *_denials(old, new)]))
    more = len(found) - MOST
    return (*found[:MOST], f"and {more} more") if more > 0 else tuple(found)


def _fields(old: Generated, new: Generated) -> Iterator[str]:
    for name in ("date", "correspondent"):
        was, now = (canonical(name, side.fields.get(name)) for side in (old, new))
        if was != now:
            yield f"{name}: {was or 'none'}, now {now or 'none'}"


def _figures(old: Generated, new: Generated) -> Iterator[str]:
    was, now = _text(old), _text(new)
    yield from (f"{figure} is new" for figure in figures.missing(now, figures.pool(was)))
    yield from (f"{figure} is gone" for figure in figures.missing(was, figures.pool(now)))


def _names(old: Generated, new: Generated) -> Iterator[str]:
    for one, other, what in ((new, old, "new"), (old, new, "gone")):
        known = claims.stems(_text(other))
        language = str(one.fields.get("language") or "und")[:2]
        for sentence in _SENTENCE.split(_text(one)):
            found = claims.names(sentence, language)
            yield from (f"{name} is {what}" for name in found if not claims.stems(name) <= known)


def _denials(old: Generated, new: Generated) -> Iterator[str]:
    pairs = [(str(old.fields.get(name) or ""), str(new.fields.get(name) or "")) for name in ("title", "summary")]
    before, after = (blocks.cut(side.body).blocks for side in (old, new))
    pairs += [
        (_plain(before[one.start : one.end]), _plain(after[one.new_start : one.new_end]))
        for one in changes(before, after)
    ]
    for was, now in pairs:
        if claims.negated(was) != claims.negated(now):
            yield "a denial is new" if claims.negated(now) else "a denial is gone"


def _text(generated: Generated) -> str:
    """What readers see of it, a line for a line."""
    fields = (str(generated.fields.get(name) or "") for name in ("title", "summary"))
    return "\n".join([*fields, _ESCAPED.sub(r"\1", generated.body)])


def _plain(found: tuple[Block, ...]) -> str:
    return _ESCAPED.sub(r"\1", "\n".join(block.key for block in found))
