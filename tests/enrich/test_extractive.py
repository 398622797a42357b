"""The built-in engine: an extract that is true to the document, the same every time, whatever the document is."""

from __future__ import annotations

import asyncio
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sitegen.enrich.engines.extractive import Extractive, extract, is_empty
from sitegen.enrich.summary import Summary
from sitegen.sources.base import PAGE_BREAK, Document
from sitegen.sources.folder import FolderSource

DEMO = Path(__file__).parents[2] / "demo"
PIECES = st.sampled_from(
    [
        "The Council decided to repair the Weir Bridge for EUR 3,850,000 by 12 March 2025. ",
        "Die Brücke wird am 15. April 2024 für den gesamten Verkehr gesperrt. ",
        "Le puits est arrêté depuis le 20 août 2024 par la Régie municipale des eaux. ",
        "Mayor Margarethe Quil\u00adlon said that the coun-\ncil had **met** in [Hinterwehr](x). ",
        *(
            "\n\n",
            "\f",
            "# Heading\n",
            "\u200b",
            "\u202e",
            "\x00",
            "- ",
            "1. ",
            "Page 1 of 2\n",
            "\ud83d",
            "| a | b |\n",
        ),
        "however ",
    ]
)
TEXTS = st.one_of(st.text(st.characters(), max_size=300), st.lists(PIECES, max_size=40).map("".join))


def document(text: str, **fields: Any) -> Document:
    return Document("folder:a.txt", fields.pop("title", "A title"), text, **fields)


def assert_evidence_holds(summary: Summary, text: str) -> None:
    for point in summary.points:
        quote, span = point.evidence.quote, text[point.evidence.start : point.evidence.end]
        assert point.text == quote
        assert (quote[0], quote[-1]) == (span[0], span[-1])
        rest = iter("".join(span.split()))
        assert all(letter in rest for letter in "".join(quote.split())), f"{quote!r} is not in {span!r}"


@settings(deadline=None)
@given(TEXTS)
def test_any_text_gives_an_extract_whose_quotes_are_at_their_offsets(text: str) -> None:
    summary = extract(document(text))
    assert summary.method == "extract"
    assert_evidence_holds(summary, text)
    assert summary == extract(document(text))
    summary.model_dump_json().encode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\f\t",
        "\x00" * 1000,
        "\u202e\u200f\u061c" * 1000,
        "\ud800" * 1000,
        ".,;:!?" * 30_000,
        "0123456789 " * 20_000,
        "word " * 40_000,
        "x" * 200_000,
        "ab-\n" * 50_000,
        "[a](" * 50_000,
        "*a " * 60_000,
        "<a " * 60_000,
        '"' * 200_000,
        "„»“«\"'" * 30_000,
        "„ab " * 50_000,
        "Mr. Dr. No. p. Art. vgl. z. B. e.g. i.e. " * 5_000,
        "市议会批准了桥梁预算" * 20_000,
        "word\n\n\n" * 25_000,
        "12 March 2025 EUR 5,000 " * 8_000,
        "123 456 " * 25_000,
        "Mr Abcd Efgh and " * 12_000,
        "Council of The Council of " * 8_000,
        "\n" * 200_000,
    ],
)
def test_hostile_text_is_done_in_bounded_time(text: str) -> None:
    begun = time.process_time()
    assert_evidence_holds(extract(document(text)), text)
    assert time.process_time() - begun < 10


def test_three_megabytes_take_less_than_ten_seconds() -> None:
    words = ["bridge", "council", "water", "report", "school", "house", "clock", "letter", "river", "budget", "tree"]
    sentence = "The {} of the {} was opened by Mayor Anna Hill on {} March 2025 at a cost of EUR {}. "
    parts = [
        sentence.format(words[n % 11], words[n // 11 % 11], n % 28 + 1, n)
        + "\n\n" * (n % 7 == 0)
        + "\f" * (n % 40 == 0)
        for n in range(37_000)
    ]
    text = "".join(parts)
    assert len(text) > 3_000_000
    begun = time.process_time()
    summary = extract(document(text))
    assert time.process_time() - begun < 10
    assert summary.points
    assert any("Very long" in note for note in summary.notes)
    assert_evidence_holds(summary, text)


@pytest.mark.parametrize(
    ("text", "empty"),
    [
        ("", True),
        ("1 2 3 4 5 6", True),
        ("- . ! a b c d e f", True),
        ("one two three four", True),
        ("ein zwei drei vier fünf", False),
    ],
)
def test_a_text_of_fewer_than_five_words_is_empty(text: str, empty: bool) -> None:
    assert is_empty(text) is empty


def test_the_page_of_a_point_is_the_page_it_stands_on() -> None:
    names = ["bridge", "school", "museum", "library", "station", "market"]
    pages = [
        f"The {name} of the town was closed in {year} after a long debate." for year, name in enumerate(names, 1901)
    ]
    summary = extract(document(PAGE_BREAK.join(pages), page_count=6, language="en"), points=2)
    assert summary.points
    for point in summary.points:
        assert point.evidence.page == next(number for number, page in enumerate(pages, 1) if page == point.text)
    assert (summary.pages_read, summary.pages_total) == (6, 6)


def test_the_best_sentence_stands_alone_and_the_rest_follows_in_order() -> None:
    text = (
        "The Council decided to repair the Weir Bridge and pays EUR 3,850,000 for it.\n\n"
        "However, they also thought about it for long. The bridge was closed on 15 April 2024 because of a crack.\n\n"
        "The engineers of the town found the crack in the steel during the inspection of the bridge.\n\n"
        "A public meeting about the closure takes place in the Market Hall in April.\n\n"
        "Buses use the Ford Bridge until the repair of the steel is done.\n"
    )
    summary = extract(document(text, title="The Weir Bridge", language="en"))
    assert summary.dek == "The Council decided to repair the Weir Bridge and pays EUR 3,850,000 for it."
    places = [text.index(sentence) for sentence in re.split(r"(?<=\.) ", " ".join(summary.paragraphs))]
    assert places == sorted(places)
    assert "However" not in summary.dek + " ".join(summary.paragraphs)


def test_scanning_errors_do_not_surface_while_clean_sentences_are_left() -> None:
    clean = [
        f"The council of the town decided to close the {name} in the spring."
        for name in ["bridge", "school", "museum", "library", "station", "market", "garden"]
    ]
    noisy = [
        "The counci1 of tbe town dccided to rcpair the bridgc witbout dclay.",
        "The owncr of the housc ~ wrotc to tbe town.",
    ]
    summary = extract(document("\n\n".join([*noisy, *clean]), language="en"))
    shown = [summary.dek, *summary.paragraphs, *(point.text for point in summary.points)]
    assert not any("tbe" in text for text in shown)


def test_a_list_says_that_it_has_no_sentences() -> None:
    summary = extract(
        document("Chair 12.00\nTable 13.00\nDesk 14.00\nLamp 15.00\nShelf 9.00\nBench 8.00", language="en")
    )
    assert summary.points == ()
    assert summary.notes


def test_the_language_of_the_source_is_trusted() -> None:
    text = "The bridge of the town is closed to all cars in April."
    assert extract(document(text)).language == "en"
    assert extract(document(text, language="de")).language == "de"


def test_the_engine_says_who_it_is_and_summarises() -> None:
    async def ask() -> tuple[str, str, Summary, int]:
        engine = Extractive(sentences=2, points=3)
        identity = await engine.identity()
        assert identity.options == {"sentences": 2, "points": 3}
        summary = await engine.summarize(document("The bridge of the town is closed to all cars."))
        assert [finding.state for finding in await engine.check()] == ["ok"]
        await engine.aclose()
        return identity.engine, identity.model, summary, engine.slots

    name, model, summary, slots = asyncio.run(ask())
    assert (name, model, slots) == ("extractive", "lexrank", 1)
    assert summary.dek == "The bridge of the town is closed to all cars."


# ------------------------------------------------------------------------------------------------- the demo archive


def demo() -> list[tuple[Document, dict[str, Any]]]:
    """Every document of the demo archive with its facts."""
    if not (DEMO / "facts.json").exists():
        return []
    facts: dict[str, dict[str, Any]] = json.loads((DEMO / "facts.json").read_text(encoding="utf-8"))

    async def read() -> list[Document]:
        changes = await FolderSource(DEMO / "documents").changes(None)
        return [entry async for entry in changes.documents if isinstance(entry, Document)]

    found = asyncio.run(read())
    return [(entry, facts[name]) for entry in found if (name := entry.ref.removeprefix("folder:")) in facts]


@pytest.fixture(scope="module")
def extracts() -> list[tuple[Document, Summary, dict[str, Any]]]:
    found = [(entry, extract(entry), facts) for entry, facts in demo()]
    if not found:
        pytest.skip("the demo archive is not built")
    return found


Extracts = list[tuple[Document, Summary, dict[str, Any]]]


def test_every_date_shown_is_a_fact_of_its_document(extracts: Extracts) -> None:
    wrong = [
        (entry.ref, date.text)
        for entry, summary, facts in extracts
        for date in summary.dates
        if date.iso not in {fact["iso"] for fact in facts["dates"]}
    ]
    assert wrong == []


def test_every_sum_shown_is_a_fact_of_its_document(extracts: Extracts) -> None:
    wrong = [
        (entry.ref, amount.text)
        for entry, summary, facts in extracts
        for amount in summary.amounts
        if amount.text not in {fact["text"] for fact in facts["amounts"]}
    ]
    assert wrong == []


@pytest.mark.parametrize("kind", ["people", "organisations", "places"])
def test_every_name_shown_is_a_fact_of_its_document(extracts: Extracts, kind: str) -> None:
    wrong = [
        (entry.ref, name)
        for entry, summary, facts in extracts
        for name in getattr(summary, kind)
        if name not in facts[kind]
    ]
    assert wrong == []


def test_the_demo_archive_gives_names_dates_and_sums_in_most_documents(extracts: Extracts) -> None:
    for kind in ("people", "organisations", "places", "dates", "amounts"):
        assert sum(bool(getattr(summary, kind)) for _, summary, _ in extracts) > 0.6 * len(extracts), kind


def test_every_document_of_the_demo_archive_reads_well(extracts: Extracts) -> None:
    for entry, summary, _ in extracts:
        assert 30 <= len(summary.dek) <= 320, entry.ref
        assert summary.dek[0].isupper() or not summary.dek[0].isalpha(), entry.ref
        assert summary.paragraphs, entry.ref
        assert len(summary.points) >= 1, entry.ref
        assert summary.dek not in summary.paragraphs[0], entry.ref
        assert_evidence_holds(summary, entry.text)


def test_the_same_document_gives_the_same_extract(extracts: Extracts) -> None:
    for entry, summary, _ in extracts[:6]:
        assert extract(entry) == summary


IN_OTHER_LANGUAGES = {
    "zh": "市议会于二〇二六年三月三日批准了三百万欧元的桥梁维修预算。检查员在冬季之前发现了二十四条裂缝。居民询"
    "问道路是否开放。学校办公室就午休时间的长短询问了所有家庭。",
    "ja": "市議会は二〇二六年三月三日に橋の修理予算を承認しました。検査官は冬の前に二十四のひび割れを見つけまし"
    "た。学校は昼休みの長さについて家族に尋ねました。",
    "ru": "Городской совет 3 марта 2026 года утвердил бюджет на ремонт моста. Инспекторы обнаружили двадцать "
    "четыре трещины. Мэр сказал, что грузовики до лета должны ехать в объезд. Школа спросила все семьи о "
    "длине перерыва.",
    "el": "Το δημοτικό συμβούλιο ενέκρινε στις 3 Μαρτίου 2026 τον προϋπολογισμό για τη γέφυρα. Οι επιθεωρητές "
    "βρήκαν είκοσι τέσσερις ρωγμές. Οι κάτοικοι ρώτησαν αν ο δρόμος θα μείνει ανοιχτός.",
    "ar": "وافق مجلس المدينة في 3 مارس 2026 على ميزانية إصلاح الجسر. وجد المفتشون أربعة وعشرين شقا قبل الشتاء. "
    "قال العمدة إن الشاحنات يجب أن تسلك طريقا آخر حتى الصيف.",
    "pl": "Rada miasta zatwierdziła 3 marca 2026 r. budżet na naprawę mostu. Inspektorzy znaleźli dwadzieścia "
    "cztery pęknięcia przed zimą. Burmistrz powiedział, że ciężarówki muszą do lata jechać inną drogą.",
    "fi": "Kaupunginvaltuusto hyväksyi 3. maaliskuuta 2026 sillan korjausbudjetin. Tarkastajat löysivät "
    "kaksikymmentäneljä halkeamaa ennen talvea. Pormestari sanoi, että kuorma-autojen on kierrettävä "
    "kesään asti.",
}


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("language", IN_OTHER_LANGUAGES)
def test_whole_sentences_are_picked_in_languages_of_which_no_words_are_known(language: str, known: bool) -> None:
    text = IN_OTHER_LANGUAGES[language]
    summary = extract(document(text, language=language if known else None))
    assert summary.notes == ()
    said = [summary.dek, *summary.paragraphs, *(point.text for point in summary.points)]
    assert summary.dek
    assert summary.dek != text
    assert all(sentence[-1] in ".。" for sentence in said)
    assert all(sentence in text for sentence in said)


def test_the_points_of_a_long_document_come_from_all_of_it() -> None:
    things = ["bridge", "school", "river", "library", "market", "harbour", "theatre", "station", "forest", "hospital"]
    parts = [
        f"{number}. The {thing}\n\n"
        + "\n\n".join(
            f"The council decided on {day} March 2026 to repair {thing} of district {day} for EUR {day}{number},500. "
            f"Inspector number {day * number} found that nobody had looked after its {word} since {1950 + day}."
            for day, word in enumerate(["roof", "wall", "floor", "door", "window", "stair", "cellar", "garden"], 1)
        )
        for number, thing in enumerate(things, 1)
    ]
    text = "\n\n".join(parts)
    places = [point.evidence.start * 5 // len(text) for point in extract(document(text), points=10).points]
    assert len(places) >= 8
    assert len(set(places)) >= 4  # of five equal parts
