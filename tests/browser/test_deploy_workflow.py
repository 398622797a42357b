"""The scripts of deploy.yml, run in their order against a host: what fails its checks is never left in public."""

from __future__ import annotations

import http.server
import json
import shutil
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sitegen.serve.pages import hosted
from tests.actions import Job, Run
from tests.browser.conftest import Built
from tests.servers.netlify import NetlifyServer

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.soak,
    pytest.mark.skipif(shutil.which("jq") is None, reason="the workflow's scripts need jq, which is not installed"),
]
WORKFLOW = Path(__file__).parents[2] / ".github/workflows/deploy.yml"


class Host(NetlifyServer):
    """A host whose drafts and public site can be visited."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        super().__init__(token="nfp_verysecret")
        self._folder, self._stack = folder, stack
        self.address = self._address
        self.forgets = ""
        """A file of a deploy that the public host leaves out, as no draft does."""
        (folder / "public").mkdir(parents=True)
        self.public = stack.enter_context(hosted(folder / "public"))
        self._addresses: dict[str, str] = {}

    def _address(self, name: str) -> str:
        if name not in self._addresses:
            (self._folder / name).mkdir()
            self._addresses[name] = self._stack.enter_context(hosted(self._folder / name))
        return self._addresses[name]

    def _settle(self, deploy: dict[str, Any]) -> None:
        super()._settle(deploy)
        if deploy["state"] == "ready":
            self._write(deploy, self._folder / deploy["id"])

    def _restore(self, name: str) -> tuple[int, Any]:
        answer = super()._restore(name)
        shutil.rmtree(self._folder / "public")
        self._write(self.deploys[name], self._folder / "public", self.forgets)
        self.forgets = ""
        return answer

    def _write(self, deploy: dict[str, Any], folder: Path, without: str = "") -> None:
        for path, sha in deploy["_files"].items():
            if path != without:
                (folder / path[1:]).parent.mkdir(parents=True, exist_ok=True)
                (folder / path[1:]).write_bytes(self.blobs[sha])


@dataclass
class Listener:
    """GitHub's API and a chat in one: keeps what it is told."""

    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    url: str = ""

    def of(self, part: str) -> list[dict[str, Any]]:
        return [body for path, body in self.told if part in path]


@pytest.fixture
def listener() -> Iterator[Listener]:
    found = Listener()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            found.told.append((self.path, body))
            raw = json.dumps({"id": 7}).encode()
            self.send_response(201)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        found.url = f"http://127.0.0.1:{server.server_port}"
        yield found
        server.shutdown()
        thread.join()


@dataclass
class Main:
    """The main branch of a repository at GitHub: each push runs the workflow."""

    folder: Path
    site: Path
    host: Host
    listener: Listener
    pushes: int = 0

    def push(self) -> Run:
        return self._run(WORKFLOW, ("draft", "smoke", "promote", "report"))

    def rollback(self, deploy: str) -> Run:
        return self._run(WORKFLOW.with_name("rollback.yml"), ("rollback", "report"), {"inputs.deploy": deploy})

    def _run(self, workflow: Path, jobs: tuple[str, ...], more: Mapping[str, str] | None = None) -> Run:
        self.pushes += 1
        given = {
            **(more or {}),
            "vars.NETLIFY_SITE_ID": self.host.site,
            "vars.SITE_URL": self.host.public,
            "secrets.NETLIFY_TOKEN": self.host.token,
            "secrets.WEBHOOK": f"{self.listener.url}/services/T0/B0/verysecret",
            "github.token": "ghs_verysecret",
            "github.event.head_commit.message": "New briefs\n\nand more",
        }
        environ = {
            "GITHUB_API_URL": self.listener.url,
            "GITHUB_REPOSITORY": "town/papers",
            "GITHUB_SHA": "c0ffee",
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_RUN_ID": "42",
        }
        run = Run(workflow, self._prepare, self.folder / f"push-{self.pushes}", given, environ)
        run.folder.mkdir()
        run.done["site"] = Job("success")
        for name in jobs:
            run.job(name)
        assert not any("verysecret" in text for text in run.said)
        return run

    def _prepare(self, job: str, place: Path) -> None:
        (place / "sitegen.toml").write_text(f'[publish.netlify]\napi = "{self.host.api}"\n')
        (place / ".venv/bin").mkdir(parents=True)
        sitegen = place / ".venv/bin/sitegen"
        sitegen.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m sitegen "$@"\n')
        sitegen.chmod(0o755)
        shutil.copytree(self.site, place / "site")


@pytest.fixture
def main(built: Built, tmp_path: Path, listener: Listener, monkeypatch: pytest.MonkeyPatch) -> Iterator[Main]:
    monkeypatch.setenv("PYTHONPATH", str(WORKFLOW.parents[2]))
    site = Path(shutil.copytree(built(), tmp_path / "site"))
    with ExitStack() as stack, Host(tmp_path / "host", stack) as host:
        yield Main(tmp_path, site, host, listener)


def results(run: Run) -> dict[str, str]:
    return {name: job.result for name, job in run.done.items()}


def test_good_then_a_bad_draft_then_a_bad_public_site(main: Main) -> None:
    # A good build goes through: the deploy that was checked as a draft is the one that is shown.
    run = main.push()
    assert results(run) == dict.fromkeys(("site", "draft", "smoke", "promote", "report"), "success"), run.said
    good = main.host.published
    assert good == run.done["draft"].outputs["deploy"]
    assert main.listener.of("/deployments/7/statuses")[-1]["state"] == "success"
    assert main.listener.of("/deployments")[0]["payload"]["deploy"] == good
    assert "is public" in main.listener.of("/services/")[-1]["text"]
    assert "✅" in (run.folder / "summary.md").read_text()
    # A build that is wrong for everybody is found in the draft, and nothing is promoted.
    home = main.site / "index.html"
    fine = home.read_text()
    home.write_text(fine.replace("</main>", '<img src="https://elsewhere.example/x.png"></main>'))
    run = main.push()
    assert results(run) == {
        "site": "success",
        "draft": "success",
        "smoke": "failure",
        "promote": "skipped",
        "report": "success",
    }
    assert main.host.published == good
    assert not any("deploy promote" in text for text in run.said)
    assert main.listener.of("/deployments/7/statuses")[-1]["state"] == "failure"
    assert "failed its checks as a draft" in main.listener.of("/services/")[-1]["text"]
    # One that is wrong only where it is public is taken back: what was shown before is shown again.
    home.write_text(fine.replace("</main>", "<p>New.</p></main>"))
    main.host.forgets = "/_headers"
    run = main.push()
    assert (run.done["smoke"].result, run.done["promote"].result) == ("success", "failure")
    assert run.done["promote"].outputs == {
        "promote": "success",
        "public": "failure",
        "return": "success",
        "previous": good,
    }
    assert main.host.published == good
    assert "<p>New.</p>" not in (main.folder / "host/public/index.html").read_text()
    assert (main.folder / "host/public/_headers").exists()
    told = main.listener.of("/services/")[-1]["text"]
    assert f"failed its checks in public; deploy {good} is shown again" in told
    assert "actions/runs/42" in told
    assert "❌" in (run.folder / "summary.md").read_text()
    # By hand, back to one that is named; and the one before is never the one that was taken back.
    run = main.rollback("previous")
    assert results(run)["rollback"] == "failure", "there is none that is older"
    assert "The rollback failed" in main.listener.of("/services/")[-1]["text"]
    assert main.host.published == good
    run = main.push()
    better = main.host.published
    assert better not in (good, "")
    run = main.rollback("previous")
    assert results(run) == {"site": "success", "rollback": "success", "report": "success"}, run.said
    assert main.host.published == good
    assert main.listener.of("/deployments/7/statuses")[-1]["state"] == "success"
    assert f"Deploy {good} is shown again, and deploy {better} is not" in main.listener.of("/services/")[-1]["text"]
    assert main.rollback(better).done["rollback"].outputs["previous"] == good
    assert main.host.published == better
