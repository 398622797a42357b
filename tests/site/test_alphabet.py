"""Names stand where readers of the language look for them."""

from __future__ import annotations

import random

import pytest

from sitegen.site.alphabet import order


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("en", ["2024", "a", "Äpfel", "Apple", "b", "Œuvre", "Øresund", "ozone", "zoo"]),
        ("de", ["Affe", "Ähre", "Apfel", "Straße", "Strasser", "Über", "Ufer"]),
        ("fr", ["cote", "coté", "côte", "côté", "école", "étude", "œuf", "Zola"]),
        ("es", ["nube", "nzema", "ñandú", "oso"]),
        ("sv", ["Zorn", "Åland", "Äpple", "Öl"]),
        ("fi-FI", ["Zorn", "Åland", "Äpple", "Öl"]),
        ("da", ["Zoo", "Ærø", "Øst", "Århus"]),
        ("pl", ["Lublin", "Lwów", "Łódź", "Marki"]),
        ("tr", ["Hat", "Irmak", "İzmir", "Kars"]),
        ("cs", ["Cheb", "Cukr", "Čáslav", "Dub"]),
    ],
)
def test_names_stand_in_the_order_of_the_language(language: str, names: list[str]) -> None:
    mixed = random.Random(1).sample(names, len(names))
    assert sorted(mixed, key=order(language)) == names


def test_names_that_differ_in_marks_or_capitals_only_have_an_order_all_the_same() -> None:
    key = order("en")
    assert len({key(name) for name in ("Resume", "resume", "résumé", "Résumé")}) == 4
