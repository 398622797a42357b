"""pipeline: every document ends somewhere, none is lost, none is paid for twice, and editors are never overruled."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterator

import pytest

from sitegen import settings
from sitegen.enrich.overview import overview
from sitegen.enrich.pipeline import pull
from sitegen.enrich.report import Progress, Report, Request
from sitegen.enrich.summary import Summary
from sitegen.errors import AnswerInvalid, EngineBusy, EngineUnreachable, Locked, SourceFailing, StateDamaged
from sitegen.files import lock
from sitegen.settings import Project
from sitegen.sources.base import Changes, Cursor, Document
from sitegen.sources.folder import FolderSource
from sitegen.sources.paperless import PaperlessSource
from tests.enrich.pulls import MORE, TEXT, Engine, briefs, done, run, state
from tests.servers.paperless import PaperlessServer


def test_new_documents_become_briefs(project: Project) -> None:
    engine = Engine()
    report = run(project, engine)
    assert done(report) == {"a": "created", "b": "created", "c": "created"}
    assert len(briefs(project)) == 3
    assert len(engine.calls) == 3
    assert "status: draft" in next(iter(briefs(project).values()))


def test_a_second_pull_asks_the_engine_nothing_and_touches_nothing(project: Project) -> None:
    run(project, Engine())
    before = {path: path.stat().st_mtime_ns for path in project.briefs.rglob("*")}
    engine = Engine()
    assert done(run(project, engine)) == {}
    assert engine.calls == []
    assert {path: path.stat().st_mtime_ns for path in project.briefs.rglob("*")} == before


def test_a_fresh_clone_without_cache_and_journal_asks_the_engine_nothing(project: Project) -> None:
    run(project, Engine())
    before = briefs(project)
    for path in sorted(project.state.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    engine = Engine()
    assert set(done(run(project, engine)).values()) == {"unchanged"}
    assert engine.calls == []
    assert briefs(project) == before


def test_only_a_changed_document_is_summarised_again(project: Project) -> None:
    run(project, Engine())
    (project.root / "documents" / "b.txt").write_text(f"Report b\n\n{MORE}\n")
    engine = Engine()
    assert done(run(project, engine)) == {"b": "updated"}
    assert engine.calls == ["folder:b.txt"]


def test_equal_texts_are_paid_for_once(project: Project) -> None:
    run(project, Engine())
    (project.root / "documents" / "copy.txt").write_text((project.root / "documents" / "a.txt").read_text() + "\n \n")
    engine = Engine()
    assert done(run(project, engine)) == {"copy": "created"}
    assert engine.calls == []


def test_new_metadata_costs_no_engine_call(project: Project) -> None:
    run(project, Engine())
    (project.root / "documents" / "metadata.jsonl").write_text('{"file": "a.txt", "title": "New", "tags": ["water"]}\n')
    engine = Engine("m2")
    assert done(run(project, engine))["a"] == "updated"
    assert engine.calls == []
    assert any("title: New" in text and "- water" in text for text in briefs(project).values())


def test_a_new_model_makes_briefs_stale_and_only_refresh_renews_them(project: Project) -> None:
    run(project, Engine("m1"))
    engine = Engine("m2")
    assert done(run(project, engine)) == {}
    assert len(run(project, engine, Request(refresh=True)).results) == 3
    assert len(engine.calls) == 3
    again = Engine("m2")
    run(project, again, Request(refresh=True))
    assert again.calls == []


def test_an_edited_brief_stays_and_the_new_text_is_a_proposal(project: Project) -> None:
    run(project, Engine())
    path = next(path for path in project.briefs.glob("*.md") if "folder:a.txt" in path.read_text())
    path.write_text(path.read_text().replace("status: draft", "status: published") + "\nMy words.\n")
    (project.root / "documents" / "a.txt").write_text(f"Report a\n\n{MORE}\n")
    assert done(run(project, Engine())) == {"a": "proposed"}
    assert path.read_text().endswith("My words.\n")
    lines, _ = overview(project)
    line = next(line for line in lines if line.source == "folder:a.txt")
    assert line.flags == ("edited", "proposal", "facts changed")
    assert line.status == "published"


def test_a_changed_default_status_publishes_nothing_that_exists(project: Project) -> None:
    run(project, Engine())
    (project.root / "sitegen.toml").write_text('[briefs]\ninitial_status = "published"\n')
    (project.root / "documents" / "a.txt").write_text(f"Report a\n\n{TEXT} It changed.\n")
    (project.root / "documents" / "new.txt").write_text(f"Report new\n\n{TEXT} It is new.\n")
    run(settings.load(project.root, {}), Engine())
    published = [text for text in briefs(project).values() if "status: published" in text]
    assert len(published) == 1
    assert "folder:new.txt" in published[0]


def test_a_failing_document_is_retried_and_dead_in_the_end_and_the_others_go_on(project: Project) -> None:
    for attempt in range(1, 4):
        engine = Engine()
        engine.errors["folder:b.txt"] = AnswerInvalid("no JSON")
        report = run(project, engine, hours=10 * attempt)
        assert done(report)["b"] == ("dead" if attempt == 3 else "failed")
        assert state(project, "b") == ("dead" if attempt == 3 else "failed", attempt)
    assert len(briefs(project)) == 2
    engine = Engine()
    assert run(project, engine).results == []
    lines, _ = overview(project)
    assert [(line.status, "no JSON [SG305], after 3 tries" in line.why) for line in lines if line.brief is None] == [
        ("dead", True)
    ]
    assert done(run(project, engine, Request(documents=("folder:b.txt",)))) == {"b": "created"}


def test_a_failure_is_never_cached(project: Project) -> None:
    engine = Engine()
    engine.errors["folder:b.txt"] = EngineBusy("queue full")
    run(project, engine)
    good = Engine()
    assert done(run(project, good)) == {"b": "created"}
    assert good.calls == ["folder:b.txt"]


def stopping(project: Project) -> Project:
    """The same site, where a pull ends as soon as the engine cannot be reached."""
    (project.root / "sitegen.toml").write_text('[engine]\nattempts = 3\nwhen_down = "stop"\n')
    return settings.load(project.root, {})


def test_an_engine_that_is_down_blames_no_document_and_loses_none(project: Project) -> None:
    engine = Engine()
    engine.down = EngineUnreachable("nobody answers")
    with pytest.raises(EngineUnreachable):
        run(stopping(project), engine)
    assert briefs(project) == {}
    assert state(project, "a") == ("pending", 0)
    assert set(done(run(project, Engine())).values()) == {"created"}
    assert len(briefs(project)) == 3


def test_a_quiet_day_needs_no_engine(project: Project) -> None:
    run(project, Engine())
    engine = Engine()
    engine.down = EngineUnreachable("nobody answers")
    assert run(project, engine).results == []


def test_an_engine_that_goes_down_in_the_middle_keeps_what_is_done(project: Project) -> None:
    engine = Engine()
    engine.errors["folder:b.txt"] = EngineUnreachable("gone")
    with pytest.raises(EngineUnreachable):
        run(stopping(project), engine)
    assert state(project, "b") == ("failed", 1)
    assert len(briefs(project)) == 1
    again = Engine()
    run(project, again)
    assert len(briefs(project)) == 3
    assert "folder:a.txt" not in again.calls


def test_documents_without_text_are_empty_not_failed(project: Project) -> None:
    for name, text in {"blank": "", "dots": "... --- ...", "nul": "\0" * 100, "two": "Two words"}.items():
        (project.root / "documents" / f"{name}.txt").write_text(text)
    report = run(project, Engine())
    assert [name for name, what in done(report).items() if what == "empty"] == ["blank", "dots", "nul", "two"]
    assert run(project, Engine()).results == []


def test_hostile_documents_give_a_brief_or_a_clear_result(project: Project) -> None:
    folder = project.root / "documents"
    (folder / "long-line.txt").write_text("word " * 40_000)
    (folder / "broken-utf8.txt").write_bytes(b"The bridge \xff\xfe\x80 was closed by the council in March. " * 20)
    (folder / "nul.txt").write_bytes(b"The bridge\0 was closed by the council in March. " * 20)
    (folder / "rtl.txt").write_text("The bridge \u202eesrever\u202c was closed by the council in March. " * 20)
    (folder / "markup.txt").write_text(
        "<script>alert(1)</script> {{ 7*7 }} [x](javascript:alert(1)) was said here. " * 9
    )
    (folder / "not-a.pdf").write_bytes(b"%PDF-1.7 garbage")
    report = run(project, Engine())
    assert {result.ref: result.done for result in report.failed} == {"folder:not-a.pdf": "failed"}
    assert report.failed[0].code == "SG211"
    assert report.count("created") == 8
    for text in briefs(project).values():
        assert "\0" not in text
        assert "\u202e" not in text


def test_limit_stops_early_and_the_next_pull_goes_on(project: Project) -> None:
    assert len(run(project, Engine(), Request(limit=2)).results) == 2
    assert len(run(project, Engine(), Request(limit=2)).results) == 1
    assert len(briefs(project)) == 3


def test_a_dry_run_says_what_would_be_done_and_does_nothing(project: Project) -> None:
    engine = Engine()
    report = run(project, engine, Request(dry_run=True))
    assert done(report) == {"a": "created", "b": "created", "c": "created"}
    assert engine.calls == []
    assert not project.briefs.exists()
    assert set(done(run(project, engine)).values()) == {"created"}


@pytest.mark.parametrize("name", ["folder:b.txt", "b.txt"])
def test_one_document_can_be_asked_for_by_any_of_its_names(project: Project, name: str) -> None:
    assert done(run(project, Engine(), Request(documents=(name,)))) == {"b": "created"}


def test_a_document_that_does_not_exist_is_a_failure_with_its_reason(project: Project) -> None:
    report = run(project, Engine(), Request(documents=("folder:nope.txt", "folder:a.txt")))
    assert [(result.done, result.code) for result in report.results] == [("created", ""), ("failed", "SG212")]


def test_a_document_that_disappears_leaves_its_brief_and_is_reported(project: Project) -> None:
    run(project, Engine())
    (project.root / "documents" / "a.txt").unlink()
    assert run(project, Engine()).gone == ["folder:a.txt"]
    assert len(briefs(project)) == 3
    lines, _ = overview(project)
    assert [line.source for line in lines if "source gone" in line.flags] == ["folder:a.txt"]


def test_two_pulls_at_once_are_refused(project: Project) -> None:
    with lock(project.state / "pull.lock", "pull"), pytest.raises(Locked, match="another pull is running"):
        run(project, Engine())


def test_a_damaged_journal_is_a_clear_error_and_loses_no_brief(project: Project) -> None:
    run(project, Engine())
    before = briefs(project)
    (project.state / "journal.sqlite").write_bytes(b"x" * 5000)
    with pytest.raises(StateDamaged):
        run(project, Engine())
    (project.state / "journal.sqlite").unlink()
    engine = Engine()
    run(project, engine)
    assert briefs(project) == before
    assert engine.calls == []


def _cancel(task: asyncio.Task[Report]) -> None:
    task.cancel()


def test_an_interrupted_pull_gives_its_document_back(project: Project) -> None:
    engine = Engine()

    async def interrupted() -> None:
        task = asyncio.create_task(pull(project, FolderSource(project.root / "documents"), engine, Request()))
        engine.during = lambda document: _cancel(task) if document.ref == "folder:b.txt" else None
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(interrupted())
    again = Engine()
    run(project, again)
    assert len(briefs(project)) == 3
    assert state(project, "b")[0] == "done"


def test_as_many_documents_are_in_hand_as_the_engine_has_slots(project: Project) -> None:
    for number in range(20):
        (project.root / "documents" / f"{number}.txt").write_text(f"Report {number}\n\n{TEXT} It is {number}.\n")
    running, most, full = 0, 0, asyncio.Event()

    class Slow(Engine):
        async def summarize(self, document: Document, note: str = "") -> Summary:
            nonlocal running, most
            running += 1
            most = max(most, running)
            if running == 4:
                full.set()
            async with asyncio.timeout(30):
                await full.wait()
            await asyncio.sleep(0.01)
            running -= 1
            return await super().summarize(document, note)

    run(project, Slow(slots=4))
    assert most == 4
    assert len(briefs(project)) == 23


def test_progress_tells_the_total_and_every_result(project: Project) -> None:
    totals: list[int | None] = []
    seen: list[str] = []
    progress = Progress(totals.append, lambda result: seen.append(result.ref))
    asyncio.run(pull(project, FolderSource(project.root / "documents"), Engine(), Request(), progress))
    assert set(totals) == {3}
    assert len(seen) == 3


class BrokenSource(FolderSource):
    """A source that breaks down after its first two documents."""

    async def changes(self, cursor: Cursor | None, *, since: dt.date | None = None) -> Changes:
        changes = await super().changes(cursor, since=since)
        documents = changes.documents

        async def some() -> object:
            count = 0
            async for found in documents:
                count += 1
                if count == 3:
                    raise SourceFailing("HTTP 500")
                yield found

        return Changes(some(), changes.total, changes.cursor, changes.complete)  # type: ignore[arg-type]


def test_a_source_that_breaks_in_the_middle_keeps_what_was_listed_and_the_next_pull_goes_on(project: Project) -> None:
    with pytest.raises(SourceFailing):
        run(project, Engine(), source=BrokenSource(project.root / "documents"))
    assert len(briefs(project)) == 2
    engine = Engine()
    assert run(project, engine).gone == []
    assert len(briefs(project)) == 3
    assert len(engine.calls) == 1


@pytest.fixture
def paperless() -> Iterator[PaperlessServer]:
    with PaperlessServer() as server:
        server.add_document("Bridge inspection", f"{TEXT} One.", tags=["publish", "water"])
        server.add_document("Budget", f"{TEXT} Two.", tags=["publish"])
        server.add_document("Private letter", f"{TEXT} Three.", tags=["water"])
        yield server


def pull_from(project: Project, server: PaperlessServer, engine: Engine, request: Request | None = None) -> Report:
    async def work() -> Report:
        source = PaperlessSource(server.settings(), server.token)
        try:
            return await pull(project, source, engine, request or Request())
        finally:
            await source.aclose()

    return asyncio.run(work())


def test_only_documents_with_the_tag_leave_paperless(project: Project, paperless: PaperlessServer) -> None:
    pull_from(project, paperless, Engine())
    assert len(briefs(project)) == 2
    assert not any("Three" in text or "Private" in text for text in briefs(project).values())


def test_a_tag_renamed_in_paperless_reaches_the_brief_without_an_engine_call(
    project: Project, paperless: PaperlessServer
) -> None:
    pull_from(project, paperless, Engine())
    paperless.rename_tag("water", "rivers")
    engine = Engine()
    report = pull_from(project, paperless, engine)
    assert report.count("updated") == 1
    assert engine.calls == []
    assert any("- rivers" in text for text in briefs(project).values())


def test_a_document_deleted_in_paperless_is_flagged_and_its_brief_stays(
    project: Project, paperless: PaperlessServer
) -> None:
    pull_from(project, paperless, Engine())
    paperless.delete(1)
    assert pull_from(project, paperless, Engine()).gone == ["paperless:1"]
    assert len(briefs(project)) == 2
