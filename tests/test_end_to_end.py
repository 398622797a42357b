"""The whole way: Paperless → Ollama → briefs → site, through the command line, with real HTTP in between."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sitegen.cli import run
from tests.servers.ollama import OllamaServer
from tests.servers.paperless import PaperlessServer

TEXTS = {
    "Bridge inspection": "The council closed the weir bridge to lorries on 3 March 2026. The inspectors found cracks "
    "in two of the eight bearings. The repair of the bearings will cost the town EUR 412,500 in the coming year.",
    "School survey": "The families of the five schools answered a survey in January 2026. Most families want a "
    "longer lunch break for the younger children. The school office will report to the council in June 2026.",
    "Water report": "The waterworks took 212 samples of drinking water in the year 2025. Three samples from the old "
    "town had more lead than the limit allows. The waterworks will replace the last lead pipes before 31 May 2027.",
}

SETTINGS = """
[site]
title = "Test"
base_url = "https://example.org/"
[source]
kind = "paperless"
[source.paperless]
url = "{paperless}"
retries = 1
[engine]
kind = "ollama"
attempts = 3
[engine.ollama]
endpoints = ["{ollama}"]
slots = {slots}
[briefs]
initial_status = "published"
"""


class House:
    """A site between two servers."""

    def __init__(self, site: Path, paperless: PaperlessServer, ollama: OllamaServer, slots: int = 1) -> None:
        self.site, self.paperless, self.ollama = site, paperless, ollama
        text = SETTINGS.format(paperless=paperless.url, ollama=ollama.url, slots=slots)
        (site / "sitegen.toml").write_text(text)

    def __call__(self, *words: str) -> int:
        return run(["--site", str(self.site), *words])

    def briefs(self) -> dict[str, str]:
        return {path.name: path.read_text() for path in (self.site / "briefs").glob("*.md")}

    def states(self, capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
        capsys.readouterr()
        self("--json", "brief", "list")
        return {line["title"]: line for line in json.loads(capsys.readouterr().out)}


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, short_pauses: None) -> Iterator[House]:
    documents = [{"title": title, "content": text} for title, text in TEXTS.items()]
    with PaperlessServer(documents=documents) as paperless, OllamaServer(model="qwen3:8b") as ollama:
        monkeypatch.setenv("SITEGEN_SOURCE__PAPERLESS__TOKEN", paperless.token)
        yield House(tmp_path, paperless, ollama)


def test_documents_become_published_pages_with_evidence(house: House) -> None:
    assert house("pull", "-q") == 0
    assert house("build", "-q", "--strict") == 0
    briefs = house.briefs()
    assert len(briefs) == 3
    bridge = next(text for text in briefs.values() if "paperless:1" in text)
    assert "method: summary" in bridge
    assert "## Key points" in bridge
    pages = "".join(path.read_text() for path in (house.site / "public" / "briefs").rglob("index.html"))
    assert "two of the eight bearings" in pages
    assert house.ollama.complaints == []


def test_a_second_pull_makes_no_engine_call(house: House) -> None:
    assert house("pull", "-q") == 0
    chats = house.ollama.chats
    before = house.briefs()
    assert chats >= 3
    assert house("pull", "-q") == 0
    assert house.ollama.chats == chats
    assert house.briefs() == before


def test_a_renamed_tag_reaches_the_page_without_an_engine_call(house: House) -> None:
    house.paperless.add_tag("water")
    house.paperless.add_document(
        "River", f"{TEXTS['Water report']} This one is of the river.", tags=["publish", "water"]
    )
    assert house("pull", "-q") == 0
    chats = house.ollama.chats
    house.paperless.rename_tag("water", "rivers")
    assert house("pull", "-q") == 0
    assert house.ollama.chats == chats
    assert sum("- rivers" in text for text in house.briefs().values()) == 1


FAULTS = {
    "error_line": "SG308",
    "truncated": "SG304",
    "crash": "SG308",
    "rejected": "SG309",
}


@pytest.mark.parametrize(("fault", "code"), FAULTS.items())
def test_an_answer_that_goes_wrong_fails_its_document_alone(
    house: House, fault: str, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    house.ollama.fail_next(fault, times=20)
    assert house("pull", "--limit", "1") == 6
    failed = [line for line in house.states(capsys).values() if line["status"] == "failed"]
    assert len(failed) == 1
    assert code in failed[0]["why"]
    assert house.briefs() == {}
    while house.ollama.next_fault():
        pass
    assert house("pull", "-q") == 0
    assert len(house.briefs()) == 3


@pytest.mark.parametrize("fault", ["broken_json", "schema", "repetition", "thinking"])
def test_a_model_that_cannot_answer_leaves_an_extract_that_says_so(house: House, fault: str) -> None:
    house.ollama.fail_next(fault, times=50)
    assert house("pull", "-q", "--limit", "1") == 0
    (brief,) = house.briefs().values()
    assert "method: extract" in brief


def test_a_document_that_fails_waits_with_its_reason_and_can_be_asked_for(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    house.ollama.fail_next("crash", times=20)
    assert house("pull", "-q", "--document", "paperless:3") == 6
    assert house("pull", "-q", "--document", "paperless:3") == 6
    while house.ollama.next_fault():
        pass
    states = house.states(capsys)
    assert states["Water report"]["status"] == "failed"
    assert "SG308" in states["Water report"]["why"]
    assert house("pull", "-q", "--limit", "2") == 0
    assert len(house.briefs()) == 2
    assert house("pull", "-q", "--document", "paperless:3") == 0
    assert len(house.briefs()) == 3


def test_a_missing_model_is_exit_5_and_loses_nothing(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    text = (house.site / "sitegen.toml").read_text()
    (house.site / "sitegen.toml").write_text(text.replace("slots = 1", 'slots = 1\nmodel = "other"'))
    assert house("pull") == 5
    assert "SG302" in capsys.readouterr().err
    (house.site / "sitegen.toml").write_text(text)
    assert house("pull", "-q") == 0
    assert len(house.briefs()) == 3


def test_paperless_failing_in_the_middle_is_exit_4_and_the_next_pull_goes_on(house: House) -> None:
    text = (house.site / "sitegen.toml").read_text().replace("retries = 1", "retries = 0\npage_size = 1")
    (house.site / "sitegen.toml").write_text(text)
    seen = 0

    def on_request(request: Any) -> None:
        nonlocal seen
        seen += "/api/documents/" in request.path
        if seen == 3:
            house.paperless.fail_next(1, status=502)

    house.paperless.on_request = on_request
    assert house("pull", "-q") == 4
    house.paperless.on_request = None
    done = house.briefs()
    assert house("pull", "-q") == 0
    assert len(house.briefs()) == 3
    assert done.items() <= house.briefs().items()


def test_doctor_is_content_and_says_what_it_found(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    assert house("doctor") == 0
    shown = capsys.readouterr().out
    assert "qwen3:8b" in shown
    assert "✗" not in shown
