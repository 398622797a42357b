"""text: one line, nothing hidden, not too long."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slugify import slugify

from sitegen.text import SLUG_LIMIT, plain, shorten, slug


@given(st.text())
def test_plain_text_is_one_line_without_invisible_characters(text: str) -> None:
    line = plain(text)
    assert line == line.strip()
    assert all(char.isprintable() or char in "\u200c\u200d\u00ad" for char in line)
    line.encode()
    assert plain(line) == line


@pytest.mark.parametrize("char", ["\x00", "\x1b", "\u202e", "\u2066", "\u200b", "\ufeff", "\ud800"])
def test_what_could_hide_or_reverse_text_is_removed(char: str) -> None:
    assert plain(f"pay{char}ment") == "payment"


@given(st.text(min_size=1), st.integers(2, 60))
def test_shortened_text_fits_and_says_that_something_is_missing(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert len(short) <= limit
    assert short == text or short.endswith("…")


@given(st.text("aZ09 .:;?!()/\"_-'&,#", max_size=90) | st.text(max_size=12), st.sampled_from(["", "en", "de"]))
def test_plain_titles_become_addresses_as_slugify_makes_them(text: str, language: str) -> None:
    letters = [("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("Ä", "Ae"), ("Ö", "Oe"), ("Ü", "Ue")]
    letters = letters if language == "de" else []
    whole = slugify(text, max_length=SLUG_LIMIT, word_boundary=True, save_order=True, replacements=letters)
    assert slug(text, language) == (f"{whole}-1" if whole in ("index", "page") else whole)
