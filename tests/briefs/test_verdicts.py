"""verdicts and difference: an editor decides, on any machine, and nothing happens behind anybody's back."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from sitegen.briefs import provenance, verdicts
from sitegen.briefs.difference import Difference
from sitegen.briefs.merge import Choice
from sitegen.briefs.model import Generated, generate
from sitegen.briefs.provenance import Made, Record
from sitegen.briefs.store import Store
from sitegen.enrich.summary import Summary
from sitegen.errors import BriefChanged, BriefMissing, BriefThere, FieldNotSet, FieldUnknown, ProposalMissing
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


def brief(*paragraphs: str, title: str = "Bridge", status: str = "draft") -> Generated:
    summary = Summary(method="extract", title=title, dek="The bridge is closed.", paragraphs=paragraphs)
    return generate(Document(REF, title, "text"), summary, slug="bridge", status=status)


def record_of(root: Path) -> Record:
    record = Store.open(root).record(REF)
    assert record is not None
    return record


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A brief of which an editor changed title and second paragraph, and of which the engine changed all three."""
    folder = tmp_path / "briefs"
    Store.open(folder).save(REF, brief("One.", "Two.", "Three."), MADE)
    path = folder / "bridge.md"
    path.write_text(path.read_text().replace("title: Bridge", "title: Weir").replace("Two.", "Two, mine."))
    new = brief("One, new.", "Two, new.", "Three, new.", title="Bridges")
    assert Store.open(folder).save(REF, new, MADE) == "proposed"
    return folder


def test_what_nobody_touched_follows_and_the_rest_is_proposed(root: Path) -> None:
    text = (root / "bridge.md").read_text()
    assert text.endswith("One, new.\n\nTwo, mine.\n\nThree, new.\n")
    found = Difference.of(Store.open(root), Store.open(root).find("bridge"))
    assert [(piece.field, piece.hunk, piece.before, piece.after, piece.clash) for piece in found.proposed] == [
        ("title", None, ("Weir",), ("Bridges",), True),
        (None, 1, ("Two, mine.",), ("Two, new.",), True),
    ]
    assert [(piece.field, piece.before, piece.after) for piece in found.edited] == [
        ("title", ("Bridge",), ("Weir",)),
        (None, ("Two.",), ("Two, mine.",)),
    ]
    assert text.split("\n")[(found.proposed[1].line or 0) - 1] == "Two, mine."


def test_an_accepted_proposal_is_in_the_file_and_the_other_waits(root: Path) -> None:
    before = (root / "bridge.md").read_text()
    verdict = verdicts.accept(Store.open(root), "bridge", Choice(hunks={1}))
    assert (root / "bridge.md").read_text() == before.replace("Two, mine.", "Two, new.")
    assert verdict.left == Choice({"title"})
    verdicts.accept(Store.open(root), "bridge", None)
    new = brief("One, new.", "Two, new.", "Three, new.", title="Bridges")
    assert (root / "bridge.md").read_text() == new.text
    record = record_of(root)
    assert record.proposal is None
    assert record.generated is not None
    assert record.generated.generated() == new


def test_a_rejected_proposal_is_gone_for_good_and_the_file_untouched(root: Path) -> None:
    before = (root / "bridge.md").read_text()
    verdicts.reject(Store.open(root), REF, Choice({"title"}))
    verdicts.reject(Store.open(root), REF, None)
    assert (root / "bridge.md").read_text() == before
    assert record_of(root).proposal is None
    new = brief("One, new.", "Two, new.", "Three, even newer.", title="Bridges")
    assert Store.open(root).save(REF, new, MADE) == "merged"
    assert (root / "bridge.md").read_text() == before.replace("Three, new.", "Three, even newer.")


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_proposal_is_taken_over_in_other_words_and_not_proposed_again(root: Path, ends: str) -> None:
    path = root / "bridge.md"
    path.write_bytes(path.read_bytes().replace(b"\n", ends.encode()))
    before = path.read_bytes()
    words = "\r\nTwo, in other words.\n\nAnd one more.\n\n"
    verdict = verdicts.accept(Store.open(root), "bridge", Choice(hunks={1}), instead=words)
    own = f"Two, in other words.{ends}{ends}And one more.".encode()
    assert path.read_bytes() == before.replace(b"Two, mine.", own)
    assert verdict.left == Choice({"title"})
    verdicts.accept(Store.open(root), "bridge", Choice({"title"}), instead="  The weir\n bridge ")
    assert b"title: The weir bridge" in path.read_bytes()
    record = record_of(root)
    assert record.proposal is None
    new = brief("One, new.", "Two, new.", "Three, newest.", title="Bridges")
    assert Store.open(root).save(REF, new, MADE) == "merged"
    assert own in path.read_bytes()
    found = Difference.of(Store.open(root), Store.open(root).find("bridge"))
    assert [piece.after for piece in found.edited] == [
        ("The weir bridge",),
        ("Two, in other words.",),
        ("And one more.",),
    ]


def test_no_words_in_the_place_of_a_proposal_take_the_place_out(root: Path) -> None:
    verdicts.accept(Store.open(root), "bridge", Choice(hunks={1}), instead=" \n")
    assert (root / "bridge.md").read_text().endswith("One, new.\n\nThree, new.\n")


def test_own_words_that_no_brief_can_have_are_not_written(root: Path) -> None:
    before = (root / "bridge.md").read_bytes(), record_of(root)
    with pytest.raises(FieldNotSet, match="the title is empty"):
        verdicts.accept(Store.open(root), "bridge", Choice({"title"}), instead=" \u200b\n")
    with pytest.raises(ProposalMissing, match="one field or hunk"):
        verdicts.accept(Store.open(root), "bridge", Choice({"title"}, {1}), instead="Words.")
    assert before == ((root / "bridge.md").read_bytes(), record_of(root))
    verdicts.accept(Store.open(root), "bridge", Choice(hunks={1}), instead="---\nstatus: published\n---")
    assert Store.open(root).find("bridge").matter.status == "draft"


def test_what_is_not_proposed_cannot_be_decided(root: Path) -> None:
    before = (root / "bridge.md").read_bytes(), record_of(root)
    with pytest.raises(ProposalMissing, match="hunk 7; what waits: title, hunk 1"):
        verdicts.accept(Store.open(root), "bridge", Choice({"title"}, {7}))
    with pytest.raises(ProposalMissing):
        verdicts.reject(Store.open(root), "bridge", Choice({"summary"}))
    assert before == ((root / "bridge.md").read_bytes(), record_of(root))
    verdicts.reject(Store.open(root), REF, None)
    with pytest.raises(ProposalMissing, match="no newer text"):
        verdicts.accept(Store.open(root), "bridge", None)


def test_what_somebody_changed_after_the_editor_looked_is_not_overwritten(root: Path) -> None:
    seen = (root / "bridge.md").read_text()
    (root / "bridge.md").write_text(seen + "\nLate.\n")
    with pytest.raises(BriefChanged):
        verdicts.accept(Store.open(root), "bridge", None, expected=seen)
    assert (root / "bridge.md").read_text() == seen + "\nLate.\n"


@pytest.mark.parametrize("crlf", ["true", "false"])
def test_a_fresh_clone_on_another_machine_is_enough(root: Path, tmp_path: Path, crlf: str) -> None:
    def git(*words: str) -> None:
        config = ("-c", "user.name=E", "-c", "user.email=e@example.org", "-c", f"core.autocrlf={crlf}")
        environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        subprocess.run(["git", *config, *words], check=True, capture_output=True, env=environment)

    git("init", "-q", str(tmp_path))
    git("-C", str(tmp_path), "add", "-A")
    git("-C", str(tmp_path), "commit", "-qm", "x")
    git("clone", "-q", str(tmp_path), str(tmp_path / "clone"))
    clone = tmp_path / "clone" / "briefs"
    newline = b"\r\n" if crlf == "true" else b"\n"
    assert (clone / "bridge.md").read_bytes().count(newline) > 10
    here = Difference.of(Store.open(root), Store.open(root).find(REF))
    there = Difference.of(Store.open(clone), Store.open(clone).find(REF))
    assert there.proposed == here.proposed
    new = brief("One, new.", "Two, new.", "Three, newest.", title="Bridges")
    for folder in (root, clone):
        Store.open(folder).save(REF, new, MADE)
        verdicts.accept(Store.open(folder), REF, Choice({"title"}))
    merged = (root / "bridge.md").read_bytes()
    assert b"title: Bridges\n" in merged
    assert b"Two, mine.\n\nThree, newest.\n" in merged
    assert (clone / "bridge.md").read_bytes() == merged.replace(b"\n", newline)


# --------------------------------------------------------------------------------------------------------------- killed


class Killed(BaseException):
    pass


class Mortal(Store):
    """A store whose process dies between a brief and its record."""

    def _written(self, path: str, ref: str) -> None:
        raise Killed


def test_killed_between_file_and_record_nothing_is_merged_twice_or_taken_for_an_edit(root: Path) -> None:
    new = brief("One, newest.", "Two, newest.", "Three, new.", title="Bridges")
    with pytest.raises(Killed):
        Mortal.open(root).save(REF, new, MADE)
    assert "One, newest.\n\nTwo, mine." in (root / "bridge.md").read_text()
    after = record_of(root)
    assert after.latest is not None
    assert after.latest[0].generated() == new
    assert Store.open(root).save(REF, new, MADE) == "unchanged"
    assert record_of(root) == after
    assert provenance.read(root, REF) == after


def test_killed_before_the_file_was_written_it_is_as_if_nothing_had_been(root: Path) -> None:
    before, text = record_of(root), (root / "bridge.md").read_bytes()
    with pytest.raises(Killed):
        Mortal.open(root).save(REF, brief("One, newest.", "Two.", "Three."), MADE)
    (root / "bridge.md").write_bytes(text)
    assert record_of(root) == before


def test_killed_while_accepting_the_decision_stands(root: Path) -> None:
    with pytest.raises(Killed):
        verdicts.accept(Mortal.open(root), REF, Choice(hunks={1}))
    found = Difference.of(Store.open(root), Store.open(root).find(REF))
    assert [piece.field for piece in found.proposed] == ["title"]


# ---------------------------------------------------------------------------------------------------------- published


def published(folder: Path) -> Path:
    Store.open(folder).save(REF, brief("The repair costs EUR 400.", "Two."), MADE)
    path = folder / "bridge.md"
    path.write_text(path.read_text().replace("status: draft", "status: published"))
    return path


def test_other_facts_of_a_published_brief_wait_with_their_reason(tmp_path: Path) -> None:
    path = published(tmp_path)
    before = path.read_text()
    assert Store.open(tmp_path).save(REF, brief("The repair costs EUR 500.", "Two."), MADE) == "proposed"
    assert path.read_text() == before
    record = record_of(tmp_path)
    assert record.proposal is not None
    assert record.proposal.reasons == ("500 is new", "400 is gone")
    verdicts.accept(Store.open(tmp_path), REF, None)
    assert path.read_text() == before.replace("400", "500")


def test_other_words_of_a_published_brief_are_merged(tmp_path: Path) -> None:
    path = published(tmp_path)
    new = brief("The repair will cost EUR 400.", "Two.")
    assert Store.open(tmp_path).save(REF, new, MADE, hold="all") == "proposed"
    shutil.rmtree(tmp_path / provenance.FOLDER)
    path.unlink()
    published(tmp_path)
    assert Store.open(tmp_path).save(REF, new, MADE) == "merged"
    assert "will cost EUR 400" in path.read_text()
    assert "status: published" in path.read_text()


def test_facts_can_be_let_through(tmp_path: Path) -> None:
    path = published(tmp_path)
    assert Store.open(tmp_path).save(REF, brief("It costs EUR 500.", "Two."), MADE, hold="nothing") == "merged"
    assert "EUR 500" in path.read_text()


def test_a_brief_written_by_hand_gets_proposals_only(tmp_path: Path) -> None:
    path = tmp_path / "mine.md"
    path.write_text(f"---\ntitle: Mine\nstatus: draft\ntags: [mine]\nsource: {REF}\n---\nMy text.\n")
    before = path.read_text()
    assert Store.open(tmp_path).save(REF, brief("One.", "Two."), MADE) == "proposed"
    verdicts.reject(Store.open(tmp_path), REF, Choice({"title"}))
    assert Store.open(tmp_path).save(REF, brief("One.", "Two, new."), MADE) == "proposed"
    assert path.read_text() == before
    verdicts.accept(Store.open(tmp_path), REF, Choice({"summary"}))
    assert path.read_text() == before.replace("status: draft\n", "status: draft\nsummary: The bridge is closed.\n")
    verdicts.accept(Store.open(tmp_path), REF, None)
    assert "One.\n\nTwo, new.\n" in path.read_text()
    assert "tags: [mine]" in path.read_text()


# ------------------------------------------------------------------------------------------------------ locks, restore


def test_locks_are_a_line_of_the_front_matter(root: Path) -> None:
    before = (root / "bridge.md").read_text()
    assert verdicts.lock(Store.open(root), "bridge", ["title", "body", "title"]) == ("title", "body")
    assert "locked: [title, body]\n" in (root / "bridge.md").read_text()
    assert Difference.of(Store.open(root), Store.open(root).find(REF)).proposed == ()
    assert verdicts.unlock(Store.open(root), "bridge", ["title"]) == ("body",)
    assert verdicts.unlock(Store.open(root), "bridge", ["body"]) == ()
    assert (root / "bridge.md").read_text() == before
    with pytest.raises(FieldUnknown, match="did you mean 'title'"):
        verdicts.lock(Store.open(root), "bridge", ["titel"])


def test_a_deleted_brief_stays_deleted_until_it_is_restored(root: Path) -> None:
    with pytest.raises(BriefThere):
        verdicts.restore(Store.open(root), "bridge")
    (root / "bridge.md").unlink()
    assert Store.open(root).save(REF, brief("Four."), MADE) == "deleted"
    assert [record.source for record in Store.open(root).tombstones()] == [REF]
    with pytest.raises(BriefMissing):
        verdicts.restore(Store.open(root), "tunnel")
    assert verdicts.restore(Store.open(root), "bridge.md") == "bridge.md"
    assert (root / "bridge.md").read_text() == brief("One, new.", "Two, new.", "Three, new.", title="Bridges").text
    assert list(Store.open(root).tombstones()) == []
    assert Store.open(root).save(REF, brief("Four."), MADE) == "updated"


def test_a_restored_brief_is_a_draft_and_takes_nobodys_place(tmp_path: Path) -> None:
    Store.open(tmp_path).save(REF, brief("One.", status="published"), MADE)
    (tmp_path / "bridge.md").unlink()
    (tmp_path / "bridge.md").write_text("---\ntitle: Another\nstatus: draft\n---\nText.\n")
    assert verdicts.restore(Store.open(tmp_path), REF) == "bridge-2.md"
    restored = Store.open(tmp_path).find(REF)
    assert (restored.matter.status, restored.slug) == ("draft", "bridge-2")
    assert "Another" in (tmp_path / "bridge.md").read_text()


def test_what_is_shown_to_machines_is_json(root: Path) -> None:
    found = Difference.of(Store.open(root), Store.open(root).find(REF))
    assert json.loads(json.dumps(found.as_dict()))["proposal"]["pieces"][1]["hunk"] == 1


def test_own_rows_of_a_table_stay_in_it_and_own_points_in_their_list(tmp_path: Path) -> None:
    folder = tmp_path / "briefs"

    def body(point: str, row: str) -> Generated:
        made = brief("x")
        return Generated(
            made.fields, f"- One.\n- {point}\n- Three.\n\n| A | B |\n| --- | --- |\n| 1 | {row} |\n| 9 | 9 |\n"
        )

    Store.open(folder).save(REF, body("Two.", "2"), MADE)
    path = folder / "bridge.md"
    path.write_text(path.read_text().replace("Two.", "Two, mine.").replace("| 1 | 2 |", "| 1 | mine |"))
    Store.open(folder).save(REF, body("Two, new.", "new"), MADE)
    verdicts.accept(Store.open(folder), "bridge", Choice(hunks={1}), instead="- Own.\n- More.")
    verdicts.accept(Store.open(folder), "bridge", Choice(hunks={1}), instead="| 1 | own |\n| 2 | more |")
    text = path.read_text()
    assert "- One.\n- Own.\n- More.\n- Three.\n" in text
    assert text.endswith("| --- | --- |\n| 1 | own |\n| 2 | more |\n| 9 | 9 |\n")
