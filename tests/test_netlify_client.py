"""Netlify's own tools take what we make: its client deploys it, its builder reads the settings, its server obeys them.

``TEST_NODE`` names a folder with ``bin/node`` and ``netlify/node_modules``, as ``make netlify-rehearsal`` makes it.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sitegen.publish.netlify import Netlify
from tests.servers.netlify import NetlifyServer
from tests.servers.netlify_client import NetlifyForItsClient

ROOT = Path(__file__).parent.parent
TOOLS = Path(os.environ.get("TEST_NODE", "/nonexistent"))
CLIENT = (TOOLS / "bin/node", TOOLS / "netlify/node_modules/netlify-cli/bin/run.js")
SITE = "11111111-2222-4333-8444-555555555555"
pytestmark = [
    pytest.mark.netlify,
    pytest.mark.skipif(not CLIENT[1].is_file(), reason="TEST_NODE does not lead to netlify-cli"),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo with a page that has moved, built, with our netlify.toml, whose command does nothing here."""
    folder = tmp_path_factory.mktemp("netlify")
    run = [sys.executable, "-m", "sitegen", "--quiet"]
    subprocess.run([*run, "init", ".", "--demo"], cwd=folder, check=True)
    (folder / "content/moved.md").write_text("---\ntitle: Moved\naliases: [/formerly/]\n---\n\nHere now.\n")
    for words in (["pull"], ["build"]):
        subprocess.run([*run, *words], cwd=folder, check=True, timeout=120)
    ours = (ROOT / "netlify.toml").read_text()
    (folder / "netlify.toml").write_text(re.sub(r"(?m)^( *command =).*$", r'\1 "true"', ours))
    return folder


def environment(home: Path, **more: str) -> dict[str, str]:
    return {
        **os.environ,
        **{"HOME": str(home), "CI": "1", "NETLIFY_TELEMETRY_DISABLED": "1", "BROWSER": "none"},
        "NODE_OPTIONS": f"--import={ROOT / 'tests/node/netlify/shim.mjs'}",
        **more,
    }


def netlify(site: Path, *words: str, **more: str) -> str:
    done = subprocess.run(
        [*CLIENT, *words], cwd=site, env=environment(site.parent, **more), capture_output=True, text=True, timeout=180
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout if "--json" in words else done.stdout + done.stderr


def test_its_client_deploys_the_site_and_ours_promotes_that_deploy(site: Path) -> None:
    with NetlifyForItsClient(site=SITE) as server:
        host = {"NETLIFY_API_URL": server.api, "NETLIFY_AUTH_TOKEN": server.token, "NETLIFY_SITE_ID": SITE}
        words = ("deploy", "--no-build", "--dir", "public", "--json")
        first = json.loads(netlify(site, *words, **host))["deploy_id"]
        files = {f"/{path.relative_to(site / 'public').as_posix()}" for path in (site / "public").rglob("*.*")}
        there = server.deploys[first]["_files"]
        # It makes one file of headers, redirects and settings, and sends that in their place.
        assert files - there.keys() <= {"/_headers", "/_redirects"}
        assert there.keys() - files <= {"/_headers", "/_redirects", "/netlify.toml"}
        before = server.uploads()
        netlify(site, *words, **host)
        assert server.uploads() - before <= 2, "what the host has is not sent again"
        change = asyncio.run(promote(server, first, site / ".sitegen/notes.json"))
        assert change == first == server.published


async def promote(server: NetlifyServer, deploy: str, notes: Path) -> str:
    host = Netlify(SITE, server.token, api=server.api, notes=notes)
    try:
        return (await host.promote(deploy)).current.id
    finally:
        await host.aclose()


@pytest.mark.parametrize("context", ["production", "deploy-preview"])
def test_its_builder_has_nothing_to_say_about_the_settings_and_rules(site: Path, context: str) -> None:
    assert "syntax errors" not in netlify(site, "build", "--offline", "--context", context)


def test_its_builder_would_say_what_is_wrong_with_a_rule(site: Path, tmp_path: Path) -> None:
    shutil.copytree(site / "public", tmp_path / "public")
    shutil.copy(site / "netlify.toml", tmp_path)
    (tmp_path / "public/_redirects").write_text("/formerly\n")
    assert "syntax errors" in netlify(tmp_path, "build", "--offline")


@pytest.fixture(scope="module")
def served(site: Path) -> Iterator[str]:
    """The address of Netlify's server for the site."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = str(found.getsockname()[1])
    words = ["serve", "--offline", "--internal-disable-edge-functions", "--geo", "mock", "--country", "GB", "-p", port]
    log = (site.parent / "serve.log").open("w")
    process = subprocess.Popen(
        [*CLIENT, *words], cwd=site, env=environment(site.parent), stdout=log, stderr=log, start_new_session=True
    )
    try:
        until = time.monotonic() + 120
        while time.monotonic() < until and process.poll() is None:
            try:
                httpx.get(f"http://localhost:{port}/")
                break
            except httpx.TransportError:
                time.sleep(0.2)
        yield f"http://localhost:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)
        log.close()
        shutil.rmtree(site / ".netlify", ignore_errors=True)


def test_its_server_shows_the_site_as_ours_does(served: str, site: Path) -> None:
    from sitegen.serve.pages import hosted

    with hosted(site / "public") as ours, httpx.Client() as client:
        for path in ("/", "/about/", "/formerly/", "/nothing/", "/assets/", "/feed.xml", "/index.md"):
            theirs, own = client.get(served + path), client.get(ours.rstrip("/") + path)
            assert theirs.status_code == own.status_code, path
            names = ("content-security-policy", "x-content-type-options", "referrer-policy")
            for name in ("location",) if theirs.is_redirect else names:
                assert theirs.headers.get(name) == own.headers.get(name), (path, name)
