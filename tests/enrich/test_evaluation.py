"""sitegen evaluate: engines side by side on the same documents; the site's own work stays untouched."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
import time
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from sitegen import settings
from sitegen.cli import run
from sitegen.enrich import prompts
from sitegen.enrich.engines.base import Identity
from sitegen.enrich.evaluation import rouge
from sitegen.enrich.evaluation.baselines import lead, lexrank
from sitegen.enrich.evaluation.contenders import contenders
from sitegen.enrich.evaluation.contest import Progress, compare, papers
from sitegen.enrich.evaluation.outcome import Outcome, Result, Trial
from sitegen.enrich.evaluation.page import html
from sitegen.enrich.evaluation.reference_file import Reference, matched, read
from sitegen.enrich.scores import Scores
from sitegen.enrich.summary import Dropped, Evidence, Point, Summary
from sitegen.errors import SitegenError
from sitegen.settings import Project
from sitegen.sources.base import Document
from sitegen.sources.folder import FolderSource
from tests.enrich.pulls import MORE
from tests.servers.openai import OpenAIServer

HOSTILE = "</style><script>alert(1)</script><img src=x onerror=alert(2)> \"'{{ 7*7 }}"


@pytest.fixture
def site(project: Project) -> Path:
    for name in ("a", "b", "c"):
        (project.root / "documents" / f"{name}.txt").write_text(f"Report {name}\n\n{MORE} It is number {name}.\n")
    return project.root


def with_model(site: Path, server: OpenAIServer, more: str = "") -> None:
    text = f'[engine]\nkind = "openai"\n[engine.openai]\nendpoints = ["{server.url}/v1"]\n{more}'
    (site / "sitegen.toml").write_text(text)


def evaluate(site: Path, *arguments: str, code: int = 0) -> dict[str, Any]:
    """Runs the command on the site's documents; what it wrote."""
    folder = [] if "--source" in arguments else [str(site / "documents")]
    assert run(["--site", str(site), "evaluate", *folder, *arguments]) == code
    found: dict[str, Any] = json.loads((site / ".sitegen" / "evaluation" / "evaluation.json").read_text())
    return found


def labels(found: dict[str, Any]) -> list[str]:
    return [contender["label"] for contender in found["contenders"]]


def files_of(site: Path) -> set[str]:
    return {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}


# ----------------------------------------------------------------------------------------------------------- the job


def test_two_engines_summarise_the_same_documents_and_are_compared(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with OpenAIServer() as server:
        with_model(site, server)
        found = evaluate(site, "--engine", "extractive", "--engine", "openai")
    picked, written = found["contenders"]
    assert (picked["totals"]["extracts"], written["totals"]["summaries"]) == (3, 3)
    for contender in (picked, written):
        assert [trial["ref"] for trial in contender["documents"]] == [f"folder:{name}.txt" for name in "abc"]
        assert contender["totals"]["quotation"] == 1
        assert contender["totals"]["numbers"] == 1
    assert written["totals"]["tokens_each"] > 0
    table = capsys.readouterr().out
    assert re.search(r"^ +extractive +openai default$", table, re.M)
    assert re.search(r"^names +100\.0 % +100\.0 %$", table, re.M)


def test_the_sites_briefs_and_journal_are_not_touched(site: Path) -> None:
    before = files_of(site)
    evaluate(site)
    new = files_of(site) - before
    assert {path for path in new if not path.startswith(".sitegen/")} == set()
    assert {path for path in new if "journal" in path} == set()


def test_a_summary_that_the_site_has_is_not_asked_for_again(site: Path) -> None:
    with OpenAIServer() as server:
        with_model(site, server)
        evaluate(site)
        asked = server.chats
        again = evaluate(site)
        assert server.chats == asked
        assert run(["--site", str(site), "pull", "--quiet"]) == 0
        assert server.chats == asked
    assert [trial["from_cache"] for trial in again["contenders"][0]["documents"]] == [True] * 3


def test_the_sites_source_can_be_used_and_limited(site: Path) -> None:
    found = evaluate(site, "--source", "--limit", "2")
    assert [trial["ref"] for trial in found["contenders"][0]["documents"]] == ["folder:a.txt", "folder:b.txt"]


def test_a_document_that_fails_is_named_and_the_rest_is_done(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with OpenAIServer() as server:
        with_model(site, server)
        server.fail_next("rejected", "no", times=1)
        found = evaluate(site, code=6)
    trials = found["contenders"][0]["documents"]
    assert sorted(trial["result"] for trial in trials) == ["failed", "summary", "summary"]
    assert next(trial for trial in trials if trial["result"] == "failed")["code"] == "SG309"
    assert "times a document failed" in capsys.readouterr().err


def test_an_engine_that_is_not_there_is_told_before_anything_is_asked(site: Path) -> None:
    (site / "sitegen.toml").write_text('[engine.openai]\nendpoints = ["http://127.0.0.1:9/v1"]\n')
    assert run(["--site", str(site), "evaluate", str(site / "documents"), "--engine", "openai"]) == 5
    assert not (site / ".sitegen" / "evaluation").exists()


def test_an_engine_that_goes_down_is_not_asked_for_the_rest(site: Path) -> None:
    for number in range(17):
        (site / "documents" / f"more-{number}.txt").write_text(f"{MORE} It is number {number}.\n")
    with OpenAIServer() as server:
        with_model(site, server)
        project = settings.load(site, {})
        started = time.monotonic()

        async def work() -> Outcome:
            found = await papers(FolderSource(site / "documents"))
            progress = Progress(trial=lambda label, trial: server.die())
            return await compare(contenders(project, [], []), found, progress=progress)

        (result,) = asyncio.run(work()).results
    assert result.count("summary") >= 1
    assert result.count("failed") >= 10
    assert {trial.code for trial in result.trials if trial.done == "failed"} == {"SG301"}
    assert time.monotonic() - started < 25  # it is waited for once, not with each document


def test_documents_without_text_and_those_that_cannot_be_read_are_told(site: Path) -> None:
    (site / "documents" / "empty.txt").write_text("1234\n")
    (site / "documents" / "broken.pdf").write_text("no PDF")
    found = evaluate(site, code=6)
    assert found["empty"] == ["folder:empty.txt"]
    assert [entry["ref"] for entry in found["unreadable"]] == ["folder:broken.pdf"]
    assert found["contenders"][0]["totals"]["documents"] == 3


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["--engine", "gpt"], 2), (["--engine", "extractive:large"], 2), (["--source"], 2), (["--limit", "0"], 2)],
)
def test_a_wrong_command_line_is_refused(site: Path, arguments: list[str], code: int) -> None:
    assert run(["--site", str(site), "evaluate", str(site / "documents"), *arguments]) == code


def test_a_folder_without_documents_is_an_error(site: Path) -> None:
    (site / "nothing").mkdir()
    assert run(["--site", str(site), "evaluate", str(site / "nothing")]) == 1


# -------------------------------------------------------------------------------------------------------- contenders


def test_every_model_competes_once_under_its_own_name(site: Path) -> None:
    project = settings.load(site, {})
    names = ["extractive", "ollama:qwen3:8b", "openai:one", "openai:two", "extractive"]
    assert [each.label for each in contenders(project, names, [])] == [
        "extractive", "ollama qwen3:8b", "openai one", "openai two"
    ]  # fmt: skip


def test_without_engines_the_sites_own_competes(site: Path) -> None:
    (site / "sitegen.toml").write_text('[engine]\nkind = "ollama"\n[engine.ollama]\nmodel = "m"\n')
    assert [each.label for each in contenders(settings.load(site, {}), [], [])] == ["ollama m"]


def test_prompts_are_compared_with_each_engine_that_has_some(site: Path, tmp_path: Path) -> None:
    project = settings.load(site, {})
    found = contenders(project, ["extractive", "openai:m"], [tmp_path / "old", tmp_path / "new"])
    assert [each.label for each in found] == ["extractive", "openai m, prompts old", "openai m, prompts new"]


def test_another_prompt_gets_other_answers_and_both_are_kept(site: Path) -> None:
    for name in ("old", "new"):
        folder = site / name
        folder.mkdir()
        text = (prompts.FOLDER / "write.jinja").read_text()
        (folder / "write.jinja").write_text(f"{{# version: 90 {name} #}}\n{text}")
    with OpenAIServer() as server:
        with_model(site, server)
        found = evaluate(site, "--prompt", str(site / "old"), "--prompt", str(site / "new"))
        asked = server.chats
        evaluate(site, "--prompt", str(site / "old"), "--prompt", str(site / "new"))
        assert server.chats == asked
    assert labels(found) == ["openai default, prompts old", "openai default, prompts new"]
    one, other = (contender["prompt"] for contender in found["contenders"])
    assert one != other
    assert one.startswith("90:")


# -------------------------------------------------------------------------------------------------------- references


def test_rouge_2_counts_shared_pairs_within_the_room_of_the_reference() -> None:
    assert rouge.rouge2("the bridge is closed", ["The bridge is closed."]) == 1
    assert rouge.rouge2("the bridge is open", ["the bridge is closed"]) == pytest.approx(2 / 3)
    assert rouge.rouge2("something else entirely", ["the bridge is closed"]) == 0
    assert rouge.rouge2("a b c d " + "x y z " * 50, ["a b c d"]) == 1
    assert rouge.rouge2("", ["the bridge"]) == 0


def test_of_several_references_the_nearest_counts() -> None:
    assert rouge.rouge2("one two three", ["four five six", "one two three"]) == 1


def test_baselines_are_the_documents_own_sentences_in_its_order() -> None:
    sentences = [
        "The council met in the old hall on Monday.",
        "The bridge over the weir must be closed to lorries.",
        "Lorries over ten tonnes damage the bridge over the weir.",
        "The librarian thanked everybody who came that evening.",
    ]
    document = Document("folder:a.txt", "Minutes", "\n\n".join(sentences))
    assert lead(document, 8) == sentences[0]
    assert lexrank(document, 15) == f"{sentences[1]} {sentences[2]}"
    assert lexrank(Document("folder:b.txt", "Nothing", "12 34"), 10) == ""


def test_references_belong_to_the_document_that_their_id_begins(tmp_path: Path) -> None:
    documents = [Document(f"folder:text/{name}", "", "") for name in ("s02-minutes.txt", "s021.txt", "s021-b.pdf")]
    refs = [Reference("s02", ("one",), 1), Reference("s021.txt", ("two",), 2), Reference("s021", ("three",), 3)]
    found, unmatched = matched([*refs, Reference("folder:text/s021-b.pdf", ("four",), 4)], documents)
    assert found == {
        "folder:text/s02-minutes.txt": ("one",),
        "folder:text/s021.txt": ("two",),
        "folder:text/s021-b.pdf": ("four",),
    }
    assert unmatched == ["s021"]


def test_every_wrong_line_of_references_is_told(tmp_path: Path) -> None:
    path = tmp_path / "references.jsonl"
    good = '{"id": "a", "references": ["one"]}'
    path.write_text("\n".join([good, "{", '["a"]', '{"references": ["x"]}', '{"id": "b", "references": []}', "", good]))
    with pytest.raises(SitegenError) as error:
        read(path)
    assert [problem.place.line for problem in error.value.problems if problem.place] == [2, 3, 4, 5, 7]


def test_likeness_stands_beside_the_baselines(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = site / "references.jsonl"
    path.write_text(
        json.dumps({"id": "a", "references": ["The council closed the weir bridge to lorries."]})
        + "\n"
        + json.dumps({"id": "z", "references": ["Nobody knows this one."]})
    )
    found = evaluate(site, "--references", str(path))
    assert set(found["baselines"]) == {"lead", "LexRank"}
    assert found["references"] == 1
    assert found["unmatched_references"] == ["z"]
    assert found["contenders"][0]["documents"][0]["rouge2"] > 0.5
    assert found["contenders"][0]["documents"][1]["rouge2"] is None
    said = capsys.readouterr()
    assert "ROUGE-2 (1 references)" in said.out
    assert "'z' belongs to no document" in said.err


def outcome(*likenesses: float) -> Outcome:
    results = tuple(
        Result(f"engine {number}", Identity("openai", "m", "d"), (trial(rouge2=likeness),), 1.0)
        for number, likeness in enumerate(likenesses)
    )
    return Outcome(results, baselines={"lead": 0.3, "LexRank": 0.2}, references=1)


def trial(text: str = "It is so.", **more: Any) -> Trial:
    point = Point(text=text, evidence=Evidence(quote=text, start=0, end=9, page=2))
    summary = Summary(method="summary", title=text, dek=text, paragraphs=(text,), points=(point,), notes=(text,))
    values: dict[str, Any] = {"summary": summary, "scores": Scores(quotation=0.5, names=1), "seconds": 1.0, **more}
    return Trial(f"folder:{text}", text, "summary", **values)


def test_the_alarm_is_for_less_than_both_baselines() -> None:
    assert outcome(0.35, 0.25, 0.15).alarms() == ["engine 2"]


# ---------------------------------------------------------------------------------------------------------- the page


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def tags(page: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = _Tags()
    parser.feed(page)
    return parser.tags


def policy(page: str) -> str:
    return next(attrs["content"] or "" for _, attrs in tags(page) if attrs.get("http-equiv"))


def test_the_page_runs_nothing_and_asks_nobody(site: Path) -> None:
    evaluate(site)
    page = (site / ".sitegen" / "evaluation" / "evaluation.html").read_text()
    names = {tag for tag, _ in tags(page)}
    assert {"svg", "table", "details"} <= names
    assert not names & {"script", "img", "link", "iframe", "object", "form"}
    assert not re.search(r"https?:|url\(|@import|\sstyle=|\son\w+=", page)
    assert "default-src 'none'" in policy(page)


def test_texts_of_documents_and_models_are_never_html() -> None:
    hostile = trial(HOSTILE, missing={"names": (HOSTILE,)}, rouge2=0.1)
    failed = Trial("folder:x", HOSTILE, "failed", code="SG301", reason=HOSTILE)
    who = Identity(HOSTILE, HOSTILE, HOSTILE, HOSTILE, prompt=HOSTILE)
    page = html(
        Outcome(
            (Result(HOSTILE, who, (hostile, failed), 1.0),),
            empty=(HOSTILE,),
            unreadable=((HOSTILE, HOSTILE),),
            baselines={HOSTILE: 0.1},
            references=1,
            unmatched=(HOSTILE,),
        )
    )
    assert not {tag for tag, _ in tags(page)} & {"script", "img"}
    assert "{{ 7*7 }}" in page
    assert page.count("</style>") == 1


def test_the_style_is_the_one_that_the_policy_names(site: Path) -> None:
    page = html(outcome(0.3))
    style = page.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy(page)


def test_every_chart_is_a_table_that_can_be_read_without_seeing_it() -> None:
    page = html(outcome(0.35, 0.15))
    charts = re.findall(r'<table class="chart.*?</table>', page, re.S)
    assert len(charts) >= 10
    for chart in charts:
        assert "<caption" in chart
        assert 'scope="row"' in chart
        assert all('aria-hidden="true"' in svg for svg in re.findall(r"<svg[^>]*>", chart))
        assert re.search(r'class="figure">.*?\w', chart, re.S)


def test_what_was_dropped_is_shown_with_the_reasons() -> None:
    point = Dropped(claim="The <b>mayor</b> flew to Bern.", reasons=("the name Bern is not there",))
    page = html(Outcome((Result("engine", Identity("openai", "m", "d"), (dropping(point),), 1.0),)))
    assert "<s>The &lt;b&gt;mayor&lt;/b&gt; flew to Bern.</s> <small>the name Bern is not there</small>" in page


def dropping(point: Dropped) -> Trial:
    made = trial()
    assert made.summary
    return replace(made, summary=made.summary.model_copy(update={"dropped_points": (point,)}))


def test_the_worst_document_stands_first_and_says_what_is_not_in_the_document() -> None:
    good = trial("All is well here.", scores=Scores(names=1.0))
    bad = trial("All is made up.", scores=Scores(names=0.25), missing={"names": ("Otto Weiss",)})
    page = html(Outcome((Result("engine", Identity("openai", "m", "d"), (good, bad), 1.0),)))
    assert page.index("All is made up.") < page.index("All is well here.")
    assert re.search(r"names that are not in the document</dt><dd><q>Otto Weiss</q>", page)
