"""What goes wrong beside the documents: broken briefs, editors at work meanwhile, crashes, wrong keys, hasty timers."""

from __future__ import annotations

import asyncio
import functools
import os
import shutil
from collections.abc import Callable

import pytest

from sitegen.briefs import provenance
from sitegen.briefs.store import Store
from sitegen.enrich.overview import overview
from sitegen.enrich.report import Request
from sitegen.enrich.summary import Summary
from sitegen.errors import AnswerInvalid, EngineFailing, EngineRejected
from sitegen.settings import Project
from sitegen.sources.base import Document
from tests.enrich.pulls import MORE, Engine, brief_of, briefs, done, run, state

BROKEN = [
    b"---\ntitle: [\nsource: folder:a.txt\n---\n",
    b"---\nsource: 'folder:a.txt'\n\xff\n",
    b"---\ntitle: a\ntitle: b\nsource: folder:a.txt  # keep\n---\n",
    '---\ntitle: [\n"source": folder:a.txt\n---\n'.encode("utf-16"),
    b"---\ntitle: a\nsource: folder:a.txt\n---\n",
]


def change(project: Project, name: str) -> None:
    (project.root / "documents" / f"{name}.txt").write_text(f"Report {name}\n\n{MORE} It is {name}.\n")


def in_a_process(work: Callable[[], object]) -> int:
    """The exit code of a process that does ``work`` and may be killed by it."""
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


# ------------------------------------------------------------------------------------------------------------ editors


@pytest.mark.parametrize("recorded", [True, False])
@pytest.mark.parametrize("damage", BROKEN)
def test_a_document_whose_brief_is_broken_gets_no_second_one(project: Project, damage: bytes, recorded: bool) -> None:
    run(project, Engine())
    path = brief_of(project, "a")
    good = path.read_bytes()
    path.write_bytes(damage)
    if not recorded:
        provenance.record_path(project.briefs, "folder:a.txt").unlink()
    change(project, "a")
    engine = Engine()
    for hours in range(0, 100, 10):
        report = run(project, engine, hours=hours)
        assert done(report) == {"a": "failed"}
        assert report.failed[0].code in ("SG401", "SG402", "SG403", "SG406")
    assert engine.calls == []
    assert path.read_bytes() == damage
    assert len(list(project.briefs.glob("*.md"))) == 3
    path.write_bytes(good)
    assert done(run(project, engine))["a"] in ("updated", "proposed")


def test_a_brief_that_is_moved_or_deleted_while_the_engine_works_is_not_made_again(project: Project) -> None:
    run(project, Engine())
    moved, deleted = brief_of(project, "a"), brief_of(project, "b")
    (project.briefs / "sub").mkdir()
    change(project, "a")
    change(project, "b")

    def meanwhile(document: Document) -> None:
        if document.ref == "folder:a.txt":
            moved.rename(project.briefs / "sub" / "elsewhere.md")
        else:
            deleted.unlink()

    engine = Engine()
    engine.during = meanwhile
    assert done(run(project, engine)) == {"a": "updated", "b": "deleted"}
    assert not moved.exists()
    assert not deleted.exists()
    assert "412,500" in (project.briefs / "sub" / "elsewhere.md").read_text()
    assert run(project, Engine()).results == []


def test_windows_line_ends_are_no_edit_and_stay(project: Project) -> None:
    run(project, Engine())
    path = brief_of(project, "a")
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    change(project, "a")
    assert done(run(project, Engine())) == {"a": "updated"}
    assert b"412,500" in path.read_bytes()
    assert path.read_bytes().count(b"\r\n") == path.read_bytes().count(b"\n")


def test_briefs_that_vanished_with_their_records_are_made_again_without_the_engine(project: Project) -> None:
    run(project, Engine())
    before = briefs(project)
    shutil.rmtree(project.briefs)
    engine = Engine()
    assert set(done(run(project, engine)).values()) == {"created"}
    assert briefs(project) == before
    assert engine.calls == []


def test_a_deleted_brief_costs_no_engine_call_when_its_document_changes(project: Project) -> None:
    run(project, Engine())
    brief_of(project, "a").unlink()
    change(project, "a")
    engine = Engine()
    assert done(run(project, engine)) == {"a": "deleted"}
    assert engine.calls == []


# ------------------------------------------------------------------------------------------------------------ crashes


def test_a_document_that_kills_the_process_starves_nobody_and_is_dead_in_the_end(project: Project) -> None:
    def deadly(document: Document) -> None:
        if document.ref == "folder:a.txt":
            os._exit(9)

    engine = Engine()
    engine.during = deadly
    codes = [in_a_process(functools.partial(run, project, engine, hours=hours)) for hours in (0, 10, 20, 30)]
    assert codes == [9, 9, 9, 0]
    assert len(briefs(project)) == 2
    assert state(project, "a")[0] == "dead"
    assert any("SG214" in line.why for line in overview(project)[0])


def test_a_crash_between_brief_and_record_leaves_the_brief_ours(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(project, Engine())
    change(project, "a")
    with monkeypatch.context() as patch:
        patch.setattr(Store, "_written", lambda *_: os._exit(9))
        assert in_a_process(lambda: run(project, Engine())) == 9
    assert "412,500" in brief_of(project, "a").read_text()
    (project.root / "documents" / "metadata.jsonl").write_text('{"file": "a.txt", "title": "Renamed"}\n')
    assert done(run(project, Engine()))["a"] == "updated"
    assert "title: Renamed" in brief_of(project, "a").read_text()


def test_a_fault_in_one_document_fails_that_one_alone(project: Project) -> None:
    engine = Engine()
    engine.errors["folder:a.txt"] = ValueError("boom")
    report = run(project, engine)
    assert done(report) == {"a": "failed", "b": "created", "c": "created"}
    assert report.failed[0].code == "SG901"


# ------------------------------------------------------------------------------------------------------------- blame


def test_a_wrong_key_blames_no_document(project: Project) -> None:
    for hours in range(0, 80, 10):
        engine = Engine()
        engine.down = EngineRejected("HTTP 401")
        with pytest.raises(EngineRejected):
            run(project, engine, hours=hours)
    assert set(done(run(project, Engine())).values()) == {"created"}


def test_pulling_every_minute_buries_nothing_that_failed(project: Project) -> None:
    for minute in range(12):
        engine = Engine()
        engine.errors = {f"folder:{name}.txt": AnswerInvalid("no JSON") for name in "abc"}
        run(project, engine, hours=minute / 60)
    assert state(project, "a")[0] == "failed"
    assert set(done(run(project, Engine())).values()) == {"created"}


def test_an_engine_that_fails_document_after_document_ends_the_run_and_buries_nothing(project: Project) -> None:
    for name in "defgh":
        change(project, name)
    for hours in range(0, 100, 10):
        engine = Engine()
        engine.errors = {f"folder:{name}.txt": EngineFailing("out of memory") for name in "abcdefgh"}
        with pytest.raises(EngineFailing):
            run(project, engine, hours=hours)
        assert len(engine.calls) == 3
    assert set(done(run(project, Engine())).values()) == {"created"}
    assert len(briefs(project)) == 8


def test_a_proposal_that_an_editor_took_over_is_settled_whatever_the_status(project: Project) -> None:
    run(project, Engine())
    path = brief_of(project, "a")
    path.write_text(path.read_text().replace("status: draft", "status: published"))
    change(project, "a")
    assert done(run(project, Engine())) == {"a": "proposed"}
    record = provenance.read(project.briefs, "folder:a.txt")
    assert record is not None
    assert record.proposal is not None
    path.write_text(record.proposal.text.generated().text.replace("status: draft", "status: published"))
    line = next(line for line in overview(project)[0] if line.source == "folder:a.txt")
    assert "proposal" not in line.flags


def test_what_was_given_up_is_not_forgotten(project: Project) -> None:
    engine = Engine()
    engine.errors["folder:a.txt"] = AnswerInvalid("x")
    for hours in (0, 10, 20):
        run(project, engine, hours=hours)
    assert run(project, Engine()).dead == 1


def test_equal_texts_in_hand_at_the_same_time_are_paid_for_once(project: Project) -> None:
    for name in ("x", "y", "z"):
        (project.root / "documents" / f"{name}.txt").write_text(f"Copy\n\n{MORE}\n")
    engine = Engine(slots=6)
    assert run(project, engine).count("created") == 6
    assert len(engine.calls) == 4


# ----------------------------------------------------------------------------------------------------------- requests


def test_refresh_with_a_limit_goes_on_where_it_stopped(project: Project) -> None:
    run(project, Engine("m1"))
    engine = Engine("m2")
    for _ in range(3):
        run(project, engine, Request(refresh=True, limit=1))
    assert sorted(engine.calls) == ["folder:a.txt", "folder:b.txt", "folder:c.txt"]


def test_a_limit_that_is_not_reached_is_a_whole_pull(project: Project) -> None:
    run(project, Engine(), Request(limit=100))
    (project.root / "documents" / "a.txt").unlink()
    assert run(project, Engine(), Request(limit=100)).gone == ["folder:a.txt"]


def test_what_failed_takes_no_place_of_what_is_new(project: Project) -> None:
    engine = Engine()
    engine.errors["folder:a.txt"] = AnswerInvalid("x")
    pulls = [done(run(project, engine, Request(limit=1))) for _ in range(3)]
    assert pulls == [{"a": "failed"}, {"b": "created"}, {"c": "created"}]


def test_a_mistyped_document_leaves_no_trace(project: Project) -> None:
    assert done(run(project, Engine(), Request(documents=("nope.txt",)))) == {"nope": "failed"}
    assert run(project, Engine()).gone == []
    assert not any("nope" in line.title for line in overview(project)[0])


def test_text_that_no_brief_shows_is_in_no_file_of_ours(project: Project) -> None:
    hidden = "They ate marzipan then."
    filler = " ".join(f"The council spent EUR {number},000 on street number {number}." for number in range(10, 60))
    (project.root / "documents" / "a.txt").write_text(f"Report\n\n{filler} {hidden} {filler}\n")
    run(project, Engine())
    assert not any("marzipan" in text for text in briefs(project).values()), "it is shown; choose another sentence"
    found = [path for path in project.root.rglob("*") if path.is_file() and b"marzipan" in path.read_bytes()]
    assert found == [project.root / "documents" / "a.txt"]


def test_a_run_that_cannot_go_on_finishes_what_is_paid_for(project: Project) -> None:
    for name in "bcde":
        change(project, name)

    class Slow(Engine):
        """Still works on ``a`` when it has failed over three others."""

        failed, enough = 0, asyncio.Event()

        async def summarize(self, document: Document, note: str = "") -> Summary:
            if document.ref == "folder:a.txt":
                await self.enough.wait()
                await asyncio.sleep(0.05)
                return await super().summarize(document, note)
            self.failed += 1
            if self.failed == 3:
                self.enough.set()
            raise EngineFailing("out of memory")

    engine = Slow(slots=2)
    with pytest.raises(EngineFailing):
        run(project, engine)
    assert len(briefs(project)) == 1
    assert state(project, "a") == ("done", 0)
    assert engine.failed == 3, "no other one was begun"
