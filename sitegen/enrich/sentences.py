"""Sentences: the blocks of a cleaned text (headings, paragraphs, items, rows) and the sentences of its prose."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import sentencex

from sitegen.enrich import scripts
from sitegen.enrich.cleaning import fold
from sitegen.enrich.language import function_words

Kind = Literal["heading", "paragraph", "item", "row"]
MAX_BLOCK = 5_000
MAX_SENTENCE = 1_200
"""Characters; what is longer is cut after a full stop, else at a blank, so that text without line ends or without
punctuation stays bounded: sentencex takes time by the square for a text full of abbreviations."""

_ITEM = re.compile(
    r"(?:[-*•‣▪■●○–—·+]|\(?\d{1,3}(?:\.\d{1,3}){0,3}[.)]|\d{1,2}(?:\.\d{1,2}){1,3}(?=\s+[^\W\d_a-z])|\(?[a-zA-Z]{1,2}\)|"
    r"§+\s?\d+[a-z]?|Art(?:icle|\.) \d+\.?)\s+"
)
_HASHES = re.compile(r"#{1,6}\s+")
_LABEL = re.compile(r"[^\W\d_a-z][^.!?:]{2,45}\s?:\s")
_HEADING = re.compile(r"#{1,6}\s+|(?=\d{1,2}(?:\.\d{1,2}){0,3}\.?\s+[^\W\d_a-z])")
_END = re.compile(rf"[.!?…{scripts.ENDS}][\"'”’»“)\]」』\s]*$")
_ROW = re.compile(r"\|.*\||\S(?:\t|[ \u00a0]{3,})\S.*(?:\t|[ \u00a0]{3,})\S|^(?:[-=_*.·:|+ ]{4,}|:::.*|```.*)$")
_LAST_WORD = re.compile(r"[^\W\d_]+$")
_WORD = re.compile(r"[^\W\d_]+")
_TERMINATOR = re.compile(rf"[.!?…{scripts.ENDS}]")
_QUOTES = "\"'„“”»«‘’‚‹›「」"
_STARTS_CLAUSE = re.compile(r"[\"'„“«(\[‘]*\s?[^\W\d_]")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(«„“])(?:M|MM|Mr|Mme|Mlle|Mrs|Ms|Dr|Drs|Prof|Me|St|Ste|No|Nos|Nr|Art|art|Abs|Dkt|Cf|cf|vs|v|p|pp|al|"
    r"Sec|sec|Fig|Vol|ch|Ch|ca|bzw|ggf|vgl|Vgl|usw|z|u|d|i|Dipl|Ing|Inc|Co|Corp|Ltd|Jan|Feb|Aug|Sept|Sep|Oct|Nov|Dec|"
    r"[A-Z])\.$"
)
_SALUTATION = re.compile(
    r"(?:Dear|Sir|Madam|Messrs|Sehr geehrte[rs]?|Liebe[rs]?|Verehrte[rs]?|Hochverehrte[rs]?|Madame|Monsieur|Mesdames|"
    r"Messieurs|Chère?s?)\b[^.!?]{0,60}[,!]$"
)
_AFTER_UNIT = re.compile(r"(?<=\d (?:m|t|h|g|l)\.) (?=[A-ZÄÖÜÀÉÈÊ])|(?<=\d (?:km|kg|cm|mm|ha)\.) (?=[A-ZÄÖÜÀÉÈÊ])")
_BEFORE_NUMBER = re.compile(
    r"(?<=[a-zäöüßéèê]{3}\.)(?<!iff\.)(?<!bzw\.)(?<!vgl\.)(?<!nkl\.)(?<!zgl\.)(?<!vtl\.)(?<!ggf\.)(?<!rox\.) "
    r"(?=\d[\d.,]*\s)|(?<=\d\.) (?=\d[\d.,]*\s[^\W\d_]{4})"
)
_ORDINAL = re.compile(r"(?:^|\s)\d{1,2}\.$")
_BEGINNING = (
    "Der Die Das Den Dem Des Ein Eine Einen Einem Er Sie Es Wir Ich Im In Am An Auf Auch Bei Für Mit Nach Von Vor Zu "
    "Zum Zur Diese Dieser Dieses Dies Dort Daher Damit Dazu Alle Als Wenn Während Weil Ist Wird Kosten"
)
_BEGINNERS = frozenset(_BEGINNING.split())
"""Words after a number with a full stop that show that the stop ended a German sentence."""


@dataclass(frozen=True, slots=True)
class Block:
    """A run of lines that belong together; offsets are those of the cleaned text."""

    start: int
    end: int
    kind: Kind
    section: int
    """How many headings stand before it."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the prose."""

    start: int
    end: int
    text: str
    """White space folded."""
    kind: Kind
    block: int
    position: int
    """In its block, from 0."""
    section: int


@dataclass(slots=True)
class _Line:
    start: int
    end: int
    text: str
    gap: bool
    """Whether a blank line or a page break stands before it."""


def blocks(text: str, language: str, title: str = "") -> list[Block]:
    """The blocks of ``text`` in order. Lines broken by a page's width are joined, also over a page break.

    Lines that repeat the document's ``title`` are headings wherever they stand.
    """
    return _Builder(text, language, title).build()


def _lines(text: str) -> Iterator[_Line]:
    gap = False
    for found in re.finditer(r"[^\n\f]*", text):
        line = found.group()
        stripped = line.strip()
        if stripped.startswith(">"):
            line = line.replace(">", " ", 1)
            stripped = line.strip()
        if not stripped:
            # Every line end gives one empty match; a second one is a blank line.
            gap = gap or (bool(found.start()) and text[found.start() - 1] == "\n" and found.start() < len(text))
            continue
        start = found.start() + len(line) - len(line.lstrip())
        yield _Line(start, start + len(stripped), stripped, gap)
        gap = False


class _Builder:
    def __init__(self, text: str, language: str, title: str) -> None:
        self._text = text
        self._words = function_words(language)
        self._title = frozenset(word.lower() for word in _WORD.findall(title))
        self._lines = self._with_gaps(text)
        self._widths = self._page_widths()
        self._found: list[Block] = []
        self._section = 0

    @staticmethod
    def _with_gaps(text: str) -> list[_Line]:
        lines = list(_lines(text))
        for before, line in itertools.pairwise(lines):
            between = text[before.end : line.start]
            line.gap = between.count("\n") > 1 and "\f" not in between
        return lines

    def _page_widths(self) -> list[int]:
        """How long a full line is around each line: columns and quotations are narrower than the page.

        Also takes the gaps away where most lines have one: the text is double-spaced and they mean nothing.
        """
        lengths = [len(line.text) for line in self._lines]
        widths: list[int] = []
        width = 80
        loose = [False] * len(lengths)
        for number in range(len(lengths)):
            if number % 4 == 0:
                window = range(max(0, number - 8), min(len(lengths), number + 10))
                near = sorted(lengths[other] for other in window if lengths[other] >= 25)
                width = near[len(near) * 5 // 6] if len(near) >= 3 else 80
                gaps = sum(self._lines[other].gap for other in window)
                spaced = gaps > 0.6 * len(window) and len(near) > 0.6 * len(window) and width <= 120
            loose[number] = spaced
            widths.append(width)
        for line, is_loose in zip(self._lines, loose, strict=True):
            line.gap = line.gap and not is_loose
        return widths

    def build(self) -> list[Block]:
        group: list[_Line] = []
        kind: Kind = "paragraph"
        for line, width in zip(self._lines, self._widths, strict=True):
            starts = self._kind(line)
            if group and self._continues(group[-1], line, width, kind, starts, len(group) == 1):
                group.append(line)
                continue
            self._close(group, kind)
            group, kind = [line], starts
        self._close(group, kind)
        return self._found

    def _kind(self, line: _Line) -> Kind:
        if (line.text.startswith("#") and _HASHES.match(line.text)) or self._is_title(line.text):
            return "heading"
        if _ROW.search(line.text):
            return "row"
        return "item" if _ITEM.match(line.text) else "paragraph"

    def _is_title(self, line: str) -> bool:
        if len(line) > 160 or line[-1] in ".!?;," or line[0].islower():
            return False
        words = [word.lower() for word in _WORD.findall(line)]
        return len(words) >= 3 and sum(word in self._title for word in words) >= 0.8 * len(words)

    def _continues(self, before: _Line, line: _Line, width: int, kind: Kind, starts: Kind, first: bool) -> bool:
        if line.gap or kind in ("heading", "row") or starts in ("heading", "row") or _SALUTATION.match(before.text):
            return False
        ended = bool(_END.search(before.text))
        full = self._full(before, line, width)
        if starts == "item":
            # A line that begins with "4. März" or "(a" goes on when the one before is full and without an end.
            return not ended and before.text[-1] not in ":;," and full and line.text[0] not in "-•–*"
        if line.text[0].islower():
            return full or not ended
        if ended or before.text[-1] in ":;":
            return full
        last = _LAST_WORD.search(before.text)
        hanging = before.text[-1] in ",-–&" or (last is not None and last.group().replace("ſ", "s") in self._words)
        return hanging or (full and not (_LABEL.match(before.text) and line.text[0].isupper() and first))

    @staticmethod
    def _full(before: _Line, line: _Line, width: int) -> bool:
        """Whether the next word would not have fitted on the line before: then its end means nothing."""
        if width > 160:  # text with a paragraph a line
            return False
        first = line.text.split(maxsplit=1)[0]
        return len(before.text) + 1 + len(first) >= 0.82 * width

    def _close(self, group: list[_Line], kind: Kind) -> None:
        if not group:
            return
        start, end = group[0].start, group[-1].end
        text = group[0].text
        if kind == "heading" or (kind != "row" and len(group) <= 2 and self._is_heading(fold(self._text[start:end]))):
            kind = "heading"
            self._section += 1
        marks = {"heading": _HASHES, "item": _ITEM}
        mark = marks[kind].match(text) if kind in marks else None
        start += mark.end() if mark else 0
        if start < end:
            self._found.append(Block(start, end, kind, self._section))

    def _is_heading(self, text: str) -> bool:
        if (
            text[0].islower()
            or len(text) > 110
            or text[-1] in f".,;:!?…-–，、；：{scripts.ENDS}"
            or not any(character.isalpha() for character in text)
        ):
            return False
        words = _WORD.findall(text)
        if not 1 <= len(words) <= 14 or sum(character.isdigit() for character in text) > 8:
            return False
        return bool(_HEADING.match(text)) or text[0].isupper()


def sentences(text: str, found: list[Block], language: str) -> list[Sentence]:
    """The sentences of the paragraphs and items among ``found``, in order."""
    result: list[Sentence] = []
    for number, block in enumerate(found):
        if block.kind not in ("paragraph", "item"):
            continue
        for position, (start, end) in enumerate(_spans(text, block.start, block.end, language)):
            result.append(Sentence(start, end, fold(text[start:end]), block.kind, number, position, block.section))
    return result


def _spans(text: str, start: int, end: int, language: str) -> Iterator[tuple[int, int]]:
    for first, last in _pieces(text, start, end, MAX_BLOCK):
        for low, high in _joined(text, first, last, language):
            for begin, stop in _pieces(text, low, high, MAX_SENTENCE):
                stripped = text[begin:stop].strip()
                if stripped:
                    begin = text.index(stripped[0], begin)
                    yield begin, begin + len(stripped)


def _joined(text: str, start: int, end: int, language: str) -> Iterator[tuple[int, int]]:
    """The segments that sentencex finds, those joined again that it cut after an abbreviation or an ordinal."""
    # One blank for every white space keeps the offsets and keeps line ends from being taken for sentence ends.
    flat = re.sub(r"\s", " ", text[start:end])
    marks = sum(map(flat.count, _QUOTES)) + 2 * flat.count(".")
    # No prose, and sentencex takes time by the square for it; or nothing that could end a sentence.
    if marks > len(flat) / 4 > 50 or not _TERMINATOR.search(flat):
        yield start, end
        return
    known = language if language != "und" else scripts.rules_for(flat)
    low = high = 0
    for segment in _segments(known, flat):
        if high > low and not _belongs_together(flat[max(low, high - 80) : high].rstrip(), segment.lstrip(), language):
            yield start + low, start + high
            low = high
        high += len(segment)
    yield start + low, end


def _segments(language: str, flat: str) -> Iterator[str]:
    for segment in sentencex.segment(language, flat):
        low = 0
        cuts = {found.end() for pattern in (_AFTER_UNIT, _BEFORE_NUMBER) for found in pattern.finditer(segment)}
        for cut in sorted(cuts):
            yield segment[low:cut]
            low = cut
        yield segment[low:]


def _belongs_together(before: str, after: str, language: str) -> bool:
    if not after or not _STARTS_CLAUSE.match(after):
        return bool(_ABBREVIATION.search(before)) or (after[:1].isdigit() and before[-3:].lower() in ("no.", "nr."))
    if after[0].islower() or _ABBREVIATION.search(before):
        return True
    if language == "de" and _ORDINAL.search(before):
        first = _WORD.match(after)
        return first is not None and first.group() not in _BEGINNERS
    return False


def _pieces(text: str, start: int, end: int, limit: int) -> Iterator[tuple[int, int]]:
    while end - start > limit:
        low, high = start + limit // 2, start + limit
        cut = max(text.rfind(". ", low, high), text.rfind("。", low, high)) + 1
        cut = cut or text.rfind(" ", low, high)
        cut = cut if cut > start else start + limit
        yield start, cut
        start = cut
    yield start, end
