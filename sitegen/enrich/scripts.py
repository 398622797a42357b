"""Scripts: which one a text is written in, and its words where the script has no blanks between them."""

from __future__ import annotations

import re
from collections import Counter

_SAMPLE = 4_000
_LANGUAGES = {
    "ja": "\u3040-\u30ff",
    "ko": "\uac00-\ud7af\u1100-\u11ff",
    "th": "\u0e00-\u0e7f",
    "el": "\u0370-\u03ff",
    "ru": "\u0400-\u04ff",
    "ar": "\u0600-\u06ff",
    "he": "\u0590-\u05ff",
    "hi": "\u0900-\u097f",
    "zh": "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff",
}
"""A language that each script stands for, for its rules of where sentences end; the first that is seen often counts."""
_SCRIPTS = {language: re.compile(f"[{span}]") for language, span in _LANGUAGES.items()}
_WORD = re.compile(r"[^\W\d_]+(?:[-’'][^\W\d_]+)*")
_SPACELESS = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
ENDS = "。！？｡।॥؟۔։።"
"""The signs that end a sentence outside of the Latin, Greek and Cyrillic scripts."""


def rules_for(text: str) -> str:
    """The language by whose rules the sentences of a text of unknown language end: that of its script, else English."""
    sample = text[:_SAMPLE]
    if sample.isascii():
        return "en"
    letters = sum(map(str.isalpha, sample)) or 1
    shares = Counter({name: len(pattern.findall(sample)) / letters for name, pattern in _SCRIPTS.items()})
    return next((name for name in _LANGUAGES if shares[name] > 0.15), "en")


def words(text: str) -> list[str]:
    """The words of ``text``; of a script without blanks every two neighbouring letters, which do as well to compare."""
    found = _WORD.findall(text)
    if text.isascii() or not _SPACELESS.search(text):
        return found
    return [pair for word in found for pair in (_pairs(word) if _SPACELESS.search(word) else [word])]


def _pairs(word: str) -> list[str]:
    return [word[at : at + 2] for at in range(max(1, len(word) - 1))]
