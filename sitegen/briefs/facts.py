"""Facts: whether a new text of a brief says other numbers, dates or names than the old, or denies what that did not.

A published brief is read by the public, so that such a text waits for an editor. Found by rule and generously: a false
alarm costs a look, a missed one a wrong figure in public. Of who does what to whom is seen what needs no grammar: the
same words with names or numbers in each other's places. Not seen: a fact put in other words without any of these.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Set

from sitegen.briefs import blocks
from sitegen.briefs.blocks import Block
from sitegen.briefs.file import canonical
from sitegen.briefs.model import Generated
from sitegen.briefs.regions import changes
from sitegen.enrich import claims, figures

MOST = 6
"""So many reasons are told; an editor looks anyway."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n")
_TOKEN = re.compile(r"\d[\d.,:/-]*\d|\d|[^\W\d_]+(?:['’-][^\W\d_]+)*")
_AGENT = re.compile(r"\b(?:by|von|vom|durch|par)\b", re.I)
"""What stands before whoever does something in the passive voice."""
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


def changed(old: Generated, new: Generated) -> tuple[str, ...]:
    """What differs in facts, in words for an editor; empty when nothing does."""
    rules = (_fields, _figures, _names, _denials, _places)
    found = list(dict.fromkeys(reason for rule in rules for reason in rule(old, new)))
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
    for was, now in _aligned(old, new):
        if claims.negated(was) != claims.negated(now):
            yield "a denial is new" if claims.negated(now) else "a denial is gone"


def _places(old: Generated, new: Generated) -> Iterator[str]:
    """Sentences that say the same words with names or numbers in another order."""
    named = {key for side in (old, new) for sentence in _SENTENCE.split(_text(side)) for key in _named(sentence)}
    for was, now in _aligned(old, new):
        before = {bag: sentence for sentence in _SENTENCE.split(was) if (bag := _bag(sentence))}
        for sentence in _SENTENCE.split(now):
            other = before.get(_bag(sentence))
            if other is not None and (moved := _moved(other, sentence, named)):
                yield f"{' and '.join(moved)} have changed places"


def _bag(sentence: str) -> frozenset[tuple[str, int]]:
    """The words of a sentence and how often they stand in it."""
    return frozenset(Counter(key for _, key in _said(sentence)).items())


def _said(sentence: str) -> list[tuple[str, str]]:
    """The words and numbers of a sentence, less those that any sentence has: as written, and as they are compared."""
    return [(token, key) for token in _TOKEN.findall(sentence) if (key := _key(token))]


def _key(token: str) -> str:
    return token if token[0].isdigit() else "".join(claims.content_stems(token))


def _named(sentence: str) -> Iterator[str]:
    """What is written like a name or a number; the first word of a sentence has its capital from that."""
    tokens = _TOKEN.findall(sentence)[1:]
    yield from (_key(token) for token in tokens if token[0].isupper() or token[0].isdigit())


def _moved(was: str, now: str, named: Set[str]) -> list[str]:
    """The names and numbers that are in another order, unless the other voice makes up for that."""
    first, second = ([pair for pair in _said(side) if pair[1] in named] for side in (was, now))
    others = [(one[0], two[0]) for one, two in zip(first, second, strict=True) if one[1] != two[1]]
    other_voice = bool(_AGENT.search(was)) != bool(_AGENT.search(now))
    if len(first) < 2 or bool(others) == other_voice:
        return []  # as it was, or: Brown was sued by Keller
    return list(dict.fromkeys(two for pair in others or [(first[0][0], first[-1][0])] for two in pair))[:2]


def _aligned(old: Generated, new: Generated) -> Iterator[tuple[str, str]]:
    """What became of what: title, summary, and the blocks that changed."""
    pairs = [(str(old.fields.get(name) or ""), str(new.fields.get(name) or "")) for name in ("title", "summary")]
    before, after = (blocks.cut(side.body).blocks for side in (old, new))
    pairs += [
        (_plain(before[one.start : one.end]), _plain(after[one.new_start : one.new_end]))
        for one in changes(before, after)
    ]
    yield from pairs


def _text(generated: Generated) -> str:
    """What readers see of it, a line for a line."""
    fields = (str(generated.fields.get(name) or "") for name in ("title", "summary"))
    return "\n".join([*fields, _ESCAPED.sub(r"\1", generated.body)])


def _plain(found: tuple[Block, ...]) -> str:
    return _ESCAPED.sub(r"\1", "\n".join(block.key for block in found))
