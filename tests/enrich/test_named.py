"""Dates, amounts and names from a model: only what verifiably stands in the document, in its own words."""

from __future__ import annotations

from sitegen.enrich import named
from sitegen.enrich.answers import Mention
from sitegen.enrich.chunks import Chunk
from sitegen.enrich.grounding import Grounding

TEXT = """The works begin on 14 March 2025 and cost €1.25 million. Maria Keller of the Weir Bridge
Company signed. A second payment of 80,000 euros is due on 03/04/2025. Annabel was absent."""
GROUNDING = Grounding(TEXT)
WHOLE = Chunk(0, len(TEXT), TEXT)


def dates(*mentions: Mention) -> list[tuple[str, str, str]]:
    return [(date.text, date.iso, date.about) for date in named.dates(mentions, GROUNDING, WHOLE, "en")]


def test_a_date_keeps_what_is_said_beside_it_in_the_documents_words() -> None:
    assert dates(Mention(text="14 march 2025", about="the works begin")) == [
        ("14 March 2025", "2025-03-14", "The works begin")
    ]


def test_what_does_not_stand_near_the_date_is_not_said_about_it() -> None:
    assert dates(Mention(text="14 March 2025", about="the mayor resigns")) == [("14 March 2025", "2025-03-14", "")]


def test_a_date_that_could_be_two_is_left_out() -> None:
    assert dates(Mention(text="03/04/2025", about="a second payment")) == []
    french = named.dates([Mention(text="03/04/2025")], GROUNDING, WHOLE, "fr")
    assert [date.iso for date in french] == ["2025-04-03"]


def test_only_the_date_itself_is_shown() -> None:
    assert dates(Mention(text="begin on 14 March 2025 and")) == [("14 March 2025", "2025-03-14", "")]


def test_dates_that_the_document_does_not_name_are_left_out() -> None:
    assert dates(Mention(text="15 March 2025"), Mention(text="4 March 2025"), Mention(text="the works")) == []


def amounts(*texts: str) -> list[str]:
    return [amount.text for amount in named.amounts([Mention(text=text) for text in texts], GROUNDING, WHOLE)]


def test_amounts_have_a_figure_and_a_currency_and_stand_in_the_document() -> None:
    assert amounts("80,000 euros") == ["80,000 euros"]
    assert amounts("90,000 euros", "0,000 euros", "80,000", "euros", "payment") == []


def test_a_million_is_not_lost() -> None:
    assert amounts("€1.25") == ["€1.25 million"]


def test_names_are_whole_and_as_the_document_writes_them() -> None:
    said = ["maria keller", "Weir Bridge Company", "Anna", "the works", "Peter Vogel", "A", "x" * 300]
    assert named.names(said, GROUNDING, WHOLE) == ["Maria Keller", "Weir Bridge Company"]


def test_a_name_stands_once_and_in_full() -> None:
    assert named.distinct(["Keller", "Maria Keller", "MARIA KELLER", "Vogel"], 9) == ("Maria Keller", "Vogel")
    assert named.distinct(["a", "b", "c"], 2) == ("a", "b")
