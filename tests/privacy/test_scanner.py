"""The scan finds what is planted, and leaves alone what only looks like it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sitegen.privacy import addresses, births
from sitegen.privacy.finding import KINDS, Finding, fingerprint, masked
from sitegen.privacy.names import Names
from sitegen.privacy.reading import Reading
from sitegen.privacy.scanner import Find, Scanner
from sitegen.privacy.triggers import Look, Sort
from sitegen.settings import Privacy
from tests.privacy.planted import FORMATS, ITEMS, NAMES, planted

SAMPLE = Path(__file__).parents[3] / "shared" / "data" / "sample" / "text"
SCANNER = Scanner(KINDS, regions=Privacy().regions, names=Names(NAMES))


def found(text: str) -> list[tuple[str, str]]:
    """Kind and words of what stops a build."""
    return [(one.kind, text[one.start : one.end]) for one in SCANNER.scan(text) if one.certain]


def test_at_most_three_in_a_hundred_planted_items_are_missed_of_each_kind_and_language() -> None:
    assert len(ITEMS) * len(FORMATS) > 2_000
    assert len(FORMATS) == 12
    missed: Counter[tuple[str, str]] = Counter()
    for item, form, text, start, end in planted():
        hits = [one for one in SCANNER.scan(text) if one.certain and one.kind == item.kind]
        if not any(one.start < end and start < one.end for one in hits):
            missed[item.language, f"{item.kind} {item.value}"] += 1
            assert (item.language, item.value) in KNOWN_GAPS, f"{form}: {text}"
    assert missed.total() <= 0.03 * len(ITEMS) * len(FORMATS), missed


KNOWN_GAPS = {("en", "12 May 1950")}
"""``b. 12 May 1950``: lists of things from a to z would be full of births."""


def test_what_is_found_in_the_real_documents_is_what_it_is_called() -> None:
    """Each of these was looked at: addresses and numbers of offices and people, and nothing else."""
    if not SAMPLE.is_dir():
        pytest.skip("the real documents are not beside this checkout")
    true: Sequence[tuple[str, str]] = (
        ("address", "Walnut Street"), ("address", "Clifton Road"), ("address", "Main Street"),
        ("address", "Bureau Drive"), ("address", "Maximilianstrasse 13"),
        ("phone", "770-488-7492"), ("phone", "770-488-3635"), ("phone", "(877) 472-6716"),
        ("email", "@gsa.gov"), ("email", "@cdc.gov"), ("email", "@ams.usda.gov"), ("email", "@nist.gov"),
        ("email", "@data.gouv.fr"),
    )  # fmt: skip
    alarms = []
    for path in sorted(SAMPLE.glob("*.txt")):
        for kind, words in found(path.read_text(encoding="utf-8")):
            if not any(kind == wanted and part in " ".join(words.split()) for wanted, part in true):
                alarms.append((path.name, kind, words))
    assert alarms == []


@pytest.mark.parametrize(
    "text",
    [
        "The budget of 12.03.2024 names EUR 412,500 and 1.250.000,00 EUR.",
        "Docket No. 21-1507, 592 U.S. ___ (2020), 14 S. Ct. 234; see 42 U.S.C. 1320a-7.",
        "Art. 17 Abs. 2, BGBl. I S. 1234; § 12 Absatz 3 Satz 2; Drucksache 18/12345.",
        "ISBN 978-3-16-148410-0, ISSN 2049-3630, DOI 10.1000/182, arXiv 2502.00977.",
        "Le 01/02/2024 à 14 h 30, 3 place(s) et 2 cours d'eau; article L. 311-1 du code.",
        "On 10 May 2024 the council of the town met at 14:30, room 210, item 3.",
        "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08, version 10.4.2.118",
        "From 2019 to 2024 the number rose from 10 234 to 12 345 678; 16 court cases, 30 Supreme Court judges.",
        "Am 3. Oktober 2024 tagte der Rat; Platz 3 von 12, Weg 4, Ring 5 der Anlage 2.",
        "SN 4111 1111 1111 1112 and DE89 3704 0044 0532 0130 01 have wrong check digits.",
        "The password is required. Passwort: erforderlich. Mot de passe : oublié ? Token: none",
        "geboren in Köln, wohnt seit 1990 in Bonn; the town was born of a fire; né pour gagner.",
        "See @media print, logo@2x.png, pkg@1.2.3 and http://www.example.com/a-b/2024/12.",
        "Coordinates 48.137154, 11.576124; UTM 32U 691607 5334760; EAN 4006381333931.",
    ],
)
def test_what_only_looks_private_is_left_alone(text: str) -> None:
    assert found(text) == []


CLOSE: Mapping[Sort, Find] = {
    "english": addresses.find_english,
    "box": addresses.find_boxes,
    "german": addresses.find_german,
    "french": addresses.find_french,
    "home": addresses.find_homes,
    "birth": births.find,
}
PIECES = [
    *(f"{item.label} {item.value}" for item in ITEMS if item.kind in ("address", "birth")),
    *(
        "12",
        "7 bis",
        "2024",
        "3-5",
        "Main",
        "5th",
        "St.",
        "Ave",
        "Court",
        "IL 62701",
        "NY, 10118",
        "SW1A 2AA",
        "NW16XE",
    ),
    *(
        "Am Markt 5",
        "Lange Straße",
        "Hauptstr.",
        "Platz der Einheit",
        "50667 Köln",
        "D-10117 Berlin",
        "rue",
        "Allée",
        "de la",
    ),
    *(
        "Église",
        "1050 Ixelles",
        "place",
        "Quai",
        "Postfach 12 34, 12345 Bonn",
        "BP 12, 75001 Paris",
        "The",
        "of",
        "und",
    ),
    *(
        "Address:",
        "home_address =",
        "Street ......",
        "wohnhaft",
        "lives at",
        "An den Weiden 3",
        "22 Bramble Way",
        "EH3 9QG",
    ),
    *("born", "geb.", "*12.3.1950", "née le", "nées", "d.o.b.", "12.03.1950", "March 3, 1979", "1950-03-12"),
]


@given(st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from((" ", " ", " ", ", ", "\n"))), max_size=30))
@settings(max_examples=300, deadline=None)
def test_what_is_read_closely_is_all_that_a_close_reading_of_the_whole_text_would_find(
    pieces: list[tuple[str, str]],
) -> None:
    """Of addresses and dates of birth, whose looks ask for more than a word."""
    text = "".join(piece + gap for piece, gap in pieces)
    look = Look(text)
    for sort, find in CLOSE.items():
        inside = {one for start, end in look.spans(sort) for one in find(text, start, end)}
        for one in find(text, 0, len(text)):
            assert any(other.start <= one.start and one.end <= other.end for other in inside), one.value


def test_words_that_only_begin_like_birth_are_none() -> None:
    for text in ("Bornholm, 12.03.2024", "** Gebühren 12.03.2024", "La négociation 12.03.2024 * *"):
        assert found(text) == []


def test_halves_of_characters_stop_no_scan() -> None:
    assert [kind for kind, _ in found("\ud800 born on 14 February 1985")] == ["birth"]


def test_an_office_is_told_but_stops_nothing() -> None:
    assert [(one.kind, one.certain) for one in SCANNER.scan("Ask info@example.org or press@example.org.")] == [
        ("email", False),
        ("email", False),
    ]


def test_names_of_the_list_are_found_in_any_case_order_and_genitive() -> None:
    names = Names(["Jane Roe", "Élodie Größe  # left in 2020", "", "# a remark"])
    texts = ["Jane Roe", "ROE, Jane", "Jane Roe's house", "elodie grosse", "ÉLODIE  GRÖSSE", "Jane\nRoe"]
    assert [len(list(names.find(text))) for text in texts] == [1] * len(texts)
    assert [list(names.find(text)) for text in ["Jane met Roe", "Janet Roe", "left in 2020", "roe"]] == [[]] * 4


def test_a_kind_that_is_not_asked_for_is_not_found() -> None:
    text = "Call (212) 555-0147 or write to jane.doe@example.com."
    assert [one.kind for one in Scanner(["email"]).scan(text)] == ["email"]
    assert Scanner([]).scan(text) == []


def test_places_are_those_of_the_file_whatever_the_text_is_wrapped_in() -> None:
    raw = "a&nbsp;b \\[c\\] jane&#46;doe&amp;#64;example.com and \u201334\u2013 +1\u00a0202\u2011555\u20110173 end"
    spans = [raw[one.start : one.end] for one in SCANNER.scan(raw)]
    assert spans[0].startswith("jane&#46;doe")
    assert spans[1] == "+1\u00a0202\u2011555\u20110173"
    plain = Reading("no escapes at all")
    assert plain.raw_span(3, 10) == (3, 10)


def test_a_finding_never_shows_its_value() -> None:
    for item in ITEMS:
        for one in SCANNER.scan(f"{item.label} {item.value}"):
            told = f"{one!r} {one.mask} {one.fingerprint('paperless:1')}"
            for part in one.value.split():
                assert len(part) < 4 or part not in told.casefold()


def test_a_fingerprint_is_short_stays_the_same_and_is_of_one_brief_only() -> None:
    one, other = (fingerprint("phone", "+12025550173", source) for source in ("paperless:1", "paperless:2"))
    assert one == fingerprint("phone", "+12025550173", "paperless:1") == "phone-" + one[-4:]
    assert one != other
    assert masked("email", "jane@example.com") == "j***@e***.com"
    assert masked("credential", "hunter2") == "***"


def test_two_ways_to_write_a_value_are_one_value() -> None:
    pairs = [("+1 202-555-0173", "(202) 555-0173"), ("DE89 3704 0044 0532 0130 00", "DE89370400440532013000")]
    for first, second in pairs:
        assert SCANNER.scan(first)[0].value == SCANNER.scan(second)[0].value


HOSTILE = [
    *(
        "@",
        "a@",
        "a@b.",
        "1 ",
        "0 ",
        "01 ",
        "0-",
        "1 A ",
        "DE89 ",
        "4111 ",
        "41111",
        "eyJ",
        "eyJa.",
        "://a:b@",
        "né a ",
    ),
    *("born a ", "Lange ", "Am Alten ", "rue de la A", "1 rue ", "tel 1", "a (at) ", "&amp;", "\\", "''a", "A1", "A, "),
    *(
        "Address: ",
        "Tel a b ",
        "| Tel |\n",
        "tel,tel,tel\n",
        "Tel  Tel  Tel\n",
        "password for a ",
        "lO1",
        "O0 ",
        "a . a @ ",
    ),
    *("-----BEGIN PRIVATE KEY-----", "P.O. Box 1 ", "secret=", "1. Mai ", "Jane ", "12 Street ", "x"),
]


@pytest.mark.parametrize("unit", HOSTILE)
def test_no_text_makes_the_scan_slow(unit: str) -> None:
    """Ten times the text takes about ten times as long, whatever it is made of."""

    def cost(size: int) -> float:
        text = unit * (size // len(unit))
        started = time.process_time()
        SCANNER.scan(text)
        return time.process_time() - started

    cost(1_000)
    assert cost(20_000) < 30 * max(cost(2_000), 0.005)


@pytest.mark.parametrize(
    "text",
    ["Call (212) 555-0147. 1 min", "call (212) 555-0147 2 times", "Tel. (212) 555-0147, 12 x", "+1 212 555 0147 10 a"],
)
def test_what_follows_a_phone_number_is_no_part_of_it(text: str) -> None:
    assert [(one.kind, one.value) for one in SCANNER.scan(text)] == [("phone", "+12125550147")]


def test_overlapping_findings_are_told_once() -> None:
    text = "https://jane:s3cretpw@example.com/ and IBAN DE89 3704 0044 0532 0130 00"
    spans = sorted((one.start, one.end) for one in SCANNER.scan(text))
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert [kind for kind, _ in found(text)] == ["credential", "iban"]


def test_a_private_key_is_found_to_its_end() -> None:
    key = "-----BEGIN RSA PRIVATE " + "KEY-----\nMIIEow\nabcd\n-----END RSA PRIVATE " + "KEY-----"
    (one,) = SCANNER.scan(f"before\n{key}\nafter")
    assert (one.start, one.end) == (7, 7 + len(key))
    assert isinstance(one, Finding)
