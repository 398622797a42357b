"""Ranking: which sentences say most. LexRank over the best candidates, with position and cues, without repetition.

LexRank (Erkan and Radev, 2004) takes a sentence for important when many sentences resemble it; here on word weights
tf·idf of the document itself, and on at most ``MAX_RANKED`` sentences, chosen by cheap marks evenly over the document,
since the comparison of all pairs grows with the square.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence

from sitegen.enrich.candidates import Candidate

MAX_RANKED = 120
LONG = 60
"""With so many candidates a document is long enough for its points to come from all of it."""
WORTHLESS = 0.2
"""Share of the best score below which a sentence is not picked, even when there is room."""


def rank(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The best candidates, at most ``MAX_RANKED`` of them, in the order of the document and with their scores."""
    idf = _idf(candidates)
    chosen = _spread(candidates, idf)
    vectors = [_vector(candidate.words, idf) for candidate in chosen]
    for candidate, centrality in zip(chosen, _lexrank(vectors), strict=True):
        base = 0.5 * centrality + candidate.cue
        candidate.score = candidate.quality * base * (1 - 0.65 * candidate.dependence)
    return chosen


def pick(ranked: Sequence[Candidate], count: int, taken: Sequence[Candidate] = ()) -> list[Candidate]:
    """The ``count`` best of ``ranked`` beside those ``taken``, each unlike the others (maximal marginal relevance)."""
    idf = _idf(ranked)
    stretch = _stretches(ranked, count)
    vectors = {id(candidate): _vector(candidate.words, idf) for candidate in (*ranked, *taken)}
    chosen = list(taken)
    sections = Counter(candidate.sentence.section for candidate in chosen)
    stretches = Counter[int]()
    picked: list[Candidate] = []
    floor = WORTHLESS * max((candidate.score for candidate in ranked), default=0.0)
    left = [candidate for candidate in ranked if all(candidate is not other for other in taken)]
    while left and len(picked) < count:

        def worth(candidate: Candidate) -> float:
            vector = vectors[id(candidate)]
            likeness = max((_cosine(vector, vectors[id(other)]) for other in chosen), default=0.0)
            if likeness > 0.7:
                return -1
            crowd = 0.04 * sections[candidate.sentence.section]
            near = 0.1 * stretches[stretch(candidate)] * candidate.score
            return candidate.score - 0.45 * likeness * candidate.score - crowd - near

        best = max(left, key=lambda candidate: (worth(candidate), -candidate.sentence.start))
        if worth(best) <= floor:
            break
        left.remove(best)
        picked.append(best)
        chosen.append(best)
        sections[best.sentence.section] += 1
        stretches[stretch(best)] += 1
    return picked


def _stretches(ranked: Sequence[Candidate], count: int) -> Callable[[Candidate], int]:
    """In which of ``count`` equal parts of a long document a candidate stands, so that all of them have their say.

    A letter has its gist at the beginning; there, each candidate has a part of its own.
    """
    length = max((candidate.sentence.end for candidate in ranked), default=1)
    if len(ranked) < LONG:
        return lambda candidate: candidate.sentence.start
    return lambda candidate: candidate.sentence.start * count // length


def _idf(candidates: Sequence[Candidate]) -> dict[str, float]:
    counts = Counter(word for candidate in candidates for word in candidate.words)
    return {word: math.log(1 + len(candidates) / count) for word, count in counts.items()}


def _vector(words: Counter[str], idf: dict[str, float]) -> dict[str, float]:
    vector = {word: count * idf.get(word, 0.0) for word, count in words.items()}
    length = math.sqrt(sum(value * value for value in vector.values())) or 1.0
    return {word: value / length for word, value in vector.items()}


def _cosine(one: dict[str, float], other: dict[str, float]) -> float:
    if len(one) > len(other):
        one, other = other, one
    return sum(value * other[word] for word, value in one.items() if word in other)


def _spread(candidates: Sequence[Candidate], idf: dict[str, float]) -> list[Candidate]:
    """At most ``MAX_RANKED`` candidates: the first ones, then the best of equal stretches, by likeness to the whole."""
    if len(candidates) <= MAX_RANKED:
        return list(candidates)
    whole: Counter[str] = Counter()
    for candidate in candidates:
        whole.update(candidate.words)
    centre = _vector(whole, idf)

    def worth(candidate: Candidate) -> float:
        central = sum(centre.get(word, 0.0) for word in candidate.words) / math.sqrt(1 + len(candidate.words))
        return candidate.quality * (candidate.cue + 2 * central) * (1 - 0.65 * candidate.dependence)

    head = list(candidates[: MAX_RANKED // 6])
    rest = candidates[len(head) :]
    stretches = MAX_RANKED // 4
    each = (MAX_RANKED - len(head)) // stretches
    for number in range(stretches):
        stretch = rest[len(rest) * number // stretches : len(rest) * (number + 1) // stretches]
        head += sorted(stretch, key=lambda candidate: (-worth(candidate), candidate.sentence.start))[:each]
    return sorted(head, key=lambda candidate: candidate.sentence.start)


def _lexrank(vectors: Sequence[dict[str, float]], damping: float = 0.85) -> list[float]:
    """Continuous LexRank: the stationary distribution over the graph of likeness, scaled so that the best has 1."""
    size = len(vectors)
    weights = [[0.0] * size for _ in range(size)]
    for row in range(size):
        for column in range(row):
            likeness = _cosine(vectors[row], vectors[column])
            if likeness > 0.05:
                weights[row][column] = weights[column][row] = likeness
    sums = [sum(row) or 1.0 for row in weights]
    scores = [1.0] * size
    for _ in range(30):
        shares = [score / total for score, total in zip(scores, sums, strict=True)]
        scores = [
            (1 - damping) + damping * sum(weight * share for weight, share in zip(row, shares, strict=True) if weight)
            for row in weights
        ]
    top = max(scores, default=1.0)
    return [score / top for score in scores]
