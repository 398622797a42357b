"""The language of a document, and whether its words are words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitegen.enrich.language import Dictionary, detect, function_words


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The Council resolved to repair the bridge and released the money for it.", "en"),
        ("Die Brücke ist in einem schlechten Zustand und wird für den Verkehr gesperrt.", "de"),
        ("La Ville met en concurrence les travaux de remise en état du pont et les publie.", "fr"),
        ("El ayuntamiento ha decidido que la obra no se haga en el centro de la ciudad.", "es"),
        ("Il consiglio ha deciso che il ponte non sarà aperto e la strada resta chiusa alle auto.", "it"),
        ("De gemeente heeft besloten dat de brug niet open gaat en het verkeer om moet rijden.", "nl"),
        ("A câmara decidiu que a ponte não abre e os carros não podem passar pelo centro da cidade.", "pt"),
    ],
)
def test_languages_are_told_apart(text: str, language: str) -> None:
    assert detect(text) == language
    assert detect(text.upper()) == language


@pytest.mark.parametrize(
    "text", ["", "1234 5678", "Ελληνικά κείμενα για δοκιμή εδώ", "lorem ipsum dolor sit amet", "Ab"]
)
def test_what_is_not_sure_is_und(text: str) -> None:
    assert detect(text) == "und"


@given(st.text())
def test_any_text_has_a_language_or_none(text: str) -> None:
    assert len(detect(text)) in (2, 3)


def test_words_are_known_in_their_language() -> None:
    english, german = Dictionary("en"), Dictionary("de")
    assert english.knows("bridge")
    assert english.knows("Council")
    assert not english.knows("brigde")
    assert german.knows("Brücke")
    assert german.knows("fortbeſtehen")
    assert not Dictionary("und").knows("bridge")


@pytest.mark.parametrize(
    ("wrong", "language"), [("witbout", "en"), ("takcn", "en"), ("Narnen", "de"), ("pertcs", "fr")]
)
def test_misread_words_are_seen(wrong: str, language: str) -> None:
    assert Dictionary(language).misread(wrong)


@pytest.mark.parametrize(("name", "language"), [("Quillon", "en"), ("GmbH", "de"), ("Ellbrecht", "fr")])
def test_names_are_not_taken_for_misread_words(name: str, language: str) -> None:
    assert not Dictionary(language).misread(name)


def test_an_unknown_language_has_the_function_words_of_all() -> None:
    assert {"the", "der", "les"} <= function_words("und")
