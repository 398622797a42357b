"""Baselines: what a summary is held against, beside a person's: the first sentences, and plain LexRank."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from sitegen.enrich.evaluation import rouge
from sitegen.sources.base import Document

MOST_SENTENCES = 300
"""That LexRank compares, from all over the document: the comparison of all pairs grows with the square."""
SHORTEST = 5
"""Words of a sentence that counts."""


def lead(document: Document, count: int) -> str:
    """The first sentences, about ``count`` words."""
    return _joined(_sentences(document), count)


def lexrank(document: Document, count: int) -> str:
    """The sentences that most others resemble (Erkan and Radev, 2004), about ``count`` words, as they stand."""
    sentences = _sentences(document)
    size = min(len(sentences), MOST_SENTENCES)
    spread = [sentences[number * len(sentences) // size] for number in range(size)]
    ranks = _ranks(spread)
    best = sorted(range(size), key=lambda number: (-ranks[number], number))
    taken: list[int] = []
    room = count
    for number in best:
        if room <= 0:
            break
        taken.append(number)
        room -= len(rouge.words(spread[number]))
    return _joined([spread[number] for number in sorted(taken)], count)


BASELINES: Mapping[str, Callable[[Document, int], str]] = {"lead": lead, "LexRank": lexrank}


def _sentences(document: Document) -> list[str]:
    from sitegen.enrich.cleaning import clean
    from sitegen.enrich.language import detect
    from sitegen.enrich.sentences import blocks, sentences

    language = document.language or detect(document.text)
    text = clean(document.text).text
    found = sentences(text, blocks(text, language, document.title), language)
    return [sentence.text for sentence in found if len(rouge.words(sentence.text)) >= SHORTEST]


def _joined(sentences: Sequence[str], count: int) -> str:
    kept: list[str] = []
    room = count
    for sentence in sentences:
        if room <= 0:
            break
        kept.append(sentence)
        room -= len(rouge.words(sentence))
    return " ".join(kept)


def _ranks(sentences: Sequence[str], damping: float = 0.85) -> list[float]:
    size = len(sentences)
    counts = [Counter(rouge.words(sentence)) for sentence in sentences]
    present = Counter(word for count in counts for word in count)
    vectors = [{word: times * math.log(1 + size / present[word]) for word, times in count.items()} for count in counts]
    norms = [math.sqrt(sum(weight * weight for weight in vector.values())) or 1.0 for vector in vectors]
    weights = [[0.0] * size for _ in range(size)]
    for row in range(size):
        for column in range(row):
            likeness = _product(vectors[row], vectors[column]) / (norms[row] * norms[column])
            weights[row][column] = weights[column][row] = likeness if likeness > 0.1 else 0.0
    sums = [sum(row) or 1.0 for row in weights]
    ranks = [1.0] * size
    for _ in range(30):
        shares = [rank / total for rank, total in zip(ranks, sums, strict=True)]
        ranks = [
            (1 - damping) + damping * sum(weight * share for weight, share in zip(row, shares, strict=True))
            for row in weights
        ]
    return ranks


def _product(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    if len(one) > len(other):
        one, other = other, one
    return sum(weight * other[word] for word, weight in one.items() if word in other)
