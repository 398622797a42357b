"""Text from outside as one line that people can read: nothing hidden, nothing reversed, not too long."""

from __future__ import annotations

import re
import unicodedata

SLUG_LIMIT = 80
_PLAIN = re.compile(rf"[A-Za-z0-9 .:;?!()/\"_-]{{0,{SLUG_LIMIT}}}")
"""Text of which it is plain what slugify makes of it: letters and digits stay, and all else parts them."""
_PARTS = re.compile("[a-z0-9]+")
_RESERVED = {"index", "page"}
"""Parts of addresses that lists and folders need."""
_UMLAUTS = (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("Ä", "Ae"), ("Ö", "Oe"), ("Ü", "Ue"))
_KEPT_FORMATS = {"\u200c", "\u200d", "\u00ad"}
"""Joiners that Persian and Indic words need, and the soft hyphen."""
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Unicode's categories of control, format, lone surrogate, private, unassigned and line-breaking characters."""


def plain(text: str) -> str:
    """``text`` on one line: white space folded; control, bidi, zero-width and unassigned characters removed."""
    if not text.isprintable():
        text = "".join(char if _visible(char) else " " if char.isspace() else "" for char in text)
    return " ".join(text.split())


def _visible(char: str) -> bool:
    return char in _KEPT_FORMATS or unicodedata.category(char) not in _HIDDEN


def shorten(text: str, limit: int) -> str:
    """``text`` cut at a word to at most ``limit`` characters, with an ellipsis when something is missing."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    head, _, _ = cut.rpartition(" ")
    return (head if len(head) > limit // 2 else cut).rstrip(" ,;:.-–—") + "…"


def slug(text: str, language: str = "") -> str:
    """``text`` as one part of an address: ASCII letters, digits and hyphens; empty when nothing of that is left.

    German umlauts become two letters when ``language`` says that the text is German; other languages drop the dots.
    """
    if _PLAIN.fullmatch(text):
        found = "-".join(_PARTS.findall(text.lower()))
    else:
        from slugify import slugify

        letters = _UMLAUTS if language.lower().partition("-")[0] == "de" else ()
        found = slugify(text[:1000], max_length=SLUG_LIMIT, word_boundary=True, save_order=True, replacements=letters)
    return f"{found}-1" if found in _RESERVED else found
