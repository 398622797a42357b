"""The demo archive is what it claims to be: complete, true to its facts, and rebuilt from its sources."""

from __future__ import annotations

import calendar
import json
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

pypdf = pytest.importorskip("pypdf")

DEMO = Path(__file__).parents[2] / "demo"
DOCUMENTS = DEMO / "documents"
METADATA: list[dict[str, Any]] = [
    json.loads(line) for line in (DOCUMENTS / "metadata.jsonl").read_text(encoding="utf-8").splitlines()
]
FACTS: dict[str, dict[str, list[Any]]] = json.loads((DEMO / "facts.json").read_text(encoding="utf-8"))
LANGUAGES: dict[str, str] = {entry["file"]: entry["language"] for entry in METADATA}
FILES = sorted(FACTS)
MONTHS = {
    "en": tuple(calendar.month_name)[1:],
    "de": (
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ),
    "fr": (
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ),
}
TAGS = {
    *("transport", "water", "budget", "schools", "housing", "courts", "environment", "culture", "safety"),
    *("procurement", "council", "planning", "health", "heritage", "economy"),
}
TITLES = (
    *("Mr", "Ms", "Mrs", "Dr", "Judge", "Mayor", "Councillor", "Herr", "Herrn", "Frau"),
    *("Stadtrat", "Stadträtin", "Bürgermeisterin", r"M\.", "Mme", r"Dipl\.-Ing\."),
)
every_file = pytest.mark.parametrize("file", FILES)


@cache
def lines_of(file: str) -> str:
    """The text of a document as a reader of the file gets it, with single spaces in its lines."""
    path = DOCUMENTS / file
    if path.suffix == ".pdf":
        text = "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
    else:
        text = path.read_text(encoding="utf-8")
    return "\n".join(" ".join(line.split()) for line in text.splitlines())


def text_of(file: str) -> str:
    """The text of a document with single spaces and no line breaks."""
    return lines_of(file).replace("\n", " ")


def is_scan(file: str) -> bool:
    """Say whether a file is a PDF whose first page is a picture."""
    return file.endswith(".pdf") and bool(pypdf.PdfReader(DOCUMENTS / file).pages[0].images)


def texts(file: str, kind: str) -> list[str]:
    """The wordings of the facts of one kind."""
    return [fact if isinstance(fact, str) else fact["text"] for fact in FACTS[file][kind]]


def read_date(text: str, language: str) -> str:
    """Read a worded date, on its own terms, into its ISO form; a missing year is left out."""
    if re.fullmatch(r"\d{4}", text):
        return text
    month = next(number for number, name in enumerate(MONTHS[language], 1) if name in text)
    year = re.search(r"\d{4}", text)
    day = re.match(r"(\d{1,2})(?:er|\.)? ", text)
    return "-".join(
        part for part in (year[0] if year else "", f"{month:02}", f"{int(day[1]):02}" if day else "") if part
    )


def read_number(text: str, language: str) -> float:
    """Read a worded number on its own terms."""
    bare = re.sub(r"[^\d.,-]", "", text)
    return float(bare.replace(",", "") if language == "en" else bare.replace(".", "").replace(",", "."))


def test_there_are_thirty_documents_in_three_languages() -> None:
    assert len(METADATA) == 30
    assert Counter(LANGUAGES.values()) == {"en": 14, "de": 9, "fr": 7}


def test_there_are_three_kinds_of_file() -> None:
    kinds = Counter("scan" if is_scan(file) else file.rpartition(".")[2] for file in FILES)
    assert kinds["txt"] + kinds["md"] == 10
    assert kinds["pdf"] == 12
    assert kinds["scan"] == 8


def test_the_archive_is_small() -> None:
    assert sum(path.stat().st_size for path in DEMO.rglob("*") if path.is_file() and path.suffix != ".pyc") < 4_000_000


def test_the_study_has_sixty_pages_with_contents_and_findings() -> None:
    file = "settled-ground-study-2025.pdf"
    assert 58 <= len(pypdf.PdfReader(DOCUMENTS / file).pages) <= 62
    text = text_of(file)
    assert all(f"F{number}." in text for number in range(1, 25))
    assert all(f"R{number}." in text for number in range(1, 17))


def test_the_contents_of_the_study_name_the_right_pages() -> None:
    pages = [page.extract_text() for page in pypdf.PdfReader(DOCUMENTS / "settled-ground-study-2025.pdf").pages]
    entries = re.findall(r"(?m)^(\d+\.\d? [^\n]+?) (\d+)$", pages[1] + "\n" + pages[2])
    assert len(entries) > 40
    for title, number in entries:
        assert title in pages[int(number) - 1], title


def test_the_study_does_not_repeat_itself() -> None:
    sentences = Counter(
        sentence
        for sentence in re.split(r"(?<=[.!?]) ", text_of("settled-ground-study-2025.pdf"))
        if len(sentence) > 60
    )
    assert [sentence for sentence, count in sentences.items() if count > 3] == []


def test_every_document_has_its_metadata_and_its_facts() -> None:
    files = {path.name for path in DOCUMENTS.iterdir()} - {"metadata.jsonl"}
    assert files == {entry["file"] for entry in METADATA} == set(FACTS)
    assert len({entry["id"] for entry in METADATA}) == len(METADATA)


def test_metadata_is_complete() -> None:
    for entry in METADATA:
        assert re.fullmatch(r"202[3-6]-\d\d-\d\d", entry["created"]), entry
        assert all(entry[key] for key in ("title", "correspondent", "document_type")), entry
        assert 1 <= len(entry["tags"]) <= 4, entry
        assert set(entry["tags"]) <= TAGS, entry
        assert not set("{}\u00a0") & set(entry["title"]), entry


def test_every_tag_is_used_more_than_once() -> None:
    counts = Counter(tag for entry in METADATA for tag in entry["tags"])
    assert set(counts) == TAGS
    assert min(counts.values()) > 1


@every_file
def test_file_names_are_tame(file: str) -> None:
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]*\.(txt|md|pdf)", file)
    assert len(file) < 80


@every_file
def test_the_text_contains_every_fact(file: str) -> None:
    text = text_of(file)
    for kind in ("dates", "amounts", "numbers", "people", "organisations", "places"):
        assert [fact for fact in texts(file, kind) if fact not in text] == [], kind


@every_file
def test_no_date_is_missing_from_the_facts(file: str) -> None:
    months = "|".join(MONTHS[LANGUAGES[file]])
    found = re.findall(
        rf"(?:\b\d{{1,2}}(?:er|\.)? )?\b(?:{months}) \d{{4}}\b|\b\d{{1,2}}(?:er|\.)? (?:{months})\b", text_of(file)
    )
    found += re.findall(r"\b\d{4}-\d\d-\d\d\b|\b\d{1,2}\.\d{1,2}\.\d{4}\b", text_of(file))
    known = texts(file, "dates")
    assert [date for date in found if not any(date in text for text in known)] == []


@every_file
def test_no_year_is_missing_from_the_facts(file: str) -> None:
    known = " ".join(texts(file, "dates") + texts(file, "numbers"))
    assert [year for year in re.findall(r"\b(?:1[89]|20)\d\d\b(?![.,]\d)", text_of(file)) if year not in known] == []


@every_file
def test_no_amount_is_missing_from_the_facts(file: str) -> None:
    text = text_of(file)
    found = re.findall(r"EUR -?\d[\d,]*(?:\.\d+)?", text) if LANGUAGES[file] == "en" else []
    if LANGUAGES[file] != "en":
        found = re.findall(r"(?<![\d.,])-?\d{1,3}(?:[. ]\d{3})*(?:,\d+)? EUR", text)
    known = texts(file, "amounts")
    assert [amount for amount in found if amount.rstrip(",") not in known] == []
    assert "€" not in text


@every_file
def test_no_number_is_missing_from_the_facts(file: str) -> None:
    known = " ".join(texts(file, "numbers") + texts(file, "dates") + texts(file, "amounts"))
    digits = set(re.findall(r"\d+", known))
    assert [number for number in re.findall(r"(?<!\w)\d+", text_of(file)) if number not in digits] == []


@every_file
def test_no_titled_person_is_missing_from_the_facts(file: str) -> None:
    titles = "(?:" + "|".join(TITLES) + ")"
    known = " ".join(texts(file, "people"))
    found = re.findall(rf"\b{titles} ((?:[A-ZÉ][\w'-]+ ?){{1,2}})", lines_of(file))
    assert [name for name in found if name.split()[0].removesuffix("'s") not in known] == []


@every_file
def test_no_pair_of_capitalised_words_is_an_unknown_person(file: str) -> None:
    first_names = {name.split()[0] for facts in FACTS.values() for name in facts["people"] if " " in name}
    known = texts(file, "people")
    pairs = re.findall(r"\b([A-ZÉ][a-zéèü]+) ([A-ZÉ][a-zéèü]+)\b", text_of(file))
    assert [
        pair for pair in pairs if pair[0] in first_names and not any(" ".join(pair) in name for name in known)
    ] == []


@every_file
def test_dates_mean_what_they_say(file: str) -> None:
    for fact in FACTS[file]["dates"]:
        read = read_date(fact["text"], LANGUAGES[file])
        assert fact["iso"].endswith(read) if re.match(r"\d\d-", read) else fact["iso"] == read, fact


@every_file
def test_amounts_and_numbers_mean_what_they_say(file: str) -> None:
    for fact in FACTS[file]["amounts"]:
        assert fact["currency"] == "EUR"
        assert read_number(fact["text"], LANGUAGES[file]) == float(fact["value"]), fact
    for fact in FACTS[file]["numbers"]:
        if re.fullmatch(r"[\d.]+", fact["value"]) and fact["value"].count(".") < 2 and fact["value"] != fact["text"]:
            assert read_number(fact["text"], LANGUAGES[file]) == float(fact["value"]), fact


def test_scans_read_imperfectly() -> None:
    damaged = Counter(char for file in FILES if is_scan(file) for char in re.findall(r"[~|_]|\w1\w", text_of(file)))
    assert sum(damaged.values()) > 10


def test_some_threads_run_through_several_documents() -> None:
    bridge = {file for file in FILES if {"Weir Bridge", "Wehrbrücke", "pont du Barrage"} & set(FACTS[file]["places"])}
    assert len(bridge) >= 10
    assert {LANGUAGES[file] for file in bridge} == {"en", "de", "fr"}


@pytest.mark.slow
def test_rebuilding_gives_the_same_archive(tmp_path: Path) -> None:
    """Two builds agree in every byte; the committed archive agrees in metadata, facts and every text."""
    pytest.importorskip("fpdf")
    pytest.importorskip("pypdfium2")
    builds = [tmp_path / "one", tmp_path / "two"]
    for build in builds:
        subprocess.run([sys.executable, str(DEMO / "make_archive.py"), str(build)], check=True)
    one, two = ({path.relative_to(b): path.read_bytes() for path in b.rglob("*") if path.is_file()} for b in builds)
    assert one == two
    assert one[Path("facts.json")] == (DEMO / "facts.json").read_bytes()
    for path in sorted(DOCUMENTS.iterdir()):
        built = builds[0] / "documents" / path.name
        if path.suffix != ".pdf":
            assert built.read_bytes() == path.read_bytes(), path.name
        else:
            pages = zip(pypdf.PdfReader(built).pages, pypdf.PdfReader(path).pages, strict=True)
            assert all(new.extract_text() == old.extract_text() for new, old in pages), path.name
