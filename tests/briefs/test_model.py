"""model: a generated brief reads back as what went in."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from sitegen import frontmatter
from sitegen.briefs import model
from sitegen.enrich.summary import AmountMention, DateMention, Evidence, Point, Summary
from sitegen.sources.base import Document

DOCUMENT = Document("folder:a.txt", "Bridge: inspection", "text", dt.date(2026, 3, 1), tags=("water", "no"))


def summary(**changes: object) -> Summary:
    return Summary.model_validate({"method": "extract", "title": "T", "dek": "The bridge is *closed*.", **changes})


def test_a_brief_has_the_fields_that_editors_know_in_their_order() -> None:
    brief = model.generate(DOCUMENT, summary(language="en"), slug="bridge", status="draft")
    parsed = frontmatter.split(brief.text, "a.md")
    assert parsed.fields == {
        "title": "Bridge: inspection",
        "date": dt.date(2026, 3, 1),
        "slug": "bridge",
        "status": "draft",
        "tags": ["water", "no"],
        "language": "en",
        "summary": "The bridge is *closed*.",
        "method": "extract",
        "source": "folder:a.txt",
    }
    assert list(parsed.fields) == [name for name in brief.fields if brief.fields[name] is not None]


def test_the_body_shows_points_with_evidence_dates_and_amounts_in_the_documents_language() -> None:
    made = summary(
        method="summary",
        language="de",
        paragraphs=("Die Brücke ist gesperrt.",),
        points=(
            Point(text="Gesperrt.", evidence=Evidence(quote="Die Brücke [ist] gesperrt.", start=0, end=9, page=3)),
            Point(text="Gleich.", evidence=Evidence(quote="Gleich.", start=0, end=9)),
        ),
        dates=(DateMention(text="1. März 2026", iso="2026-03-01", about="Sperrung | Brücke"),),
        amounts=(AmountMention(text="5 €"),),
        people=("Ann_ B",),
    )
    body = model.generate(DOCUMENT, made, slug="b", status="draft").body
    assert body == (
        "Die Brücke ist gesperrt.\n\n"
        "## Das Wichtigste\n\n"
        "- Gesperrt.\n\n  > “Die Brücke \\[ist\\] gesperrt.” — Seite 3\n\n- Gleich.\n\n  > “Gleich.”\n\n"
        "## Termine und Daten\n\n"
        "| Datum | Worum es geht |\n| --- | --- |\n| 1. März 2026 | Sperrung \\| Brücke |\n\n"
        "## Beträge\n\n| Betrag | Worum es geht |\n| --- | --- |\n| 5 € |  |\n\n"
        "## Personen\n\n- Ann\\_ B\n"
    )


def test_an_extract_keeps_the_documents_title_and_a_summary_brings_its_own() -> None:
    extract = model.generate(DOCUMENT, summary(title="Other"), slug="b", status="draft")
    assert extract.fields["title"] == "Bridge: inspection"
    written = model.generate(DOCUMENT, summary(method="summary", title="Other"), slug="b", status="draft")
    assert written.fields["title"] == "Other"


def test_new_metadata_needs_no_new_text() -> None:
    brief = model.generate(DOCUMENT, summary(tags=("bridges",)), slug="b", status="draft")
    changed = Document("folder:a.txt", "New title", "text", None, tags=("roads",), correspondent="Office")
    updated = model.with_metadata(brief, changed)
    assert updated.body == brief.body
    assert updated.fields["tags"] == ["roads", "bridges"]
    assert (updated.fields["title"], updated.fields["correspondent"]) == ("New title", "Office")
    assert model.with_metadata(brief, DOCUMENT) == brief


@given(st.text(), st.text(), st.lists(st.text()), st.text())
def test_any_hostile_text_gives_a_brief_that_reads_back(title: str, dek: str, tags: list[str], name: str) -> None:
    document = Document("folder:x", title, "text", tags=tuple(tags), correspondent=name)
    brief = model.generate(document, summary(dek=dek, paragraphs=(dek,), people=(name,)), slug="s", status="draft")
    text = brief.text.encode().decode()
    parsed = frontmatter.split(text, "x.md")
    matter = frontmatter.validate(parsed.fields, "x.md", text)
    assert matter.title == brief.fields["title"]
    assert list(matter.tags) == brief.fields["tags"]
    assert matter.summary == brief.fields["summary"]
    assert (matter.status, matter.slug, matter.source) == ("draft", "s", "folder:x")
    assert parsed.body.strip() == brief.body.strip()
