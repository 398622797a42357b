"""undo: a decision can be taken back whole, as long as nothing that it changed was changed again."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from sitegen import files
from sitegen.briefs import findings, verdicts
from sitegen.briefs.model import Generated, generate
from sitegen.briefs.provenance import Made
from sitegen.briefs.states import Wish, move
from sitegen.briefs.store import Store
from sitegen.briefs.undo import FOLDER, KEPT, Past
from sitegen.enrich.summary import Summary
from sitegen.errors import MoveRefused, Several, SitegenError, UndoRefused
from sitegen.privacy.guard import Guard
from sitegen.settings import Privacy
from sitegen.sources.base import Document

NOW = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
MADE = Made(method="extract", engine="extractive", model="lexrank", digest="1", at=NOW, text_hash="t", cache_key="k")


def generated(name: str, *paragraphs: str) -> Generated:
    summary = Summary(method="extract", title=name, dek="One.", paragraphs=paragraphs)
    return generate(Document(f"x:{name}", name, "t"), summary, slug=name, status="draft")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three briefs; an editor changed the first, and something is proposed for it."""
    folder = tmp_path / "briefs"
    store = Store.open(folder)
    for name in ("a", "b", "c"):
        store.save(f"x:{name}", generated(name, "One.", "Two."), MADE)
    path = folder / "a.md"
    path.write_text(path.read_text().replace("Two.", "Two, mine."))
    assert Store.open(folder).save("x:a", generated("a", "One.", "Two, new."), MADE) == "proposed"
    return folder


@pytest.fixture
def past(tmp_path: Path) -> Past:
    return Past(tmp_path / "state")


def everything(root: Path) -> dict[str, bytes]:
    return {entry.path: (root / entry.path).read_bytes() for entry in files.scan(root, hidden=True)}


def act(store: Store, what: str) -> None:
    """One of the decisions that there are, about the first brief."""
    if what in ("accept", "reject"):
        (verdicts.accept if what == "accept" else verdicts.reject)(store, "a", None)
    elif what == "lock":
        verdicts.lock(store, "a", ["title"])
    elif what == "allow":
        findings.allow(store, store.find("a"), [_fingerprint(store)], Guard(Privacy(), {}))
    else:
        move(store, [store.find("a")], Wish("publish", NOW, "Ada", approve=True))
        if what == "withdraw":
            move(store, [store.find("a")], Wish("withdraw", NOW, "Ada", notice="Wrong."))


def _fingerprint(store: Store) -> str:
    return findings.Findings.of(Guard(Privacy(), {}), store.text("a.md"), "a.md").all[0].fingerprint


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("what", ["accept", "reject", "lock", "allow", "publish"])
def test_each_decision_can_be_undone_to_the_byte(root: Path, past: Past, what: str, ends: str) -> None:
    path = root / "a.md"
    path.write_bytes(b"\xef\xbb\xbf" + (path.read_text() + "\nCall +1 202-555-0173.\n").replace("\n", ends).encode())
    before, store = everything(root), Store.open(root)
    with past.keeping(store, what):
        act(store, what)
    assert everything(root) != before
    (decision,) = past.decisions()
    assert (decision.act, decision.paths) == (what, ("a.md",))
    past.undo(Store.open(root), decision)
    assert everything(root) == before
    assert list(past.decisions()) == []


def test_decisions_are_undone_one_after_the_other_and_by_brief(root: Path, past: Past) -> None:
    before, store = everything(root), Store.open(root)
    for name in ("a", "b", "a"):
        with past.keeping(store, "publish"):
            move(
                store,
                [store.find(name)],
                Wish("publish", NOW, approve=True, publish_at=dt.date(2027, 1, past_day(past))),
            )
    last = past.last("b.md")
    assert last is not None
    past.undo(store, last)
    assert (root / "b.md").read_bytes() == before["b.md"]
    for decision in list(past.decisions()):
        past.undo(Store.open(root), decision)
    assert everything(root) == before


def past_day(past: Past) -> int:
    return 1 + len(list(past.decisions()))


@pytest.mark.parametrize("changed", ["file", "record", "deleted"])
def test_what_was_changed_since_is_not_touched_and_neither_is_the_rest(root: Path, past: Past, changed: str) -> None:
    store = Store.open(root)
    with past.keeping(store, "publish"):
        move(store, [store.find(name) for name in ("b", "c")], Wish("publish", NOW, approve=True))
    if changed == "file":
        (root / "c.md").write_text((root / "c.md").read_text() + "\nMore.\n")
    elif changed == "record":
        assert Store.open(root).save("x:c", generated("c", "Another.", "Two."), MADE, hold="all") == "proposed"
    else:
        (root / "c.md").unlink()
    before = everything(root)
    (decision,) = past.decisions()
    with pytest.raises(SitegenError) as caught:
        past.undo(Store.open(root), decision)
    assert "c.md" in str(caught.value.place)
    assert everything(root) == before
    assert list(past.decisions()) == [decision]


def test_each_brief_that_was_changed_since_is_named(root: Path, past: Past) -> None:
    store = Store.open(root)
    with past.keeping(store, "publish"):
        move(store, [store.find(name) for name in ("b", "c")], Wish("publish", NOW, approve=True))
    for name in ("b", "c"):
        (root / f"{name}.md").write_text((root / f"{name}.md").read_text() + "\nMore.\n")
    with pytest.raises(Several) as caught:
        past.undo(store, next(past.decisions()))
    assert [type(problem) for problem in caught.value.problems] == [UndoRefused, UndoRefused]


def test_what_failed_or_changed_nothing_is_not_kept(root: Path, past: Past) -> None:
    store = Store.open(root)
    with pytest.raises(MoveRefused), past.keeping(store, "withdraw"):
        move(store, [store.find("a")], Wish("withdraw", NOW))
    with past.keeping(store, "unlock"):
        verdicts.unlock(store, "a", ["title"])
    assert list(past.decisions()) == []


def test_an_undo_that_cannot_be_written_leaves_all_as_it_was(
    root: Path, past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store.open(root)
    with past.keeping(store, "publish"):
        move(store, [store.find(name) for name in ("a", "b", "c")], Wish("publish", NOW, approve=True))
    before, replace = everything(root), files.replace

    def meanwhile(path: Path, data: bytes | str, *, expected: str) -> bool:
        return path.name != "c.md" and replace(path, data, expected=expected)

    monkeypatch.setattr(files, "replace", meanwhile)
    with pytest.raises(UndoRefused):
        past.undo(Store.open(root), next(past.decisions()))
    assert everything(root) == before


def test_a_decision_stands_also_when_it_cannot_be_kept(root: Path, past: Past, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("no folder")
    store = Store.open(root)
    with past.keeping(store, "publish"):
        move(store, [store.find("a")], Wish("publish", NOW, approve=True))
    assert Store.open(root).find("a").matter.status == "published"
    assert list(past.decisions()) == []


def test_a_bounded_number_is_kept_and_what_is_damaged_is_left_out(root: Path, past: Past, tmp_path: Path) -> None:
    store = Store.open(root)
    for number in range(KEPT + 5):
        with past.keeping(store, "lock"):
            (verdicts.unlock if number % 2 else verdicts.lock)(store, "a", ["title"])
    found = list(past.decisions())
    assert len(found) == KEPT
    assert [one.number for one in found] == sorted((one.number for one in found), reverse=True)
    (tmp_path / "state" / FOLDER / f"{found[0].number:08}.json").write_text("{")
    (tmp_path / "state" / FOLDER / "notes.json").write_text("{")
    assert len(list(past.decisions())) == KEPT - 1
