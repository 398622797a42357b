"""Mentions: only dates, sums and names that the text certainly names, each as it stands there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitegen.enrich import amounts, dates, organisations, people, places
from sitegen.enrich.engines.extractive import extract
from sitegen.enrich.language import Dictionary
from sitegen.enrich.mentions import clause
from sitegen.sources.base import Document

LANGUAGES = st.sampled_from(["en", "de", "fr", "und", "es"])


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "on 12 March 2025 or March 12, 2025", ["2025-03-12", "2025-03-12"]),
        ("en", "the 1st of May 2024, Sept. 5, 2019 and May 2025", ["2024-05-01", "2019-09-05", "2025-05"]),
        ("en", "from 17 to 19 March 2025", ["2025-03-19"]),
        ("en", "2025-03-12 and 13/04/2025 and 04/13/2025", ["2025-03-12", "2025-04-13", "2025-04-13"]),
        ("en", "03/04/2025 is not sure, and you may 2025 times", []),
        ("en", "31 February 2024, v1.2.2024.1, 12/2025, March 2, 12 March", []),
        ("de", "am 12. März 2025 und am 12.03.2025, 1. 4. 2024", ["2025-03-12", "2025-03-12", "2024-04-01"]),
        ("de", "vom 5. März bis 15. April 2025, im Oktober 2023", ["2025-04-15", "2023-10"]),
        ("fr", "le 12 mars 2025, le 1er août 2025 et en octobre 2024", ["2025-03-12", "2025-08-01", "2024-10"]),
        ("fr", "le 03/04/2025", ["2025-04-03"]),
        ("und", "12 mars 2025, 12. März 2025, 12 March 2025", ["2025-03-12"] * 3),
    ],
)
def test_dates(language: str, text: str, expected: list[str]) -> None:
    assert [found.iso for found in dates.find(text, language)] == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "EUR 412,500, €4.2 million, $1,000 and £3.5m", ["412500 EUR", "4200000 EUR", "1000 USD", "3500000 GBP"]),
        ("en", "12 euros, EUR 0.20 a day, $37,499.96", ["12 EUR", "0.20 EUR", "37499.96 USD"]),
        ("en", "5% of 100 items in 2024, EUROPE 5", []),
        ("en", "option 2 500 EUR", []),
        ("de", "412.500,00 €, 3.850.000 EUR und 4,2 Mio. Euro", ["412500.00 EUR", "3850000 EUR", "4200000 EUR"]),
        ("de", "nach $ 29 Abs. 2 und 12,– EUR", ["12 EUR"]),
        ("fr", "412 500 €, 58 800 EUR et 4,2 millions d'euros", ["412500 EUR", "58800 EUR", "4200000 EUR"]),
        ("fr", "186 400 EUR 271 900 EUR -85 500 EUR", ["186400 EUR", "271900 EUR", "-85500 EUR"]),
    ],
)
def test_amounts(language: str, text: str, expected: list[str]) -> None:
    found = [f"{found.value} {found.currency}" for found in amounts.find(text, language)]
    assert [entry.replace(".0 ", " ") for entry in found] == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", 'So said Mayor Margarethe Quillon. "No", said Mr Quillon.', ("Margarethe Quillon",)),
        ("en", "Excused: Councillors Hugo Sainte-Croix and Anneliese Dorn.", ("Hugo Sainte-Croix", "Anneliese Dorn")),
        ("en", "Konrad Ellbrecht, Head of Civil Engineering, had argued.", ("Konrad Ellbrecht",)),
        ("en", "The Justice Department and the Town Council met in Upper Lane. Mr Speaker", ()),
        (
            "de",
            "Herr Dr. Konrad Ellbrecht verweist auf die Brücke. Prüfer: Dipl.-Ing. Falk Hain",
            ("Konrad Ellbrecht",),
        ),
        ("de", "Der Stadtrat Dornavel beschließt. Das Amt prüft den Zustand der Alten Brücke.", ()),
        ("fr", "« Nous aurions dû », déclare Séverine Maulde, directrice de la Régie.", ("Séverine Maulde",)),
        ("fr", "M. Pascal Revelin et Mme Odile Ferrantin répondent.", ("Pascal Revelin", "Odile Ferrantin")),
    ],
)
def test_people(language: str, text: str, expected: tuple[str, ...]) -> None:
    found = people.find(text, language, Dictionary(language))
    assert found == expected or set(expected) < set(found)
    assert len(found) >= len(expected)


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        (
            "en",
            "Larder & Spoon Ltd wrote to the Office of Civil Engineering.",
            "Larder & Spoon Ltd, Office of Civil Engineering",
        ),
        ("en", "The Office of Works and Larder & Spoon Ltd.", "Larder & Spoon Ltd, Office of Works"),
        ("en", "The council met. This Committee agreed. The Act of Congress.", ""),
        ("de", "Das Tiefbauamt beauftragt die Brückenbau Ranzow GmbH.", "Brückenbau Ranzow GmbH, Tiefbauamt"),
        ("de", "Das Amt für Natur und Grün ist ein Amt. Er trug ein Ehrenamt.", "Amt für Natur und Grün"),
        ("fr", "La Régie municipale des eaux et le Conseil municipal.", "Conseil municipal, Régie municipale des eaux"),
        ("fr", "Le tribunal décide. Le service est fermé.", ""),
    ],
)
def test_organisations(language: str, text: str, expected: str) -> None:
    found = organisations.find(text, language, Dictionary(language))
    assert ", ".join(sorted(name.rstrip(".") for name in found)) == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "The Weir Bridge leads to Hinterwehr. Few live in Hinterwehr.", {"Weir Bridge", "Hinterwehr"}),
        ("de", "Die Wehrgasse führt nach Hinterwehr. Sie wohnt in Hinterwehr.", {"Wehrgasse", "Hinterwehr"}),
        ("de", "Die Brücke wird in Beton gebaut, in Beton und aus Stahl. Eine Fußgängerbrücke folgt.", set()),
        ("fr", "Le pont du Barrage mène à Hinterwehr ; il vit à Hinterwehr.", {"pont du Barrage", "Hinterwehr"}),
    ],
)
def test_places(language: str, text: str, expected: set[str]) -> None:
    assert set(places.find(text, language, Dictionary(language))) == expected


def test_a_short_sentence_is_its_own_clause_and_a_long_one_is_cut() -> None:
    text = (
        "The Council decided a good many things after a long debate on the clock and on the time it shows to visitors; "
        "the works on the Weir Bridge and on its piers begin on 5 May 2025; the rest was left to the next sitting."
    )
    start = text.index("5 May 2025")
    part = clause(text, start, start + 10)
    assert "5 May 2025" in part
    assert part == "the works on the Weir Bridge and on its piers begin on 5 May 2025"
    assert clause("It begins on 5 May 2025.", 13, 23) == "It begins on 5 May 2025"


def test_tables_give_no_mentions_but_labels_do() -> None:
    table = "| Item | 3 May 2024 | EUR 500 |\n|---|---|---|\n| Desk | 4 May 2024 | EUR 700 |\n"
    text = f"Ordered on: 18 January 2024\n\n{table}"
    summary = extract(Document("folder:a", "A", text, language="en"))
    assert [(date.iso, date.about) for date in summary.dates] == [("2024-01-18", "Ordered on")]
    assert summary.amounts == ()


@given(st.text(max_size=300), LANGUAGES)
def test_whatever_is_found_stands_in_the_text(text: str, language: str) -> None:
    spans = [(found.start, found.end) for found in dates.find(text, language)]
    spans += [(found.start, found.end) for found in amounts.find(text, language)]
    assert all(0 <= start < end <= len(text) for start, end in spans)
    dictionary = Dictionary("und")
    names = people.find(text, language, dictionary), organisations.find(text, language, dictionary)
    for name in (*names[0], *names[1], *places.find(text, language, dictionary)):
        assert name in text
