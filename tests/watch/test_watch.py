"""The daemon as its supervisor, its editors and its monitors meet it: a process of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sitegen.watch.daemon import SETTLE_SECONDS
from tests.watch.daemons import PATIENCE, TEXT, Watched, new_site


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return new_site(tmp_path / "site", "[watch]\nevery = 3600")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    site = new_site(tmp_path_factory.mktemp("watched") / "site", "[watch]\nevery = 3600")
    found = Watched(site, SITEGEN_WATCH__TOKEN="hush")
    try:
        found.until("build")
        yield found
    finally:
        found.end()


@pytest.fixture
def watched(shared: Watched) -> Watched:
    """One daemon for all tests that leave it well; its log begins anew with each."""
    shared.shows("/readyz", lambda answer: answer.status_code == 200)
    shared.forget()
    return shared


def test_a_document_that_comes_becomes_a_brief_and_a_page_by_itself(watched: Watched) -> None:
    watched.document("minutes")
    document = watched.until("document")
    assert document["document"] == "folder:minutes.txt"
    assert watched.until("pull", said="1 created")["run"] == document["run"]
    watched.has("public/briefs/*/index.html")
    watched.shows("/metrics", lambda answer: 'sitegen_pages{status="published"} 1.0' in answer.text)
    numbers = watched.numbers()
    assert numbers["sitegen_documents_processed_total", "created"] == 1
    assert numbers["sitegen_documents_pending",] == 0
    assert numbers["sitegen_last_success_timestamp_seconds", "pull"] > time.time() - 600
    assert TEXT[:30] not in json.dumps(watched.lines), "no log holds what a document says"


def test_a_saved_page_is_built(watched: Watched) -> None:
    (watched.root / "content/new.md").write_text("---\ntitle: New\n---\nText\n")
    watched.has("public/new/index.html")


def test_a_broken_page_is_told_and_the_next_good_one_mends_it(watched: Watched) -> None:
    page = watched.root / "content/broken.md"
    page.write_text("---\ntitle: [\n---\n")
    assert "content/broken.md" in watched.until("build", level="error")["said"]
    answer = watched.shows("/readyz", lambda answer: answer.status_code == 503)
    assert "content/broken.md" in answer.json()["problems"]["build"]
    page.write_text("---\ntitle: New\n---\n")
    watched.shows("/readyz", lambda answer: answer.status_code == 200)


def test_it_says_how_it_is(watched: Watched) -> None:
    assert watched.get("/healthz").json()["status"] == "alive"
    watched.shows("/readyz", lambda answer: answer.json() == {"status": "ready", "problems": {}})
    status = watched.get("/status")
    assert "All is well" in status.text
    assert "documents in 24 hours" in status.text
    assert httpx.get(f"{watched.url}/status", headers={"Host": "evil.example"}).status_code == 421


def test_a_webhook_is_a_hint_for_those_who_know_the_secret(watched: Watched) -> None:
    def post(secret: str | None, body: bytes = b"{}") -> int:
        headers = {"X-Sitegen-Secret": secret} if secret is not None else {}
        return httpx.post(f"{watched.url}/hooks/source", headers=headers, content=body, timeout=PATIENCE).status_code

    assert post(None) == post("wrong") == 403
    assert post("hush", b"x" * 70_000) == 413
    assert {post("hush") for _ in range(20)} == {202}
    watched.document("hinted")
    assert post("hush") == 202
    watched.until("document", document="folder:hinted.txt", result="created")
    assert watched.get("/hooks/source").status_code == 405


def test_a_source_that_is_gone_is_told_and_waited_for(site: Path) -> None:
    settings = (site / "sitegen.toml").read_text().replace("every = 3600", "every = 1")
    (site / "sitegen.toml").write_text(settings)
    (site / "documents").rename(site / "elsewhere")
    watched = Watched(site)
    try:
        watched.until("pull", level="error")
        assert "source" in watched.shows("/readyz", lambda answer: answer.status_code == 503).json()["problems"]
        (site / "elsewhere").rename(site / "documents")
        watched.shows("/readyz", lambda answer: answer.status_code == 200)
    finally:
        watched.end()


def test_a_theme_that_cannot_be_found_ends_nothing(watched: Watched) -> None:
    good = (watched.root / "sitegen.toml").read_text()
    (watched.root / "sitegen.toml").write_text(good.replace("[site]", '[site]\ntheme = "gone"', 1))
    assert "gone" in watched.until("build", level="error")["said"]
    (watched.root / "sitegen.toml").write_text(good)
    watched.until("settings")
    watched.shows("/readyz", lambda answer: answer.status_code == 200)


def test_a_second_one_is_refused_and_says_who_is_there(watched: Watched) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sitegen", "--site", str(watched.root), "watch", "--port", "0"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert str(watched.process.pid) in done.stderr


def test_one_that_was_killed_leaves_nothing_in_the_way(site: Path) -> None:
    first = Watched(site)
    first.end()
    second = Watched(site)
    second.end()


def test_changed_settings_are_read_by_themselves_and_broken_ones_change_nothing(watched: Watched) -> None:
    settings = watched.root / "sitegen.toml"
    good = settings.read_text()
    settings.write_text("[site\n")
    assert "sitegen.toml" in watched.until("settings", level="error")["said"]
    assert watched.get("/readyz").json()["problems"].keys() == {"settings"}
    (watched.root / "content/meanwhile.md").write_text("---\ntitle: Meanwhile\n---\n")
    settings.write_text(good)
    assert watched.until("settings")["said"] == "read again"
    watched.has("public/meanwhile/index.html")
    watched.shows("/readyz", lambda answer: answer.status_code == 200)
    assert [line for line in watched.lines if line["event"] == "build" and line["level"] == "error"] == []


def test_settings_are_read_again_on_demand(watched: Watched) -> None:
    watched.process.send_signal(signal.SIGHUP)
    assert watched.until("settings")["said"] == "read again"


def test_what_a_pull_writes_wants_no_other_pull(watched: Watched) -> None:
    time.sleep(SETTLE_SECONDS + 1)  # what was saved before is built
    before = watched.numbers()["sitegen_jobs_total", "pull", "well"]
    watched.document("alone")
    watched.until("document", document="folder:alone.txt")
    watched.until("pull")
    time.sleep(SETTLE_SECONDS + 1)  # by then a notice of its own briefs would have been followed
    assert watched.numbers()["sitegen_jobs_total", "pull", "well"] == before + 1


def test_it_ends_in_order_when_it_is_told_to_and_keeps_its_log_in_a_file_when_wanted(
    site: Path, tmp_path: Path
) -> None:
    log = tmp_path / "logs/watch.jsonl"
    watched = Watched(site, "--log-file", str(log), "--no-build")
    try:
        watched.process.send_signal(signal.SIGTERM)
        watched.until("stopped")
        assert watched.process.wait(PATIENCE) == 0
    finally:
        watched.end()
    kept = [json.loads(line)["event"] for line in log.read_text().splitlines()]
    assert kept[0] == "watching"
    assert "stopped" in kept
