"""Breaks text into lines: bold words between ``**``, no-break spaces kept together, hyphens where they are wanted."""

from __future__ import annotations

import re
from collections.abc import Callable

Piece = tuple[str, bool]
Line = list[Piece]
_HYPHEN_POINT = re.compile(r"(?<=[aeiouyäöüéèê])(?=[bdfglmnprtvz][aeiouyäöüéèê])")


def break_lines(
    text: str, width: float, measure: Callable[[str, bool], float], kept: Callable[[str], bool] | None = None
) -> list[Line]:
    """Break marked text into lines of at most this width; hyphenate unless ``kept`` is none or keeps the word."""
    lines: list[list[Piece]] = [[]]
    used = 0.0
    for word, bold in _words(text):
        length = measure(word + " ", bold)
        if lines[-1] and used + length - measure(" ", bold) > width:
            head, tail = _hyphenate(word, width - used, bold, measure) if kept and not kept(word) else ("", word)
            if head:
                lines[-1].append((head, bold))
            lines.append([])
            used, word = 0.0, tail
            length = measure(word + " ", bold)
        lines[-1].append((word, bold))
        used += length
    return [_join(line) for line in lines]


def _words(text: str) -> list[Piece]:
    """Split text into words and say which are bold."""
    pieces: list[Piece] = []
    for index, part in enumerate(text.split("**")):
        words = [(word, index % 2 == 1) for word in part.split(" ") if word]
        if words and pieces and not part.startswith(" ") and index and not text.split("**")[index - 1].endswith(" "):
            last, bold = pieces.pop()
            words[0] = (last + words[0][0], bold)
        pieces += words
    return pieces


def _hyphenate(word: str, room: float, bold: bool, measure: Callable[[str, bool], float]) -> tuple[str, str]:
    """Split a long plain word so that its head fits the room; an empty head when it cannot be done."""
    if len(word) < 9 or not re.fullmatch(r"[a-zA-ZäöüÄÖÜßéèêàçôîû]+[.,;]?", word):
        return "", word
    points = [match.start() for match in _HYPHEN_POINT.finditer(word)]
    for point in reversed([point for point in points if 2 < point < len(word) - 3]):
        if measure(word[:point] + "-", bold) <= room:
            return word[:point] + "-", word[point:]
    return "", word


def _join(line: list[Piece]) -> Line:
    """Join neighbouring words of one weight, so that a line is printed in few pieces."""
    joined: Line = []
    for index, (word, bold) in enumerate(line):
        text = word if index == len(line) - 1 else word + " "
        if joined and joined[-1][1] == bold:
            joined[-1] = (joined[-1][0] + text, bold)
        else:
            joined.append((text, bold))
    return joined
