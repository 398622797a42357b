"""The built-in engine: picks the sentences of a document that say most. No model, no server, the same every time."""

from __future__ import annotations

import asyncio
import math
import re

from sitegen.enrich import cues, ranking
from sitegen.enrich.candidates import MAX_WEIGHED, Candidate, Reader
from sitegen.enrich.cleaning import Cleaned, clean, fold
from sitegen.enrich.engines.base import EndpointStats, Identity
from sitegen.enrich.language import UNKNOWN, Dictionary, detect
from sitegen.enrich.mentions import Mentions
from sitegen.enrich.sentences import Block, blocks
from sitegen.enrich.sentences import sentences as split
from sitegen.enrich.summary import Evidence, Point, Summary
from sitegen.sources.base import Document, Finding

VERSION = "2"
"""Raise it when the same document would give another extract."""
MIN_WORDS = 5
MIN_CLEAN = 5
"""With as many sentences free of scanning errors, no other is picked."""


def is_empty(text: str) -> bool:
    """Whether a text has fewer than five words, so that nothing can be said about it."""
    words = re.finditer(r"[^\W\d_]{2,}", text)
    return sum(1 for _, _ in zip(words, range(MIN_WORDS), strict=False)) < MIN_WORDS


def extract(document: Document, *, sentences: int = 4, points: int = 6) -> Summary:
    """The extract of ``document``: every word of it is the document's own. Never fails, the same every time.

    ``sentences`` is for the paragraph, beside the one that stands first; ``points`` for the list after it.
    """
    return _Extraction(document).summary(sentences, points)


class _Extraction:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._language = document.language or detect(document.text)
        dictionary = Dictionary(self._language)
        self._cleaned: Cleaned = clean(document.text, dictionary.knows)
        text = self._cleaned.text
        self._blocks = blocks(text, self._language, document.title)
        self._sentences = split(text, self._blocks, self._language)
        reader = Reader(document.title, self._language, dictionary)
        self._candidates = reader.candidates(self._sentences, _headings(text, self._blocks))
        clean_ones = [candidate for candidate in self._candidates if not candidate.misread]
        self._ranked = ranking.rank(clean_ones if len(clean_ones) >= MIN_CLEAN else self._candidates)
        self._mentions = Mentions(text, self._language, dictionary, self._blocks, self._sentences, self._candidates)

    def summary(self, sentences: int, points: int) -> Summary:
        dek = self._dek()
        taken = [] if dek is None else [dek]
        some = math.ceil(len(self._ranked) / 4)  # half of a short document would be no extract of it
        body = ranking.pick(self._ranked, min(sentences, some), taken)
        listed = ranking.pick(self._ranked, min(points, some), [*taken, *body])
        people, organisations, places = self._mentions.names()
        paragraph = " ".join(candidate.sentence.text for candidate in _ordered(body))
        pages = self._document.pages
        return Summary(
            method="extract",
            title=fold(clean(self._document.title).text),
            dek=dek.sentence.text if dek else self._first_words(),
            paragraphs=(paragraph,) if paragraph else (),
            points=tuple(self._point(candidate) for candidate in _ordered(listed)),
            dates=self._mentions.dates(),
            amounts=self._mentions.amounts(),
            people=people,
            organisations=organisations,
            places=places,
            language=self._language or UNKNOWN,
            pages_read=pages,
            pages_total=pages,
            notes=self._notes(),
        )

    def _dek(self) -> Candidate | None:
        """The best single sentence: one that stands alone, rather early, and not too long to go under a headline."""
        length = len(self._cleaned.text)

        def worth(candidate: Candidate) -> float:
            size = len(candidate.sentence.text)
            over = max(0, size - 240) + max(0, 60 - size)
            aside = 0.15 * cues.is_aside(candidate.sentence.text) + 0.15 * (candidate.sentence.kind == "item")
            early = 0.25 * math.exp(-6 * candidate.sentence.start / length)
            return (candidate.score + early * candidate.quality) * (1 - candidate.dependence) - over / 400 - aside

        best = max(self._ranked, key=lambda candidate: (worth(candidate), -candidate.sentence.start), default=None)
        return best if best is not None and worth(best) > 0 else None

    def _first_words(self) -> str:
        """For lists and tables, which have no sentences: what stands first, cut at a word."""
        for block in self._blocks:
            text = fold(self._cleaned.text[block.start : block.end])
            if block.kind != "row" and not is_empty(text):
                return text if len(text) <= 200 else text[:200].rsplit(" ", 1)[0] + "…"
        return ""

    def _point(self, candidate: Candidate) -> Point:
        sentence = candidate.sentence
        start, end = self._cleaned.span(sentence.start, sentence.end)
        evidence = Evidence(quote=sentence.text, start=start, end=end, page=self._document.page_at(start))
        return Point(text=sentence.text, evidence=evidence)

    def _notes(self) -> tuple[str, ...]:
        """What an editor should know about this extract."""
        if is_empty(self._document.text):
            return ()
        if not self._candidates:
            return ("No whole sentences were found to pick from: the document may be a list, a table or a bad scan.",)
        if len(self._sentences) > MAX_WEIGHED:
            return (f"Very long: of the {len(self._sentences):,} sentences an even choice was weighed.",)
        return ()


def _ordered(candidates: list[Candidate]) -> list[Candidate]:
    return sorted(candidates, key=lambda candidate: candidate.sentence.start)


def _headings(text: str, found: list[Block]) -> list[str]:
    """The heading of every section; section 0 is what stands before the first."""
    return ["", *(fold(text[block.start : block.end]) for block in found if block.kind == "heading")]


class Extractive:
    """Implements ``Engine`` with ``extract``."""

    slots = 1
    stats: tuple[EndpointStats, ...] = ()

    def __init__(self, *, sentences: int = 4, points: int = 6) -> None:
        self._sentences, self._points = sentences, points

    async def identity(self) -> Identity:
        options = {"sentences": self._sentences, "points": self._points}
        return Identity(engine="extractive", model="lexrank", digest=VERSION, options=options)

    async def summarize(self, document: Document, note: str = "") -> Summary:
        """The extract of ``document``, made in a thread of its own. Never fails; a ``note`` cannot change it."""
        return await asyncio.to_thread(extract, document, sentences=self._sentences, points=self._points)

    async def check(self) -> list[Finding]:
        return [Finding("engine", "ok", "the built-in engine picks sentences and needs no model")]

    async def aclose(self) -> None:
        """Nothing is open."""
