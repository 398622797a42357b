"""The scan finds what is private in whole papers: letters, forms, tables, exports, and what a scanner made of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from sitegen.privacy.finding import KINDS
from sitegen.privacy.names import Names
from sitegen.privacy.scanner import Scanner
from sitegen.settings import Privacy
from tests.privacy.paperwork import HELD_OUT, NAMES, PAPERS, papers

SCANNER = Scanner(KINDS, regions=Privacy().regions, names=Names(NAMES))
KNOWN_GAPS = {
    "12345 Musterstadt",  # a town is no address, unless a street is beside it
    "33000",
    "EXEMPLE",  # of a name in the list, half of it
    "14 Acacia Aven ue",  # noise within a word
    "l4 ju1llet 1955",
    "046 454 286",  # found as a phone number, which keeps it back as well
    "Spring-2026!",  # nothing but its meaning says what it is
    "5390",
    "07 00 12 34 56",  # no exchange has it
}


@pytest.mark.parametrize(("chosen", "count", "most"), [(PAPERS, 224, 0.03), (HELD_OUT, 71, 0.06)])
def test_few_of_the_values_in_whole_papers_are_missed(chosen: Mapping[str, str], count: int, most: float) -> None:
    total, missed = 0, list[str]()
    for name, text, planted in papers(chosen):
        found = [one for one in SCANNER.scan(text) if one.certain]
        for kind, start, end in planted:
            total += 1
            if not any(one.kind == kind and one.start < end and start < one.end for one in found):
                missed.append(text[start:end])
                assert text[start:end] in KNOWN_GAPS, (name, kind)
    assert total == count
    assert len(missed) <= most * total, missed


def others(chosen: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """What is found where nothing is planted."""
    for name, text, planted in papers(chosen):
        for one in SCANNER.scan(text):
            if one.certain and not any(one.start < end and start < one.end for _, start, end in planted):
                yield name, one.kind, text[one.start : one.end]


def test_all_else_in_these_papers_is_left_alone() -> None:
    assert [*others(PAPERS), *others(HELD_OUT)] == []


def test_a_cell_is_read_with_the_head_of_its_column() -> None:
    rows = (
        "| Name | Born | Load |\n| --- | --- | --- |\n| A | 12 April 1971 | 12.3.1971 |\n",
        "name,born,due\nA,1971-04-12,1971-04-13\n",
        'name;"born";due\nA;"12.04.1971";13.04.1971\n',
        "Name    Born          Due\nA       12/04/1971    13/04/1971\n",
    )
    for text in rows:
        (one,) = SCANNER.scan(text)
        assert (one.kind, text[one.start : one.end][:2]) == ("birth", text[text.index("1") :][:2])
    for text in (
        "Born, as we know, in the north.\n12.04.1971, 13.04.1971, x\n",
        "Name, born, due.\n\nOn 1971-04-12, he left.\n",
    ):
        assert SCANNER.scan(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "The H2O model, OSI layer 3, IO1, l2 norm, O(n), B1 level and Il10 of 2024; lOOK at I/O 2.",
        "To address 12 Key Challenges on the street: 3 Main Themes. Address 2 of 4. IP address: 10.0.0.1",
        "The password for the hall is required. Das Passwort des Vereins ist vergessen. pass H.R.1234 today",
        "A. B. Smith met J. Doe on 3 March; see Roe, p. 12, and J Roe.",
        "Straße | 44 Keller, 6 Erdgeschosse\nPLZ, Ort: 12345",
        "Dossier 069 123 26 00042, Az. 030 23125 014, n° 01 99 00 12 34",
        "License: BSD-2-clause\nPin check used: pins.sh\nThe key to it is 2024.",
        "a @ b.example and 3 @ 4.50 each; meet @ noon . Then",
    ],
)
def test_what_only_looks_private_is_left_alone(text: str) -> None:
    assert [one for one in SCANNER.scan(text) if one.certain] == []
