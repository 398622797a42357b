"""What became of a deploy is told in words that are true, to all who should know, and without a secret."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sitegen.cli import run
from sitegen.errors import HostRefused, HostUnreachable
from sitegen.publish import notice
from sitegen.publish.outcome import Outcome

GOOD = {"site": "success", "draft": "success", "smoke": "success", "promote": "success", "public": "success"}


@pytest.mark.parametrize(
    ("steps", "kind", "words"),
    [
        (GOOD, "shown", "Build b1 is public."),
        (GOOD | {"public": "failure", "return": "success"}, "returned", "deploy d1 is shown again"),
        (GOOD | {"public": "failure", "return": "failure"}, "unclear", "Look at it now"),
        (GOOD | {"public": "cancelled", "return": ""}, "unclear", "Look at it now"),
        ({"site": "success", "draft": "success", "smoke": "failure"}, "refused", "failed its checks as a draft"),
        (GOOD | {"promote": "", "public": ""}, "refused", "passed its checks and was not promoted"),
        (GOOD | {"promote": "failure", "public": "skipped"}, "unclear", "showing it failed"),
        (GOOD | {"promote": "failure", "public": "skipped", "return": "success"}, "returned", "not checked to the end"),
        ({"rollback": "success", "public": "success"}, "back", "Deploy d2 is shown again, and deploy d1 is not"),
        ({"rollback": "success", "public": "failure"}, "unclear", "d2 is shown again, and did not pass"),
        ({"rollback": "failure"}, "stayed", "The rollback failed"),
        ({"site": "success", "draft": "failure"}, "unmade", "no new build"),
        ({"site": "failure", "draft": "skipped"}, "unmade", "no new build"),
    ],
)
def test_only_what_passed_everything_is_called_public(steps: dict[str, str], kind: str, words: str) -> None:
    outcome = Outcome(steps, build="b1", deploy="d2", previous="d1")
    assert (outcome.kind, outcome.well) == (kind, kind in ("shown", "back"))
    assert words in outcome.headline
    assert outcome.headline in outcome.markdown()


@dataclass
class Chat:
    """A webhook that answers as told."""

    answers: list[int] = field(default_factory=list)
    told: list[Any] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def chat() -> Iterator[Chat]:
    found = Chat()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            found.paths.append(self.path)
            found.told.append(body)
            raw = b'{"id": 1}'
            self.send_response(found.answers.pop(0) if found.answers else 201)
            self.send_header("Content-Length", str(len(raw)))
            self.send_header("Location", "https://elsewhere.example/")
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        found.url = f"http://127.0.0.1:{server.server_port}/services/verysecret"
        yield found
        server.shutdown()
        thread.join()


OUTCOME = Outcome(GOOD, build="b1 <!channel> & <https://x|y>", url="https://example.org/")


def send(chat: Chat, form: Any = "slack", url: str = "") -> list[float]:
    pauses: list[float] = []
    notice.send(url or chat.url, form, OUTCOME, sleep=pauses.append)
    return pauses


def test_a_chat_gets_a_text_that_calls_nobody(chat: Chat) -> None:
    assert send(chat) == []
    assert chat.told == [
        {"text": "example.org: Build b1 &lt;!channel&gt; &amp; &lt;https://x|y&gt; is public.\nhttps://example.org/"}
    ]


def test_another_program_gets_all_of_it(chat: Chat) -> None:
    send(chat, "json")
    assert chat.told[0]["outcome"] == "shown"
    assert chat.told[0]["steps"] == GOOD


def test_a_mood_is_waited_for_and_a_refusal_is_not(chat: Chat) -> None:
    chat.answers = [429, 503, 200]
    assert len(send(chat)) == 2
    for status in (302, 403, 404):
        chat.answers, chat.told = [status], []
        with pytest.raises(HostRefused, match=f"HTTP {status}") as caught:
            send(chat)
        assert len(chat.told) == 1, "no redirect is followed, and no refusal tried again"
        assert "verysecret" not in f"{caught.value} {caught.value.remedy}"


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/services/verysecret", "nonsense verysecret", "http://[verysecret"])
def test_an_address_that_leads_nowhere_stays_secret(chat: Chat, url: str) -> None:
    with pytest.raises(HostUnreachable) as caught:
        send(chat, url=url)
    assert "verysecret" not in f"{caught.value} {caught.value.place} {caught.value.remedy}"
    assert caught.value.__cause__ is None


@pytest.fixture
def workflow(tmp_path: Path, chat: Chat, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A job of a workflow; GitHub's API is at the chat's address as well."""
    (tmp_path / "sitegen.toml").write_text('[site]\nbase_url = "https://example.org/"\n')
    for name, value in {
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "GITHUB_API_URL": chat.url.partition("/services")[0],
        "GITHUB_TOKEN": "ghs_verysecret",
        "GITHUB_REPOSITORY": "town/papers",
        "GITHUB_SHA": "c0ffee",
        "SITEGEN_PUBLISH__WEBHOOK": chat.url,
    }.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def report(site: Path, steps: dict[str, str]) -> int:
    words = [f"{name}={result}" for name, result in steps.items()]
    return run(["--site", str(site), "deploy", "report", *words, "--build", "b1", "--record", "production"])


def test_all_who_should_know_are_told(workflow: Path, chat: Chat, capsys: pytest.CaptureFixture[str]) -> None:
    assert report(workflow, GOOD) == 0
    assert chat.paths == [
        "/repos/town/papers/deployments",
        "/repos/town/papers/deployments/1/statuses",
        "/services/verysecret",
    ]
    record, status, _ = chat.told
    assert (record["ref"], record["environment"], record["required_contexts"]) == ("c0ffee", "production", [])
    assert (status["state"], status["environment_url"]) == ("success", "https://example.org/")
    assert "Build b1 is public." in (workflow / "summary.md").read_text()
    told = capsys.readouterr()
    assert told.out == "Build b1 is public.\n"
    assert "secret" not in told.out + told.err


def test_a_rollback_by_hand_is_recorded_as_well(workflow: Path, chat: Chat) -> None:
    assert report(workflow, {"rollback": "success", "public": "success"}) == 0
    assert chat.told[0]["environment"] == "production"
    assert chat.told[1]["state"] == "success"
    assert report(workflow, {"rollback": "failure"}) == 0
    assert len(chat.told) == 4, "a chat is told, and no record made of what changed nothing"


def test_that_somebody_cannot_be_told_changes_nothing(
    workflow: Path, chat: Chat, capsys: pytest.CaptureFixture[str]
) -> None:
    chat.answers = [403, 404]
    assert report(workflow, GOOD) == 0
    told = capsys.readouterr()
    assert told.out == "Build b1 is public.\n"
    assert "refuses the record" in told.err
    assert "no notice: HTTP 404" in told.err
    assert "verysecret" not in told.err
    assert run(["--site", str(workflow), "deploy", "report", "smoke=perhaps"]) == 2
