"""What broken answers cost is counted like any other: in budgets, reports, records and metrics."""

from __future__ import annotations

import asyncio

import pytest

from sitegen.briefs import provenance
from sitegen.briefs.store import Store
from sitegen.enrich.engines.base import ChatEngine, Message
from sitegen.enrich.engines.ollama import Ollama
from sitegen.enrich.engines.openai import OpenAI
from sitegen.enrich.pipeline import pull
from sitegen.enrich.report import Report, Request
from sitegen.enrich.summarize import ModelSummarizer
from sitegen.enrich.summary import Summary
from sitegen.errors import AnswerUnfinished, EngineError, EngineFailing, EngineUnreachable, SourceClaimedTwice
from sitegen.settings import Project
from sitegen.sources.base import Document
from sitegen.sources.folder import FolderSource
from tests.enrich.pulls import MORE, Model, run
from tests.servers.chat import ChatServer
from tests.servers.ollama import OllamaServer
from tests.servers.openai import OpenAIServer

SCHEMA = {"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x"]}


def broken(engine: ChatEngine) -> AnswerUnfinished:
    async def ask() -> None:
        try:
            await engine.complete([Message("user", "Say as much as you can of the weir bridge.")], SCHEMA)
        finally:
            await engine.aclose()

    with pytest.raises(AnswerUnfinished) as caught:
        asyncio.run(ask())
    return caught.value


def chat(server: ChatServer) -> ChatEngine:
    return Ollama(server.settings()) if isinstance(server, OllamaServer) else OpenAI(server.settings())  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", [OllamaServer, OpenAIServer])
def test_an_answer_that_was_cut_off_cost_what_the_server_counted(kind: type[ChatServer]) -> None:
    with kind() as server:
        server.fail_next("length")
        engine = chat(server)
        prompt, answer, seconds = broken(engine).spent
    assert prompt > 0
    assert answer > 0
    assert seconds > 0
    (stats,) = engine.stats
    assert (stats.answers, stats.prompt_tokens, stats.answer_tokens) == (0, prompt, answer)


def test_an_answer_that_ends_without_a_count_cost_about_a_token_for_each_of_its_parts() -> None:
    with OllamaServer() as server:
        server.fail_next("repetition", times=5)
        assert broken(Ollama(server.settings())).spent[1] > 0


def test_what_a_server_refused_cost_nothing() -> None:
    assert EngineFailing("out of memory").spent == (0, 0, 0.0)


def pulled(project: Project, server: OllamaServer, request: Request) -> Report:
    async def work() -> Report:
        engine = ModelSummarizer(Ollama(server.settings()))
        try:
            return await pull(project, FolderSource(project.root / "documents"), engine, request)
        finally:
            await engine.aclose()

    return asyncio.run(work())


@pytest.fixture
def many(project: Project) -> Project:
    for number in range(20):
        (project.root / "documents" / f"{number}.txt").write_text(f"Report\n\n{MORE} It is number {number}.\n")
    return project


def test_a_model_that_never_comes_to_an_end_uses_up_the_budget(many: Project) -> None:
    with OllamaServer() as server:
        server.fail_next("length", times=1000)
        report = pulled(many, server, Request(max_tokens=3000))
    assert report.ended_by == "tokens"
    assert report.total < 20
    assert report.tokens == sum(one.prompt_tokens + one.answer_tokens for one in report.endpoints)


def test_the_record_of_an_extract_says_what_the_model_cost(project: Project) -> None:
    with OllamaServer() as server:
        server.fail_next("length", times=1000)
        pulled(project, server, Request(limit=1))
    (record,) = provenance.read_all(project.briefs)
    assert record.made is not None
    assert record.made.method == "extract"
    assert record.made.calls > 0
    assert record.made.prompt_tokens > 0
    assert record.made.answer_tokens > 0


@pytest.mark.usefixtures("short_pauses")
def test_a_document_that_failed_in_the_middle_cost_what_was_asked_until_then(project: Project) -> None:
    class OnceOnly(OllamaServer):
        """Answers the first question, and crashes over all others."""

        def answer(self, call: object) -> None:
            if self.chats == 1:
                self.fail_next("crash", times=1000)
            super().answer(call)  # type: ignore[arg-type]

    with OnceOnly() as server:
        report = pulled(project, server, Request(limit=1))
    (failed,) = report.failed
    assert failed.tokens > 0
    assert report.tokens == failed.tokens


def test_a_model_that_went_away_in_the_middle_of_a_document_cost_what_was_asked_until_then(project: Project) -> None:
    engine = Model("m1")
    gone = engine.errors["folder:a.txt"] = EngineUnreachable("gone")
    gone.spent = (100, 20, 3.0)
    report = run(project, engine)
    assert report.provisional == 3
    assert report.tokens == 120


class Slowly(Model):
    """Asked for one summary, it takes a while to find out that there is none."""

    async def summarize(self, document: Document, note: str = "") -> Summary:
        await asyncio.sleep(0.05)
        try:
            return await super().summarize(document, note)
        finally:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("error", [AnswerUnfinished("broke off"), EngineUnreachable("gone")])
def test_what_an_error_cost_that_several_documents_waited_for_is_counted_once(
    project: Project, error: EngineError
) -> None:
    for path in (project.root / "documents").iterdir():
        path.unlink()
    names = [f"folder:{number}.txt" for number in range(4)]
    for number in range(4):
        (project.root / "documents" / f"{number}.txt").write_text(f"Report\n\n{MORE}\n")
    engine = Slowly("m1", slots=4)
    engine.errors = dict.fromkeys(names, error)
    error.spent = (100, 20, 3.0)
    report = run(project, engine)
    assert len(engine.calls) == 1, "one asks, the others wait"
    assert len(report.results) == 4
    assert report.tokens == 120
    assert sorted(result.tokens for result in report.results) == [0, 0, 0, 120]
    assert error.spent == (100, 20, 3.0), "the error itself stays as it is"


def test_a_summary_that_was_paid_for_and_could_not_be_written_has_cost_what_it_cost(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise SourceClaimedTwice("somebody was quicker", place="briefs/a.md")

    monkeypatch.setattr(Store, "save", refuse)
    report = run(project, Model("m1"))
    assert [result.tokens for result in report.failed] == [1000, 1000, 1000]
    assert report.tokens == 3000
