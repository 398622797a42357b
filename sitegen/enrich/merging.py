"""Merging what the pieces of a document gave: verified points only, each once, those that matter most.

Points are chosen, never rewritten, so that a merge cannot add anything. Of more points than one summary is written
from, the model names those that matter in each section, then, if they are still too many, once more among these.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, partial

from sitegen.enrich import prompts
from sitegen.enrich.answers import Choice, choice_schema
from sitegen.enrich.asking import Asked, Asker
from sitegen.enrich.claims import content_stems
from sitegen.enrich.engines.transport import BrokenOff, TooSlow
from sitegen.enrich.figures import Readings, figures, pool
from sitegen.enrich.parallel import in_order as all_in_order
from sitegen.enrich.pieces import Verified
from sitegen.errors import AnswerInvalid, AnswerUnfinished, ContextExceeded

MOST_POINTS = 40
"""That one summary is written from."""
GROUP = 40
"""Points of one section among which the model chooses at a time."""
LEAST_GROUP = 8
LEAST_SHARE = 4
"""Points that each section may keep, however many sections there are."""
MOST_ROUNDS = 2
SAME = 90
"""From this likeness on, of 100, two claims are one."""
_FIGURE = re.compile(r"\d[\d.,]*")
_COMPARED = 20
"""With so many other claims a claim is compared at most, those that share its rarest words."""


class _Claim:
    """A claim as it is compared: its words in the order of the alphabet, its figures apart, in all their readings."""

    def __init__(self, claim: str) -> None:
        self._claim = claim
        self._words = " ".join(sorted(_FIGURE.sub("#", claim.lower()).split()))

    @cached_property
    def _figures(self) -> tuple[Sequence[Readings], Readings]:
        return [readings for _, readings in figures(self._claim)], pool(self._claim)

    def same(self, other: _Claim) -> bool:
        """Whether the two say the same in nearly the same words, with the same figures."""
        from rapidfuzz import fuzz

        if not fuzz.ratio(self._words, other._words, score_cutoff=SAME):
            return False
        (mine, my_pool), (theirs, their_pool) = self._figures, other._figures
        return all(one & their_pool for one in mine) and all(one & my_pool for one in theirs)


def folded(points: Sequence[Verified]) -> list[Verified]:
    """Each point once, the first mention of it, in the order given.

    Two claims that are alike share nearly all words, so one of the rarest of each is among those of the other: only
    such pairs are compared.
    """
    stems = [content_stems(point.claim) for point in points]
    rarity = Counter(stem for found in stems for stem in found)
    kept: list[Verified] = []
    by_stem: defaultdict[str, list[_Claim]] = defaultdict(list)
    for point, found in zip(points, stems, strict=True):
        claim = _Claim(point.claim)
        rarest = sorted(found, key=lambda stem: (rarity[stem], stem))
        prefix = rarest[: len(rarest) * 2 // 5 + 1] or [""]
        if not any(claim.same(other) for stem in prefix for other in by_stem[stem][:_COMPARED]):
            kept.append(point)
            for stem in prefix:
                by_stem[stem].append(claim)
    return kept


def spread(points: Sequence[Verified], most: int) -> list[Verified]:
    """The first points of all pieces, then the second ones; evenly over the document when there is not room for all."""
    kept: list[Verified] = []
    for rank in sorted({point.rank for point in points}):
        group = in_order([point for point in points if point.rank == rank])
        count = min(len(group), most - len(kept))
        kept += [group[number * len(group) // count] for number in range(count)]
    return kept


def in_order(points: Sequence[Verified]) -> list[Verified]:
    """As they stand in the document."""
    return sorted(points, key=lambda point: (point.span.start, point.rank))


def chosen(points: Sequence[Verified], most: int = MOST_POINTS) -> list[Verified]:
    """At most so many points, each once, from all over the document and in its order."""
    return in_order(spread(folded(in_order(points)), most))


async def merged(points: Sequence[Verified], asker: Asker) -> list[Verified]:
    """At most ``MOST_POINTS`` points, each once, in the order of the document. Raises ``EngineError``."""
    left = await asyncio.to_thread(folded, in_order(points))
    for _ in range(MOST_ROUNDS):
        if len(left) <= MOST_POINTS:
            break
        left = await _round(left, asker)
    return in_order(spread(left, MOST_POINTS))


async def _round(points: Sequence[Verified], asker: Asker) -> list[Verified]:
    """What matters in each section, the first first."""
    each = sum(asker.tokens.count(point.claim) for point in points) / len(points)
    groups = sections(points, min(GROUP, max(int(asker.room * 0.7 / (each + 4)), LEAST_GROUP)))
    share = max(MOST_POINTS // len(groups), LEAST_SHARE)
    todo = [(group, asker.part()) for group in groups]
    try:
        picked = await all_in_order([partial(_picked, group, share, one) for group, one in todo], asker.slots)
    finally:
        asker.join([one for _, one in todo])
    return [
        replace(point, chunk=number, rank=rank)
        for number, group in enumerate(picked)
        for rank, point in enumerate(group)
    ]


def sections(points: Sequence[Verified], most: int = GROUP) -> list[list[Verified]]:
    """Points of neighbouring pieces together, at most ``most``; the points of one piece are torn apart only when they
    alone are more."""
    pieces: defaultdict[int, list[Verified]] = defaultdict(list)
    for point in points:
        pieces[point.chunk].append(point)
    groups: list[list[Verified]] = [[]]
    for _, piece in sorted(pieces.items()):
        for start in range(0, len(piece), most):
            part = piece[start : start + most]
            if groups[-1] and len(groups[-1]) + len(part) > most:
                groups.append([])
            groups[-1] += part
    return groups


async def _picked(points: Sequence[Verified], most: int, asker: Asker) -> list[Verified]:
    """Those that matter most to the model, the first first; an even choice when it names none."""
    if len(points) <= most:
        return list(points)
    try:
        answer = await asker.ask_once(_question(points, most, asker), Choice)
    except (TooSlow, BrokenOff):
        raise
    except (AnswerInvalid, AnswerUnfinished, ContextExceeded):
        return spread(points, most)
    numbers = [number for number in dict.fromkeys(answer.points) if 0 < number <= len(points)]
    picked = [points[number - 1] for number in numbers[:most]]
    return picked or spread(points, most)


def _question(points: Sequence[Verified], most: int, asker: Asker) -> Asked:
    fence = prompts.fence(*(point.claim for point in points))
    messages = asker.prompts.messages("choose", fence=fence, points=points, most=most)
    return messages, choice_schema(len(points), most)
