"""store: an editor's file is never overwritten, and identity is the source."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from sitegen import files
from sitegen.briefs import provenance
from sitegen.briefs.model import Generated, generate
from sitegen.briefs.provenance import Made
from sitegen.briefs.store import Store, each
from sitegen.enrich.summary import Summary
from sitegen.errors import BriefMissing, FrontMatterBroken, ProvenanceBroken, SourceClaimedTwice
from sitegen.sources.base import Document

REF = "folder:bridge.txt"
MADE = Made(
    method="extract",
    engine="extractive",
    model="lexrank",
    digest="1",
    at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    text_hash="t",
    cache_key="k",
)


def brief(dek: str = "One.", *, ref: str = REF, title: str = "Bridge", slug: str = "bridge") -> Generated:
    summary = Summary(method="extract", title=title, dek=dek, paragraphs=(dek,))
    return generate(Document(ref, title, "text"), summary, slug=slug, status="draft")


def test_a_new_brief_is_written_with_its_record(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    assert store.save(REF, brief(), MADE) == "created"
    assert (tmp_path / "bridge.md").read_text() == brief().text
    record = Store.open(tmp_path).record(REF)
    assert record is not None
    assert record.generated is not None
    assert record.generated.generated() == brief()
    assert record.made == MADE


def test_an_untouched_brief_follows_its_document(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    store.save(REF, brief(), MADE)
    assert store.save(REF, brief(), MADE) == "unchanged"
    assert store.save(REF, brief("Two."), MADE) == "updated"
    assert "Two." in (tmp_path / "bridge.md").read_text()


def test_an_edited_brief_is_never_overwritten_and_the_new_text_waits(tmp_path: Path) -> None:
    Store.open(tmp_path).save(REF, brief(), MADE)
    edited = (tmp_path / "bridge.md").read_text().replace("One.", "My own words.")
    (tmp_path / "bridge.md").write_text(edited)
    store = Store.open(tmp_path)
    assert store.save(REF, brief(), MADE) == "unchanged"
    assert store.save(REF, brief("Two."), MADE) == "proposed"
    assert store.save(REF, brief("Two."), MADE) == "unchanged"
    assert (tmp_path / "bridge.md").read_text() == edited
    record = store.record(REF)
    assert record is not None
    assert record.proposal is not None
    assert "Two." in record.proposal.text.body
    assert record.generated is not None
    assert "One." in record.generated.body


def test_a_proposal_that_is_overtaken_by_the_old_text_is_dropped(tmp_path: Path) -> None:
    Store.open(tmp_path).save(REF, brief(), MADE)
    path = tmp_path / "bridge.md"
    path.write_text(path.read_text() + "\nMine.\n")
    store = Store.open(tmp_path)
    store.save(REF, brief("Two."), MADE)
    store.save(REF, brief(), MADE)
    record = store.record(REF)
    assert record is not None
    assert record.proposal is None


def test_an_edit_while_the_engine_worked_is_seen(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    store.save(REF, brief(), MADE)
    path = tmp_path / "bridge.md"
    path.write_text(path.read_text().replace("One.", "Late words."))
    assert store.save(REF, brief("Two."), MADE) == "proposed"
    assert "Late words." in path.read_text()


def test_a_renamed_and_moved_brief_is_found_by_its_source(tmp_path: Path) -> None:
    Store.open(tmp_path).save(REF, brief(), MADE)
    (tmp_path / "bridges").mkdir()
    (tmp_path / "bridge.md").rename(tmp_path / "bridges" / "old-bridge.md")
    store = Store.open(tmp_path)
    assert store.save(REF, brief("Two."), MADE) == "updated"
    assert not (tmp_path / "bridge.md").exists()
    assert "Two." in (tmp_path / "bridges" / "old-bridge.md").read_text()


def test_a_brief_that_an_editor_deleted_stays_deleted(tmp_path: Path) -> None:
    Store.open(tmp_path).save(REF, brief(), MADE)
    (tmp_path / "bridge.md").unlink()
    store = Store.open(tmp_path)
    assert store.save(REF, brief("Two."), MADE) == "deleted"
    assert not (tmp_path / "bridge.md").exists()


def test_after_a_crash_between_brief_and_record_the_brief_is_adopted(tmp_path: Path) -> None:
    Store.open(tmp_path).save(REF, brief(), MADE)
    provenance.record_path(tmp_path, REF).unlink()
    store = Store.open(tmp_path)
    assert store.save(REF, brief(), MADE) == "created"
    assert store.record(REF) is not None
    assert len(list(tmp_path.glob("*.md"))) == 1


def test_a_hand_written_brief_of_a_document_is_the_editors(tmp_path: Path) -> None:
    files.write_atomic(tmp_path / "mine.md", f"---\ntitle: Mine\nstatus: draft\nsource: {REF}\n---\nMy text.\n")
    store = Store.open(tmp_path)
    assert store.save(REF, brief(slug="mine"), MADE) == "proposed"
    assert "My text." in (tmp_path / "mine.md").read_text()


def test_two_files_that_claim_one_source_are_an_error_naming_both(tmp_path: Path) -> None:
    for name in ("a.md", "b.md"):
        files.write_atomic(tmp_path / name, f"---\ntitle: A\nsource: {REF}\nstatus: draft\n---\n")
    with pytest.raises(SourceClaimedTwice, match=r"b\.md:3.*a\.md"):
        Store.open(tmp_path)


def test_equal_odd_and_hostile_titles_get_slugs_of_their_own(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    titles = [
        "Bridge",
        "Bridge",
        "Bridge",
        "!!!",
        "…",
        "../../etc/passwd",
        "x" * 500,
        "Übermaß der Brücke",
        "大桥",
        "index",
    ]
    slugs = []
    for number, title in enumerate(titles):
        ref = f"folder:{number}"
        slug = store.slug_for(ref, title)
        assert store.save(ref, brief(ref=ref, title=title, slug=slug), MADE) == "created"
        assert store.slug_for(ref, "another title") == slug
        slugs.append(slug)
    assert len(set(slugs)) == len(slugs)
    assert slugs[:6] == ["bridge", "bridge-2", "bridge-3", "document-3", "document-4", "etc-passwd"]
    assert all(0 < len(slug) <= 75 and "/" not in slug and ".." not in slug for slug in slugs)
    assert sorted(path.name for path in tmp_path.glob("*.md")) == sorted(f"{slug}.md" for slug in slugs)


def test_long_titles_are_cut_at_a_word(tmp_path: Path) -> None:
    title = "Settled ground and the housing of a small town on the river between two countries"
    assert Store.open(tmp_path).slug_for("folder:x", title) == (
        "settled-ground-and-the-housing-of-a-small-town-on-the-river-between"
    )


def test_german_slugs_spell_out_umlauts(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    assert store.slug_for("folder:x", "Übermaß der Brücke", "de") == "uebermass-der-bruecke"
    assert store.slug_for("folder:x", "Smörgås på väg", "sv") == "smorgas-pa-vag"


@pytest.mark.parametrize("ref", ["bridge", "bridge.md", REF, "briefs/bridge.md"])
def test_a_brief_is_found_by_what_a_person_calls_it(tmp_path: Path, ref: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    root = tmp_path / "briefs"
    store = Store.open(root)
    store.save(REF, brief(), MADE)
    assert store.find(ref).path == "bridge.md"
    with pytest.raises(BriefMissing):
        store.find("tunnel")


def test_a_broken_brief_is_left_alone_and_named(tmp_path: Path) -> None:
    files.write_atomic(tmp_path / "bad.md", "---\ntitle: [\n---\n")
    files.write_atomic(tmp_path / "worse.md", b"\xff\xfe")
    store = Store.open(tmp_path)
    assert len(store.broken) == 2
    assert store.save(REF, brief(), MADE) == "created"
    assert (tmp_path / "bad.md").read_text() == "---\ntitle: [\n---\n"
    for name in ("bad", "bad.md"):
        with pytest.raises(FrontMatterBroken, match=r"bad\.md"):  # and not that there is no such brief
            store.find(name)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"source": 3}', "\0"])
def test_a_broken_record_is_a_clear_error(tmp_path: Path, text: str) -> None:
    Store.open(tmp_path).save(REF, brief(), MADE)
    provenance.record_path(tmp_path, REF).write_text(text)
    with pytest.raises(ProvenanceBroken, match=r"\.json"):
        Store.open(tmp_path).save(REF, brief("Two."), MADE)


def test_each_brief_comes_once_and_one_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    for number in range(5):
        ref = f"folder:{number}.txt"
        store.save(ref, brief(ref=ref, slug=f"b{number}"), MADE)
    (tmp_path / "b2.md").write_text("---\ntitle: [\n---\n")
    assert sorted(found.path for found in each(tmp_path)) == ["b0.md", "b1.md", "b3.md", "b4.md"]
