"""overview: the state of every brief and why, as far as it can be known without a network."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sitegen import settings
from sitegen.briefs import provenance
from sitegen.briefs.provenance import Record
from sitegen.enrich import prompts
from sitegen.enrich.engines import open_engine
from sitegen.enrich.engines.ollama import Ollama
from sitegen.enrich.journal import Journal
from sitegen.enrich.overview import entries, overview, stale
from sitegen.enrich.pipeline import pull
from sitegen.enrich.report import Progress, Request
from sitegen.enrich.summarize import ModelSummarizer
from sitegen.errors import StateDamaged
from sitegen.settings import Project
from sitegen.sources.folder import FolderSource
from tests.servers.ollama import OllamaServer

TEXT = "The council closed the weir bridge to lorries on 3 March 2026. The inspectors found cracks in two bearings."


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return made(tmp_path)


def made(folder: Path) -> Project:
    (folder / "sitegen.toml").write_text("")
    (folder / "documents").mkdir()
    (folder / "documents" / "a.txt").write_text(f"Report\n\n{TEXT}\n")
    project = settings.load(folder, {})
    pulled(project)
    return project


def pulled(project: Project) -> None:
    source = FolderSource(project.root / "documents")
    asyncio.run(pull(project, source, open_engine(project), Request(), Progress()))


def record(project: Project) -> Record:
    found = provenance.read(project.briefs, "folder:a.txt")
    assert found
    return found


def of(found: Record, **changes: str) -> Record:
    assert found.made
    return found.model_copy(update={"made": found.made.model_copy(update=changes)})


def test_what_was_made_just_now_is_not_stale(project: Project) -> None:
    ((line,), _) = overview(project)
    assert (line.status, line.flags, line.why) == ("draft", (), "")


def test_an_older_version_of_the_built_in_engine_is_stale(project: Project) -> None:
    engine = project.settings.engine
    assert "made by version 0 of the built-in engine" in stale(of(record(project), digest="0"), engine)


def test_another_prompt_is_stale_and_the_one_that_is_sent_is_not(project: Project) -> None:
    with OllamaServer() as server:
        options = settings.Ollama(endpoints=(server.url,), model="qwen3:8b")
        summarizer = ModelSummarizer(Ollama(options))

        async def identity() -> str:
            try:
                return (await summarizer.identity()).prompt
            finally:
                await summarizer.aclose()

        now = asyncio.run(identity())
    engine = settings.Engine(kind="ollama", ollama=options)
    current = of(record(project), engine="ollama", model="qwen3:8b", prompt=now)
    assert stale(current, engine) == ""
    assert f"it is now {now}" in stale(of(current, prompt=f"{prompts.VERSION}:0123456789ab"), engine)
    other = engine.model_copy(update={"ollama": settings.Ollama(model="other")})
    assert "the settings say other" in stale(current, other)


def test_a_brief_lost_with_its_record_is_pending(project: Project) -> None:
    shutil.rmtree(project.briefs)
    ((line,), _) = overview(project)
    assert (line.status, line.source, line.brief) == ("pending", "folder:a.txt", None)
    assert line.why == "its brief is gone; the next pull makes it again"


def test_a_brief_that_an_editor_deleted_is_not_pending(project: Project) -> None:
    next(project.briefs.glob("*.md")).unlink()
    assert overview(project)[0] == []


def test_a_brief_that_cannot_be_read_is_a_problem_and_not_pending(project: Project) -> None:
    path = next(project.briefs.glob("*.md"))
    path.write_text(path.read_text().replace("status: draft", "status: ["))
    shutil.rmtree(project.briefs / provenance.FOLDER)
    lines, store = overview(project)
    assert lines == []
    assert store.broken


def test_a_document_that_left_the_source_is_not_pending(project: Project) -> None:
    journal = Journal(project.state / "journal.sqlite")
    journal.mark_gone("folder:")
    journal.close()
    shutil.rmtree(project.briefs)
    assert overview(project)[0] == []


@contextlib.contextmanager
def without_rights() -> Iterator[None]:
    """Root may write everywhere, so it becomes somebody else for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_site_that_cannot_be_written_to_is_listed() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project = made(folder)
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        with without_rights():
            assert [entry.ref for entry in entries(project).values()] == ["folder:a.txt"]
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755)


def test_a_damaged_journal_is_named_by_its_own_place(project: Project) -> None:
    (project.state / "journal.sqlite").write_bytes(b"x" * 5000)
    with pytest.raises(StateDamaged) as caught:
        entries(project)
    assert str(caught.value.place) == str(project.state / "journal.sqlite")


def test_a_list_is_the_same_however_few_briefs_stay_in_memory(project: Project) -> None:
    for number in range(5):
        text = f"Report {number}\n\nThe council closed the bridge on {number + 1} May 2026, and will open it in June.\n"
        (project.root / "documents" / f"{number}.txt").write_text(text)
    pulled(project)
    edited = next(iter(sorted(project.briefs.glob("*.md"))))
    edited.write_text(edited.read_text() + "\nAn editor's words.\n")
    (project.briefs / "by-hand.md").write_text("---\ntitle: By hand\nstatus: draft\n---\n\nText.\n")
    (project.briefs / "broken.md").write_text("---\ntitle: [\n---\n")
    all_kept, (few_kept, store) = overview(project)[0], overview(project, keep=1)
    assert few_kept == all_kept
    assert len(few_kept) == 7
    assert any("edited" in line.flags for line in few_kept)
    assert len(store.broken) == 1
